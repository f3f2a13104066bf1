/* enip_tags.c - paths of tags (1756-PM020, "CIP addressing examples"), and elements between the image and the wire. */
#include "proto/enip/enip_tags.h"

#include "proto/enip/enip_serve.h"

/* --- values ----------------------------------------------------------------------------------------------------------------- */

/* The `i`-th place after one: bits follow bits. */
static struct mr_place advance(struct mr_place p, uint32_t i)
{
    if (p.type == MR_VT_BOOL) {
        uint64_t bit = (uint64_t)p.byte * 8 + p.bit + i;
        p.byte = bit / 8 <= UINT32_MAX ? (uint32_t)(bit / 8) : UINT32_MAX;
        p.bit = (uint8_t)(bit % 8);
        return p;
    }
    uint64_t byte = p.byte + (uint64_t)i * mr_vtype_size(p.type);
    p.byte = byte <= UINT32_MAX ? (uint32_t)byte : UINT32_MAX;
    return p;
}

/* Whether values of the place are, byte for byte, those of the type. */
static bool alike(const struct mr_place *p, uint16_t type)
{
    enum mr_vtype v = mr_cip_vtype(type);
    bool whole[2] = {v != MR_VT_REAL && v != MR_VT_LREAL, p->type != MR_VT_REAL && p->type != MR_VT_LREAL};
    return v != MR_VT_BOOL && p->type != MR_VT_BOOL && p->type != MR_VT_TIME && whole[0] == whole[1] &&
           mr_vtype_size(v) == mr_vtype_size(p->type);
}

static void load(const struct mr_enip_device *d, const struct mr_place *p, uint16_t type, uint8_t *out)
{
    size_t n = mr_cip_type_bytes(type);
    if (alike(p, type) && mr_place_inside(d->image, p)) {
        memcpy(out, d->image->area[p->area] + p->byte, n);
        return;
    }
    uint8_t bytes[8];
    (void)mr_cip_from_number(type, mr_image_get(d->image, p), bytes);
    memcpy(out, bytes, n);
}

static void store(const struct mr_enip_device *d, const struct mr_place *p, uint16_t type, const uint8_t *in)
{
    size_t n = mr_cip_type_bytes(type);
    if (alike(p, type) && mr_place_inside(d->image, p)) {
        memcpy(d->image->area[p->area] + p->byte, in, n);
        return;
    }
    double v = 0;
    (void)mr_cip_number(type, mr_slice(in, n), &v);
    (void)mr_image_set(d->image, p, v);
}

static struct mr_place place_of(const struct mr_enip_tag *t, uint32_t element)
{
    return t->nplaces == 1 ? advance(t->places[0], element) : t->places[element];
}

/* One element of a structure: members into their bytes, and back those whose bytes have changed. A BOOL is a bit of its byte. */
static void structure(const struct mr_enip_device *d, const struct mr_enip_tag *t, uint32_t element, uint8_t *bytes,
                      const uint8_t *changed)
{
    const struct mr_enip_template *s = t->structure;
    for (uint16_t k = 0; k < s->nmembers; k++) {
        const struct mr_enip_member *m = &s->members[k];
        size_t size = mr_cip_type_bytes(m->type);
        uint16_t count = m->count > 0 ? m->count : 1;
        for (uint16_t i = 0; i < count; i++) {
            struct mr_place p = advance(t->places[(size_t)element * s->nmembers + k], i);
            uint8_t *at = bytes + m->offset + i * size;
            uint8_t mask = (uint8_t)(m->type == MR_CIP_BOOL ? 1u << m->bit : 0xFF);
            uint8_t value[8] = {0};
            if (!changed) {
                load(d, &p, m->type, value);
                value[0] = m->type == MR_CIP_BOOL ? (uint8_t)((*at & ~mask) | (value[0] ? mask : 0)) : value[0];
                memcpy(at, value, size);
                continue;
            }
            const uint8_t *to = changed + m->offset + i * size;
            bool same = m->type == MR_CIP_BOOL ? ((*at ^ *to) & mask) == 0 : memcmp(at, to, size) == 0;
            memcpy(value, to, size);
            value[0] &= mask;
            if (!same) {
                store(d, &p, m->type, value);
            }
        }
    }
}

/* Element `i` of what is named; `old` is what it was, for writing. */
static void read_element(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t i, uint8_t *out)
{
    if (r->type == MR_CIP_STRUCTURE) {
        memset(out, 0, r->bytes);
        structure(d, r->tag, r->element + i, out, NULL);
        return;
    }
    struct mr_place p;
    if (r->member) {
        size_t k = (size_t)(r->member - r->tag->structure->members);
        p = advance(r->tag->places[(size_t)r->element * r->tag->structure->nmembers + k], r->at + i);
    } else {
        p = place_of(r->tag, r->element + i);
    }
    if (r->bit >= 0) { /* of an integer of at most eight bytes */
        uint16_t type = r->member ? r->member->type : r->tag->type;
        uint8_t value[8] = {0};
        load(d, &p, type, value);
        out[0] = value[r->bit / 8] >> r->bit % 8 & 1;
        return;
    }
    load(d, &p, r->type, out);
}

