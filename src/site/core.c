#include "site/core.h"

#include "device/devices.h"
#include "site/channel.h"
#include "site/hello.h"
#include "site/world.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MR_CORE_IN  (4u << 20) /* read at a time; a larger message (a snapshot) makes it grow, once */
#define MR_CORE_OUT (1u << 20) /* written at a time: what a batch of inputs brings about */

struct mr_core {
    struct mr_core_options opt;
    struct mr_world *world;
    uint8_t *in;
    size_t cap_in, nin;
    uint8_t *out;
    struct mr_writer w;
    bool started, broken, stop;
    uint64_t done;
};

static void write_all(struct mr_core *c, const uint8_t *p, size_t n)
{
    while (n > 0 && !c->broken) {
        ssize_t k = write(c->opt.fd, p, n);
        if (k < 0 && errno != EINTR) {
            c->broken = true;
        }
        if (k > 0) {
            p += k;
            n -= (size_t)k;
        }
    }
}

static void flush(struct mr_core *c)
{
    write_all(c, c->out, c->w.n);
    c->w.n = 0;
    c->w.full = false;
}

/* Starts a message of at most `n` bytes: what is collected goes out first where room is short. */
static size_t message(struct mr_core *c, enum mr_message_kind kind, size_t n)
{
    if (mr_writer_left(&c->w) < n + 16) {
        flush(c);
    }
    return mr_message_begin(&c->w, kind);
}

static void on_event(void *ctx, const struct mr_event *e)
{
    struct mr_core *c = ctx;
    size_t at = message(c, MR_MSG_EVENT, MR_EVENT_BYTES);
    mr_event_encode(e, &c->w);
    mr_message_end(&c->w, at);
}

static void on_request(void *ctx, const struct mr_net_request *q)
{
    struct mr_core *c = ctx;
    size_t at = message(c, MR_MSG_OUTPUT, q->data.n + 64);
    mr_write_u64le(&c->w, mr_world_outputs(c->world));
    mr_net_request_encode(q, &c->w);
    mr_message_end(&c->w, at);
}

static void on_view(void *ctx, mr_ns at_time, uint16_t tag, double value, uint8_t quality)
{
    struct mr_core *c = ctx;
    size_t at = message(c, MR_MSG_VIEW, 64);
    mr_write_u64le(&c->w, (uint64_t)at_time);
    mr_write_varint(&c->w, tag);
    mr_write_u8(&c->w, quality);
    mr_write_f64le(&c->w, value);
    mr_message_end(&c->w, at);
}

static void on_frame(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame)
{
    struct mr_core *c = ctx;
    size_t at = message(c, MR_MSG_FRAME, frame.n + 32);
    mr_write_u16le(&c->w, zone);
    mr_write_u64le(&c->w, (uint64_t)t);
    mr_write_bytes(&c->w, frame);
    mr_message_end(&c->w, at);
}

static void on_trace(void *ctx, const char *line)
{
    struct mr_core *c = ctx;
    const struct mr_slice text = mr_slice_str(line);
    size_t at = message(c, MR_MSG_TRACE, text.n);
    mr_write_bytes(&c->w, text);
    mr_message_end(&c->w, at);
}

static void say_done(struct mr_core *c)
{
    size_t at = message(c, MR_MSG_DONE, 32);
    mr_write_u64le(&c->w, c->done);
    mr_write_u64le(&c->w, (uint64_t)mr_world_next(c->world));
    mr_write_u64le(&c->w, mr_world_outputs(c->world));
    mr_message_end(&c->w, at);
}

/* --- hello ------------------------------------------------------------------------------------------------------------------ */

static void fill_devices(const struct mr_site *s, struct mr_hello *h)
{
    for (uint16_t i = 0; i < s->ndevices; i++) {
        const struct mr_device *d = &s->devices[i];
        struct mr_site_device *to = &h->devices[i];
        mr_str_copy(to->name, sizeof to->name, d->name);
        mr_str_copy(to->kind, sizeof to->kind, mr_device_kind_name(d->kind));
        mr_str_copy(to->title_zh, sizeof to->title_zh, d->title.zh);
        mr_str_copy(to->title_en, sizeof to->title_en, d->title.en);
        mr_str_copy(to->vendor, sizeof to->vendor, d->personality->vendor);
        mr_str_copy(to->model, sizeof to->model, d->personality->model);
    }
}

static void fill_actors(const struct mr_scenario *s, struct mr_hello *h)
{
    for (size_t i = 0; s && i < s->nactors; i++) {
        struct mr_site_device *to = &h->devices[s->actors[i].device];
        mr_str_copy(to->name, sizeof to->name, s->actors[i].name);
        mr_str_copy(to->kind, sizeof to->kind, "actor");
        mr_str_copy(to->title_zh, sizeof to->title_zh, s->actors[i].title.zh);
        mr_str_copy(to->title_en, sizeof to->title_en, s->actors[i].title.en);
    }
}

