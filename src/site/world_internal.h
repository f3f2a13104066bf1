/* world_internal.h - what the parts of the world share; not for others. */
#ifndef MR_SITE_WORLD_INTERNAL_H
#define MR_SITE_WORLD_INTERNAL_H

#include "adversary/campaign.h"
#include "device/devices.h"
#include "net/net_sim.h"
#include "site/net_live.h"
#include "site/world.h"

#define MR_WORLD_DENIALS 32 /* flows whose denials are counted together */
#define MR_WORLD_ORDERS  16 /* people's commands that wait for the plant's answer */

struct mr_world_state {
    mr_ns event_time; /* of the last input */
    mr_ns paused_for; /* in all */
    mr_ns paused_at;  /* event time */
    bool paused, started, begun;
    mr_ns begun_at; /* site time */
    uint64_t seq;
    uint32_t index; /* of the next event of this input */
    uint64_t damage;
    uint64_t outputs; /* requests to wire, in all */
    struct mr_fw_table rules;
};

struct mr_world_denial {
    bool live;
    uint16_t rule;
    uint8_t proto;
    uint32_t from, to;
    uint16_t port;
    uint32_t count;
    mr_ns told;
};

struct mr_world_order {
    bool live;
    uint32_t tag;
    double value;
    char member[MR_EVENT_NAME], post[MR_EVENT_NAME];
};

struct mr_watch_state {
    bool known, in;
    double excess;
    mr_ns told;
};

struct mr_check_state {
    uint8_t phase; /* enum check_phase in world_checks.c */
    double before;
    mr_ns since;
    uint32_t round;
};

#define MR_ENTRY_WAITING 1024 /* what a client sends before the inside is connected: a first request */

struct mr_entry_state {
    bool live;
    bool up;   /* the inside is connected */
    bool gone; /* the outside has gone: closed as soon as the inside is connected */
    mr_conn outer, inner;
    uint32_t nwaiting;
    uint8_t waiting[MR_ENTRY_WAITING];
};

/* An outside client's datagrams to one port; answers to the port that it has inside go back. */
struct mr_entry_udp {
    bool live;
    uint16_t node, port;
    uint32_t ip; /* the client */
    uint16_t client_port;
    mr_ns heard;
};

struct mr_world {
    struct mr_world_config config;
    struct mr_arena *arena;
    struct mr_env env;
    struct mr_topology topology; /* with entry nodes behind */
    struct mr_node *nodes;
    uint16_t first_entry; /* node of the first zone's entry */
    struct mr_net_sim *sim;
    struct mr_net_live live;
    struct mr_devices *devices;
    struct mr_campaign *campaign;
    struct mr_world_state *st;
    struct mr_world_denial *denials;
    struct mr_world_order *orders;
    struct mr_watch_state *watches; /* the scenario's watches, then its bands */
    struct mr_check_state *checks;
    struct mr_entry_state *entries;
    uint16_t nentries;
    uint16_t *entry_of; /* by the low bits of wire's number */
    struct mr_entry_udp *udps;
};

/* world.c: a request to wire, numbered. */
void mr_world_request(struct mr_world *w, const struct mr_net_request *q);
/* world.c: puts a table in force. */
enum mr_err mr_world_put_rules(struct mr_world *w, const struct mr_fw_table *table);

/* world_watch.c: what the scenario measures on the process; called every second, and for damages every step. */
bool mr_world_watch_create(struct mr_world *w);
void mr_world_watch(struct mr_world *w);
void mr_world_watch_damage(struct mr_world *w);
/* world_checks.c: operators' functions that must go on. */
bool mr_world_checks_create(struct mr_world *w);
void mr_world_checks_begin(struct mr_world *w);
/* world_command.c: what people do. */
bool mr_world_commands_create(struct mr_world *w);
bool mr_world_commands_check(const struct mr_world *w);
void mr_world_command(struct mr_world *w, struct mr_slice payload);
/* world_entry.c: outside clients of the simulated network. */
bool mr_world_entry_create(struct mr_world *w);
/* After a state was loaded; false where it cannot be so. */
bool mr_world_entry_loaded(struct mr_world *w);
void mr_world_entry_input(struct mr_world *w, const struct mr_net_event *ev);
/* A datagram that has reached an entry node. */
void mr_world_entry_datagram(struct mr_world *w, const struct mr_net_event *ev);
void mr_world_entry_reset(struct mr_world *w);

#endif
