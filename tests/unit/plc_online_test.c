/* The online interface: blocks up and down, one unit's logic exchanged while the controller runs, another configuration while it
 * is stopped, what the key forbids, what makes of controllers do about faults. */
#include "support/plc_run.h"

#include "plc/online.h"

#include <stdlib.h>

#define WHO 7u

#define GLOBALS "VAR_GLOBAL RETAIN hours : DINT; END_VAR VAR_GLOBAL count : DINT; END_VAR\n"
#define PUMP(threshold)                                                                                                          \
    "FUNCTION_BLOCK PUMP VAR_INPUT level : REAL; END_VAR VAR_OUTPUT on : BOOL; END_VAR VAR n : INT; END_VAR\n"                   \
    "n := n + 1; on := level > " threshold "; END_FUNCTION_BLOCK\n"
#define MAIN                                                                                                                     \
    "FUNCTION DOUBLE : REAL VAR_INPUT x : REAL; END_VAR DOUBLE := 2.0 * x; END_FUNCTION\n"                                       \
    "PROGRAM main VAR_EXTERNAL hours, count : DINT; END_VAR VAR p : PUMP; level : REAL := 40.0; run AT %QX0.0 : BOOL; END_VAR\n" \
    "p(level := DOUBLE(level)); run := p.on; count := count + 1; hours := hours + 2; END_PROGRAM\n"

static struct mr_plc_program *compiled(const char *text)
{
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_program *p = compile(text, d);
    mr_diags_print(d, stderr);
    mr_diags_destroy(d);
    assert_non_null(p);
    return p;
}

static struct mr_slice block_named(const struct mr_plc_program *p, const char *name)
{
    for (size_t i = 0; i < mr_plc_program_blocks(p); i++) {
        struct mr_plc_block b;
        assert_int_equal(mr_plc_block_read(mr_plc_program_block(p, i), &b, NULL, 0), MR_OK);
        if (strcmp(b.name, name) == 0) {
            return mr_plc_program_block(p, i);
        }
    }
    fail_msg("no block %s", name);
    return mr_slice(NULL, 0);
}

static void a_program_is_cut_into_blocks(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    struct mr_plc_block b[8];
    assert_int_equal(mr_plc_blocks(plc, b, 0, 8), 5); /* task, PUMP, main, DOUBLE, configuration */
    assert_int_equal(mr_plc_block_count(plc, MR_PLC_OB), 1);
    assert_int_equal(mr_plc_block_count(plc, MR_PLC_FB), 2);
    assert_int_equal(mr_plc_block_count(plc, MR_PLC_FC), 1);
    assert_int_equal(b[0].number, 1); /* OB1 */
    assert_string_equal(b[1].name, "PUMP");
    assert_string_equal(b[1].kind, "FUNCTION_BLOCK");
    assert_int_equal(b[4].cls, MR_PLC_SDB);
    assert_true(b[1].active && !b[1].changed && b[1].loaded == 0);
    assert_int_equal(mr_plc_blocks(plc, b, 3, 8), 2); /* a list is read in pieces */
    assert_string_equal(b[0].name, "DOUBLE");
    assert_int_equal(mr_plc_block_named(plc, "pump", b), MR_OK);
    assert_int_equal(mr_plc_block_find(plc, MR_PLC_FB, 9, b), MR_E_NOT_FOUND);
    struct mr_slice source = mr_plc_block_source(mr_plc_block_bytes(plc, MR_PLC_FB, 1));
    assert_int_equal(source.n, strlen(PUMP("50.0")) - 1); /* its text from FUNCTION_BLOCK to END_FUNCTION_BLOCK */
    assert_memory_equal(source.p, PUMP("50.0"), source.n);
    done();
}

