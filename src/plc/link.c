/* link.c - units become a program: their code one behind the other, and each its part of the memory for temporaries and
 * constants. */
#include "plc/block.h"

#include <stdio.h>

static enum mr_err refuse(const char *name, const char *text, char *why, size_t cap)
{
    (void)snprintf(why, cap, "%s: %s", name, text);
    return MR_E_MALFORMED;
}

static uint32_t round_8(uint32_t n)
{
    return (n + 7) & ~7u;
}

#define MISSING_INSNS 2 /* TRAP, RET */

struct sizes {
    uint64_t insns, locals, constants;
};

static struct sizes measure(const struct pc_layout *l, const struct pc_unit *const *units)
{
    struct sizes s = {0};
    for (uint32_t i = 0; i < l->nentries; i++) {
        s.insns += units[i] ? units[i]->ninsns : MISSING_INSNS;
        s.locals += units[i] ? round_8(units[i]->local_size) : 0;
        s.constants += units[i] ? (units[i]->constants.n + 7) & ~(size_t)7 : 0;
    }
    return s;
}

static size_t memory_size(const struct pc_layout *l, const struct sizes *s)
{
    return l->data_end + ((s->locals + 15) & ~(uint64_t)15) + ((s->constants + 15) & ~(uint64_t)15);
}

size_t mr_pc_link_room(const struct pc_layout *l, const struct pc_unit *const *units)
{
    struct sizes s = measure(l, units);
    return (s.insns + 1) * (sizeof(struct pc_insn) + sizeof(uint32_t)) + (l->nentries + 1) * sizeof(struct pc_block) +
           memory_size(l, &s) + 128;
}

struct linker {
    const struct pc_layout *l;
    struct mr_plc_program *out;
    const struct pc_unit *unit; /* that is being linked */
    uint32_t code, local_at, const_at;
};

/* Where an operand is now. What names a place that is not its unit's to name becomes one that the verifier refuses wherever the
 * unit lies. */
static int32_t place(const struct linker *k, int32_t x)
{
    uint32_t base = x >= PC_CONST ? PC_CONST : x >= PC_LOCAL ? PC_LOCAL : 0;
    uint32_t size = base == PC_CONST ? (uint32_t)k->unit->constants.n : base == PC_LOCAL ? k->unit->local_size : k->l->data_end;
    uint32_t at = base == PC_CONST ? k->const_at : base == PC_LOCAL ? k->local_at : 0;
    return x < 0 ? x : (uint32_t)x - base > size ? INT32_MAX : (int32_t)((uint32_t)x - base + at);
}

/* Operands that are addresses; EXT's belong to a string function. */
static void relocate(const struct linker *k, struct pc_insn *in, bool text)
{
    int32_t *operand[3] = {&in->a, &in->b, &in->c};
    const char *form = in->op < PC_OP_COUNT ? mr_pc_ops[in->op].form : "---";
    for (int i = 0; i < 3; i++) {
        if (strchr("dsmrRDSTf", form[i]) || (text && i < 2)) {
            *operand[i] = place(k, *operand[i]);
        }
    }
}

static void take_lines(struct mr_slice lines, uint32_t *to, uint32_t n)
{
    struct mr_reader r = mr_reader(lines);
    uint32_t line = (uint32_t)mr_read_varint(&r);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) {
            uint64_t v = mr_read_varint(&r);
            line += (uint32_t)(v >> 1 ^ (0 - (v & 1)));
        }
        to[i] = line;
    }
}

static void take_code(struct linker *k, const struct pc_unit *u)
{
    k->unit = u;
    struct mr_reader r = mr_reader(u->insns);
    struct pc_insn *code = k->out->code + k->code;
    bool text = false;
    for (uint32_t i = 0; i < u->ninsns; i++) {
        code[i].op = mr_read_u16le(&r);
        code[i].n = mr_read_u16le(&r);
        code[i].a = (int32_t)mr_read_u32le(&r);
        code[i].b = (int32_t)mr_read_u32le(&r);
        code[i].c = (int32_t)mr_read_u32le(&r);
        relocate(k, &code[i], text && code[i].op == OP_EXT);
        text = code[i].op == OP_STR;
    }
    take_lines(u->lines, k->out->lines + k->code, u->ninsns);
}

