/* net_codec_test.c - network events and requests as bytes: exact forms, every kind there and back, nothing read outside. */
#include "support/test.h"

#include "net/net_codec.h"

static struct mr_net_event full_event(enum mr_net_event_kind kind)
{
    struct mr_net_event ev = {.kind = kind, .conn = MR_CONN_NONE};
    switch (kind) {
    case MR_NET_ACCEPTED:
        ev.node = 7, ev.local_port = 502, ev.conn = 300, ev.peer = (struct mr_addr){0x0a010203, 40000};
        break;
    case MR_NET_CONNECTED:
        ev.token = 5, ev.conn = 0xfffffffe;
        break;
    case MR_NET_FAILED:
    case MR_NET_PONG:
        ev.token = UINT32_MAX, ev.reason = MR_E_UNREACHABLE;
        break;
    case MR_NET_DATA:
        ev.conn = 1, ev.data = mr_slice_str("abc");
        break;
    case MR_NET_CLOSED:
        ev.conn = 1, ev.reason = MR_E_CLOSED;
        break;
    case MR_NET_DATAGRAM:
        ev.node = 1, ev.local_port = 47808, ev.peer = (struct mr_addr){0xc0a80001, 47808}, ev.data = mr_slice_str("xy");
        break;
    case MR_NET_FRAME:
        ev.node = 1023, ev.data = mr_slice_str("frame");
        break;
    case MR_NET_DENIED:
        ev.peer = (struct mr_addr){0x0a010203, 502}, ev.from = (struct mr_addr){0x0a090909, 1}, ev.proto = 6,
        ev.rule = MR_FW_DEFAULT;
        break;
    }
    return ev;
}

static void test_event_bytes(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_net_event ev = full_event(MR_NET_ACCEPTED);
    mr_net_event_encode(&ev, &w);
    /* kind 0; node 7; port 502 = 0x01f6; conn 300 = varint ac 02; 10.1.2.3 little-endian; 40000 = 0x9c40 */
    static const uint8_t want[] = {0, 7, 0, 0xf6, 1, 0xac, 2, 3, 2, 1, 10, 0x40, 0x9c};
    assert_int_equal(w.n, sizeof want);
    assert_memory_equal(buf, want, sizeof want);
}

static void test_events_there_and_back(void **state)
{
    (void)state;
    for (int k = 0; k < MR_NET_EVENT_KINDS; k++) {
        uint8_t buf[128];
        struct mr_writer w = mr_writer(buf, sizeof buf);
        struct mr_net_event ev = full_event((enum mr_net_event_kind)k), back;
        mr_net_event_encode(&ev, &w);
        assert_int_equal(mr_net_event_decode(mr_written(&w), &back), MR_OK);
        assert_true(mr_slice_eq(ev.data, back.data));
        ev.data = back.data = mr_slice(NULL, 0);
        assert_int_equal(back.kind, ev.kind);
        assert_int_equal(back.node, ev.node);
        assert_int_equal(back.local_port, ev.local_port);
        assert_int_equal(back.conn, ev.conn);
        assert_int_equal(back.token, ev.token);
        assert_int_equal(back.peer.ip, ev.peer.ip);
        assert_int_equal(back.peer.port, ev.peer.port);
        assert_int_equal(back.from.ip, ev.from.ip);
        assert_int_equal(back.from.port, ev.from.port);
        assert_int_equal(back.proto, ev.proto);
        assert_int_equal(back.rule, ev.rule);
        assert_int_equal(back.reason, ev.reason);
    }
}

