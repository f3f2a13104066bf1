/* s7_codec.h - what S7comm servers and clients share: TPKT and COTP framing, the S7 header, codes, items, clock and password.
 *
 * Sources: RFC 1006 and RFC 2126 (TPKT), ISO 8073 / RFC 905 class 0 (COTP). Siemens has not published S7comm; its forms here were
 * read from captured sessions of STEP 7, WinCC and others with S7-300 stations, as tshark names them. Numbers are big-endian. */
#ifndef MR_PROTO_S7_CODEC_H
#define MR_PROTO_S7_CODEC_H

#include "base/bytes.h"
#include "base/state.h"
#include "base/time.h"

#define MR_S7_PORT        102
#define MR_S7_PDU_MAX     960 /* the largest that CPUs agree to */
#define MR_S7_PDU_MIN     240 /* what every client and CPU has */
#define MR_S7_TPKT        4
#define MR_S7_DT          3 /* COTP header of a data TPDU */
#define MR_S7_PACKET_MAX  (MR_S7_TPKT + MR_S7_DT + MR_S7_PDU_MAX)
#define MR_S7_JOB_HEADER  10
#define MR_S7_ACK_HEADER  12
#define MR_S7_ITEMS_MAX   20 /* variables of one job, as CPUs have it */
#define MR_S7_PROTOCOL_ID 0x32

enum mr_s7_rosctr { MR_S7_JOB = 1, MR_S7_ACK = 2, MR_S7_ACK_DATA = 3, MR_S7_USERDATA = 7 };

enum mr_s7_function {
    MR_S7_READ_VAR = 0x04,
    MR_S7_WRITE_VAR = 0x05,
    MR_S7_REQUEST_DOWNLOAD = 0x1A,
    MR_S7_DOWNLOAD_BLOCK = 0x1B, /* the station asks for it */
    MR_S7_DOWNLOAD_ENDED = 0x1C,
    MR_S7_START_UPLOAD = 0x1D,
    MR_S7_UPLOAD = 0x1E,
    MR_S7_END_UPLOAD = 0x1F,
    MR_S7_PI_SERVICE = 0x28,
    MR_S7_PLC_STOP = 0x29,
    MR_S7_SETUP = 0xF0,
};

/* Types of user data (upper half of the byte), function groups (lower half), functions. */
enum mr_s7_userdata { MR_S7_PUSH = 0, MR_S7_REQUEST = 4, MR_S7_RESPONSE = 8 };
enum mr_s7_group {
    MR_S7_TEST = 1, /* "programmer commands": tables of variables */
    MR_S7_CYCLIC = 2,
    MR_S7_BLOCKS = 3,
    MR_S7_CPU = 4,
    MR_S7_SECURITY = 5,
    MR_S7_CLOCK = 7,
};
enum mr_s7_test_function {
    MR_S7_TEST_VARIABLES = 2,
    MR_S7_TEST_MODIFY = 8,
    MR_S7_TEST_DISABLE = 13,
    MR_S7_TEST_ENABLE = 14,
    MR_S7_TEST_DELETE = 15,
    MR_S7_TEST_JOBS = 16,
    MR_S7_TEST_FLASH = 22,
};
enum mr_s7_cyclic_function { MR_S7_CYCLIC_TRANSFER = 1, MR_S7_CYCLIC_END = 4, MR_S7_CYCLIC_CHANGES = 5 };
enum mr_s7_blocks_function { MR_S7_BLOCKS_COUNT = 1, MR_S7_BLOCKS_LIST = 2, MR_S7_BLOCKS_INFO = 3 };
enum mr_s7_cpu_function {
    MR_S7_CPU_READ_SZL = 0x01,
    MR_S7_CPU_MESSAGES = 0x02,   /* subscribes to messages */
    MR_S7_CPU_DIAGNOSTIC = 0x03, /* message: an entry of the diagnostics buffer */
    MR_S7_CPU_ALARM_8 = 0x05,    /* messages: alarms, by the block that the program raises them with */
    MR_S7_CPU_ALARM_ACK = 0x0B,
    MR_S7_CPU_ALARM_ACKED = 0x0C, /* message */
    MR_S7_CPU_ALARM_SQ = 0x11,
    MR_S7_CPU_ALARM_S = 0x12,
    MR_S7_CPU_ALARM_QUERY = 0x13,
};
enum mr_s7_security_function { MR_S7_SECURITY_LOGIN = 1, MR_S7_SECURITY_LOGOUT = 2 };
enum mr_s7_clock_function {
    MR_S7_CLOCK_READ = 1,
    MR_S7_CLOCK_SET = 2,
    MR_S7_CLOCK_READ_FOLLOWING = 3,
    MR_S7_CLOCK_SET_FOLLOWING = 4
};

