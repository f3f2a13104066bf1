/* online.c - a controller's blocks: load memory, download, activation, deletion; key, forces. */
#include "plc/online.h"

#include "plc/controller.h"

#include <stdio.h>
#include <stdlib.h>

static const struct mr_field loaded_fields[] = {
    MR_FIELD(struct plc_loaded, state, MR_U8),   MR_FIELD(struct plc_loaded, cls, MR_U8),
    MR_FIELD(struct plc_loaded, number, MR_U16), MR_FIELD(struct plc_loaded, loaded, MR_I64),
    MR_FIELD(struct plc_loaded, at, MR_U32),     MR_FIELD(struct plc_loaded, n, MR_U32),
};
static const struct mr_type loaded_type = MR_TYPE("plc_loaded", struct plc_loaded, loaded_fields);

static const struct mr_field load_fields[] = {
    MR_FIELD(struct plc_load, generation, MR_U32),
    MR_FIELD(struct plc_load, holder, MR_U64),
    MR_FIELD(struct plc_load, coming, MR_U32),
    MR_FIELD(struct plc_load, used, MR_U32),
    MR_FIELD(struct plc_load, filled, MR_U32),
    MR_FIELD(struct plc_load, nblocks, MR_U32),
    MR_VARIABLE_SUBS(struct plc_load, blocks, nblocks, &loaded_type),
    MR_VARIABLE(struct plc_load, bytes, MR_U8, filled),
};
static const struct mr_type load_type = MR_TYPE("plc_load", struct plc_load, load_fields);

/* A room holds a program somewhat larger than the site's, with its configuration's lists and a copy of the memory; it is working
 * memory, and stays untouched until something is downloaded. */
static size_t room_size(const struct mr_plc *c)
{
    const struct mr_plc_program *p = c->original;
    size_t code = (size_t)p->ncode * (sizeof(struct pc_insn) + sizeof(uint32_t)) + p->memory_size;
    size_t lists = (size_t)p->nblocks * (sizeof(struct pc_block) + sizeof(struct pc_unit) + sizeof(struct pc_entry) + 64) +
                   (size_t)p->nsymbols * (sizeof(struct mr_plc_symbol) + 48);
    return code * 3 / 2 + lists * 5 / 4 + 2 * (size_t)c->capacity + (16u << 10);
}

bool mr_pc_load_create(struct mr_plc *c, struct mr_arena *arena, const char *name)
{
    c->load = mr_arena_new(arena, &load_type, 1, name);
    for (int i = 0; i < 2; i++) {
        c->room[i].n = room_size(c);
        c->room[i].p = mr_arena_scratch(arena, c->room[i].n);
    }
    return c->load && c->room[0].p && c->room[1].p;
}

/* ---- load memory ---- */

static struct plc_loaded *loaded(const struct mr_plc *c, uint8_t cls, uint16_t number, bool waiting)
{
    for (uint32_t i = 0; i < c->load->nblocks; i++) {
        struct plc_loaded *l = &c->load->blocks[i];
        if (l->cls == cls && l->number == number && (l->state == PLC_WAITING) == waiting) {
            return l;
        }
    }
    return NULL;
}

static struct mr_slice bytes_of(const struct mr_plc *c, const struct plc_loaded *l)
{
    return mr_slice(c->load->bytes + l->at, l->n);
}

/* Takes a block out; what lies behind it moves down. */
static void unload(struct mr_plc *c, struct plc_loaded *gone)
{
    struct plc_load *load = c->load;
    const struct plc_loaded was = *gone;
    memmove(load->bytes + was.at, load->bytes + was.at + was.n, load->filled - was.at - was.n);
    load->filled -= was.n;
    load->used -= was.n;
    for (uint32_t i = 0; i < load->nblocks; i++) {
        load->blocks[i].at -= load->blocks[i].at > was.at ? was.n : 0;
    }
    *gone = load->blocks[--load->nblocks];
    load->blocks[load->nblocks] = (struct plc_loaded){0};
}

