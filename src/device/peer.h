/* peer.h - a client to one device, over any protocol that the device serves: what stations poll and command with, PLCs read each
 * other with, and an adversary works with.
 *
 * A struct mr_peer is content: whom to ask, over which of its protocols, and which places of its image are wanted. One session of
 * it is a record that lies in the arena (`ops->type`) and begins with the protocol's own client (`struct mr_s7_client` and so
 * on), for who wants more of that than is here. A session owns no socket: the owner opens it when a connection is there, feeds
 * what comes, sends what output() holds and ticks it when deadline() has come; what happened is told to a sink while that goes
 * on.
 *
 * Each protocol is one row of functions, in a file peer_NAME.c. */
#ifndef MR_DEVICE_PEER_H
#define MR_DEVICE_PEER_H

#include "plan/site.h"
#include "proto/session.h"

/* Callbacks, of which those may be NULL that the owner does not care for. */
struct mr_peer_sink {
    void *ctx;
    /* Requests may follow now. */
    void (*ready)(void *ctx);
    /* Place number `i` has this value. `good` false: the device itself calls it invalid. */
    void (*value)(void *ctx, size_t i, double value, bool good);
    /* Nothing but what was told since ready() has changed: of protocols that tell changes only. */
    void (*stands)(void *ctx);
    /* A request is over: MR_OK, MR_E_DENIED (the device says no), MR_E_TIMEOUT, MR_E_CLOSED. */
    void (*done)(void *ctx, uint32_t token, enum mr_err err);
    /* What the device says of itself, before done(). */
    void (*said)(void *ctx, uint32_t token, const char *text);
};

enum mr_peer_control { MR_PEER_STOP, MR_PEER_START, MR_PEER_COLD_RESTART, MR_PEER_WARM_RESTART };
#define MR_PEER_TOKENS   0x40000000u /* tokens of owners lie below */
#define MR_PEER_TEXT_MAX 128         /* with its end */

struct mr_peer;
struct mr_peer_ops {
    const char *title;               /* "S7", for people */
    const char *expected;            /* which places it reaches */
    const struct mr_type *type;      /* of a session's record */
    const struct mr_session_ops *io; /* of the client that the record begins with */
    bool (*reaches)(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, bool write);
    /* Whether all these places can be read in one round; NULL where there is no limit. */
    bool (*fits)(const struct mr_device *d, const struct mr_place *places, size_t n);
    /* Makes `own` for the places. False: the arena is full, or a place is out of reach. */
    bool (*plan)(struct mr_peer *p, struct mr_arena *a);
    /* Sets the pointers to content in a record, all else in it as it is: for one that was loaded from a snapshot. */
    void (*bind)(const struct mr_peer *p, void *session);
    void (*init)(const struct mr_peer *p, void *session);
    void (*open)(const struct mr_peer *p, void *session, mr_ns now);
    void (*close)(const struct mr_peer *p, void *session);
    /* Begins to read all places once more, or makes sure that what was told still stands; one round at a time. */
    void (*round)(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now);
    /* Tells what has happened, and goes on with what is under way. False: the connection is of no more use. */
    bool (*take)(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now);
    enum mr_err (*write)(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                         uint32_t token, mr_ns now);
    enum mr_err (*identify)(const struct mr_peer *p, void *session, uint32_t token, mr_ns now);
    enum mr_err (*control)(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now);
};

struct mr_peer {
    const struct mr_peer_ops *ops;
    const struct mr_device *device;
    const struct mr_serve *serve;
    uint16_t nth; /* client of this device: whom the protocol tells apart by a number, gets the next one */
    mr_ns every;  /* how fresh values are to be */
    const struct mr_place *places;
    size_t nplaces;
    void *own; /* the protocol's plan */
};

/* NULL for a kind that carries no values (HTTP). */
const struct mr_peer_ops *mr_peer_ops(enum mr_serve_kind kind);
/* The protocol by which a device is asked where the author does not say: Modbus, else the first that carries values; NULL:
 * none. */
const struct mr_serve *mr_peer_usual(const struct mr_device *d);

/* `device` and `places` (none, for who only writes) must outlive it. False: the arena is full, or a place is out of reach. */
bool mr_peer_init(struct mr_peer *p, struct mr_arena *a, const struct mr_device *device, const struct mr_serve *serve,
                  uint16_t nth, mr_ns every, const struct mr_place *places, size_t n);
/* A record, ready to be opened; NULL where the arena is full. */
void *mr_peer_session(const struct mr_peer *p, struct mr_arena *a, const char *name);

/* A connection is there: ready() follows. */
void mr_peer_open(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now);
/* It has ended: what was asked is done with MR_E_CLOSED. */
void mr_peer_close(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now);
/* Feeds once. MR_FEED_BLOCKED: send what output() holds, then feed the rest; MR_FEED_MALFORMED: close the connection. */
struct mr_feed mr_peer_feed(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, struct mr_slice in,
                            mr_ns now);
/* False: the connection is of no more use. */
bool mr_peer_tick(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now);
bool mr_peer_output(const struct mr_peer *p, void *session, struct mr_writer *w);
mr_ns mr_peer_deadline(const struct mr_peer *p, const void *session);
void mr_peer_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now);

/* Requests; done() tells their end. MR_E_BUSY: another one is under way, or the session is not ready; MR_E_UNSUPPORTED: the
 * protocol cannot. */
/* `place` is any that the protocol reaches. `direct`: without the select that comes before an operate where the protocol has
 * one. */
enum mr_err mr_peer_write(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                          uint32_t token, mr_ns now);
enum mr_err mr_peer_identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now);
enum mr_err mr_peer_control(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now);

#endif
