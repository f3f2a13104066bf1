/* peer_s7.c - a device over S7comm: stretches of I, Q, M and data blocks in read jobs of several items, one job at a time.
 *
 * Variables of several bytes lie high byte first there (serve_s7.c), as long as no other variable of the program lies across
 * them. */
#include "device/peer_row.h"
#include "proto/s7/s7_client.h"

#include <stdlib.h>

#define MR_S7_GAP     16  /* bytes read along that nobody wants are cheaper than one more item */
#define MR_S7_STRETCH 200 /* bytes of an item, so that its answer fits the smallest PDU */
#define MR_S7_PASTE   4   /* bytes before an item's value in an answer */

/* Where a place lies: the item that holds it, and the byte in that. */
struct spot {
    uint16_t item, at;
};
struct plan {
    struct mr_s7_route route;
    struct mr_s7_item *items;
    size_t nitems;
    struct spot *spots; /* by place */
};

struct s7 {
    struct mr_s7_client client;
    uint16_t next;  /* item of this round to be asked for */
    uint16_t asked; /* the first of the job under way */
};
static const struct mr_field fields[] = {
    MR_SUB(struct s7, client, &mr_s7_client_type),
    MR_FIELD(struct s7, next, MR_U16),
    MR_FIELD(struct s7, asked, MR_U16),
};
static const struct mr_type type = MR_TYPE("S7 peer", struct s7, fields);

/* --- places ----------------------------------------------------------------------------------------------------------------- */

/* Whether the server turns round just these bytes: a variable that lies across them would be turned round instead. */
static bool is_whole(const struct mr_device *d, const struct mr_place *p)
{
    const struct mr_plc_symbol *all;
    size_t n = mr_plc_symbols(d->program, &all);
    size_t size = mr_vtype_size(p->type);
    bool found = size == 1;
    for (size_t i = 0; i < n; i++) {
        size_t bytes = mr_vtype_size(all[i].type);
        const struct mr_place *q = &all[i].place;
        if (!all[i].located || q->area != p->area || bytes < 2 || q->byte >= p->byte + size || p->byte >= q->byte + bytes) {
            continue;
        }
        if (q->byte != p->byte || bytes != size) {
            return false;
        }
        found = true;
    }
    return found;
}

/* The item that a place is by itself. */
static struct mr_s7_item item_of(const struct mr_serve *s, const struct mr_place *p)
{
    static const uint8_t codes[MR_AREAS] = {
        [MR_AREA_I] = MR_S7_AREA_INPUTS, [MR_AREA_Q] = MR_S7_AREA_OUTPUTS, [MR_AREA_M] = MR_S7_AREA_FLAGS};
    uint16_t size = (uint16_t)mr_vtype_size(p->type);
    struct mr_s7_item item = {.transport = MR_S7_BYTE, .count = size, .area = codes[p->area], .address = p->byte * 8};
    for (size_t i = 0; i < s->s7.nblocks; i++) { /* in a data block, where there is one around it */
        const struct mr_data_block *b = &s->s7.blocks[i];
        if (b->at.area == p->area && p->byte >= b->at.byte && p->byte + size <= b->at.byte + b->size) {
            item.area = MR_S7_AREA_DB;
            item.db = b->number;
            item.address = (p->byte - b->at.byte) * 8;
            break;
        }
    }
    return item;
}

static bool reaches(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, bool write)
{
    (void)s;
    return mr_vtype_size(p->type) > 0 && d->program && is_whole(d, p) && !(write && p->area == MR_AREA_I);
}

/* A place on the way into an item. */
struct wanted {
    struct mr_s7_item item;
    size_t place;
};
static int by_address(const void *a, const void *b)
{
    const struct mr_s7_item *x = &((const struct wanted *)a)->item;
    const struct mr_s7_item *y = &((const struct wanted *)b)->item;
    int order = (x->area > y->area) - (x->area < y->area);
    order = order ? order : (x->db > y->db) - (x->db < y->db);
    return order ? order : (x->address > y->address) - (x->address < y->address);
}

