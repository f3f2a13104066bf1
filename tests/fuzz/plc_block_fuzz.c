/* Blocks as an attacker would make them: blocks of a real program, changed where the input says and given the right hash again,
 * are downloaded and activated; what the verifier lets pass runs, and must stay in its memory. Each 8 bytes: which block, where
 * (three bytes, in an instruction's terms for the first half of the range), what to do, a value. */
#include "plc/block.h"
#include "plc/controller.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char source[] =
    "TYPE E : (red, green); S : STRUCT a : INT; b : ARRAY[0..2] OF REAL; END_STRUCT; END_TYPE\n"
    "VAR_GLOBAL RETAIN total : LREAL; END_VAR VAR_GLOBAL go AT %MX0.1 : BOOL; END_VAR\n"
    "FUNCTION_BLOCK F VAR_INPUT n : INT; END_VAR VAR_IN_OUT a : ARRAY[1..3] OF INT; END_VAR VAR r : REF_TO INT; s : STRING; t : "
    "TON; "
    "END_VAR\n"
    "METHOD m : INT VAR_INPUT k : INT; END_VAR m := k + n; END_METHOD\n"
    "a[n] := n; r := REF(a[2]); r^ := 3; s := CONCAT(s, 'x'); t(IN := TRUE, PT := T#1s); a[1] := THIS^.m(2); END_FUNCTION_BLOCK\n"
    "FUNCTION G : LREAL VAR_INPUT x : LREAL; END_VAR G := SQRT(x) + EXPT(x, 0.5) + DINT_TO_LREAL(TRUNC(x)); END_FUNCTION\n"
    "PROGRAM p VAR f1 : ARRAY[0..2] OF F; v : ARRAY[1..3] OF INT; i : INT; x : LREAL; w AT %MW3 : WORD; q AT %QX0.1 : BOOL; u : "
    "ULINT; "
    "st : S; s2 : S; e : E; d : STRING[20]; END_VAR\n"
    "FOR i := 1 TO 2 DO f1[i](n := i, a := v); END_FOR; x := G(x + 1.0); w := ROL(w, 3) OR 1; q := w.3; u := u / 3 + u MOD 7;\n"
    "WHILE i > 0 DO i := i - 1; IF v[2] = 3 THEN CONTINUE; END_IF; END_WHILE; CASE i OF 0: i := 5; END_CASE; v[1] := LIMIT(1, "
    "v[2], 9);\n"
    "st.b[i MOD 3] := 1.0; s2 := st; IF st.a = s2.a THEN e := green; END_IF; d := REPLACE(MID(d, 3, 2), 'abc', 1, i); total := "
    "total + x; "
    "END_PROGRAM\n"
    "CONFIGURATION C RESOURCE R ON PLC TASK T(INTERVAL := T#10ms, WATCHDOG := T#1ms); TASK V(SINGLE := go, WATCHDOG := T#1ms); "
    "PROGRAM p1 WITH T : p; PROGRAM p2 WITH V : p; END_RESOURCE END_CONFIGURATION";

static const struct mr_plc_program *program(void)
{
    static struct mr_plc_program *p;
    if (!p) {
        struct mr_diags *d = mr_diags_create();
        struct mr_plc_source s = {"fuzz.st", source, sizeof source - 1};
        p = mr_plc_compile(&s, 1, d);
        mr_diags_print(d, stderr);
        mr_diags_destroy(d);
        MR_ASSERT(p != NULL);
    }
    return p;
}

/* Changes a block and makes its hash right. */
static void change(uint8_t *block, size_t n, const uint8_t *edit)
{
    struct pc_unit u;
    MR_ASSERT(n > 40);
    uint32_t hashed = (uint32_t)block[36] | (uint32_t)block[37] << 8 | (uint32_t)block[38] << 16 | (uint32_t)block[39] << 24;
    uint32_t where = (uint32_t)edit[1] | (uint32_t)edit[2] << 8;
    size_t at = 40 + where % (n - 40);
    if (edit[3] < 160 && mr_pc_unit_read(mr_slice(block, n), &u, NULL, 0) == MR_OK &&
        u.ninsns > 0) { /* a field of an instruction */
        static const uint8_t offsets[] = {0, 2, 4, 8, 12, 4, 8, 12};
        at = (size_t)(u.insns.p - block) + (size_t)(where % u.ninsns) * 16 + offsets[edit[3] % 8];
    }
    switch (edit[4] % 4) {
    case 0:
        block[at] = edit[5];
        break;
    case 1:
        for (size_t i = 0; i < 3 && at + i < n; i++) {
            block[at + i] = edit[5 + i];
        }
        break;
    case 2:
        block[at] = (uint8_t)(block[at] + edit[5]);
        break;
    default:
        block[at] ^= (uint8_t)(1u << edit[5] % 8);
        break;
    }
    if (hashed <= n - 40) {
        mr_digest(mr_slice(block + 40, hashed), block + 4);
    }
}

static void scans(struct mr_plc *c, mr_ns *now)
{
    mr_plc_start(c, MR_PLC_HOT, *now);
    for (int i = 0; i < 3; i++) {
        mr_plc_scan(c, *now += 10 * MR_MS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct mr_plc_program *p = program();
    size_t nblocks = mr_plc_program_blocks(p);
    struct mr_arena *a = mr_arena_create((size_t)4 << 20);
    struct mr_plc *c = mr_plc_create(a, p, "fuzz");
    MR_ASSERT(c != NULL && n < 1 << 20);
    mr_plc_set_make(c, MR_PLC_SCHNEIDER);
    mr_ns now = 0;
    for (size_t i = 0; i + 8 <= n && i < 8 * 32;) {
        struct mr_slice of = mr_plc_program_block(p, data[i] % nblocks);
        uint8_t which = data[i];
        uint8_t *block = malloc(of.n);
        MR_ASSERT(block != NULL);
        memcpy(block, of.p, of.n);
        while (i + 8 <= n && data[i] == which) {
            change(block, of.n, data + i);
            i += 8;
        }
        (void)mr_plc_download(c, 1, now, mr_slice(block, of.n));
        free(block);
    }
    mr_plc_stop(c);
    if (mr_plc_activate(c, 1, now) == MR_OK) {
        struct mr_plc_block list[16];
        MR_ASSERT(mr_plc_blocks(c, list, 0, 16) > 0);
        scans(c, &now);
        (void)mr_plc_delete(c, 1, MR_PLC_FC, 1, now);
        scans(c, &now);
    }
    MR_ASSERT(mr_plc_loaded(c) == MR_OK);
    const struct mr_plc_symbol *s;
    size_t count = mr_plc_symbols(p, &s);
    for (size_t i = 0; i < count; i++) { /* what the site knows by name is still reached, or not there */
        char text[64];
        (void)mr_plc_set(c, &s[i], mr_plc_get(c, &s[i]) + 1);
        (void)mr_plc_get_text(c, &s[i], text, sizeof text);
    }
    mr_arena_destroy(a);
    return 0;
}
