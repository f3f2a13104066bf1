/* cip_codec.h - what CIP servers and clients share: services, classes, statuses, paths, elementary data types.
 *
 * Sources: The CIP Networks Library, Volume 1 (Common Industrial Protocol): appendix A (services), B (status codes), C (data
 * types and paths), chapter 3 (connections); for Logix controllers Rockwell publication 1756-PM020 ("Logix 5000 Controllers Data
 * Access"). Numbers are little-endian. */
#ifndef MR_PROTO_CIP_CODEC_H
#define MR_PROTO_CIP_CODEC_H

#include "base/bytes.h"
#include "image/image.h"

enum mr_cip_service {
    MR_CIP_GET_ALL = 0x01,
    MR_CIP_GET_LIST = 0x03,
    MR_CIP_SET_LIST = 0x04,
    MR_CIP_RESET = 0x05,
    MR_CIP_START = 0x06,
    MR_CIP_STOP = 0x07,
    MR_CIP_MULTIPLE = 0x0A,
    MR_CIP_GET_SINGLE = 0x0E,
    MR_CIP_SET_SINGLE = 0x10,
    MR_CIP_FIND_NEXT = 0x11,
    /* of Logix tags */
    MR_CIP_READ_TAG = 0x4C,
    MR_CIP_WRITE_TAG = 0x4D,
    MR_CIP_MODIFY_TAG = 0x4E,
    MR_CIP_READ_FRAGMENT = 0x52,
    MR_CIP_WRITE_FRAGMENT = 0x53,
    MR_CIP_GET_INSTANCES = 0x55, /* Get Instance Attribute List */
    /* of the connection manager */
    MR_CIP_FORWARD_CLOSE = 0x4E,
    MR_CIP_UNCONNECTED_SEND = 0x52,
    MR_CIP_FORWARD_OPEN = 0x54,
    MR_CIP_LARGE_FORWARD_OPEN = 0x5B,
    MR_CIP_ANSWER = 0x80, /* set in answers */
};

enum mr_cip_class {
    MR_CIP_IDENTITY = 0x01,
    MR_CIP_MESSAGE_ROUTER = 0x02,
    MR_CIP_ASSEMBLY = 0x04,
    MR_CIP_CONNECTION_MANAGER = 0x06,
    MR_CIP_PROGRAM_NAME = 0x64,
    MR_CIP_PCCC = 0x67,
    MR_CIP_PROGRAM = 0x68,
    MR_CIP_DATA_TABLE = 0x69,
    MR_CIP_SYMBOL = 0x6B,
    MR_CIP_TEMPLATE = 0x6C,
    MR_CIP_TASK = 0x70,
    MR_CIP_MEMORY = 0x72,
    MR_CIP_FAULT_LOG = 0x73,
    MR_CIP_LOCK = 0x74,
    MR_CIP_REDUNDANCY = 0x77,
    MR_CIP_WALL_CLOCK = 0x8B,
    MR_CIP_MODE = 0x8E,
    MR_CIP_CHANGES = 0xAC,
    MR_CIP_PORT = 0xF4,
    MR_CIP_TCP_IP = 0xF5,
    MR_CIP_ETHERNET_LINK = 0xF6,
};

/* Bytes that Forward Open can ask for, having nine bits; more take Large Forward Open. */
#define MR_CIP_SMALL_CONNECTION 511

/* General status codes. */
enum mr_cip_status {
    MR_CIP_OK = 0x00,
    MR_CIP_CONNECTION_FAILURE = 0x01,
    MR_CIP_NO_RESOURCE = 0x02,
    MR_CIP_BAD_PARAMETER_VALUE = 0x03,
    MR_CIP_PATH_SEGMENT = 0x04,
    MR_CIP_PATH_UNKNOWN = 0x05,
    MR_CIP_PARTIAL = 0x06,
    MR_CIP_CONNECTION_LOST = 0x07,
    MR_CIP_BAD_SERVICE = 0x08,
    MR_CIP_BAD_ATTRIBUTE_VALUE = 0x09,
    MR_CIP_ATTRIBUTE_LIST = 0x0A,
    MR_CIP_ALREADY = 0x0B,
    MR_CIP_STATE_CONFLICT = 0x0C,
    MR_CIP_NOT_SETTABLE = 0x0E,
    MR_CIP_PRIVILEGE = 0x0F,
    MR_CIP_DEVICE_STATE = 0x10,
    MR_CIP_REPLY_TOO_LARGE = 0x11,
    MR_CIP_NOT_ENOUGH_DATA = 0x13,
    MR_CIP_BAD_ATTRIBUTE = 0x14,
    MR_CIP_TOO_MUCH_DATA = 0x15,
    MR_CIP_NO_OBJECT = 0x16,
    MR_CIP_LIST_SHORTAGE = 0x1C,
    MR_CIP_EMBEDDED = 0x1E,
    MR_CIP_BAD_PARAMETER = 0x20,
    MR_CIP_PATH_SIZE = 0x26,
    MR_CIP_BAD_MEMBER = 0x28,
    MR_CIP_GENERAL = 0xFF, /* the extended status says more */
};