static void unload_all(struct mr_plc *c, bool only_waiting)
{
    for (uint32_t i = c->load->nblocks; i-- > 0;) {
        if (!only_waiting || c->load->blocks[i].state == PLC_WAITING) {
            unload(c, &c->load->blocks[i]);
        }
    }
}

static enum mr_err refuse(struct mr_plc *c, enum mr_err err, const char *text)
{
    (void)snprintf(c->why, sizeof c->why, "%s", text);
    return err;
}

/* ---- a program from blocks ---- */

/* The site's program as a layout. */
static enum mr_err original_layout(const struct mr_plc *c, struct pc_room *room, struct pc_layout *l)
{
    const struct mr_plc_program *p = c->original;
    *l = (struct pc_layout){.data_end = p->data_end,
                            .init = p->init,
                            .nentries = p->nblocks,
                            .retain = p->retain,
                            .nretain = p->nretain,
                            .symbols = p->symbols,
                            .nsymbols = p->nsymbols,
                            .tasks = p->tasks,
                            .task_infos = p->task_infos,
                            .ntasks = p->ntasks};
    memcpy(l->hash, p->layout, sizeof l->hash);
    memcpy(l->area_at, p->area_at, sizeof l->area_at);
    memcpy(l->area_size, p->area_size, sizeof l->area_size);
    l->entries = mr_pc_room(room, (p->nblocks + 1) * sizeof *l->entries);
    for (uint32_t i = 0; l->entries && i < p->nblocks; i++) {
        const struct pc_block *b = &p->blocks[i];
        l->entries[i] = (struct pc_entry){(uint8_t)b->kind, b->cls, b->number, b->name, b->instance_size, 0};
    }
    return l->entries ? MR_OK : MR_E_FULL;
}

/* The block of load memory that the program is to have: one that waits (where these count) before an active one. */
static const struct plc_loaded *chosen(const struct mr_plc *c, uint8_t cls, uint16_t number, bool waiting)
{
    const struct plc_loaded *l = waiting ? loaded(c, cls, number, true) : NULL;
    return l ? l : loaded(c, cls, number, false);
}

static enum mr_err find_layout(struct mr_plc *c, bool waiting, struct pc_room *room, struct pc_layout *l)
{
    const struct plc_loaded *config = chosen(c, MR_PLC_SDB, 0, waiting);
    if (!config) {
        return original_layout(c, room, l);
    }
    struct pc_unit u;
    enum mr_err err = mr_pc_unit_read(bytes_of(c, config), &u, c->why, sizeof c->why);
    if (err == MR_OK && u.kind != PC_CONFIGURATION) {
        err = refuse(c, MR_E_MALFORMED, "SDB0 is no configuration");
    }
    if (err == MR_OK) {
        err = mr_pc_layout_read(u.body, room, l);
        (void)snprintf(c->why, sizeof c->why, "SDB0: %s", mr_err_text(err));
    }
    if (err == MR_OK && (memcmp(l->area_at, c->original->area_at, sizeof l->area_at) != 0 ||
                         memcmp(l->area_size, c->original->area_size, sizeof l->area_size) != 0)) {
        err = refuse(c, MR_E_UNSUPPORTED, "SDB0: made for a controller with another process image");
    }
    return err;
}

/* Units in the order of the layout. An active block that was compiled with another configuration is left out; one that waits is
 * an error, which linking tells. */
static enum mr_err find_units(struct mr_plc *c, bool waiting, const struct pc_layout *l, struct pc_room *room,
                              const struct pc_unit ***out)
{
    struct pc_unit *units = mr_pc_room(room, (l->nentries + 1) * sizeof *units);
    const struct pc_unit **list = mr_pc_room(room, (l->nentries + 1) * sizeof *list);
    if (!units || !list) {
        return refuse(c, MR_E_FULL, "the program is too large for this controller");
    }
    bool site = memcmp(l->hash, c->original->layout, MR_PLC_HASH) == 0;
    for (uint32_t i = 0; i < l->nentries; i++) {
        const struct plc_loaded *from = chosen(c, l->entries[i].cls, l->entries[i].number, waiting);
        struct mr_slice block = from && from->state != PLC_DELETED ? bytes_of(c, from)
                                : !from && site                    ? c->original->made[1 + i]
                                                                   : mr_slice(NULL, 0);
        if (block.n == 0) {
            continue;
        }
        enum mr_err err = mr_pc_unit_read(block, &units[i], c->why, sizeof c->why);
        if (err != MR_OK) {
            return err;
        }
        bool stale = memcmp(units[i].layout, l->hash, MR_PLC_HASH) != 0;
        list[i] = stale && from && from->state == PLC_ACTIVE ? NULL : &units[i];
    }
    *out = list;
    return MR_OK;
}

