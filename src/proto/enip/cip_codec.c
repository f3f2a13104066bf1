#include "proto/enip/cip_codec.h"

static const struct {
    const char *name;
    enum mr_vtype vtype;
    uint8_t bytes;
} types[] = {
    [0] = {"BOOL", MR_VT_BOOL, 1},
    [MR_CIP_SINT - MR_CIP_BOOL] = {"SINT", MR_VT_SINT, 1},
    [MR_CIP_INT - MR_CIP_BOOL] = {"INT", MR_VT_INT, 2},
    [MR_CIP_DINT - MR_CIP_BOOL] = {"DINT", MR_VT_DINT, 4},
    [MR_CIP_LINT - MR_CIP_BOOL] = {"LINT", MR_VT_LINT, 8},
    [MR_CIP_USINT - MR_CIP_BOOL] = {"USINT", MR_VT_USINT, 1},
    [MR_CIP_UINT - MR_CIP_BOOL] = {"UINT", MR_VT_UINT, 2},
    [MR_CIP_UDINT - MR_CIP_BOOL] = {"UDINT", MR_VT_UDINT, 4},
    [MR_CIP_ULINT - MR_CIP_BOOL] = {"ULINT", MR_VT_ULINT, 8},
    [MR_CIP_REAL - MR_CIP_BOOL] = {"REAL", MR_VT_REAL, 4},
    [MR_CIP_LREAL - MR_CIP_BOOL] = {"LREAL", MR_VT_LREAL, 8},
    [MR_CIP_BYTE - MR_CIP_BOOL] = {"BYTE", MR_VT_BYTE, 1},
    [MR_CIP_WORD - MR_CIP_BOOL] = {"WORD", MR_VT_WORD, 2},
    [MR_CIP_DWORD - MR_CIP_BOOL] = {"DWORD", MR_VT_DWORD, 4},
    [MR_CIP_LWORD - MR_CIP_BOOL] = {"LWORD", MR_VT_LWORD, 8},
};

static bool is_type(uint16_t type)
{
    return type >= MR_CIP_BOOL && type <= MR_CIP_LWORD && types[type - MR_CIP_BOOL].bytes > 0;
}

size_t mr_cip_type_bytes(uint16_t type)
{
    return is_type(type) ? types[type - MR_CIP_BOOL].bytes : 0;
}

const char *mr_cip_type_name(uint16_t type)
{
    return is_type(type) ? types[type - MR_CIP_BOOL].name : NULL;
}

enum mr_vtype mr_cip_vtype(uint16_t type)
{
    return is_type(type) ? types[type - MR_CIP_BOOL].vtype : MR_VT_OTHER;
}

/* CIP and the image have the same forms of values, but for BOOL: a byte there, a bit here. */
bool mr_cip_number(uint16_t type, struct mr_slice value, double *out)
{
    uint8_t bytes[8] = {0};
    struct mr_image im = {{bytes}, {sizeof bytes}};
    struct mr_place at = {MR_AREA_I, mr_cip_vtype(type), 0, 0};
    if (!is_type(type) || value.n != mr_cip_type_bytes(type)) {
        return false;
    }
    memcpy(bytes, value.p, value.n);
    bytes[0] = type == MR_CIP_BOOL ? bytes[0] != 0 : bytes[0];
    *out = mr_image_get(&im, &at);
    return true;
}

size_t mr_cip_from_number(uint16_t type, double v, uint8_t out[8])
{
    struct mr_image im = {{out}, {8}};
    struct mr_place at = {MR_AREA_I, mr_cip_vtype(type), 0, 0};
    memset(out, 0, 8);
    return mr_image_set(&im, &at, v) ? mr_cip_type_bytes(type) : 0;
}

/* --- paths (Volume 1, C-1.4) ------------------------------------------------------------------------------------------------ */

/* A segment's first byte: type in the top three bits. */
enum { SEGMENT_PORT = 0, SEGMENT_LOGICAL = 1, SEGMENT_NETWORK = 2, SEGMENT_DATA = 4 };
enum { LOGICAL_CLASS, LOGICAL_INSTANCE, LOGICAL_MEMBER, LOGICAL_POINT, LOGICAL_ATTRIBUTE, LOGICAL_SPECIAL };
enum { KEY_FORMAT = 4, KEY_BYTES = 8 };
enum { DATA_SIMPLE = 0x80, DATA_SYMBOL = 0x91 };
enum { PORT_LONG_ADDRESS = 0x10, PORT_EXTENDED = 15 };

