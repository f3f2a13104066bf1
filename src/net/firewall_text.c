#include "net/firewall_text.h"

#include <stdio.h>

static const char *const action_names[] = {[MR_FW_ALLOW] = "allow", [MR_FW_DROP] = "drop", [MR_FW_REJECT] = "reject"};
static const struct {
    uint8_t proto;
    const char *name;
} protos[] = {{MR_FW_ANY, "any"}, {MR_FW_TCP, "tcp"}, {MR_FW_UDP, "udp"}, {MR_FW_ICMP, "icmp"}};

const char *mr_fw_action_name(uint8_t action)
{
    return action <= MR_FW_REJECT ? action_names[action] : "?";
}

const char *mr_fw_proto_name(uint8_t proto)
{
    for (size_t i = 0; i < sizeof protos / sizeof protos[0]; i++) {
        if (protos[i].proto == proto) {
            return protos[i].name;
        }
    }
    return "?";
}

static void write_match(struct mr_writer *w, uint32_t ip, uint32_t mask)
{
    if (mask == 0) {
        mr_write_str(w, " any");
        return;
    }
    mr_write_fmt(w, " %u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    if (mask != UINT32_MAX) {
        mr_write_fmt(w, "/%d", __builtin_popcount(mask));
    }
}

enum mr_err mr_fw_format(const struct mr_fw_table *t, struct mr_writer *w)
{
    for (uint32_t i = 0; i < t->nrules; i++) {
        const struct mr_fw_rule *r = &t->rules[i];
        mr_write_fmt(w, "%s %s", r->id, mr_fw_action_name(r->action));
        write_match(w, r->from, r->from_mask);
        write_match(w, r->to, r->to_mask);
        mr_write_fmt(w, " %s ", mr_fw_proto_name(r->proto));
        if (r->port_lo == 0 && r->port_hi == UINT16_MAX) {
            mr_write_str(w, "any");
        } else if (r->port_lo == r->port_hi) {
            mr_write_fmt(w, "%u", r->port_lo);
        } else {
            mr_write_fmt(w, "%u-%u", r->port_lo, r->port_hi);
        }
        if (r->rate_per_s > 0) {
            mr_write_fmt(w, " rate %u", r->rate_per_s);
        }
        mr_write_str(w, r->log ? " log\n" : "\n");
    }
    mr_write_fmt(w, "default %s%s%s\n", mr_fw_action_name(t->fallback), t->log_fallback ? " log" : "",
                 t->cut_on_edit ? " cut" : "");
    return w->full ? MR_E_FULL : MR_OK;
}

/* The next word of a line, NUL-terminated in `buf`; false at the line's end or where the word is too long. */
static bool word(struct mr_reader *line, char *buf, size_t cap)
{
    size_t n = 0;
    while (line->at < line->n && line->p[line->at] == ' ') {
        line->at++;
    }
    while (line->at < line->n && line->p[line->at] != ' ' && line->p[line->at] != '\r') {
        if (line->p[line->at] == 0 || n + 1 >= cap) {
            return false;
        }
        buf[n++] = (char)line->p[line->at++];
    }
    buf[n] = '\0';
    return n > 0;
}

static bool number(const char **s, uint32_t most, uint32_t *out)
{
    uint64_t v = 0;
    const char *p = *s;
    while (*p >= '0' && *p <= '9' && v <= most) {
        v = v * 10 + (uint64_t)(*p++ - '0');
    }
    if (p == *s || v > most) {
        return false;
    }
    *s = p;
    *out = (uint32_t)v;
    return true;
}

static bool match(const char *s, uint32_t *ip, uint32_t *mask)
{
    *ip = 0;
    *mask = 0;
    if (strcmp(s, "any") == 0) {
        return true;
    }
    for (int k = 0; k < 4; k++) {
        uint32_t byte;
        if ((k > 0 && *s++ != '.') || !number(&s, 255, &byte)) {
            return false;
        }
        *ip = *ip << 8 | byte;
    }
    uint32_t prefix = 32;
    if (*s == '/') {
        s++;
        if (!number(&s, 32, &prefix)) {
            return false;
        }
    }
    *mask = prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
    return *s == '\0';
}

