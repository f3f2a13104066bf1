/* iec104_rig.h - a controlled station with a point of each kind on a small image, and a master's side that numbers its APDUs. For
 * unit and golden tests and fuzz targets. */
#ifndef MR_IEC104_RIG_H
#define MR_IEC104_RIG_H

#include "proto/iec104/iec104_server.h"

#define RIG_CA     3
#define RIG_PEER   0x0A000001u
#define RIG_OUT    16384
#define RIG_POINTS 24

struct rig {
    uint8_t area[MR_AREAS][128];
    struct mr_image image;
    struct mr_iec104_point points[RIG_POINTS];
    struct mr_iec104_command commands[12];
    struct mr_iec104_redundancy groups[2];
    struct mr_iec104_personality personality;
    struct mr_iec104_settings settings;
    struct mr_iec104_config config;
    struct mr_arena *arena;
    struct mr_iec104_station *station;
    mr_ns now;
};
static const uint16_t rig_cas[] = {RIG_CA, 4};

/* A place in the markers. */
static inline struct mr_place rig_place(enum mr_vtype type, uint32_t byte)
{
    return (struct mr_place){MR_AREA_M, type, byte, 0};
}

static inline struct mr_iec104_point rig_point(uint32_t ioa, uint8_t type, enum mr_vtype vt, uint32_t byte)
{
    return (struct mr_iec104_point){.ioa = ioa, .type = type, .tag = 7, .place = rig_place(vt, byte)};
}

static inline struct mr_iec104_command rig_command(uint32_t ioa, uint8_t type, enum mr_vtype vt, uint32_t byte)
{
    return (struct mr_iec104_command){.ioa = ioa, .type = type, .place = rig_place(vt, byte), .feedback = -1};
}

/* Content that a test may change before rig_build(). */
static inline void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    r->image = (struct mr_image){{r->area[0], r->area[1], r->area[2]}, {128, 128, 128}};
    r->personality = mr_iec104_default_personality;
    r->personality.end_of_init = false;
    mr_iec104_settings_init(&r->settings);
    size_t n = 0;
    for (uint32_t i = 0; i < 4; i++) { /* BOOLs in bytes 0 to 3 */
        r->points[n++] = rig_point(1 + i, MR_IEC104_M_SP_NA_1, MR_VT_BOOL, i);
    }
    r->points[n] = rig_point(20, MR_IEC104_M_DP_NA_1, MR_VT_BOOL, 4);
    r->points[n].has_second = true;
    r->points[n++].second = rig_place(MR_VT_BOOL, 5);
    r->points[n++] = rig_point(30, MR_IEC104_M_ST_NA_1, MR_VT_SINT, 6);
    r->points[n++] = rig_point(40, MR_IEC104_M_BO_NA_1, MR_VT_UDINT, 8);
    r->points[n++] = rig_point(50, MR_IEC104_M_ME_NA_1, MR_VT_REAL, 12);
    r->points[n] = rig_point(60, MR_IEC104_M_ME_NB_1, MR_VT_INT, 16);
    r->points[n].has_quality = true;
    r->points[n++].quality = rig_place(MR_VT_BYTE, 18);
    for (uint32_t i = 0; i < 2; i++) {
        r->points[n] = rig_point(1300 + i, MR_IEC104_M_ME_NC_1, MR_VT_REAL, 20 + 4 * i);
        r->points[n++].tag = 0;
    }
    for (uint32_t i = 0; i < 2; i++) {
        r->points[n] = rig_point(80 + i, MR_IEC104_M_IT_NA_1, MR_VT_UDINT, 28 + 4 * i);
        r->points[n++].group = (uint8_t)(1 + i);
    }
    r->points[n] = rig_point(90, MR_IEC104_M_ME_ND_1, MR_VT_REAL, 36);
    r->points[n++].tag = 0;
    r->points[n] = rig_point(95, MR_IEC104_M_PS_NA_1, MR_VT_WORD, 40);
    r->points[n++].tag = 0;
    r->points[n++] = rig_point(7, MR_IEC104_M_SP_NA_1, MR_VT_BOOL, 42);
    r->points[n - 1].ca = 1; /* of common address 4 */
    size_t k = 0;
    r->commands[k++] = rig_command(4500, MR_IEC104_C_SC_NA_1, MR_VT_BOOL, 64);
    r->commands[k] = rig_command(4600, MR_IEC104_C_DC_NA_1, MR_VT_BOOL, 65);
    r->commands[k].has_second = true;
    r->commands[k++].second = rig_place(MR_VT_BOOL, 66);
    r->commands[k] = rig_command(4700, MR_IEC104_C_RC_NA_1, MR_VT_BOOL, 67);
    r->commands[k].has_second = true;
    r->commands[k++].second = rig_place(MR_VT_BOOL, 68);
    r->commands[k++] = rig_command(4800, MR_IEC104_C_SE_NA_1, MR_VT_REAL, 72);
    r->commands[k++] = rig_command(4900, MR_IEC104_C_SE_NB_1, MR_VT_INT, 76);
    r->commands[k] = rig_command(5000, MR_IEC104_C_SE_NC_1, MR_VT_REAL, 80);
    r->commands[k].lo = -100;
    r->commands[k++].hi = 100;
    r->commands[k++] = rig_command(5100, MR_IEC104_C_BO_NA_1, MR_VT_UDINT, 84);
    r->config = (struct mr_iec104_config){.image = &r->image,
                                          .cas = rig_cas,
                                          .ncas = 2,
                                          .points = r->points,
                                          .npoints = n,
                                          .commands = r->commands,
                                          .ncommands = k,
                                          .groups = r->groups,
                                          .personality = &r->personality};
}