/* Puts a place into the last item where it goes on from there, or near enough; else into one of its own. */
static void put(struct plan *own, const struct wanted *w)
{
    struct mr_s7_item *last = own->nitems > 0 ? &own->items[own->nitems - 1] : NULL;
    uint32_t end = w->item.address / 8 + w->item.count;
    uint32_t from = last ? last->address / 8 : 0;
    if (last && last->area == w->item.area && last->db == w->item.db && w->item.address / 8 <= from + last->count + MR_S7_GAP &&
        end - from <= MR_S7_STRETCH) {
        last->count = (uint16_t)(end - from > last->count ? end - from : last->count);
    } else {
        last = &own->items[own->nitems++];
        *last = w->item;
        from = last->address / 8;
    }
    own->spots[w->place] = (struct spot){(uint16_t)(own->nitems - 1), (uint16_t)(w->item.address / 8 - from)};
}

static bool make_plan(struct mr_peer *p, struct mr_arena *a)
{
    struct plan *own = p->own = mr_arena_scratch(a, sizeof *own);
    struct wanted *list = mr_arena_scratch(a, sizeof *list * (p->nplaces + 1));
    if (!own || !list || !(own->items = mr_arena_scratch(a, sizeof *own->items * (p->nplaces + 1))) ||
        !(own->spots = mr_arena_scratch(a, sizeof *own->spots * (p->nplaces + 1)))) {
        return false;
    }
    for (size_t i = 0; i < p->nplaces; i++) {
        if (!reaches(p->device, p->serve, &p->places[i], false)) {
            return false;
        }
        list[i] = (struct wanted){item_of(p->serve, &p->places[i]), i};
    }
    qsort(list, p->nplaces, sizeof *list, by_address);
    for (size_t i = 0; i < p->nplaces; i++) {
        put(own, &list[i]);
    }
    /* An operator panel's connection (2) to the CPU in rack 0, slot 2. */
    own->route = (struct mr_s7_route){0x0200, 0x0202, MR_S7_PDU_MAX, MR_PEER_TIMEOUT};
    return true;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static void bind(const struct mr_peer *p, void *session)
{
    ((struct s7 *)session)->client.route = &((const struct plan *)p->own)->route;
}

static void init(const struct mr_peer *p, void *session)
{
    const struct plan *own = p->own;
    struct s7 *s = session;
    mr_s7_client_init(&s->client, &own->route);
    s->next = (uint16_t)own->nitems;
}

static void open_session(const struct mr_peer *p, void *session, mr_ns now)
{
    init(p, session);
    mr_s7_client_open(&((struct s7 *)session)->client, now);
}

static void close_session(const struct mr_peer *p, void *session)
{
    (void)p;
    mr_s7_client_close(&((struct s7 *)session)->client);
}

/* --- rounds ----------------------------------------------------------------------------------------------------------------- */

static size_t even(size_t n)
{
    return n + n % 2;
}

/* As many items as request and answer have room for. */
static void ask(const struct mr_peer *p, struct s7 *s, mr_ns now)
{
    enum { ITEM = 12, PARAMETERS = 2 };
    const struct plan *own = p->own;
    size_t n = 0;
    size_t request = MR_S7_JOB_HEADER + PARAMETERS;
    size_t answer = MR_S7_ACK_HEADER + PARAMETERS;
    while (s->next + n < own->nitems && n < MR_S7_ITEMS_MAX) {
        request += ITEM;
        answer += MR_S7_PASTE + even(own->items[s->next + n].count);
        if (n > 0 && (request > s->client.pdu_size || answer > s->client.pdu_size)) {
            break;
        }
        n++;
    }
    if (n > 0 && mr_s7_client_read(&s->client, own->items + s->next, n, MR_PEER_OWN, now) == MR_OK) {
        s->asked = s->next;
        s->next = (uint16_t)(s->next + n);
    }
}

static void start_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct s7 *s = session;
    (void)sink;
    if (s->next >= ((const struct plan *)p->own)->nitems) {
        s->next = 0;
        ask(p, s, now);
    }
}

static double value_of(const struct mr_place *place, const uint8_t *bytes)
{
    uint8_t turned[8] = {0};
    size_t size = mr_vtype_size(place->type);
    for (size_t i = 0; i < size; i++) {
        turned[i] = bytes[size - 1 - i];
    }
    return mr_peer_from_bytes(place, mr_slice(turned, size));
}

