/* The bytes that a source comes in: UTF-16 and its mistakes, UTF-8 with marks, one-byte sets. The bytes are those of The Unicode
 * Standard's tables 3-4 and 3-5 and of its section 23.8. */
#include "support/plc_run.h"

#define BIG_BYTES 4096

static struct mr_plc_program *compile_bytes(const char *bytes, size_t n, struct mr_diags *diags)
{
    struct mr_plc_source source = {"test.st", bytes, n};
    return mr_plc_compile(&source, 1, diags);
}

/* ASCII text in UTF-16 behind a mark, or none. */
static size_t wide(char *to, const char *text, bool big, bool mark)
{
    size_t n = 0;
    if (mark) {
        to[n++] = (char)(big ? 0xFE : 0xFF);
        to[n++] = (char)(big ? 0xFF : 0xFE);
    }
    for (; *text; text++) {
        to[n + (big ? 0 : 1)] = '\0';
        to[n + (big ? 1 : 0)] = *text;
        n += 2;
    }
    return n;
}

static void utf_16_in_either_order(void **state)
{
    (void)state;
    static const char text[] = "PROGRAM p\r\nVAR x : INT; END_VAR\r\nx := x + 2;\r\nEND_PROGRAM\r\n";
    char bytes[BIG_BYTES];
    for (int i = 0; i < 4; i++) {
        struct mr_diags *d = mr_diags_create();
        size_t n = wide(bytes, text, i % 2 != 0, i < 2);
        program = compile_bytes(bytes, n, d);
        assert_non_null(program);
        assert_int_equal(d->n, 0);
        mr_diags_destroy(d);
        arena = mr_arena_create(64u << 20);
        plc = mr_plc_create(arena, program, "plc");
        mr_plc_start(plc, MR_PLC_COLD, 0);
        now = 0;
        scan(3);
        is("x", 6);
        done();
    }
}

/* U+004D, U+0430, U+4E8C and U+10302 are 4D, D0 B0, E4 BA 8C and F0 90 8C 82 (table 3-4); U+10302 is D800 DF02 in UTF-16. */
static void characters_keep_their_number(void **state)
{
    (void)state;
    char bytes[BIG_BYTES];
    size_t n = wide(bytes, "PROGRAM p VAR s : STRING; END_VAR s := '", false, true);
    static const char letters[] = "\x4D\x00\x30\x04\x8C\x4E\x00\xD8\x02\xDF";
    memcpy(bytes + n, letters, sizeof letters - 1);
    n += sizeof letters - 1;
    n += wide(bytes + n, "'; END_PROGRAM", false, false);
    struct mr_diags *d = mr_diags_create();
    program = compile_bytes(bytes, n, d);
    assert_non_null(program);
    mr_diags_destroy(d);
    arena = mr_arena_create(64u << 20);
    plc = mr_plc_create(arena, program, "plc");
    mr_plc_start(plc, MR_PLC_COLD, 0);
    now = 0;
    scan(1);
    text_is("s", "\x4D\xD0\xB0\xE4\xBA\x8C\xF0\x90\x8C\x82");
    done();
}

static void refused(const char *bytes, size_t n, uint32_t line, const char *part)
{
    struct mr_diags *d = mr_diags_create();
    assert_null(compile_bytes(bytes, n, d));
    assert_int_equal(d->errors, 1);
    assert_int_equal(d->items[0].line, line);
    assert_non_null(strstr(d->items[0].text, part));
    mr_diags_destroy(d);
}

static void what_is_no_utf_16_is_told_once(void **state)
{
    (void)state;
    char bytes[BIG_BYTES];
    size_t n = wide(bytes, "PROGRAM p\nEND_PROGRAM\n", false, true);
    refused(bytes, n - 1, 1, "cut off"); /* of the file as a whole */
    memcpy(bytes + n, "\x00\xD8", 2);    /* the first half of a pair, and nothing behind it */
    refused(bytes, n + 2, 3, "half of a character");
    memcpy(bytes + n, "\x02\xDF\x41\x00", 4); /* a second half alone */
    refused(bytes, n + 4, 3, "half of a character");
    refused("\xFF\xFE\x00\x00P\x00\x00\x00", 8, 1, "a zero"); /* UTF-32 */
}

/* A mark in front and where a second file was put behind the first, blanks that do not break, and bytes of Windows-1252 (96 is a
 * dash, E4 an a with two dots) in comments, strings and pragmas. */
static void marks_and_bytes_of_other_sets(void **state)
{
    (void)state;
    run("\xEF\xBB\xBF"
        "FUNCTION f : INT (* \x96 L\xE4nge *)\nVAR_INPUT n : INT; END_VAR f\xC2\xA0:= n +\xC2\xA0"
        "1; // \xB0"
        "C\nEND_FUNCTION\n"
        "\xEF\xBB\xBFPROGRAM p {text '\xE4'}\nVAR x : INT; s : STRING; END_VAR\n"
        "x := f(2); s := 'M\xE4rz';\nEND_PROGRAM\n",
        1);
    is("x", 3);
    text_is("s", "M\xE4rz");
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf_16_in_either_order),
        cmocka_unit_test(characters_keep_their_number),
        cmocka_unit_test(what_is_no_utf_16_is_told_once),
        cmocka_unit_test(marks_and_bytes_of_other_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
