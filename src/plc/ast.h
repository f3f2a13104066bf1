/* ast.h - a program as the parser read it, and as the checker completed it.
 *
 * Every language of IEC 61131-3 becomes this tree: instruction lists, ladder and function block diagrams and sequential
 * function charts are translated into statements; so there is one checker and one code generator. */
#ifndef MR_PLC_AST_H
#define MR_PLC_AST_H

#include "plc/code.h"
#include "plc/lex.h"
#include "plc/program.h"

struct pc_type;
struct pc_var;
struct pc_pou;
struct pc_expr;

enum pc_ek {
    EX_CONST,   /* v, by type */
    EX_NAME,    /* name, not yet looked up */
    EX_TYPED,   /* TYPE#value: name, a */
    EX_ADDRESS, /* place */
    EX_VAR,     /* var */
    EX_FIELD,   /* a.name; checked: var of the structure or block */
    EX_INDEX,   /* a[list] */
    EX_DEREF,   /* a^ */
    EX_BITOF,   /* a.n: v.i is the bit; a.%W1: v.i the part, variant its bytes */
    EX_CALL,    /* a(args); checked: pou, or std */
    EX_NEG,
    EX_NOT,
    EX_BINARY,  /* a op b */
    EX_CONVERT, /* a to type */
    EX_REF,     /* REF(a), ADR(a) */
    EX_LIST,    /* [a, 3(b)] or (x := a): args */
    EX_THIS,    /* the instance that is executed */
    EX_SUPER
};

struct pc_arg {
    struct pc_arg *next;
    struct pc_atom *name; /* NULL where not named */
    struct pc_pos pos;
    bool output;                    /* => */
    bool negated;                   /* NOT x => y */
    struct pc_expr *e;              /* NULL: "x :=" with nothing */
    int64_t repeat;                 /* in EX_LIST: n(e) */
    struct pc_atom *task;           /* of a program's instance: e, a function block in it, runs in that task */
    struct pc_expr *target, *value; /* of a checked call: value goes to target, before it or (output) after it */
    bool inout;                     /* the address of value goes to target */
};

struct pc_expr {
    enum pc_ek kind;
    enum pc_tok op;
    struct pc_pos pos;
    struct pc_type *type;
    struct pc_atom *name;
    const char *spelled;
    struct pc_expr *a, *b;
    struct pc_arg *args;
    struct pc_var *var;
    struct pc_pou *pou;
    struct pc_expr *variants,
        *next_variant; /* of a call whose method depends on the instance: one call for each method it may be */
    const struct pc_std *std;
    struct mr_place place;
    uint32_t variant; /* of a standard function */
    union {
        int64_t i;
        double r;
        struct {
            const char *p;
            uint32_t n;
        } s;
    } v;
};

enum pc_sk {
    ST_ASSIGN, /* a := b */
    ST_REFASSIGN,
    ST_CALL,
    ST_IF,   /* branches: cond, body; cond NULL is ELSE */
    ST_CASE, /* a; branches with labels */
    ST_FOR,  /* a := b TO c BY d */
    ST_WHILE,
    ST_REPEAT,
    ST_EXIT,
    ST_CONTINUE,
    ST_RETURN,
    ST_LABEL, /* for translated languages: name */
    ST_JUMP   /* name, if a (or always) */
};

struct pc_label { /* of CASE */
    struct pc_label *next;
    struct pc_expr *from, *to; /* to NULL: one value */
};

struct pc_branch {
    struct pc_branch *next;
    struct pc_expr *cond;
    struct pc_label *labels;
    struct pc_stmt *body;
};

struct pc_stmt {
    enum pc_sk kind;
    struct pc_pos pos;
    struct pc_stmt *next;
    struct pc_expr *a, *b, *c, *d;
    struct pc_branch *branches;
    struct pc_stmt *body;
    struct pc_atom *name;
};