static void test_event_hostile(void **state)
{
    (void)state;
    struct mr_net_event ev;
    static const uint8_t unknown[] = {MR_NET_EVENT_KINDS}, wide[] = {MR_NET_DATA, 0xff, 0xff, 0xff, 0xff, 0x1f},
                         reason[] = {MR_NET_PONG, 1, MR_ERR_COUNT}, longer[] = {MR_NET_PONG, 1, 0, 0};
    assert_int_equal(mr_net_event_decode(mr_slice(unknown, 1), &ev), MR_E_MALFORMED);
    assert_int_equal(mr_net_event_decode(mr_slice(wide, sizeof wide), &ev), MR_E_MALFORMED);
    assert_int_equal(mr_net_event_decode(mr_slice(reason, sizeof reason), &ev), MR_E_MALFORMED);
    assert_int_equal(mr_net_event_decode(mr_slice(longer, sizeof longer), &ev), MR_E_MALFORMED);
    uint8_t buf[64];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    ev = full_event(MR_NET_DENIED);
    mr_net_event_encode(&ev, &w);
    for (size_t n = 0; n < w.n; n++) {
        assert_int_equal(mr_net_event_decode(mr_slice(buf, n), &ev), MR_E_MALFORMED);
    }
}

static void test_requests_there_and_back(void **state)
{
    (void)state;
    static const struct mr_net_request all[MR_NETQ_KINDS] = {
        {.kind = MR_NETQ_LISTEN, .node = 3, .port = 502},
        {.kind = MR_NETQ_UNLISTEN, .node = 3, .port = 502},
        {.kind = MR_NETQ_BIND, .node = 3, .port = 161},
        {.kind = MR_NETQ_CONNECT, .node = 3, .to = {0x0a010203, 502}, .token = 77},
        {.kind = MR_NETQ_SEND, .conn = 9, .data = {(const uint8_t *)"abc", 3}},
        {.kind = MR_NETQ_CLOSE, .conn = 9, .flag = true},
        {.kind = MR_NETQ_DATAGRAM, .node = 1, .port = 161, .to = {1, 2}, .data = {(const uint8_t *)"abc", 3}},
        {.kind = MR_NETQ_FRAME, .node = 1, .data = {(const uint8_t *)"frame", 5}},
        {.kind = MR_NETQ_FRAMES, .node = 1, .flag = true},
        {.kind = MR_NETQ_PING, .node = 1, .to = {0x0a010203, 0}, .token = 1},
        {.kind = MR_NETQ_RULES, .data = {(const uint8_t *)"table", 5}},
        {.kind = MR_NETQ_LINK, .node = 1, .flag = false},
        {.kind = MR_NETQ_UNBIND, .node = 3, .port = 161},
    };
    for (size_t k = 0; k < MR_NETQ_KINDS; k++) {
        uint8_t buf[64];
        struct mr_writer w = mr_writer(buf, sizeof buf);
        struct mr_net_request q;
        assert_int_equal(all[k].kind, k);
        mr_net_request_encode(&all[k], &w);
        assert_int_equal(mr_net_request_decode(mr_written(&w), &q), MR_OK);
        assert_int_equal(q.kind, k);
        assert_int_equal(q.node, all[k].node);
        assert_int_equal(q.port, all[k].port);
        assert_int_equal(q.flag, all[k].flag);
        assert_int_equal(q.token, all[k].token);
        assert_int_equal(q.to.ip, all[k].to.ip);
        assert_int_equal(q.to.port, all[k].to.port);
        assert_true(mr_slice_eq(q.data, all[k].data));
    }
}

static void test_request_hostile(void **state)
{
    (void)state;
    struct mr_net_request q;
    static const uint8_t unknown[] = {MR_NETQ_KINDS}, flag[] = {MR_NETQ_LINK, 1, 0, 2};
    assert_int_equal(mr_net_request_decode(mr_slice(NULL, 0), &q), MR_E_MALFORMED);
    assert_int_equal(mr_net_request_decode(mr_slice(unknown, 1), &q), MR_E_MALFORMED);
    assert_int_equal(mr_net_request_decode(mr_slice(flag, sizeof flag), &q), MR_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_bytes),
        cmocka_unit_test(test_events_there_and_back),
        cmocka_unit_test(test_event_hostile),
        cmocka_unit_test(test_request_hostile),
        cmocka_unit_test(test_requests_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
