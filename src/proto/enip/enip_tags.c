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

/* A string: its length, then its characters; and back, cut to what it holds, where they have changed. */
static void text(const struct mr_enip_device *d, const struct mr_enip_template *s, const struct mr_place *p, uint8_t *bytes,
                 const uint8_t *changed)
{
    uint16_t size = s->members[1].count;
    if (!changed) {
        uint32_t n = (uint32_t)mr_image_text(d->image, p, bytes + 4, size);
        for (size_t i = 0; i < 4; i++) {
            bytes[i] = (uint8_t)(n >> 8 * i);
        }
    } else if (memcmp(bytes, changed, (size_t)4 + size) != 0) {
        struct mr_reader r = mr_reader(mr_slice(changed, 4));
        uint32_t n = mr_read_u32le(&r);
        (void)mr_image_set_text(d->image, p, changed + 4, size, n);
    }
}

/* BOOLs of a byte each as the bits of a DWORD, the `i`-th of several; and back. */
static void load_bools(const struct mr_enip_device *d, struct mr_place p, uint32_t bools, uint32_t i, uint8_t out[4])
{
    memset(out, 0, 4);
    for (uint32_t k = 0; k < 32 && 32 * i + k < bools; k++) {
        struct mr_place one = p;
        one.byte += 32 * i + k;
        out[k / 8] = (uint8_t)(out[k / 8] | (mr_image_get(d->image, &one) != 0 ? 1u << k % 8 : 0));
    }
}

static void store_bools(const struct mr_enip_device *d, struct mr_place p, uint32_t bools, uint32_t i, const uint8_t in[4])
{
    for (uint32_t k = 0; k < 32 && 32 * i + k < bools; k++) {
        struct mr_place one = p;
        one.byte += 32 * i + k;
        (void)mr_image_set(d->image, &one, in[k / 8] >> k % 8 & 1);
    }
}

static void store_member(const struct mr_enip_device *d, const struct mr_enip_member *m, const struct mr_place *p, uint16_t i,
                         const uint8_t *in)
{
    if (m->bools > 0) {
        store_bools(d, *p, m->bools, i, in);
    } else {
        store(d, p, m->type, in);
    }
}

/* Elements of an elementary member into their bytes, and back those that have changed. A BOOL is a bit of its byte. */
static void member(const struct mr_enip_device *d, const struct mr_enip_member *m, const struct mr_place *place, uint8_t *bytes,
                   const uint8_t *changed)
{
    size_t size = mr_cip_type_bytes(m->type);
    uint8_t mask = (uint8_t)(m->type == MR_CIP_BOOL ? 1u << m->bit : 0xFF);
    uint16_t count = m->count > 0 ? m->count : 1;
    for (uint16_t i = 0; i < count; i++) {
        struct mr_place p = m->bools > 0 ? *place : advance(*place, i);
        uint8_t *at = bytes + i * size, value[8] = {0};
        if (!changed && m->bools > 0) {
            load_bools(d, p, m->bools, i, at);
        } else if (!changed) {
            load(d, &p, m->type, value);
            value[0] = m->type == MR_CIP_BOOL ? (uint8_t)((*at & ~mask) | (value[0] ? mask : 0)) : value[0];
            memcpy(at, value, size);
        } else if (m->type == MR_CIP_BOOL ? ((*at ^ changed[i]) & mask) != 0 : memcmp(at, changed + i * size, size) != 0) {
            memcpy(value, changed + i * size, size);
            value[0] &= mask;
            store_member(d, m, &p, i, value);
        }
    }
}

/* One structure: members into their bytes, and back those whose bytes have changed. Goes on in `*at` behind its places. */
static void structure(const struct mr_enip_device *d, const struct mr_enip_template *s, const struct mr_place **at,
                      uint8_t *bytes, const uint8_t *changed)
{
    if (s->text) {
        text(d, s, (*at)++, bytes, changed);
        return;
    }
    for (uint16_t k = 0; k < s->nmembers; k++) {
        const struct mr_enip_member *m = &s->members[k];
        size_t from = m->offset;
        for (uint16_t i = 0; m->structure && i < (m->count > 0 ? m->count : 1); i++, from += m->structure->bytes) {
            structure(d, m->structure, at, bytes + from, changed ? changed + from : NULL);
        }
        if (!m->structure && !m->host) {
            member(d, m, (*at)++, bytes + from, changed ? changed + from : NULL);
        }
    }
}