enum pc_tk {
    TY_ERROR, /* of what was wrong: silences what follows from it */
    TY_BOOL,
    TY_BYTE,
    TY_WORD,
    TY_DWORD,
    TY_LWORD,
    TY_SINT,
    TY_INT,
    TY_DINT,
    TY_LINT,
    TY_USINT,
    TY_UINT,
    TY_UDINT,
    TY_ULINT,
    TY_REAL,
    TY_LREAL,
    TY_TIME,
    TY_LTIME,
    TY_DATE,
    TY_TOD,
    TY_DT,
    TY_STRING,
    TY_WSTRING,
    TY_LITINT, /* of 5: any number type that holds it */
    TY_LITREAL,
    TY_NULL,
    TY_VOID,
    TY_ENUM,
    TY_ARRAY,
    TY_STRUCT,
    TY_FB,
    TY_REF,
    TY_IFACE
};
#define TY_ELEMENTARY TY_LITINT /* kinds below have one type each, but for strings' lengths */

struct pc_type {
    enum pc_tk kind;
    const char *name; /* as declared; of a built one as it would be written */
    uint32_t size, align;
    struct pc_type *base;              /* element; target of a reference; what a subrange or named type stands for */
    bool subrange;                     /* lo..hi of `base` */
    bool variable_length;              /* ARRAY[*]; REFERENCE TO */
    bool overlaid;                     /* UNION: all fields begin together */
    int64_t lo, hi;                    /* subrange; bounds of an array's dimension */
    uint32_t length;                   /* STRING */
    struct pc_pou *pou;                /* FB, interface */
    PC_VECTOR(struct pc_var *) fields; /* STRUCT; values of an ENUM */
    struct pc_expr *init_e;            /* TYPE X : INT := 5 */
    uint8_t *init;                     /* `size` bytes, once laid out; NULL for all zeros */
    struct pc_typedecl *decl;
    uint8_t state; /* 0 not laid out, 1 being laid out, 2 done */
};

/* A type as it is written. */
enum pc_tdk { TD_NAME, TD_STRING, TD_ARRAY, TD_STRUCT, TD_ENUM, TD_SUBRANGE, TD_REF };
struct pc_dim {
    struct pc_expr *lo, *hi; /* both NULL: * */
};
struct pc_tdesc {
    enum pc_tdk kind;
    struct pc_pos pos;
    struct pc_atom *name;
    const char *spelled;
    struct pc_expr *length;  /* STRING; lower bound of a subrange */
    struct pc_expr *length2; /* upper bound */
    struct pc_dim dims[8];
    uint32_t ndims;
    struct pc_tdesc *of;
    PC_VECTOR(struct pc_var *) fields;
    bool wide;                             /* WSTRING; REFERENCE TO; UNION */
    struct pc_atom *extends_name;          /* of a structure */
    struct pc_expr *init;                  /* a default that belongs to the type */
    PC_VECTOR(struct pc_tdesc *) elements; /* ARRAY[1..2] OF Block[(1), (2)]: what each FB_init gets, as a TD_ENUM */
    struct pc_type *type;                  /* once resolved */
};

struct pc_typedecl {
    struct pc_typedecl *next;
    struct pc_atom *name;
    const char *spelled;
    struct pc_pos pos;
    struct pc_tdesc *desc;
    struct pc_type *type;
    uint8_t state;
};

enum pc_vclass { VC_VAR, VC_INPUT, VC_OUTPUT, VC_INOUT, VC_TEMP, VC_GLOBAL, VC_EXTERNAL, VC_FIELD, VC_RESULT, VC_ENUM };

