/* layout.c - the configuration as bytes: what a unit's code takes for granted.
 *
 *   data_end, then at and size of each area: varint
 *   the initial memory up to data_end: pieces of a varint (zero bytes) and an lv (others)
 *   units: varint, each kind u8, class u8, number u16, name, instance_size varint, interface u64
 *   tasks: varint, each unit varint, name, interval i64, priority i32, watchdog i64, address of SINGLE varint, its bit u8
 *   retained ranges: varint, each distance from the end of the one before and length, varint
 *   variables: varint, each type u8 (0x80: located), name, offset from the one before's (zigzag), size varint,
 *     of a located one area u8, byte varint, bit u8, then its type's name, empty where it is the same as before
 *
 * A name is written as how many letters it shares with the one before, varint, and the rest as lv. */
#include "plc/block.h"

#include "base/arena.h"

#define LOCATED 0x80

void *mr_pc_room(struct pc_room *room, size_t n)
{
    size_t at = (room->at + 15) & ~(size_t)15;
    if (at > room->n || n > room->n - at) {
        return NULL;
    }
    room->at = at + n;
    memset(room->p + at, 0, n);
    return room->p + at;
}

/* ---- writing ---- */

static void write_name(struct mr_writer *w, const char *before, const char *name)
{
    size_t same = 0;
    while (before[same] && before[same] == name[same]) {
        same++;
    }
    mr_write_varint(w, same);
    mr_write_lv(w, mr_slice_str(name + same));
}

static void write_init(const struct pc_layout *l, struct mr_writer *w)
{
    uint32_t at = 0;
    while (at < l->data_end) {
        uint32_t zeros = at;
        while (zeros < l->data_end && l->init[zeros] == 0) {
            zeros++;
        }
        uint32_t end = zeros;
        for (uint32_t gap = 0; end < l->data_end && gap < 4; end++) {
            gap = l->init[end] == 0 ? gap + 1 : 0;
        }
        mr_write_varint(w, zeros - at);
        mr_write_lv(w, mr_slice(l->init + zeros, end - zeros));
        at = end;
    }
}

static void write_tasks(const struct pc_layout *l, struct mr_writer *w)
{
    mr_write_varint(w, l->ntasks);
    for (uint32_t i = 0; i < l->ntasks; i++) {
        const struct pc_task *t = &l->tasks[i];
        mr_write_varint(w, t->block);
        write_name(w, "", t->info.name);
        mr_write_u64le(w, (uint64_t)t->info.interval);
        mr_write_u32le(w, (uint32_t)t->info.priority);
        mr_write_u64le(w, (uint64_t)t->info.watchdog);
        mr_write_varint(w, t->single);
        mr_write_u8(w, t->single_bit);
    }
}

static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v < 0 ? -1 : 0);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static void write_symbols(const struct pc_layout *l, struct mr_writer *w)
{
    mr_write_varint(w, l->nsymbols);
    struct mr_plc_symbol before = {.name = "", .type_name = ""};
    for (uint32_t i = 0; i < l->nsymbols; i++) {
        const struct mr_plc_symbol *s = &l->symbols[i];
        mr_write_u8(w, (uint8_t)((unsigned)s->type | (s->located ? LOCATED : 0)));
        write_name(w, before.name, s->name);
        mr_write_varint(w, zigzag((int64_t)s->offset - before.offset));
        mr_write_varint(w, s->size);
        if (s->located) {
            mr_write_u8(w, (uint8_t)s->place.area);
            mr_write_varint(w, s->place.byte);
            mr_write_u8(w, s->place.bit);
        }
        mr_write_lv(w, mr_slice_str(strcmp(before.type_name, s->type_name) == 0 ? "" : s->type_name));
        before = *s;
    }
}

void mr_pc_layout_write(const struct pc_layout *l, struct mr_writer *w)
{
    mr_write_varint(w, l->data_end);
    for (int a = 0; a < MR_AREAS; a++) {
        mr_write_varint(w, l->area_at[a]);
        mr_write_varint(w, l->area_size[a]);
    }
    write_init(l, w);
    mr_write_varint(w, l->nentries);
    for (uint32_t i = 0; i < l->nentries; i++) {
        const struct pc_entry *e = &l->entries[i];
        mr_write_u8(w, e->kind);
        mr_write_u8(w, e->cls);
        mr_write_u16le(w, e->number);
        write_name(w, "", e->name);
        mr_write_varint(w, e->instance_size);
        mr_write_u64le(w, e->interface);
    }
    write_tasks(l, w);
    mr_write_varint(w, l->nretain);
    uint32_t end = 0;
    for (uint32_t i = 0; i < l->nretain; i++) {
        mr_write_varint(w, l->retain[i].at - end);
        mr_write_varint(w, l->retain[i].n);
        end = l->retain[i].at + l->retain[i].n;
    }
    write_symbols(l, w);
}

