#include "base/state.h"

#include "base/time.h"

static const uint8_t kind_size[] = {
    [MR_U8] = 1,  [MR_U16] = 2, [MR_U32] = 4,  [MR_U64] = 8, [MR_I8] = 1,  [MR_I16] = 2,
    [MR_I32] = 4, [MR_I64] = 8, [MR_BOOL] = 1, [MR_F32] = 4, [MR_F64] = 8, [MR_STRUCT] = 0,
};

static size_t element_size(const struct mr_field *f)
{
    return f->kind == MR_STRUCT ? f->type->size : kind_size[f->kind];
}

/* Field tables nest by pointers to static tables, which C cannot make circular; depth is theirs, not the input's. */
void mr_type_check(const struct mr_type *type)
{
    MR_ASSERT(type->nfields > 0 && type->size > 0);
    MR_ASSERT(type->live_at == MR_ALL || type->live_at < type->size);
    for (uint32_t i = 0; i < type->nfields; i++) {
        const struct mr_field *f = &type->fields[i];
        MR_ASSERT(f->count > 0 && f->size == f->count * element_size(f));
        MR_ASSERT(f->offset <= type->size && f->size <= type->size - f->offset);
        MR_ASSERT(f->len_at == MR_ALL || f->len_at + sizeof(uint32_t) <= type->size);
        if (f->kind == MR_STRUCT) {
            mr_type_check(f->type);
        }
    }
}

size_t mr_type_saved_max(const struct mr_type *type)
{
    size_t n = 1;
    for (uint32_t i = 0; i < type->nfields; i++) {
        const struct mr_field *f = &type->fields[i];
        n += f->count * (f->kind == MR_STRUCT ? mr_type_saved_max(f->type) : kind_size[f->kind]);
    }
    return n;
}

static uint32_t elements(const struct mr_field *f, const uint8_t *record)
{
    if (f->len_at == MR_ALL) {
        return f->count;
    }
    uint32_t n;
    memcpy(&n, record + f->len_at, sizeof n);
    return n;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the saved form is the memory form of a little-endian machine");

void mr_state_save(const struct mr_type *type, const void *record, struct mr_writer *w)
{
    const uint8_t *base = record;
    if (type->live_at != MR_ALL) {
        bool live = base[type->live_at] != 0;
        mr_write_u8(w, live);
        if (!live) {
            return;
        }
    }
    for (uint32_t i = 0; i < type->nfields; i++) {
        const struct mr_field *f = &type->fields[i];
        uint32_t n = elements(f, base);
        MR_ASSERT(n <= f->count);
        if (f->kind != MR_STRUCT) {
            mr_write_bytes(w, mr_slice(base + f->offset, (size_t)n * kind_size[f->kind]));
            continue;
        }
        for (uint32_t k = 0; k < n; k++) {
            mr_state_save(f->type, base + f->offset + (size_t)k * f->type->size, w);
        }
    }
}

static bool values_fit(enum mr_kind kind, struct mr_slice s)
{
    for (size_t k = 0; kind == MR_BOOL && k < s.n; k++) {
        if (s.p[k] > 1) {
            return false;
        }
    }
    for (size_t k = 0; kind == MR_I64 && k < s.n; k += 8) {
        mr_ns t;
        memcpy(&t, s.p + k, sizeof t);
        if (t != MR_NEVER_NS && (t > MR_AGE_NS || t < -MR_AGE_NS)) {
            return false;
        }
    }
    return true;
}

static enum mr_err load_field(const struct mr_field *f, uint8_t *base, struct mr_reader *r)
{
    uint32_t n = elements(f, base);
    if (n > f->count) {
        r->bad = true;
        return MR_E_CORRUPT;
    }
    if (f->kind == MR_STRUCT) {
        for (uint32_t k = 0; k < f->count; k++) {
            uint8_t *element = base + f->offset + (size_t)k * f->type->size;
            enum mr_err err = MR_OK;
            if (k < n) {
                err = mr_state_load(f->type, element, r);
            } else {
                mr_state_clear(f->type, element);
            }
            if (err != MR_OK) {
                return err;
            }
        }
        return MR_OK;
    }
    size_t bytes = (size_t)n * kind_size[f->kind];
    struct mr_slice s = mr_read_bytes(r, bytes);
    if (r->bad) {
        return MR_E_TRUNCATED;
    }
    if (!values_fit(f->kind, s)) {
        r->bad = true;
        return MR_E_CORRUPT;
    }
    if (bytes > 0) {
        memcpy(base + f->offset, s.p, bytes);
    }
    memset(base + f->offset + bytes, 0, f->size - bytes);
    return MR_OK;
}

void mr_state_clear(const struct mr_type *type, void *record)
{
    uint8_t *base = record;
    for (uint32_t i = 0; i < type->nfields; i++) {
        const struct mr_field *f = &type->fields[i];
        if (f->kind != MR_STRUCT) {
            memset(base + f->offset, 0, f->size);
            continue;
        }
        for (uint32_t k = 0; k < f->count; k++) {
            mr_state_clear(f->type, base + f->offset + (size_t)k * f->type->size);
        }
    }
}

enum mr_err mr_state_load(const struct mr_type *type, void *record, struct mr_reader *r)
{
    uint8_t *base = record;
    if (type->live_at != MR_ALL && mr_read_u8(r) == 0) {
        mr_state_clear(type, base);
        return r->bad ? MR_E_TRUNCATED : MR_OK;
    }
    for (uint32_t i = 0; i < type->nfields; i++) {
        enum mr_err err = load_field(&type->fields[i], base, r);
        if (err != MR_OK) {
            return err;
        }
    }
    return MR_OK;
}