/* Extended statuses of the connection manager, with general status 0x01. */
enum mr_cip_connection_error {
    MR_CIP_CE_IN_USE = 0x0100, /* or a duplicate request */
    MR_CIP_CE_TRANSPORT = 0x0103,
    MR_CIP_CE_OWNED = 0x0106,
    MR_CIP_CE_NOT_FOUND = 0x0107,
    MR_CIP_CE_CONNECTION_TYPE = 0x0108,
    MR_CIP_CE_SIZE = 0x0109,
    MR_CIP_CE_RPI = 0x0111,
    MR_CIP_CE_NONE_LEFT = 0x0113,
    MR_CIP_CE_VENDOR_OR_PRODUCT = 0x0114,
    MR_CIP_CE_DEVICE_TYPE = 0x0115,
    MR_CIP_CE_REVISION = 0x0116,
    MR_CIP_CE_POINT = 0x0117, /* no such application path */
    MR_CIP_CE_CONFIGURATION = 0x0118,
    MR_CIP_CE_NOT_LISTENABLE = 0x0119,
    MR_CIP_CE_O_T_TYPE = 0x0123,
    MR_CIP_CE_T_O_TYPE = 0x0124,
    MR_CIP_CE_O_T_SIZE = 0x0127,
    MR_CIP_CE_T_O_SIZE = 0x0128,
    MR_CIP_CE_PARAMETER = 0x0205,
    MR_CIP_CE_PORT = 0x0311,
    MR_CIP_CE_LINK_ADDRESS = 0x0312,
    MR_CIP_CE_SEGMENT = 0x0315,
};
/* Extended statuses of Logix tags (1756-PM020): of general status 0x04 and 0x05, and of 0xFF. */
enum mr_cip_tag_error {
    MR_CIP_TE_PATH = 0x0000,
    MR_CIP_TE_OFFSET = 0x2104,
    MR_CIP_TE_BEYOND = 0x2105,
    MR_CIP_TE_TYPE = 0x2107,
};

enum mr_cip_type {
    MR_CIP_BOOL = 0xC1,
    MR_CIP_SINT = 0xC2,
    MR_CIP_INT = 0xC3,
    MR_CIP_DINT = 0xC4,
    MR_CIP_LINT = 0xC5,
    MR_CIP_USINT = 0xC6,
    MR_CIP_UINT = 0xC7,
    MR_CIP_UDINT = 0xC8,
    MR_CIP_ULINT = 0xC9,
    MR_CIP_REAL = 0xCA,
    MR_CIP_LREAL = 0xCB,
    MR_CIP_BYTE = 0xD1,
    MR_CIP_WORD = 0xD2,
    MR_CIP_DWORD = 0xD3,
    MR_CIP_LWORD = 0xD4,
    MR_CIP_STRUCTURE = 0x02A0, /* as tag services have it; the structure's handle follows */
};
/* Bytes of an elementary type; 0 where it is none of the above. */
size_t mr_cip_type_bytes(uint16_t type);
const char *mr_cip_type_name(uint16_t type); /* NULL where it is none */
enum mr_vtype mr_cip_vtype(uint16_t type);   /* MR_VT_OTHER where it is none */
/* An elementary value as a double; false for none. */
bool mr_cip_number(uint16_t type, struct mr_slice value, double *out);
/* And back: returns the bytes written (0 where the type is none). Rounds and saturates as mr_image_set() does. */
size_t mr_cip_from_number(uint16_t type, double v, uint8_t out[8]);

/* --- paths ------------------------------------------------------------------------------------------------------------------ */

enum mr_cip_segment_kind {
    MR_CIP_SEG_PORT,  /* value: port; name: link address */
    MR_CIP_SEG_CLASS, /* value, as of the logical ones below */
    MR_CIP_SEG_INSTANCE,
    MR_CIP_SEG_MEMBER,
    MR_CIP_SEG_POINT, /* connection point */
    MR_CIP_SEG_ATTRIBUTE,
    MR_CIP_SEG_KEY,    /* name: electronic key, format 4: vendor, type, product, revision */
    MR_CIP_SEG_SYMBOL, /* name */
    MR_CIP_SEG_DATA,   /* name: simple data segment, the configuration of a connection */
    MR_CIP_SEG_NETWORK /* production inhibit time and the like; value: subtype */
};
struct mr_cip_segment {
    enum mr_cip_segment_kind kind;
    uint32_t value;
    struct mr_slice name;
};
/* The next segment of a padded EPATH; false at its end and, with `bad`, where it makes no sense. */
bool mr_cip_next_segment(struct mr_reader *path, struct mr_cip_segment *s);

/* What a path of logical segments names. */
struct mr_cip_target {
    uint32_t class_id, instance, attribute, member;
    bool has_class, has_instance, has_attribute, has_member;
    uint32_t inner_class; /* a second class within the first's instance, as engineering tools have it; else 0 */
};
/* MR_CIP_OK, or what is wrong with the path. */
enum mr_cip_status mr_cip_target_decode(struct mr_slice path, struct mr_cip_target *t);

void mr_cip_write_logical(struct mr_writer *w, enum mr_cip_segment_kind kind, uint32_t value);
void mr_cip_write_symbol(struct mr_writer *w, struct mr_slice name);
/* "Program:Main.Pump[3,1].Speed" as segments; false where it is no tag's name. */
bool mr_cip_write_tag_path(struct mr_writer *w, const char *tag);

/* --- messages --------------------------------------------------------------------------------------------------------------- */

struct mr_cip_request {
    uint8_t service;
    struct mr_slice path;
    struct mr_slice data;
};
/* MR_CIP_OK, or MR_CIP_NOT_ENOUGH_DATA, MR_CIP_PATH_SIZE; the service is known then where there is one byte. */
enum mr_cip_status mr_cip_request_decode(struct mr_slice in, struct mr_cip_request *q);

struct mr_cip_answer {
    uint8_t service; /* without MR_CIP_ANSWER */
    uint8_t status;
    uint16_t extended; /* the first word of the additional status; 0 for none */
    struct mr_slice data;
};
bool mr_cip_answer_decode(struct mr_slice in, struct mr_cip_answer *a);

#endif
