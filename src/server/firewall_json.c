#include "server/firewall_json.h"

#include "net/firewall_text.h"

#include <stdio.h>
#include <string.h>

/* --- to JSON --- */

static void end_name(const struct mr_site *site, uint32_t ip, uint32_t mask, char *buf, size_t cap)
{
    if (mask == 0) {
        (void)snprintf(buf, cap, "any");
        return;
    }
    for (uint16_t i = 0; i < site->topology.nnodes && mask == UINT32_MAX; i++) {
        const struct mr_node *n = &site->topology.nodes[i];
        if (n->ip == ip && n->device < site->ndevices) {
            (void)snprintf(buf, cap, "%s", site->devices[n->device].name);
            return;
        }
    }
    for (uint16_t i = 0; i < site->topology.nzones; i++) {
        const struct mr_zone *z = &site->topology.zones[i];
        if (z->subnet == ip && z->prefix == __builtin_popcount(mask)) {
            (void)snprintf(buf, cap, "%s", z->name);
            return;
        }
    }
    int prefix = __builtin_popcount(mask);
    (void)snprintf(buf, cap, prefix == 32 ? "%u.%u.%u.%u" : "%u.%u.%u.%u/%d", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
                   prefix);
}

static bool every_port(const struct mr_fw_rule *r)
{
    return r->port_lo == 0 && r->port_hi == UINT16_MAX;
}

static void service_json(const struct mr_site *site, const struct mr_fw_rule *r, json_t *o)
{
    for (size_t i = 0; i < site->nservices && r->proto != MR_FW_ANY; i++) {
        const struct mr_named_service *s = &site->services[i];
        bool ported = r->proto == MR_FW_TCP || r->proto == MR_FW_UDP;
        if (s->proto == r->proto && (!ported || (s->port_lo == r->port_lo && s->port_hi == r->port_hi))) {
            json_object_set_new(o, "service", json_string(s->name));
            return;
        }
    }
    if (r->proto == MR_FW_ANY) {
        json_object_set_new(o, "service", json_string("any"));
        return;
    }
    json_object_set_new(o, "proto", json_string(mr_fw_proto_name(r->proto)));
    if (r->proto != MR_FW_ICMP) {
        json_object_set_new(o, "port_lo", json_integer(every_port(r) ? 1 : r->port_lo));
        json_object_set_new(o, "port_hi", json_integer(r->port_hi));
    }
}

json_t *mr_firewall_to_json(const struct mr_site *site, const struct mr_fw_table *t, uint32_t version)
{
    json_t *rules = json_array();
    for (uint32_t i = 0; i < t->nrules; i++) {
        const struct mr_fw_rule *r = &t->rules[i];
        char from[64], to[64];
        end_name(site, r->from, r->from_mask, from, sizeof from);
        end_name(site, r->to, r->to_mask, to, sizeof to);
        json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:i}", "id", r->id, "from", from, "to", to, "action",
                              r->action == MR_FW_ALLOW ? "allow" : "deny", "log", r->log, "rate", (int)r->rate_per_s);
        service_json(site, r, o);
        json_array_append_new(rules, o);
    }
    return json_pack("{s:i, s:s, s:o}", "version", (int)version, "default", t->fallback == MR_FW_ALLOW ? "allow" : "deny",
                     "rules", rules);
}

/* --- from JSON --- */

static bool is_word(const char *key, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(key, *words) == 0) {
            return true;
        }
    }
    return false;
}

static bool only(json_t *o, const char *const *words, const char **odd)
{
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value)
    {
        if (!is_word(key, words)) {
            *odd = key;
            return false;
        }
    }
    return json_is_object(o);
}

static bool action(json_t *o, const char *name, uint8_t *out)
{
    const char *s = json_string_value(json_object_get(o, name));
    if (!s || (strcmp(s, "allow") != 0 && strcmp(s, "deny") != 0)) {
        return false;
    }
    *out = s[0] == 'a' ? MR_FW_ALLOW : MR_FW_DROP;
    return true;
}

static bool whole(json_t *o, const char *name, json_int_t lo, json_int_t hi, json_int_t *out)
{
    json_t *v = json_object_get(o, name);
    *out = json_integer_value(v);
    return json_is_integer(v) && *out >= lo && *out <= hi;
}

static bool by_service(const struct mr_site *site, const char *name, struct mr_fw_rule *r)
{
    const struct mr_named_service *s = mr_site_service(site, name);
    r->port_lo = 0;
    r->port_hi = UINT16_MAX;
    if (strcmp(name, "any") == 0) {
        r->proto = MR_FW_ANY;
        return true;
    }
    if (!s) {
        return false;
    }
    r->proto = s->proto;
    if (s->proto == MR_FW_TCP || s->proto == MR_FW_UDP) {
        r->port_lo = s->port_lo;
        r->port_hi = s->port_hi;
    }
    return true;
}

static bool by_ports(json_t *o, struct mr_fw_rule *r)
{
    static const uint8_t protos[] = {MR_FW_ANY, MR_FW_ICMP, MR_FW_TCP, MR_FW_UDP};
    const char *name = json_string_value(json_object_get(o, "proto"));
    json_int_t lo = 0, hi = UINT16_MAX;
    size_t i = 0;
    while (name && i < sizeof protos && strcmp(mr_fw_proto_name(protos[i]), name) != 0) {
        i++;
    }
    if (!name || i == sizeof protos) {
        return false;
    }
    r->proto = protos[i];
    if ((r->proto == MR_FW_TCP || r->proto == MR_FW_UDP) &&
        (!whole(o, "port_lo", 0, UINT16_MAX, &lo) || !whole(o, "port_hi", lo, UINT16_MAX, &hi))) {
        return false;
    }
    r->port_lo = lo == 1 && hi == UINT16_MAX ? 0 : (uint16_t)lo;
    r->port_hi = (uint16_t)hi;
    return true;
}