static bool in_layout(const struct pc_layout *l, const struct plc_loaded *b)
{
    for (uint32_t i = 0; i < l->nentries; i++) {
        if (l->entries[i].cls == b->cls && l->entries[i].number == b->number) {
            return true;
        }
    }
    return b->cls == MR_PLC_SDB && b->number == 0;
}

/* Links the blocks into the room that is not in use. */
static enum mr_err build(struct mr_plc *c, bool waiting, struct mr_plc_program **out)
{
    struct pc_room *room = &c->room[1 - c->in_room];
    room->at = 0;
    struct pc_layout l;
    const struct pc_unit **units = NULL;
    struct mr_plc_program *p = mr_pc_room(room, sizeof *p);
    enum mr_err err = find_layout(c, waiting, room, &l);
    for (uint32_t i = 0; err == MR_OK && waiting && i < c->load->nblocks; i++) {
        if (c->load->blocks[i].state == PLC_WAITING && !in_layout(&l, &c->load->blocks[i])) {
            err = refuse(c, MR_E_INVALID, "the configuration has no such block");
        }
    }
    if (err == MR_OK) {
        err = find_units(c, waiting, &l, room, &units);
    }
    if (err == MR_OK) {
        err = mr_pc_link(&l, units, room, p, c->why, sizeof c->why);
    }
    if (err == MR_OK && p->memory_size > c->capacity) {
        err = refuse(c, MR_E_FULL, "the program needs more memory than this controller has");
    }
    *out = p;
    return err;
}

/* ---- what a new program makes of the memory ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct mr_plc_symbol *const *)a)->name, (*(const struct mr_plc_symbol *const *)b)->name);
}

static bool holds_value(const struct mr_plc_symbol *s)
{
    return !s->located && s->type != MR_VT_OTHER;
}

/* Variables of the same name and type take their values along. Without room for the list, none does. */
static void migrate(const struct mr_plc *c, const struct mr_plc_program *from, const uint8_t *old, struct pc_room *room)
{
    const struct mr_plc_symbol **list = mr_pc_room(room, (from->nsymbols + 1) * sizeof *list);
    uint32_t n = 0;
    for (uint32_t i = 0; list && i < from->nsymbols; i++) {
        if (holds_value(&from->symbols[i])) {
            list[n++] = &from->symbols[i];
        }
    }
    if (n > 0) {
        qsort(list, n, sizeof *list, by_name);
    }
    for (uint32_t i = 0; n > 0 && i < c->program->nsymbols; i++) {
        const struct mr_plc_symbol *to = &c->program->symbols[i];
        const struct mr_plc_symbol **found = holds_value(to) ? bsearch(&to, list, n, sizeof *list, by_name) : NULL;
        if (found && (*found)->type == to->type && (*found)->size == to->size &&
            strcmp((*found)->type_name, to->type_name) == 0) {
            memcpy(c->memory + to->offset, old + (*found)->offset, to->size);
        }
    }
}

