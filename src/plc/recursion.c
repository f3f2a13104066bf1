/* recursion.c - chains of calls. One that certainly has no end is an error (1.4 of the standard: no recursion). Which method a
 * call through an interface reaches, only the run shows: where such a call may come back to a unit that is being executed, the
 * units on the way form a group, each saves its variables before it calls another of the group, and the machine counts calls. */
#include "plc/gen.h"

struct edge {
    struct pc_pou *from, *to;
    bool dynamic;
};

struct calls {
    struct pc *c;
    struct pc_pou *from;
    PC_VECTOR(struct edge) edges;
    bool dynamic; /* is any of them? */
};

static void of_expr(struct calls *k, struct pc_expr *e)
{
    for (; e; e = e->a) {
        if (e->kind == EX_CALL && e->pou && !e->variants) {
            *PC_PUSH(k->c->pool, &k->edges) = (struct edge){k->from, e->pou, false};
        }
        for (struct pc_expr *v = e->variants; v; v = v->next_variant) {
            *PC_PUSH(k->c->pool, &k->edges) = (struct edge){k->from, v->pou, true};
            k->dynamic = true;
            for (struct pc_arg *a = v->args; a; a = a->next) {
                of_expr(k, a->e);
            }
        }
        for (struct pc_arg *a = e->args; a && !e->variants; a = a->next) {
            of_expr(k, a->e);
        }
        if (e->b) {
            of_expr(k, e->b);
        }
    }
}

static void of_stmts(struct calls *k, struct pc_stmt *s)
{
    for (; s; s = s->next) {
        of_expr(k, s->a);
        of_expr(k, s->b);
        of_expr(k, s->c);
        of_expr(k, s->d);
        of_stmts(k, s->body);
        for (struct pc_branch *b = s->branches; b; b = b->next) {
            of_expr(k, b->cond);
            of_stmts(k, b->body);
        }
    }
}

/* ---- chains without a choice ---- */

/* Longer than the machine's stack, or without end: told. Each unit is visited once, so the search is linear; its depth is bounded
 * by the limit it looks for. */
static bool visit(struct calls *k, struct pc_pou *pou, uint32_t depth, struct pc_pos pos)
{
    if (pou->visit == 2) {
        return true;
    }
    if (pou->visit == 1 || depth > MR_PLC_CALL_MAX) {
        PC_ERROR(k->c, pos, pou->visit == 1 ? "'%s' calls itself; IEC 61131-3 has no recursion" : "calls of '%s' nest too deep",
                 pou->spelled);
        return false;
    }
    pou->visit = 1;
    bool good = !pou->base || pou->base->visit != 0 || pou->body || visit(k, pou->base, depth + 1, pou->pos);
    for (uint32_t i = pou->first_call; good && i < k->edges.n && k->edges.items[i].from == pou; i++) {
        good = k->edges.items[i].dynamic || visit(k, k->edges.items[i].to, depth + 1, pos);
    }
    pou->visit = 2;
    return good;
}

/* ---- groups ---- */

/* Marks what is reached from `from` along calls (or, backwards, what reaches it). */
static void reach(const struct calls *k, const struct pc_pou *from, bool backwards, uint8_t *marks)
{
    marks[from->block] = 1;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < k->edges.n; i++) {
            const struct edge *e = &k->edges.items[backwards ? k->edges.n - 1 - i : i];
            const struct pc_pou *a = backwards ? e->to : e->from;
            const struct pc_pou *b = backwards ? e->from : e->to;
            if (marks[a->block] && !marks[b->block]) {
                marks[b->block] = 1;
                more = true;
            }
        }
    }
}

/* Room where a call's results stay while the caller's variables come back. */
static void reserve_results(struct pc *c, struct pc_pou *pou)
{
    uint32_t size = pou->result ? (pou->result->type->size + 7) & ~7u : 0;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        size += pou->vars.items[i]->cls == VC_OUTPUT ? (pou->vars.items[i]->type->size + 7) & ~7u : 0;
    }
    pou->results_at = size > 0 && (pou->kind == PC_FUNCTION || pou->kind == PC_METHOD) ? mr_pc_reserve(c, size, 8) : 0;
}

