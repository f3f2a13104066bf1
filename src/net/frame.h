/* frame.h - Ethernet II frames with ARP, or IPv4 with ICMP, TCP or UDP: decoded headers, bytes, checksums.
 *
 * Sources: RFC 894 (IPv4 over Ethernet), RFC 826 (ARP), RFC 791 (IPv4), RFC 792 (ICMP), RFC 9293 (TCP), RFC 768 (UDP), RFC 1071
 * (checksum). The decoded form has one set of members, shared where protocols have the same thing: the addresses of ARP are src
 * and dst. Whatever else a frame carries is MR_FRAME_OTHER: its payload begins behind the Ethernet header. */
#ifndef MR_NET_FRAME_H
#define MR_NET_FRAME_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/state.h"

#define MR_ETH_HEAD      14
#define MR_IP_HEAD       20
#define MR_TCP_HEAD      20
#define MR_UDP_HEAD      8
#define MR_ICMP_HEAD     8
#define MR_MTU           1500
#define MR_FRAME_MAX     (MR_ETH_HEAD + MR_MTU)
#define MR_TCP_MSS       (MR_MTU - MR_IP_HEAD - MR_TCP_HEAD)
#define MR_UDP_MAX       (MR_MTU - MR_IP_HEAD - MR_UDP_HEAD)
#define MR_ETH_TYPE_IP   0x0800
#define MR_ETH_TYPE_ARP  0x0806
#define MR_MAC_BROADCAST 0xffffffffffffu

enum mr_ip_proto { MR_IP_ICMP = 1, MR_IP_TCP = 6, MR_IP_UDP = 17 };
enum mr_tcp_flag { MR_TCP_FIN = 1, MR_TCP_SYN = 2, MR_TCP_RST = 4, MR_TCP_PSH = 8, MR_TCP_ACK = 16 };
enum mr_icmp_type { MR_ICMP_ECHO_REPLY = 0, MR_ICMP_UNREACHABLE = 3, MR_ICMP_ECHO = 8, MR_ICMP_TIME_EXCEEDED = 11 };
enum mr_icmp_code { MR_ICMP_NET = 0, MR_ICMP_HOST = 1, MR_ICMP_PORT = 3, MR_ICMP_PROHIBITED = 13 };
enum mr_arp_op { MR_ARP_REQUEST = 1, MR_ARP_REPLY = 2 };

enum mr_frame_kind {
    MR_FRAME_OTHER, /* another EtherType */
    MR_FRAME_ARP,
    MR_FRAME_IP, /* IPv4 with another protocol, or a fragment: payload begins behind the IPv4 header */
    MR_FRAME_ICMP,
    MR_FRAME_TCP,
    MR_FRAME_UDP,
};

struct mr_frame {
    uint64_t eth_dst, eth_src; /* 48 bits, first octet highest */
    uint64_t arp_sha, arp_tha;
    uint32_t src, dst; /* host byte order */
    uint32_t seq, ack; /* ICMP: seq is the second word of the header (identifier and sequence of an echo) */
    uint16_t eth_type;
    uint16_t arp_op;
    uint16_t ip_id;
    uint16_t ip_frag; /* flags and offset as on the wire */
    uint16_t sport, dport;
    uint16_t window;
    uint16_t mss; /* 0: no such option */
    uint8_t kind; /* enum mr_frame_kind */
    uint8_t tos, ttl, proto;
    uint8_t tcp_flags;
    uint8_t icmp_type, icmp_code;
};
extern const struct mr_type mr_frame_type;

static inline uint64_t mr_mac(const uint8_t m[6])
{
    return (uint64_t)m[0] << 40 | (uint64_t)m[1] << 32 | (uint64_t)m[2] << 24 | (uint64_t)m[3] << 16 | (uint64_t)m[4] << 8 | m[5];
}
/* Broadcast and multicast: the lowest bit of the first octet. */
static inline bool mr_mac_is_group(uint64_t mac)
{
    return (mac >> 40 & 1) != 0;
}

/* Decodes and checks everything that the kind has: lengths, header checksum, ICMP, TCP and UDP checksum. `payload` points into
 * `bytes`, without Ethernet padding. MR_E_TRUNCATED, or MR_E_MALFORMED (which a host drops without a word). */
enum mr_err mr_frame_decode(struct mr_slice bytes, struct mr_frame *f, struct mr_slice *payload);
/* Writes the frame with right lengths and checksums; an MSS option where f->mss is set. kind IP and OTHER: payload as it is. */
void mr_frame_encode(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w);
/* The IPv4 part only (what ICMP errors quote). */
void mr_frame_encode_ip(const struct mr_frame *f, struct mr_slice payload, struct mr_writer *w);
/* Decodes what an ICMP error quotes: an IPv4 header and at least eight bytes of the next. Only addresses, protocol, ports and
 * seq (ICMP: its second word) are set. */
enum mr_err mr_frame_decode_quote(struct mr_slice quote, struct mr_frame *f);

/* RFC 1071: one's complement sum of 16-bit words; `sum` carries over a pseudo header or an earlier part of even length. */
uint32_t mr_inet_sum(uint32_t sum, struct mr_slice s);
uint16_t mr_inet_checksum(uint32_t sum);

#endif
