/* api_team.c - what a team's member sees and does: of the own team only, as no path names one. */
#include "server/http.h"

#include "net/topology.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FINDINGS_MAX   500
#define DENIALS_MAX    200
#define ACTOR_MAX      40
#define EVENT_EVIDENCE 150 /* bytes of evidence that a site's event holds */

/* --- the site --- */

static const char *dotted(uint32_t ip, char buf[20])
{
    (void)snprintf(buf, 20, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    return buf;
}

static json_t *zones_json(const struct mr_site *site)
{
    json_t *out = json_array();
    for (uint16_t i = 0; i < site->topology.nzones; i++) {
        const struct mr_zone *z = &site->topology.zones[i];
        char ip[20], subnet[28];
        (void)snprintf(subnet, sizeof subnet, "%s/%u", dotted(z->subnet, ip), z->prefix);
        json_array_append_new(
            out, json_pack("{s:s, s:o, s:s}", "id", z->name, "title", mr_json_text(site->zone_titles[i]), "subnet", subnet));
    }
    return out;
}

static json_t *devices_json(const struct mr_site *site)
{
    json_t *out = json_array();
    for (uint16_t i = 0; i < site->ndevices; i++) {
        const struct mr_device *d = &site->devices[i];
        const struct mr_node *node = &site->topology.nodes[d->node];
        json_t *services = json_array();
        char ip[20];
        for (size_t k = 0; k < d->nserves; k++) {
            json_array_append_new(services, json_string(mr_serve_usual(d->serves[k].kind)->name));
        }
        json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:s, s:s, s:o}", "id", d->name, "title", mr_json_text(d->title),
                                             "kind", mr_device_kind_name(d->kind), "zone", site->topology.zones[node->zone].name,
                                             "address", dotted(node->ip, ip), "services", services));
    }
    return out;
}

static json_t *limits_json(const double limits[4])
{
    static const char *const names[] = {"LL", "L", "H", "HH"};
    json_t *out = json_object();
    for (size_t i = 0; i < 4; i++) {
        if (isfinite(limits[i])) {
            json_object_set_new(out, names[i], json_real(limits[i]));
        }
    }
    return out;
}

static json_t *tags_json(const struct mr_site *site)
{
    json_t *out = json_array();
    for (uint16_t i = 0; i < site->ntags; i++) {
        const struct mr_tag *t = &site->tags[i];
        json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:o, s:o, s:s, s:b, s:o}", "name", t->name, "title",
                                             mr_json_text(t->title), "unit", t->unit, "lo", mr_json_number(t->lo), "hi",
                                             mr_json_number(t->hi), "kind", t->is_bool ? "bool" : "analog", "writable",
                                             t->writable, "limits", limits_json(t->limits)));
    }
    return out;
}

static json_t *pages_json(const struct mr_site *site)
{
    json_t *out = json_array();
    for (uint16_t i = 0; i < site->ndevices; i++) {
        for (size_t k = 0; k < site->devices[i].npages; k++) {
            const struct mr_page *p = &site->devices[i].pages[k];
            char path[128];
            (void)snprintf(path, sizeof path, "/api/team/hmi/%s.svg", p->id);
            json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:s}", "id", p->id, "title", mr_json_text(p->title), "svg",
                                                 path, "hmi", site->devices[i].name));
        }
    }
    return out;
}

void mr_api_team(struct mr_request *r)
{
    const struct mr_site *site = r->srv->site;
    json_t *o =
        json_pack("{s:s, s:o, s:o, s:o, s:{s:o, s:o}}", "id", site->name, "title", mr_json_text(site->title), "zones",
                  zones_json(site), "devices", devices_json(site), "hmi", "pages", pages_json(site), "tags", tags_json(site));
    mr_answer(r, 200,
              json_pack("{s:s, s:o, s:o}", "id", r->team->plan->id, "name", mr_json_text(r->team->plan->name), "site", o));
}

