/* The verifier and the virtual machine on byte code that the input changes: each 7 bytes are an instruction's number, a field and
 * a value. What the verifier lets pass runs, and must stay in its memory. */
#include "plc/program.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char source[] =
    "FUNCTION_BLOCK F VAR_INPUT n : INT; END_VAR VAR_IN_OUT a : ARRAY[1..3] OF INT; END_VAR VAR r : REF_TO INT; s : STRING; t : "
    "TON; END_VAR\n"
    "a[n] := n; r := REF(a[2]); r^ := 3; s := CONCAT(s, 'x'); t(IN := TRUE, PT := T#1s); END_FUNCTION_BLOCK\n"
    "FUNCTION G : LREAL VAR_INPUT x : LREAL; END_VAR G := SQRT(x) + EXPT(x, 0.5) + DINT_TO_LREAL(TRUNC(x)); END_FUNCTION\n"
    "PROGRAM p VAR f1 : ARRAY[0..2] OF F; v : ARRAY[1..3] OF INT; i : INT; x : LREAL; w AT %MW3 : WORD; q AT %QX0.1 : BOOL; u : "
    "ULINT; END_VAR\n"
    "FOR i := 1 TO 2 DO f1[i](n := i, a := v); END_FOR; x := G(x + 1.0); w := ROL(w, 3) OR 1; q := w.3; u := u / 3 + u MOD 7;\n"
    "WHILE i > 0 DO i := i - 1; IF v[2] = 3 THEN CONTINUE; END_IF; END_WHILE; CASE i OF 0: i := 5; END_CASE; v[1] := LIMIT(1, "
    "v[2], 9); END_PROGRAM";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_source s = {"fuzz.st", source, sizeof source - 1};
    struct mr_plc_program *p = mr_plc_compile(&s, 1, d);
    mr_diags_destroy(d);
    MR_ASSERT(p != NULL);
    for (size_t i = 0; i + 7 <= n && i < 7 * 64; i += 7) {
        struct pc_insn *in = &p->code[((uint32_t)data[i] | (uint32_t)data[i + 1] << 8) % p->ncode];
        uint32_t v;
        memcpy(&v, data + i + 3, sizeof v);
        int32_t *fields[] = {&in->a, &in->b, &in->c};
        if (data[i + 2] % 5 < 3) {
            *fields[data[i + 2] % 5] = (int32_t)v;
        } else if (data[i + 2] % 5 == 3) {
            in->op = (uint16_t)v;
        } else {
            in->n = (uint16_t)v;
        }
    }
    char why[200];
    if (mr_pc_verify(p, why, sizeof why) == MR_OK) {
        struct mr_arena *a = mr_arena_create((size_t)4 << 20);
        struct mr_plc *c = mr_plc_create(a, p, "fuzz");
        MR_ASSERT(c != NULL);
        mr_plc_start(c, MR_PLC_COLD, 0);
        for (mr_ns t = 0; t < 3; t++) {
            mr_plc_scan(c, t * 100 * MR_MS);
        }
        mr_arena_destroy(a);
    }
    mr_plc_program_destroy(p);
    return 0;
}
