/* run.h - one step of a campaign at work; between campaign.c, which decides what comes when, and the actions, which do it. Not
 * for others. */
#ifndef MR_ADVERSARY_RUN_H
#define MR_ADVERSARY_RUN_H

#include "adversary/campaign.h"
#include "device/peer.h"
#include "proto/http/http_client.h"
#include "proto/modbus/modbus_client.h"

#define MR_ACTOR_CONNS    48         /* Modbus connections that read and flood registers, of all steps together */
#define MR_ACTOR_BROWSERS 4          /* HTTP connections */
#define MR_ACTOR_TIMEOUT  (2 * MR_S) /* for an answer, until an action says its own */
#define MR_ACTOR_TARGETS  16         /* devices that one step deals with at once */
#define MR_GIVE_UP        3 /* times in a row that a connection comes to nothing before a step takes it that it is blocked */

enum mr_run_phase { MR_RUN_IDLE, MR_RUN_SCHEDULED, MR_RUN_WORKING, MR_RUN_ENDED };
enum mr_run_outcome { MR_RUN_WORKED, MR_RUN_BLOCKED, MR_RUN_FAILED };

struct mr_run_state {
    uint8_t phase;
    uint8_t outcome;
    uint32_t generation; /* counts beginnings: old timers and answers are told apart by it */
    mr_ns begun, last_try, last_worked;
    mr_ns paced;      /* the last round of writes */
    uint32_t cursor;  /* next address, port or password */
    uint32_t tried;   /* attempts made */
    uint32_t waiting; /* attempts whose result is out */
    uint32_t worked, refused, silent;
    uint32_t failures;              /* connections in a row that came to nothing: none was made, or none answered */
    bool hold;                      /* an effect was told to have begun and not to have ended */
    bool shown;                     /* the effect was seen while the step worked */
    double start[MR_ACTOR_TARGETS]; /* write: values from which a ramp begins, by write */
    bool have_start[MR_ACTOR_TARGETS];
};

enum mr_actor_conn_status { MR_ACTOR_CONNECTING, MR_ACTOR_UP, MR_ACTOR_CLOSING };
struct mr_actor_conn {
    bool live;
    uint8_t status;
    uint16_t run;
    uint32_t generation;
    uint16_t target; /* device */
    mr_conn conn;
    mr_ns since;
    struct mr_modbus_client client;
};
#define MR_COOKIE_MAX 96
struct mr_actor_browser {
    bool live, up;
    uint16_t run;
    uint32_t generation;
    uint16_t target;
    mr_conn conn;
    struct mr_http_client client;
};

/* What a step says to one of its devices, over its service: a client of its own. */
#define MR_TALK_PLACES 512 /* that one step reads of one device */
struct mr_talk_state {
    bool live, ready; /* ready: requests may follow */
    bool asked;       /* one is out */
    uint8_t status;   /* enum mr_actor_conn_status */
    uint32_t generation;
    mr_conn conn;
    mr_ns since; /* it waits for an answer */
    uint32_t at; /* download: bytes of the block that have gone */
};
struct mr_talk {
    struct mr_run *run;
    uint16_t index;  /* among the step's */
    uint16_t device; /* of the site */
    struct mr_peer peer;
    void *session;
    struct mr_talk_state *st;
};

struct mr_run {
    struct mr_campaign *c;
    uint16_t index;
    uint16_t step;
    const struct mr_step *plan;
    const struct mr_retry *retry; /* NULL for the step itself */
    struct mr_run_state *st;
    struct mr_talk *talks; /* by device of the action, where it talks to them so */
    uint16_t ntalks;
};

struct mr_campaign {
    struct mr_env *env;
    const struct mr_scenario *scenario;
    struct mr_run *runs; /* the steps, then the retries */
    uint16_t nruns;
    struct mr_actor_conn *conns;
    struct mr_actor_browser *browsers;
    struct mr_rng *rng;
    struct mr_known_login *known; /* by device */
};

/* What was guessed: the password (1 + its number; 0 for none) of a step that opens a device's page. */
struct mr_known_login {
    int16_t password;
    uint16_t step;
};

/* What an action does. tick() is called every `period` while the step works. Results come by the others, of which those may be
 * NULL that an action does not care for. */