void mr_pc_use(struct mr_plc *c, const struct mr_plc_program *p)
{
    const struct mr_plc_program *old = c->program;
    mr_pc_set_program(c, p);
    if (memcmp(old->layout, p->layout, sizeof p->layout) == 0) { /* variables stay; temporaries and constants are new */
        memcpy(c->memory + p->data_end, p->init + p->data_end, p->memory_size - p->data_end);
        return;
    }
    struct pc_room *room = &c->room[c->in_room]; /* behind the new program */
    uint8_t *copy = mr_pc_room(room, old->data_end);
    if (copy) {
        memcpy(copy, c->memory, old->data_end);
    }
    uint32_t image = p->area_at[MR_AREAS - 1] + p->area_size[MR_AREAS - 1]; /* the areas, which are the same, come first */
    memcpy(c->memory + image, p->init + image, p->memory_size - image);
    if (copy) {
        migrate(c, old, copy, room);
    }
}

const struct mr_plc_symbol *mr_pc_here(const struct mr_plc *c, const struct mr_plc_symbol *s)
{
    const struct mr_plc_program *o = c->original;
    bool same = c->program->symbols == o->symbols;
    return same || s < o->symbols || s >= o->symbols + o->nsymbols ? s : mr_plc_symbol_find(c->program, s->name);
}

enum mr_err mr_plc_loaded(struct mr_plc *c)
{
    struct plc_load *load = c->load;
    if (load->used > load->filled || load->coming > MR_PLC_LOAD_MEMORY - load->used || c->status->nforces > MR_PLC_FORCES) {
        return MR_E_CORRUPT;
    }
    for (uint32_t i = 0; i < load->nblocks; i++) {
        if (load->blocks[i].at > load->used || load->blocks[i].n > load->used - load->blocks[i].at) {
            return MR_E_CORRUPT;
        }
    }
    struct mr_plc_program *p = NULL;
    if (load->nblocks == 0) {
        mr_pc_set_program(c, c->original);
    } else if (build(c, false, &p) == MR_OK) {
        mr_pc_set_program(c, p);
        c->in_room = 1 - c->in_room;
    } else {
        return MR_E_CORRUPT;
    }
    /* constants are the program's, whatever a snapshot says */
    memcpy(c->memory + c->program->ro_at, c->program->init + c->program->ro_at, c->program->memory_size - c->program->ro_at);
    return MR_OK;
}

/* ---- who may change it ---- */

enum mr_err mr_plc_hold(struct mr_plc *c, uint64_t who)
{
    if (c->load->holder != 0 && c->load->holder != who) {
        return refuse(c, MR_E_BUSY, "another station is changing this controller");
    }
    c->load->holder = who;
    return MR_OK;
}

void mr_plc_let_go(struct mr_plc *c, uint64_t who)
{
    if (c->load->holder == who) {
        c->load->holder = 0;
        c->load->coming = 0;
        c->load->filled = c->load->used;
    }
}

uint64_t mr_plc_holder(const struct mr_plc *c)
{
    return c->load->holder;
}

static enum mr_err may_change(struct mr_plc *c, uint64_t who)
{
    if (c->status->key == MR_PLC_KEY_RUN) {
        return refuse(c, MR_E_DENIED, "the key switch stands on RUN");
    }
    return mr_plc_hold(c, who);
}

const char *mr_plc_online_why(const struct mr_plc *c)
{
    return c->why;
}

/* ---- download ---- */

enum mr_err mr_plc_download_begin(struct mr_plc *c, uint64_t who, uint32_t size)
{
    enum mr_err err = may_change(c, who);
    if (err != MR_OK) {
        return err;
    }
    c->load->filled = c->load->used; /* one that was begun and not ended is forgotten */
    c->load->coming = 0;
    if (size == 0 || size > MR_PLC_LOAD_MEMORY - c->load->used || c->load->nblocks == MR_PLC_LOADED_MAX) {
        return size == 0 ? refuse(c, MR_E_INVALID, "a block of no bytes") : refuse(c, MR_E_FULL, "the load memory is full");
    }
    c->load->coming = size;
    return MR_OK;
}

enum mr_err mr_plc_download_data(struct mr_plc *c, uint64_t who, struct mr_slice piece)
{
    struct plc_load *load = c->load;
    if (load->holder != who || load->coming == 0) {
        return refuse(c, MR_E_INVALID, "no download was begun");
    }
    if (piece.n > load->coming - (load->filled - load->used)) {
        return refuse(c, MR_E_RANGE, "more bytes than were announced");
    }
    if (piece.n > 0) {
        memcpy(load->bytes + load->filled, piece.p, piece.n);
        load->filled += (uint32_t)piece.n;
    }
    return MR_OK;
}

