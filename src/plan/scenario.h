/* scenario.h - a scenario as its author wrote it, resolved against its site: the campaign, what must go on, what it is
 * worth, and the simulated players that try it. Immutable; belongs to the struct mr_content it came with. */
#ifndef MR_PLAN_SCENARIO_H
#define MR_PLAN_SCENARIO_H

#include "plan/site.h"
#include "score/score.h"
#include "sim/command.h"

#define MR_NO_STEP UINT16_MAX

/* A host of the adversary: its device index follows those of the site, in mr_scenario.topology. */
struct mr_actor {
    const char *name; /* "intruder" */
    struct mr_text title;
    uint16_t device, node;
    uint16_t zone;
    const struct mr_personality *looks_like;
};

/* "tag above x": on what an instrument shows; a bool is above 0.5 when on. */
enum mr_sense { MR_ABOVE, MR_BELOW };
struct mr_condition {
    uint16_t tag;
    enum mr_sense sense;
    double value;
};

/* What an actor does. Each names its targets by index; nothing here can name an address outside the site. From MR_DO_WRITE on it
 * changes something. */
enum mr_do_kind {
    MR_DO_DISCOVER_HOSTS, /* ping every address of `zone` */
    MR_DO_SCAN_PORTS,     /* connect to `ports` of each of `devices` */
    MR_DO_IDENTIFY,       /* ask each of `devices` who it is, by `service` */
    MR_DO_READ_REGISTERS, /* read `count` Modbus registers from `from_register` of `devices`, every `every`, for `lasts` */
    MR_DO_READ,           /* read what the site has tags for of each of `devices`, by `service`, every `every`, for `lasts` */
    MR_DO_GUESS_PASSWORD, /* log in at devices[0]'s page as `account` with each of `passwords`, `every` */
    MR_DO_WRITE,    /* `writes` by `service`, ramped over `ramp` from the value read, repeated `every` (0: once) for `lasts` */
    MR_DO_FLOOD,    /* `rate` requests a second on `connections` connections to devices[0] for `lasts` */
    MR_DO_STOP_PLC, /* stop devices[0] from its web page with an account that was guessed before */
    MR_DO_CONTROL,  /* stop, start or restart devices[0] by `service` */
    MR_DO_DOWNLOAD, /* `blocks` into devices[0] over S7 */
    MR_DO_DELETE_BLOCK, /* blocks[0] of devices[0] over S7 */
    MR_DO_KINDS
};

struct mr_write {
    uint16_t tag;
    double value; /* in the tag's unit */
};
enum mr_order { MR_ORDER_STOP, MR_ORDER_START, MR_ORDER_RESTART };
/* A block of a controller's program as S7 names it, and the MC7 container in which it travels. */
struct mr_program_block {
    uint8_t type; /* enum mr_s7_block_type */
    uint16_t number;
    uint32_t code; /* bytes that the container's head says are code */
    struct mr_slice container;
};
struct mr_action {
    enum mr_do_kind kind;
    uint16_t zone; /* discover-hosts */
    const uint16_t *devices;
    size_t ndevices;
    const uint16_t *ports;
    size_t nports;
    const struct mr_write *writes; /* `force` in a file is a write that repeats every scan of the target */
    size_t nwrites;
    mr_ns ramp;
    mr_ns every;
    mr_ns lasts;
    mr_ns timeout; /* of each connect, ping or request */
    uint16_t from_register, count;
    const char *account;
    const char *const *passwords;
    size_t npasswords;
    uint32_t rate;
    uint16_t connections;
    enum mr_serve_kind service; /* identify, read, write, flood, control */
    bool direct;                /* write: without the select before it that IEC 104 and DNP3 know */
    enum mr_order order;        /* control */
    const struct mr_program_block *blocks;
    size_t nblocks;
};

/* A step begins at a time drawn from its window, counted from the scenario's beginning, or from the end of `after` (whatever its
 * outcome); or, where `entered` is false, from the end of a step that leads to it by `worked` or `blocked`. */
struct mr_step {
    const char *id;
    struct mr_text title;
    const char *technique; /* "T0836" */
    uint16_t actor;
    bool entered;
    uint16_t after; /* step, or MR_NO_STEP */
    mr_ns from, to; /* window */
    struct mr_action action;
    uint16_t worked, blocked; /* steps, or MR_NO_STEP */
    bool has_effect;          /* an attacker's hold on the plant: as long as its writes go through, and `effect` holds after */
    uint16_t effect_tag;      /* what the hold is on, or MR_NO_TAG */
    struct mr_condition effect;
    mr_ns effect_within; /* the effect must have shown by then for the step to have worked; 0: not asked */
};