static void write_element(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t i, uint8_t *old,
                          const uint8_t *in)
{
    if (r->type == MR_CIP_STRUCTURE) {
        structure(d, r->tag, r->element + i, old, in);
        return;
    }
    struct mr_place p;
    if (r->member) {
        size_t k = (size_t)(r->member - r->tag->structure->members);
        p = advance(r->tag->places[(size_t)r->element * r->tag->structure->nmembers + k], r->at + i);
    } else {
        p = place_of(r->tag, r->element + i);
    }
    if (r->bit >= 0) {
        uint16_t type = r->member ? r->member->type : r->tag->type;
        uint8_t value[8] = {0};
        load(d, &p, type, value);
        uint8_t *byte = &value[r->bit / 8], mask = (uint8_t)(1u << r->bit % 8);
        *byte = (uint8_t)(in[0] ? *byte | mask : *byte & ~mask);
        store(d, &p, type, value);
        return;
    }
    store(d, &p, r->type, in);
}

/* Elements of a plain tag that lie in the image as on the wire: where, or NULL. */
static uint8_t *straight(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t from, size_t n)
{
    const struct mr_enip_tag *t = r->tag;
    if (t->structure || t->nplaces != 1 || r->bit >= 0 || !alike(&t->places[0], r->type)) {
        return NULL;
    }
    uint64_t byte = t->places[0].byte + (uint64_t)r->element * r->bytes + from;
    return byte + n <= d->image->size[t->places[0].area] ? d->image->area[t->places[0].area] + byte : NULL;
}

void mr_enip_read(const struct mr_enip_device *d, const struct mr_enip_ref *ref, uint32_t from, uint8_t *out, size_t n)
{
    const uint8_t *p = straight(d, ref, from, n);
    if (p) {
        memcpy(out, p, n);
        return;
    }
    while (n > 0) {
        uint8_t element[MR_ENIP_STRUCTURE_MAX];
        uint32_t skip = from % ref->bytes;
        size_t part = ref->bytes - skip < n ? ref->bytes - skip : n;
        read_element(d, ref, from / ref->bytes, element);
        memcpy(out, element + skip, part);
        out += part;
        n -= part;
        from += (uint32_t)part;
    }
}

void mr_enip_write(const struct mr_enip_device *d, const struct mr_enip_ref *ref, uint32_t from, const uint8_t *in, size_t n)
{
    uint8_t *p = straight(d, ref, from, n);
    if (p) {
        memcpy(p, in, n);
        return;
    }
    while (n > 0) {
        uint8_t old[MR_ENIP_STRUCTURE_MAX], element[MR_ENIP_STRUCTURE_MAX];
        uint32_t skip = from % ref->bytes;
        size_t part = ref->bytes - skip < n ? ref->bytes - skip : n;
        read_element(d, ref, from / ref->bytes, old);
        memcpy(element, old, ref->bytes);
        memcpy(element + skip, in, part);
        write_element(d, ref, from / ref->bytes, old, element);
        in += part;
        n -= part;
        from += (uint32_t)part;
    }
}

/* --- paths ------------------------------------------------------------------------------------------------------------------ */

struct mr_enip_ref mr_enip_whole(const struct mr_enip_device *d, uint32_t tag)
{
    const struct mr_enip_tag *t = &d->tags[tag];
    return (struct mr_enip_ref){
        .tag = t,
        .index = tag,
        .count = mr_enip_tag_elements(t),
        .type = t->structure ? MR_CIP_STRUCTURE : t->type,
        .bytes = mr_enip_tag_element_bytes(t),
        .bit = -1,
    };
}

