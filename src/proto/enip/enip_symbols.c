/* enip_symbols.c - browsing a Logix controller: Symbol (0x6B) and Template (0x6C) objects, 1756-PM020 "Logix Data Structures";
 * and its memory (0x72), as FactoryTalk Linx reads it in a captured session. */
#include "proto/enip/enip_symbols.h"

#include "proto/enip/enip_tags.h"

/* A tag's instance is its index + 1; after the tags come the programs, which are symbols of the system's. */
enum {
    SYMBOL_NAME = 1,
    SYMBOL_TYPE = 2,
    SYMBOL_ADDRESS = 3,
    SYMBOL_OBJECT = 5,
    SYMBOL_CONTROL = 6,
    SYMBOL_BYTES = 7,
    SYMBOL_DIMS = 8,
    SYMBOL_ACCESS = 10,
    SYMBOL_TABLE = 12, /* this and the next: not in PM020, in forms that pylogix (lgx_tag.py) takes apart */
    SYMBOL_PATH = 13
};
enum { TYPE_STRUCTURE = 0x8000, TYPE_DIMS_SHIFT = 13, TYPE_PROGRAM = 0x1068 };
#define CONTROL_BASE_TAG 0x04000000u /* no alias */

uint32_t mr_enip_last_symbol(const struct mr_enip_device *d)
{
    return d->ntags + d->nprograms;
}

bool mr_enip_has_symbol(const struct mr_enip_device *d, uint32_t instance)
{
    return instance >= 1 && instance <= mr_enip_last_symbol(d) && (instance > d->ntags || !d->tags[instance - 1].hidden);
}

static uint16_t symbol_type(const struct mr_enip_tag *t)
{
    unsigned dims = 0;
    while (dims < 3 && t->dims[dims] > 0) {
        dims++;
    }
    return (uint16_t)((t->structure ? TYPE_STRUCTURE | t->structure->id : t->type) | dims << TYPE_DIMS_SHIFT);
}

/* Where a symbol's data are: the instance of a table, and a path, in words, that reads it. */
static enum mr_cip_status get_place(uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    if (attribute == SYMBOL_TABLE) {
        mr_write_u32le(w, instance);
        return MR_CIP_OK;
    }
    if (attribute != SYMBOL_PATH) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    const uint8_t path[] = {3, 0x20, MR_CIP_SYMBOL, 0x25, 0, (uint8_t)instance, (uint8_t)(instance >> 8)};
    mr_write_bytes(w, mr_slice(path, sizeof path));
    return MR_CIP_OK;
}

static enum mr_cip_status get_program(const struct mr_enip_device *d, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    switch (attribute) {
    case SYMBOL_NAME:
        mr_enip_write_string(w, d->programs[instance - d->ntags - 1]);
        return MR_CIP_OK;
    case SYMBOL_TYPE:
        mr_write_u16le(w, TYPE_PROGRAM);
        return MR_CIP_OK;
    case SYMBOL_ADDRESS:
    case SYMBOL_OBJECT:
    case SYMBOL_CONTROL:
        mr_write_u32le(w, 0);
        return MR_CIP_OK;
    case SYMBOL_BYTES:
        mr_write_u16le(w, 0);
        return MR_CIP_OK;
    case SYMBOL_DIMS:
        mr_write_fill(w, 0, 12);
        return MR_CIP_OK;
    case SYMBOL_ACCESS:
        mr_write_u8(w, 0);
        return MR_CIP_OK;
    default:
        return get_place(instance, attribute, w);
    }
}