static void fill_tags(const struct mr_site *s, struct mr_hello *h)
{
    for (uint16_t i = 0; i < s->ntags; i++) {
        const struct mr_tag *t = &s->tags[i];
        struct mr_view_tag *to = &h->tags[i];
        mr_str_copy(to->name, sizeof to->name, t->name);
        mr_str_copy(to->unit, sizeof to->unit, t->unit);
        to->is_bool = t->is_bool;
        to->writable = t->writable;
        to->lo = t->lo;
        to->hi = t->hi;
        memcpy(to->limits, t->limits, sizeof to->limits);
        to->hmi = MR_NO_DEVICE;
    }
    for (uint16_t d = s->ndevices; d > 0; d--) { /* the first HMI that polls a tag */
        const struct mr_device *plan = &s->devices[d - 1];
        for (size_t p = 0; plan->kind == MR_DEV_HMI && p < plan->npolls; p++) {
            for (size_t k = 0; k < plan->polls[p].ntags; k++) {
                h->tags[plan->polls[p].tags[k]].hmi = (uint16_t)(d - 1);
            }
        }
    }
}

static void fill_services(struct mr_core *c, struct mr_hello *h)
{
    const struct mr_services *all = mr_devices_services(mr_world_devices(c->world));
    const char *protocol;
    for (uint16_t i = 0; i < mr_services_count(all); i++) {
        struct mr_service *to = &h->services[h->nservices++];
        (void)mr_service_info(all, i, &to->node, &to->port, &protocol);
        to->proto = MR_FW_TCP;
        mr_str_copy(to->name, sizeof to->name, protocol);
        uint16_t port;
        for (size_t k = 0; (port = mr_service_udp(all, i, k)) != 0; k++) {
            struct mr_service *udp = &h->services[h->nservices++];
            *udp = (struct mr_service){.node = to->node, .port = port, .proto = MR_FW_UDP};
            (void)snprintf(udp->name, sizeof udp->name, "%.8s-%s", protocol, k == 0 ? "udp" : "io");
        }
    }
}

static bool say_hello(struct mr_core *c)
{
    const struct mr_site *s = c->opt.site;
    size_t ndevices = s->ndevices + (c->opt.scenario ? c->opt.scenario->nactors : 0);
    struct mr_hello *h = calloc(1, sizeof *h);
    struct mr_site_device *devices = calloc(ndevices + 1, sizeof *devices);
    struct mr_view_tag *tags = calloc(s->ntags + 1u, sizeof *tags);
    struct mr_service *services =
        calloc((1u + MR_SERVICE_UDP) * mr_services_count(mr_devices_services(mr_world_devices(c->world))) + 1u, sizeof *services);
    bool made = h && devices && tags && services;
    if (made) {
        h->devices = devices;
        h->ndevices = (uint16_t)ndevices;
        h->tags = tags;
        h->ntags = s->ntags;
        h->services = services;
        mr_str_copy(h->site, sizeof h->site, s->name);
        mr_str_copy(h->scenario, sizeof h->scenario, c->opt.scenario ? c->opt.scenario->name : "");
        h->step_ns = s->step;
        h->topology = c->opt.scenario ? c->opt.scenario->topology : s->topology;
        h->rules = s->rules;
        fill_devices(s, h);
        fill_actors(c->opt.scenario, h);
        fill_tags(s, h);
        fill_services(c, h);
        size_t at = message(c, MR_MSG_HELLO, MR_CORE_OUT - 64);
        mr_hello_encode(h, &c->w);
        mr_message_end(&c->w, at);
        made = !c->w.full;
        flush(c);
    }
    free(services);
    free(tags);
    free(devices);
    free(h);
    return made;
}

/* --- what wire says --------------------------------------------------------------------------------------------------------- */

static void start(struct mr_core *c)
{
    if (!c->started) {
        c->started = true;
        mr_world_start(c->world);
    }
}

static void take_input(struct mr_core *c, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    uint64_t seq = mr_read_u64le(&r);
    mr_ns at = (mr_ns)mr_read_u64le(&r);
    uint8_t kind = mr_read_u8(&r);
    if (r.bad) {
        c->broken = true;
        return;
    }
    start(c);
    (void)mr_world_input(c->world, seq, at, kind, mr_read_bytes(&r, mr_reader_left(&r)));
    c->done = seq;
}

static void take_state(struct mr_core *c, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    c->done = mr_read_u64le(&r);
    if (c->started || r.bad || mr_arena_load(mr_world_arena(c->world), mr_read_bytes(&r, mr_reader_left(&r))) != MR_OK ||
        mr_world_loaded(c->world) != MR_OK) {
        c->broken = true; /* wire sees us end, and tries an older snapshot */
        return;
    }
    c->started = true;
}