struct pc_var {
    struct pc_atom *name;
    const char *spelled;
    struct pc_pos pos;
    enum pc_vclass cls;
    bool constant, retain, no_retain;
    bool fixed;    /* VAR_STAT: one for all instances and calls */
    bool of_owner; /* VAR_INST of a method: one in each instance */
    uint8_t edge;  /* 1 R_EDGE, 2 F_EDGE */
    struct pc_tdesc *desc;
    struct pc_type *type;
    struct pc_expr *init;
    struct pc_expr *late; /* of a global: an initial value that is worked out at run time */
    bool located;
    bool open; /* AT %Q* and the like: in each instance, placed by VAR_CONFIG */
    struct mr_place place;
    struct pc_var *target;          /* VAR_EXTERNAL: the global */
    struct pc_var *shadow;          /* edge inputs: the hidden previous value */
    struct pc_var *bounds;          /* ARRAY[*]: of its first dimension; of such a hidden variable the next dimension's */
    const struct pc_var *bounds_of; /* of a hidden variable: the array */
    struct pc_var *omitted;         /* a function's inputs: a constant with the initial value, for calls that leave it out */
    bool laid_out;
    bool resolving; /* its type is asked for */
    bool used;
    bool tasked;           /* a function block that a task runs: the program that holds it only gives it its inputs */
    bool inferred;         /* takes the type of what is first assigned to it */
    bool of_literal;       /* and that was a literal: its value goes into any type of its kind */
    bool relative;         /* to the instance */
    uint32_t kept_at;      /* the other place of an output that mr_pc_swap_outputs() reads */
    uint32_t offset;       /* absolute, or in the structure or instance */
    int64_t value;         /* VC_ENUM; `known` */
    struct pc_expr *known; /* a constant's folded value */
    uint8_t state;
};

struct pc_map {
    struct pc_map_entry {
        const struct pc_atom *key;
        void *value;
    } * slots;
    uint32_t n, cap;
};

struct pc_pou {
    struct pc_pou *next;
    enum pc_pou_kind kind;
    struct pc_atom *name;
    const char *spelled;
    struct pc_pos pos;
    struct pc_tdesc *result_desc;
    struct pc_var *result;
    struct pc_atom *value_name; /* of a property's accessor: what its value is called inside */
    PC_VECTOR(struct pc_var *) vars;
    PC_VECTOR(struct pc_pou *) methods;
    struct pc_map names;
    struct pc_atom *extends_name;
    struct pc_pos extends_pos;
    struct pc_pou *base;
    struct pc_pou *owner;                   /* of a method */
    PC_VECTOR(struct pc_atom *) interfaces; /* a function block implements, an interface extends */
    uint32_t class_id; /* what its instances say they are, in `class_var` of the first base, where methods are chosen by it */
    struct pc_var *class_var;
    struct pc_var *started; /* its first call was: where initial values are worked out in that */
    bool action;            /* a method without variables of its own, which takes its block's arguments */
    bool interface;
    bool library;
    struct pc_stmt *body;
    struct mr_slice source;        /* its text, from its first word to its last */
    struct pc_type *type;          /* FB, PROGRAM: the instance */
    uint32_t block;                /* number in the finished program */
    uint32_t frame_at, frame_size; /* absolute: a function's or method's variables, temporaries */
    uint8_t *frame_init;
    struct pc_taskdecl *task; /* of a PC_TASK: a body that calls its programs */
    uint8_t state;            /* of layout */
    uint8_t visit;            /* of the search for recursion */
    uint32_t params_size;     /* bytes of parameters, which lie before frame_at */
    uint32_t first_call;      /* among all calls, while recursion is looked for */
    uint32_t group;           /* of units that calls through interfaces may come back to; 0: none */
    uint32_t results_at;      /* in a group: where results stay while the caller's variables come back */
    bool generated;
};

struct pc_taskdecl {
    struct pc_taskdecl *next;
    struct pc_atom *name, *resource;
    const char *spelled;
    struct pc_pos pos;
    struct pc_expr *interval, *priority, *single, *watchdog;
};
struct pc_progdecl { /* PROGRAM name WITH task : type (args) */
    struct pc_progdecl *next;
    struct pc_atom *name, *resource, *task, *type;
    const char *spelled;
    struct pc_pos pos, task_pos, type_pos;
    struct pc_arg *args;
    struct pc_pou *pou;
    struct pc_var *instance;
    bool called; /* by its name, from other programs: no task runs it */
};
struct pc_setting { /* of VAR_CONFIG: resource.program.variable AT place : type := value */
    struct pc_setting *next;
    struct pc_pos pos;
    PC_VECTOR(struct pc_atom *) path;
    bool located;
    struct mr_place place;
    struct pc_expr *init;
    struct pc_progdecl *program; /* of a place: whose instance, */
    const struct pc_var *member; /* the variable in it, */
    struct pc_var *image;        /* and what lies at the place */
};

#endif
