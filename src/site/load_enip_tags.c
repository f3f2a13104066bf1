/* load_enip_tags.c - a program's variables as tags of a Logix controller (Rockwell publication 1756-PM020, "Logix Data
 * Structures").
 *
 * Variables with an address, and global ones, are the controller's; those of a program are its own, "Program:NAME". A structure
 * or an instance of a function block has a template, made once a type: members on multiples of their size, arrays and structures
 * on multiples of four, BOOLs as bits of hidden SINTs, arrays of BOOL as DWORDs. A STRING is the controller's own of 82
 * characters or, where it is longer, a string type of its length. */
#include "site/load_loader.h"

#include <string.h>
#include <strings.h>

#define TEMPLATES_MAX   512   /* types of structures of one controller */
#define FIRST_TEMPLATE  0x100 /* identifiers of users' own types begin here */
#define DWORD_BITS      32
#define HOST_BITS       8
#define HIDDEN_HOST     "ZZZZZZZZZZ" /* what clients leave out begins so */
#define ARRAY_ALIGNMENT 4

struct build {
    struct mr_loader *l;
    const struct mr_plc_program *program;
    const struct mr_plc_symbol *all;
    size_t n;
    bool only_signed; /* a controller that has neither unsigned integers nor bit strings */
    struct {
        const char *type;                    /* as the program names it */
        const struct mr_enip_template *made; /* NULL: none can be made */
    } known[TEMPLATES_MAX];
    uint16_t nknown;
    struct mr_enip_template *templates;
    uint16_t ntemplates;
};

/* What a variable is to a client. */
struct shape {
    uint16_t type;
    const struct mr_enip_template *structure;
    uint32_t dims[3];
    uint32_t bools;
    struct mr_place place; /* of the first element of an elementary one */
};

static uint16_t type_of(const struct build *b, enum mr_vtype t)
{
    static const uint16_t types[MR_VT_OTHER + 1] = {
        [MR_VT_BOOL] = MR_CIP_BOOL,   [MR_VT_SINT] = MR_CIP_SINT,   [MR_VT_INT] = MR_CIP_INT,     [MR_VT_DINT] = MR_CIP_DINT,
        [MR_VT_LINT] = MR_CIP_LINT,   [MR_VT_USINT] = MR_CIP_USINT, [MR_VT_UINT] = MR_CIP_UINT,   [MR_VT_UDINT] = MR_CIP_UDINT,
        [MR_VT_ULINT] = MR_CIP_ULINT, [MR_VT_BYTE] = MR_CIP_BYTE,   [MR_VT_WORD] = MR_CIP_WORD,   [MR_VT_DWORD] = MR_CIP_DWORD,
        [MR_VT_LWORD] = MR_CIP_LWORD, [MR_VT_REAL] = MR_CIP_REAL,   [MR_VT_LREAL] = MR_CIP_LREAL, [MR_VT_TIME] = MR_CIP_LINT,
    };
    static const uint16_t signed_ones[MR_VT_OTHER + 1] = {
        [MR_VT_USINT] = MR_CIP_SINT, [MR_VT_BYTE] = MR_CIP_SINT,  [MR_VT_UINT] = MR_CIP_INT,   [MR_VT_WORD] = MR_CIP_INT,
        [MR_VT_UDINT] = MR_CIP_DINT, [MR_VT_DWORD] = MR_CIP_DINT, [MR_VT_ULINT] = MR_CIP_LINT, [MR_VT_LWORD] = MR_CIP_LINT,
    };
    return b->only_signed && signed_ones[t] != 0 ? signed_ones[t] : types[t];
}

/* --- the table of symbols, in which a variable is followed by all that it consists of --------------------------------------- */

/* Whether symbol `k` is a part of `i`: the letter behind its name, '.', '[' or, of an element of an array of several dimensions,
 * ','. */
static char part_of(const struct build *b, size_t i, size_t k)
{
    const char *whole = b->all[i].name, *part = b->all[k].name;
    size_t n = strlen(whole);
    if (strncmp(part, whole, n) == 0 && (part[n] == '.' || part[n] == '[')) {
        return part[n];
    }
    return whole[n - 1] == ']' && strncmp(part, whole, n - 1) == 0 && part[n - 1] == ',' ? ',' : '\0';
}

static size_t end_of(const struct build *b, size_t i)
{
    size_t k = i + 1;
    while (k < b->n && part_of(b, i, k) != '\0') {
        k++;
    }
    return k;
}

static bool is_structure(const struct build *b, size_t i)
{
    return i + 1 < b->n && part_of(b, i, i + 1) == '.';
}

