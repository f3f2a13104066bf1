/* load_router.c - the router's rules: names to addresses, services to ports, lists written out to one rule each. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

struct port_range {
    uint8_t proto;
    uint16_t lo, hi;
};

/* "tcp/8080", "udp/5000-5010", "icmp". */
static bool ports_parse(const char *text, struct port_range *out)
{
    unsigned lo, hi;
    char proto[4], rest;
    if (strcmp(text, "icmp") == 0) {
        *out = (struct port_range){MR_FW_ICMP, 0, UINT16_MAX};
        return true;
    }
    int n = sscanf(text, "%3[a-z]/%5u-%5u%c", proto, &lo, &hi, &rest);
    if (n == 2) {
        hi = lo;
        n = sscanf(text, "%3[a-z]/%5u%c", proto, &lo, &rest) == 2 ? 3 : 0;
    }
    if (n != 3 || lo > hi || hi > UINT16_MAX || (strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0)) {
        return false;
    }
    *out = (struct port_range){strcmp(proto, "tcp") == 0 ? MR_FW_TCP : MR_FW_UDP, (uint16_t)lo, (uint16_t)hi};
    return true;
}

static void load_services(struct mr_loader *l, struct mr_site *site)
{
    struct mr_slice text = mr_load_builtin("services.yaml");
    struct mr_yaml *root = mr_yaml_parse(l->pool, "services.yaml", (const char *)text.p, text.n, l->diags);
    MR_ASSERT(root);
    const struct mr_yaml *map = mr_yaml_get(root, "services");
    struct mr_named_service *list = MR_POOL_NEW(l->pool, struct mr_named_service, map->count);
    for (const struct mr_yaml *y = map->first; y; y = y->next) {
        struct port_range r;
        bool good = ports_parse(y->text, &r);
        MR_ASSERT(good);
        list[site->nservices++] = (struct mr_named_service){mr_load_copy(l, y->key->text), r.proto, r.lo, r.hi};
    }
    site->services = list;
}

enum mr_fw_action mr_load_verdict(const char *word)
{
    return strcmp(word, "allow") == 0 ? MR_FW_ALLOW : strcmp(word, "reject") == 0 ? MR_FW_REJECT : MR_FW_DROP;
}

static bool endpoint(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at,
                     struct mr_fw_match *out)
{
    if (mr_site_match(site, at->text, out)) {
        return true;
    }
    const char *near = mr_load_near(l, at->text, site->devices, site->ndevices, sizeof site->devices[0]);
    if (!*near) {
        near = mr_load_near(l, at->text, site->topology.zones, site->topology.nzones, sizeof site->topology.zones[0]);
    }
    mr_load_wrong(l, d, at, "'%.60s' is no device, zone, address or prefix of the site%s", at->text, near);
    return false;
}

static bool service(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at,
                    struct port_range *out)
{
    const struct mr_named_service *named = mr_site_service(site, at->text);
    if (strcmp(at->text, "any") == 0) {
        *out = (struct port_range){MR_FW_ANY, 0, UINT16_MAX};
    } else if (named) {
        *out = (struct port_range){named->proto, named->port_lo, named->port_hi};
    } else if (!ports_parse(at->text, out)) {
        mr_load_wrong(l, d, at, "no service is called '%.60s'%s; or write tcp/PORT, udp/PORT", at->text,
                      mr_load_near(l, at->text, site->services, site->nservices, sizeof site->services[0]));
        return false;
    }
    return true;
}

struct rules {
    struct mr_loader *l;
    const struct mr_doc *d;
    const struct mr_site *site;
    struct mr_fw_rule *out;
    struct mr_rule_note *notes;
    uint32_t *n;
    uint32_t cap;
};