static enum mr_err take(struct mr_plc *c, const struct pc_unit *u, mr_ns now)
{
    struct plc_load *load = c->load;
    struct plc_loaded *before = loaded(c, u->cls, u->number, true);
    if (before) {
        unload(c, before);
    }
    load->blocks[load->nblocks++] =
        (struct plc_loaded){PLC_WAITING, u->cls, u->number, now, load->used, load->filled - load->used};
    load->used = load->filled;
    mr_pc_note(c, MR_PLC_EVENT_DOWNLOAD, (uint32_t)u->cls << 16 | u->number, now);
    return MR_OK;
}

enum mr_err mr_plc_download_end(struct mr_plc *c, uint64_t who, mr_ns now, struct mr_plc_block *out)
{
    struct plc_load *load = c->load;
    if (load->holder != who || load->coming == 0) {
        return refuse(c, MR_E_INVALID, "no download was begun");
    }
    struct mr_slice block = mr_slice(load->bytes + load->used, load->filled - load->used);
    struct pc_unit u;
    enum mr_err err = block.n < load->coming ? refuse(c, MR_E_TRUNCATED, "fewer bytes came than were announced")
                                             : mr_pc_unit_read(block, &u, c->why, sizeof c->why);
    load->coming = 0;
    if (err == MR_OK && out) {
        err = mr_plc_block_read(block, out, c->why, sizeof c->why);
        out->loaded = now;
    }
    if (err == MR_OK) {
        return take(c, &u, now);
    }
    load->filled = load->used;
    mr_pc_note(c, MR_PLC_EVENT_REFUSED, (uint32_t)err, now);
    return err;
}

enum mr_err mr_plc_download(struct mr_plc *c, uint64_t who, mr_ns now, struct mr_slice block)
{
    enum mr_err err = block.n > MR_PLC_LOAD_MEMORY ? refuse(c, MR_E_FULL, "larger than the load memory")
                                                   : mr_plc_download_begin(c, who, (uint32_t)block.n);
    err = err == MR_OK ? mr_plc_download_data(c, who, block) : err;
    return err == MR_OK ? mr_plc_download_end(c, who, now, NULL) : err;
}

/* What waited takes the place of what was active, and what the new program has no use for goes. */
static uint32_t settle(struct mr_plc *c, const struct mr_plc_program *p)
{
    uint32_t n = 0;
    for (uint32_t i = c->load->nblocks; i-- > 0;) {
        const struct plc_loaded *l = &c->load->blocks[i];
        struct mr_plc_block b;
        bool stale = l->state == PLC_ACTIVE && mr_plc_block_read(bytes_of(c, l), &b, NULL, 0) == MR_OK &&
                     memcmp(b.layout, p->layout, sizeof b.layout) != 0;
        bool pointless = l->state == PLC_DELETED && memcmp(c->original->layout, p->layout, MR_PLC_HASH) != 0;
        if (stale || pointless || (l->state != PLC_WAITING && loaded(c, l->cls, l->number, true))) {
            unload(c, &c->load->blocks[i]);
        }
    }
    for (uint32_t i = 0; i < c->load->nblocks; i++) {
        n += c->load->blocks[i].state == PLC_WAITING ? 1 : 0;
        c->load->blocks[i].state = c->load->blocks[i].state == PLC_WAITING ? PLC_ACTIVE : c->load->blocks[i].state;
    }
    return n;
}

