/* s7_program.c - blocks of a controller on the wire of an S7 CPU: classes are types, the block's own bytes are the body. */
#include "device/s7_program.h"

#include "plc/online.h"

static const uint8_t types[MR_PLC_CLASSES] = {
    [MR_PLC_OB] = MR_S7_OB, [MR_PLC_FB] = MR_S7_FB, [MR_PLC_FC] = MR_S7_FC, [MR_PLC_SDB] = MR_S7_SDB};

static bool class_of(uint8_t type, enum mr_plc_class *cls)
{
    for (int c = 0; c < MR_PLC_CLASSES; c++) {
        if (types[c] == type) {
            *cls = (enum mr_plc_class)c;
            return true;
        }
    }
    return false;
}

static void copy_letters(char out[8], const char *from)
{
    for (size_t i = 0; i < 8 && from[i]; i++) {
        out[i] = from[i];
    }
}

void mr_s7_describe_block(const struct mr_plc_block *b, struct mr_s7_block *out)
{
    *out = (struct mr_s7_block){
        .type = types[b->cls],
        .language = b->cls == MR_PLC_SDB ? MR_S7_LANGUAGE_SDB : MR_S7_SCL,
        .version = b->version,
        .number = b->number,
        .checksum = (uint16_t)(b->hash[0] << 8 | b->hash[1]),
        .bytes = b->size,
        .local = (uint16_t)(b->local_size < UINT16_MAX ? b->local_size : UINT16_MAX),
        .made = b->made * MR_S,
    };
    copy_letters(out->author, b->author);
    copy_letters(out->family, b->family);
    copy_letters(out->name, b->name);
}

/* Those that wait come after the active ones, and are none yet. */
static bool block_at(void *plc, size_t i, struct mr_s7_block *out)
{
    struct mr_plc_block b;
    if (mr_plc_blocks(plc, &b, i, 1) == 0 || !b.active) {
        return false;
    }
    mr_s7_describe_block(&b, out);
    return true;
}

static bool waiting_at(void *plc, size_t i, struct mr_s7_block *out)
{
    struct mr_plc_block b;
    for (int c = 0; c < MR_PLC_CLASSES; c++) {
        i += mr_plc_block_count(plc, (enum mr_plc_class)c);
    }
    if (mr_plc_blocks(plc, &b, i, 1) == 0) {
        return false;
    }
    mr_s7_describe_block(&b, out);
    return true;
}

static bool find(void *plc, uint8_t type, uint16_t number, struct mr_s7_block *out)
{
    enum mr_plc_class cls;
    struct mr_plc_block b;
    if (!class_of(type, &cls) || mr_plc_block_find(plc, cls, number, &b) != MR_OK) {
        return false;
    }
    mr_s7_describe_block(&b, out);
    return true;
}

static struct mr_slice body(void *plc, uint8_t type, uint16_t number)
{
    enum mr_plc_class cls;
    return class_of(type, &cls) ? mr_plc_block_bytes(plc, cls, number) : mr_slice(NULL, 0);
}

static uint32_t generation(void *plc)
{
    return mr_plc_generation(plc);
}

static enum mr_err begin(void *plc, uint64_t who, uint32_t size)
{
    return mr_plc_download_begin(plc, who, size);
}

static enum mr_err data(void *plc, uint64_t who, struct mr_slice piece)
{
    return mr_plc_download_data(plc, who, piece);
}

/* A block says itself which it is: one that was announced as another is not kept. */
static enum mr_err end(void *plc, uint64_t who, uint8_t type, uint16_t number, mr_ns now)
{
    struct mr_plc_block b;
    enum mr_err err = mr_plc_download_end(plc, who, now, &b);
    if (err == MR_OK && (types[b.cls] != type || b.number != number)) {
        mr_plc_discard(plc, who);
        return MR_E_MALFORMED;
    }
    return err;
}

static enum mr_err activate(void *plc, uint64_t who, mr_ns now)
{
    return mr_plc_activate(plc, who, now);
}

static enum mr_err delete_block(void *plc, uint64_t who, uint8_t type, uint16_t number, mr_ns now)
{
    enum mr_plc_class cls;
    return class_of(type, &cls) ? mr_plc_delete(plc, who, cls, number, now) : MR_E_NOT_FOUND;
}

static void let_go(void *plc, uint64_t who)
{
    mr_plc_let_go(plc, who);
}

static enum mr_s7_switch mode_switch(void *plc)
{
    static const enum mr_s7_switch keys[] = {
        [MR_PLC_KEY_RUN] = MR_S7_SWITCH_RUN, [MR_PLC_KEY_REMOTE] = MR_S7_SWITCH_RUN_P, [MR_PLC_KEY_STOP] = MR_S7_SWITCH_STOP};
    return keys[mr_plc_key(plc)];
}

static enum mr_err may_change_mode(void *plc, bool run)
{
    return mr_plc_key(plc) == (run ? MR_PLC_KEY_STOP : MR_PLC_KEY_RUN) ? MR_E_DENIED : MR_OK;
}

const struct mr_s7_program_ops mr_s7_plc_ops = {
    .block = block_at,
    .find = find,
    .body = body,
    .generation = generation,
    .begin = begin,
    .data = data,
    .end = end,
    .activate = activate,
    .waiting = waiting_at,
    .remove = delete_block,
    .let_go = let_go,
    .mode_switch = mode_switch,
    .may_change_mode = may_change_mode,
};
