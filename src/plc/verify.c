/* verify.c - what byte code must be before the virtual machine runs it.
 *
 * After it, every static operand lies among the variables, or its block's own temporaries or (read) constants, or inside its
 * instance, every jump ends at an instruction of its own block, only JBACK and FORxx go back, extended instructions have their
 * second half, and each block ends in RET. What cannot be known before is checked where it happens (vm.c). */
#include "plc/limits.h"
#include "plc/program.h"

#include <string.h>

struct verifier {
    const struct mr_plc_program *p;
    const struct pc_block *block;
    uint32_t at;
    char *why;
    size_t cap;
};

static bool bad(struct verifier *v, const char *text)
{
    (void)snprintf(v->why, v->cap, "%s: instruction %u: %s", v->block ? v->block->name : "program", v->at, text);
    return false;
}

static bool within(uint64_t at, uint64_t n, uint64_t from, uint64_t size)
{
    return at >= from && at + n <= from + size;
}

/* `n` bytes at an operand: of the variables, or of the block's own temporaries or constants. So what one block may reach does not
 * depend on which others are there. */
static bool reach(struct verifier *v, int32_t operand, uint64_t n, bool written)
{
    const struct pc_block *b = v->block;
    if (operand < 0) {
        uint64_t at = (uint64_t)((int64_t)operand - PC_REL);
        return at + n <= b->instance_size || bad(v, "an operand outside of the instance");
    }
    uint64_t at = (uint64_t)operand;
    bool inside = (n == 0 && at <= v->p->data_end) || within(at, n, 16, v->p->data_end - 16) ||
                  within(at, n, b->local_at, b->local_size) || (!written && within(at, n, b->const_at, b->const_size));
    return inside || bad(v, written ? "a written operand outside of the memory" : "an operand outside of the memory");
}

static bool jump(struct verifier *v, int32_t by, bool back)
{
    int64_t to = (int64_t)v->at + by;
    int64_t first = v->block->entry;
    if (to < first || to >= first + v->block->len || (back ? by > 0 : by <= 0)) {
        return bad(v, "a jump out of its block or the wrong way");
    }
    const struct pc_insn *target = &v->p->code[to];
    return target->op != OP_EXT || bad(v, "a jump into the middle of an instruction");
}

static bool is_indexed(uint16_t op)
{
    if (op == OP_LEAX) {
        return true;
    }
    const unsigned step = OP_MOV_2 - OP_MOV_1;
    for (unsigned w = 0; w < 4; w++) {
        if (op == OP_LDX_1 + w * step || op == OP_STX_1 + w * step || op == OP_LDXS_1 + w * step || op == OP_STXS_1 + w * step) {
            return true;
        }
    }
    return false;
}

static bool is_extended(uint16_t op)
{
    return is_indexed(op) || op == OP_IDXR || op == OP_CHKIDX || op == OP_STR || op == OP_CMPX;
}

/* An array that EXT describes: its last element must lie where its first does. */
static bool array(struct verifier *v, const struct pc_insn *i)
{
    const struct pc_insn *x = i + 1;
    if (x->b < 1 || x->c < 0) {
        return bad(v, "an array without elements");
    }
    bool store = mr_pc_ops[i->op].form[0] == 's';
    uint64_t width = i->op == OP_LEAX ? 1 : (store ? mr_pc_ops[i->op].size[1] : mr_pc_ops[i->op].size[0]);
    uint64_t n = ((uint64_t)x->b - 1) * (uint64_t)x->c + width;
    return reach(v, store ? i->a : i->b, n, store);
}

static bool string_operands(struct verifier *v, const struct pc_insn *i)
{
    if (i->n >= PC_STR_COUNT || i[1].c < 0 || i[1].c > 31) {
        return bad(v, "no string function");
    }
    const int32_t operand[5] = {i->a, i->b, i->c, i[1].a, i[1].b};
    const char *form = mr_pc_str_forms[i->n];
    for (int k = 0; k < 5; k++) {
        bool wide = strchr("LMGH", form[k]) != NULL;
        bool written = strchr("TNMH", form[k]) != NULL;
        bool ref = i[1].c >> k & 1;
        if (form[k] != '-' ? !reach(v, operand[k], wide ? 8 : 4, written && !ref) : ref && !reach(v, operand[k], 4, false)) {
            return false;
        }
    }
    return true;
}

static bool call(struct verifier *v, const struct pc_insn *i)
{
    if (i->c < 0 || (uint32_t)i->c >= v->p->nblocks) {
        return bad(v, "a call of nothing");
    }
    return i->op != OP_CALL || reach(v, i->a, v->p->blocks[i->c].instance_size, true);
}