enum mr_err mr_plc_activate(struct mr_plc *c, uint64_t who, mr_ns now)
{
    enum mr_err err = may_change(c, who);
    struct mr_plc_program *p = NULL;
    err = err == MR_OK ? build(c, true, &p) : err;
    bool other = err == MR_OK && memcmp(p->layout, c->program->layout, sizeof p->layout) != 0;
    if (other && c->status->state == MR_PLC_RUNNING) {
        err = refuse(c, MR_E_BUSY, "another configuration is taken only while the controller is stopped");
    }
    if (err != MR_OK) {
        mr_pc_note(c, MR_PLC_EVENT_REFUSED, (uint32_t)err, now);
        return err;
    }
    uint32_t n = settle(c, p);
    if (other) { /* their places may be another variable's now */
        mr_plc_force_none(c, now);
    }
    c->in_room = 1 - c->in_room;
    mr_pc_use(c, p);
    c->load->generation++;
    mr_pc_note(c, MR_PLC_EVENT_ACTIVATE, n, now);
    return MR_OK;
}

void mr_plc_discard(struct mr_plc *c, uint64_t who)
{
    if (c->load->holder == who) {
        unload_all(c, true);
    }
}

/* ---- what is there ---- */

static struct mr_slice active_bytes(const struct mr_plc *c, uint8_t cls, uint16_t number)
{
    const struct plc_loaded *l = loaded(c, cls, number, false);
    if (l) {
        return l->state == PLC_ACTIVE ? bytes_of(c, l) : mr_slice(NULL, 0);
    }
    bool site = memcmp(c->program->layout, c->original->layout, MR_PLC_HASH) == 0;
    if (site && cls == MR_PLC_SDB && number == 0) {
        return c->original->made[0];
    }
    for (uint32_t i = 0; site && i < c->original->nblocks; i++) {
        if (c->original->blocks[i].cls == cls && c->original->blocks[i].number == number) {
            return c->original->made[1 + i];
        }
    }
    return mr_slice(NULL, 0);
}

/* Hash of the site's block of that number; NULL where it has none. */
static const uint8_t *original_hash(const struct mr_plc *c, uint8_t cls, uint16_t number)
{
    if (cls == MR_PLC_SDB) {
        return c->original->made[0].p + 4;
    }
    for (uint32_t i = 0; i < c->original->nblocks; i++) {
        if (c->original->blocks[i].cls == cls && c->original->blocks[i].number == number) {
            return c->original->made[1 + i].p + 4;
        }
    }
    return NULL;
}

static bool describe(const struct mr_plc *c, struct mr_slice bytes, const struct plc_loaded *l, struct mr_plc_block *out)
{
    if (bytes.n == 0 || mr_plc_block_read(bytes, out, NULL, 0) != MR_OK) {
        return false;
    }
    const uint8_t *hash = original_hash(c, (uint8_t)out->cls, out->number);
    out->active = !l || l->state == PLC_ACTIVE;
    out->loaded = l ? l->loaded : 0;
    out->changed = !hash || memcmp(hash, out->hash, MR_PLC_HASH) != 0;
    return true;
}

/* The `i`th active block of a class, in the order of the project; false behind the last. */
static bool active_at(const struct mr_plc *c, enum mr_plc_class cls, size_t i, uint16_t *number)
{
    if (cls == MR_PLC_SDB) {
        *number = 0;
        return i == 0;
    }
    for (uint32_t k = 0; k < c->program->nblocks; k++) {
        const struct pc_block *b = &c->program->blocks[k];
        if (b->cls == cls && !b->missing && i-- == 0) {
            *number = b->number;
            return true;
        }
    }
    return false;
}

size_t mr_plc_block_count(const struct mr_plc *c, enum mr_plc_class cls)
{
    size_t n = cls == MR_PLC_SDB ? 1 : 0;
    for (uint32_t k = 0; k < c->program->nblocks; k++) {
        n += c->program->blocks[k].cls == cls && !c->program->blocks[k].missing ? 1 : 0;
    }
    return n;
}