static void find_groups(struct calls *k)
{
    size_t n = k->c->pou_list.n;
    uint8_t *ahead = mr_pc_alloc(k->c->pool, n + 1);
    uint8_t *behind = mr_pc_alloc(k->c->pool, n + 1);
    for (uint32_t i = 0; i < k->edges.n; i++) {
        const struct edge *e = &k->edges.items[i];
        if (!e->dynamic || (e->from->group != 0 && e->from->group == e->to->group)) {
            continue;
        }
        memset(ahead, 0, n);
        memset(behind, 0, n);
        reach(k, e->to, false, ahead);
        reach(k, e->from, true, behind);
        for (uint32_t p = 0; p < n && ahead[e->from->block]; p++) {
            struct pc_pou *pou = k->c->pou_list.items[p];
            if (ahead[p] && behind[p] && pou->group == 0) {
                reserve_results(k->c, pou);
            }
            pou->group = ahead[p] && behind[p] ? i + 1 : pou->group;
        }
    }
}

void mr_pc_find_recursion(struct pc *c)
{
    struct calls k = {.c = c};
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        k.from = c->pou_list.items[i];
        k.from->first_call = k.edges.n;
        of_stmts(&k, k.from->body);
    }
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        (void)visit(&k, c->pou_list.items[i], 0, c->pou_list.items[i]->pos);
    }
    if (k.dynamic && c->report.diags->errors == c->errors_before) {
        find_groups(&k);
    }
}

/* ---- code ---- */

bool mr_pc_comes_back(const struct pc_gen *g, const struct pc_pou *callee)
{
    return callee->group != 0 && callee->group == g->pou->group;
}

static void save(struct pc_gen *g, enum pc_op op, bool frame)
{
    const struct pc_pou *p = g->pou;
    if (!frame) {
        mr_pc_emit(g, op, PC_LOCAL, 0, 0); /* how many, mr_pc_gen_pou() knows in the end */
    } else if (p->params_size + p->frame_size > 0) {
        mr_pc_emit(g, op, (int32_t)(p->frame_at - p->params_size), 0, (int32_t)(p->params_size + p->frame_size));
    }
}

void mr_pc_save(struct pc_gen *g)
{
    save(g, OP_SAVE, true);
    save(g, OP_SAVE, false);
}

int32_t mr_pc_result_at(const struct pc_gen *g, const struct pc_pou *callee)
{
    return (int32_t)(mr_pc_comes_back(g, callee) ? callee->results_at : callee->result->offset);
}

/* Copies results and outputs to where they stay (`keep`), or says that they are there, or no longer. */
static void each_result(struct pc_gen *g, struct pc_pou *callee, bool keep)
{
    uint32_t at = callee->results_at;
    for (uint32_t i = 0; at != 0 && i <= callee->vars.n; i++) {
        struct pc_var *v = i == 0 ? callee->result : callee->vars.items[i - 1];
        if (!v || (i > 0 && v->cls != VC_OUTPUT)) {
            continue;
        }
        if (keep && v->type->size > 0) {
            mr_pc_emit(g, OP_COPY, (int32_t)at, (int32_t)v->offset, (int32_t)v->type->size);
        } else if (!keep && i > 0) {
            uint32_t was = v->offset;
            v->offset = v->kept_at ? v->kept_at : at;
            v->kept_at = v->kept_at ? 0 : was;
        }
        at += (v->type->size + 7) & ~7u;
    }
}

void mr_pc_restore(struct pc_gen *g, struct pc_pou *callee)
{
    each_result(g, callee, true);
    save(g, OP_RESTORE, false);
    save(g, OP_RESTORE, true);
}

void mr_pc_swap_outputs(struct pc_gen *g, struct pc_pou *callee)
{
    each_result(g, callee, false);
}
