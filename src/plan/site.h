/* site.h - a site as its author wrote it, resolved: names to indexes, quantities to numbers in the tag's unit, addresses
 * to host order, PLC programs compiled. Immutable; everything belongs to the struct mr_content (site/load.h) it came with. */
#ifndef MR_PLAN_SITE_H
#define MR_PLAN_SITE_H

#include "base/time.h"
#include "net/firewall.h"
#include "net/topology.h"
#include "plan/serve.h"
#include "plc/plc.h"
#include "process/process.h"

#define MR_NO_DEVICE UINT16_MAX
#define MR_NO_ZONE   UINT16_MAX
#define MR_NO_TAG    UINT16_MAX

struct mr_text { /* for people, in both languages; never NULL */
    const char *zh, *en;
};

/* What a make of device says of itself (content/personalities/NAME.yaml). */
struct mr_identity_object {
    uint8_t id; /* of Modbus function 43/14 */
    const char *text;
};
struct mr_personality {
    const char *name; /* "schneider-m340" */
    struct mr_text title;
    const char *vendor, *product, *model, *firmware;
    uint8_t oui[3];
    const struct mr_identity_object *objects; /* function 43/14, by rising id; 0, 1 and 2 are always there if any is */
    size_t nobjects;
    const char *server_id;   /* function 17: what follows the byte count but for the run indicator; "" where it is not served */
    const char *http_server; /* "Server:" of its web page; "" where it has none */
    const char *http_title;  /* title of its web page */
    uint16_t registers_max;  /* the most registers one read may ask for: 125 unless the make is narrower */
    struct mr_s7_identity s7;
    struct mr_s7_personality s7_manner;
    struct mr_iec104_personality iec104_manner;
    struct mr_dnp3_identity dnp3;
    struct mr_dnp3_personality dnp3_manner;
    struct mr_enip_identity enip;
    struct mr_enip_personality enip_manner;
    bool enip_signed; /* its tags have the types of Logix controllers: no unsigned ones, no bit strings */
};

enum mr_device_kind { MR_DEV_PLC, MR_DEV_HMI, MR_DEV_HISTORIAN, MR_DEV_WORKSTATION, MR_DEV_HOST, MR_DEV_SWITCH, MR_DEVICE_KINDS };
const char *mr_device_kind_name(enum mr_device_kind k); /* "plc" */

/* Security settings: a team changes them by the command `setting`, and services really obey them. */
enum mr_setting_id {
    MR_SET_WRITE_PROTECT,      /* switch: no writes from the network at all */
    MR_SET_KEY,                /* choice: position of the key switch; enum mr_plc_key */
    MR_SET_MODBUS,             /* switch: it is served at all; so for each protocol */
    MR_SET_MODBUS_ACCESS_LIST, /* addresses: who may connect; so for each protocol */
    MR_SET_MODBUS_WRITE_LIST,  /* addresses: whose writes are carried out */
    MR_SET_MODBUS_RATE,        /* number: requests a second and client; 0 without limit */
    MR_SET_MODBUS_FUNCTIONS,   /* numbers: functions that are carried out; so for DNP3 */
    MR_SET_S7,
    MR_SET_S7_ACCESS_LIST,
    MR_SET_S7_WRITE_LIST,
    MR_SET_S7_PROTECTION, /* number: 1 none; 2 changes want the password; 3 reading blocks too */
    MR_SET_S7_PASSWORD,   /* text: of at most 8 bytes; none where it is empty */
    MR_SET_S7_PUT_GET,    /* switch: variables are read and written at all */
    MR_SET_IEC104,
    MR_SET_IEC104_ACCESS_LIST,
    MR_SET_IEC104_CONTROL_LIST, /* addresses: whose commands are carried out */
    MR_SET_IEC104_CONTROLS,     /* switch: commands are carried out at all */
    MR_SET_IEC104_SELECT,       /* switch: every command needs a select */
    MR_SET_IEC104_ONE_MASTER,   /* switch: while one address has data transfer, no other gets it */
    MR_SET_IEC104_CLOCK,        /* switch: the clock may be set over the network */
    MR_SET_DNP3,
    MR_SET_DNP3_ACCESS_LIST,
    MR_SET_DNP3_CONTROL_LIST,
    MR_SET_DNP3_CONTROLS,
    MR_SET_DNP3_MASTERS_ONLY, /* switch: only the configured masters' link addresses are answered */
    MR_SET_DNP3_UNSOLICITED,  /* switch */
    MR_SET_DNP3_FUNCTIONS,
    MR_SET_DNP3_RESTART,        /* switch: cold and warm restart are allowed */
    MR_SET_DNP3_AUTHENTICATION, /* switch: Secure Authentication for critical functions */
    MR_SET_DNP3_KEY,            /* text: update key of the default user, 32 or 64 hexadecimal digits; or empty */
    MR_SET_ENIP,
    MR_SET_ENIP_ACCESS_LIST,
    MR_SET_ENIP_WRITE_LIST,
    MR_SET_ENIP_BROWSE, /* switch: symbols may be listed */
    MR_SET_ENIP_MODE,   /* switch: the mode may be changed */
    MR_SET_ENIP_RESET,  /* switch */
    MR_SET_ENIP_IO,     /* switch: implicit connections are taken */
    MR_SET_HTTP,
    MR_SET_HTTP_ACCESS_LIST,
    MR_SET_LOGIN_LOCKOUT, /* number: wrong passwords in a row after which an account is locked for 10 min; 0 never */
    MR_SET_PASSWORD,      /* text: new password of an account; the setting's name is "password.ACCOUNT" */
    MR_SETTING_IDS
};
enum mr_setting_type {
    MR_SETTING_SWITCH,
    MR_SETTING_NUMBER,
    MR_SETTING_ADDRESSES,
    MR_SETTING_TEXT,
    MR_SETTING_CHOICE,
    MR_SETTING_NUMBERS
};
struct mr_setting {
    const char *name; /* "modbus-access-list", "password.admin" */
    enum mr_setting_id id;
    uint16_t login;    /* MR_SET_PASSWORD: index of the login */
    const char *value; /* as the device starts, in the form that a command has it */
};
/* A setting's value, read; of a choice the number of its word. Addresses: `any` is 0/0; "none" is an empty list.
 * Numbers: `any` is all bits. */