static bool is_array(const struct build *b, size_t i)
{
    return i + 1 < b->n && (part_of(b, i, i + 1) == '[' || part_of(b, i, i + 1) == ',');
}

static uint32_t count_parts(const struct build *b, size_t i)
{
    uint32_t n = 0;
    size_t end = end_of(b, i);
    for (size_t k = i + 1; k < end; k = end_of(b, k)) {
        n++;
    }
    return n;
}

/* An array that is too long for its elements to have symbols: of elementary ones, by the name of its type. */
static uint32_t long_array(const struct mr_plc_symbol *s, enum mr_vtype *of)
{
    const char *name = strncmp(s->type_name, "ARRAY[", 6) == 0 ? strstr(s->type_name, " OF ") : NULL;
    for (enum mr_vtype t = MR_VT_BOOL; name && t < MR_VT_STRING; t++) {
        if (strcmp(name + 4, mr_vtype_name(t)) == 0 && s->size > 0) {
            *of = t;
            return s->size / (uint32_t)mr_vtype_size(t);
        }
    }
    return 0;
}

/* --- templates -------------------------------------------------------------------------------------------------------------- */

static bool shape_of(struct build *b, size_t i, struct shape *out);

/* CRC-16 (polynomial A001, as Modbus has it) over names and types: structures that differ have other handles. */
static uint16_t handle_of(const struct mr_enip_template *t)
{
    uint16_t crc = 0xFFFF;
    for (uint16_t i = 0; i < t->nmembers; i++) {
        const struct mr_enip_member *m = &t->members[i];
        uint8_t bytes[MR_ENIP_TAG_NAME_MAX + 6];
        struct mr_writer w = mr_writer(bytes, sizeof bytes);
        mr_write_u16le(&w, m->structure ? m->structure->handle : m->type);
        mr_write_u16le(&w, m->count);
        mr_write_u16le(&w, m->offset);
        mr_write_str(&w, m->name);
        for (size_t k = 0; k < w.n; k++) {
            crc ^= bytes[k];
            for (int bit = 0; bit < 8; bit++) {
                crc = (uint16_t)(crc >> 1 ^ (crc & 1 ? 0xA001 : 0));
            }
        }
    }
    return crc;
}

static const struct mr_enip_template *keep(struct build *b, struct mr_enip_template t)
{
    struct mr_enip_template *to = &b->templates[b->ntemplates];
    t.id = t.id ? t.id : (uint16_t)(FIRST_TEMPLATE + b->ntemplates);
    t.handle = t.handle ? t.handle : handle_of(&t);
    if (!mr_enip_template_fits(&t)) {
        return NULL;
    }
    *to = t;
    b->ntemplates++;
    return to;
}

static const struct mr_enip_template *make_text(struct build *b, uint32_t holds)
{
    bool own = holds <= MR_ENIP_STRING_CHARS;
    uint16_t chars = (uint16_t)(own ? MR_ENIP_STRING_CHARS : holds);
    struct mr_enip_member *m = MR_POOL_NEW(b->l->pool, struct mr_enip_member, 2);
    m[0] = (struct mr_enip_member){.name = "LEN", .type = MR_CIP_DINT};
    m[1] = (struct mr_enip_member){.name = "DATA", .type = MR_CIP_SINT, .count = chars, .offset = 4};
    return keep(b, (struct mr_enip_template){.id = own ? MR_ENIP_STRING_ID : 0,
                                             .handle = own ? MR_ENIP_STRING_HANDLE : 0,
                                             .name = own ? "STRING" : mr_pool_format(b->l->pool, "STRING_%u", holds),
                                             .bytes = (uint16_t)((4u + chars + 3u) & ~3u),
                                             .members = m,
                                             .nmembers = 2,
                                             .text = true});
}

/* A structure while its members are laid out. */
struct layout {
    struct mr_enip_member *members;
    uint16_t n;
    uint32_t bytes, alignment;
    uint32_t bit; /* of the host that BOOLs go into now; HOST_BITS: none is open */
    const char *type;
};

static uint32_t align(struct layout *a, uint32_t to)
{
    a->alignment = to > a->alignment ? to : a->alignment;
    a->bytes = (a->bytes + to - 1) / to * to;
    return a->bytes;
}

static void add_bool(struct build *b, struct layout *a, const char *name)
{
    if (a->bit == HOST_BITS) {
        const char *host = mr_pool_format(b->l->pool, HIDDEN_HOST "%.20s%u", a->type, a->n);
        a->members[a->n++] =
            (struct mr_enip_member){.name = host, .type = MR_CIP_SINT, .offset = (uint16_t)a->bytes++, .host = true};
        a->bit = 0;
    }
    a->members[a->n++] =
        (struct mr_enip_member){.name = name, .type = MR_CIP_BOOL, .bit = (uint8_t)a->bit++, .offset = (uint16_t)(a->bytes - 1)};
}