size_t mr_plc_blocks(const struct mr_plc *c, struct mr_plc_block *out, size_t from, size_t cap)
{
    size_t n = 0;
    size_t at = 0;
    for (unsigned cls = 0; cls < MR_PLC_CLASSES; cls++) {
        size_t count = mr_plc_block_count(c, (enum mr_plc_class)cls);
        for (size_t i = from > at ? from - at : 0; i < count && n < cap; i++) {
            uint16_t number = 0;
            (void)active_at(c, (enum mr_plc_class)cls, i, &number);
            n += mr_plc_block_find(c, (enum mr_plc_class)cls, number, &out[n]) == MR_OK ? 1 : 0;
        }
        at += count;
    }
    for (uint32_t i = 0; i < c->load->nblocks && n < cap; i++) {
        const struct plc_loaded *l = &c->load->blocks[i];
        if (l->state == PLC_WAITING && at++ >= from && describe(c, bytes_of(c, l), l, &out[n])) {
            n++;
        }
    }
    return n;
}

enum mr_err mr_plc_block_find(const struct mr_plc *c, enum mr_plc_class cls, uint16_t number, struct mr_plc_block *out)
{
    bool known = (unsigned)cls < MR_PLC_CLASSES;
    const struct plc_loaded *l = known ? loaded(c, (uint8_t)cls, number, false) : NULL;
    return known && describe(c, active_bytes(c, (uint8_t)cls, number), l, out) ? MR_OK : MR_E_NOT_FOUND;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        char x = *a >= 'a' && *a <= 'z' ? (char)(*a - 'a' + 'A') : *a;
        char y = *b >= 'a' && *b <= 'z' ? (char)(*b - 'a' + 'A') : *b;
        if (x != y) {
            return false;
        }
    }
    return *a == *b;
}

enum mr_err mr_plc_block_named(const struct mr_plc *c, const char *name, struct mr_plc_block *out)
{
    for (uint32_t i = 0; i < c->program->nblocks; i++) {
        const struct pc_block *b = &c->program->blocks[i];
        if (!b->missing && same_name(b->name, name)) {
            return mr_plc_block_find(c, (enum mr_plc_class)b->cls, b->number, out);
        }
    }
    return MR_E_NOT_FOUND;
}

struct mr_slice mr_plc_block_bytes(const struct mr_plc *c, enum mr_plc_class cls, uint16_t number)
{
    return active_bytes(c, (uint8_t)cls, number);
}

uint32_t mr_plc_generation(const struct mr_plc *c)
{
    return c->load->generation;
}

uint32_t mr_plc_load_memory(const struct mr_plc *c, uint32_t *capacity)
{
    *capacity = MR_PLC_LOAD_MEMORY;
    return c->load->used;
}

/* ---- deleting ---- */

enum mr_err mr_plc_delete(struct mr_plc *c, uint64_t who, enum mr_plc_class cls, uint16_t number, mr_ns now)
{
    enum mr_err err = may_change(c, who);
    if (err != MR_OK) {
        return err;
    }
    if (cls == MR_PLC_SDB) {
        return refuse(c, MR_E_UNSUPPORTED, "a configuration is replaced, not deleted");
    }
    struct mr_plc_block was;
    if (mr_plc_block_find(c, cls, number, &was) != MR_OK) {
        return refuse(c, MR_E_NOT_FOUND, "there is no such block");
    }
    struct plc_loaded *l = loaded(c, (uint8_t)cls, number, false);
    if (!l && c->load->nblocks == MR_PLC_LOADED_MAX) {
        return refuse(c, MR_E_FULL, "the load memory is full");
    }
    c->load->coming = 0; /* a download that was begun lies behind the blocks, which move */
    c->load->filled = c->load->used;
    if (l) {
        unload(c, l);
    }
    if (original_hash(c, (uint8_t)cls, number)) {
        c->load->blocks[c->load->nblocks++] = (struct plc_loaded){PLC_DELETED, (uint8_t)cls, number, now, c->load->used, 0};
    }
    struct mr_plc_program *p = NULL;
    err = build(c, false, &p);
    if (MR_NEVER(err != MR_OK)) { /* a program with one block less links as it did with it */
        return err;
    }
    c->in_room = 1 - c->in_room;
    mr_pc_use(c, p);
    c->load->generation++;
    mr_pc_note(c, MR_PLC_EVENT_DELETE, (uint32_t)cls << 16 | number, now);
    return MR_OK;
}