static void logic_is_exchanged_while_it_runs(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    struct mr_plc_program *evil = compiled(GLOBALS PUMP("500.0") MAIN); /* the pump that never starts */
    scan(3);
    is("run", 1); /* 2 * 40 > 50 */
    struct mr_plc_block was;
    struct mr_plc_block now_is;
    assert_int_equal(mr_plc_block_named(plc, "PUMP", &was), MR_OK);
    struct mr_slice original = mr_plc_block_bytes(plc, was.cls, was.number);
    uint8_t *backup = malloc(original.n);
    memcpy(backup, original.p, original.n);
    struct mr_slice kept = mr_slice(backup, original.n);

    assert_int_equal(mr_plc_block_compare(kept, block_named(evil, "PUMP")), MR_PLC_DIFFERS_CODE | MR_PLC_DIFFERS_SOURCE);
    assert_int_equal(mr_plc_block_compare(mr_plc_block_bytes(plc, MR_PLC_FC, 1), block_named(evil, "DOUBLE")), 0);
    assert_int_equal(mr_plc_download(plc, WHO, now, block_named(evil, "PUMP")), MR_OK);
    scan(1);
    is("run", 1); /* it waits */
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_OK);
    scan(1);
    is("run", 0);
    is("count", 5); /* variables went on */
    is("p.n", 5);
    assert_int_equal(mr_plc_state(plc), MR_PLC_RUNNING);
    assert_int_equal(mr_plc_block_named(plc, "PUMP", &now_is), MR_OK);
    assert_true(now_is.changed && now_is.loaded > 0);
    assert_memory_not_equal(now_is.hash, was.hash, MR_PLC_HASH);

    assert_int_equal(mr_plc_download(plc, WHO, now, kept), MR_OK); /* restored from the backup */
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_OK);
    scan(1);
    is("run", 1);
    assert_int_equal(mr_plc_block_named(plc, "PUMP", &now_is), MR_OK);
    assert_memory_equal(now_is.hash, was.hash, MR_PLC_HASH);
    assert_false(now_is.changed);
    free(backup);
    mr_plc_program_destroy(evil);
    done();
}

static void a_block_comes_in_pieces(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    struct mr_slice b = block_named(program, "PUMP");
    assert_int_equal(mr_plc_download_data(plc, WHO, b), MR_E_INVALID); /* not begun */
    assert_int_equal(mr_plc_download_begin(plc, WHO, (uint32_t)b.n), MR_OK);
    assert_int_equal(mr_plc_download_begin(plc, WHO + 1, (uint32_t)b.n), MR_E_BUSY);
    for (size_t at = 0; at < b.n; at += 7) {
        size_t n = b.n - at < 7 ? b.n - at : 7;
        assert_int_equal(mr_plc_download_data(plc, WHO, mr_slice(b.p + at, n)), MR_OK);
    }
    assert_int_equal(mr_plc_download_data(plc, WHO, mr_slice("x", 1)), MR_E_RANGE);
    struct mr_plc_block info;
    assert_int_equal(mr_plc_download_end(plc, WHO, 5 * MR_S, &info), MR_OK);
    assert_string_equal(info.name, "PUMP");
    assert_int_equal(info.loaded, 5 * MR_S);
    struct mr_plc_block all[8];
    assert_int_equal(mr_plc_blocks(plc, all, 0, 8), 6); /* the waiting one comes last */
    assert_false(all[5].active);
    mr_plc_discard(plc, WHO);
    assert_int_equal(mr_plc_blocks(plc, all, 0, 8), 5);

    assert_int_equal(mr_plc_download_begin(plc, WHO, (uint32_t)b.n), MR_OK); /* cut off: nothing is left of it */
    assert_int_equal(mr_plc_download_data(plc, WHO, mr_slice(b.p, 10)), MR_OK);
    mr_plc_let_go(plc, WHO);
    assert_int_equal(mr_plc_holder(plc), 0);
    assert_int_equal(mr_plc_download_end(plc, WHO, 0, NULL), MR_E_INVALID);
    uint32_t capacity;
    assert_int_equal(mr_plc_load_memory(plc, &capacity), 0);
    assert_int_equal(mr_plc_download_begin(plc, WHO, capacity + 1), MR_E_FULL);
    done();
}

