/* block.c - a block's bytes: reading, writing, comparing. */
#include "plc/block.h"

#include "base/arena.h"

#include <stdio.h>

static const char magic[] = "MRB1";
#define HEAD (4 + MR_PLC_HASH + 4) /* bytes before what is hashed */

static_assert(MR_PLC_HASH == MR_DIGEST_BYTES, "a block's hash is the tree's own");

static enum mr_err refuse(enum mr_err err, const char *text, char *why, size_t cap)
{
    if (why && cap > 0) {
        (void)snprintf(why, cap, "%s", text);
    }
    return err;
}

/* An lv that ends in its only NUL; "" where it does not. */
static const char *read_text(struct mr_reader *r)
{
    struct mr_slice s = mr_read_lv(r);
    if (r->bad || s.n == 0 || memchr(s.p, 0, s.n) != s.p + s.n - 1) {
        r->bad = true;
        return "";
    }
    return (const char *)s.p;
}

static void write_text(struct mr_writer *w, const char *text)
{
    mr_write_lv(w, mr_slice(text, strlen(text) + 1));
}

static void read_unit(struct mr_reader *r, struct pc_unit *u)
{
    u->local_size = mr_read_u32le(r);
    u->ninsns = mr_read_u32le(r);
    if (u->ninsns > MR_PLC_CODE_MAX || u->local_size > MR_PLC_MEMORY_MAX) {
        r->bad = true;
        return;
    }
    u->insns = mr_read_bytes(r, (size_t)u->ninsns * 16);
    u->lines = mr_read_lv(r);
    u->constants = mr_read_lv(r);
}

enum mr_err mr_pc_unit_read(struct mr_slice block, struct pc_unit *u, char *why, size_t cap)
{
    *u = (struct pc_unit){.whole = block, .name = "", .author = "", .family = ""};
    struct mr_reader r = mr_reader(block);
    struct mr_slice begin = mr_read_bytes(&r, 4);
    struct mr_slice hash = mr_read_bytes(&r, MR_PLC_HASH);
    u->hashed = mr_read_bytes(&r, mr_read_u32le(&r));
    if (r.bad || memcmp(begin.p, magic, 4) != 0) {
        return refuse(MR_E_MALFORMED, "not a block", why, cap);
    }
    uint8_t is[MR_PLC_HASH];
    mr_digest(u->hashed, is);
    if (memcmp(is, hash.p, sizeof is) != 0) {
        return refuse(MR_E_CORRUPT, "the block's hash is not that of its content", why, cap);
    }
    struct mr_reader h = mr_reader(u->hashed);
    u->kind = mr_read_u8(&h);
    u->cls = mr_read_u8(&h);
    u->number = mr_read_u16le(&h);
    u->name = read_text(&h);
    u->layout = mr_read_bytes(&h, MR_PLC_HASH).p;
    if (u->kind == PC_CONFIGURATION) {
        u->body = mr_read_lv(&h);
    } else {
        read_unit(&h, u);
    }
    u->source = mr_read_lv(&h);
    u->author = read_text(&r);
    u->family = read_text(&r);
    u->version = mr_read_u8(&r);
    u->made = (int64_t)mr_read_u64le(&r);
    bool fits = u->kind <= PC_CONFIGURATION && u->cls < MR_PLC_CLASSES &&
                (u->kind == PC_CONFIGURATION) == (u->cls == MR_PLC_SDB) && strlen(u->name) < MR_PLC_BLOCK_NAME &&
                strlen(u->author) < MR_PLC_AUTHOR && strlen(u->family) < MR_PLC_AUTHOR;
    if (h.bad || r.bad || mr_reader_left(&h) > 0 || mr_reader_left(&r) > 0 || !fits) {
        return refuse(MR_E_MALFORMED, "the block's parts do not fit together", why, cap);
    }
    return MR_OK;
}

size_t mr_pc_unit_max(const struct pc_unit *u)
{
    return HEAD + 256 + strlen(u->name) + u->insns.n + u->lines.n + u->constants.n + u->body.n + u->source.n + strlen(u->author) +
           strlen(u->family);
}

void mr_pc_unit_write(const struct pc_unit *u, struct mr_writer *w)
{
    size_t at = w->n;
    mr_write_str(w, magic);
    mr_write_fill(w, 0, MR_PLC_HASH + 4);
    mr_write_u8(w, u->kind);
    mr_write_u8(w, u->cls);
    mr_write_u16le(w, u->number);
    write_text(w, u->name);
    mr_write_bytes(w, mr_slice(u->layout, MR_PLC_HASH));
    if (u->kind == PC_CONFIGURATION) {
        mr_write_lv(w, u->body);
    } else {
        mr_write_u32le(w, u->local_size);
        mr_write_u32le(w, u->ninsns);
        mr_write_bytes(w, u->insns);
        mr_write_lv(w, u->lines);
        mr_write_lv(w, u->constants);
    }
    mr_write_lv(w, u->source);
    if (!w->full) {
        uint32_t n = (uint32_t)(w->n - at - HEAD);
        mr_patch_u32le(w, at + 4 + MR_PLC_HASH, n);
        mr_digest(mr_slice(w->p + at + HEAD, n), w->p + at + 4);
    }
    write_text(w, u->author);
    write_text(w, u->family);
    mr_write_u8(w, u->version);
    mr_write_u64le(w, (uint64_t)u->made);
}