static void add_member(struct build *b, struct layout *a, const char *name, const struct shape *s)
{
    uint32_t count = s->dims[0] * (s->dims[1] ? s->dims[1] : 1) * (s->dims[2] ? s->dims[2] : 1);
    uint32_t one = s->structure ? s->structure->bytes : (uint32_t)mr_cip_type_bytes(s->type);
    if (s->type == MR_CIP_BOOL && !s->structure) {
        add_bool(b, a, name);
        return;
    }
    bool wide = s->structure ? one % 8 == 0 : one == 8;
    a->bit = HOST_BITS;
    uint32_t at = align(a, wide ? 8 : count > 0 || s->structure ? ARRAY_ALIGNMENT : one);
    a->members[a->n++] = (struct mr_enip_member){.name = name,
                                                 .type = s->type,
                                                 .count = (uint16_t)count,
                                                 .offset = (uint16_t)at,
                                                 .structure = s->structure,
                                                 .bools = (uint16_t)s->bools};
    a->bytes += one * (count > 0 ? count : 1);
}

/* NULL where it is too long for the protocol. */
static const char *member_name(const struct build *b, size_t structure, size_t member)
{
    const char *name = b->all[member].name + strlen(b->all[structure].name) + 1;
    return strlen(name) <= MR_ENIP_TAG_NAME_MAX ? name : NULL;
}

static const struct mr_enip_template *make_structure(struct build *b, size_t i)
{
    struct layout a = {.members = MR_POOL_NEW(b->l->pool, struct mr_enip_member, 2 * (size_t)count_parts(b, i)),
                       .bit = HOST_BITS,
                       .alignment = ARRAY_ALIGNMENT,
                       .type = b->all[i].type_name};
    size_t end = end_of(b, i);
    for (size_t k = i + 1; k < end; k = end_of(b, k)) {
        struct shape s;
        const char *name = member_name(b, i, k);
        if (name && shape_of(b, k, &s) && a.bytes <= UINT16_MAX / 2) {
            add_member(b, &a, mr_load_copy(b->l, name), &s);
        }
    }
    (void)align(&a, a.alignment);
    return a.n == 0 || a.bytes > UINT16_MAX
               ? NULL
               : keep(b,
                      (struct mr_enip_template){
                          .name = mr_load_copy(b->l, a.type), .bytes = (uint16_t)a.bytes, .members = a.members, .nmembers = a.n});
}

/* Of a structure or string, once a type. NULL where none can be made. */
static const struct mr_enip_template *template_of(struct build *b, size_t i)
{
    const char *type = b->all[i].type_name;
    bool text = b->all[i].type == MR_VT_STRING;
    uint32_t holds = b->all[i].size - 4; /* image.h: a string's head */
    if (text && holds <= MR_ENIP_STRING_CHARS) {
        type = "STRING"; /* one type for all that fit */
    }
    for (uint16_t k = 0; k < b->nknown; k++) {
        if (strcmp(b->known[k].type, type) == 0) {
            return b->known[k].made;
        }
    }
    if (b->nknown == TEMPLATES_MAX) {
        return NULL;
    }
    const struct mr_enip_template *made = text ? make_text(b, holds) : make_structure(b, i);
    if (b->nknown < TEMPLATES_MAX) { /* those within it have been made meanwhile */
        b->known[b->nknown].type = type;
        b->known[b->nknown++].made = made;
    }
    return made;
}

/* --- variables -------------------------------------------------------------------------------------------------------------- */

static void make_bools(struct shape *s)
{
    s->bools = s->dims[0];
    s->type = MR_CIP_DWORD;
    s->dims[0] = (s->bools + DWORD_BITS - 1) / DWORD_BITS;
}

/* False where it can be no tag: an address, a type that the protocol has not, an array of more than three dimensions. */
static bool shape_of(struct build *b, size_t i, struct shape *out)
{
    *out = (struct shape){0};
    size_t n = 0, k = i;
    for (; is_array(b, k); k++) {
        if (n == 3) {
            return false;
        }
        out->dims[n++] = count_parts(b, k);
    }
    enum mr_vtype type = b->all[k].type;
    uint32_t more = type == MR_VT_OTHER && !is_structure(b, k) ? long_array(&b->all[k], &type) : 0;
    if (more > 0 && n < 3) {
        out->dims[n++] = more;
    }
    out->place = mr_plc_symbol_place(b->program, &b->all[k]);
    out->place.type = type;
    if (is_structure(b, k) || type == MR_VT_STRING) {
        out->structure = template_of(b, k);
        return out->structure != NULL;
    }
    out->type = type_of(b, type);
    if (type == MR_VT_BOOL && n == 1) {
        make_bools(out);
    }
    return out->type != 0 && (type != MR_VT_BOOL || n < 2);
}