enum mr_s7_area_code {
    MR_S7_AREA_PERIPHERY = 0x80,
    MR_S7_AREA_INPUTS = 0x81,
    MR_S7_AREA_OUTPUTS = 0x82,
    MR_S7_AREA_FLAGS = 0x83,
    MR_S7_AREA_DB = 0x84,
    MR_S7_AREA_COUNTERS = 0x1C,
    MR_S7_AREA_TIMERS = 0x1D,
};

/* Transport sizes as items ask for them, and as data carry them. */
enum mr_s7_transport {
    MR_S7_BIT = 1,
    MR_S7_BYTE = 2,
    MR_S7_CHAR = 3,
    MR_S7_WORD = 4,
    MR_S7_INT = 5,
    MR_S7_DWORD = 6,
    MR_S7_DINT = 7,
    MR_S7_REAL = 8,
    MR_S7_DATE = 9,
    MR_S7_TIME_OF_DAY = 10,
    MR_S7_TIME = 11,
    MR_S7_S5TIME = 12,
    MR_S7_COUNTER = 0x1C,
    MR_S7_TIMER = 0x1D,
};
enum mr_s7_data {
    MR_S7_DATA_NONE = 0,
    MR_S7_DATA_BIT = 3,
    MR_S7_DATA_BYTES = 4,
    MR_S7_DATA_INT = 5,
    MR_S7_DATA_REAL = 7,
    MR_S7_DATA_OCTETS = 9
};
/* Bytes of one element; 0 for a size that is not known. A bit has one, a counter or timer two. */
size_t mr_s7_element_bytes(uint8_t transport);

enum mr_s7_return {
    MR_S7_OK = 0xFF,
    MR_S7_DENIED = 0x03,
    MR_S7_OUT_OF_RANGE = 0x05,
    MR_S7_TYPE_UNSUPPORTED = 0x06,
    MR_S7_TYPE_MISMATCH = 0x07,
    MR_S7_ABSENT = 0x0A,
};

/* Error class and code in one, of an acknowledgement or a user data answer. */
enum mr_s7_error {
    MR_S7_NO_ERROR = 0,
    MR_S7_E_STATE = 0x8001,    /* not while the block, or the CPU, is in this state */
    MR_S7_E_FUNCTION = 0x8104, /* the station has no such function */
    MR_S7_E_MEMORY = 0x8301,
    MR_S7_E_SEQUENCE = 0x8401,  /* wrong order of services */
    MR_S7_E_PDU_SIZE = 0x8500,  /* the answer would not fit, or the request is inconsistent */
    MR_S7_E_NO_TEST = 0xD003,   /* test function not supported */
    MR_S7_E_TEST_DATA = 0xD05F, /* the request of a test function makes no sense */
    MR_S7_E_SCAN_RATE = 0xD008,
    MR_S7_E_JOBS_FULL = 0xD062,
    MR_S7_E_TEST_PROTECTED = 0xD0A1,
    MR_S7_E_NO_JOB = 0xD0A5,
    MR_S7_E_BLOCK_NAME = 0xD201,
    MR_S7_E_NO_BLOCK = 0xD209,
    MR_S7_E_NO_BLOCKS = 0xD20E, /* of this type */
    MR_S7_E_BLOCK_SIZE = 0xD20F,
    MR_S7_E_BLOCK_LENGTHS = 0xD219, /* lengths in its head do not agree */
    MR_S7_E_BLOCK = 0xD226,         /* its structure is wrong */
    MR_S7_E_PROTECTED = 0xD241,     /* needs a password */
    MR_S7_E_NO_SZL = 0xD401,        /* unknown list */
    MR_S7_E_NO_SZL_INDEX = 0xD402,  /* unknown index */
    MR_S7_E_PASSWORD = 0xD602,      /* wrong one */
    MR_S7_E_NOT_LOGGED_IN = 0xD604, /* nothing to end */
    MR_S7_E_NO_PASSWORD = 0xD605,   /* none is set */
};