size_t mr_pc_layout_max(const struct pc_layout *l)
{
    size_t n = 256 + (size_t)l->data_end * 2 + (size_t)l->nretain * 10 + (size_t)l->ntasks * 64;
    for (uint32_t i = 0; i < l->ntasks; i++) {
        n += strlen(l->tasks[i].info.name);
    }
    for (uint32_t i = 0; i < l->nentries; i++) {
        n += 32 + strlen(l->entries[i].name);
    }
    for (uint32_t i = 0; i < l->nsymbols; i++) {
        n += 48 + strlen(l->symbols[i].name) + strlen(l->symbols[i].type_name);
    }
    return n;
}

/* ---- reading ---- */

/* A number up to `max`; `bad` above. */
static uint32_t number(struct mr_reader *r, uint64_t max)
{
    uint64_t v = mr_read_varint(r);
    r->bad |= v > max;
    return r->bad ? 0 : (uint32_t)v;
}

/* How many of something that takes at least `least` bytes follow: so no more room is asked for than the bytes can fill. */
static uint32_t count(struct mr_reader *r, uint32_t max, uint32_t least)
{
    uint32_t n = number(r, max);
    r->bad |= n > mr_reader_left(r) / least;
    return r->bad ? 0 : n;
}

static const char *read_name(struct mr_reader *r, struct pc_room *room, const char *before, bool *full)
{
    size_t same = number(r, strlen(before));
    struct mr_slice rest = mr_read_lv(r);
    if (r->bad || memchr(rest.p ? (const void *)rest.p : "", 0, rest.n)) {
        r->bad = true;
        return "";
    }
    char *name = mr_pc_room(room, same + rest.n + 1);
    if (!name) {
        *full = true;
        return "";
    }
    memcpy(name, before, same); /* NOLINT(bugprone-not-null-terminated-result): the room is zeroed */
    if (rest.n > 0) {
        memcpy(name + same, rest.p, rest.n);
    }
    return name;
}

static void read_init(struct mr_reader *r, struct pc_layout *l)
{
    uint32_t at = 0;
    while (at < l->data_end && !r->bad) {
        at += number(r, l->data_end - at);
        struct mr_slice s = mr_read_lv(r);
        if (s.n > l->data_end - at || (s.n == 0 && at < l->data_end)) {
            r->bad = true;
            return;
        }
        if (s.n > 0) {
            memcpy(l->init + at, s.p, s.n);
        }
        at += (uint32_t)s.n;
    }
}

static void read_entry(struct mr_reader *r, struct pc_room *room, struct pc_entry *e, bool *full)
{
    e->kind = mr_read_u8(r);
    e->cls = mr_read_u8(r);
    e->number = mr_read_u16le(r);
    e->name = read_name(r, room, "", full);
    e->instance_size = number(r, MR_PLC_MEMORY_MAX);
    e->interface = mr_read_u64le(r);
    r->bad |= e->kind >= PC_CONFIGURATION || e->cls >= MR_PLC_SDB;
}

static void read_task(struct mr_reader *r, struct pc_room *room, const struct pc_layout *l, struct pc_task *t, bool *full)
{
    t->block = number(r, MR_PLC_POUS_MAX + MR_PLC_TASKS_MAX);
    t->info.name = read_name(r, room, "", full);
    t->info.interval = (int64_t)mr_read_u64le(r);
    t->info.priority = (int32_t)mr_read_u32le(r);
    t->info.watchdog = (int64_t)mr_read_u64le(r);
    t->single = number(r, l->data_end);
    t->single_bit = mr_read_u8(r);
    bool timed = t->info.interval == 0 || (t->info.interval >= MR_PLC_INTERVAL_MIN && t->info.interval <= MR_PLC_INTERVAL_MAX);
    r->bad |= !timed || t->info.watchdog < 0 || t->info.watchdog > MR_PLC_WATCHDOG_MAX || t->single == l->data_end ||
              (t->single_bit > 7 && t->single_bit != 255);
}