enum mr_cip_status mr_enip_get_symbol(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    const struct mr_enip_device *d = c->d;
    if (instance == 0) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    if (instance > d->ntags) {
        return get_program(d, instance, attribute, w);
    }
    const struct mr_enip_tag *t = &d->tags[instance - 1];
    switch (attribute) {
    case SYMBOL_NAME:
        mr_enip_write_string(w, t->name);
        return MR_CIP_OK;
    case SYMBOL_TYPE:
        mr_write_u16le(w, symbol_type(t));
        return MR_CIP_OK;
    case SYMBOL_ADDRESS:
    case SYMBOL_OBJECT:
        mr_write_u32le(w, d->address[instance - 1]);
        return MR_CIP_OK;
    case SYMBOL_CONTROL:
        mr_write_u32le(w, CONTROL_BASE_TAG);
        return MR_CIP_OK;
    case SYMBOL_BYTES:
        mr_write_u16le(w, mr_enip_tag_element_bytes(t));
        return MR_CIP_OK;
    case SYMBOL_DIMS:
        for (size_t i = 0; i < 3; i++) {
            mr_write_u32le(w, t->dims[i]);
        }
        return MR_CIP_OK;
    case SYMBOL_ACCESS: /* 0: to read and write, 2: to read */
        mr_write_u8(w, t->read_only ? 2 : 0);
        return MR_CIP_OK;
    default:
        return get_place(instance, attribute, w);
    }
}

static bool may_browse(struct mr_enip_call *c, struct mr_enip_ask *q)
{
    if (c->d->settings->browse_off) {
        (void)mr_enip_deny(c, q);
        return false;
    }
    return mr_enip_may(c, MR_ENIP_MAY_READ, q);
}

/* Get Instance Attribute List: of each symbol of the scope from instance `from` on its number and the attributes asked for,
 * without statuses; as many as there is room for. */
