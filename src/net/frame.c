/* frame.c - encoding and decoding of Ethernet, ARP, IPv4, ICMP, TCP and UDP headers; sources in frame.h. */
#include "net/frame.h"

#define IP_MORE_OR_OFFSET 0x3fff /* of ip_frag: any bit says that it is a fragment */

static const struct mr_field frame_fields[] = {
    MR_FIELD(struct mr_frame, eth_dst, MR_U64),  MR_FIELD(struct mr_frame, eth_src, MR_U64),
    MR_FIELD(struct mr_frame, arp_sha, MR_U64),  MR_FIELD(struct mr_frame, arp_tha, MR_U64),
    MR_FIELD(struct mr_frame, src, MR_U32),      MR_FIELD(struct mr_frame, dst, MR_U32),
    MR_FIELD(struct mr_frame, seq, MR_U32),      MR_FIELD(struct mr_frame, ack, MR_U32),
    MR_FIELD(struct mr_frame, eth_type, MR_U16), MR_FIELD(struct mr_frame, arp_op, MR_U16),
    MR_FIELD(struct mr_frame, ip_id, MR_U16),    MR_FIELD(struct mr_frame, ip_frag, MR_U16),
    MR_FIELD(struct mr_frame, sport, MR_U16),    MR_FIELD(struct mr_frame, dport, MR_U16),
    MR_FIELD(struct mr_frame, window, MR_U16),   MR_FIELD(struct mr_frame, mss, MR_U16),
    MR_FIELD(struct mr_frame, kind, MR_U8),      MR_FIELD(struct mr_frame, tos, MR_U8),
    MR_FIELD(struct mr_frame, ttl, MR_U8),       MR_FIELD(struct mr_frame, proto, MR_U8),
    MR_FIELD(struct mr_frame, tcp_flags, MR_U8), MR_FIELD(struct mr_frame, icmp_type, MR_U8),
    MR_FIELD(struct mr_frame, icmp_code, MR_U8),
};
const struct mr_type mr_frame_type = MR_TYPE("frame", struct mr_frame, frame_fields);

uint32_t mr_inet_sum(uint32_t sum, struct mr_slice s)
{
    uint64_t acc = sum;
    size_t i = 0;
    for (; i + 2 <= s.n; i += 2) {
        acc += (uint32_t)(s.p[i] << 8 | s.p[i + 1]);
    }
    if (i < s.n) {
        acc += (uint32_t)s.p[i] << 8;
    }
    while (acc >> 16 != 0) {
        acc = (acc & 0xffff) + (acc >> 16);
    }
    return (uint32_t)acc;
}