struct mr_action_ops {
    mr_ns period;
    bool talks; /* with its devices, over the action's service where that carries values */
    /* What its cursor counts up to; NULL: that is no index. */
    size_t (*cursor_end)(const struct mr_action *a);
    void (*begin)(struct mr_run *r);
    void (*tick)(struct mr_run *r);
    /* Of a conversation: requests may follow; the value of a place, or that those told before still stand; a request is done with
     * MR_OK or why the device did not want it; it came to nothing. take() stands in for the peer's, for what only the protocol's
     * own client can do. */
    void (*ready)(struct mr_run *r, struct mr_talk *t);
    void (*value)(struct mr_run *r, struct mr_talk *t, size_t place, double value);
    void (*stands)(struct mr_run *r, struct mr_talk *t);
    void (*done)(struct mr_run *r, struct mr_talk *t, uint32_t token, enum mr_err err);
    void (*away)(struct mr_run *r, struct mr_talk *t);
    bool (*take)(struct mr_run *r, struct mr_talk *t);
    void (*failed)(struct mr_run *r); /* a Modbus connection could not be had, or is lost */
    void (*result)(struct mr_run *r, const struct mr_modbus_result *m);
    void (*pong)(struct mr_run *r, enum mr_err reason);
    void (*probed)(struct mr_run *r, enum mr_err reason); /* a connect without a session */
    /* An answer to a browse; status 0: it could not be had. `cookie`: what the server set, "" for none. */
    void (*page)(struct mr_run *r, uint16_t target, int status, const char *cookie);
};
const struct mr_action_ops *mr_run_ops(const struct mr_run *r);
extern const struct mr_action_ops mr_action_discover, mr_action_scan, mr_action_identify, mr_action_registers, mr_action_read,
    mr_action_write, mr_action_flood, mr_action_guess, mr_action_stop, mr_action_control, mr_action_download, mr_action_delete;

/* Services of campaign.c for the actions. */
uint16_t mr_run_node(const struct mr_run *r);
struct mr_addr mr_run_address(const struct mr_run *r, uint16_t device, enum mr_serve_kind kind);
bool mr_run_effect_holds(const struct mr_run *r); /* the condition that the author wrote */
void mr_run_took_hold(struct mr_run *r);          /* a write went through */
mr_ns mr_run_lasts(const struct mr_run *r);       /* a retry is short */
void mr_run_end(struct mr_run *r, enum mr_run_outcome outcome, const char *why);
bool mr_run_gave_up(struct mr_run *r); /* ends it as blocked where too many connections came to nothing */
/* Opens a Modbus connection to a device; false where there is no room. */
bool mr_run_connect(struct mr_run *r, uint16_t target);
struct mr_actor_conn *mr_run_conn(struct mr_run *r, uint16_t target); /* the run's connection to it, whatever its status; NULL */
/* Asks; false where it cannot be asked now. */
bool mr_run_ask(struct mr_run *r, struct mr_actor_conn *k, const struct mr_modbus_request *q);
void mr_run_hang_up(struct mr_run *r, struct mr_actor_conn *k);
bool mr_run_probe(struct mr_run *r, uint32_t ip, uint16_t port); /* connect and close: probed() tells */
void mr_run_ping(struct mr_run *r, uint32_t ip);

/* talk.c: conversations. Requests are false where they cannot go out now. */
#define MR_TALK_SLOT 0x1000 /* owner slots from here on */
bool mr_talks_create(struct mr_run *r);
bool mr_talks_check(const struct mr_run *r);
void mr_talks_forget(struct mr_run *r);
void mr_talks_close(struct mr_run *r);
void mr_talks_tick(struct mr_run *r);
void mr_talk_net(struct mr_run *r, uint16_t slot, const struct mr_net_event *ev);
bool mr_talk_begin(struct mr_talk *t); /* connects; ready() follows */
bool mr_talk_able(const struct mr_talk *t);
void mr_talk_hang_up(struct mr_talk *t);
bool mr_talk_identify(struct mr_talk *t);
bool mr_talk_round(struct mr_talk *t); /* value() and stands() follow */
bool mr_talk_write(struct mr_talk *t, const struct mr_place *place, double value, uint32_t token);
bool mr_talk_control(struct mr_talk *t, enum mr_peer_control what);
/* What take() has put into the client by itself goes out; the answer is waited for. */
void mr_talk_waits(struct mr_talk *t);

/* browser.c: HTTP connections, one request each. page() tells the answer. */
#define MR_BROWSER_SLOT 0x2000 /* owner slots from here on */
bool mr_browsers_create(struct mr_campaign *c);
bool mr_browsers_check(const struct mr_campaign *c);
void mr_browsers_forget(struct mr_campaign *c);
void mr_browsers_close(struct mr_run *r);
void mr_browsers_tick(struct mr_run *r);
void mr_browser_net(struct mr_run *r, uint16_t slot, const struct mr_net_event *ev);
bool mr_run_browse(struct mr_run *r, uint16_t target, enum mr_http_method method, const char *path, const char *cookie,
                   struct mr_slice body);

#endif