static void add_rule(struct rules *r, const struct mr_yaml *y, const char *id, unsigned part, struct mr_fw_match from,
                     struct mr_fw_match to, struct port_range ports)
{
    if (*r->n == r->cap) {
        mr_load_wrong(r->l, r->d, y, "more than %u rules when lists are written out", r->cap);
        (*r->n)++;
    }
    if (*r->n > r->cap) {
        return;
    }
    struct mr_fw_rule *rule = &r->out[*r->n];
    *rule = (struct mr_fw_rule){.from = from.ip,
                                .from_mask = from.mask,
                                .to = to.ip,
                                .to_mask = to.mask,
                                .port_lo = ports.lo,
                                .port_hi = ports.hi,
                                .proto = ports.proto,
                                .action = (uint8_t)mr_load_verdict(mr_get_text(y, "action", "allow")),
                                .rate_per_s = mr_get_integer(y, "rate", 0)};
    rule->log = mr_get_switch(y, "log", rule->action != MR_FW_ALLOW);
    const char *full = part == 0 ? id : mr_pool_format(r->l->pool, "%s.%u", id, part + 1);
    mr_str_copy(rule->id, sizeof rule->id, full);
    if (strlen(full) >= sizeof rule->id) {
        mr_load_wrong(r->l, r->d, y, "the id '%s' is too long for the rules that this one stands for", full);
    }
    for (uint32_t i = 0; i < *r->n; i++) {
        if (strcmp(r->out[i].id, rule->id) == 0) {
            mr_load_wrong(r->l, r->d, mr_yaml_get(y, "id") ? mr_yaml_get(y, "id") : y, "another rule is called '%s'", rule->id);
        }
    }
    if (rule->rate_per_s > 0 && rule->action != MR_FW_ALLOW) {
        mr_load_wrong(r->l, r->d, mr_yaml_get(y, "rate"), "only a rule that allows has a rate");
    }
    if (r->notes) {
        r->notes[*r->n] =
            (struct mr_rule_note){mr_get_switch(y, "weak", false), mr_get_title(r->l, y, "why", (struct mr_text){"", ""})};
    }
    if (r->notes && !r->notes[*r->n].weak && rule->action == MR_FW_ALLOW && rule->proto == MR_FW_ANY && to.mask == 0) {
        mr_load_warn(r->l, r->d, y, "rule '%s' lets everything through; say `weak: true` where the scene needs the hole",
                     rule->id);
    }
    (*r->n)++;
}

static void expand(struct rules *r, const struct mr_yaml *y, const char *id)
{
    size_t nfrom, nto, nservice;
    unsigned part = 0;
    const struct mr_yaml *from = mr_one_or_list(mr_yaml_get(y, "from"), &nfrom);
    for (size_t i = 0; i < nfrom; i++, from = from->next) {
        const struct mr_yaml *to = mr_one_or_list(mr_yaml_get(y, "to"), &nto);
        struct mr_fw_match a, b;
        if (!endpoint(r->l, r->d, r->site, from, &a)) {
            continue;
        }
        for (size_t k = 0; k < nto; k++, to = to->next) {
            const struct mr_yaml *what = mr_one_or_list(mr_yaml_get(y, "service"), &nservice);
            if (!endpoint(r->l, r->d, r->site, to, &b)) {
                continue;
            }
            for (size_t m = 0; m < nservice; m++, what = what->next) {
                struct port_range ports;
                if (service(r->l, r->d, r->site, what, &ports)) {
                    add_rule(r, y, id, part++, a, b, ports);
                }
            }
        }
    }
}

void mr_load_rules(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *list,
                   struct mr_fw_rule *out, struct mr_rule_note *notes, uint32_t *n, uint32_t cap)
{
    struct rules r = {l, d, site, out, notes, n, cap};
    unsigned number = 1;
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next, number++) {
        const char *id = mr_get_text(y, "id", NULL);
        expand(&r, y, id ? id : mr_pool_format(l->pool, "r%u", number));
    }
    *n = *n > cap ? cap : *n;
}

void mr_load_router(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *router = mr_yaml_get(s->doc->root, "router");
    struct mr_fw_table *t = &s->site->rules;
    struct mr_rule_note *notes = MR_POOL_NEW(l->pool, struct mr_rule_note, MR_FW_RULES);
    load_services(l, s->site);
    t->fallback = (uint8_t)mr_load_verdict(mr_get_text(router, "default", "deny"));
    t->log_fallback = mr_get_switch(router, "log", true);
    t->cut_on_edit = mr_get_switch(router, "cut-on-edit", false);
    s->site->rule_notes = notes;
    mr_load_rules(l, s->doc, s->site, mr_yaml_get(router, "rules"), t->rules, notes, &t->nrules, MR_FW_RULES);
}
