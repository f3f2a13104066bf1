/* disasm.c - byte code as text, with the names of variables where operands are variables. */
#include "plc/tools.h"

#include <stdlib.h>
#include <string.h>

struct names {
    const struct mr_plc_program *p;
    const struct mr_plc_symbol **by_offset; /* leaves, by address */
    uint32_t n;
};

static uint32_t offset_of(const struct mr_plc_program *p, const struct mr_plc_symbol *s)
{
    return s->located ? p->area_at[s->place.area] + s->place.byte : s->offset;
}

static const struct mr_plc_symbol *symbol_at(const struct names *names, uint32_t offset)
{
    uint32_t lo = 0;
    uint32_t hi = names->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (offset_of(names->p, names->by_offset[mid]) < offset) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < names->n && offset_of(names->p, names->by_offset[lo]) == offset ? names->by_offset[lo] : NULL;
}

static void constant(const struct mr_plc_program *p, uint32_t at, uint8_t size, bool real, char *buf, size_t cap)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < size && at + i < p->memory_size; i++) {
        v |= (uint64_t)p->init[at + i] << (8 * i);
    }
    if (real && size == 4) {
        uint32_t bits = (uint32_t)v;
        float f;
        memcpy(&f, &bits, sizeof f);
        (void)snprintf(buf, cap, "#%g", (double)f);
    } else if (real) {
        double d;
        memcpy(&d, &v, sizeof d);
        (void)snprintf(buf, cap, "#%g", d);
    } else {
        unsigned shift = 64 - 8u * size;
        (void)snprintf(buf, cap, "#%lld", (long long)((int64_t)(v << shift) >> shift));
    }
}

static void address(const struct names *names, const struct pc_insn *i, int k, char *buf, size_t cap)
{
    const struct mr_plc_program *p = names->p;
    int32_t x = k == 0 ? i->a : (k == 1 ? i->b : i->c);
    const struct pc_op_info *info = &mr_pc_ops[i->op];
    if (x < 0) {
        (void)snprintf(buf, cap, "this+%lld", (long long)x - PC_REL);
    } else if ((uint32_t)x >= p->ro_at && info->size[k] > 0) {
        constant(p, (uint32_t)x, info->size[k], strstr(info->name, "_F") != NULL, buf, cap);
    } else {
        const struct mr_plc_symbol *s = symbol_at(names, (uint32_t)x);
        if (s) {
            (void)snprintf(buf, cap, "%s", s->name);
        } else {
            (void)snprintf(buf, cap, "@%d", x);
        }
    }
}

static void operand(const struct names *names, uint32_t at, int k, char *buf, size_t cap)
{
    const struct mr_plc_program *p = names->p;
    const struct pc_insn *i = &p->code[at];
    int32_t x = k == 0 ? i->a : (k == 1 ? i->b : i->c);
    switch (mr_pc_ops[i->op].form[k]) {
    case '-':
        buf[0] = '\0';
        break;
    case 'i':
        (void)snprintf(buf, cap, "%d", x);
        break;
    case 'j':
    case 'k':
        (void)snprintf(buf, cap, "-> %lld", (long long)at + x);
        break;
    case 'p':
        (void)snprintf(buf, cap, "%s", x >= 0 && (uint32_t)x < p->nblocks ? p->blocks[x].name : "?");
        break;
    default:
        address(names, i, k, buf, cap);
        break;
    }
}

static void line(const struct names *names, uint32_t at, FILE *to)
{
    const struct pc_insn *i = &names->p->code[at];
    (void)fprintf(to, "%6u  %5u  ", at, names->p->lines[at]);
    if (i->op >= PC_OP_COUNT) {
        (void)fprintf(to, "?%u\n", i->op);
        return;
    }
    char name[48];
    const char *sub = i->op == OP_STR && i->n < PC_STR_COUNT         ? mr_pc_str_names[i->n]
                      : i->op == OP_MATH_F32 || i->op == OP_MATH_F64 ? mr_pc_math_name(i->n)
                                                                     : NULL;
    (void)snprintf(name, sizeof name, sub ? "%s.%s" : (i->n ? "%s/%s%u" : "%s"), mr_pc_ops[i->op].name, sub ? sub : "", i->n);
    (void)fprintf(to, "%-14s", name);
    const char *comma = "";
    for (int k = 0; k < 3; k++) {
        char text[256];
        operand(names, at, k, text, sizeof text);
        if (text[0]) {
            (void)fprintf(to, "%s %s", comma, text);
            comma = ",";
        }
    }
    (void)fputc('\n', to);
}

static const struct mr_plc_program *sorting; /* of the sort below only */

static int by_offset(const void *a, const void *b)
{
    uint32_t x = offset_of(sorting, *(const struct mr_plc_symbol *const *)a);
    uint32_t y = offset_of(sorting, *(const struct mr_plc_symbol *const *)b);
    return x < y ? -1 : (x > y ? 1 : 0);
}

void mr_plc_disassemble(const struct mr_plc_program *p, FILE *to)
{
    struct names names = {.p = p, .by_offset = calloc(p->nsymbols + 1, sizeof *names.by_offset)};
    MR_ASSERT(names.by_offset != NULL);
    for (uint32_t i = 0; i < p->nsymbols; i++) {
        if (p->symbols[i].type != MR_VT_OTHER) {
            names.by_offset[names.n++] = &p->symbols[i];
        }
    }
    sorting = p;
    qsort(names.by_offset, names.n, sizeof *names.by_offset, by_offset);
    (void)fprintf(to, "; %u instructions, %u bytes of data, %u of them constants\n", p->ncode, p->memory_size,
                  p->memory_size - p->ro_at);
    static const char *const kinds[] = {"PROGRAM", "FUNCTION_BLOCK", "FUNCTION", "METHOD", "TASK"};
    for (uint32_t b = 0; b < p->nblocks; b++) {
        const struct pc_block *block = &p->blocks[b];
        (void)fprintf(to, "\n%s %s ; instance of %u bytes\n", kinds[block->kind], block->name, block->instance_size);
        for (uint32_t i = 0; i < block->len; i++) {
            line(&names, block->entry + i, to);
        }
    }
    free(names.by_offset);
}
