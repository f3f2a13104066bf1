/* firewall.h - the canonical rule table of a site's router: one table, evaluated here when simulated, compiled to nftables when
 * live. First match decides; packets of established or related flows pass before any rule, unless the table says that edits
 * cut flows they no longer allow. Only traffic between zones crosses the router. */
#ifndef MR_NET_FIREWALL_H
#define MR_NET_FIREWALL_H

#include "base/err.h"
#include "base/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MR_FW_RULES   128 /* a table that a person can still read */
#define MR_FW_DEFAULT UINT16_MAX
#define MR_FW_ID      24

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

#endif