/* "main.svg", "main.json" */
void mr_api_hmi(struct mr_request *r)
{
    const struct mr_site *site = r->srv->site;
    const char *dot = strrchr(r->rest, '.');
    size_t n = dot ? (size_t)(dot - r->rest) : 0;
    for (uint16_t i = 0; i < site->ndevices && dot; i++) {
        for (size_t k = 0; k < site->devices[i].npages; k++) {
            const struct mr_page *p = &site->devices[i].pages[k];
            if (strlen(p->id) != n || memcmp(p->id, r->rest, n) != 0) {
                continue;
            }
            if (strcmp(dot, ".svg") == 0) {
                mr_answer_bytes(r, "image/svg+xml", p->svg, p->svg_n);
                return;
            }
            if (strcmp(dot, ".json") == 0) {
                mr_answer_bytes(r, "application/json", p->table, p->table_n);
                return;
            }
        }
    }
    mr_answer_error(r, 404, "E_NOT_FOUND");
}

void mr_api_values(struct mr_request *r)
{
    mr_answer(r, 200, mr_view_values_json(r->team));
}

void mr_api_trend(struct mr_request *r)
{
    char tags[512], text[32];
    double from = mr_request_arg(r, "from_s", text, sizeof text) ? strtod(text, NULL) : -1e12;
    double to = mr_request_arg(r, "to_s", text, sizeof text) ? strtod(text, NULL) : 1e12;
    if (!mr_request_arg(r, "tags", tags, sizeof tags)) {
        mr_answer_error(r, 400, "E_INVALID");
        return;
    }
    mr_answer(r, 200, mr_view_trend_json(r->team, tags, from, to));
}

void mr_api_alarms(struct mr_request *r)
{
    mr_answer(r, 200, mr_view_alarms_json(r->team));
}

/* --- submissions --- */

bool mr_submittable(struct mr_request *r)
{
    if (r->srv->run == MR_RUN_RUNNING || r->srv->run == MR_RUN_PAUSED) {
        return true;
    }
    mr_answer_error(r, 409, r->srv->run == MR_RUN_OVER ? "E_OVER" : "E_NOT_BEGUN");
    return false;
}

void mr_submit(struct mr_request *r, struct mr_command *c, const char *verb, mr_submitted_fn *fn)
{
    c->member = mr_slice_str(r->who.account.account);
    c->post = mr_slice_str(r->who.account.post);
    c->verb = mr_slice_str(verb);
    enum mr_err err = mr_link_submit(r->team, c, fn, r);
    if (err != MR_OK) {
        json_decref(r->ctx);
        r->ctx = NULL;
        mr_answer_err(r, err);
    }
}

void mr_submitted(void *ctx, enum mr_err err, uint64_t seq)
{
    struct mr_request *r = ctx;
    if (err != MR_OK) {
        mr_answer_err(r, err);
        return;
    }
    mr_answer(r, 200, json_pack("{s:b, s:I}", "ok", 1, "seq", (json_int_t)seq));
}

static bool is_hmi(const struct mr_site *site, const char *name)
{
    uint16_t i = mr_site_device(site, name);
    return i != MR_NO_DEVICE && site->devices[i].kind == MR_DEV_HMI;
}

void mr_api_operate(struct mr_request *r)
{
    static const char *const names[] = {"?hmi", "tag", "value", NULL};
    json_t *o = mr_request_json(r, names);
    if (!o) {
        return;
    }
    const char *hmi = json_string_value(json_object_get(o, "hmi"));
    const char *name = json_string_value(json_object_get(o, "tag"));
    json_t *value = json_object_get(o, "value");
    uint16_t tag = name ? mr_site_tag(r->srv->site, name) : MR_NO_TAG;
    const struct mr_tag *t = tag == MR_NO_TAG ? NULL : &r->srv->site->tags[tag];
    char number[40];
    bool fits = json_is_number(value) || json_is_boolean(value);
    double v = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
    if (!t || !t->writable) {
        mr_answer_error(r, 404, "E_NO_TAG");
    } else if (hmi && hmi[0] && !is_hmi(r->srv->site, hmi)) {
        mr_answer_error(r, 404, "E_NOT_FOUND");
    } else if (!fits || json_is_boolean(value) != t->is_bool) {
        mr_answer_error(r, 400, "E_INVALID");
    } else if (!t->is_bool && !(v >= t->lo && v <= t->hi)) {
        mr_answer_err(r, MR_E_RANGE); /* the station would refuse it too, but could not tell */
    } else if (mr_submittable(r)) {
        struct mr_command c = {0};
        (void)snprintf(number, sizeof number, "%.17g", v);
        mr_command_add(&c, "hmi", hmi ? hmi : "");
        mr_command_add(&c, "tag", name);
        mr_command_add(&c, "value", number);
        mr_submit(r, &c, "operate", mr_submitted);
    }
    json_decref(o);
}

