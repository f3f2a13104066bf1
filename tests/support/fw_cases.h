/* fw_cases.h - random rule tables and random packet sequences, from a seed, with the verdicts that the engine gives: to compare
 * with a model, and with nftables in a real router. Three zones of two hosts; the router is .1 in each.
 *
 * Sequence numbers are right for the flow, so that a kernel's window tracking has nothing to object to. Packets come 2 ms apart;
 * rates are so low that no token is regained during a case (but see `pauses`). */
#ifndef MR_FW_CASES_H
#define MR_FW_CASES_H

#include "net/firewall.h"
#include "net/frame.h"

#include <stdio.h>

#define FW_CASE_ZONES            3
#define FW_CASE_HOSTS            2
#define FW_CASE_STEPS            40
#define FW_CASE_TABLES           2
#define FW_CASE_SUBNET(zone)     (0x0a000000u + ((uint32_t)(zone) + 1) * 256) /* 10.0.1.0/24 and so on */
#define FW_CASE_HOST(zone, host) (FW_CASE_SUBNET(zone) + 10 + (uint32_t)(host))

struct fw_step {
    mr_ns at;
    uint32_t table;        /* in force from this packet on */
    struct mr_frame frame; /* all but the Ethernet addresses */
    uint8_t payload[64];
    uint32_t payload_n;
    struct mr_fw_verdict expected; /* a refused reset is not answered: in a real network it looks dropped */
};

struct fw_case {
    uint64_t seed;
    struct mr_fw_table tables[FW_CASE_TABLES];
    struct fw_step steps[FW_CASE_STEPS];
    uint32_t nsteps;
};

/* `pauses`: sometimes seconds to minutes between packets, so that rates recover and flows expire. */
void fw_case_make(struct fw_case *c, uint64_t seed, bool pauses);
/* The tables and one line per packet with its verdict. */
void fw_case_print(const struct fw_case *c, FILE *to);

#endif