void mr_pc_insns_write(const struct pc_insn *code, uint32_t n, struct mr_writer *w)
{
    for (uint32_t i = 0; i < n; i++) {
        mr_write_u16le(w, code[i].op);
        mr_write_u16le(w, code[i].n);
        mr_write_u32le(w, (uint32_t)code[i].a);
        mr_write_u32le(w, (uint32_t)code[i].b);
        mr_write_u32le(w, (uint32_t)code[i].c);
    }
}

void mr_pc_lines_write(const uint32_t *lines, uint32_t n, struct mr_writer *w)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t by = (int64_t)lines[i] - before;
        mr_write_varint(w, i == 0 ? lines[i] : (uint64_t)by << 1 ^ (uint64_t)(by < 0 ? -1 : 0));
        before = lines[i];
    }
}

/* ---- for others ---- */

const char *mr_plc_class_name(enum mr_plc_class cls)
{
    static const char *const names[MR_PLC_CLASSES] = {"OB", "FB", "FC", "SDB"};
    return (unsigned)cls < MR_PLC_CLASSES ? names[cls] : "?";
}

static uint32_t data_size(const struct pc_unit *u)
{
    struct mr_reader r = mr_reader(u->body);
    return u->kind == PC_CONFIGURATION ? (uint32_t)mr_read_varint(&r) : 0; /* a layout begins with it */
}

static void describe(const struct pc_unit *u, struct mr_plc_block *out)
{
    static const char *const kinds[] = {"PROGRAM", "FUNCTION_BLOCK", "FUNCTION", "METHOD", "TASK", "CONFIGURATION"};
    *out = (struct mr_plc_block){.cls = (enum mr_plc_class)u->cls,
                                 .number = u->number,
                                 .kind = kinds[u->kind],
                                 .version = u->version,
                                 .made = u->made,
                                 .size = (uint32_t)u->whole.n,
                                 .code_size = (uint32_t)u->insns.n,
                                 .local_size = u->local_size,
                                 .data_size = data_size(u),
                                 .source_size = (uint32_t)u->source.n};
    mr_str_copy(out->name, sizeof out->name, u->name);
    mr_str_copy(out->author, sizeof out->author, u->author);
    mr_str_copy(out->family, sizeof out->family, u->family);
    memcpy(out->hash, u->whole.p + 4, MR_PLC_HASH);
    memcpy(out->layout, u->layout, MR_PLC_HASH);
}

enum mr_err mr_plc_block_read(struct mr_slice block, struct mr_plc_block *out, char *why, size_t cap)
{
    struct pc_unit u;
    enum mr_err err = mr_pc_unit_read(block, &u, why, cap);
    if (err == MR_OK) {
        describe(&u, out);
    }
    return err;
}

struct mr_slice mr_plc_block_source(struct mr_slice block)
{
    struct pc_unit u;
    return mr_pc_unit_read(block, &u, NULL, 0) == MR_OK ? u.source : mr_slice(NULL, 0);
}

enum mr_err mr_plc_block_stamp(struct mr_slice block, const char *author, const char *family, uint8_t version, int64_t made,
                               struct mr_writer *w)
{
    struct pc_unit u;
    enum mr_err err = mr_pc_unit_read(block, &u, NULL, 0);
    if (err != MR_OK || strlen(author) >= MR_PLC_AUTHOR || strlen(family) >= MR_PLC_AUTHOR) {
        return err != MR_OK ? err : MR_E_RANGE;
    }
    u.author = author;
    u.family = family;
    u.version = version;
    u.made = made;
    mr_pc_unit_write(&u, w);
    return w->full ? MR_E_FULL : MR_OK;
}

unsigned mr_plc_block_compare(struct mr_slice a, struct mr_slice b)
{
    struct pc_unit x;
    struct pc_unit y;
    if (mr_pc_unit_read(a, &x, NULL, 0) != MR_OK || mr_pc_unit_read(b, &y, NULL, 0) != MR_OK || x.kind != y.kind ||
        x.cls != y.cls || x.number != y.number || strcmp(x.name, y.name) != 0) {
        return MR_PLC_DIFFERS_UNIT;
    }
    bool same_code = x.local_size == y.local_size && mr_slice_eq(x.insns, y.insns) && mr_slice_eq(x.constants, y.constants) &&
                     mr_slice_eq(x.body, y.body);
    return (same_code ? 0 : MR_PLC_DIFFERS_CODE) | (mr_slice_eq(x.source, y.source) ? 0 : MR_PLC_DIFFERS_SOURCE) |
           (memcmp(x.layout, y.layout, MR_PLC_HASH) == 0 ? 0 : MR_PLC_DIFFERS_LAYOUT);
}