static void take_values(const struct mr_peer *p, const struct s7 *s, struct mr_slice data, const struct mr_peer_sink *sink)
{
    const struct plan *own = p->own;
    struct mr_reader r = mr_reader(data);
    uint8_t code;
    struct mr_slice value;
    for (size_t item = s->asked; mr_s7_next_value(&r, &code, &value); item++) {
        for (size_t i = 0; code == MR_S7_OK && i < p->nplaces; i++) {
            const struct spot *at = &own->spots[i];
            if (at->item == item && at->at + mr_vtype_size(p->places[i].type) <= value.n) {
                mr_peer_value(sink, i, value_of(&p->places[i], value.p + at->at), true);
            }
        }
    }
}

/* Module identification (status list 0x0011): records of index, order number, type and versions. */
static void take_identity(struct mr_slice list, uint32_t token, const struct mr_peer_sink *sink)
{
    enum { ORDER_NUMBER = 20 };
    struct mr_peer_text text = {0};
    struct mr_reader r = mr_reader(list);
    (void)mr_read_bytes(&r, 4); /* list and index */
    size_t size = mr_read_u16be(&r);
    (void)mr_read_u16be(&r);
    struct mr_slice record = mr_read_bytes(&r, size);
    if (!r.bad && size >= 2 + ORDER_NUMBER) {
        mr_peer_text_add(&text, mr_slice(record.p + 2, ORDER_NUMBER));
    }
    mr_peer_said(sink, token, &text);
}

static enum mr_err error_of(const struct mr_s7_result *r, bool wrote)
{
    switch (r->outcome) {
    case MR_S7_READY:
    case MR_S7_WANTED:
    case MR_S7_DONE:
        return wrote && (r->data.n < 1 || r->data.p[0] != MR_S7_OK) ? MR_E_DENIED : MR_OK;
    case MR_S7_REFUSED:
        return MR_E_DENIED;
    case MR_S7_TIMEOUT:
        return MR_E_TIMEOUT;
    case MR_S7_LOST:
    case MR_S7_GARBLED:
        break;
    }
    return MR_E_CLOSED;
}

static bool take(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct s7 *s = session;
    struct mr_s7_result r;
    while (mr_s7_client_next(&s->client, &r)) {
        if (r.outcome == MR_S7_READY) {
            mr_peer_ready(sink);
        } else if (r.outcome == MR_S7_DONE && (r.token & MR_PEER_OWN)) {
            take_values(p, s, r.data, sink);
        } else if (r.outcome == MR_S7_DONE && (r.token & MR_PEER_IDENTITY)) {
            take_identity(r.list, r.token, sink);
        } else {
            bool wrote = r.parameters.n > 0 && r.parameters.p[0] == MR_S7_WRITE_VAR;
            mr_peer_done(sink, r.token, error_of(&r, wrote));
        }
        ask(p, s, now);
    }
    return !mr_s7_client_finished(&s->client);
}

/* --- requests --------------------------------------------------------------------------------------------------------------- */

static enum mr_err write_place(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                               uint32_t token, mr_ns now)
{
    uint8_t bytes[8];
    (void)direct;
    if (!reaches(p->device, p->serve, place, true)) {
        return MR_E_UNSUPPORTED;
    }
    struct mr_s7_item item = item_of(p->serve, place);
    size_t size = mr_peer_to_bytes(place, value, bytes);
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t low = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = low;
    }
    if (place->type == MR_VT_BOOL) {
        item.transport = MR_S7_BIT;
        item.address += place->bit;
    }
    struct mr_slice one = mr_slice(bytes, size);
    return mr_s7_client_write(&((struct s7 *)session)->client, &item, &one, 1, token, now);
}

static enum mr_err identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now)
{
    (void)p;
    return mr_s7_client_list(&((struct s7 *)session)->client, 0x0011, 0, token, now);
}

static enum mr_err control(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now)
{
    struct mr_s7_client *c = &((struct s7 *)session)->client;
    (void)p;
    return what == MR_PEER_STOP    ? mr_s7_client_stop(c, token, now)
           : what == MR_PEER_START ? mr_s7_client_start(c, token, now)
                                   : MR_E_UNSUPPORTED;
}

const struct mr_peer_ops mr_peer_s7 = {
    .title = "S7",
    .expected = "a variable of the program that no other one lies across, and to be written none of %I",
    .type = &type,
    .io = &mr_s7_client_ops,
    .reaches = reaches,
    .plan = make_plan,
    .bind = bind,
    .init = init,
    .open = open_session,
    .close = close_session,
    .round = start_round,
    .take = take,
    .write = write_place,
    .identify = identify,
    .control = control,
};
