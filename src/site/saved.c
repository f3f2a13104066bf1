#include "site/saved.h"

#include "base/arena.h"

#include <zlib.h>

#define MR_SAVED_MAGIC "MRSAVED1"
#define MR_SAVED_HEAD  128

size_t mr_saved_max(const struct mr_world *w)
{
    return MR_SAVED_HEAD + mr_arena_saved_max(mr_world_arena(w));
}

enum mr_err mr_saved_encode(struct mr_world *w, const struct mr_world_config *config, struct mr_slice content_hash,
                            struct mr_writer *out)
{
    mr_write_str(out, MR_SAVED_MAGIC);
    size_t at = out->n;
    mr_write_u32le(out, 0);
    size_t begin = out->n;
    mr_write_lv(out, content_hash);
    mr_write_u64le(out, config->seed);
    mr_write_u8(out, (uint8_t)config->network);
    mr_write_u64le(out, mr_world_seq(w));
    mr_write_u64le(out, (uint64_t)mr_world_event_time(w));
    enum mr_err err = mr_arena_save(mr_world_arena(w), out);
    if (err == MR_OK) {
        mr_patch_u32le(out, at, (uint32_t)crc32(0, out->p + begin, (uInt)(out->n - begin)));
    }
    return err;
}

enum mr_err mr_saved_decode(struct mr_slice in, struct mr_saved *out)
{
    struct mr_reader r = mr_reader(in);
    struct mr_slice magic = mr_read_bytes(&r, 8);
    uint32_t crc = mr_read_u32le(&r);
    if (r.bad || memcmp(magic.p, MR_SAVED_MAGIC, 8) != 0) {
        return MR_E_MALFORMED;
    }
    if (in.n - r.at > UINT32_MAX || crc32(0, in.p + r.at, (uInt)(in.n - r.at)) != crc) {
        return MR_E_CORRUPT;
    }
    out->content_hash = mr_read_lv(&r);
    out->seed = mr_read_u64le(&r);
    out->network = mr_read_u8(&r);
    out->seq = mr_read_u64le(&r);
    out->event_time = (mr_ns)mr_read_u64le(&r);
    out->state = mr_read_bytes(&r, mr_reader_left(&r));
    return r.bad ? MR_E_CORRUPT : MR_OK;
}

enum mr_err mr_saved_load(const struct mr_saved *s, struct mr_world *w, const struct mr_world_config *config,
                          struct mr_slice content_hash)
{
    if (!mr_slice_eq(s->content_hash, content_hash) || s->seed != config->seed || s->network != (uint8_t)config->network) {
        return MR_E_VERSION;
    }
    enum mr_err err = mr_arena_load(mr_world_arena(w), s->state);
    return err == MR_OK ? mr_world_loaded(w) : err;
}
