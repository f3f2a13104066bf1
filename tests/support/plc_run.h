/* plc_run.h - for tests of the PLC: compiles a source, runs it, looks at its variables. */
#ifndef MR_TEST_PLC_RUN_H
#define MR_TEST_PLC_RUN_H

#include "support/test.h"

#include "plc/plc.h"

static struct mr_plc_program *program;
static struct mr_arena *arena;
static struct mr_plc *plc;
static mr_ns now;

static inline struct mr_plc_program *compile(const char *text, struct mr_diags *diags)
{
    struct mr_plc_source source = {"test.st", text, strlen(text)};
    return mr_plc_compile(&source, 1, diags);
}

/* How many warnings a source that compiles gives; -1 where it does not. `check_only`: it needs no program. */
static inline int warnings(const char *text, bool check_only)
{
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_source source = {"test.st", text, strlen(text)};
    struct mr_plc_options options = {.check_only = check_only};
    struct mr_plc_program *p = mr_plc_compile_with(&source, 1, &options, d);
    int n = p ? (int)d->n : -1;
    mr_plc_program_destroy(p);
    mr_diags_destroy(d);
    return n;
}

/* Further scans, 100 ms apart. */
static inline void scan(int n)
{
    for (int i = 0; i < n; i++, now += 100 * MR_MS) {
        mr_plc_scan(plc, now);
    }
}

static inline void start(const char *text)
{
    struct mr_diags *diags = mr_diags_create();
    program = compile(text, diags);
    mr_diags_print(diags, stderr);
    mr_diags_destroy(diags);
    assert_non_null(program);
    arena = mr_arena_create(64u << 20);
    plc = mr_plc_create(arena, program, "plc");
    assert_non_null(plc);
    now = 0;
    mr_plc_start(plc, MR_PLC_COLD, 0);
}

static inline void run(const char *text, int scans)
{
    start(text);
    scan(scans);
    const char *where;
    if (mr_plc_fault(plc, &where) != MR_PLC_OK) {
        fail_msg("%s in %s", mr_plc_fault_name(mr_plc_fault(plc, NULL)), where);
    }
}

static inline const struct mr_plc_symbol *symbol(const char *name)
{
    const struct mr_plc_symbol *s = mr_plc_symbol_find(program, name);
    if (!s) {
        fail_msg("no symbol %s", name);
    }
    return s;
}

static inline double value(const char *name)
{
    return mr_plc_get(plc, symbol(name));
}

static inline void set(const char *name, double v)
{
    assert_true(mr_plc_set(plc, symbol(name), v));
}

static inline void is_(const char *name, double expected, const char *file, int line)
{
    double v = value(name);
    if (!(v == expected)) {
        print_error("%s = %.17g, expected %.17g\n", name, v, expected);
        _fail(file, line);
    }
}
#define is(name, expected) is_(name, expected, __FILE__, __LINE__)

static inline void text_is_(const char *name, const char *expected, const char *file, int line)
{
    char buf[5000];
    assert_true(mr_plc_get_text(plc, symbol(name), buf, sizeof buf));
    _assert_string_equal(buf, expected, file, line);
}
#define text_is(name, expected) text_is_(name, expected, __FILE__, __LINE__)

static inline void done(void)
{
    mr_arena_destroy(arena);
    mr_plc_program_destroy(program);
    arena = NULL;
    program = NULL;
}

#endif