static bool ports(const char *s, struct mr_fw_rule *r)
{
    uint32_t lo = 0;
    uint32_t hi = UINT16_MAX;
    if (strcmp(s, "any") != 0) {
        if (!number(&s, UINT16_MAX, &lo)) {
            return false;
        }
        hi = lo;
        if (*s == '-') {
            s++;
            if (!number(&s, UINT16_MAX, &hi)) {
                return false;
            }
        }
        if (*s != '\0') {
            return false;
        }
    }
    r->port_lo = (uint16_t)lo;
    r->port_hi = (uint16_t)hi;
    return true;
}

static bool action(const char *s, uint8_t *out)
{
    for (unsigned a = 0; a <= MR_FW_REJECT; a++) {
        if (strcmp(s, action_names[a]) == 0) {
            *out = (uint8_t)a;
            return true;
        }
    }
    return false;
}

/* What is wrong with the rule on this line, or NULL. */
static const char *parse_rule(struct mr_reader *line, const char *id, struct mr_fw_rule *r)
{
    char w[40];
    if (strlen(id) >= sizeof r->id) {
        return "a shorter name (23 letters)";
    }
    mr_str_copy(r->id, sizeof r->id, id);
    if (!word(line, w, sizeof w) || !action(w, &r->action)) {
        return "allow, drop or reject after the name";
    }
    if (!word(line, w, sizeof w) || !match(w, &r->from, &r->from_mask)) {
        return "any, an address or a network as source";
    }
    if (!word(line, w, sizeof w) || !match(w, &r->to, &r->to_mask)) {
        return "any, an address or a network as destination";
    }
    size_t p = 0;
    bool got = word(line, w, sizeof w);
    while (p < sizeof protos / sizeof protos[0] && (!got || strcmp(protos[p].name, w) != 0)) {
        p++;
    }
    if (p == sizeof protos / sizeof protos[0]) {
        return "any, tcp, udp or icmp";
    }
    r->proto = protos[p].proto;
    if (!word(line, w, sizeof w) || !ports(w, r)) {
        return "any, a port or a range of ports";
    }
    while (word(line, w, sizeof w)) {
        const char *s = w;
        if (strcmp(w, "log") == 0) {
            r->log = true;
        } else if (strcmp(w, "rate") != 0 || !word(line, w, sizeof w) || !number(&s, MR_FW_RATE_MAX, &r->rate_per_s) ||
                   *s != '\0') {
            return "log, or rate and a number of flows a second";
        }
    }
    return NULL;
}

static const char *parse_default(struct mr_reader *line, struct mr_fw_table *t)
{
    char w[16];
    if (!word(line, w, sizeof w) || !action(w, &t->fallback)) {
        return "allow, drop or reject after default";
    }
    while (word(line, w, sizeof w)) {
        if (strcmp(w, "log") == 0) {
            t->log_fallback = true;
        } else if (strcmp(w, "cut") == 0) {
            t->cut_on_edit = true;
        } else {
            return "log or cut";
        }
    }
    return NULL;
}

enum mr_err mr_fw_parse(struct mr_slice text, struct mr_fw_table *out, char *why, size_t cap)
{
    struct mr_fw_table t = {0};
    bool ended = false;
    unsigned number_of_line = 0;
    for (size_t at = 0; at < text.n;) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end ? (size_t)(end - (text.p + at)) : text.n - at;
        struct mr_reader line = mr_reader(mr_slice(text.p + at, n));
        at += n + (end != NULL);
        number_of_line++;
        char id[64];
        if (!word(&line, id, sizeof id)) {
            continue;
        }
        const char *wanted = NULL;
        if (ended) {
            wanted = "nothing after the default";
        } else if (strcmp(id, "default") == 0) {
            wanted = parse_default(&line, &t);
            ended = true;
        } else if (t.nrules == MR_FW_RULES) {
            wanted = "at most 128 rules";
        } else {
            wanted = parse_rule(&line, id, &t.rules[t.nrules++]);
        }
        if (wanted) {
            (void)snprintf(why, cap, "line %u: expected %s", number_of_line, wanted);
            return MR_E_MALFORMED;
        }
    }
    if (!ended) {
        (void)snprintf(why, cap, "expected a last line 'default' with allow, drop or reject");
        return MR_E_MALFORMED;
    }
    enum mr_err err = mr_fw_check(&t, why, cap);
    if (err == MR_OK) {
        *out = t;
    }
    return err;
}
