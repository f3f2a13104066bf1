/* s7_cpu.h - what an S7 server answers for: a CPU with its variables on the process image, an identity, security settings it
 * obeys, and its state. The device owns all of these; settings and state have types, the others are content. */
#ifndef MR_PROTO_S7_CPU_H
#define MR_PROTO_S7_CPU_H

#include "image/image.h"
#include "proto/s7/s7_codec.h"

/* A stretch of an area: `count` elements of `size` bytes from byte `from` on lie in the image from byte `at` on. The image is
 * little-endian and S7 big-endian, so each element is turned round; bits and bytes have size 1. */
struct mr_s7_span {
    uint32_t from;
    uint32_t count;
    uint8_t size; /* 1, 2, 4 or 8 */
    enum mr_area area;
    uint32_t at;
};
/* I, Q, M, a data block, or the timers or counters (two bytes each), whose bytes are the CPU's own. Bytes that no span covers
 * read as 0, and what is written to them is lost. */
struct mr_s7_area {
    uint8_t code;  /* enum mr_s7_area_code */
    uint16_t db;   /* for MR_S7_AREA_DB */
    uint32_t size; /* bytes */
    bool read_only;
    const struct mr_s7_span *spans;
    uint32_t nspans;
    uint8_t *own; /* `size` bytes that are not the image's, instead of spans */
};

/* Texts of SZL 0x0011 and 0x001C. */
struct mr_s7_identity {
    const char *order_number; /* "6ES7 315-2EH14-0AB0 " */
    uint8_t hardware;         /* release */
    uint8_t firmware[3];
    const char *station, *module, *plant, *copyright, *serial, *module_type, *card;
    uint16_t vendor; /* identification of SZL 0x001C, index 9; Siemens is 42 */
};

/* What a product does, and what it says of itself in status lists: what personality files say (site/load_personality.c),
 * beginning with mr_s7_default_personality, an S7-300 CPU 315-2 PN/DP. */
struct mr_s7_personality {
    uint16_t pdu_max;            /* that it agrees to: 240 to 960 */
    uint8_t jobs_max;            /* unacknowledged ones */
    bool refuse_close;           /* a client that the access list does not know is disconnected; otherwise items are denied */
    mr_ns idle;                  /* 0: never closed */
    mr_ns partial;               /* for a packet begun to end; 0: for ever */
    uint16_t connections;        /* list 0131, index 1 */
    uint32_t mpi_rate, bus_rate; /* bit/s, the same */
    uint32_t work_memory;        /* bytes, list 0013 */
    uint32_t load_memory;        /* bytes, the same */
    uint16_t flags, timers, counters; /* list 0014: bytes of M, number of T and C */
    uint16_t inputs, outputs;         /* bytes of the process image, the same */
    bool no_system_blocks;            /* it lists no SFC and SFB */
    bool no_messages;                 /* subscriptions to diagnostics and alarms are refused, as are queries */
    bool no_tests;                    /* so are tables of variables and cyclic transfer */
};
extern const struct mr_s7_personality mr_s7_default_personality;
enum { MR_S7_MAY_READ = 1, MR_S7_MAY_WRITE = 2 };
#define MR_S7_ACCESS_MAX 32 /* entries; products have 10 to 128 */
struct mr_s7_access {
    uint32_t network, mask; /* IPv4, host byte order */
    uint8_t rights;
};
struct mr_s7_settings {
    uint8_t protection;   /* 1: none; 2: changes need the password; 3: reading blocks too */
    bool write_protected; /* variables cannot be written by communication */
    bool put_get_off;     /* nor read: newer CPUs refuse GET and PUT unless they are permitted */
    bool access_list;     /* off: every client may read and write */
    uint8_t password[8];  /* filled with spaces; all zero: none is set */
    uint32_t naccess;
    struct mr_s7_access access[MR_S7_ACCESS_MAX];
};
extern const struct mr_type mr_s7_settings_type;
void mr_s7_settings_init(struct mr_s7_settings *s);
void mr_s7_set_password(struct mr_s7_settings *s, const char *password);

/* One entry of the diagnostics buffer, as lists and messages carry it. */
#define MR_S7_DIAGNOSTIC_BYTES 20
struct mr_s7_diagnostic {
    uint8_t bytes[MR_S7_DIAGNOSTIC_BYTES];
};
#define MR_S7_DIAGNOSTICS 100 /* entries that an S7-300 keeps unless told otherwise */