static enum mr_cip_status list_symbols(struct mr_enip_call *c, struct mr_enip_ask *q, uint16_t program, uint32_t from,
                                       struct mr_writer *w)
{
    const struct mr_enip_device *d = c->d;
    uint16_t n = mr_read_u16le(&q->data);
    struct mr_slice wanted = mr_read_bytes(&q->data, n * (size_t)2);
    if (q->data.bad) {
        return MR_CIP_LIST_SHORTAGE;
    }
    if (!may_browse(c, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (from <= 1) {
        mr_enip_report(c->d, (struct mr_enip_event){.kind = MR_ENIP_EV_BROWSE,
                                                    .service = q->service,
                                                    .class_id = MR_CIP_SYMBOL,
                                                    .tag = MR_ENIP_NO_TAG,
                                                    .client = c->client});
    }
    for (uint32_t i = from > 0 ? from : 1; i <= mr_enip_last_symbol(d); i++) {
        bool here = i > d->ntags ? program == 0 : d->tags[i - 1].program == program;
        if (!here || !mr_enip_has_symbol(d, i)) {
            continue;
        }
        size_t begin = w->n;
        struct mr_reader r = mr_reader(wanted);
        mr_write_u32le(w, i);
        for (uint16_t k = 0; k < n && !w->full; k++) {
            enum mr_cip_status status = mr_enip_get_symbol(c, i, mr_read_u16le(&r), w);
            if (status != MR_CIP_OK) {
                w->n = begin;
                return MR_CIP_ATTRIBUTE_LIST;
            }
        }
        if (w->full) {
            w->full = false;
            w->n = begin;
            return MR_CIP_PARTIAL;
        }
    }
    return MR_CIP_OK;
}

enum mr_cip_status mr_enip_serve_symbols(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    return q->service == MR_CIP_GET_INSTANCES ? list_symbols(c, q, 0, q->target.instance, w) : MR_CIP_BAD_SERVICE;
}

enum mr_cip_status mr_enip_list_program(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    struct mr_reader r = mr_reader(q->path);
    struct mr_cip_segment s;
    uint16_t program = 0;
    if (!mr_cip_next_segment(&r, &s)) {
        return MR_CIP_PATH_SEGMENT;
    }
    while (program < c->d->nprograms && !mr_enip_same_name(s.name, mr_slice_str(c->d->programs[program]))) {
        program++;
    }
    enum mr_cip_status status = mr_cip_target_decode(mr_slice(r.p + r.at, r.n - r.at), &q->target);
    if (program == c->d->nprograms || status != MR_CIP_OK || q->target.class_id != MR_CIP_SYMBOL) {
        return mr_enip_fail(c, MR_CIP_PATH_SEGMENT, MR_CIP_TE_PATH);
    }
    return list_symbols(c, q, (uint16_t)(program + 1), q->target.instance, w);
}

enum mr_cip_status mr_enip_symbol_attributes(struct mr_enip_call *c, struct mr_enip_ask *q, uint32_t tag, struct mr_writer *w)
{
    enum mr_cip_status result = MR_CIP_OK;
    uint16_t n = mr_read_u16le(&q->data);
    if (!may_browse(c, q)) {
        return MR_CIP_PRIVILEGE;
    }
    mr_write_u16le(w, n);
    for (uint16_t i = 0; i < n && !w->full; i++) {
        uint16_t attribute = mr_read_u16le(&q->data);
        if (q->data.bad) {
            return MR_CIP_LIST_SHORTAGE;
        }
        size_t at = w->n + 2;
        mr_write_u16le(w, attribute);
        mr_write_u16le(w, MR_CIP_OK);
        if (mr_enip_get_symbol(c, tag + 1, attribute, w) != MR_CIP_OK && !w->full) {
            mr_patch_u16le(w, at, MR_CIP_BAD_ATTRIBUTE);
            result = MR_CIP_ATTRIBUTE_LIST;
        }
    }
    return result;
}

/* --- templates -------------------------------------------------------------------------------------------------------------- */

/* Attribute 3 is not published; pylogix asks for its two bytes with the others. */
enum { TEMPLATE_HANDLE = 1, TEMPLATE_MEMBERS = 2, TEMPLATE_KIND = 3, TEMPLATE_DEFINITION = 4, TEMPLATE_BYTES = 5 };
/* A client asks for words * 4 - 23 bytes of the definition (1756-PM020), pylogix for as many as make whole words of it: there are
 * so many, as it asks until it has them. */
enum { DEFINITION_OVERHEAD = 23, DEFINITION_TAIL = 20 };

static uint32_t definition_words(const struct mr_enip_template *t)
{
    return (uint32_t)(mr_enip_definition_bytes(t) + DEFINITION_OVERHEAD + 3) / 4;
}

static const struct mr_enip_template *find_template(const struct mr_enip_device *d, uint32_t id)
{
    for (uint16_t i = 0; i < d->ntemplates; i++) {
        if (d->templates[i].id == id) {
            return &d->templates[i];
        }
    }
    return NULL;
}

uint32_t mr_enip_last_template(const struct mr_enip_device *d)
{
    uint32_t last = 0;
    for (uint16_t i = 0; i < d->ntemplates; i++) {
        last = d->templates[i].id > last ? d->templates[i].id : last;
    }
    return last;
}

bool mr_enip_has_template(const struct mr_enip_device *d, uint32_t instance)
{
    return find_template(d, instance) != NULL;
}

/* Two letters of each member follow the structure's name: those that members of its kind have in PM020's example, STRUCT_B. */
static const char *letters(const struct mr_enip_member *m)
{
    bool is_bit = !m->structure && m->type == MR_CIP_BOOL;
    return m->host ? "EB" : is_bit ? "EC" : "EA";
}

/* Of each member what its array or bit is, its type and offset; then the structure's name and the members' names. */
static void write_definition(const struct mr_enip_template *t, struct mr_writer *w)
{
    for (uint16_t i = 0; i < t->nmembers; i++) {
        const struct mr_enip_member *m = &t->members[i];
        unsigned type = m->structure ? TYPE_STRUCTURE | m->structure->id : m->type;
        mr_write_u16le(w, m->count > 0 ? m->count : m->bit);
        mr_write_u16le(w, (uint16_t)(type | (m->count > 0 ? 1u << TYPE_DIMS_SHIFT : 0)));
        mr_write_u32le(w, m->offset);
    }
    mr_write_str(w, t->name);
    mr_write_str(w, ";n");
    for (uint16_t i = 0; i < t->nmembers; i++) {
        mr_write_str(w, letters(&t->members[i]));
    }
    mr_write_u8(w, 0);
    for (uint16_t i = 0; i < t->nmembers; i++) {
        mr_write_bytes(w, mr_slice(t->members[i].name, strlen(t->members[i].name) + 1));
    }
    mr_write_fill(w, 0, definition_words(t) * 4 - DEFINITION_TAIL - mr_enip_definition_bytes(t));
}

enum mr_cip_status mr_enip_get_template(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    const struct mr_enip_template *t = find_template(c->d, instance);
    if (!t) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    switch (attribute) {
    case TEMPLATE_HANDLE:
        mr_write_u16le(w, t->handle);
        return MR_CIP_OK;
    case TEMPLATE_MEMBERS:
        mr_write_u16le(w, t->nmembers);
        return MR_CIP_OK;
    case TEMPLATE_KIND:
        mr_write_u16le(w, 0);
        return MR_CIP_OK;
    case TEMPLATE_DEFINITION:
        mr_write_u32le(w, definition_words(t));
        return MR_CIP_OK;
    case TEMPLATE_BYTES:
        mr_write_u32le(w, t->bytes);
        return MR_CIP_OK;
    default:
        return MR_CIP_BAD_ATTRIBUTE;
    }
}

/* Read Template: an offset in the definition and a number of bytes, which may be more than there are. */
enum mr_cip_status mr_enip_serve_template(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    const struct mr_enip_template *t = find_template(c->d, q->target.instance);
    uint8_t definition[MR_ENIP_DEFINITION_MAX + DEFINITION_OVERHEAD - DEFINITION_TAIL + 3];
    struct mr_writer all = mr_writer(definition, sizeof definition);
    if (q->service != MR_CIP_READ_TAG || !t) {
        return MR_CIP_BAD_SERVICE;
    }
    uint32_t offset = mr_read_u32le(&q->data);
    size_t n = mr_read_u16le(&q->data);
    if (q->data.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (!may_browse(c, q)) {
        return MR_CIP_PRIVILEGE;
    }
    write_definition(t, &all);
    if (offset >= all.n) {
        return mr_enip_fail(c, MR_CIP_GENERAL, MR_CIP_TE_OFFSET);
    }
    n = n < all.n - offset ? n : all.n - offset;
    bool whole = n <= mr_writer_left(w);
    mr_write_bytes(w, mr_slice(definition + offset, whole ? n : mr_writer_left(w)));
    return whole ? MR_CIP_OK : MR_CIP_PARTIAL;
}

/* --- memory ----------------------------------------------------------------------------------------------------------------- */

/* The tag whose bytes are at `address`, or the next one. */
static uint32_t tag_at(const struct mr_enip_device *d, uint32_t address)
{
    uint32_t lo = 0, hi = d->ntags;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (d->address[mid + 1] <= address) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* An address and a number of 32-bit words. What belongs to no tag is 0. */
enum mr_cip_status mr_enip_serve_memory(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    const struct mr_enip_device *d = c->d;
    if (q->service != MR_CIP_READ_TAG) {
        return MR_CIP_BAD_SERVICE;
    }
    uint32_t address = mr_read_u32le(&q->data);
    size_t n = mr_read_u16le(&q->data) * (size_t)4;
    if (q->data.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (!may_browse(c, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (n == 0 || address > d->personality->memory || n > d->personality->memory - address) {
        return mr_enip_fail(c, MR_CIP_GENERAL, MR_CIP_TE_BEYOND);
    }
    if (n > mr_writer_left(w)) {
        return MR_CIP_REPLY_TOO_LARGE;
    }
    size_t begin = w->n;
    mr_write_fill(w, 0, n);
    for (uint32_t k = tag_at(d, address); k < d->ntags && d->address[k] < address + n; k++) {
        struct mr_enip_ref ref = mr_enip_whole(d, k);
        uint32_t bytes = ref.count * ref.bytes, from = address > d->address[k] ? address - d->address[k] : 0;
        size_t at = d->address[k] + from - address;
        if (from < bytes && !ref.tag->hidden) {
            mr_enip_read(d, &ref, from, w->p + begin + at, bytes - from < n - at ? bytes - from : n - at);
        }
    }
    return MR_CIP_OK;
}
