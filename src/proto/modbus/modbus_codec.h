/* modbus_codec.h - what Modbus servers and clients share: numbers, limits, framing, registers and bits on the wire.
 *
 * Sources: "MODBUS Application Protocol Specification V1.1b3" (2012) for PDUs, "MODBUS Messaging on TCP/IP Implementation Guide
 * V1.0b" (2006), section 3.1.3, for the MBAP header: transaction, protocol (0), length of what follows, unit; all big-endian. */
#ifndef MR_PROTO_MODBUS_CODEC_H
#define MR_PROTO_MODBUS_CODEC_H

#include "base/bytes.h"
#include "base/state.h"

#define MR_MODBUS_PORT    502
#define MR_MODBUS_HEADER  7                                      /* MBAP with its unit identifier */
#define MR_MODBUS_PDU_MAX 253                                    /* V1.1b3, section 4.1: 256 of RS485 less address and CRC */
#define MR_MODBUS_ADU_MAX (MR_MODBUS_HEADER + MR_MODBUS_PDU_MAX) /* 260 */
/* The longest that a request can say it is: function 23 with a byte count of 255. Its sender hears of its mistake by an
 * exception. */
#define MR_MODBUS_ADU_LONGEST (MR_MODBUS_HEADER + 10 + 255)

/* Largest quantities of one request (V1.1b3, section 6 under each function). */
#define MR_MODBUS_READ_BITS_MAX          2000
#define MR_MODBUS_WRITE_BITS_MAX         1968
#define MR_MODBUS_READ_REGISTERS_MAX     125
#define MR_MODBUS_WRITE_REGISTERS_MAX    123
#define MR_MODBUS_EXCHANGE_REGISTERS_MAX 121 /* written by function 23 */
#define MR_MODBUS_FIFO_MAX               31
#define MR_MODBUS_FILE_RECORD_MAX        9999 /* highest record number of a file */

enum mr_modbus_function {
    MR_MODBUS_READ_COILS = 1,
    MR_MODBUS_READ_DISCRETE_INPUTS = 2,
    MR_MODBUS_READ_HOLDING_REGISTERS = 3,
    MR_MODBUS_READ_INPUT_REGISTERS = 4,
    MR_MODBUS_WRITE_COIL = 5,
    MR_MODBUS_WRITE_REGISTER = 6,
    MR_MODBUS_READ_EXCEPTION_STATUS = 7,
    MR_MODBUS_DIAGNOSTICS = 8,
    MR_MODBUS_EVENT_COUNTER = 11,
    MR_MODBUS_EVENT_LOG = 12,
    MR_MODBUS_WRITE_COILS = 15,
    MR_MODBUS_WRITE_REGISTERS = 16,
    MR_MODBUS_REPORT_SERVER_ID = 17,
    MR_MODBUS_READ_FILE = 20,
    MR_MODBUS_WRITE_FILE = 21,
    MR_MODBUS_MASK_WRITE_REGISTER = 22,
    MR_MODBUS_EXCHANGE_REGISTERS = 23, /* Read/Write Multiple Registers */
    MR_MODBUS_READ_FIFO = 24,
    MR_MODBUS_ENCAPSULATED = 43,
};
#define MR_MODBUS_FUNCTIONS          44   /* one more than the highest that is implemented */
#define MR_MODBUS_EXCEPTION_FLAG     0x80 /* in the function code of an answer */
#define MR_MODBUS_MEI_IDENTIFICATION 14
#define MR_MODBUS_FILE_REFERENCE     6
#define MR_MODBUS_COIL_ON            0xFF00

enum mr_modbus_exception {
    MR_MODBUS_NO_EXCEPTION = 0,
    MR_MODBUS_ILLEGAL_FUNCTION = 1,
    MR_MODBUS_ILLEGAL_ADDRESS = 2,
    MR_MODBUS_ILLEGAL_VALUE = 3,
    MR_MODBUS_DEVICE_FAILURE = 4,
    MR_MODBUS_ACKNOWLEDGE = 5,
    MR_MODBUS_DEVICE_BUSY = 6,
    MR_MODBUS_PARITY_ERROR = 8,
    MR_MODBUS_GATEWAY_PATH = 10,
    MR_MODBUS_GATEWAY_TARGET = 11,
};
/* "Illegal data address" and so on; "unknown exception" for a code without a name. */
const char *mr_modbus_exception_text(uint8_t code);

