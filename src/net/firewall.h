/* firewall.h - the canonical rule table of a site's router: one table, evaluated here when simulated, compiled to nftables when
 * live. First match decides; packets of established or related flows pass before any rule, unless the table says that edits
 * cut flows they no longer allow. Only traffic between zones crosses the router.
 *
 * What happens to a packet, in this order, the same in both:
 *   1. connection tracking calls it invalid, or it would begin a flow and is TCP but no bare SYN, or ICMP but no echo: dropped,
 *      never an event (as is a source address that is not of the zone it comes from);
 *   2. related (an ICMP error that quotes a known flow): passes;
 *   3. established (its flow has been answered): passes, unless cut_on_edit is set: then it is judged by rule 4 as the packet
 *      that began its flow (original addresses and port), without rate limits;
 *   4. the first rule that matches decides, else the fallback. An ALLOW whose rate is used up drops.
 * A refusal by REJECT answers TCP with a reset, UDP with ICMP port unreachable, anything else with ICMP administratively
 * prohibited; by DROP, nothing. Denials whose rule (or fallback) logs are events. A rate is a token bucket, a second deep,
 * counted as the kernel counts: full at each edit, 1/rate seconds a token. */
#ifndef MR_NET_FIREWALL_H
#define MR_NET_FIREWALL_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/state.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MR_FW_RULES    128 /* a table that a person can still read */
#define MR_FW_DEFAULT  UINT16_MAX
#define MR_FW_ID       24
#define MR_FW_RATE_MAX 1000000

enum mr_fw_action { MR_FW_ALLOW, MR_FW_DROP, MR_FW_REJECT };
enum mr_fw_proto { MR_FW_ANY = 0, MR_FW_ICMP = 1, MR_FW_TCP = 6, MR_FW_UDP = 17 };

struct mr_fw_rule {
    char id[MR_FW_ID];        /* stable name of the rule for people and events */
    uint32_t from, from_mask; /* mask 0: any */
    uint32_t to, to_mask;
    uint16_t port_lo, port_hi; /* destination; 0..65535 for any; only for TCP and UDP */
    uint8_t proto;             /* enum mr_fw_proto */
    uint8_t action;            /* enum mr_fw_action */
    uint32_t rate_per_s;       /* new flows a second that an ALLOW lets through, per rule; 0: no limit */
    bool log;                  /* denials are events */
};

struct mr_fw_table {
    uint32_t nrules;
    struct mr_fw_rule rules[MR_FW_RULES];
    uint8_t fallback; /* enum mr_fw_action where no rule matches */
    bool log_fallback;
    bool cut_on_edit; /* flows that the new table would not let begin are cut at once */
};
extern const struct mr_type mr_fw_table_type;

enum mr_fw_mistake {
    MR_FW_NO_MISTAKE,
    MR_FW_TOO_MANY,
    MR_FW_BAD_FALLBACK,
    MR_FW_BAD_ID,  /* empty, too long, or other than letters, digits, '-', '_', '.' */
    MR_FW_SAME_ID, /* as rule `other` */
    MR_FW_BAD_ACTION,
    MR_FW_BAD_PROTO,
    MR_FW_BAD_SOURCE, /* no prefix, or bits beyond it are set */
    MR_FW_BAD_DESTINATION,
    MR_FW_PORTS_BACKWARDS,
    MR_FW_PORTS_UNUSED, /* neither TCP nor UDP */
    MR_FW_RATE_UNUSED,  /* not ALLOW */
    MR_FW_RATE_HIGH,
};
struct mr_fw_fault {
    enum mr_fw_mistake what;
    uint32_t rule, other; /* from 0 */
};

/* The first mistake in a table that a person wrote. */
struct mr_fw_fault mr_fw_find_fault(const struct mr_fw_table *t);
/* The same for who reads a file or a log: MR_E_INVALID with the mistake in `why` (128 bytes are enough). */
enum mr_err mr_fw_check(const struct mr_fw_table *t, char *why, size_t cap);

enum mr_ct_state { MR_CT_INVALID, MR_CT_NEW, MR_CT_ESTABLISHED, MR_CT_RELATED };

/* A flow as the packet that began it has it. ICMP: the source port is the echo's identifier. */
struct mr_flow {
    uint32_t src, dst;
    uint16_t sport, dport;
    uint8_t proto; /* IP protocol number */
};
extern const struct mr_type mr_flow_type;

struct mr_fw_packet {
    struct mr_flow flow; /* of the flow's first packet, whatever this one's direction */
    enum mr_ct_state state;
    bool begins; /* may begin a flow: not TCP, or a SYN without ACK, FIN, RST */
};

/* The rates' buckets. */
struct mr_fw_meter {
    int64_t tokens_ns; /* time saved up; a flow costs 1/rate seconds */
    mr_ns last;
};
extern const struct mr_type mr_fw_meter_type;

struct mr_fw_verdict {
    enum mr_fw_action action;
    bool logged;   /* a denial that is an event */
    uint16_t rule; /* index, or MR_FW_DEFAULT; where it logs */
};

/* `meters`: MR_FW_RULES of them. Set full when the table is put in force. */
void mr_fw_meters_fill(struct mr_fw_meter *meters, const struct mr_fw_table *t, mr_ns now);
struct mr_fw_verdict mr_fw_judge(const struct mr_fw_table *t, struct mr_fw_meter *meters, const struct mr_fw_packet *p,
                                 mr_ns now);

/* What nftables text needs to know of the namespace it is for. */
struct mr_fw_zone {
    const char *ifname; /* the router's interface in the zone */
    uint32_t subnet;
    uint8_t prefix;
};
struct mr_fw_router {
    const struct mr_fw_zone *zones;
    size_t nzones;
    uint16_t log_group; /* NFLOG; the prefix of a message is the rule's index in decimal, 65535 for the fallback */
};
/* Text for `nft -f`, one transaction: replaces the table `inet millrace`. MR_E_FULL where it does not fit (64 KiB are enough). */
enum mr_err mr_fw_nft_ruleset(const struct mr_fw_table *t, const struct mr_fw_router *router, struct mr_writer *w);
/* Copies every frame that enters one of the bridge's ports to `monitor`: replaces the table `netdev NAME`. */
enum mr_err mr_fw_nft_mirror(const char *name, const char *const *ports, size_t nports, const char *monitor, struct mr_writer *w);

#endif