static struct mr_place place_of(const struct mr_enip_ref *r, uint32_t i)
{
    return r->step > 0 ? r->places[(size_t)i * r->step] : advance(r->places[0], r->at + i);
}

/* The value that element `i` is, or is a bit of. */
static void load_element(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t i, uint8_t *out)
{
    if (r->text) {
        uint8_t all[MR_ENIP_STRUCTURE_MAX] = {0};
        size_t n = mr_cip_type_bytes(r->whole);
        text(d, r->text, r->places, all, NULL);
        memcpy(out, all + r->inside + (r->at + i) * n, n);
    } else if (r->bools > 0) {
        load_bools(d, r->places[0], r->bools, r->at + i, out);
    } else {
        struct mr_place p = place_of(r, i);
        load(d, &p, r->whole, out);
    }
}

static void store_element(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t i, const uint8_t *in)
{
    if (r->text) {
        uint8_t old[MR_ENIP_STRUCTURE_MAX] = {0}, all[MR_ENIP_STRUCTURE_MAX];
        size_t n = mr_cip_type_bytes(r->whole);
        text(d, r->text, r->places, old, NULL);
        memcpy(all, old, sizeof all);
        memcpy(all + r->inside + (r->at + i) * n, in, n);
        text(d, r->text, r->places, old, all);
    } else if (r->bools > 0) {
        store_bools(d, r->places[0], r->bools, r->at + i, in);
    } else {
        struct mr_place p = place_of(r, i);
        store(d, &p, r->whole, in);
    }
}

/* Element `i` of what is named; `old` is what it was, for writing. */
static void read_element(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t i, uint8_t *out)
{
    if (r->structure) {
        const struct mr_place *at = r->places + (size_t)i * r->step;
        memset(out, 0, r->bytes);
        structure(d, r->structure, &at, out, NULL);
    } else if (r->bit >= 0) { /* of an integer of at most eight bytes */
        uint8_t value[8] = {0};
        load_element(d, r, i, value);
        out[0] = value[r->bit / 8] >> r->bit % 8 & 1;
    } else {
        load_element(d, r, i, out);
    }
}

static void write_element(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t i, uint8_t *old,
                          const uint8_t *in)
{
    if (r->structure) {
        const struct mr_place *at = r->places + (size_t)i * r->step;
        structure(d, r->structure, &at, old, in);
    } else if (r->bit >= 0) {
        uint8_t value[8] = {0};
        load_element(d, r, i, value);
        uint8_t *byte = &value[r->bit / 8], mask = (uint8_t)(1u << r->bit % 8);
        *byte = (uint8_t)(in[0] ? *byte | mask : *byte & ~mask);
        store_element(d, r, i, value);
    } else {
        store_element(d, r, i, in);
    }
}