enum mr_modbus_diagnostic {
    MR_MODBUS_DIAG_ECHO = 0,
    MR_MODBUS_DIAG_RESTART = 1,
    MR_MODBUS_DIAG_REGISTER = 2,
    MR_MODBUS_DIAG_LISTEN_ONLY = 4,
    MR_MODBUS_DIAG_CLEAR = 10,
    MR_MODBUS_DIAG_BUS_MESSAGES = 11,
    MR_MODBUS_DIAG_BUS_ERRORS = 12,
    MR_MODBUS_DIAG_EXCEPTIONS = 13,
    MR_MODBUS_DIAG_SERVER_MESSAGES = 14,
    MR_MODBUS_DIAG_NO_RESPONSES = 15,
    MR_MODBUS_DIAG_NAKS = 16,
    MR_MODBUS_DIAG_BUSY = 17,
    MR_MODBUS_DIAG_OVERRUNS = 18,
    MR_MODBUS_DIAG_CLEAR_OVERRUNS = 20,
};

/* Read Device Identification (function 43/14): what is asked, and the objects. */
enum mr_modbus_identification {
    MR_MODBUS_ID_BASIC = 1,
    MR_MODBUS_ID_REGULAR = 2,
    MR_MODBUS_ID_EXTENDED = 3,
    MR_MODBUS_ID_ONE = 4,
};
enum mr_modbus_object {
    MR_MODBUS_OBJECT_VENDOR = 0,
    MR_MODBUS_OBJECT_PRODUCT_CODE = 1,
    MR_MODBUS_OBJECT_REVISION = 2,
    MR_MODBUS_OBJECT_URL = 3,
    MR_MODBUS_OBJECT_PRODUCT_NAME = 4,
    MR_MODBUS_OBJECT_MODEL_NAME = 5,
    MR_MODBUS_OBJECT_APPLICATION_NAME = 6,
};
#define MR_MODBUS_NAMED_OBJECTS   7
#define MR_MODBUS_OBJECT_EXTENDED 0x80 /* the first private one */

/* The four tables of the data model, in the order of function codes 1 to 4. */
enum mr_modbus_table {
    MR_MODBUS_COILS,
    MR_MODBUS_DISCRETE_INPUTS,
    MR_MODBUS_HOLDING_REGISTERS,
    MR_MODBUS_INPUT_REGISTERS,
};
#define MR_MODBUS_TABLES 4
static inline bool mr_modbus_table_is_bits(enum mr_modbus_table t)
{
    return t == MR_MODBUS_COILS || t == MR_MODBUS_DISCRETE_INPUTS;
}

/* One ADU taken apart; `pdu` has at least its function code. */
struct mr_modbus_adu {
    uint16_t transaction;
    uint8_t unit;
    struct mr_slice pdu;
};
/* Of a whole ADU, as the framer gives it. */
struct mr_modbus_adu mr_modbus_adu_decode(struct mr_slice adu);
void mr_modbus_header_encode(struct mr_writer *w, uint16_t transaction, uint8_t unit, size_t pdu_bytes);

/* Cuts a stream into ADUs, keeping only what has not ended yet. */
struct mr_modbus_framer {
    uint32_t n;
    uint8_t buf[MR_MODBUS_ADU_LONGEST];
};
extern const struct mr_type mr_modbus_framer_type;

enum mr_modbus_framing {
    MR_MODBUS_FRAME,      /* *adu is whole; it lies in the input or in the framer, until either changes */
    MR_MODBUS_FRAME_MORE, /* all of the input is used up */
    MR_MODBUS_FRAME_BAD,  /* protocol identifier or length that no ADU has: where the next begins is unknown */
};
enum mr_modbus_framing mr_modbus_framer_take(struct mr_modbus_framer *f, struct mr_slice in, size_t *used, struct mr_slice *adu);
/* How many bytes the ADU that has begun lacks, as far as is known; 0 where none has. */
size_t mr_modbus_framer_needs(const struct mr_modbus_framer *f);

/* Bit `i` of a field of packed bits: the first is the lowest of the first byte (V1.1b3, section 6.1). */
static inline bool mr_modbus_bit(const uint8_t *bits, size_t i)
{
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}
static inline uint16_t mr_modbus_register(const uint8_t *registers, size_t i)
{
    return (uint16_t)(registers[2 * i] << 8 | registers[2 * i + 1]);
}

#endif