static bool port_segment(struct mr_reader *r, uint8_t first, struct mr_cip_segment *s)
{
    size_t length = first & PORT_LONG_ADDRESS ? mr_read_u8(r) : 1;
    s->kind = MR_CIP_SEG_PORT;
    s->value = first & 15;
    if (s->value == PORT_EXTENDED) {
        s->value = mr_read_u16le(r);
    }
    s->name = mr_read_bytes(r, length);
    if ((first & PORT_LONG_ADDRESS) && length % 2 != 0) {
        (void)mr_read_u8(r);
    }
    return !r->bad;
}

static bool logical_segment(struct mr_reader *r, uint8_t first, struct mr_cip_segment *s)
{
    static const enum mr_cip_segment_kind kinds[] = {MR_CIP_SEG_CLASS, MR_CIP_SEG_INSTANCE, MR_CIP_SEG_MEMBER, MR_CIP_SEG_POINT,
                                                     MR_CIP_SEG_ATTRIBUTE};
    unsigned type = first >> 2 & 7, format = first & 3;
    if (type == LOGICAL_SPECIAL) { /* an electronic key, of the one format that there is */
        s->kind = MR_CIP_SEG_KEY;
        r->bad = r->bad || format != 0 || mr_read_u8(r) != KEY_FORMAT;
        s->name = mr_read_bytes(r, KEY_BYTES);
        return !r->bad;
    }
    if (type > LOGICAL_ATTRIBUTE || format == 3) {
        r->bad = true;
        return false;
    }
    s->kind = kinds[type];
    if (format == 0) {
        s->value = mr_read_u8(r);
        return !r->bad;
    }
    (void)mr_read_u8(r); /* padding */
    s->value = format == 1 ? mr_read_u16le(r) : mr_read_u32le(r);
    return !r->bad;
}

static bool data_segment(struct mr_reader *r, uint8_t first, struct mr_cip_segment *s)
{
    size_t n = mr_read_u8(r);
    if (first == DATA_SIMPLE) {
        s->kind = MR_CIP_SEG_DATA;
        s->name = mr_read_bytes(r, n * 2);
    } else if (first == DATA_SYMBOL) {
        s->kind = MR_CIP_SEG_SYMBOL;
        s->name = mr_read_bytes(r, n);
        r->bad = r->bad || n == 0;
        if (n % 2 != 0) {
            (void)mr_read_u8(r);
        }
    } else {
        r->bad = true;
    }
    return !r->bad;
}

/* Production inhibit time and the like: one byte, or with bit 4 a count of words. */
static bool network_segment(struct mr_reader *r, uint8_t first, struct mr_cip_segment *s)
{
    size_t n = mr_read_u8(r);
    s->kind = MR_CIP_SEG_NETWORK;
    s->value = first & 31;
    s->name = mr_read_bytes(r, first & 16 ? n * 2 : 0);
    return !r->bad;
}

bool mr_cip_next_segment(struct mr_reader *path, struct mr_cip_segment *s)
{
    if (mr_reader_left(path) == 0) {
        return false;
    }
    uint8_t first = mr_read_u8(path);
    *s = (struct mr_cip_segment){.name = {NULL, 0}};
    switch (first >> 5) {
    case SEGMENT_PORT:
        return port_segment(path, first, s);
    case SEGMENT_LOGICAL:
        return logical_segment(path, first, s);
    case SEGMENT_NETWORK:
        return network_segment(path, first, s);
    case SEGMENT_DATA:
        return data_segment(path, first, s);
    default:
        path->bad = true;
        return false;
    }
}

static void set_once(uint32_t value, uint32_t *to, bool *has, bool *twice)
{
    *twice = *twice || *has;
    *to = value;
    *has = true;
}