/* The places of a structure, or of each element of an array of them, from `to` on; returns what is behind them. */
static struct mr_place *places_of(struct build *b, size_t i, struct mr_place *to)
{
    struct shape s;
    size_t end = end_of(b, i);
    if (!shape_of(b, i, &s)) {
        return to;
    }
    if (!s.structure || (s.structure->text && s.dims[0] == 0)) {
        *to = s.place;
        return to + 1;
    }
    for (size_t k = i + 1; k < end; k = end_of(b, k)) {
        to = is_structure(b, i) && !member_name(b, i, k) ? to : places_of(b, k, to);
    }
    return to;
}

static bool wanted(const struct mr_yaml *only, const char *name)
{
    for (const struct mr_yaml *t = only ? only->first : NULL; t; t = t->next) {
        if (strcasecmp(t->text, name) == 0) {
            return true;
        }
    }
    return !only;
}

static bool taken(const struct mr_enip_plan *out, const char *name)
{
    for (uint32_t i = 0; i < out->ntags; i++) {
        if (out->tags[i].program == 0 && strcasecmp(out->tags[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "Program:NAME" by its number from 1 on. */
static uint16_t program_of(struct build *b, struct mr_enip_plan *out, const char **programs, const char *symbol, size_t n)
{
    const char *name = mr_pool_format(b->l->pool, "Program:%.*s", (int)n, symbol);
    for (uint16_t i = 0; i < out->nprograms; i++) {
        if (strcasecmp(programs[i], name) == 0) {
            return (uint16_t)(i + 1);
        }
    }
    programs[out->nprograms++] = name;
    return out->nprograms;
}

static struct mr_enip_tag make_tag(struct build *b, size_t i, const char *name, const struct shape *s)
{
    struct mr_enip_tag t = {.name = mr_load_copy(b->l, name),
                            .type = s->type,
                            .structure = s->structure,
                            .dims = {s->dims[0], s->dims[1], s->dims[2]},
                            .bools = s->bools,
                            .nplaces = 1,
                            .read_only = b->all[i].located && s->place.area == MR_AREA_I};
    if (s->structure) {
        t.nplaces = mr_enip_template_places(s->structure) * mr_enip_tag_elements(&t);
    }
    struct mr_place *places = MR_POOL_NEW(b->l->pool, struct mr_place, t.nplaces);
    *places = s->place;
    if (s->structure) {
        (void)places_of(b, i, places);
    }
    t.places = places;
    return t;
}

/* Variables and the prefixes of their names: at most so many tags, and programs. */
static size_t count_variables(const struct build *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i = end_of(b, i)) {
        n++;
    }
    return n;
}

void mr_load_enip_tags(struct mr_loader *l, const struct mr_device *d, struct mr_enip_plan *out, const struct mr_yaml *only)
{
    struct build *b = MR_POOL_NEW(l->pool, struct build, 1);
    *b = (struct build){.l = l, .program = d->program, .only_signed = d->personality->enip_signed};
    b->n = mr_plc_symbols(d->program, &b->all);
    b->templates = MR_POOL_NEW(l->pool, struct mr_enip_template, TEMPLATES_MAX);
    size_t most = count_variables(b);
    struct mr_enip_tag *tags = MR_POOL_NEW(l->pool, struct mr_enip_tag, most);
    const char **programs = MR_POOL_NEW(l->pool, const char *, most);
    out->tags = tags;
    for (size_t i = 0; i < b->n; i = end_of(b, i)) {
        const char *dot = strchr(b->all[i].name, '.'), *name = dot ? dot + 1 : b->all[i].name;
        struct shape s;
        if (!wanted(only, name) || strlen(name) > MR_ENIP_TAG_NAME_MAX || !shape_of(b, i, &s)) {
            continue;
        }
        bool second = taken(out, name);
        if (!dot && second) {
            continue;
        }
        tags[out->ntags] = make_tag(b, i, name, &s);
        if (dot && (!b->all[i].located || second)) {
            tags[out->ntags].program = program_of(b, out, programs, b->all[i].name, (size_t)(dot - b->all[i].name));
        }
        out->ntags++;
    }
    out->programs = programs;
    out->templates = b->templates;
    out->ntemplates = b->ntemplates;
}