static void particulars_do_not_change_the_hash(void **state)
{
    (void)state;
    struct mr_plc_program *p = compiled(GLOBALS PUMP("50.0") MAIN);
    struct mr_slice b = block_named(p, "PUMP");
    uint8_t stamped[4096];
    struct mr_writer w = mr_writer(stamped, sizeof stamped);
    assert_int_equal(mr_plc_block_stamp(b, "miller", "water", 0x12, 1700000000, &w), MR_OK);
    struct mr_plc_block x;
    struct mr_plc_block y;
    assert_int_equal(mr_plc_block_read(b, &x, NULL, 0), MR_OK);
    assert_int_equal(mr_plc_block_read(mr_written(&w), &y, NULL, 0), MR_OK);
    assert_memory_equal(x.hash, y.hash, MR_PLC_HASH);
    assert_string_equal(y.author, "miller");
    assert_string_equal(y.family, "water");
    assert_int_equal(y.version, 0x12);
    assert_int_equal(y.made, 1700000000);
    stamped[60] ^= 1; /* in what is hashed */
    assert_int_equal(mr_plc_block_read(mr_written(&w), &y, NULL, 0), MR_E_CORRUPT);
    mr_plc_program_destroy(p);
}

/* Downloads every block of `p`. */
static void download_all(const struct mr_plc_program *p)
{
    for (size_t i = 0; i < mr_plc_program_blocks(p); i++) {
        assert_int_equal(mr_plc_download(plc, WHO, now, mr_plc_program_block(p, i)), MR_OK);
    }
}

static void another_configuration_keeps_what_has_its_name(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    const struct mr_plc_symbol *hours = symbol("hours"); /* as a site's plan holds it */
    scan(10);
    is("hours", 20);
    struct mr_plc_program *other = compiled("VAR_GLOBAL fresh : LREAL := 1.5; END_VAR " GLOBALS PUMP("60.0") MAIN);
    assert_int_equal(mr_plc_download(plc, WHO, now, block_named(other, "PUMP")), MR_OK);
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_E_MALFORMED); /* compiled with another configuration */
    assert_non_null(strstr(mr_plc_online_why(plc), "PUMP: compiled with another configuration"));
    download_all(other);
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_E_BUSY); /* it runs */
    mr_plc_stop(plc);
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_OK);
    assert_int_equal((int)mr_plc_get(plc, hours), 20);
    mr_plc_start(plc, MR_PLC_WARM, now);
    scan(1);
    assert_int_equal((int)mr_plc_get(plc, hours), 22); /* retained */
    is("count", 1);                                    /* not retained: begins again in a warm start */
    const struct mr_plc_symbol *fresh = mr_plc_symbol_find(mr_plc_program_of(plc), "fresh");
    assert_non_null(fresh);
    assert_true(mr_plc_get(plc, fresh) == 1.5);
    assert_int_equal(mr_plc_restore(plc, WHO, now), MR_OK);
    assert_ptr_equal(mr_plc_program_of(plc), program);
    is("hours", 0);
    mr_plc_program_destroy(other);
    done();
}

static void a_missing_block_is_a_fault(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    mr_plc_set_make(plc, MR_PLC_SIEMENS);
    scan(1);
    assert_int_equal(mr_plc_delete(plc, WHO, MR_PLC_FC, 1, now), MR_OK);
    assert_int_equal(mr_plc_block_bytes(plc, MR_PLC_FC, 1).n, 0);
    assert_int_equal(mr_plc_delete(plc, WHO, MR_PLC_FC, 1, now), MR_E_NOT_FOUND);
    scan(1);
    assert_int_equal(mr_plc_state(plc), MR_PLC_STOPPED); /* an S7-300 goes to STOP, it has no error OB */
    assert_int_equal(mr_plc_fault(plc, NULL), MR_PLC_NO_BLOCK);
    struct mr_plc_diagnostic d[2];
    assert_int_equal(mr_plc_diagnostics(plc, d, 2), 2);
    assert_int_equal(d[0].event, MR_PLC_EVENT_FAULT);
    assert_int_equal(d[0].code, 0x4562); /* STOP caused by programming error */
    assert_string_equal(d[0].block, "DOUBLE");
    assert_int_equal(d[1].event, MR_PLC_EVENT_DELETE);
    assert_int_equal(mr_plc_download(plc, WHO, now, block_named(program, "DOUBLE")), MR_OK);
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_OK);
    assert_int_equal(mr_plc_remote_start(plc, MR_PLC_HOT, now), MR_OK);
    scan(1);
    is("run", 1);
    done();
}

