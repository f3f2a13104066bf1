/* compile.h - one compilation: what its parts share.
 *
 *   lex -> parse (tree) -> declare (types, layout of memory) -> check (types of expressions) -> gen (instructions) -> link
 *
 * Everything but the finished program lies in `pool`. A mistake is told once: what is wrong gets the type TY_ERROR, which agrees
 * with everything. */
#ifndef MR_PLC_COMPILE_H
#define MR_PLC_COMPILE_H

#include "plc/ast.h"
#include "plc/limits.h"

struct pc {
    struct pc_pool *pool;
    struct pc_atoms atoms;
    struct pc_report report;
    struct pc_typedecl *typedecls;
    struct pc_pou *pous, **pous_tail;
    PC_VECTOR(struct pc_pou *) pou_list;  /* without library blocks that nothing uses */
    PC_VECTOR(struct pc_tdesc *) unnamed; /* arrays and structures declared where they are used: some are only referred to */
    PC_VECTOR(struct pc_var *) globals;
    PC_VECTOR(struct pc_var *) located;
    struct pc_taskdecl *tasks, **tasks_tail;
    struct pc_progdecl *programs, **programs_tail;
    struct pc_setting *settings;
    struct pc_pou *scope; /* whose declarations are resolved: its constants count in bounds and lengths */
    bool configured;
    bool check_only;                   /* no program is needed */
    struct pc_map types, units, names; /* names: globals and enumeration values */
    struct pc_type *elementary[TY_ELEMENTARY + 8];
    struct pc_type *any; /* what inputs of generic types are inside; NULL until one is declared */
    uint32_t area_size[MR_AREAS], area_at[MR_AREAS];
    uint32_t memory; /* bytes of the data memory so far */
    uint8_t *init;   /* its initial content, for what lies below `memory` */
    uint32_t init_cap;
    mr_ns default_interval;
    uint32_t depth;    /* of declarations that need each other */
    uint32_t nstarted; /* statements that initial values became */
    bool placed;       /* memory is laid out: what the library adds from now on is laid out at once */
    struct mr_plc_program *out;
    size_t errors_before; /* what the list held when this compilation began */
};

#define PC_ERROR(c, pos, ...) mr_pc_error(&(c)->report, pos, __VA_ARGS__)

void *mr_pc_map_get(const struct pc_map *m, const struct pc_atom *key);
/* The value that was there before, which stays; or NULL, and `value` is there now. */
void *mr_pc_map_put(struct pc_pool *pool, struct pc_map *m, const struct pc_atom *key, void *value);
struct pc_atom *mr_pc_name(struct pc *c, const char *text);
struct pc_atom *mr_pc_accessor(struct pc *c, const struct pc_atom *property, bool get); /* the name of its method */

/* parse.c */
void mr_pc_parse(struct pc *c, uint32_t file);

/* library.c: the source of a standard function block, or NULL. */
const char *mr_pc_library(const struct pc_atom *name);
/* What CODESYS' and Beckhoff's programs call some inputs of the standard's blocks. */
void mr_pc_other_names(struct pc *c, struct pc_pou *block);
/* declare.c: a unit by name, taking it from the library where the project has none. */
struct pc_pou *mr_pc_unit(struct pc *c, const struct pc_atom *name);
void mr_pc_parse_library(struct pc *c, const char *text); /* a source of the library's, which stays */
void mr_pc_declare(struct pc *c);
/* programs.c */
void mr_pc_declare_programs(struct pc *c);
void mr_pc_declare_tasks(struct pc *c);
/* resolve.c */
struct pc_typedecl *mr_pc_find_decl(struct pc *c, const struct pc_atom *name);
struct pc_type *mr_pc_resolve_decl(struct pc *c, struct pc_typedecl *td);
bool mr_pc_too_deep(struct pc *c, struct pc_pos pos); /* declarations that need each other; told once */
struct pc_type *mr_pc_resolve(struct pc *c, struct pc_tdesc *d);
struct pc_type *mr_pc_type_by_name(struct pc *c, const struct pc_atom *name);
void mr_pc_layout_type(struct pc *c, struct pc_type *t, struct pc_pos pos);
void mr_pc_layout_pou(struct pc *c, struct pc_pou *pou);
void mr_pc_declare_pou(struct pc *c, struct pc_pou *pou);
uint32_t mr_pc_reserve(struct pc *c, uint32_t size, uint32_t align); /* of the data memory */
/* The value of a constant expression, coerced to `type`; NULL where it is none (told). */
struct pc_expr *mr_pc_constant(struct pc *c, struct pc_pou *pou, struct pc_expr *e, struct pc_type *type);
/* Writes the initial value of a variable of `type` to `to`, `e` (may be NULL) over the type's own. */
void mr_pc_initial(struct pc *c, struct pc_pou *pou, struct pc_type *type, struct pc_expr *e, uint8_t *to);

