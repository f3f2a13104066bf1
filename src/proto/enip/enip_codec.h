/* enip_codec.h - the encapsulation protocol of EtherNet/IP: header, commands, statuses, common packet format.
 *
 * Source: The CIP Networks Library, Volume 2 (EtherNet/IP Adaptation of CIP), chapter 2. Numbers are little-endian, except those
 * in socket addresses. */
#ifndef MR_PROTO_ENIP_CODEC_H
#define MR_PROTO_ENIP_CODEC_H

#include "base/bytes.h"
#include "base/state.h"

#define MR_ENIP_PORT    44818 /* explicit messages, TCP and UDP */
#define MR_ENIP_IO_PORT 2222  /* implicit messages, UDP */
#define MR_ENIP_HEADER  24

/* What surrounds the data of a connected message: header, interface handle, timeout, item count, address item, data item with its
 * sequence count. An unconnected one has less. */
#define MR_ENIP_ENVELOPE (MR_ENIP_HEADER + 4 + 2 + 2 + 8 + 4 + 2)
/* The largest size of a Logix controller's large connection, sequence count included. */
#define MR_ENIP_CONNECTION_MAX 4002
#define MR_ENIP_MESSAGE_MAX    (MR_ENIP_ENVELOPE - 2 + MR_ENIP_CONNECTION_MAX)
/* CIP bytes of an unconnected request or answer, as Logix controllers have it. */
#define MR_ENIP_UNCONNECTED_MAX 504

enum mr_enip_command {
    MR_ENIP_NOP = 0x0000,
    MR_ENIP_LIST_SERVICES = 0x0004,
    MR_ENIP_LIST_IDENTITY = 0x0063,
    MR_ENIP_LIST_INTERFACES = 0x0064,
    MR_ENIP_REGISTER = 0x0065,
    MR_ENIP_UNREGISTER = 0x0066,
    MR_ENIP_SEND_RR_DATA = 0x006F,
    MR_ENIP_SEND_UNIT_DATA = 0x0070,
};

enum mr_enip_status {
    MR_ENIP_OK = 0x0000,
    MR_ENIP_BAD_COMMAND = 0x0001,
    MR_ENIP_NO_MEMORY = 0x0002,
    MR_ENIP_BAD_DATA = 0x0003,
    MR_ENIP_BAD_SESSION = 0x0064,
    MR_ENIP_BAD_LENGTH = 0x0065,
    MR_ENIP_BAD_VERSION = 0x0069,
};

struct mr_enip_header {
    uint16_t command;
    uint16_t length; /* of what follows */
    uint32_t session;
    uint32_t status;
    uint8_t context[8]; /* the sender's, given back */
    uint32_t options;
};
/* The 24 bytes; `bad` where there are fewer. */
struct mr_enip_header mr_enip_header_decode(struct mr_reader *r);
/* Writes a header whose length mr_enip_finish() sets. Returns where it begins. */
size_t mr_enip_begin(struct mr_writer *w, const struct mr_enip_header *h);
void mr_enip_finish(struct mr_writer *w, size_t begin);

enum mr_enip_item_type {
    MR_ENIP_ITEM_NULL = 0x0000,
    MR_ENIP_ITEM_IDENTITY = 0x000C,
    MR_ENIP_ITEM_CONNECTION = 0x00A1,
    MR_ENIP_ITEM_CONNECTED = 0x00B1,
    MR_ENIP_ITEM_UNCONNECTED = 0x00B2,
    MR_ENIP_ITEM_SERVICES = 0x0100,
    MR_ENIP_ITEM_SOCKADDR_O_T = 0x8000,
    MR_ENIP_ITEM_SOCKADDR_T_O = 0x8001,
    MR_ENIP_ITEM_SEQUENCED = 0x8002,
};

/* The common packet format: a count, then items of type, length, data. More than this many make no sense in any message. */
#define MR_ENIP_ITEMS_MAX 4
struct mr_enip_item {
    uint16_t type;
    struct mr_slice data;
};
struct mr_enip_items {
    size_t n;
    struct mr_enip_item item[MR_ENIP_ITEMS_MAX];
};
/* False where they do not fit the bytes exactly, or are too many. */
bool mr_enip_items_decode(struct mr_reader *r, struct mr_enip_items *items);
const struct mr_enip_item *mr_enip_find_item(const struct mr_enip_items *items, uint16_t type);
void mr_enip_item_encode(struct mr_writer *w, uint16_t type, struct mr_slice data);

/* An address and port as list commands and connection managers send them: 16 bytes, big-endian. */
struct mr_enip_peer {
    uint32_t ip; /* host byte order */
    uint16_t port;
};
void mr_enip_sockaddr_encode(struct mr_writer *w, struct mr_enip_peer at);
/* False where it is none. */
bool mr_enip_sockaddr_decode(struct mr_slice data, struct mr_enip_peer *at);

#endif