/* --- findings --- */

void mr_api_acknowledge(struct mr_request *r)
{
    static const char *const names[] = {"tag", NULL};
    json_t *o = mr_request_json(r, names);
    const char *tag = json_string_value(json_object_get(o, "tag"));
    if (o && (!tag || mr_site_tag(r->srv->site, tag) == MR_NO_TAG)) {
        mr_answer_error(r, 404, "E_NOT_FOUND");
    } else if (o && mr_submittable(r)) {
        struct mr_command c = {0};
        mr_command_add(&c, "tag", tag);
        mr_submit(r, &c, "acknowledge", mr_submitted);
    }
    json_decref(o);
}

static bool technique(const char *s)
{
    size_t n = strlen(s);
    bool sub = n == 9 && s[5] == '.';
    if (s[0] != 'T' || (n != 5 && !sub)) {
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        if (i != 5 && !isdigit((unsigned char)s[i])) {
            return false;
        }
    }
    return true;
}

/* A word of an event: no line feeds (the store joins words by them), no blanks where `word`. */
static bool fits(const char *s, size_t most, bool word)
{
    if (!s || strlen(s) > most) {
        return false;
    }
    for (; *s; s++) {
        if (*s == '\n' || *s == '\r' || (word && isspace((unsigned char)*s))) {
            return false;
        }
    }
    return true;
}

/* Seconds of event time, as nanoseconds of the site's. */
static bool ns_text(const struct mr_team_run *t, json_t *seconds, char buf[24])
{
    double s = json_number_value(seconds);
    if (!json_is_number(seconds) || !(s >= 0 && s < 1e9)) {
        return false;
    }
    (void)snprintf(buf, 24, "%lld", (long long)(mr_team_begin(t) + (mr_ns)(s * 1e9)));
    return true;
}

/* The beginning of a text that fits `cap` bytes, cut between characters. */
static void beginning(char *buf, size_t cap, const char *text)
{
    mr_str_copy(buf, cap, text);
    size_t n = strlen(buf);
    if (strlen(text) > n) {
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
            n--;
        }
        buf[n] = '\0';
    }
    for (char *p = buf; *p; p++) {
        *p = *p == '\n' || *p == '\r' ? ' ' : *p;
    }
}

/* What is longer than its event goes into the record of the event itself, before the finding is confirmed. */
static enum mr_err keep_evidence(struct mr_request *r, const char *text, uint64_t seq)
{
    char number[24];
    struct mr_command c = {.member = mr_slice_str(r->who.account.account),
                           .post = mr_slice_str(r->who.account.post),
                           .verb = mr_slice_str("evidence")};
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)seq);
    mr_command_add(&c, "team", r->team->plan->id);
    mr_command_add(&c, "input", number);
    mr_command_add(&c, "text", text);
    enum mr_err err = mr_orders_add(r->srv->orders, &c, NULL);
    mr_server_disk(r->srv, err);
    if (err == MR_OK) {
        mr_server_disk(r->srv, mr_store_put_evidence(r->srv->store, r->team->plan->id, seq, text));
    }
    return err;
}

static void found(void *ctx, enum mr_err err, uint64_t seq)
{
    struct mr_request *r = ctx;
    json_t *finding = r->ctx;
    const char *evidence = json_string_value(json_object_get(finding, "evidence"));
    r->ctx = NULL;
    if (err == MR_OK && evidence && (strlen(evidence) >= EVENT_EVIDENCE || strpbrk(evidence, "\r\n"))) {
        err = keep_evidence(r, evidence, seq);
    }
    if (err != MR_OK) {
        json_decref(finding);
        mr_answer_err(r, err);
        return;
    }
    json_object_set_new(finding, "id", json_integer((json_int_t)seq));
    json_object_set_new(finding, "time_s", json_real((double)mr_team_time(r->team) / 1e9));
    json_object_set_new(finding, "member", json_string(r->who.account.account));
    json_object_set_new(finding, "state", json_string("confirmed"));
    if (!json_object_get(finding, "to_s")) {
        json_object_set_new(finding, "to_s", json_null());
    }
    mr_answer(r, 200, finding);
}