/* type.c */
void mr_pc_types_init(struct pc *c);
struct pc_type *mr_pc_string_type(struct pc *c, uint32_t length);
struct pc_type *mr_pc_array_type(struct pc *c, struct pc_type *of, int64_t lo, int64_t hi);
struct pc_type *mr_pc_ref_type(struct pc *c, struct pc_type *to);
struct pc_type *mr_pc_plain(struct pc_type *t); /* a subrange's or enumeration's machine type */
bool mr_pc_is_int(const struct pc_type *t);     /* ANY_INT */
bool mr_pc_is_signed(const struct pc_type *t);
bool mr_pc_is_bits(const struct pc_type *t); /* ANY_BIT, BOOL too */
bool mr_pc_is_real(const struct pc_type *t);
bool mr_pc_is_num(const struct pc_type *t);  /* ANY_NUM */
bool mr_pc_is_time(const struct pc_type *t); /* durations */
bool mr_pc_is_date(const struct pc_type *t);
bool mr_pc_is_string(const struct pc_type *t);
bool mr_pc_is_elementary(const struct pc_type *t);
bool mr_pc_is_aggregate(const struct pc_type *t);
bool mr_pc_same_type(const struct pc_type *a, const struct pc_type *b);
bool mr_pc_int_range(const struct pc_type *t, int64_t *lo, uint64_t *hi);
enum mr_vtype mr_pc_vtype(const struct pc_type *t);
struct pc_var *mr_pc_field(const struct pc_type *t, const struct pc_atom *name);
/* S8..F64 as an index into opcode groups. */
enum pc_machine { PM_S8, PM_S16, PM_S32, PM_S64, PM_U8, PM_U16, PM_U32, PM_U64, PM_F32, PM_F64 };
enum pc_machine mr_pc_machine(const struct pc_type *t);

/* startup.c: initial values that are no constants go before the body. */
void mr_pc_startup(struct pc *c, struct pc_pou *pou);
void mr_pc_late_globals(struct pc *c);    /* sets aside the initial values of globals that are no constants, */
void mr_pc_startup_globals(struct pc *c); /* which become assignments ahead of what the tasks do; so does FB_init */

/* object.c: methods that are chosen by what an instance is; interfaces; properties. */
void mr_pc_classes(struct pc *c);
bool mr_pc_implements(struct pc *c, const struct pc_pou *pou, const struct pc_type *interface);
struct pc_pou *mr_pc_method(struct pc *c, struct pc_pou *pou, const struct pc_atom *name);

/* check.c: completes an expression; NULL or TY_ERROR was told. */
struct pc_check {
    struct pc *c;
    struct pc_pou *pou; /* NULL: constants only */
    uint32_t depth, loops;
    uint32_t copies; /* of what is being checked that will be generated; 0: one */
    bool told_copies;
    bool constant; /* only constants are known yet */
};
#define PC_OF_LITERALS 1 /* variant of a call or operation on literals, and of TRUNC: its value goes into any type of its kind */
#define PC_ADDRESS     2 /* variant of ADR(x) and of sums with it: goes into any POINTER TO */
bool mr_pc_of_literals(const struct pc_expr *e);
/* What is checked next is generated `times` over, until k->copies is as it was. False, and told, where a nest of such has no
 * end. */
