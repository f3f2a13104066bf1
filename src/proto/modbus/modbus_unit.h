/* modbus_unit.h - what a Modbus server answers for: a unit, that is a map onto the process image, an identity, the manner of a
 * product (personality), the security settings it obeys, and its health (diagnostic counters).
 *
 * The device owns all of these; a session only points to its units. Settings and health are state (they have a type), the
 * others are content. A plain device is one unit whose settings admit every unit identifier; a gateway is several, each admitting
 * its own: what none admits is answered as its first unit's personality says (exception 10 or 11), a unit that is off by 11. */
#ifndef MR_PROTO_MODBUS_UNIT_H
#define MR_PROTO_MODBUS_UNIT_H

#include "base/state.h"
#include "base/time.h"
#include "image/image.h"
#include "proto/modbus/modbus_codec.h"

/* `count` addresses of a table from `from` on lie in an area of the image from `at` on: the first bit for coils and discrete
 * inputs, the first byte for registers. What the image does not hold answers exception 2. */
struct mr_modbus_range {
    uint16_t from;
    uint32_t count;
    enum mr_area area;
    uint32_t at;
    bool read_only;
};

/* Functions 20 and 21: a file is `records` words of the image from byte `at` on. */
struct mr_modbus_file {
    uint16_t number;
    uint32_t records;
    enum mr_area area;
    uint32_t at;
    bool read_only;
};

#define MR_MODBUS_RANGES_MAX 16 /* of one table; real maps have a handful */
#define MR_MODBUS_FILES_MAX  8
#define MR_MODBUS_FIFOS_MAX  8

struct mr_modbus_map {
    struct {
        uint32_t n;
        struct mr_modbus_range range[MR_MODBUS_RANGES_MAX]; /* must not overlap; the first that holds an address counts */
    } table[MR_MODBUS_TABLES];
    uint32_t nfiles;
    struct mr_modbus_file file[MR_MODBUS_FILES_MAX];
    uint32_t nfifos;
    uint16_t fifo[MR_MODBUS_FIFOS_MAX]; /* FIFO pointer addresses: that holding register counts those after it */
};

/* The map of a device whose site file gives none: coil n is %QX bit n up to 8191 and %MX bit n-8192 from there on; discrete input
 * n is %IX bit n; input register n is %IWn; holding register n is %MWn up to 32767 and %QW(n-32768) from there on. */
extern const struct mr_modbus_map mr_modbus_default_map;
/* MR_E_FULL where the table has no room, MR_E_INVALID where the range overlaps another or passes address 65535. */
enum mr_err mr_modbus_map_add(struct mr_modbus_map *m, enum mr_modbus_table t, const struct mr_modbus_range *r);

struct mr_modbus_object_value {
    uint8_t id; /* MR_MODBUS_OBJECT_EXTENDED or above */
    struct mr_slice value;
};
/* Absent names are NULL; the three basic ones must be there (V1.1b3, section 6.21). Nothing longer than MR_MODBUS_OBJECT_MAX
 * bytes is sent. */
struct mr_modbus_identity {
    const char *object[MR_MODBUS_NAMED_OBJECTS];   /* by enum mr_modbus_object */
    const struct mr_modbus_object_value *extended; /* in ascending order of id */
    uint32_t nextended;
    struct mr_slice server_id;   /* function 17, before the run indicator */
    struct mr_slice server_data; /* and after it */
};
#define MR_MODBUS_OBJECT_MAX 244 /* a PDU less the heads of an answer and of one object */

/* What a personality may say instead of an exception code. */
#define MR_MODBUS_SILENT 0xFE /* no answer */
#define MR_MODBUS_CLOSE  0xFF /* close the connection */

/* How a product behaves where the specification leaves it open. Each verdict is an exception code, or one of the two above. */
struct mr_modbus_personality {
    uint64_t functions;      /* bit n: function n is implemented */
    uint8_t denied_read;     /* by the access list */
    uint8_t denied_write;    /* by the access list */
    uint8_t protected_write; /* by write protection */
    uint8_t unknown_unit;    /* no unit admits the identifier */
    uint8_t conformity;      /* level of identification: MR_MODBUS_ID_BASIC to _EXTENDED */
    uint16_t read_registers_max;
    uint16_t read_bits_max;
    mr_ns idle;    /* a connection that asks nothing for so long is closed; 0: never */
    mr_ns partial; /* and one that does not end a request within this; 0: never */
};
extern const struct mr_modbus_personality mr_modbus_default_personality;