void mr_api_find(struct mr_request *r)
{
    static const char *const names[] = {"technique", "asset", "actor", "from_s", "?to_s", "evidence", NULL};
    char from[24], to[24] = "0", evidence[EVENT_EVIDENCE];
    json_t *o = mr_request_json(r, names);
    if (!o) {
        return;
    }
    const char *tech = json_string_value(json_object_get(o, "technique"));
    const char *asset = json_string_value(json_object_get(o, "asset"));
    const char *actor = json_string_value(json_object_get(o, "actor"));
    const char *text = json_string_value(json_object_get(o, "evidence"));
    json_t *to_s = json_object_get(o, "to_s");
    bool valid = tech && technique(tech) && fits(asset, MR_EVENT_NAME - 1, true) && asset[0] && fits(actor, ACTOR_MAX, true) &&
                 text && strlen(text) <= MR_EVIDENCE_MAX && ns_text(r->team, json_object_get(o, "from_s"), from) &&
                 (!to_s || json_is_null(to_s) ||
                  (ns_text(r->team, to_s, to) && json_number_value(to_s) >= json_number_value(json_object_get(o, "from_s"))));
    if (!valid) {
        mr_answer_error(r, 400, "E_FINDING");
    } else if (mr_submittable(r)) {
        struct mr_command c = {0};
        beginning(evidence, sizeof evidence, text);
        mr_command_add(&c, "technique", tech);
        mr_command_add(&c, "asset", asset);
        mr_command_add(&c, "actor", actor);
        mr_command_add(&c, "from", from);
        mr_command_add(&c, "to", to);
        mr_command_add(&c, "evidence", evidence);
        r->ctx = json_incref(o);
        mr_submit(r, &c, "finding", found);
    }
    json_decref(o);
}

struct list {
    struct mr_request *request;
    json_t *array;
};

static bool into_findings(void *ctx, const char *team, const struct mr_event *e)
{
    struct list *l = ctx;
    const struct mr_team_run *t = l->request->team;
    char actor[MR_EVENT_DETAIL], full[MR_EVIDENCE_MAX + 1];
    mr_str_copy(actor, sizeof actor, e->detail); /* "ACTOR EVIDENCE", "-" for no actor */
    char *evidence = strchr(actor, ' ');
    if (evidence) {
        *evidence++ = '\0';
    }
    bool whole = mr_store_evidence(l->request->srv->store, team, e->input, full, sizeof full) == MR_OK;
    mr_ns begin = mr_team_begin(t);
    json_array_append_new(l->array, json_pack("{s:I, s:f, s:s, s:s, s:s, s:s, s:f, s:o, s:s, s:s}", "id", (json_int_t)e->input,
                                              "time_s", (double)(e->at - begin) / 1e9, "member", e->member, "technique",
                                              e->subject, "asset", e->object, "actor", strcmp(actor, "-") == 0 ? "" : actor,
                                              "from_s", (double)(e->number - begin) / 1e9, "to_s",
                                              e->value > 0 ? json_real((e->value - (double)begin) / 1e9) : json_null(),
                                              "evidence", whole ? full : (evidence ? evidence : ""), "state", "confirmed"));
    return true;
}

void mr_api_findings(struct mr_request *r)
{
    struct list l = {.request = r, .array = json_array()};
    (void)mr_store_events(r->srv->store, r->team->plan->id, MR_EV_FINDING, FINDINGS_MAX, into_findings, &l);
    mr_answer(r, 200, l.array);
}

static bool into_denials(void *ctx, const char *team, const struct mr_event *e)
{
    struct list *l = ctx;
    (void)team;
    json_array_append_new(l->array, mr_json_denial(l->request->team, e));
    return true;
}

void mr_api_denials(struct mr_request *r)
{
    struct list l = {.request = r, .array = json_array()};
    (void)mr_store_events(r->srv->store, r->team->plan->id, MR_EV_DENIED, DENIALS_MAX, into_denials, &l);
    mr_answer(r, 200, l.array);
}

static void into_ledger(void *ctx, const struct mr_ledger_line *line)
{
    struct list *l = ctx;
    json_array_append_new(l->array, mr_json_line(l->request->team, line));
}

void mr_api_ledger(struct mr_request *r)
{
    struct list l = {.request = r, .array = json_array()};
    (void)mr_store_ledger(r->srv->store, r->team->plan->id, into_ledger, &l);
    mr_answer(r, 200, l.array);
}
