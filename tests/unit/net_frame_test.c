/* Frames: the checksum example of RFC 1071, an IPv4 header known from textbooks, frames laid out by hand from the RFCs. */
#include "net/frame.h"
#include "support/test.h"

static void checksum_of_rfc_1071(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}; /* section 3: the sum is ddf2 */
    assert_int_equal(mr_inet_sum(0, mr_slice(bytes, 8)), 0xddf2);
    assert_int_equal(mr_inet_checksum(0xddf2), 0x220d);
    assert_int_equal(mr_inet_sum(mr_inet_sum(0, mr_slice(bytes, 4)), mr_slice(bytes + 4, 4)), 0xddf2);
    assert_int_equal(mr_inet_sum(0, mr_slice(bytes + 2, 1)), 0xf200); /* an odd byte counts as the high one */
}

/* 45 00 00 1c  12 34 40 00  40 11 c. c.  c0 a8 00 01  c0 a8 00 c7, UDP 1000 -> 2000, no data.
 * IP: 4500+001c=451c, +1234=5750, +4000=9750, +4011=d761, +c0a8=19809, +0001=1980a, +c0a8=258b2, +00c7=25979 -> 597b -> a684.
 * UDP: pseudo c0a8+0001+c0a8+00c7+0011+0008=18231, +03e8+07d0+0008=18df1 -> 8df2 -> 720d. */
static const uint8_t udp_frame[] = {
    0x02, 0,    0,    0,    0,    2,    0x02, 0,    0,    0,    0,    1,    0x08, 0x00, 0x45, 0x00, 0x00, 0x1c, 0x12, 0x34, 0x40,
    0x00, 0x40, 0x11, 0xa6, 0x84, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7, 0x03, 0xe8, 0x07, 0xd0, 0x00, 0x08, 0x72, 0x0d,
};

static void udp_as_worked_by_hand(void **state)
{
    (void)state;
    const struct mr_frame f = {.eth_dst = 0x020000000002,
                               .eth_src = 0x020000000001,
                               .eth_type = MR_ETH_TYPE_IP,
                               .kind = MR_FRAME_UDP,
                               .proto = MR_IP_UDP,
                               .src = 0xc0a80001,
                               .dst = 0xc0a800c7,
                               .ip_id = 0x1234,
                               .ip_frag = 0x4000,
                               .ttl = 64,
                               .sport = 1000,
                               .dport = 2000};
    uint8_t out[100];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_frame_encode(&f, mr_slice(NULL, 0), &w);
    assert_int_equal(w.n, sizeof udp_frame);
    assert_memory_equal(out, udp_frame, sizeof udp_frame);
    struct mr_frame back;
    struct mr_slice payload;
    assert_int_equal(mr_frame_decode(mr_slice(udp_frame, sizeof udp_frame), &back, &payload), MR_OK);
    assert_memory_equal(&back, &f, sizeof f);
    assert_int_equal(payload.n, 0);
}

static void damage_is_seen(void **state)
{
    (void)state;
    struct mr_frame f;
    struct mr_slice payload;
    for (size_t i = 14; i < sizeof udp_frame; i++) { /* any bit but those that make it another kind of frame */
        uint8_t bad[sizeof udp_frame];
        memcpy(bad, udp_frame, sizeof bad);
        bad[i] ^= 0x01;
        enum mr_err err = mr_frame_decode(mr_slice(bad, sizeof bad), &f, &payload);
        assert_true(err == MR_E_MALFORMED || err == MR_E_TRUNCATED);
    }
    for (size_t n = 0; n < sizeof udp_frame; n++) {
        assert_int_equal(mr_frame_decode(mr_slice(udp_frame, n), &f, &payload), MR_E_TRUNCATED);
    }
}

static void ethernet_padding_is_no_payload(void **state)
{
    (void)state;
    uint8_t padded[60] = {0};
    memcpy(padded, udp_frame, sizeof udp_frame);
    struct mr_frame f;
    struct mr_slice payload;
    assert_int_equal(mr_frame_decode(mr_slice(padded, sizeof padded), &f, &payload), MR_OK);
    assert_int_equal(payload.n, 0);
}

