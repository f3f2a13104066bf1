#include "device/trace.h"

#include <stdarg.h>
#include <stdio.h>

#define MR_TRACE_BYTES 32 /* shown of what is sent: the head of any message here */
#define MR_TRACE_PEER  24 /* "255.255.255.255:65535" */

_Static_assert(MR_TRACE_SUBJECTS < 32, "a subject is a bit of mr_env.traced");

const char *mr_trace_name(unsigned subject)
{
    static const char *const names[] = {
        [MR_TRACE_NET] = "net",     [MR_TRACE_PLC] = "plc", [MR_TRACE_PROCESS] = "process", [MR_TRACE_ADVERSARY] = "adversary",
        [MR_TRACE_EVENT] = "event",
    };
    MR_ASSERT(subject < MR_TRACE_SUBJECTS);
    return subject < MR_SERVE_KINDS ? mr_serve_usual((enum mr_serve_kind)subject)->name : names[subject];
}

void mr_trace(const struct mr_env *env, unsigned subject, const char *device, const char *fmt, ...)
{
    if (!mr_traced(env, subject)) {
        return;
    }
    char line[MR_TRACE_LINE];
    int n = snprintf(line, sizeof line, "%s %s ", mr_trace_name(subject), device && device[0] ? device : "-");
    va_list ap;
    va_start(ap, fmt);
    if (n > 0 && (size_t)n < sizeof line) {
        (void)vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
    }
    va_end(ap);
    for (char *p = line; *p; p++) { /* names and paths from the wire may be in it: a line stays one */
        *p = (unsigned char)*p < ' ' || *p == 0x7f ? '.' : *p;
    }
    env->trace(env->ctx, line);
}

void mr_trace_bytes(const struct mr_env *env, unsigned subject, const char *device, const char *what, struct mr_slice data)
{
    if (!mr_traced(env, subject)) {
        return;
    }
    char hex[2 * MR_TRACE_BYTES + 1] = "";
    for (size_t i = 0; i < data.n && i < MR_TRACE_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", data.p[i]);
    }
    mr_trace(env, subject, device, "%s %zu bytes %s%s", what, data.n, hex, data.n > MR_TRACE_BYTES ? "..." : "");
}

/* How a connection ended, or a ping. */
static const char *end(enum mr_err reason, const char *well)
{
    return reason == MR_OK ? well : reason == MR_E_CLOSED ? "reset" : mr_err_text(reason);
}

static const char *peer(struct mr_addr a, char buf[MR_TRACE_PEER])
{
    char ip[16];
    (void)snprintf(buf, MR_TRACE_PEER, "%s:%u", mr_ip_format(a.ip, ip), a.port);
    return buf;
}

void mr_trace_net(const struct mr_env *env, unsigned subject, const char *device, const struct mr_net_event *ev)
{
    if (!mr_traced(env, subject)) {
        return;
    }
    char at[MR_TRACE_PEER];
    char from[MR_TRACE_PEER];
    char what[MR_TRACE_PEER + 16];
    switch (ev->kind) {
    case MR_NET_ACCEPTED:
        mr_trace(env, subject, device, "#%u accepted from %s at port %u", ev->conn, peer(ev->peer, at), ev->local_port);
        break;
    case MR_NET_CONNECTED:
        mr_trace(env, subject, device, "#%u connected", ev->conn);
        break;
    case MR_NET_FAILED:
        mr_trace(env, subject, device, "connect failed: %s", mr_err_text(ev->reason));
        break;
    case MR_NET_DATA:
        (void)snprintf(what, sizeof what, "#%u in", ev->conn);
        mr_trace_bytes(env, subject, device, what, ev->data);
        break;
    case MR_NET_CLOSED:
        mr_trace(env, subject, device, "#%u closed: %s", ev->conn, end(ev->reason, "end of stream"));
        break;
    case MR_NET_DATAGRAM:
        (void)snprintf(what, sizeof what, "datagram from %s", peer(ev->peer, at));
        mr_trace_bytes(env, subject, device, what, ev->data);
        break;
    case MR_NET_FRAME:
        mr_trace_bytes(env, subject, device, "frame", ev->data);
        break;
    case MR_NET_PONG:
        mr_trace(env, subject, device, "ping: %s", end(ev->reason, "answered"));
        break;
    case MR_NET_DENIED:
        mr_trace(env, subject, device, "rule %u denied %s to %s, protocol %u", ev->rule, peer(ev->from, from), peer(ev->peer, at),
                 ev->proto);
        break;
    }
}
