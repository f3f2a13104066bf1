/* enip_io.c - class 1 messages: sequenced address item, count, run/idle header, data (Volume 1, 3-6.1; Volume 2, 2-6.2). */
#include "proto/enip/enip_io.h"

#include "proto/enip/enip_serve.h"

enum { RUN = 1 };

void mr_enip_assembly_read(const struct mr_enip_device *d, const struct mr_enip_assembly *a, struct mr_writer *w)
{
    if (a->kind != MR_ENIP_INPUT && a->kind != MR_ENIP_OUTPUT) {
        return;
    }
    uint32_t size = d->image->size[a->area], there = a->byte < size ? size - a->byte : 0;
    size_t n = there < a->bytes ? there : a->bytes;
    mr_write_bytes(w, mr_slice(d->image->area[a->area] + (n > 0 ? a->byte : 0), n));
    mr_write_fill(w, 0, a->bytes - n);
}

void mr_enip_assembly_write(const struct mr_enip_device *d, const struct mr_enip_assembly *a, struct mr_slice bytes)
{
    uint32_t size = d->image->size[a->area], there = a->byte < size ? size - a->byte : 0;
    size_t n = there < bytes.n ? there : bytes.n;
    if (n > 0) {
        memcpy(d->image->area[a->area] + a->byte, bytes.p, n);
    }
}

/* --- consuming -------------------------------------------------------------------------------------------------------------- */

/* The data of an owner, once its count has changed. */
static void consume(struct mr_enip_device *d, struct mr_enip_connection *c, struct mr_slice message)
{
    struct mr_reader r = mr_reader(message);
    uint16_t count = mr_read_u16le(&r);
    bool run = !d->personality->run_idle_header || (mr_read_u32le(&r) & RUN) != 0;
    bool fresh = !c->started || count != c->count_in;
    if (r.bad || c->kind != MR_ENIP_OWNER || c->consumed >= d->nassemblies) {
        return; /* a heartbeat */
    }
    c->count_in = count;
    if (run != c->run) {
        c->run = run;
        mr_enip_report(d, (struct mr_enip_event){.kind = MR_ENIP_EV_IO_RUN,
                                                 .class_id = MR_CIP_ASSEMBLY,
                                                 .instance = d->assemblies[c->consumed].instance,
                                                 .count = run,
                                                 .tag = MR_ENIP_NO_TAG,
                                                 .client = c->client});
    }
    const struct mr_enip_assembly *a = &d->assemblies[c->consumed];
    size_t n = mr_reader_left(&r);
    if (fresh && run && n <= a->bytes) {
        mr_enip_assembly_write(d, a, mr_read_bytes(&r, n));
    }
}

void mr_enip_io_datagram(struct mr_enip_device *d, struct mr_enip_peer from, struct mr_slice in, mr_ns now)
{
    struct mr_reader r = mr_reader(in);
    struct mr_enip_items items;
    if (!mr_enip_items_decode(&r, &items) || items.n != 2 || items.item[0].type != MR_ENIP_ITEM_SEQUENCED ||
        items.item[1].type != MR_ENIP_ITEM_CONNECTED || items.item[0].data.n != 8) {
        return;
    }
    struct mr_reader address = mr_reader(items.item[0].data);
    struct mr_enip_connection *c = mr_enip_find_connection(d, mr_read_u32le(&address));
    uint32_t sequence = mr_read_u32le(&address);
    if (!c || c->kind == MR_ENIP_EXPLICIT || c->client != from.ip || items.item[1].data.n > c->o_t_size ||
        (c->started && (int32_t)(sequence - c->sequence_in) <= 0)) {
        return;
    }
    c->heard = now;
    c->sequence_in = sequence;
    consume(d, c, items.item[1].data);
    c->started = true;
}

/* --- producing -------------------------------------------------------------------------------------------------------------- */

/* Of connections that share a group only the first sends. */
static bool produces(const struct mr_enip_device *d, const struct mr_enip_connection *c)
{
    for (const struct mr_enip_connection *o = d->connections; c->multicast && o < c; o++) {
        if (o->live && o->multicast && o->t_o_id == c->t_o_id) {
            return false;
        }
    }
    return c->live && c->kind != MR_ENIP_EXPLICIT && c->produced < d->nassemblies;
}

static void produce(struct mr_enip_device *d, struct mr_enip_connection *c, mr_ns now, struct mr_writer *w)
{
    mr_write_u16le(w, 2);
    mr_write_u16le(w, MR_ENIP_ITEM_SEQUENCED);
    mr_write_u16le(w, 8);
    mr_write_u32le(w, c->t_o_id);
    mr_write_u32le(w, ++c->sequence_out);
    mr_write_u16le(w, MR_ENIP_ITEM_CONNECTED);
    mr_write_u16le(w, c->t_o_size);
    size_t begin = w->n;
    mr_write_u16le(w, ++c->count_out);
    mr_enip_assembly_read(d, &d->assemblies[c->produced], w);
    size_t n = w->n - begin;
    mr_write_fill(w, 0, n < c->t_o_size ? c->t_o_size - n : 0);
    w->n = begin + c->t_o_size < w->n ? begin + c->t_o_size : w->n; /* where the originator wanted less */
    mr_ns every = c->t_o_rpi_us * MR_US > d->personality->rpi_min ? c->t_o_rpi_us * MR_US : d->personality->rpi_min;
    c->due = c->due + every > now ? c->due + every : now + every;
}

bool mr_enip_io_due(struct mr_enip_device *d, mr_ns now, struct mr_enip_peer *to, struct mr_writer *w)
{
    const uint16_t n = mr_enip_connections_used(d);
    for (uint16_t i = 0; i < n; i++) {
        struct mr_enip_connection *c = &d->connections[i];
        if (c->live && now - c->heard >= mr_enip_timeout(c)) {
            mr_enip_end_connection(d, c, MR_ENIP_EV_IO_LOST);
        }
    }
    mr_enip_connections_trim(d);
    for (uint16_t i = 0; i < n; i++) {
        struct mr_enip_connection *c = &d->connections[i];
        if (c->live && c->due <= now && produces(d, c)) {
            *to = (struct mr_enip_peer){c->peer_ip, c->peer_port};
            produce(d, c, now, w);
            return true;
        }
    }
    return false;
}

mr_ns mr_enip_io_deadline(const struct mr_enip_device *d)
{
    mr_ns at = MR_NEVER_NS;
    for (uint16_t i = 0, n = mr_enip_connections_used(d); i < n; i++) {
        const struct mr_enip_connection *c = &d->connections[i];
        if (!c->live) {
            continue;
        }
        mr_ns end = c->heard + mr_enip_timeout(c);
        at = end < at ? end : at;
        at = produces(d, c) && c->due < at ? c->due : at;
    }
    return at;
}

void mr_enip_io_reset(struct mr_enip_device *d)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        d->connections[i].live = false;
    }
    d->state->nused = 0;
}