static void arp_as_in_rfc_826(void **state)
{
    (void)state;
    const uint8_t request[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0,  6, 4, 0,
                               1,    2,    0,    0,    0,    0,    1, 10, 0, 0, 1, 0, 0,    0,    0, 0, 0, 10, 0, 0, 2};
    struct mr_frame f;
    struct mr_slice payload;
    assert_int_equal(mr_frame_decode(mr_slice(request, sizeof request), &f, &payload), MR_OK);
    assert_int_equal(f.kind, MR_FRAME_ARP);
    assert_int_equal(f.arp_op, MR_ARP_REQUEST);
    assert_true(f.arp_sha == 0x020000000001 && f.arp_tha == 0);
    assert_int_equal(f.src, 0x0a000001);
    assert_int_equal(f.dst, 0x0a000002);
    uint8_t out[100];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_frame_encode(&f, payload, &w);
    assert_int_equal(w.n, sizeof request);
    assert_memory_equal(out, request, sizeof request);
}

static void tcp_round_trip_with_mss(void **state)
{
    (void)state;
    const struct mr_frame f = {.eth_dst = 2,
                               .eth_src = 1,
                               .eth_type = MR_ETH_TYPE_IP,
                               .kind = MR_FRAME_TCP,
                               .proto = MR_IP_TCP,
                               .src = 0x0a000001,
                               .dst = 0x0a000002,
                               .ttl = 64,
                               .sport = 40000,
                               .dport = 502,
                               .seq = 0x01020304,
                               .ack = 0x05060708,
                               .window = 64240,
                               .tcp_flags = MR_TCP_SYN | MR_TCP_ACK,
                               .mss = 1460};
    uint8_t out[100];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_frame_encode(&f, mr_slice("abc", 3), &w);
    assert_int_equal(w.n, 14 + 20 + 24 + 3);
    const uint8_t tail[] = {0x60, 0x12, 0xfa, 0xf0};
    assert_memory_equal(out + 14 + 20 + 12, tail, 4); /* data offset 6 words, flags, window */
    const uint8_t option[] = {2, 4, 0x05, 0xb4};
    assert_memory_equal(out + 14 + 20 + 20, option, 4);
    struct mr_frame back;
    struct mr_slice payload;
    assert_int_equal(mr_frame_decode(mr_written(&w), &back, &payload), MR_OK);
    assert_memory_equal(&back, &f, sizeof f);
    assert_true(mr_slice_eq(payload, mr_slice("abc", 3)));
}

static void fragments_and_strangers_keep_their_bytes(void **state)
{
    (void)state;
    struct mr_frame f = {
        .eth_dst = 2, .eth_src = 1, .eth_type = MR_ETH_TYPE_IP, .kind = MR_FRAME_IP, .proto = MR_IP_UDP, .ip_frag = 0x2000};
    uint8_t out[100];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_frame_encode(&f, mr_slice("x", 1), &w);
    struct mr_slice payload;
    assert_int_equal(mr_frame_decode(mr_written(&w), &f, &payload), MR_OK);
    assert_int_equal(f.kind, MR_FRAME_IP);
    assert_true(mr_slice_eq(payload, mr_slice("x", 1)));
    const uint8_t goose[] = {1, 0x0c, 0xcd, 1, 0, 0, 2, 0, 0, 0, 0, 1, 0x88, 0xb8, 7};
    assert_int_equal(mr_frame_decode(mr_slice(goose, sizeof goose), &f, &payload), MR_OK);
    assert_int_equal(f.kind, MR_FRAME_OTHER);
    assert_true(mr_mac_is_group(f.eth_dst));
    assert_int_equal(payload.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksum_of_rfc_1071),
        cmocka_unit_test(udp_as_worked_by_hand),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(ethernet_padding_is_no_payload),
        cmocka_unit_test(arp_as_in_rfc_826),
        cmocka_unit_test(tcp_round_trip_with_mss),
        cmocka_unit_test(fragments_and_strangers_keep_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
