/* reference.c - the reference page docs/plc/library.md, from the tables that the compiler reads. */
#include "plc/library.h"
#include "plc/stdfun.h"
#include "plc/tools.h"

#include <string.h>

static void functions(FILE *to)
{
    (void)fprintf(
        to, "## Functions\n\nTables are those of IEC 61131-3, second edition, where not said otherwise. `+` after a parameter: "
            "as many as "
            "wanted. Types widen to the widest argument's.\n\n| Function | Parameters | Gives | Table |\n|---|---|---|---|\n");
    for (size_t i = 0; i < mr_pc_nstd; i++) {
        const struct pc_std *s = &mr_pc_std[i];
        (void)fprintf(to, "| `%s` | %s | %s | %s |\n", s->name, s->params[0] ? s->params : "-", s->about, s->table);
    }
    (void)fprintf(to, "| `X_TO_Y`, `TO_Y` | IN | conversion between any two elementary types; REAL to integers rounds to "
                      "nearest, halves to even, and "
                      "saturates; between integers the lower bits are kept | 22 |\n"
                      "| `X_TRUNC_Y`, `TRUNC_Y` | IN | towards zero | 22 |\n"
                      "| `X_BCD_TO_Y`, `X_TO_BCD_Y` | IN | from and to binary-coded decimal | 22 |\n\n");
}

/* The variables of one class, as the block's text declares them. */
static void declarations(FILE *to, const char *text, const char *begin)
{
    const char *p = strstr(text, begin);
    const char *end = p ? strstr(p, "END_VAR") : NULL;
    if (!end) {
        (void)fputc('-', to);
        return;
    }
    for (p += strlen(begin); p < end; p++) {
        (void)fputc(*p == '\n' ? ' ' : *p, to);
    }
}

static void blocks(FILE *to)
{
    (void)fprintf(to, "## Function blocks, and functions written in the language\n\n| Name | Inputs | Outputs | What it does | "
                      "Table |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < mr_pc_nblocks; i++) {
        const struct pc_library *b = &mr_pc_blocks[i];
        (void)fprintf(to, "| `%s` | ", b->name);
        declarations(to, b->text, "VAR_INPUT ");
        (void)fprintf(to, " | ");
        declarations(to, b->text, "VAR_OUTPUT ");
        (void)fprintf(to, " | %s | %s |\n", b->about, b->table);
    }
}

void mr_plc_reference(FILE *to)
{
    (void)fprintf(to, "# Standard library\n\nMade by `millrace plc library` from the compiler's own tables.\n\n");
    functions(to);
    blocks(to);
}