/* An alarm of the program. */
struct mr_s7_alarm {
    uint32_t id;      /* of the event; 0: free */
    uint8_t function; /* enum mr_s7_cpu_function: MR_S7_CPU_ALARM_8, _S or _SQ */
    uint8_t signals;  /* bit n: signal n stands (only bit 0 of S and SQ) */
    uint8_t acked_coming, acked_going;
    uint8_t came[8], went[8];
};
/* What a message about one says. */
struct mr_s7_message {
    struct mr_s7_alarm alarm;
    uint8_t function; /* of the message */
    uint8_t at[8];
};
#define MR_S7_ALARMS   40 /* ALARM_S that an S7-300 holds at once */
#define MR_S7_MESSAGES 32 /* that wait for connections which are slow to take them */

/* What a client has asked to be told again and again: a table of variables, or a cyclic transfer. */
#define MR_S7_JOBS       16 /* of a CPU */
#define MR_S7_JOB_VALUES 224
struct mr_s7_job {
    uint32_t owner; /* the connection's key; 0: free */
    uint8_t group, function;
    bool armed;      /* runs at `due` */
    bool cycles;     /* and again after `period` */
    bool once;       /* and is deleted after the first time */
    uint8_t trigger; /* as its answers repeat it */
    mr_ns period, due;
    uint64_t last; /* hash of what was sent last, where only changes are */
    uint32_t nitems;
    struct mr_s7_item items[MR_S7_ITEMS_MAX];
    uint32_t nvalues; /* to be written: each with its length before it */
    uint8_t values[MR_S7_JOB_VALUES];
};

/* A data block that is being downloaded, or waits for _INSE. One connection at a time changes a CPU's blocks. */
#define MR_S7_STAGED_MAX 16384 /* bytes of a data block: the most that a CPU 315-2 of the first releases has */
struct mr_s7_staged {
    uint32_t owner; /* the connection's key; 0: nothing */
    uint16_t db;
    bool whole;
    uint32_t n;
    uint8_t bytes[MR_S7_STAGED_MAX];
};

struct mr_s7_state {
    bool running;     /* RUN or STOP; the device's program obeys */
    uint64_t clock;   /* what the CPU's clock is ahead of site time, ns since 1970; wraps, as it may show 1990 to 2089 */
    uint8_t event[8]; /* time of the last change of mode, for SZL 0x0424 */
    mr_ns flash;      /* LEDs flash until then */
    uint32_t keys;    /* given to connections so far */
    uint32_t diagnosed, messaged; /* entries and messages made so far; the last ones lie in the rings below */
    struct mr_s7_diagnostic diagnostics[MR_S7_DIAGNOSTICS];
    struct mr_s7_alarm alarms[MR_S7_ALARMS];
    struct mr_s7_message messages[MR_S7_MESSAGES];
    struct mr_s7_job jobs[MR_S7_JOBS];
    struct mr_s7_staged staged;
};
/* What the clock shows. */
static inline mr_ns mr_s7_clock(const struct mr_s7_state *s, mr_ns now)
{
    uint64_t shown = (uint64_t)now + s->clock;
    return shown <= INT64_MAX ? (mr_ns)shown : 0;
}
extern const struct mr_type mr_s7_state_type;

/* Event identifiers of entries. Those from 0xA100 on are of the class that Siemens leaves to users: an S7-300 has none for
 * them. */
