/* dnp3_codec.h - what DNP3 outstations and masters share: link frames, transport segments, application headers, codes.
 *
 * Source: IEEE 1815-2012 (DNP3), clauses 4 (application), 8 (transport), 9 (link), 13 (IP). Numbers are little-endian. */
#ifndef MR_PROTO_DNP3_CODEC_H
#define MR_PROTO_DNP3_CODEC_H

#include "base/bytes.h"
#include "base/state.h"
#include "base/time.h"

#define MR_DNP3_PORT         20000
#define MR_DNP3_FRAGMENT_MAX 2048 /* octets of an application fragment (clause 4.2.1: a master takes at least so many) */
#define MR_DNP3_FRAGMENT_MIN 266  /* header of an answer, an object's header, and the longest object: a string */
#define MR_DNP3_FRAME_MAX    292  /* a link frame: 10 of header, 250 of data, 2 of CRC for each 16 of data */
#define MR_DNP3_SEGMENT_MAX  249  /* application octets of a frame */
/* A fragment of the largest size in frames: what an output() writes at most in one turn, but for link replies. */
#define MR_DNP3_FRAMED_MAX ((size_t)9 * MR_DNP3_FRAME_MAX)

/* CRC-16/DNP: polynomial 0x3D65 reflected, complemented (clause 9). */
uint16_t mr_dnp3_crc(struct mr_slice s);

/* Link layer. The control octet's function codes, of primary and secondary frames. */
#define MR_DNP3_DIR 0x80 /* from a master */
#define MR_DNP3_PRM 0x40
#define MR_DNP3_FCB 0x20
#define MR_DNP3_FCV 0x10
enum mr_dnp3_primary {
    MR_DNP3_RESET_LINK = 0,
    MR_DNP3_TEST_LINK = 2,
    MR_DNP3_CONFIRMED_DATA = 3,
    MR_DNP3_UNCONFIRMED_DATA = 4,
    MR_DNP3_REQUEST_LINK_STATUS = 9,
};
enum mr_dnp3_secondary { MR_DNP3_ACK = 0, MR_DNP3_NACK = 1, MR_DNP3_LINK_STATUS = 11, MR_DNP3_NOT_SUPPORTED = 15 };

/* Addresses with a meaning of their own (clause 9); 0xFFF0 to 0xFFFB are reserved. */
#define MR_DNP3_ADDRESS_MAX          0xFFEF
#define MR_DNP3_SELF_ADDRESS         0xFFFC
#define MR_DNP3_BROADCAST_NO_CONFIRM 0xFFFD
#define MR_DNP3_BROADCAST_CONFIRM    0xFFFE
#define MR_DNP3_BROADCAST            0xFFFF

struct mr_dnp3_link_header {
    uint8_t control;
    uint16_t destination, source;
};
extern const struct mr_type mr_dnp3_link_header_type;
/* One frame with `data` (at most 250 octets), whole or not at all. */
void mr_dnp3_frame_write(struct mr_writer *w, const struct mr_dnp3_link_header *h, struct mr_slice data);

/* Takes a stream apart, one link frame after the other; what is damaged or lies between frames is passed over. */
#define MR_DNP3_FRAME_DATA 250
struct mr_dnp3_deframer {
    uint8_t nhead; /* octets of `head` held; 10: its data follow */
    uint8_t left;  /* data octets of the frame to come */
    uint8_t got;   /* data octets taken, of blocks that were right */
    uint8_t nblock;
    uint8_t head[10];
    uint8_t block[18];
    uint8_t data[MR_DNP3_FRAME_DATA];
};
extern const struct mr_type mr_dnp3_deframer_type;
/* Takes octets from `in` at *used on. True when a frame is complete: `h` and `data` (valid until the next call) are what it
 * holds. */
bool mr_dnp3_deframe(struct mr_dnp3_deframer *d, struct mr_slice in, size_t *used, struct mr_dnp3_link_header *h,
                     struct mr_slice *data);
/* Octets still missing of a frame begun, as far as it is known; 0 between frames. */
size_t mr_dnp3_deframer_needs(const struct mr_dnp3_deframer *d);

/* Transport header (clause 8). */
#define MR_DNP3_TRANSPORT_FIN 0x80
#define MR_DNP3_TRANSPORT_FIR 0x40

/* Puts segments together in a buffer that the caller has. */
struct mr_dnp3_assembly {
    bool begun;
    uint8_t sequence; /* of the last segment */
    uint16_t source;
    uint32_t n; /* octets held */
};
extern const struct mr_type mr_dnp3_assembly_type;
/* Adds a segment (transport header first) to what lies in buf; true where it completes a fragment of *total octets. What does not
 * follow from what was there is dropped. */
bool mr_dnp3_assemble(struct mr_dnp3_assembly *a, uint8_t *buf, size_t cap, struct mr_slice segment, uint16_t source,
                      size_t *total);