/* One variable as read and write jobs name it. */
struct mr_s7_item {
    uint8_t transport;
    uint16_t count;
    uint16_t db;
    uint8_t area;
    uint32_t address; /* in bits; of a counter or timer its number */
};
/* False where it is no item of the ANY form. */
bool mr_s7_item_decode(struct mr_reader *r, struct mr_s7_item *item);
void mr_s7_item_encode(struct mr_writer *w, const struct mr_s7_item *item);

/* The transport size that the data of such an item have, and whether their length counts bits. */
uint8_t mr_s7_data_transport(uint8_t transport, bool *in_bits);
/* One item's data after its code: transport size, length, value, and the byte that fills it up where another item follows. */
bool mr_s7_read_value(struct mr_reader *data, struct mr_slice *value);

struct mr_s7_header {
    uint8_t rosctr;
    uint16_t reference;
    uint16_t error; /* of acknowledgements */
    struct mr_slice parameters, data;
};
bool mr_s7_header_decode(struct mr_slice pdu, struct mr_s7_header *h);
/* Writes a header whose lengths mr_s7_header_finish() sets; `error` counts for acknowledgements. Returns where it begins. */
size_t mr_s7_header_begin(struct mr_writer *w, uint8_t rosctr, uint16_t reference, uint16_t error);
void mr_s7_header_finish(struct mr_writer *w, size_t begin, size_t data_begin);

/* A packet around a PDU: begin gives where it begins, finish sets its length, cut makes several of it whose data TPDUs carry at
 * most `most` bytes (RFC 905, 6.3). */
size_t mr_s7_packet_begin(struct mr_writer *w);
void mr_s7_packet_finish(struct mr_writer *w, size_t begin);
void mr_s7_packet_cut(struct mr_writer *w, size_t begin, size_t most);

/* What a packet carries. */
enum mr_s7_tpdu { MR_S7_CONNECT = 0xE0, MR_S7_CONFIRM = 0xD0, MR_S7_DISCONNECT = 0x80, MR_S7_DATA = 0xF0 };
struct mr_s7_packet {
    uint8_t tpdu;
    bool last;                /* DATA: the PDU ends here */
    uint16_t source;          /* CONNECT, CONFIRM */
    struct mr_slice variable; /* their parameters */
    struct mr_slice payload;  /* DATA */
};
bool mr_s7_packet_decode(struct mr_slice packet, struct mr_s7_packet *p);
/* The value of a COTP parameter (0xC0 TPDU size, 0xC1 and 0xC2 TSAPs); empty where it is absent. */
struct mr_slice mr_s7_cotp_parameter(struct mr_slice variable, uint8_t code);

/* Cuts a stream into packets, and joins PDUs that come in several data TPDUs. What is kept of such a PDU lies before the packet
 * that has begun: together they are no longer than a packet with the whole PDU. */
struct mr_s7_framer {
    uint32_t n;    /* bytes in `buf` */
    uint32_t kept; /* of which of a PDU that has begun */
    uint8_t buf[MR_S7_PACKET_MAX];
};
extern const struct mr_type mr_s7_framer_type;
enum mr_s7_framing { MR_S7_FRAME, MR_S7_FRAME_MORE, MR_S7_FRAME_BAD };
/* *packet lies in `in` or in the framer, until either changes. */
enum mr_s7_framing mr_s7_framer_take(struct mr_s7_framer *f, struct mr_slice in, size_t *used, struct mr_slice *packet);
/* With a data TPDU from take(): FRAME where *pdu, valid until the next take(), is whole; BAD where it would be too long. An empty
 * part is none: some tools send one before every request. */
enum mr_s7_framing mr_s7_framer_join(struct mr_s7_framer *f, const struct mr_s7_packet *p, struct mr_slice *pdu);
size_t mr_s7_framer_needs(const struct mr_s7_framer *f);
static inline bool mr_s7_framer_begun(const struct mr_s7_framer *f)
{
    return f->n > 0;
}

/* DATE_AND_TIME: eight BCD bytes, year to milliseconds and day of the week. `unix_ns` counts from 1970. */
void mr_s7_time_encode(uint8_t out[8], mr_ns unix_ns);
/* Time of a block: milliseconds of the day and days since 1984-01-01, six bytes. */
void mr_s7_block_time_encode(struct mr_writer *w, mr_ns unix_ns);
bool mr_s7_time_decode(const uint8_t in[8], mr_ns *unix_ns);

/* A password of up to eight characters, filled with spaces, as user data carry it; the same both ways but for direction. */
void mr_s7_password_encode(uint8_t out[8], const char *password);
void mr_s7_password_decode(uint8_t out[8], const uint8_t in[8]);

#endif