static void the_key_is_asked(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    assert_int_equal(mr_plc_key(plc), MR_PLC_KEY_REMOTE);
    mr_plc_turn_key(plc, MR_PLC_KEY_RUN, now);
    assert_int_equal(mr_plc_download(plc, WHO, now, block_named(program, "PUMP")), MR_E_DENIED);
    assert_int_equal(mr_plc_delete(plc, WHO, MR_PLC_FC, 1, now), MR_E_DENIED);
    assert_int_equal(mr_plc_remote_stop(plc, now), MR_E_DENIED);
    assert_int_equal(mr_plc_remote_force(plc, "level", true, 1, now), MR_E_DENIED);
    assert_int_equal(mr_plc_state(plc), MR_PLC_RUNNING);
    mr_plc_turn_key(plc, MR_PLC_KEY_STOP, now);
    assert_int_equal(mr_plc_state(plc), MR_PLC_STOPPED);
    assert_int_equal(mr_plc_remote_start(plc, MR_PLC_COLD, now), MR_E_DENIED);
    assert_int_equal(mr_plc_download(plc, WHO, now, block_named(program, "PUMP")), MR_OK);
    mr_plc_turn_key(plc, MR_PLC_KEY_REMOTE, now);
    assert_int_equal(mr_plc_state(plc), MR_PLC_STOPPED); /* turning back starts nothing */
    assert_int_equal(mr_plc_remote_start(plc, MR_PLC_WARM, now), MR_OK);
    assert_int_equal(mr_plc_remote_force(plc, "level", true, 3, now), MR_OK);
    scan(1);
    is("run", 0); /* 2 * 3 is less than 50 */
    struct mr_plc_forced f[2];
    assert_int_equal(mr_plc_forces(plc, f, 2), 1);
    assert_string_equal(f[0].symbol->name, "main.level");
    mr_plc_force_none(plc, now);
    assert_int_equal(mr_plc_forces(plc, f, 2), 0);
    done();
}

static void downloads_are_in_the_saved_state(void **state)
{
    (void)state;
    start(GLOBALS PUMP("50.0") MAIN);
    struct mr_plc_program *evil = compiled(GLOBALS PUMP("500.0") MAIN);
    scan(2);
    assert_int_equal(mr_plc_download(plc, WHO, now, block_named(evil, "PUMP")), MR_OK);
    assert_int_equal(mr_plc_activate(plc, WHO, now), MR_OK);
    assert_int_equal(mr_plc_download_begin(plc, WHO, 100), MR_OK);
    assert_int_equal(mr_plc_download_data(plc, WHO, mr_slice("half of it", 10)), MR_OK);
    size_t max = mr_arena_saved_max(arena);
    uint8_t *saved = malloc(max);
    struct mr_writer w = mr_writer(saved, max);
    assert_int_equal(mr_arena_save(arena, &w), MR_OK);
    scan(1);
    uint8_t a[MR_DIGEST_BYTES];
    uint8_t b[MR_DIGEST_BYTES];
    mr_arena_digest(arena, a);

    struct mr_arena *twin = mr_arena_create(64u << 20);
    struct mr_plc *c = mr_plc_create(twin, program, "plc");
    assert_int_equal(mr_arena_load(twin, mr_written(&w)), MR_OK);
    assert_int_equal(mr_plc_loaded(c), MR_OK);
    mr_plc_scan(c, now - 100 * MR_MS);
    mr_arena_digest(twin, b);
    assert_memory_equal(a, b, sizeof a);
    assert_true(mr_plc_get(c, symbol("run")) == 0); /* the altered logic */
    struct mr_plc_block info;
    assert_int_equal(mr_plc_block_named(c, "PUMP", &info), MR_OK);
    assert_true(info.changed);
    mr_arena_destroy(twin);
    free(saved);
    mr_plc_program_destroy(evil);
    done();
}