static bool operand(struct verifier *v, const struct pc_insn *i, int k)
{
    const struct pc_op_info *info = &mr_pc_ops[i->op];
    int32_t x = k == 0 ? i->a : (k == 1 ? i->b : i->c);
    uint32_t bytes = (uint32_t)(i->c < 0 ? 0 : i->c);
    switch (info->form[k]) {
    case 'd':
    case 'm':
    case 'R':
        return reach(v, x, info->size[k], true);
    case 's':
        if (i->op == OP_LEA) {
            return i->c > 0 ? reach(v, x, bytes, false) : bad(v, "an address of nothing");
        }
        return reach(v, x, info->size[k], false);
    case 'r':
        return reach(v, x, 4, false);
    case 'D':
        if (i->op == OP_RESTORE) {
            return i->c >= 0 ? reach(v, x, bytes, true) : bad(v, "a copy of nothing");
        }
        return i->c > 0 ? reach(v, x, bytes, true) : bad(v, "a copy of nothing");
    case 'S':
        return reach(v, x, bytes, false);
    case 'j':
        return jump(v, x, false);
    case 'k':
        return jump(v, x, true);
    default:
        return true;
    }
}

static bool instruction(struct verifier *v)
{
    const struct pc_insn *i = &v->p->code[v->at];
    if (i->op >= PC_OP_COUNT) {
        return bad(v, "an unknown operation");
    }
    bool first_half = is_extended(i->op);
    bool extended_next = v->at + 1 < v->block->entry + v->block->len && i[1].op == OP_EXT;
    if (first_half != extended_next) {
        return bad(v, "half an instruction");
    }
    if (i->op == OP_STR) {
        return string_operands(v, i);
    }
    if (i->op == OP_CMPX) {
        return i[1].a >= 0 && reach(v, i->a, 1, true) && reach(v, i->b, (uint32_t)i[1].a, false) &&
               reach(v, i->c, (uint32_t)i[1].a, false);
    }
    if ((i->op == OP_COPYI || i->op == OP_SAVE) && i->c < 0) {
        return bad(v, "a copy of nothing");
    }
    if (i->op == OP_TRAP && i->n != MR_PLC_NO_BLOCK) {
        return bad(v, "no such fault");
    }
    if ((i->op == OP_MATH_F32 || i->op == OP_MATH_F64) && i->n >= PC_MATH_COUNT) {
        return bad(v, "no such function");
    }
    if ((i->op == OP_CALL || i->op == OP_CALLR) && !call(v, i)) {
        return false;
    }
    if ((i->op == OP_IDXR || i->op == OP_CHKIDX) && i[1].b < 0) {
        return bad(v, "an array without elements");
    }
    for (int k = 0; k < 3; k++) {
        bool base = is_indexed(i->op) && k == (mr_pc_ops[i->op].form[0] == 's' ? 0 : 1);
        if (!base && !operand(v, i, k)) {
            return false;
        }
    }
    return !is_indexed(i->op) || array(v, i);
}

static bool layout(struct verifier *v)
{
    const struct mr_plc_program *p = v->p;
    if (p->data_end < 16 || p->data_end > p->ro_at || p->ro_at > p->memory_size || p->memory_size > MR_PLC_MEMORY_MAX + 16 ||
        p->ncode > MR_PLC_CODE_MAX || p->nblocks > MR_PLC_POUS_MAX + MR_PLC_TASKS_MAX || p->ntasks > MR_PLC_TASKS_MAX) {
        return bad(v, "sizes beyond a controller's");
    }
    for (int a = 0; a < MR_AREAS; a++) {
        if (p->area_at[a] < 16 || p->area_size[a] > MR_PLC_AREA_MAX + 256 ||
            (uint64_t)p->area_at[a] + p->area_size[a] > p->data_end) {
            return bad(v, "an image area outside of the memory");
        }
    }
    for (uint32_t i = 0; i < p->nretain; i++) {
        if ((uint64_t)p->retain[i].at + p->retain[i].n > p->data_end) {
            return bad(v, "retained data outside of the memory");
        }
    }
    for (uint32_t i = 0; i < p->ntasks; i++) {
        if (p->tasks[i].block >= p->nblocks || p->blocks[p->tasks[i].block].instance_size != 0 ||
            p->tasks[i].single >= p->data_end) {
            return bad(v, "a task that runs nothing");
        }
    }
    return true;
}

static bool block(struct verifier *v, const struct pc_block *b)
{
    v->block = b;
    v->at = b->entry;
    if (b->len == 0 || (uint64_t)b->entry + b->len > v->p->ncode || v->p->code[b->entry].op == OP_EXT) {
        return bad(v, "a block without instructions");
    }
    for (; v->at < b->entry + b->len; v->at++) {
        if (v->p->code[v->at].op == OP_EXT) {
            continue; /* its first half was looked at together with it */
        }
        if (!instruction(v)) {
            return false;
        }
    }
    return v->p->code[b->entry + b->len - 1].op == OP_RET || bad(v, "a block that does not end");
}

/* NOLINTNEXTLINE(readability-non-const-parameter): bad() writes to `why` */
enum mr_err mr_pc_verify(const struct mr_plc_program *p, char *why, size_t cap)
{
    struct verifier v = {.p = p, .why = why, .cap = cap};
    if (!layout(&v)) {
        return MR_E_MALFORMED;
    }
    for (uint32_t i = 0; i < p->nblocks; i++) {
        if (!block(&v, &p->blocks[i])) {
            return MR_E_MALFORMED;
        }
    }
    return MR_OK;
}