uint16_t mr_inet_checksum(uint32_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static uint32_t pseudo_sum(const struct mr_frame *f, size_t len)
{
    return (f->src >> 16) + (f->src & 0xffff) + (f->dst >> 16) + (f->dst & 0xffff) + f->proto + (uint32_t)len;
}

static uint64_t read_mac(struct mr_reader *r)
{
    uint64_t high = mr_read_u16be(r);
    return high << 32 | mr_read_u32be(r);
}

static void write_mac(struct mr_writer *w, uint64_t mac)
{
    mr_write_u16be(w, (uint16_t)(mac >> 32));
    mr_write_u32be(w, (uint32_t)mac);
}

static enum mr_err decode_arp(struct mr_reader *r, struct mr_frame *f)
{
    uint16_t hardware = mr_read_u16be(r);
    uint16_t protocol = mr_read_u16be(r);
    uint16_t sizes = mr_read_u16be(r);
    f->kind = MR_FRAME_ARP;
    f->arp_op = mr_read_u16be(r);
    f->arp_sha = read_mac(r);
    f->src = mr_read_u32be(r);
    f->arp_tha = read_mac(r);
    f->dst = mr_read_u32be(r);
    if (r->bad) {
        return MR_E_TRUNCATED;
    }
    return hardware == 1 && protocol == MR_ETH_TYPE_IP && sizes == 0x0604 ? MR_OK : MR_E_MALFORMED;
}

/* Only the maximum segment size is of interest; others are stepped over by their length (RFC 9293, 3.1). */
static void decode_tcp_options(struct mr_slice options, struct mr_frame *f)
{
    struct mr_reader r = mr_reader(options);
    while (mr_reader_left(&r) > 0) {
        uint8_t kind = mr_read_u8(&r);
        if (kind == 0) {
            return;
        }
        if (kind == 1) {
            continue;
        }
        uint8_t len = mr_read_u8(&r);
        if (len < 2) {
            return;
        }
        struct mr_slice value = mr_read_bytes(&r, len - 2U);
        if (kind == 2 && value.n == 2) {
            f->mss = (uint16_t)(value.p[0] << 8 | value.p[1]);
        }
    }
}

static enum mr_err decode_tcp(struct mr_slice ip_payload, struct mr_frame *f, struct mr_slice *payload)
{
    struct mr_reader r = mr_reader(ip_payload);
    f->kind = MR_FRAME_TCP;
    f->sport = mr_read_u16be(&r);
    f->dport = mr_read_u16be(&r);
    f->seq = mr_read_u32be(&r);
    f->ack = mr_read_u32be(&r);
    uint16_t offset_flags = mr_read_u16be(&r);
    f->window = mr_read_u16be(&r);
    (void)mr_read_u32be(&r); /* checksum, checked below, and urgent pointer */
    f->tcp_flags = (uint8_t)(offset_flags & 0x3f);
    size_t head = (size_t)(offset_flags >> 12) * 4;
    if (r.bad || head < MR_TCP_HEAD || head > ip_payload.n) {
        return MR_E_TRUNCATED;
    }
    decode_tcp_options(mr_slice(ip_payload.p + MR_TCP_HEAD, head - MR_TCP_HEAD), f);
    *payload = mr_slice(ip_payload.p + head, ip_payload.n - head);
    return mr_inet_checksum(mr_inet_sum(pseudo_sum(f, ip_payload.n), ip_payload)) == 0 ? MR_OK : MR_E_MALFORMED;
}

static enum mr_err decode_udp(struct mr_slice ip_payload, struct mr_frame *f, struct mr_slice *payload)
{
    struct mr_reader r = mr_reader(ip_payload);
    f->kind = MR_FRAME_UDP;
    f->sport = mr_read_u16be(&r);
    f->dport = mr_read_u16be(&r);
    uint16_t len = mr_read_u16be(&r);
    uint16_t sum = mr_read_u16be(&r);
    if (r.bad || len < MR_UDP_HEAD || len > ip_payload.n) {
        return MR_E_TRUNCATED;
    }
    struct mr_slice datagram = mr_slice(ip_payload.p, len);
    *payload = mr_slice(ip_payload.p + MR_UDP_HEAD, len - (size_t)MR_UDP_HEAD);
    return sum == 0 || mr_inet_checksum(mr_inet_sum(pseudo_sum(f, len), datagram)) == 0 ? MR_OK : MR_E_MALFORMED;
}

static enum mr_err decode_icmp(struct mr_slice ip_payload, struct mr_frame *f, struct mr_slice *payload)
{
    struct mr_reader r = mr_reader(ip_payload);
    f->kind = MR_FRAME_ICMP;
    f->icmp_type = mr_read_u8(&r);
    f->icmp_code = mr_read_u8(&r);
    (void)mr_read_u16be(&r);
    f->seq = mr_read_u32be(&r);
    if (r.bad) {
        return MR_E_TRUNCATED;
    }
    *payload = mr_slice(ip_payload.p + MR_ICMP_HEAD, ip_payload.n - MR_ICMP_HEAD);
    return mr_inet_checksum(mr_inet_sum(0, ip_payload)) == 0 ? MR_OK : MR_E_MALFORMED;
}

/* The header's members; `*head` and `*total` are its lengths as it says them. */
static enum mr_err decode_ip_head(struct mr_slice bytes, struct mr_frame *f, size_t *head, size_t *total)
{
    struct mr_reader r = mr_reader(bytes);
    uint8_t version_head = mr_read_u8(&r);
    f->tos = mr_read_u8(&r);
    *total = mr_read_u16be(&r);
    f->ip_id = mr_read_u16be(&r);
    f->ip_frag = mr_read_u16be(&r);
    f->ttl = mr_read_u8(&r);
    f->proto = mr_read_u8(&r);
    (void)mr_read_u16be(&r);
    f->src = mr_read_u32be(&r);
    f->dst = mr_read_u32be(&r);
    *head = (size_t)(version_head & 15) * 4;
    if (r.bad || *head > bytes.n) {
        return MR_E_TRUNCATED;
    }
    return version_head >> 4 == 4 && *head >= MR_IP_HEAD && *total >= *head ? MR_OK : MR_E_MALFORMED;
}

static enum mr_err decode_ip(struct mr_slice bytes, struct mr_frame *f, struct mr_slice *payload)
{
    size_t head;
    size_t total;
    enum mr_err err = decode_ip_head(bytes, f, &head, &total);
    if (err != MR_OK) {
        return err;
    }
    if (total > bytes.n) {
        return MR_E_TRUNCATED;
    }
    if (mr_inet_checksum(mr_inet_sum(0, mr_slice(bytes.p, head))) != 0) {
        return MR_E_MALFORMED;
    }
    f->kind = MR_FRAME_IP;
    *payload = mr_slice(bytes.p + head, total - head);
    if ((f->ip_frag & IP_MORE_OR_OFFSET) != 0) {
        return MR_OK;
    }
    switch (f->proto) {
    case MR_IP_ICMP:
        return decode_icmp(*payload, f, payload);
    case MR_IP_TCP:
        return decode_tcp(*payload, f, payload);
    case MR_IP_UDP:
        return decode_udp(*payload, f, payload);
    default:
        return MR_OK;
    }
}

enum mr_err mr_frame_decode(struct mr_slice bytes, struct mr_frame *f, struct mr_slice *payload)
{
    struct mr_reader r = mr_reader(bytes);
    *f = (struct mr_frame){0};
    f->eth_dst = read_mac(&r);
    f->eth_src = read_mac(&r);
    f->eth_type = mr_read_u16be(&r);
    *payload = mr_slice(NULL, 0);
    if (r.bad) {
        return MR_E_TRUNCATED;
    }
    if (f->eth_type == MR_ETH_TYPE_ARP) {
        return decode_arp(&r, f);
    }
    struct mr_slice rest = mr_read_bytes(&r, mr_reader_left(&r));
    if (f->eth_type == MR_ETH_TYPE_IP) {
        return decode_ip(rest, f, payload);
    }
    *payload = rest;
    return MR_OK;
}

enum mr_err mr_frame_decode_quote(struct mr_slice quote, struct mr_frame *f)
{
    size_t head;
    size_t total;
    *f = (struct mr_frame){0};
    enum mr_err err = decode_ip_head(quote, f, &head, &total);
    if (err != MR_OK) {
        return err;
    }
    struct mr_reader r = mr_reader(mr_slice(quote.p + head, quote.n - head));
    uint16_t first = mr_read_u16be(&r);
    uint16_t second = mr_read_u16be(&r);
    f->seq = mr_read_u32be(&r);
    if (f->proto == MR_IP_TCP || f->proto == MR_IP_UDP) {
        f->sport = first;
        f->dport = second;
    } else if (f->proto == MR_IP_ICMP) {
        f->icmp_type = (uint8_t)(first >> 8);
    }
    return r.bad ? MR_E_TRUNCATED : MR_OK;
}

static size_t l4_head(const struct mr_frame *f)
{
    switch (f->kind) {
    case MR_FRAME_TCP:
        return MR_TCP_HEAD + (f->mss != 0 ? 4U : 0U);
    case MR_FRAME_UDP:
        return MR_UDP_HEAD;
    case MR_FRAME_ICMP:
        return MR_ICMP_HEAD;
    default:
        return 0;
    }
}

/* Sets the checksum, two bytes at `at`, over everything from `from` on. */
static void seal(struct mr_writer *w, size_t from, size_t at, uint32_t sum)
{
    if (!w->full) {
        mr_patch_u16be(w, at, mr_inet_checksum(mr_inet_sum(sum, mr_slice(w->p + from, w->n - from))));
    }
}

static void encode_tcp(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w)
{
    size_t start = w->n;
    size_t head = l4_head(f);
    mr_write_u16be(w, f->sport);
    mr_write_u16be(w, f->dport);
    mr_write_u32be(w, f->seq);
    mr_write_u32be(w, f->ack);
    mr_write_u16be(w, (uint16_t)(head / 4 << 12 | f->tcp_flags));
    mr_write_u16be(w, f->window);
    mr_write_u32be(w, 0);
    if (f->mss != 0) {
        mr_write_u16be(w, 0x0204);
        mr_write_u16be(w, f->mss);
    }
    mr_write_bytes(w, payload);
    seal(w, start, start + 16, pseudo_sum(f, head + payload.n));
}

static void encode_udp(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w)
{
    size_t start = w->n;
    size_t len = MR_UDP_HEAD + payload.n;
    mr_write_u16be(w, f->sport);
    mr_write_u16be(w, f->dport);
    mr_write_u16be(w, (uint16_t)len);
    mr_write_u16be(w, 0);
    mr_write_bytes(w, payload);
    seal(w, start, start + 6, pseudo_sum(f, len));
    if (!w->full && w->p[start + 6] == 0 && w->p[start + 7] == 0) {
        mr_patch_u16be(w, start + 6, 0xffff); /* 0 would mean: no checksum */
    }
}

static void encode_icmp(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w)
{
    size_t start = w->n;
    mr_write_u8(w, f->icmp_type);
    mr_write_u8(w, f->icmp_code);
    mr_write_u16be(w, 0);
    mr_write_u32be(w, f->seq);
    mr_write_bytes(w, payload);
    seal(w, start, start + 2, 0);
}

void mr_frame_encode_ip(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w)
{
    size_t start = w->n;
    mr_write_u8(w, 0x45);
    mr_write_u8(w, f->tos);
    mr_write_u16be(w, (uint16_t)(MR_IP_HEAD + l4_head(f) + payload.n));
    mr_write_u16be(w, f->ip_id);
    mr_write_u16be(w, f->ip_frag);
    mr_write_u8(w, f->ttl);
    mr_write_u8(w, f->proto);
    mr_write_u16be(w, 0);
    mr_write_u32be(w, f->src);
    mr_write_u32be(w, f->dst);
    seal(w, start, start + 10, 0);
    if (f->kind == MR_FRAME_TCP) {
        encode_tcp(f, payload, w);
    } else if (f->kind == MR_FRAME_UDP) {
        encode_udp(f, payload, w);
    } else if (f->kind == MR_FRAME_ICMP) {
        encode_icmp(f, payload, w);
    } else {
        mr_write_bytes(w, payload);
    }
}

void mr_frame_encode(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w)
{
    write_mac(w, f->eth_dst);
    write_mac(w, f->eth_src);
    mr_write_u16be(w, f->eth_type);
    if (f->kind == MR_FRAME_ARP) {
        mr_write_u16be(w, 1); /* Ethernet */
        mr_write_u16be(w, MR_ETH_TYPE_IP);
        mr_write_u16be(w, 0x0604); /* lengths of the addresses */
        mr_write_u16be(w, f->arp_op);
        write_mac(w, f->arp_sha);
        mr_write_u32be(w, f->src);
        write_mac(w, f->arp_tha);
        mr_write_u32be(w, f->dst);
    } else if (f->kind == MR_FRAME_OTHER) {
        mr_write_bytes(w, payload);
    } else {
        mr_frame_encode_ip(f, payload, w);
    }
}
