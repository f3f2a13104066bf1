/* firewall_text.h - a rule table as text, one rule a line: what a `firewall` command carries, and people can read in a record.
 *
 *   table   = *( rule LF ) "default" action [ "log" ] [ "cut" ] LF
 *   rule    = id action from to proto ports *( "log" / "rate" number )
 *   action  = "allow" / "drop" / "reject"           from, to = "any" / a.b.c.d [ "/" prefix ]
 *   proto   = "any" / "tcp" / "udp" / "icmp"        ports    = "any" / number [ "-" number ] */
#ifndef MR_NET_FIREWALL_TEXT_H
#define MR_NET_FIREWALL_TEXT_H

#include "base/bytes.h"
#include "net/firewall.h"

#define MR_FW_TEXT_MAX 16384 /* MR_FW_RULES lines */

/* MR_E_FULL where it does not fit. */
enum mr_err mr_fw_format(const struct mr_fw_table *t, struct mr_writer *w);
/* Reads and checks (mr_fw_check). MR_E_MALFORMED or MR_E_INVALID, with the line and what would be right in `why`. */
enum mr_err mr_fw_parse(struct mr_slice text, struct mr_fw_table *out, char *why, size_t cap);

const char *mr_fw_action_name(uint8_t action); /* "allow" */
const char *mr_fw_proto_name(uint8_t proto);   /* "tcp"; "any" */

#endif