#define MR_SETTING_ADDRESSES_MAX 16
#define MR_SETTING_TEXT_MAX      68 /* a key of 32 bytes in hexadecimal */
struct mr_setting_value {
    bool on;
    uint32_t number;
    uint64_t numbers; /* bit n: n is one of them */
    uint32_t naddresses;
    struct mr_fw_match {
        uint32_t ip, mask;
    } addresses[MR_SETTING_ADDRESSES_MAX];
    char text[MR_SETTING_TEXT_MAX];
};
extern const struct mr_type mr_setting_value_type;

/* Process variable and image, exchanged before (inputs) and after (outputs) each scan. */
struct mr_wire {
    int var; /* of the process model */
    bool output;
    struct mr_place place;
    bool scaled;                   /* false: the value itself (a bit, a REAL) */
    double raw_lo, raw_hi, lo, hi; /* raw range stands for lo..hi of the variable */
};

/* A controller that reads another's tag over the network. Symbols are of the reader's program, `age` (s since the last good
 * answer) may be NULL. */
#define MR_PLC_LINKS_MAX 64 /* a controller's: a telecontrol gateway reads all its bays, a control centre all its machines */
struct mr_plc_link {
    uint16_t from; /* device */
    enum mr_serve_kind over;
    mr_ns every;
    struct mr_place place;                /* there */
    const struct mr_plc_symbol *to, *age; /* here */
};

/* A value of a controller by the name that the field knows it by: what stations poll, people see, and attackers write. */
struct mr_tag {
    const char *name; /* "LIT101", "MV101.open" (the program's symbol MV101_open) */
    struct mr_text title;
    const char *unit; /* "" for a bool or a pure number */
    uint16_t device;  /* the PLC that holds it */
    const struct mr_plc_symbol *symbol;
    struct mr_place place;         /* read here */
    bool is_bool, writable;        /* writable: an operator may command it */
    struct mr_place command_place; /* written here (the same, unless the author named a command symbol) */
    double lo, hi;
    double limits[4]; /* LL L H HH; NaN where there is none */
    int var;          /* process variable of the same name, or -1 */
};

enum mr_alarm_level { MR_ALARM_LL, MR_ALARM_L, MR_ALARM_H, MR_ALARM_HH, MR_ALARM_ON, MR_ALARM_OFF }; /* the last two: bools */
struct mr_alarm {
    uint16_t tag;
    enum mr_alarm_level level;
    double limit, deadband;
    mr_ns delay;
    uint8_t priority; /* 1 highest .. 4 */
    struct mr_text text;
};