static void read_symbol(struct mr_reader *r, struct pc_room *room, const struct pc_layout *l, const struct mr_plc_symbol *before,
                        struct mr_plc_symbol *s, bool *full)
{
    uint8_t type = mr_read_u8(r);
    s->located = type & LOCATED;
    s->type = (enum mr_vtype)(type & ~LOCATED);
    s->name = read_name(r, room, before->name, full);
    int64_t offset = (int64_t)before->offset + unzigzag(number(r, UINT32_MAX));
    s->size = number(r, l->data_end);
    r->bad |= s->type > MR_VT_OTHER || offset < 0 || offset > l->data_end || s->size > l->data_end - (uint64_t)offset;
    s->offset = r->bad ? 0 : (uint32_t)offset;
    if (s->located) {
        uint8_t area = mr_read_u8(r);
        r->bad |= area >= MR_AREAS;
        s->place = (struct mr_place){(enum mr_area)(area % MR_AREAS), s->type, number(r, MR_PLC_AREA_MAX), mr_read_u8(r) & 7};
    }
    struct mr_reader at = *r;
    bool same = mr_read_lv(&at).n == 0;
    if (same) {
        *r = at;
        s->type_name = before->type_name;
        return;
    }
    struct mr_slice text = mr_read_lv(r);
    char *name = mr_pc_room(room, text.n + 1);
    *full |= !name;
    if (name && text.n > 0) {
        memcpy(name, text.p, text.n);
    }
    s->type_name = name ? name : "";
}

static bool read_lists(struct mr_reader *r, struct pc_room *room, struct pc_layout *l)
{
    bool full = false;
    l->nentries = count(r, MR_PLC_POUS_MAX + MR_PLC_TASKS_MAX, 6);
    l->entries = mr_pc_room(room, (l->nentries + 1) * sizeof *l->entries);
    for (uint32_t i = 0; l->entries && i < l->nentries; i++) {
        read_entry(r, room, &l->entries[i], &full);
    }
    l->ntasks = count(r, MR_PLC_TASKS_MAX, 20);
    l->tasks = mr_pc_room(room, (l->ntasks + 1) * sizeof *l->tasks);
    l->task_infos = mr_pc_room(room, (l->ntasks + 1) * sizeof *l->task_infos);
    for (uint32_t i = 0; l->tasks && l->task_infos && i < l->ntasks; i++) {
        read_task(r, room, l, &l->tasks[i], &full);
        l->task_infos[i] = l->tasks[i].info;
    }
    l->nretain = count(r, MR_PLC_SYMBOLS_MAX, 2);
    l->retain = mr_pc_room(room, (l->nretain + 1) * sizeof *l->retain);
    uint32_t end = 0;
    for (uint32_t i = 0; l->retain && i < l->nretain; i++) {
        uint32_t at = end + number(r, l->data_end - end);
        uint32_t n = number(r, l->data_end - at);
        l->retain[i] = (struct pc_range){at, n};
        end = at + n;
    }
    l->nsymbols = count(r, MR_PLC_SYMBOLS_MAX, 5);
    l->symbols = mr_pc_room(room, (l->nsymbols + 1) * sizeof *l->symbols);
    struct mr_plc_symbol none = {.name = "", .type_name = ""};
    for (uint32_t i = 0; l->symbols && i < l->nsymbols; i++) {
        read_symbol(r, room, l, i > 0 ? &l->symbols[i - 1] : &none, &l->symbols[i], &full);
    }
    return !full && l->entries && l->tasks && l->task_infos && l->retain && l->symbols;
}

enum mr_err mr_pc_layout_read(struct mr_slice body, struct pc_room *room, struct pc_layout *l)
{
    *l = (struct pc_layout){0};
    mr_digest(body, l->hash);
    struct mr_reader r = mr_reader(body);
    l->data_end = number(&r, MR_PLC_MEMORY_MAX);
    for (int a = 0; a < MR_AREAS; a++) {
        l->area_at[a] = number(&r, l->data_end);
        l->area_size[a] = number(&r, l->data_end - l->area_at[a]);
    }
    l->init = mr_pc_room(room, l->data_end);
    if (!l->init) {
        return MR_E_FULL;
    }
    read_init(&r, l);
    bool fits = read_lists(&r, room, l);
    if (r.bad || mr_reader_left(&r) > 0) {
        return MR_E_MALFORMED;
    }
    return fits ? MR_OK : MR_E_FULL;
}
