/* grid.h - for tests of grids: what one is read into, solved and swings in, and what is said of a file that is refused. */
#ifndef MR_TEST_GRID_H
#define MR_TEST_GRID_H

#include "process/grid/swing.h"
#include "support/test.h"

struct fixture {
    struct mr_arena *arena;
    struct mr_diags *diags;
    struct mr_grid grid;
    struct mr_flow flow;
    struct mr_swing swing;
};

static inline int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = mr_arena_create(4 << 20), .diags = mr_diags_create()};
    *state = &f;
    return f.arena && f.diags ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    mr_arena_destroy(f->arena);
    mr_diags_destroy(f->diags);
    return 0;
}

static inline enum mr_err parse(struct fixture *f, const char *text)
{
    return mr_grid_parse(&f->grid, mr_slice_str(text), "case.m", f->arena, f->diags);
}

/* The first thing said since the last call. */
static inline void assert_said(struct fixture *f, const char *what, uint32_t line, uint32_t col)
{
    assert_true(f->diags->n > 0);
    assert_non_null(strstr(f->diags->items[0].text, what));
    assert_int_equal(f->diags->items[0].line, line);
    assert_int_equal(f->diags->items[0].col, col);
    mr_diags_destroy(f->diags);
    f->diags = mr_diags_create();
    assert_non_null(f->diags);
}

#endif