struct mr_poll {
    uint16_t from; /* PLC */
    enum mr_serve_kind over;
    mr_ns every;
    const uint16_t *tags;
    size_t ntags;
};

struct mr_page {
    const char *id; /* "main" */
    int order;      /* pages lie by rising order */
    struct mr_text title;
    const char *svg, *table; /* texts: the drawing; its binding table as JSON */
    size_t svg_n, table_n;
};

struct mr_device {
    const char *name;
    enum mr_device_kind kind;
    struct mr_text title;
    const struct mr_personality *personality; /* never NULL */
    uint16_t node, nnodes;                    /* its cards: nodes of the topology */
    const struct mr_serve *serves;
    size_t nserves;
    const struct mr_setting *settings;
    size_t nsettings;
    /* plc */
    const struct mr_plc_program *program;
    const struct mr_plc_source *sources;
    size_t nsources;
    mr_ns interval; /* of its main task */
    const struct mr_wire *wires;
    size_t nwires;
    const struct mr_plc_link *links;
    size_t nlinks;
    /* hmi, historian */
    const struct mr_poll *polls;
    size_t npolls;
    const struct mr_alarm *alarms;
    size_t nalarms;
    const struct mr_page *pages;
    size_t npages;
    mr_ns keep; /* historian: how far back it remembers */
};

/* What the author says of a rule of the router besides mr_fw_rule. */
struct mr_rule_note {
    bool weak; /* a hole the scene needs */
    struct mr_text why;
};

struct mr_named_service { /* content/services.yaml */
    const char *name;
    uint8_t proto; /* enum mr_fw_proto */
    uint16_t port_lo, port_hi;
};

struct mr_site {
    const char *name;
    struct mr_text title;
    const struct mr_model *model;
    mr_ns step;
    struct mr_topology topology; /* without a scenario's actors */
    const struct mr_text *zone_titles;
    const struct mr_device *devices; /* in the order of the file */
    uint16_t ndevices;
    const struct mr_tag *tags;
    uint16_t ntags;
    struct mr_fw_table rules;
    const struct mr_rule_note *rule_notes; /* one a rule */
    const struct mr_named_service *services;
    size_t nservices;
};

/* By name; MR_NO_DEVICE, MR_NO_ZONE, MR_NO_TAG, NULL where there is none. */
uint16_t mr_site_device(const struct mr_site *s, const char *name);
uint16_t mr_site_zone(const struct mr_site *s, const char *name);
uint16_t mr_site_tag(const struct mr_site *s, const char *name);
const struct mr_named_service *mr_site_service(const struct mr_site *s, const char *name);
const struct mr_setting *mr_device_setting(const struct mr_device *d, const char *name);
const struct mr_serve *mr_device_serve(const struct mr_device *d, enum mr_serve_kind kind);
bool mr_device_polls(const struct mr_device *d, uint16_t tag);

/* "plc1", "control", "10.10.0.11", "10.10.0.0/24", "any" as people write it in a rule; false where it is none of these. */
bool mr_site_match(const struct mr_site *s, const char *text, struct mr_fw_match *out);

const char *mr_setting_id_name(enum mr_setting_id id); /* "write-protect"; "password." for what the account completes */
enum mr_setting_type mr_setting_type(enum mr_setting_id id);
void mr_setting_bounds(enum mr_setting_id id, uint32_t *min, uint32_t *max); /* of a number; of a text's length in bytes */
/* Words of a choice, by rising number; NULL behind the last. */
const char *mr_setting_word(enum mr_setting_id id, size_t i);
/* A setting's value as events and pages show it: texts are passwords and keys, and never shown. */
const char *mr_setting_shown(const struct mr_setting *s, const char *value);
/* Of those that a protocol brings: whether this is one of them, and its value where the author gives none. */
bool mr_setting_of(enum mr_setting_id id, enum mr_serve_kind kind);
const char *mr_setting_usual(enum mr_setting_id id);
/* What its protocols have in common: the switch that closes the port, and the list of who may connect. */
enum mr_setting_id mr_serve_switch(enum mr_serve_kind kind);
enum mr_setting_id mr_serve_access(enum mr_serve_kind kind);
/* Reads a value: "on"/"off", a number, "any", "none" or names and addresses separated by spaces or commas, a text. On an error
 * `why` (may be NULL) says what would be right. */
enum mr_err mr_setting_parse(const struct mr_site *s, enum mr_setting_id id, const char *text, struct mr_setting_value *out,
                             char *why, size_t cap);

#endif