enum mr_err mr_plc_restore(struct mr_plc *c, uint64_t who, mr_ns now)
{
    enum mr_err err = may_change(c, who);
    if (err != MR_OK) {
        return err;
    }
    mr_pc_halt(c, MR_PLC_EVENT_STOP, 0, now);
    mr_plc_force_none(c, now);
    unload_all(c, false);
    c->load->coming = 0;
    c->load->filled = c->load->used;
    mr_pc_set_program(c, c->original);
    memcpy(c->memory, c->original->init, c->original->memory_size);
    c->load->generation++;
    mr_pc_note(c, MR_PLC_EVENT_RESTORE, 0, now);
    return MR_OK;
}

/* ---- the key, run and stop ---- */

enum mr_plc_key mr_plc_key(const struct mr_plc *c)
{
    return (enum mr_plc_key)c->status->key;
}

void mr_plc_turn_key(struct mr_plc *c, enum mr_plc_key key, mr_ns now)
{
    if (c->status->key == (uint8_t)key) {
        return;
    }
    c->status->key = (uint8_t)key;
    mr_pc_note(c, MR_PLC_EVENT_KEY, (uint32_t)key, now);
    if (key == MR_PLC_KEY_STOP) {
        mr_pc_halt(c, MR_PLC_EVENT_STOP, 0, now);
    } else if (key == MR_PLC_KEY_RUN && c->status->state != MR_PLC_RUNNING) {
        mr_plc_start(c, MR_PLC_WARM, now);
    }
}

enum mr_err mr_plc_remote_start(struct mr_plc *c, enum mr_plc_start how, mr_ns now)
{
    if (c->status->key != MR_PLC_KEY_REMOTE) {
        return refuse(c, MR_E_DENIED, "the key switch does not stand on REMOTE");
    }
    mr_plc_start(c, how, now);
    return MR_OK;
}

enum mr_err mr_plc_remote_stop(struct mr_plc *c, mr_ns now)
{
    if (c->status->key != MR_PLC_KEY_REMOTE) {
        return refuse(c, MR_E_DENIED, "the key switch does not stand on REMOTE");
    }
    mr_pc_halt(c, MR_PLC_EVENT_STOP, 0, now);
    return MR_OK;
}

/* ---- forced variables ---- */

static bool forces(const struct plc_force *f, const struct mr_plc_symbol *s)
{
    return f->area < MR_AREAS ? s->located && (uint8_t)s->place.area == f->area && s->place.byte == f->at &&
                                    s->place.bit == f->bit && (uint8_t)s->type == f->type
                              : !s->located && s->offset == f->at && (uint8_t)s->type == f->type;
}

size_t mr_plc_forces(const struct mr_plc *c, struct mr_plc_forced *out, size_t cap)
{
    size_t n = 0;
    for (; n < c->status->nforces && n < cap; n++) {
        const struct plc_force *f = &c->status->forces[n];
        out[n] = (struct mr_plc_forced){NULL, f->value};
        for (uint32_t i = 0; i < c->program->nsymbols && !out[n].symbol; i++) {
            out[n].symbol = forces(f, &c->program->symbols[i]) ? &c->program->symbols[i] : NULL;
        }
    }
    return n;
}

enum mr_err mr_plc_remote_force(struct mr_plc *c, const char *name, bool on, double value, mr_ns now)
{
    if (c->status->key == MR_PLC_KEY_RUN) {
        return refuse(c, MR_E_DENIED, "the key switch stands on RUN");
    }
    const struct mr_plc_symbol *s = mr_plc_symbol_find(c->program, name);
    c->status->last = now;
    return s ? mr_plc_force(c, s, on, value) : refuse(c, MR_E_NOT_FOUND, "there is no such variable");
}

void mr_plc_force_none(struct mr_plc *c, mr_ns now)
{
    if (c->status->nforces > 0) {
        memset(c->status->forces, 0, sizeof c->status->forces);
        c->status->nforces = 0;
        mr_pc_note(c, MR_PLC_EVENT_UNFORCE, 0, now);
    }
}