static void take_missing(struct linker *k)
{
    struct pc_insn *code = k->out->code + k->code;
    code[0] = (struct pc_insn){.op = OP_TRAP, .n = MR_PLC_NO_BLOCK};
    code[1] = (struct pc_insn){.op = OP_RET};
}

static enum mr_err take_unit(struct linker *k, uint32_t i, const struct pc_unit *u, char *why, size_t cap)
{
    const struct pc_entry *e = &k->l->entries[i];
    if (u && (u->kind != e->kind || u->cls != e->cls || u->number != e->number || strcmp(u->name, e->name) != 0)) {
        return refuse(e->name, "not the block that the configuration has by this number", why, cap);
    }
    if (u && memcmp(u->layout, k->l->hash, MR_PLC_HASH) != 0) {
        return refuse(e->name, "compiled with another configuration", why, cap);
    }
    uint32_t n = u ? u->ninsns : MISSING_INSNS;
    k->out->blocks[i] = (struct pc_block){.name = e->name,
                                          .kind = (enum pc_pou_kind)e->kind,
                                          .cls = e->cls,
                                          .number = e->number,
                                          .missing = !u,
                                          .entry = k->code,
                                          .len = n,
                                          .instance_size = e->instance_size,
                                          .local_at = k->local_at,
                                          .local_size = u ? u->local_size : 0,
                                          .const_at = k->const_at,
                                          .const_size = u ? (uint32_t)u->constants.n : 0};
    if (u) {
        take_code(k, u);
        if (u->constants.n > 0) {
            memcpy(k->out->init + k->const_at, u->constants.p, u->constants.n);
        }
        k->local_at += round_8(u->local_size);
        k->const_at += round_8((uint32_t)u->constants.n);
    } else {
        take_missing(k);
    }
    k->code += n;
    return MR_OK;
}

static void take_layout(const struct pc_layout *l, struct mr_plc_program *out)
{
    memcpy(out->layout, l->hash, sizeof out->layout);
    memcpy(out->area_at, l->area_at, sizeof out->area_at);
    memcpy(out->area_size, l->area_size, sizeof out->area_size);
    out->data_end = l->data_end;
    out->retain = l->retain;
    out->nretain = l->nretain;
    out->symbols = l->symbols;
    out->nsymbols = l->nsymbols;
    out->tasks = l->tasks;
    out->task_infos = l->task_infos;
    out->ntasks = l->ntasks;
}

enum mr_err mr_pc_link(const struct pc_layout *l, const struct pc_unit *const *units, struct pc_room *room,
                       struct mr_plc_program *out, char *why, size_t cap)
{
    struct sizes s = measure(l, units);
    if (s.insns > MR_PLC_CODE_MAX || memory_size(l, &s) > MR_PLC_MEMORY_MAX) {
        (void)snprintf(why, cap, "the program is too large");
        return MR_E_FULL;
    }
    *out = (struct mr_plc_program){.ncode = (uint32_t)s.insns, .nblocks = l->nentries};
    take_layout(l, out);
    out->ro_at = l->data_end + (((uint32_t)s.locals + 15) & ~15u);
    out->memory_size = (uint32_t)memory_size(l, &s);
    out->code = mr_pc_room(room, (out->ncode + 1) * sizeof *out->code);
    out->lines = mr_pc_room(room, (out->ncode + 1) * sizeof *out->lines);
    out->blocks = mr_pc_room(room, (l->nentries + 1) * sizeof *out->blocks);
    out->init = mr_pc_room(room, out->memory_size);
    if (!out->code || !out->lines || !out->blocks || !out->init) {
        (void)snprintf(why, cap, "the program is too large for this controller");
        return MR_E_FULL;
    }
    memcpy(out->init, l->init, l->data_end);
    struct linker k = {.l = l, .out = out, .local_at = l->data_end, .const_at = out->ro_at};
    for (uint32_t i = 0; i < l->nentries; i++) {
        enum mr_err err = take_unit(&k, i, units[i], why, cap);
        if (err != MR_OK) {
            return err;
        }
    }
    return mr_pc_verify(out, why, cap);
}