/* Elements of a plain tag that lie in the image as on the wire: where, or NULL. */
static uint8_t *straight(const struct mr_enip_device *d, const struct mr_enip_ref *r, uint32_t from, size_t n)
{
    if (r->structure || r->text || r->bools > 0 || r->step > 0 || r->bit >= 0 || !alike(&r->places[0], r->type)) {
        return NULL;
    }
    uint64_t byte = r->places[0].byte + (uint64_t)r->at * r->bytes + from;
    return byte + n <= d->image->size[r->places[0].area] ? d->image->area[r->places[0].area] + byte : NULL;
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
    uint32_t step = t->structure ? mr_enip_template_places(t->structure) : t->nplaces > 1 ? 1 : 0;
    return (struct mr_enip_ref){
        .tag = t,
        .index = tag,
        .structure = t->structure,
        .places = t->places,
        .step = step,
        .dims = {t->dims[0], t->dims[1], t->dims[2]},
        .count = mr_enip_tag_elements(t),
        .bools = t->bools,
        .type = t->structure ? MR_CIP_STRUCTURE : t->type,
        .whole = t->type,
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

/* A member of the structure that is named so far. */
static enum mr_cip_status resolve_member(struct mr_enip_ref *ref, struct mr_slice name)
{
    const struct mr_enip_template *s = ref->structure;
    for (uint16_t i = 0; i < s->nmembers; i++) {
        const struct mr_enip_member *m = &s->members[i];
        uint32_t count = m->count > 0 ? m->count : 1, step = m->structure ? mr_enip_template_places(m->structure) : 0;
        if (!m->host && mr_enip_same_name(name, mr_slice_str(m->name))) {
            ref->part = true;
            ref->text = s->text ? s : NULL;
            ref->inside = m->offset;
            ref->structure = m->structure;
            ref->step = step;
            ref->at = 0;
            ref->dims[0] = m->count;
            ref->dims[1] = ref->dims[2] = 0;
            ref->count = count;
            ref->bools = m->bools;
            ref->type = m->structure ? MR_CIP_STRUCTURE : m->type;
            ref->whole = m->type;
            ref->bytes = m->structure ? m->structure->bytes : (uint16_t)mr_cip_type_bytes(m->type);
            return MR_CIP_OK;
        }
        ref->places += m->host || s->text ? 0 : m->structure ? count * step : 1;
    }
    return MR_CIP_PATH_SEGMENT;
}

/* A number of a bit, "5". */
static enum mr_cip_status resolve_bit(struct mr_enip_ref *ref, struct mr_slice name)
{
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
    ref->part = true;
    ref->bit = (int8_t)bit;
    ref->type = MR_CIP_BOOL;
    ref->bytes = 1;
    ref->count = 1;
    return MR_CIP_OK;
}

/* [i], [i, j] or [i, j, k]: the first of them has been read. */
static enum mr_cip_status resolve_indices(struct mr_reader *path, uint32_t first, struct mr_enip_ref *ref)
{
    struct mr_cip_segment s = {.kind = MR_CIP_SEG_MEMBER, .value = first};
    uint64_t flat = 0;
    size_t n = 0;
    for (;;) {
        if (n == 3 || ref->dims[n] == 0 || s.value >= ref->dims[n]) {
            return MR_CIP_PATH_UNKNOWN;
        }
        flat = flat * ref->dims[n++] + s.value;
        struct mr_reader ahead = *path;
        if (!mr_cip_next_segment(&ahead, &s) || s.kind != MR_CIP_SEG_MEMBER) {
            break;
        }
        *path = ahead;
    }
    for (; n < 3 && ref->dims[n] > 0; n++) { /* "[2]" of two dimensions is the first of that row */
        flat *= ref->dims[n];
    }
    ref->element = ref->part ? ref->element : (uint32_t)flat;
    ref->places += flat * ref->step;
    ref->at += ref->step > 0 ? 0 : (uint32_t)flat;
    ref->count -= (uint32_t)flat;
    memset(ref->dims, 0, sizeof ref->dims);
    return MR_CIP_OK;
}

enum mr_cip_status mr_enip_resolve(const struct mr_enip_device *d, struct mr_slice path, struct mr_enip_ref *ref)
{
    struct mr_reader r = mr_reader(path);
    struct mr_cip_segment s;
    enum mr_cip_status status = resolve_tag(d, &r, ref);
    while (status == MR_CIP_OK && mr_cip_next_segment(&r, &s)) {
        if (s.kind == MR_CIP_SEG_MEMBER && ref->bit < 0) {
            status = resolve_indices(&r, s.value, ref);
        } else if (s.kind == MR_CIP_SEG_SYMBOL && ref->bit < 0) {
            status = ref->structure ? resolve_member(ref, s.name) : resolve_bit(ref, s.name);
        } else {
            status = MR_CIP_PATH_SEGMENT;
        }
    }
    return status == MR_CIP_OK && r.bad ? MR_CIP_PATH_SEGMENT : status;
}
