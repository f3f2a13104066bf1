/* type.c - the types, and what may be asked of them (IEC 61131-3, tables 10 and 11). */
#include "plc/compile.h"

#include <string.h>

static const struct {
    const char *name;
    uint8_t size;
} elementary[] = {
    [TY_ERROR] = {"(unknown)", 4},
    [TY_BOOL] = {"BOOL", 1},
    [TY_BYTE] = {"BYTE", 1},
    [TY_WORD] = {"WORD", 2},
    [TY_DWORD] = {"DWORD", 4},
    [TY_LWORD] = {"LWORD", 8},
    [TY_SINT] = {"SINT", 1},
    [TY_INT] = {"INT", 2},
    [TY_DINT] = {"DINT", 4},
    [TY_LINT] = {"LINT", 8},
    [TY_USINT] = {"USINT", 1},
    [TY_UINT] = {"UINT", 2},
    [TY_UDINT] = {"UDINT", 4},
    [TY_ULINT] = {"ULINT", 8},
    [TY_REAL] = {"REAL", 4},
    [TY_LREAL] = {"LREAL", 8},
    [TY_TIME] = {"TIME", 8},
    [TY_LTIME] = {"LTIME", 8},
    [TY_DATE] = {"DATE", 8},
    [TY_TOD] = {"TOD", 8},
    [TY_DT] = {"DT", 8},
    [TY_STRING] = {"STRING", 0},
    [TY_WSTRING] = {"WSTRING", 0},
    [TY_LITINT] = {"an integer", 8},
    [TY_LITREAL] = {"a real number", 8},
    [TY_NULL] = {"NULL", 4},
    [TY_VOID] = {"nothing", 0},
};

static uint32_t align_up(uint32_t n, uint32_t align)
{
    return (n + align - 1) & ~(align - 1);
}

static void string_init(struct pc *c, struct pc_type *t)
{
    t->size = align_up(PC_STR_HEAD + t->length + 1, 2);
    t->align = 2;
    t->init = mr_pc_alloc(c->pool, t->size);
    t->init[0] = (uint8_t)t->length;
    t->init[1] = (uint8_t)(t->length >> 8);
    t->state = 2;
}

void mr_pc_types_init(struct pc *c)
{
    static const char *const aliases[][2] = {
        {"TIME_OF_DAY", "TOD"}, {"DATE_AND_TIME", "DT"},  {"LDATE", "DATE"}, {"LTOD", "TOD"}, {"LTIME_OF_DAY", "TOD"},
        {"LDT", "DT"},          {"LDATE_AND_TIME", "DT"}, {"CHAR", "BYTE"},  {"BIT", "BOOL"}, {"__XINT", "DINT"},
        {"__UXINT", "UDINT"},   {"__XWORD", "DWORD"}}; /* as wide as a pointer */
    for (size_t k = 0; k < sizeof elementary / sizeof elementary[0]; k++) {
        struct pc_type *t = mr_pc_alloc(c->pool, sizeof *t);
        t->kind = (enum pc_tk)k;
        t->name = elementary[k].name;
        t->size = elementary[k].size;
        t->align = t->size ? t->size : 1;
        t->state = 2;
        c->elementary[k] = t;
        if (k == TY_STRING || k == TY_WSTRING) {
            t->length = MR_PLC_STRING_LEN;
            string_init(c, t);
        }
        if (k > TY_ERROR && k < TY_ELEMENTARY) {
            (void)mr_pc_map_put(c->pool, &c->types, mr_pc_name(c, t->name), t);
        }
    }
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        void *t = mr_pc_map_get(&c->types, mr_pc_name(c, aliases[i][1]));
        (void)mr_pc_map_put(c->pool, &c->types, mr_pc_name(c, aliases[i][0]), t);
    }
    (void)mr_pc_map_put(c->pool, &c->types, mr_pc_name(c, "PVOID"), mr_pc_ref_type(c, c->elementary[TY_BYTE]));
    (void)mr_pc_map_put(c->pool, &c->types, mr_pc_name(c, "T_MAXSTRING"), mr_pc_string_type(c, 255)); /* TwinCAT's */
}

struct pc_type *mr_pc_string_type(struct pc *c, uint32_t length)
{
    if (length == MR_PLC_STRING_LEN) {
        return c->elementary[TY_STRING];
    }
    struct pc_type *t = mr_pc_alloc(c->pool, sizeof *t);
    t->kind = TY_STRING;
    t->length = length;
    t->name = mr_pc_fmt(c->pool, "STRING[%u]", length);
    string_init(c, t);
    return t;
}

struct pc_type *mr_pc_array_type(struct pc *c, struct pc_type *of, int64_t lo, int64_t hi)
{
    struct pc_type *t = mr_pc_alloc(c->pool, sizeof *t);
    t->kind = TY_ARRAY;
    t->base = of;
    t->lo = lo;
    t->hi = hi;
    /* an array of an array is written as one of more dimensions */
    t->name = mr_pc_fmt(c->pool, "ARRAY[%lld..%lld] OF %s", (long long)lo, (long long)hi, of->name);
    return t;
}

struct pc_type *mr_pc_ref_type(struct pc *c, struct pc_type *to)
{
    struct pc_type *t = mr_pc_alloc(c->pool, sizeof *t);
    t->kind = TY_REF;
    t->base = to;
    t->size = t->align = 4;
    t->state = 2;
    t->name = mr_pc_fmt(c->pool, "REF_TO %s", to->name);
    return t;
}

struct pc_type *mr_pc_plain(struct pc_type *t)
{
    while (t->base && (t->subrange || t->kind == TY_ENUM)) {
        t = t->base;
    }
    return t;
}

bool mr_pc_is_int(const struct pc_type *t)
{
    return (t->kind >= TY_SINT && t->kind <= TY_ULINT) || t->kind == TY_LITINT;
}

