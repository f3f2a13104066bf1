/* net_codec.c - each kind has only the fields that net.h and net_codec.h list for it, in that order; `data` is always last and
 * reaches to the end, so a message is its own length.
 *
 *   event   = u8 kind, fields     request = u8 kind, fields
 *   node, port u16le; conn, token varint; an address u32le ip, u16le port; rule u16le; proto, reason, flag u8 */
#include "net/net_codec.h"

enum {
    F_NODE = 1 << 0,
    F_PORT = 1 << 1,
    F_CONN = 1 << 2,
    F_TOKEN = 1 << 3,
    F_PEER = 1 << 4,
    F_FROM = 1 << 5, /* and rule, and proto: only denials have them */
    F_REASON = 1 << 6,
    F_FLAG = 1 << 7,
    F_DATA = 1 << 8,
};

static const uint16_t event_fields[MR_NET_EVENT_KINDS] = {
    [MR_NET_ACCEPTED] = F_NODE | F_CONN | F_PORT | F_PEER,
    [MR_NET_CONNECTED] = F_TOKEN | F_CONN,
    [MR_NET_FAILED] = F_TOKEN | F_REASON,
    [MR_NET_DATA] = F_CONN | F_DATA,
    [MR_NET_CLOSED] = F_CONN | F_REASON,
    [MR_NET_DATAGRAM] = F_NODE | F_PORT | F_PEER | F_DATA,
    [MR_NET_FRAME] = F_NODE | F_DATA,
    [MR_NET_PONG] = F_TOKEN | F_REASON,
    [MR_NET_DENIED] = F_PEER | F_FROM,
};

static const uint16_t request_fields[MR_NETQ_KINDS] = {
    [MR_NETQ_LISTEN] = F_NODE | F_PORT,
    [MR_NETQ_UNLISTEN] = F_NODE | F_PORT,
    [MR_NETQ_BIND] = F_NODE | F_PORT,
    [MR_NETQ_CONNECT] = F_NODE | F_PEER | F_TOKEN,
    [MR_NETQ_SEND] = F_CONN | F_DATA,
    [MR_NETQ_CLOSE] = F_CONN | F_FLAG,
    [MR_NETQ_DATAGRAM] = F_NODE | F_PORT | F_PEER | F_DATA,
    [MR_NETQ_FRAME] = F_NODE | F_DATA,
    [MR_NETQ_FRAMES] = F_NODE | F_FLAG,
    [MR_NETQ_PING] = F_NODE | F_PEER | F_TOKEN,
    [MR_NETQ_RULES] = F_DATA,
    [MR_NETQ_LINK] = F_NODE | F_FLAG,
    [MR_NETQ_UNBIND] = F_NODE | F_PORT,
};

static void write_addr(struct mr_writer *w, struct mr_addr a)
{
    mr_write_u32le(w, a.ip);
    mr_write_u16le(w, a.port);
}

static struct mr_addr read_addr(struct mr_reader *r)
{
    struct mr_addr a;
    a.ip = mr_read_u32le(r);
    a.port = mr_read_u16le(r);
    return a;
}

static uint32_t read_varint32(struct mr_reader *r)
{
    uint64_t v = mr_read_varint(r);
    r->bad |= v > UINT32_MAX;
    return (uint32_t)v;
}

void mr_net_event_encode(const struct mr_net_event *ev, struct mr_writer *w)
{
    MR_ASSERT((unsigned)ev->kind < MR_NET_EVENT_KINDS);
    unsigned f = event_fields[ev->kind];
    mr_write_u8(w, (uint8_t)ev->kind);
    if (f & F_NODE) {
        mr_write_u16le(w, ev->node);
    }
    if (f & F_PORT) {
        mr_write_u16le(w, ev->local_port);
    }
    if (f & F_CONN) {
        mr_write_varint(w, ev->conn);
    }
    if (f & F_TOKEN) {
        mr_write_varint(w, ev->token);
    }
    if (f & F_PEER) {
        write_addr(w, ev->peer);
    }
    if (f & F_FROM) {
        write_addr(w, ev->from);
        mr_write_u16le(w, ev->rule);
        mr_write_u8(w, ev->proto);
    }
    if (f & F_REASON) {
        mr_write_u8(w, (uint8_t)ev->reason);
    }
    if (f & F_DATA) {
        mr_write_bytes(w, ev->data);
    }
}