/* Its memory is given back each time: once a minute it is worth a few page faults. */
static void give_state(struct mr_core *c)
{
    size_t max = mr_arena_saved_max(mr_world_arena(c->world));
    uint8_t *state = malloc(max);
    struct mr_writer s = mr_writer(state, state ? max : 0);
    if (!state || mr_arena_save(mr_world_arena(c->world), &s) != MR_OK) {
        free(state);
        return;
    }
    uint8_t head[16];
    struct mr_writer w = mr_writer(head, sizeof head);
    mr_write_u32le(&w, (uint32_t)(1 + 8 + s.n));
    mr_write_u8(&w, MR_MSG_STATE);
    mr_write_u64le(&w, c->done);
    flush(c);
    write_all(c, head, w.n);
    write_all(c, s.p, s.n);
    free(state);
    (void)malloc_trim(0);
}

static void give_digest(struct mr_core *c)
{
    uint8_t digest[MR_DIGEST_BYTES];
    mr_arena_digest(mr_world_arena(c->world), digest);
    size_t at = message(c, MR_MSG_DIGESTED, 64);
    mr_write_u64le(&c->w, c->done);
    mr_write_bytes(&c->w, mr_slice(digest, sizeof digest));
    mr_message_end(&c->w, at);
}

/* True where DONE is due once the batch is worked through. */
static bool take_message(struct mr_core *c, enum mr_message_kind kind, struct mr_slice payload)
{
    switch ((int)kind) {
    case MR_MSG_INPUT:
        take_input(c, payload);
        return true;
    case MR_MSG_RESTORE:
        take_state(c, payload);
        return true;
    case MR_MSG_OUTPUTS:
        start(c);
        return true;
    case MR_MSG_SNAPSHOT:
        give_state(c);
        return false;
    case MR_MSG_DIGEST:
        give_digest(c);
        return false;
    case MR_MSG_STOP:
        c->stop = true;
        return false;
    default:
        c->broken = true;
        return false;
    }
}

static void take_batch(struct mr_core *c)
{
    size_t at = 0;
    bool done = false;
    while (!c->broken && !c->stop) {
        enum mr_message_kind kind;
        struct mr_slice payload;
        size_t used;
        enum mr_err err = mr_message_next(mr_slice(c->in + at, c->nin - at), &kind, &payload, &used);
        if (err == MR_E_TRUNCATED) {
            break;
        }
        if (err != MR_OK) {
            c->broken = true;
            break;
        }
        done = take_message(c, kind, payload) || done;
        at += used;
    }
    memmove(c->in, c->in + at, c->nin - at);
    c->nin -= at;
    if (done) {
        say_done(c);
    }
    flush(c);
}

static bool make_room(struct mr_core *c)
{
    if (c->nin < c->cap_in) {
        return true;
    }
    uint8_t *in = c->cap_in < MR_MESSAGE_MAX ? realloc(c->in, c->cap_in * 2) : NULL;
    if (!in) {
        return false;
    }
    c->in = in;
    c->cap_in *= 2;
    return true;
}

int mr_core_run(struct mr_core *c)
{
    while (!c->broken && !c->stop && make_room(c)) {
        ssize_t n = read(c->opt.fd, c->in + c->nin, c->cap_in - c->nin);
        if (n == 0) {
            return 0;
        }
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return 1;
        }
        c->nin += (size_t)n;
        take_batch(c);
    }
    return c->stop ? 0 : 1;
}

void mr_core_destroy(struct mr_core *c)
{
    mr_world_destroy(c->world);
    free(c->out);
    free(c->in);
    free(c);
}

size_t mr_core_memory(const struct mr_core *c)
{
    return mr_arena_used(mr_world_arena(c->world)) + mr_arena_saved_max(mr_world_arena(c->world));
}

struct mr_core *mr_core_create(const struct mr_core_options *opt, char *why, size_t cap)
{
    struct mr_core *c = calloc(1, sizeof *c);
    if (!c) {
        (void)snprintf(why, cap, "out of memory");
        return NULL;
    }
    c->opt = *opt;
    const struct mr_world_config config = {
        .site = opt->site,
        .scenario = opt->scenario,
        .seed = opt->seed,
        .epoch_ns = opt->epoch_ns,
        .network = opt->network,
        .out = {.ctx = c,
                .event = on_event,
                .request = on_request,
                .view = on_view,
                .frame = opt->frames ? on_frame : NULL,
                .trace = on_trace,
                .traced = opt->traced},
    };
    c->world = mr_world_create(&config, why, cap);
    if (!c->world) {
        mr_core_destroy(c);
        return NULL;
    }
    c->cap_in = MR_CORE_IN;
    c->in = malloc(c->cap_in);
    c->out = malloc(MR_CORE_OUT);
    if (!c->in || !c->out) {
        (void)snprintf(why, cap, "out of memory");
        mr_core_destroy(c);
        return NULL;
    }
    c->w = mr_writer(c->out, MR_CORE_OUT);
    if (!say_hello(c)) {
        (void)snprintf(why, cap, "the channel is closed, or the site too large for it");
        mr_core_destroy(c);
        return NULL;
    }
    return c;
}