bool mr_pc_is_signed(const struct pc_type *t)
{
    return t->kind >= TY_SINT && t->kind <= TY_LINT;
}

bool mr_pc_is_bits(const struct pc_type *t)
{
    return t->kind >= TY_BOOL && t->kind <= TY_LWORD;
}

bool mr_pc_is_real(const struct pc_type *t)
{
    return t->kind == TY_REAL || t->kind == TY_LREAL || t->kind == TY_LITREAL;
}

bool mr_pc_is_num(const struct pc_type *t)
{
    return mr_pc_is_int(t) || mr_pc_is_real(t);
}

bool mr_pc_is_time(const struct pc_type *t)
{
    return t->kind == TY_TIME || t->kind == TY_LTIME;
}

bool mr_pc_is_date(const struct pc_type *t)
{
    return t->kind == TY_DATE || t->kind == TY_TOD || t->kind == TY_DT;
}

bool mr_pc_is_string(const struct pc_type *t)
{
    return t->kind == TY_STRING || t->kind == TY_WSTRING;
}

bool mr_pc_is_elementary(const struct pc_type *t)
{
    return t->kind > TY_ERROR && t->kind < TY_ELEMENTARY && !mr_pc_is_string(t);
}

bool mr_pc_is_aggregate(const struct pc_type *t)
{
    return t->kind == TY_ARRAY || t->kind == TY_STRUCT || t->kind == TY_FB;
}

bool mr_pc_same_type(const struct pc_type *a, const struct pc_type *b)
{
    if (a == b) {
        return true;
    }
    if (a->kind != b->kind) {
        return (a->kind == TY_TIME && b->kind == TY_LTIME) || (a->kind == TY_LTIME && b->kind == TY_TIME);
    }
    switch ((unsigned)a->kind) {
    case TY_ARRAY:
        return (a->variable_length || b->variable_length || a->hi - a->lo == b->hi - b->lo) && mr_pc_same_type(a->base, b->base);
    case TY_REF:
        return mr_pc_same_type(a->base, b->base);
    case TY_STRUCT:
    case TY_FB:
    case TY_IFACE:
    case TY_ENUM:
        return false;
    default:
        return true;
    }
}

bool mr_pc_int_range(const struct pc_type *t, int64_t *lo, uint64_t *hi)
{
    if (t->subrange) {
        *lo = t->lo;
        *hi = t->hi < 0 ? 0 : (uint64_t)t->hi;
        return t->hi >= 0;
    }
    if (!(mr_pc_is_int(t) || mr_pc_is_bits(t)) || t->kind == TY_LITINT) {
        return false;
    }
    unsigned bits = t->kind == TY_BOOL ? 1 : 8 * t->size;
    bool sign = mr_pc_is_signed(t);
    *lo = sign ? (int64_t)(UINT64_MAX << (bits - 1)) : 0;
    *hi = UINT64_MAX >> (64 - bits + (sign ? 1 : 0));
    return true;
}

enum mr_vtype mr_pc_vtype(const struct pc_type *t)
{
    static const enum mr_vtype map[] = {
        [TY_BOOL] = MR_VT_BOOL,     [TY_BYTE] = MR_VT_BYTE,     [TY_WORD] = MR_VT_WORD,   [TY_DWORD] = MR_VT_DWORD,
        [TY_LWORD] = MR_VT_LWORD,   [TY_SINT] = MR_VT_SINT,     [TY_INT] = MR_VT_INT,     [TY_DINT] = MR_VT_DINT,
        [TY_LINT] = MR_VT_LINT,     [TY_USINT] = MR_VT_USINT,   [TY_UINT] = MR_VT_UINT,   [TY_UDINT] = MR_VT_UDINT,
        [TY_ULINT] = MR_VT_ULINT,   [TY_REAL] = MR_VT_REAL,     [TY_LREAL] = MR_VT_LREAL, [TY_TIME] = MR_VT_TIME,
        [TY_LTIME] = MR_VT_TIME,    [TY_DATE] = MR_VT_TIME,     [TY_TOD] = MR_VT_TIME,    [TY_DT] = MR_VT_TIME,
        [TY_STRING] = MR_VT_STRING, [TY_WSTRING] = MR_VT_STRING};
    if (t->kind == TY_ENUM) {
        return mr_pc_vtype(t->base);
    }
    return t->kind > TY_ERROR && t->kind <= TY_WSTRING ? map[t->kind] : MR_VT_OTHER;
}

struct pc_var *mr_pc_field(const struct pc_type *t, const struct pc_atom *name)
{
    for (uint32_t i = 0; i < t->fields.n; i++) {
        if (t->fields.items[i]->name == name) {
            return t->fields.items[i];
        }
    }
    return NULL;
}

enum pc_machine mr_pc_machine(const struct pc_type *t)
{
    switch ((unsigned)t->kind) {
    case TY_SINT:
        return PM_S8;
    case TY_INT:
        return PM_S16;
    case TY_DINT:
        return PM_S32;
    case TY_LINT:
    case TY_LITINT:
    case TY_TIME:
    case TY_LTIME:
    case TY_DATE:
    case TY_TOD:
    case TY_DT:
        return PM_S64;
    case TY_BOOL:
    case TY_BYTE:
    case TY_USINT:
        return PM_U8;
    case TY_WORD:
    case TY_UINT:
        return PM_U16;
    case TY_ULINT:
    case TY_LWORD:
        return PM_U64;
    case TY_REAL:
        return PM_F32;
    case TY_LREAL:
    case TY_LITREAL:
        return PM_F64;
    case TY_ENUM:
        return mr_pc_machine(t->base);
    default: /* DWORD, UDINT, references */
        return PM_U32;
    }
}
