/* env.h - what everything that lives in a site may use of it: its clock, timers, network, process, and the way to say what
 * happened. The world (site/world.c) makes one; devices and the adversary get it.
 *
 * Connections and timers have owners. An owner is a class (devices' services, links, the adversary's sessions ...), a unit in it
 * and a slot; a class registers once what it does with network events and timers. An owner packs into 32 bits, so it serves as
 * the token of a connect and as the saved form. */
#ifndef MR_DEVICE_ENV_H
#define MR_DEVICE_ENV_H

#include "base/arena.h"
#include "base/rng.h"
#include "net/net.h"
#include "plan/site.h"
#include "process/process.h"
#include "sim/event.h"
#include "sim/queue.h"

enum mr_owner_class {
    MR_OWNER_NONE,
    MR_OWNER_WORLD,   /* the process step */
    MR_OWNER_PLC,     /* scans */
    MR_OWNER_SERVICE, /* server sessions: unit = service pool, slot = session */
    MR_OWNER_LINK,    /* clients of stations and PLCs: unit = link */
    MR_OWNER_STATION, /* HMI and historian: unit = station */
    MR_OWNER_ACTOR,   /* the adversary: unit = run, slot = connection */
    MR_OWNER_CHECK,   /* operators' functions that must go on: unit = keep */
    MR_OWNER_ENTRY,   /* outside clients in loopback mode: slot = the client's connection */
    MR_OWNER_CLASSES
};
#define MR_OWNER_UNITS 4096  /* 12 bits */
#define MR_OWNER_SLOTS 16384 /* 14 bits: MR_CONNS_MAX */

struct mr_owner {
    enum mr_owner_class class;
    uint16_t unit;
    uint16_t slot;
};
uint32_t mr_owner_pack(struct mr_owner o);
struct mr_owner mr_owner_unpack(uint32_t packed);

/* Whose a connection is; owner 0: nobody's. */
struct mr_owned {
    uint32_t owner;
    mr_conn conn;
};

/* What a trace (trace.h) says of an owner. */
struct mr_traced {
    unsigned subject;
    const char *device;
};

struct mr_env;
struct mr_owner_ops {
    void (*net)(void *ctx, struct mr_owner o, const struct mr_net_event *ev);
    void (*timer)(void *ctx, struct mr_owner o, uint64_t b);
    struct mr_traced (*traced)(void *ctx, struct mr_owner o); /* NULL for a class that a trace does not follow */
};

struct mr_env {
    const struct mr_site *site;
    const struct mr_topology *topology; /* the site's, with actors' and entry nodes behind */
    struct mr_arena *arena;
    struct mr_queue *queue;
    struct mr_net *net;
    struct mr_plant *plant;
    uint64_t seed;
    mr_ns epoch;            /* of site time 0, since 1970 */
    mr_ns now;              /* site time */
    struct mr_owned *owned; /* by the low bits of the connection's number (state) */
    uint32_t nowned;        /* a power of two */
    struct {
        const struct mr_owner_ops *ops;
        void *ctx;
    } classes[MR_OWNER_CLASSES];
    void (*emit)(void *ctx, const struct mr_event *e); /* fills in input, index and time */
    void (*view)(void *ctx, uint16_t tag, double value, uint8_t quality);
    double (*tag_value)(void *ctx, uint16_t tag); /* as it stands in its controller: ground truth, for those who judge */
    void (*trace)(void *ctx, const char *line);
    uint32_t traced; /* subjects that somebody listens to, by bit */
    void *ctx;
};

/* Makes the table of owners of `connections`, a power of two, in the arena. False where it is full. */
bool mr_env_init(struct mr_env *env, uint32_t connections);
void mr_env_register(struct mr_env *env, enum mr_owner_class c, const struct mr_owner_ops *ops, void *ctx);
void mr_env_own(struct mr_env *env, mr_conn conn, struct mr_owner o);
/* It is nobody's any more: what still comes of it goes nowhere. */
void mr_env_disown(struct mr_env *env, mr_conn conn);
void mr_env_disown_all(struct mr_env *env);
/* Hands an event of a connection or token to its owner; false where it has none (ACCEPTED, DENIED ...). Frees the number's
 * ownership on CLOSED. */
bool mr_env_dispatch(struct mr_env *env, const struct mr_net_event *ev);
void mr_env_timer(struct mr_env *env, const struct mr_timer *t);
/* Opens a connection for an owner, who is told the answer. */
enum mr_err mr_env_connect(struct mr_env *env, uint16_t node, struct mr_addr to, struct mr_owner o);
/* Sends on a connection that somebody owns, as struct mr_net_ops says. */
enum mr_err mr_env_send(struct mr_env *env, mr_conn conn, struct mr_slice data);
/* A timer for an owner `in` from now. The queue is sized for all owners there can be, so it is never full. */
void mr_env_after(struct mr_env *env, mr_ns in, struct mr_owner o, uint64_t b);
/* Forgets the earliest timer of an owner. */
void mr_env_cancel(struct mr_env *env, struct mr_owner o);

/* An event with its texts; NULL for none. */
void mr_env_emit(struct mr_env *env, enum mr_event_kind kind, const char *subject, const char *object, const char *detail,
                 int64_t number, double value);

const char *mr_ip_format(uint32_t ip, char buf[16]);

#endif