static inline bool rig_build(struct rig *r)
{
    r->arena = mr_arena_create(1 << 18);
    r->station = r->arena ? mr_iec104_station_create(r->arena, &r->config, &r->settings, "rig") : NULL;
    return r->station != NULL;
}

static inline void rig_free(struct rig *r)
{
    mr_arena_destroy(r->arena);
}

static inline void rig_set(struct rig *r, enum mr_vtype type, uint32_t byte, double v)
{
    struct mr_place p = rig_place(type, byte);
    (void)mr_image_set(&r->image, &p, v);
}

static inline double rig_get(const struct rig *r, enum mr_vtype type, uint32_t byte)
{
    struct mr_place p = rig_place(type, byte);
    return mr_image_get(&r->image, &p);
}

/* A master's connection. */
struct rig_line {
    struct rig *rig;
    struct mr_iec104_server server;
    uint16_t vs, vr;
    bool closed;
    size_t n; /* what came last, APDU by APDU */
    uint8_t out[RIG_OUT];
};

static inline bool rig_open(struct rig_line *l, struct rig *r, uint32_t client)
{
    memset(l, 0, sizeof *l);
    l->rig = r;
    mr_iec104_server_init(&l->server, r->station);
    return mr_iec104_server_open(&l->server, client, r->now);
}

/* Takes the output; counts the I formats in it. */
static inline void rig_collect(struct rig_line *l, size_t from)
{
    struct mr_writer w = {l->out, sizeof l->out, from, false};
    (void)mr_iec104_server_output(&l->server, &w);
    for (size_t at = from; at < w.n; at += l->out[at + 1] + 2u) {
        struct mr_iec104_apdu a;
        if (mr_iec104_apdu_decode(mr_slice(l->out + at, l->out[at + 1] + 2u), &a) && a.format == MR_IEC104_I) {
            l->vr = (uint16_t)((l->vr + 1) % MR_IEC104_SEQUENCES);
        }
    }
    l->n = w.n;
}

static inline void rig_feed(struct rig_line *l, struct mr_slice bytes)
{
    size_t from = 0;
    enum mr_feed_status status = MR_FEED_BLOCKED;
    for (size_t at = 0; status == MR_FEED_BLOCKED;) {
        struct mr_feed f = mr_iec104_server_feed(&l->server, mr_slice(bytes.p + at, bytes.n - at), l->rig->now);
        at += f.consumed;
        status = f.status;
        rig_collect(l, from);
        from = l->n;
        if (status == MR_FEED_BLOCKED) {
            struct mr_iec104_event ev;
            while (mr_iec104_server_next(&l->server, &ev)) {
            }
        }
    }
    l->closed = l->closed || status == MR_FEED_MALFORMED;
}

static inline void rig_u(struct rig_line *l, enum mr_iec104_u u)
{
    uint8_t b[6];
    struct mr_writer w = mr_writer(b, sizeof b);
    mr_iec104_write_u(&w, u);
    rig_feed(l, mr_written(&w));
}

/* Acknowledges all that has come. */
static inline void rig_s(struct rig_line *l)
{
    uint8_t b[6];
    struct mr_writer w = mr_writer(b, sizeof b);
    mr_iec104_write_s(&w, l->vr);
    rig_feed(l, mr_written(&w));
}

static inline void rig_i(struct rig_line *l, const uint8_t *asdu, size_t n)
{
    uint8_t b[MR_IEC104_APDU_MAX];
    struct mr_writer w = mr_writer(b, sizeof b);
    mr_iec104_write_i(&w, l->vs, l->vr, mr_slice(asdu, n));
    l->vs = (uint16_t)((l->vs + 1) % MR_IEC104_SEQUENCES);
    rig_feed(l, mr_written(&w));
}

/* Time goes on: a scan's sample, and what the session then has to say. */
static inline void rig_sample(struct rig_line *l, mr_ns later)
{
    l->rig->now += later;
    mr_iec104_station_sample(l->rig->station, l->rig->now);
    mr_iec104_server_tick(&l->server, l->rig->now);
    rig_collect(l, 0);
    MR_ASSERT(mr_iec104_server_deadline(&l->server) > l->rig->now); /* or an owner that obeys it would spin */
}

/* The k-th ASDU of the last output; an empty slice past the last. */
static inline struct mr_slice rig_asdu(const struct rig_line *l, size_t k)
{
    for (size_t at = 0; at < l->n; at += l->out[at + 1] + 2u) {
        struct mr_iec104_apdu a;
        if (mr_iec104_apdu_decode(mr_slice(l->out + at, l->out[at + 1] + 2u), &a) && a.format == MR_IEC104_I && k-- == 0) {
            return a.asdu;
        }
    }
    return mr_slice(NULL, 0);
}

#endif