enum mr_s7_diagnostic_event {
    MR_S7_DIAG_TO_STARTUP = 0x4301,
    MR_S7_DIAG_TO_RUN = 0x4302,
    MR_S7_DIAG_STOP_SWITCH = 0x4303,
    MR_S7_DIAG_STOP_REQUEST = 0x4304,
    MR_S7_DIAG_STOP_PROGRAM = 0x4562,  /* programming error */
    MR_S7_DIAG_STOP_TIME = 0x4568,     /* cycle time */
    MR_S7_DIAG_START_REQUEST = 0x1381, /* manual warm restart asked for */
    MR_S7_DIAG_BLOCK_LOADED = 0xA101,  /* info 2: its type and number */
    MR_S7_DIAG_BLOCK_DELETED = 0xA102,
    MR_S7_DIAG_PASSWORD_RIGHT = 0xA103,
    MR_S7_DIAG_PASSWORD_WRONG = 0xA104,
};
/* Appends to the buffer; connections that asked for it are told. `modes` is what events of class 4 have there: from and to. */
void mr_s7_diagnose(struct mr_s7_state *s, uint16_t event, uint8_t modes, uint32_t info, mr_ns now);
/* The mode the CPU is in, and what made it so; entries where it is another than before. */
enum mr_s7_cause { MR_S7_BY_REQUEST, MR_S7_BY_SWITCH, MR_S7_BY_PROGRAM_ERROR, MR_S7_BY_CYCLE_TIME };
void mr_s7_set_mode(struct mr_s7_state *s, bool running, enum mr_s7_cause cause, mr_ns now);
/* An alarm comes or goes; connections that asked for its kind are told. False where there is no room for another. */
bool mr_s7_raise(struct mr_s7_state *s, uint8_t function, uint32_t id, uint8_t signals, mr_ns now);
/* Tells of an alarm by a message with this function; one that has gone and is acknowledged is then forgotten. */
void mr_s7_announce(struct mr_s7_state *s, struct mr_s7_alarm *a, uint8_t function, mr_ns now);

struct mr_s7_program;

struct mr_s7_cpu {
    struct mr_image *image;
    const struct mr_s7_area *areas;
    uint32_t nareas;
    const struct mr_s7_identity *identity;
    const struct mr_s7_personality *personality;
    const struct mr_s7_settings *settings;
    struct mr_s7_state *state;
    const struct mr_s7_program *program; /* its blocks (s7_program.h); NULL: it has none but its data blocks */
};

enum mr_s7_event_kind {
    MR_S7_EV_WRITE,
    MR_S7_EV_STOP,
    MR_S7_EV_START,
    MR_S7_EV_MEMORY, /* copy RAM to ROM, compress */
    MR_S7_EV_LOGIN,
    MR_S7_EV_LOGIN_FAILED,
    MR_S7_EV_CLOCK_SET,
    MR_S7_EV_DENIED,
    MR_S7_EV_UPLOAD,   /* of blocks: `area` is the type's letter ('8' OB, 'A' DB, 'B' SDB, 'C' FC, 'E' FB), `db` the number */
    MR_S7_EV_DOWNLOAD, /* the block waits */
    MR_S7_EV_ACTIVATE, /* what waits is the program */
    MR_S7_EV_DELETE,
    MR_S7_EV_FLASH, /* LEDs */
};
struct mr_s7_event {
    uint8_t kind; /* enum mr_s7_event_kind */
    uint8_t function;
    uint8_t area;
    uint16_t db;
    uint32_t address; /* in bits */
    uint16_t bytes;
    uint32_t client;
};
extern const struct mr_type mr_s7_event_type;

const struct mr_s7_area *mr_s7_find_area(const struct mr_s7_cpu *cpu, uint8_t code, uint16_t db);
/* `n` bytes of an area, which has them, in S7's byte order. */
void mr_s7_area_read(const struct mr_s7_cpu *cpu, const struct mr_s7_area *a, uint32_t from, uint8_t *out, size_t n);
void mr_s7_area_write(const struct mr_s7_cpu *cpu, const struct mr_s7_area *a, uint32_t from, const uint8_t *in, size_t n);
/* What an item means: its place, and how many bytes. */
struct mr_s7_target {
    const struct mr_s7_area *area;
    uint32_t byte;
    bool is_bit;
    uint8_t bit;
    size_t n;
};
/* MR_S7_OK, or the code that refuses it. */
enum mr_s7_return mr_s7_locate(const struct mr_s7_cpu *cpu, const struct mr_s7_item *item, struct mr_s7_target *t);
void mr_s7_read_target(const struct mr_s7_cpu *cpu, const struct mr_s7_target *t, uint8_t *out);
void mr_s7_write_target(const struct mr_s7_cpu *cpu, const struct mr_s7_target *t, const uint8_t *in);
uint8_t mr_s7_rights(const struct mr_s7_settings *s, uint32_t client);

/* The longest list: 0x00A0 of a full buffer. */
#define MR_S7_SZL_MAX (8 + MR_S7_DIAGNOSTICS * MR_S7_DIAGNOSTIC_BYTES)
/* A partial list with its head, into `w` with MR_S7_SZL_MAX bytes. MR_S7_NO_ERROR or why there is none. */
enum mr_s7_error mr_s7_szl(const struct mr_s7_cpu *cpu, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w);

#endif