/* The tag that the first segments name: "Level", "Program:Main" "Pump", or instance n of the symbols (of a program). */
static enum mr_cip_status resolve_tag(const struct mr_enip_device *d, struct mr_reader *path, struct mr_enip_ref *ref)
{
    static const char prefix[] = "program:";
    struct mr_cip_segment s;
    struct mr_slice program = {NULL, 0};
    bool some = mr_cip_next_segment(path, &s);
    if (some && s.kind == MR_CIP_SEG_SYMBOL && s.name.n >= sizeof prefix &&
        mr_enip_same_name(mr_slice(s.name.p, sizeof prefix - 1), mr_slice_str(prefix)) && !memchr(s.name.p, '.', s.name.n)) {
        program = s.name;
        some = mr_cip_next_segment(path, &s);
    }
    if (some && s.kind == MR_CIP_SEG_SYMBOL) {
        uint32_t tag = program.n > 0 ? mr_enip_lookup(d, program, s.name) : mr_enip_find_tag(d, s.name);
        if (tag == MR_ENIP_NO_TAG || d->tags[tag].hidden) {
            return MR_CIP_PATH_SEGMENT;
        }
        *ref = mr_enip_whole(d, tag);
        return MR_CIP_OK;
    }
    if (!some || s.kind != MR_CIP_SEG_CLASS || s.value != MR_CIP_SYMBOL || !mr_cip_next_segment(path, &s) ||
        s.kind != MR_CIP_SEG_INSTANCE) {
        return MR_CIP_PATH_SEGMENT;
    }
    if (s.value == 0 || s.value > d->ntags || d->tags[s.value - 1].hidden) {
        return MR_CIP_PATH_UNKNOWN;
    }
    *ref = mr_enip_whole(d, s.value - 1);
    return MR_CIP_OK;
}

/* A number of a bit, "5", or a member of a structure. */
static enum mr_cip_status resolve_part(struct mr_enip_ref *ref, struct mr_slice name)
{
    if (ref->bit >= 0) {
        return MR_CIP_PATH_SEGMENT;
    }
    if (ref->type == MR_CIP_STRUCTURE) {
        const struct mr_enip_template *s = ref->tag->structure;
        for (uint16_t i = 0; i < s->nmembers; i++) {
            const struct mr_enip_member *m = &s->members[i];
            if (mr_enip_same_name(name, mr_slice_str(m->name))) {
                ref->member = m;
                ref->count = m->count > 0 ? m->count : 1;
                ref->type = m->type;
                ref->bytes = (uint16_t)mr_cip_type_bytes(m->type);
                return MR_CIP_OK;
            }
        }
        return MR_CIP_PATH_SEGMENT;
    }
    unsigned bit = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9' || i > 1) {
            return MR_CIP_PATH_SEGMENT;
        }
        bit = bit * 10 + (unsigned)(name.p[i] - '0');
    }
    if (ref->type == MR_CIP_BOOL || ref->type == MR_CIP_REAL || ref->type == MR_CIP_LREAL || bit >= 8u * ref->bytes) {
        return MR_CIP_PATH_UNKNOWN;
    }
    ref->bit = (int8_t)bit;
    ref->type = MR_CIP_BOOL;
    ref->bytes = 1;
    ref->count = 1;
    return MR_CIP_OK;
}

/* [i], [i, j] or [i, j, k]: the first of them has been read. */
static enum mr_cip_status resolve_indices(struct mr_reader *path, uint32_t first, struct mr_enip_ref *ref)
{
    const uint32_t *dims = ref->tag->dims;
    const uint32_t member_dims[3] = {ref->member ? ref->member->count : 0, 0, 0};
    struct mr_cip_segment s = {.kind = MR_CIP_SEG_MEMBER, .value = first};
    uint64_t flat = 0;
    size_t n = 0;
    dims = ref->member ? member_dims : dims;
    for (;;) {
        if (n == 3 || dims[n] == 0 || s.value >= dims[n]) {
            return MR_CIP_PATH_UNKNOWN;
        }
        flat = flat * dims[n++] + s.value;
        struct mr_reader ahead = *path;
        if (!mr_cip_next_segment(&ahead, &s) || s.kind != MR_CIP_SEG_MEMBER) {
            break;
        }
        *path = ahead;
    }
    for (; n < 3 && dims[n] > 0; n++) { /* "[2]" of two dimensions is the first of that row */
        flat *= dims[n];
    }
    *(ref->member ? &ref->at : &ref->element) = (uint32_t)flat;
    ref->count -= (uint32_t)flat;
    return MR_CIP_OK;
}

enum mr_cip_status mr_enip_resolve(const struct mr_enip_device *d, struct mr_slice path, struct mr_enip_ref *ref)
{
    struct mr_reader r = mr_reader(path);
    struct mr_cip_segment s;
    enum mr_cip_status status = resolve_tag(d, &r, ref);
    bool indexed = false;
    while (status == MR_CIP_OK && mr_cip_next_segment(&r, &s)) {
        if (s.kind == MR_CIP_SEG_MEMBER && !indexed && ref->bit < 0) {
            status = resolve_indices(&r, s.value, ref);
            indexed = true;
        } else if (s.kind == MR_CIP_SEG_SYMBOL) {
            status = resolve_part(ref, s.name);
            indexed = false;
        } else {
            status = MR_CIP_PATH_SEGMENT;
        }
    }
    return status == MR_CIP_OK && r.bad ? MR_CIP_PATH_SEGMENT : status;
}
