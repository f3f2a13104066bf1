/* net_codec.h - network events and requests as bytes: what crosses between wire and core, and what the record keeps of it. */
#ifndef MR_NET_NET_CODEC_H
#define MR_NET_NET_CODEC_H

#include "net/net.h"

/* Payload of an MR_IN_NET entry. */
void mr_net_event_encode(const struct mr_net_event *ev, struct mr_writer *w);
enum mr_err mr_net_event_decode(struct mr_slice in, struct mr_net_event *ev); /* ev->data points into `in` */

enum mr_net_request_kind {
    MR_NETQ_LISTEN,   /* node, port */
    MR_NETQ_UNLISTEN, /* node, port */
    MR_NETQ_BIND,     /* node, port: UDP */
    MR_NETQ_CONNECT,  /* node, to, token */
    MR_NETQ_SEND,     /* conn, data */
    MR_NETQ_CLOSE,    /* conn, flag: reset */
    MR_NETQ_DATAGRAM, /* node, port, to, data */
    MR_NETQ_FRAME,    /* node, data */
    MR_NETQ_FRAMES,   /* node, flag: wanted */
    MR_NETQ_PING,     /* node, to.ip, token */
    MR_NETQ_RULES,    /* data: the saved form of struct mr_fw_table */
    MR_NETQ_LINK,     /* node, flag: up */
    MR_NETQ_UNBIND,   /* node, port: UDP */
};
#define MR_NETQ_KINDS 13

struct mr_net_request {
    enum mr_net_request_kind kind;
    uint16_t node;
    uint16_t port;
    bool flag;
    mr_conn conn;
    uint32_t token;
    struct mr_addr to;
    struct mr_slice data;
};
void mr_net_request_encode(const struct mr_net_request *q, struct mr_writer *w);
enum mr_err mr_net_request_decode(struct mr_slice in, struct mr_net_request *q);

#endif