static bool ends(const struct mr_site *site, const char *text, uint32_t *ip, uint32_t *mask)
{
    struct mr_fw_match m;
    if (!text || !mr_site_match(site, text, &m)) {
        return false;
    }
    *ip = m.ip;
    *mask = m.mask;
    return true;
}

/* The key of what is wrong, or NULL. */
static const char *rule_from(const struct mr_site *site, json_t *o, struct mr_fw_rule *r, const char **given)
{
    static const char *const words[] = {"id",      "from",   "to",  "service", "proto", "port_lo",
                                        "port_hi", "action", "log", "rate",    NULL};
    json_int_t rate = 0;
    const char *service = json_string_value(json_object_get(o, "service"));
    const char *id = json_string_value(json_object_get(o, "id"));
    if (!only(o, words, given)) {
        return "E_RULE_MEMBER";
    }
    *given = id;
    if (!id || strlen(id) >= sizeof r->id) {
        return "E_RULE_ID";
    }
    mr_str_copy(r->id, sizeof r->id, id);
    *given = json_string_value(json_object_get(o, "from"));
    if (!ends(site, *given, &r->from, &r->from_mask)) {
        return "E_RULE_FROM";
    }
    *given = json_string_value(json_object_get(o, "to"));
    if (!ends(site, *given, &r->to, &r->to_mask)) {
        return "E_RULE_TO";
    }
    *given = service;
    if (service ? !by_service(site, service, r) : !by_ports(o, r)) {
        return service ? "E_RULE_SERVICE" : "E_RULE_PORTS";
    }
    *given = json_string_value(json_object_get(o, "action"));
    if (!action(o, "action", &r->action)) {
        return "E_RULE_ACTION";
    }
    if (!json_is_boolean(json_object_get(o, "log"))) {
        return "E_RULE_LOG";
    }
    if (!whole(o, "rate", 0, MR_FW_RATE_MAX, &rate)) {
        return "E_RULE_RATE";
    }
    r->log = json_is_true(json_object_get(o, "log"));
    r->rate_per_s = (uint32_t)rate;
    return NULL;
}

static void refuse(struct mr_firewall_refusal *why, const char *code, size_t rule, const char *given)
{
    *why = (struct mr_firewall_refusal){.code = code, .given = given};
    (void)snprintf(why->rule, sizeof why->rule, "%u", (unsigned)(rule + 1));
}

/* What the rules together have wrong, or what only the table's own check knows. */
static enum mr_err check(const struct mr_fw_table *t, json_t *rules, struct mr_firewall_refusal *why)
{
    static const struct {
        const char *code, *member;
    } faults[] = {
        [MR_FW_TOO_MANY] = {"E_RULES", NULL},
        [MR_FW_BAD_FALLBACK] = {"E_RULES", NULL},
        [MR_FW_BAD_ID] = {"E_RULE_ID", "id"},
        [MR_FW_SAME_ID] = {"E_RULE_SAME_ID", "id"},
        [MR_FW_BAD_ACTION] = {"E_RULE_ACTION", "action"},
        [MR_FW_BAD_PROTO] = {"E_RULE_PORTS", NULL},
        [MR_FW_BAD_SOURCE] = {"E_RULE_FROM", "from"},
        [MR_FW_BAD_DESTINATION] = {"E_RULE_TO", "to"},
        [MR_FW_PORTS_BACKWARDS] = {"E_RULE_PORTS", NULL},
        [MR_FW_PORTS_UNUSED] = {"E_RULE_PORTS", NULL},
        [MR_FW_RATE_UNUSED] = {"E_RULE_RATE_DENY", NULL},
        [MR_FW_RATE_HIGH] = {"E_RULE_RATE", NULL},
    };
    struct mr_fw_fault f = mr_fw_find_fault(t);
    if (f.what == MR_FW_NO_MISTAKE) {
        return MR_OK;
    }
    const char *member = faults[f.what].member;
    json_t *rule = json_array_get(rules, f.rule);
    refuse(why, faults[f.what].code, f.rule, member ? json_string_value(json_object_get(rule, member)) : NULL);
    (void)snprintf(why->other, sizeof why->other, "%u", f.other + 1);
    return MR_E_INVALID;
}

enum mr_err mr_firewall_from_json(const struct mr_site *site, json_t *o, const struct mr_fw_table *now, struct mr_fw_table *out,
                                  struct mr_firewall_refusal *why)
{
    json_t *rules = json_object_get(o, "rules");
    *out = (struct mr_fw_table){.log_fallback = now->log_fallback, .cut_on_edit = true};
    if (!json_is_array(rules) || json_array_size(rules) > MR_FW_RULES || !action(o, "default", &out->fallback)) {
        refuse(why, "E_RULES", 0, NULL);
        return MR_E_INVALID;
    }
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const char *given = NULL;
        const char *wrong = rule_from(site, json_array_get(rules, i), &out->rules[i], &given);
        if (wrong) {
            refuse(why, wrong, i, given);
            return MR_E_INVALID;
        }
        out->nrules++;
    }
    return check(out, rules, why);
}
