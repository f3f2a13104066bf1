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
/* I, Q, M, a data block, or the timers or counters (two bytes each). Bytes that no span covers read as 0, and what is written to
 * them is lost. */
struct mr_s7_area {
    uint8_t code;  /* enum mr_s7_area_code */
    uint16_t db;   /* for MR_S7_AREA_DB */
    uint32_t size; /* bytes */
    bool read_only;
    const struct mr_s7_span *spans;
    uint32_t nspans;
};

/* Texts of SZL 0x0011 and 0x001C. */
struct mr_s7_identity {
    const char *order_number; /* "6ES7 315-2EH14-0AB0 " */
    uint8_t hardware;         /* release */
    uint8_t firmware[3];
    const char *station, *module, *plant, *copyright, *serial, *module_type, *card;
    uint16_t vendor; /* identification of SZL 0x001C, index 9; Siemens is 42 */
};

/* What a product does. */
struct mr_s7_personality {
    uint16_t pdu_max;  /* that it agrees to */
    uint8_t jobs_max;  /* unacknowledged ones */
    bool refuse_close; /* a client that the access list does not know is disconnected; otherwise items are denied */
    mr_ns idle;        /* 0: never closed */
    mr_ns partial;     /* for a packet begun to end; 0: for ever */
};
extern const struct mr_s7_personality mr_s7_default_personality;

enum { MR_S7_MAY_READ = 1, MR_S7_MAY_WRITE = 2 };
#define MR_S7_ACCESS_MAX 32 /* entries; products have 10 to 128 */
struct mr_s7_access {
    uint32_t network, mask; /* IPv4, host byte order */
    uint8_t rights;
};
struct mr_s7_settings {
    uint8_t protection;   /* 1: none; 2: control and clock need the password; 3: diagnosis too */
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

struct mr_s7_state {
    bool running;     /* RUN or STOP; the device's program obeys */
    mr_ns clock;      /* what the CPU's clock is ahead of site time, since 1970 */
    uint8_t event[8]; /* time of the last change of mode, for SZL 0x0424 */
};
extern const struct mr_type mr_s7_state_type;

struct mr_s7_cpu {
    struct mr_image *image;
    const struct mr_s7_area *areas;
    uint32_t nareas;
    const struct mr_s7_identity *identity;
    const struct mr_s7_personality *personality;
    const struct mr_s7_settings *settings;
    struct mr_s7_state *state;
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
uint8_t mr_s7_rights(const struct mr_s7_settings *s, uint32_t client);

/* A partial list: its record length, and the records after `w`'s beginning. MR_S7_NO_ERROR or why there is none. */
enum mr_s7_error mr_s7_szl(const struct mr_s7_cpu *cpu, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w);

#endif