enum { MR_MODBUS_MAY_READ = 1, MR_MODBUS_MAY_WRITE = 2 };
struct mr_modbus_access {
    uint32_t network, mask; /* IPv4, host byte order */
    uint8_t rights;
};
#define MR_MODBUS_ACCESS_MAX 32 /* entries of an access list; products have 10 to 128 */

/* Security settings: a session looks at them with every request, so a change counts at once. */
struct mr_modbus_settings {
    bool write_protected;
    bool access_list; /* off: every client may read and write */
    uint32_t naccess;
    struct mr_modbus_access access[MR_MODBUS_ACCESS_MAX]; /* a client has the rights of all entries that it matches */
    uint64_t functions;                                   /* bit n: function n is allowed */
    uint64_t units[4];                                    /* bit n: unit identifier n is answered */
};
extern const struct mr_type mr_modbus_settings_type;
/* Everything allowed to everyone. */
void mr_modbus_settings_init(struct mr_modbus_settings *s);
/* The rights of a client; for a device that refuses connections outright, none means refuse. */
uint8_t mr_modbus_rights(const struct mr_modbus_settings *s, uint32_t client);
static inline bool mr_modbus_admits_unit(const struct mr_modbus_settings *s, uint8_t unit)
{
    return (s->units[unit / 64] >> (unit % 64) & 1) != 0;
}

/* Counters of functions 8 and 11 (V1.1b3, sections 6.8 and 6.9), wrapping at 16 bits; run indicator and exception status
 * (function 7) are the device's to keep up, and so is whether the unit is there at all. */
#define MR_MODBUS_LOG 64 /* entries of function 12, section 6.10 */
struct mr_modbus_health {
    bool off; /* does not answer: a gateway says so by exception 11 */
    bool running;
    bool listen_only; /* by function 8, subfunction 4: silent until subfunction 1 */
    uint8_t exception_status;
    uint16_t diagnostic_register;
    uint16_t events; /* requests carried out, but for those that ask for this */
    uint16_t bus_messages, bus_errors, exceptions, server_messages, no_responses, naks, busy, overruns;
    uint16_t logged; /* entries so far; the last ones lie in the ring */
    uint8_t log[MR_MODBUS_LOG];
};
extern const struct mr_type mr_modbus_health_type;
void mr_modbus_log(struct mr_modbus_health *h, uint8_t event);

struct mr_modbus_unit {
    struct mr_image *image;
    const struct mr_modbus_map *map;
    const struct mr_modbus_identity *identity;
    const struct mr_modbus_personality *personality;
    const struct mr_modbus_settings *settings;
    struct mr_modbus_health *health;
};

/* What a device may want to log. */
enum mr_modbus_event_kind {
    MR_MODBUS_EV_WRITE,   /* coils, registers or file records were written */
    MR_MODBUS_EV_DENIED,  /* settings refused it */
    MR_MODBUS_EV_CONTROL, /* function 8 changed something; `address` is the subfunction */
};
struct mr_modbus_event {
    uint8_t kind; /* enum mr_modbus_event_kind */
    uint8_t function;
    uint8_t unit;
    uint8_t exception; /* the verdict on what was denied */
    uint8_t table;     /* enum mr_modbus_table, for WRITE by other functions than 21 */
    uint16_t address;  /* of the first; for function 21 the file's number */
    uint16_t count;
    uint16_t value; /* the first one written */
    uint32_t client;
};
extern const struct mr_type mr_modbus_event_type;

/* What to do after a PDU. */
enum mr_modbus_verdict { MR_MODBUS_ANSWERED, MR_MODBUS_UNANSWERED, MR_MODBUS_REFUSED /* close */ };
struct mr_modbus_call {
    const struct mr_modbus_unit *units;
    uint32_t nunits;
    uint32_t client; /* IPv4, host byte order */
    uint8_t unit;    /* identifier asked for */
    bool broadcast;  /* to every unit of a serial line */
    struct mr_slice pdu;
};
/* Carries out one request and writes the answering PDU, for which `w` must have MR_MODBUS_PDU_MAX bytes. *happened is set
 * where the result is true. */
enum mr_modbus_verdict mr_modbus_serve_pdu(const struct mr_modbus_call *c, struct mr_writer *w, struct mr_modbus_event *ev,
                                           bool *happened);

#endif
