/* firewall_nft.c - the rule table as text for nftables (nft(8)), with the meaning that firewall.h tells and firewall.c computes.
 *
 * Rules match on the conntrack entry's original direction (`ct original`), which for a flow's first packet is the packet itself;
 * so the same lines judge new flows and, with cut_on_edit, every packet of old ones. */
#include "net/firewall.h"

static unsigned prefix_length(uint32_t mask)
{
    return mask == 0 ? 0 : 32U - (unsigned)__builtin_ctz(mask);
}

static void write_net(struct mr_writer *w, uint32_t ip, unsigned prefix)
{
    mr_write_fmt(w, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    if (prefix < 32) {
        mr_write_fmt(w, "/%u", prefix);
    }
}

static void write_match(const struct mr_fw_rule *r, struct mr_writer *w)
{
    mr_write_str(w, "        ");
    if (r->proto != MR_FW_ANY) {
        mr_write_fmt(w, "meta l4proto %u ", r->proto);
    }
    if (r->from_mask != 0) {
        mr_write_str(w, "ct original ip saddr ");
        write_net(w, r->from, prefix_length(r->from_mask));
        mr_write_str(w, " ");
    }
    if (r->to_mask != 0) {
        mr_write_str(w, "ct original ip daddr ");
        write_net(w, r->to, prefix_length(r->to_mask));
        mr_write_str(w, " ");
    }
    if (r->port_lo == r->port_hi) {
        mr_write_fmt(w, "ct original proto-dst %u ", r->port_lo);
    } else if (r->port_lo != 0 || r->port_hi != UINT16_MAX) {
        mr_write_fmt(w, "ct original proto-dst %u-%u ", r->port_lo, r->port_hi);
    }
}

static void write_action(uint8_t action, bool log, unsigned rule, const struct mr_fw_router *router, struct mr_writer *w)
{
    static const char *const words[] = {[MR_FW_ALLOW] = "accept", [MR_FW_DROP] = "drop", [MR_FW_REJECT] = "goto refuse"};
    mr_write_str(w, "counter ");
    if (log && action != MR_FW_ALLOW) {
        mr_write_fmt(w, "log prefix \"%u\" group %u ", rule, router->log_group);
    }
    mr_write_fmt(w, "%s\n", words[action]);
}

static void write_rule(const struct mr_fw_rule *r, unsigned i, const struct mr_fw_router *router, struct mr_writer *w)
{
    if (r->rate_per_s != 0) {
        write_match(r, w);
        mr_write_fmt(w, "ct state new limit rate over %u/second burst %u packets ", r->rate_per_s, r->rate_per_s);
        write_action(MR_FW_DROP, r->log, i, router, w);
    }
    write_match(r, w);
    write_action(r->action, r->log, i, router, w);
}

/* What comes before any rule: no IPv6, no forged sources, nothing that connection tracking cannot place. */
static void write_preamble(const struct mr_fw_table *t, const struct mr_fw_router *router, struct mr_writer *w)
{
    mr_write_str(w, "        type filter hook forward priority filter; policy drop;\n"
                    "        meta nfproto ipv6 drop\n");
    for (size_t i = 0; i < router->nzones; i++) {
        mr_write_fmt(w, "        iifname \"%s\" ip saddr != ", router->zones[i].ifname);
        write_net(w, router->zones[i].subnet, router->zones[i].prefix);
        mr_write_str(w, " counter drop\n");
    }
    mr_write_str(w, "        ct state invalid counter drop\n"
                    "        ct state related counter accept\n");
    if (!t->cut_on_edit) {
        mr_write_str(w, "        ct state established counter accept\n");
    }
    mr_write_str(w, "        ct state new meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn counter drop\n"
                    "        ct state new meta l4proto icmp icmp type != echo-request counter drop\n");
}

enum mr_err mr_fw_nft_ruleset(const struct mr_fw_table *t, const struct mr_fw_router *router, struct mr_writer *w)
{
    mr_write_str(w, "table inet millrace {}\n"
                    "delete table inet millrace\n"
                    "table inet millrace {\n"
                    "    chain refuse {\n"
                    "        meta l4proto tcp reject with tcp reset\n"
                    "        meta l4proto udp reject with icmp type port-unreachable\n"
                    "        reject with icmp type admin-prohibited\n"
                    "    }\n"
                    "    chain forward {\n");
    write_preamble(t, router, w);
    for (uint32_t i = 0; i < t->nrules; i++) {
        write_rule(&t->rules[i], i, router, w);
    }
    mr_write_str(w, "        ");
    write_action(t->fallback, t->log_fallback, MR_FW_DEFAULT, router, w);
    mr_write_str(w, "    }\n"
                    "}\n");
    return w->full ? MR_E_FULL : MR_OK;
}

enum mr_err mr_fw_nft_mirror(const char *name, const char *const *ports, size_t nports, const char *monitor, struct mr_writer *w)
{
    mr_write_fmt(w, "table netdev %s {}\ndelete table netdev %s\ntable netdev %s {\n", name, name, name);
    if (nports > 0) {
        mr_write_str(w, "    chain mirror {\n        type filter hook ingress devices = {");
        for (size_t i = 0; i < nports; i++) {
            mr_write_fmt(w, "%s \"%s\"", i > 0 ? "," : "", ports[i]);
        }
        mr_write_fmt(w, " } priority -150; policy accept;\n        dup to \"%s\"\n    }\n", monitor);
    }
    mr_write_str(w, "}\n");
    return w->full ? MR_E_FULL : MR_OK;
}