bool mr_pc_copied(struct pc_check *k, uint32_t times, struct pc_pos pos);
struct pc_type *mr_pc_check(struct pc_check *k, struct pc_expr *e);
/* operators.c */
struct pc_type *mr_pc_check_binary(struct pc_check *k, struct pc_expr *e);
struct pc_type *mr_pc_check_unary(struct pc_check *k, struct pc_expr *e);
void mr_pc_into(struct pc_check *k, struct pc_expr **e, struct pc_type *type); /* a conversion that is known to exist */
/* Makes *e a value of `type`, or tells that it cannot be. */
bool mr_pc_coerce(struct pc_check *k, struct pc_expr **e, struct pc_type *type, const char *what);
void mr_pc_check_body(struct pc *c, struct pc_pou *pou);
bool mr_pc_check_call(struct pc_check *k, struct pc_expr *e, bool statement);
void mr_pc_check_eno(struct pc_check *k, struct pc_arg *eno, struct pc_expr *en); /* ENO => variable: it gets en's value */
/* generic.c: inputs of ANY and its kin */
struct pc_type *mr_pc_own_type(struct pc *c, struct pc_atom *name); /* CODESYS' types that no program declares; or NULL */
struct pc_type *mr_pc_generic_type(struct pc *c, const struct pc_atom *name); /* of ANY, ANY_NUM, ...; or NULL */
void mr_pc_check_generics(struct pc *c, struct pc_pou *pou);                  /* that only inputs have such types */
bool mr_pc_generic_value(struct pc_check *k, const struct pc_expr *e);        /* e is such an input, used as a value: told once */
/* Fills the parameter `v` with what describes the argument; false where it is of no generic type. */
bool mr_pc_give_generic(struct pc_check *k, struct pc_expr *call, struct pc_arg *a, struct pc_var *v, struct pc_expr *param);
/* bounds.c: ARRAY[*] */
void mr_pc_open_arrays(struct pc *c, struct pc_pou *pou);
struct pc_expr *mr_pc_open_bound(struct pc_check *k, const struct pc_expr *array, uint32_t dimension, bool upper);
struct pc_expr *mr_pc_given_bounds(struct pc_check *k, const struct pc_var *b, const struct pc_expr *given);
/* The index into all elements that these indices mean, and those behind them; NULL where they are wrong (told). */
struct pc_arg *mr_pc_open_index(struct pc_check *k, struct pc_expr *array, struct pc_arg *indices);
/* Space.Color.Red is Color.Red, and Space.List.variable is List.variable. */
void mr_pc_leave_out_space(struct pc_check *k, struct pc_expr *e);
struct pc_expr *mr_pc_placed_constant(struct pc_check *k, struct pc_expr *e,
                                      struct pc_type *type);              /* with an address; of what is no constant that alone */
struct pc_expr *mr_pc_clone(struct pc_check *k, const struct pc_expr *e); /* before it is checked */
void mr_pc_variants(struct pc_check *k, struct pc_expr *call);
bool mr_pc_property_read(struct pc_check *k, struct pc_expr *e, struct pc_pou *of);
bool mr_pc_property_write(struct pc_check *k, struct pc_stmt *s);
bool mr_pc_lvalue(struct pc_check *k, struct pc_expr *e, bool told);
struct pc_var *mr_pc_lookup(struct pc *c, struct pc_pou *pou, const struct pc_atom *name);
/* fold.c: e becomes a constant where its operands are. */
void mr_pc_fold(struct pc_check *k, struct pc_expr *e);
bool mr_pc_fold_convert(struct pc_expr *e, struct pc_type *to); /* of a constant; false where that is for run time */
void mr_pc_put_value(const struct pc_expr *e, const struct pc_type *type, uint8_t *to);
bool mr_pc_fits(const struct pc_expr *e, const struct pc_type *type);

/* stdfun.c */
const struct pc_std *mr_pc_std_find(const struct pc_atom *name);
struct pc_type *mr_pc_std_check(struct pc_check *k, struct pc_expr *e);
struct pc_expr *mr_pc_converted(struct pc_check *k, struct pc_expr *e, struct pc_type *type); /* whatever it was */
struct pc_type *mr_pc_common(struct pc_check *k, struct pc_expr *a, struct pc_expr *b);       /* the type both go into, or NULL */
struct pc_expr *mr_pc_make(struct pc_check *k, enum pc_ek kind, struct pc_pos pos, struct pc_type *type);
/* gen.c */
void mr_pc_generate(struct pc *c);
/* settings.c: VAR_CONFIG */
void mr_pc_settings_places(struct pc *c); /* before places are given */
void mr_pc_settings_values(struct pc *c); /* after initial values were written */
/* What is copied from (`in`) or to the image before or behind a call of that program. */
void mr_pc_settings_copies(struct pc *c, const struct pc_progdecl *program, bool in, struct pc_stmt ***tail);
/* tasks.c */
struct pc_layout;
void mr_pc_tasks(struct pc *c, struct pc_layout *out);

#endif