/* An operator's function that must go on, tried again and again through the HMI. */
struct mr_keep {
    const char *id;
    struct mr_text title;
    uint16_t hmi; /* device */
    uint16_t tag; /* commanded */
    bool toggle;  /* a bool: to its other value, and back after the check */
    double value; /* otherwise */
    uint16_t feedback_tag;
    mr_ns feedback; /* must show within */
    mr_ns every;
};

/* What the engine measures for the score (their points stand in mr_scenario.score under the same ids), on the true values of the
 * process: WATCH events when `var` enters or leaves lo..hi, EXCESS events for how far it was outside, RETRY events when a step
 * has been tried again. */
struct mr_watch {
    const char *id;
    int var;
    double lo, hi; /* infinities where open */
};
struct mr_band {
    const char *id;
    int var;
    double lo, hi;
    double span; /* excess counts in units of this: hi - lo unless the author says otherwise */
};
struct mr_retry {
    const char *id;
    uint16_t step;
    mr_ns at;
};

/* What a simulated player does, and when: nothing that a human team could not. */
enum mr_trigger_kind { MR_TRIG_AT, MR_TRIG_STEP, MR_TRIG_TAG };
enum mr_outcome { MR_OUTCOME_ANY, MR_OUTCOME_WORKED, MR_OUTCOME_BLOCKED, MR_OUTCOME_BEGUN };
struct mr_fw_edit {
    const char *const *remove; /* ids */
    size_t nremove;
    const struct mr_fw_rule *add; /* before all others, in this order */
    size_t nadd;
    int fallback; /* enum mr_fw_action, or -1 to leave it */
    bool cut;     /* set cut_on_edit */
};
struct mr_play {
    enum mr_trigger_kind trigger;
    uint16_t step;
    enum mr_outcome outcome;
    struct mr_condition when;
    mr_ns at;         /* MR_TRIG_AT */
    mr_ns after;      /* and so much later */
    const char *verb; /* of sim/command.h */
    const char *post; /* of the member who does it */
    uint32_t nargs;   /* ready for mr_command_add; a firewall's table comes from `edit` and the table in force. A finding's */
    struct {          /* from and to are added when it is played: the time of the trigger, less `since` */
        const char *name, *value;
    } args[MR_COMMAND_ARGS];
    mr_ns since;
    struct mr_fw_edit edit;
};
struct mr_player {
    const char *name; /* "idle", "reference", "vandal" */
    const struct mr_play *plays;
    size_t nplays;
};

/* What people call what the score pays for. Events and ledger lines carry ids; whoever shows them puts titles in their place. */
enum mr_titled { MR_TITLED_NOTHING, MR_TITLED_WATCH, MR_TITLED_BAND, MR_TITLED_FUNCTION, MR_TITLED_RETRY, MR_TITLED_RESPONSE };
struct mr_rule_title {
    enum mr_titled of;
    const char *id;
    struct mr_text title;
};

struct mr_promise { /* what rehearsal must find */
    const char *player;
    double lo, hi; /* points; infinities where open */
};

struct mr_scenario {
    const char *name;
    struct mr_text title;
    struct mr_text story; /* Markdown */
    const struct mr_site *site;
    struct mr_topology topology; /* the site's with the actors' nodes behind */
    const struct mr_actor *actors;
    size_t nactors;
    const struct mr_step *steps;
    size_t nsteps;
    const struct mr_keep *keeps;
    size_t nkeeps;
    const struct mr_watch *watches;
    size_t nwatches;
    const struct mr_band *bands;
    size_t nbands;
    const struct mr_retry *retries;
    size_t nretries;
    const struct mr_rule_title *titles;
    size_t ntitles;
    struct mr_score_rules score;     /* not scaled: an event's weights come first */
    const struct mr_player *players; /* the first is "idle", with no plays */
    size_t nplayers;
    const struct mr_promise *promises;
    size_t npromises;
    mr_ns lasts;
};

uint16_t mr_scenario_step(const struct mr_scenario *s, const char *id);
uint16_t mr_scenario_actor(const struct mr_scenario *s, const char *name); /* index; UINT16_MAX */
const struct mr_player *mr_scenario_player(const struct mr_scenario *s, const char *name);
/* The title of what `id` names among those of a kind; where it has none, the id itself. */
struct mr_text mr_scenario_title(const struct mr_scenario *s, enum mr_titled of, const char *id);

/* ATT&CK for ICS (content/attack-ics.json). NULL where unknown. */
struct mr_technique {
    const char *id, *tactic; /* "T0836", "impair-process-control": its first tactic */
    struct mr_text name;
};
const struct mr_technique *mr_technique_find(const char *id);
size_t mr_techniques(const struct mr_technique **out);

#endif