enum mr_err mr_net_event_decode(struct mr_slice in, struct mr_net_event *ev)
{
    struct mr_reader r = mr_reader(in);
    uint8_t kind = mr_read_u8(&r);
    if (r.bad || kind >= MR_NET_EVENT_KINDS) {
        return MR_E_MALFORMED;
    }
    unsigned f = event_fields[kind];
    memset(ev, 0, sizeof *ev);
    ev->kind = (enum mr_net_event_kind)kind;
    ev->conn = MR_CONN_NONE;
    ev->node = f & F_NODE ? mr_read_u16le(&r) : 0;
    ev->local_port = f & F_PORT ? mr_read_u16le(&r) : 0;
    if (f & F_CONN) {
        ev->conn = read_varint32(&r);
    }
    ev->token = f & F_TOKEN ? read_varint32(&r) : 0;
    if (f & F_PEER) {
        ev->peer = read_addr(&r);
    }
    if (f & F_FROM) {
        ev->from = read_addr(&r);
        ev->rule = mr_read_u16le(&r);
        ev->proto = mr_read_u8(&r);
    }
    uint8_t reason = f & F_REASON ? mr_read_u8(&r) : (uint8_t)MR_OK;
    ev->reason = (enum mr_err)reason;
    if (f & F_DATA) {
        ev->data = mr_read_bytes(&r, mr_reader_left(&r));
    }
    return r.bad || reason >= MR_ERR_COUNT || mr_reader_left(&r) > 0 ? MR_E_MALFORMED : MR_OK;
}

void mr_net_request_encode(const struct mr_net_request *q, struct mr_writer *w)
{
    MR_ASSERT((unsigned)q->kind < MR_NETQ_KINDS);
    unsigned f = request_fields[q->kind];
    mr_write_u8(w, (uint8_t)q->kind);
    if (f & F_NODE) {
        mr_write_u16le(w, q->node);
    }
    if (f & F_PORT) {
        mr_write_u16le(w, q->port);
    }
    if (f & F_CONN) {
        mr_write_varint(w, q->conn);
    }
    if (f & F_TOKEN) {
        mr_write_varint(w, q->token);
    }
    if (f & F_PEER) {
        write_addr(w, q->to);
    }
    if (f & F_FLAG) {
        mr_write_u8(w, q->flag);
    }
    if (f & F_DATA) {
        mr_write_bytes(w, q->data);
    }
}

enum mr_err mr_net_request_decode(struct mr_slice in, struct mr_net_request *q)
{
    struct mr_reader r = mr_reader(in);
    uint8_t kind = mr_read_u8(&r);
    if (r.bad || kind >= MR_NETQ_KINDS) {
        return MR_E_MALFORMED;
    }
    unsigned f = request_fields[kind];
    memset(q, 0, sizeof *q);
    q->kind = (enum mr_net_request_kind)kind;
    q->conn = MR_CONN_NONE;
    q->node = f & F_NODE ? mr_read_u16le(&r) : 0;
    q->port = f & F_PORT ? mr_read_u16le(&r) : 0;
    if (f & F_CONN) {
        q->conn = read_varint32(&r);
    }
    q->token = f & F_TOKEN ? read_varint32(&r) : 0;
    if (f & F_PEER) {
        q->to = read_addr(&r);
    }
    uint8_t flag = f & F_FLAG ? mr_read_u8(&r) : 0;
    q->flag = flag != 0;
    if (f & F_DATA) {
        q->data = mr_read_bytes(&r, mr_reader_left(&r));
    }
    return r.bad || flag > 1 || mr_reader_left(&r) > 0 ? MR_E_MALFORMED : MR_OK;
}