static void makes_differ_about_faults(void **state)
{
    (void)state;
    static const struct {
        enum mr_plc_make make;
        const char *body;
        enum mr_plc_state then;
        enum mr_plc_fault flag;
        uint16_t code;
    } cases[] = {
        {MR_PLC_GENERIC, "n := n / zero;", MR_PLC_FAULTED, MR_PLC_OK, 0},
        {MR_PLC_SIEMENS, "n := n / zero;", MR_PLC_RUNNING, MR_PLC_DIV_ZERO, 0},           /* OV and OS */
        {MR_PLC_ROCKWELL, "n := n / zero;", MR_PLC_RUNNING, MR_PLC_DIV_ZERO, 4 << 8 | 4}, /* minor fault 4/4 */
        {MR_PLC_SCHNEIDER, "n := n / zero;", MR_PLC_RUNNING, MR_PLC_DIV_ZERO, 18},        /* %S18 */
        {MR_PLC_CODESYS, "n := n / zero;", MR_PLC_FAULTED, MR_PLC_OK, 0},
        {MR_PLC_SIEMENS, "n := v[zero];", MR_PLC_STOPPED, MR_PLC_OK, 0x4562},            /* area length error, no OB 121 */
        {MR_PLC_ROCKWELL, "n := v[zero];", MR_PLC_FAULTED, MR_PLC_OK, 4 << 8 | 20},      /* major fault 4/20 */
        {MR_PLC_SCHNEIDER, "n := v[zero];", MR_PLC_RUNNING, MR_PLC_BOUNDS, 20},          /* %S20 */
        {MR_PLC_SIEMENS, "WHILE TRUE DO END_WHILE;", MR_PLC_STOPPED, MR_PLC_OK, 0x4568}, /* cycle time, no OB 80 */
        {MR_PLC_ROCKWELL, "WHILE TRUE DO END_WHILE;", MR_PLC_FAULTED, MR_PLC_OK, 6 << 8 | 1},
        {MR_PLC_SCHNEIDER, "WHILE TRUE DO END_WHILE;", MR_PLC_FAULTED, MR_PLC_OK, 11},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text,
                       "PROGRAM p VAR n : INT := 5; zero, after : INT; v : ARRAY[1..3] OF INT; END_VAR %s after := after + "
                       "1; END_PROGRAM",
                       cases[i].body);
        start(text);
        mr_plc_set_make(plc, cases[i].make);
        scan(2);
        assert_int_equal(mr_plc_state(plc), cases[i].then);
        struct mr_plc_diagnostic d[4];
        assert_int_equal(mr_plc_diagnostics(plc, d, 4), 2); /* the start, and one entry however often it happens */
        assert_int_equal(d[0].code, cases[i].code);
        if (cases[i].then == MR_PLC_RUNNING) {
            assert_true(mr_plc_flag(plc, cases[i].flag));
            is("after", 2); /* what follows runs */
            is("n", 0);
        } else {
            assert_int_equal(d[0].event, MR_PLC_EVENT_FAULT);
            is("after", 0);
        }
        done();
    }
}

static void source_and_code_are_not_compared(void **state)
{
    (void)state;
    /* what looks like the original, but does something else: the source of one, the code of the other, and the right hash */
    struct mr_plc_program *good = compiled(GLOBALS PUMP("50.0") MAIN);
    struct mr_plc_program *evil = compiled(GLOBALS PUMP("99.9") MAIN);
    struct mr_slice a = block_named(good, "PUMP");
    struct mr_slice b = block_named(evil, "PUMP");
    assert_int_equal(a.n, b.n);
    uint8_t *mix = malloc(b.n);
    memcpy(mix, b.p, b.n);
    struct mr_slice source = mr_plc_block_source(a);
    memcpy(mix + (mr_plc_block_source(b).p - b.p), source.p, source.n);
    uint32_t n = (uint32_t)mix[36] | (uint32_t)mix[37] << 8 | (uint32_t)mix[38] << 16;
    mr_digest(mr_slice(mix + 40, n), mix + 4);
    assert_int_equal(mr_plc_block_compare(a, mr_slice(mix, b.n)), MR_PLC_DIFFERS_CODE);
    free(mix);
    mr_plc_program_destroy(good);
    mr_plc_program_destroy(evil);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_cut_into_blocks),
        cmocka_unit_test(logic_is_exchanged_while_it_runs),
        cmocka_unit_test(a_block_comes_in_pieces),
        cmocka_unit_test(particulars_do_not_change_the_hash),
        cmocka_unit_test(another_configuration_keeps_what_has_its_name),
        cmocka_unit_test(a_missing_block_is_a_fault),
        cmocka_unit_test(the_key_is_asked),
        cmocka_unit_test(downloads_are_in_the_saved_state),
        cmocka_unit_test(makes_differ_about_faults),
        cmocka_unit_test(source_and_code_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
