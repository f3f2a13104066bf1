#include "site/net_live.h"

static enum mr_err ask(struct mr_net *n, const struct mr_net_request *q)
{
    struct mr_net_live *live = (struct mr_net_live *)n;
    live->request(live->ctx, q);
    return MR_OK;
}

static enum mr_err live_listen(struct mr_net *n, uint16_t node, uint16_t port)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_LISTEN, .node = node, .port = port});
}

static enum mr_err live_unlisten(struct mr_net *n, uint16_t node, uint16_t port)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_UNLISTEN, .node = node, .port = port});
}

static enum mr_err live_bind(struct mr_net *n, uint16_t node, uint16_t port)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_BIND, .node = node, .port = port});
}

static enum mr_err live_unbind(struct mr_net *n, uint16_t node, uint16_t port)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_UNBIND, .node = node, .port = port});
}

static enum mr_err live_connect(struct mr_net *n, uint16_t node, struct mr_addr to, uint32_t token)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_CONNECT, .node = node, .to = to, .token = token});
}

static enum mr_err live_send(struct mr_net *n, mr_conn conn, struct mr_slice data)
{
    return data.n > MR_NET_SEND_MAX ? MR_E_FULL
                                    : ask(n, &(struct mr_net_request){.kind = MR_NETQ_SEND, .conn = conn, .data = data});
}

static void live_close(struct mr_net *n, mr_conn conn, bool reset)
{
    (void)ask(n, &(struct mr_net_request){.kind = MR_NETQ_CLOSE, .conn = conn, .flag = reset});
}

static enum mr_err live_datagram(struct mr_net *n, uint16_t node, uint16_t local_port, struct mr_addr to, struct mr_slice data)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_DATAGRAM, .node = node, .port = local_port, .to = to, .data = data});
}

static enum mr_err live_frame(struct mr_net *n, uint16_t node, struct mr_slice frame)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_FRAME, .node = node, .data = frame});
}

static enum mr_err live_want_frames(struct mr_net *n, uint16_t node, bool on)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_FRAMES, .node = node, .flag = on});
}

static enum mr_err live_ping(struct mr_net *n, uint16_t node, uint32_t ip, uint32_t token)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_PING, .node = node, .to = {ip, 0}, .token = token});
}

/* The saved form of the table; a bound that the largest keeps. */
static enum mr_err live_rules(struct mr_net *n, const struct mr_fw_table *table)
{
    uint8_t buf[sizeof *table + 1];
    MR_ASSERT(mr_type_saved_max(&mr_fw_table_type) <= sizeof buf);
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_state_save(&mr_fw_table_type, table, &w);
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_RULES, .data = mr_written(&w)});
}

static enum mr_err live_link(struct mr_net *n, uint16_t node, bool up)
{
    return ask(n, &(struct mr_net_request){.kind = MR_NETQ_LINK, .node = node, .flag = up});
}

static const struct mr_net_ops ops = {
    .listen = live_listen,
    .unlisten = live_unlisten,
    .bind = live_bind,
    .unbind = live_unbind,
    .connect = live_connect,
    .send = live_send,
    .close = live_close,
    .datagram = live_datagram,
    .frame = live_frame,
    .want_frames = live_want_frames,
    .ping = live_ping,
    .rules = live_rules,
    .link = live_link,
};

void mr_net_live_init(struct mr_net_live *n, void (*request)(void *ctx, const struct mr_net_request *q), void *ctx)
{
    *n = (struct mr_net_live){{&ops}, request, ctx};
}