enum mr_cip_status mr_cip_target_decode(struct mr_slice path, struct mr_cip_target *t)
{
    struct mr_reader r = mr_reader(path);
    struct mr_cip_segment s;
    bool odd = false, inner = false;
    *t = (struct mr_cip_target){0};
    while (mr_cip_next_segment(&r, &s)) {
        if (s.kind == MR_CIP_SEG_CLASS && t->has_class) {
            odd = odd || inner || !t->has_instance;
            inner = true;
            t->inner_class = s.value;
        } else if (s.kind == MR_CIP_SEG_CLASS) {
            set_once(s.value, &t->class_id, &t->has_class, &odd);
        } else if (s.kind == MR_CIP_SEG_INSTANCE && inner) {
            odd = odd || t->inner_class == 0;
        } else if (s.kind == MR_CIP_SEG_INSTANCE || s.kind == MR_CIP_SEG_POINT) {
            set_once(s.value, &t->instance, &t->has_instance, &odd);
        } else if (s.kind == MR_CIP_SEG_ATTRIBUTE) {
            set_once(s.value, &t->attribute, &t->has_attribute, &odd);
        } else if (s.kind == MR_CIP_SEG_MEMBER) {
            set_once(s.value, &t->member, &t->has_member, &odd);
        } else if (s.kind != MR_CIP_SEG_KEY) {
            odd = true;
        }
    }
    return r.bad || odd || !t->has_class ? MR_CIP_PATH_SEGMENT : MR_CIP_OK;
}

void mr_cip_write_logical(struct mr_writer *w, enum mr_cip_segment_kind kind, uint32_t value)
{
    unsigned type = (unsigned)kind - MR_CIP_SEG_CLASS;
    unsigned format = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : 2;
    mr_write_u8(w, (uint8_t)(SEGMENT_LOGICAL << 5 | type << 2 | format));
    if (format == 0) {
        mr_write_u8(w, (uint8_t)value);
        return;
    }
    mr_write_u8(w, 0);
    if (format == 1) {
        mr_write_u16le(w, (uint16_t)value);
    } else {
        mr_write_u32le(w, value);
    }
}

void mr_cip_write_symbol(struct mr_writer *w, struct mr_slice name)
{
    mr_write_u8(w, DATA_SYMBOL);
    mr_write_u8(w, (uint8_t)name.n);
    mr_write_bytes(w, name);
    mr_write_fill(w, 0, name.n % 2);
}

/* "[3,1]": advances *p past it. */
static bool write_indices(struct mr_writer *w, const char **p)
{
    do {
        uint64_t v = 0;
        (*p)++;
        if (**p < '0' || **p > '9') {
            return false;
        }
        for (; **p >= '0' && **p <= '9'; (*p)++) {
            v = v * 10 + (uint64_t)(**p - '0');
            if (v > UINT32_MAX) {
                return false;
            }
        }
        mr_cip_write_logical(w, MR_CIP_SEG_MEMBER, (uint32_t)v);
    } while (**p == ',');
    return *(*p)++ == ']';
}

bool mr_cip_write_tag_path(struct mr_writer *w, const char *tag)
{
    for (;;) {
        size_t n = strcspn(tag, ".[");
        if (n == 0 || n > UINT8_MAX) {
            return false;
        }
        mr_cip_write_symbol(w, mr_slice(tag, n));
        tag += n;
        if (*tag == '[' && !write_indices(w, &tag)) {
            return false;
        }
        if (*tag == '\0') {
            return true;
        }
        if (*tag++ != '.') {
            return false;
        }
    }
}

/* --- messages (Volume 1, 2-4) ----------------------------------------------------------------------------------------------- */

enum mr_cip_status mr_cip_request_decode(struct mr_slice in, struct mr_cip_request *q)
{
    struct mr_reader r = mr_reader(in);
    q->service = mr_read_u8(&r);
    size_t words = mr_read_u8(&r);
    if (r.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    q->path = mr_read_bytes(&r, words * 2);
    q->data = r.bad ? mr_slice(NULL, 0) : mr_read_bytes(&r, mr_reader_left(&r));
    return r.bad ? MR_CIP_PATH_SIZE : MR_CIP_OK;
}

bool mr_cip_answer_decode(struct mr_slice in, struct mr_cip_answer *a)
{
    struct mr_reader r = mr_reader(in);
    uint8_t service = mr_read_u8(&r);
    (void)mr_read_u8(&r);
    a->status = mr_read_u8(&r);
    struct mr_reader more = mr_reader(mr_read_bytes(&r, mr_read_u8(&r) * (size_t)2));
    a->service = service & 0x7F;
    a->extended = more.n > 0 ? mr_read_u16le(&more) : 0;
    a->data = r.bad ? mr_slice(NULL, 0) : mr_read_bytes(&r, mr_reader_left(&r));
    return !r.bad && (service & MR_CIP_ANSWER);
}