/* A fragment on its way out, cut into frames while it is written. */
struct mr_dnp3_sending {
    uint8_t sequence; /* transport, goes on from fragment to fragment */
    uint32_t at, n;   /* octets sent, and in all */
};
extern const struct mr_type mr_dnp3_sending_type;
/* Writes as many whole frames as fit. */
void mr_dnp3_send(struct mr_dnp3_sending *s, const uint8_t *fragment, const struct mr_dnp3_link_header *h, struct mr_writer *w);

/* Application layer. */
#define MR_DNP3_FIR 0x80
#define MR_DNP3_FIN 0x40
#define MR_DNP3_CON 0x20
#define MR_DNP3_UNS 0x10
#define MR_DNP3_SEQ 0x0F

enum mr_dnp3_function {
    MR_DNP3_CONFIRM = 0,
    MR_DNP3_READ = 1,
    MR_DNP3_WRITE = 2,
    MR_DNP3_SELECT = 3,
    MR_DNP3_OPERATE = 4,
    MR_DNP3_DIRECT_OPERATE = 5,
    MR_DNP3_DIRECT_OPERATE_NR = 6,
    MR_DNP3_FREEZE = 7,
    MR_DNP3_FREEZE_NR = 8,
    MR_DNP3_FREEZE_CLEAR = 9,
    MR_DNP3_FREEZE_CLEAR_NR = 10,
    MR_DNP3_FREEZE_AT_TIME = 11,
    MR_DNP3_FREEZE_AT_TIME_NR = 12,
    MR_DNP3_COLD_RESTART = 13,
    MR_DNP3_WARM_RESTART = 14,
    MR_DNP3_INITIALIZE_DATA = 15,
    MR_DNP3_INITIALIZE_APPLICATION = 16,
    MR_DNP3_START_APPLICATION = 17,
    MR_DNP3_STOP_APPLICATION = 18,
    MR_DNP3_SAVE_CONFIGURATION = 19,
    MR_DNP3_ENABLE_UNSOLICITED = 20,
    MR_DNP3_DISABLE_UNSOLICITED = 21,
    MR_DNP3_ASSIGN_CLASS = 22,
    MR_DNP3_DELAY_MEASURE = 23,
    MR_DNP3_RECORD_TIME = 24,
    MR_DNP3_OPEN_FILE = 25,
    MR_DNP3_CLOSE_FILE = 26,
    MR_DNP3_DELETE_FILE = 27,
    MR_DNP3_FILE_INFO = 28,
    MR_DNP3_AUTHENTICATE_FILE = 29,
    MR_DNP3_ABORT_FILE = 30,
    MR_DNP3_ACTIVATE_CONFIGURATION = 31,
    MR_DNP3_AUTH_REQUEST = 32,
    MR_DNP3_AUTH_REQUEST_NR = 33,
    MR_DNP3_RESPONSE = 129,
    MR_DNP3_UNSOLICITED = 130,
    MR_DNP3_AUTH_RESPONSE = 131,
};

/* Functions that get no answer (clause 4.4). */
bool mr_dnp3_is_silent(uint8_t function);

/* Internal indications: first octet low, second high (clause 4.5). */
enum mr_dnp3_iin {
    MR_DNP3_IIN_BROADCAST = 1 << 0,
    MR_DNP3_IIN_CLASS1 = 1 << 1,
    MR_DNP3_IIN_CLASS2 = 1 << 2,
    MR_DNP3_IIN_CLASS3 = 1 << 3,
    MR_DNP3_IIN_NEED_TIME = 1 << 4,
    MR_DNP3_IIN_LOCAL = 1 << 5,
    MR_DNP3_IIN_TROUBLE = 1 << 6,
    MR_DNP3_IIN_RESTART = 1 << 7,
    MR_DNP3_IIN_NO_FUNCTION = 1 << 8,
    MR_DNP3_IIN_UNKNOWN_OBJECT = 1 << 9,
    MR_DNP3_IIN_PARAMETER = 1 << 10,
    MR_DNP3_IIN_OVERFLOW = 1 << 11,
    MR_DNP3_IIN_EXECUTING = 1 << 12,
    MR_DNP3_IIN_CORRUPT = 1 << 13,
};

/* Status of a control (annex A.8). */
enum mr_dnp3_status {
    MR_DNP3_SUCCESS = 0,
    MR_DNP3_TIMEOUT = 1,
    MR_DNP3_NO_SELECT = 2,
    MR_DNP3_FORMAT_ERROR = 3,
    MR_DNP3_UNSUPPORTED = 4,
    MR_DNP3_ALREADY_ACTIVE = 5,
    MR_DNP3_HARDWARE_ERROR = 6,
    MR_DNP3_LOCAL = 7,
    MR_DNP3_TOO_MANY = 8,
    MR_DNP3_NOT_AUTHORIZED = 9,
    MR_DNP3_INHIBITED = 10,
    MR_DNP3_OUT_OF_RANGE = 12,
};

struct mr_dnp3_app_header {
    uint8_t control;
    uint8_t function;
    uint16_t iin;            /* of responses */
    struct mr_slice objects; /* what follows */
};
bool mr_dnp3_app_decode(struct mr_slice fragment, struct mr_dnp3_app_header *h);

#endif
