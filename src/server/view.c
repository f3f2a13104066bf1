/* view.c - what a team's HMI shows, as its site told it: values, the last hour of each, alarms that stand, and the little picture
 * of the plant on the board.
 *
 * The picture goes by the names that instruments have in the field (ISA-5.1): LITn is the level of tank Tn, X.run says that X
 * turns, X.open that it is open. */
#include "server/state.h"

#include "base/maths.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NEVER, GOOD, STALE }; /* quality in a VIEW message: device/station.h */

static double seconds(const struct mr_team_run *t, mr_ns site_time)
{
    return (double)(site_time - mr_team_begin(t)) / 1e9;
}

void mr_view_clear(struct mr_team_run *t)
{
    t->nalarms = 0;
    t->ndamages = 0;
}

static void free_traces(struct mr_team_run *t)
{
    for (uint32_t i = 0; t->traces && t->hello && i < t->hello->ntags; i++) {
        free(t->traces[i].points);
    }
    free(t->traces);
    t->traces = NULL;
}

void mr_view_hello(struct mr_team_run *t, struct mr_hello *hello)
{
    if (t->hello && hello && t->hello->ntags == hello->ntags) { /* the same site again: what it showed is kept */
        free(t->hello);
        t->hello = hello;
        return;
    }
    free_traces(t);
    free(t->hello);
    t->hello = hello;
    if (hello) {
        t->traces = calloc(hello->ntags ? hello->ntags : 1, sizeof *t->traces);
        if (!t->traces) {
            free(hello);
            t->hello = NULL;
        }
    }
}

/* Memory grows with what there is, up to the hour. */
static void remember(struct mr_trace *tr, mr_ns at, double value)
{
    if (tr->n == tr->cap && tr->cap < MR_TREND_POINTS) {
        uint32_t cap = tr->cap ? tr->cap * 2 : 64;
        cap = cap < MR_TREND_POINTS ? cap : MR_TREND_POINTS;
        struct mr_trend_point *p = realloc(tr->points, cap * sizeof *p);
        if (!p) {
            return;
        }
        tr->points = p; /* not full before, so it never wrapped: first is 0 */
        tr->cap = cap;
    }
    uint32_t i = (tr->first + tr->n) % tr->cap;
    tr->points[i] = (struct mr_trend_point){(uint32_t)(at / MR_MS), (float)value};
    if (tr->n < tr->cap) {
        tr->n++;
    } else {
        tr->first = (tr->first + 1) % tr->cap;
    }
}

json_t *mr_json_number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *value_json(const struct mr_view_tag *tag, const struct mr_trace *tr)
{
    const char *q = tr->quality == GOOD ? "good" : (tr->quality == STALE ? "stale" : "bad");
    json_t *v = tr->quality == NEVER ? json_null() : (tag->is_bool ? json_boolean(tr->value > 0.5) : mr_json_number(tr->value));
    return json_pack("{s:o, s:s}", "v", v, "q", q);
}

/* A controller that answers again is stale no more. */
static void not_stale(struct mr_team_run *t, uint32_t tag)
{
    if (tag >= t->srv->site->ntags) {
        return;
    }
    const char *device = t->srv->site->devices[t->srv->site->tags[tag].device].name;
    for (uint32_t i = 0; i < t->nalarms; i++) {
        if (strcmp(t->alarms[i].level, "stale") == 0 && strcmp(t->alarms[i].tag, device) == 0) {
            t->alarms[i] = t->alarms[--t->nalarms];
            t->alarms_changed = true;
            return;
        }
    }
}

void mr_view_values(struct mr_team_run *t, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    mr_ns at = (mr_ns)mr_read_u64le(&r);
    json_t *changed = mr_push_watched(t, "values") ? json_object() : NULL;
    while (!r.bad && mr_reader_left(&r) > 0 && t->hello) {
        uint64_t tag = mr_read_varint(&r);
        uint8_t quality = mr_read_u8(&r);
        double value = mr_read_f64le(&r);
        if (r.bad || tag >= t->hello->ntags) {
            break;
        }
        struct mr_trace *tr = &t->traces[tag];
        if (quality == GOOD && tr->known && tr->quality != GOOD) {
            not_stale(t, (uint32_t)tag);
        }
        tr->known = true;
        tr->quality = quality;
        tr->value = value;
        if (quality == GOOD && !t->catching_up) {
            remember(tr, at, value);
            if (t->player) {
                mr_player_run_value(t->player, (uint16_t)tag, value, at);
            }
        }
        if (changed) {
            json_object_set_new(changed, t->hello->tags[tag].name, value_json(&t->hello->tags[tag], tr));
        }
    }
    if (at > t->site_time && !t->catching_up) {
        t->site_time = at;
    }
    t->catching_up = false;
    t->plant_changed = true;
    if (changed) {
        mr_push_team(t, "values", json_pack("{s:f, s:o}", "time_s", seconds(t, at), "values", changed));
    }
}

json_t *mr_view_values_json(const struct mr_team_run *t)
{
    json_t *values = json_object();
    for (uint32_t i = 0; t->hello && i < t->hello->ntags; i++) {
        if (t->traces[i].known) {
            json_object_set_new(values, t->hello->tags[i].name, value_json(&t->hello->tags[i], &t->traces[i]));
        }
    }
    return json_pack("{s:f, s:o}", "time_s", seconds(t, t->site_time), "values", values);
}

static int find_tag(const struct mr_team_run *t, const char *name, size_t n)
{
    for (uint32_t i = 0; t->hello && i < t->hello->ntags; i++) {
        if (strlen(t->hello->tags[i].name) == n && memcmp(t->hello->tags[i].name, name, n) == 0) {
            return (int)i;
        }
    }
    return -1;
}

#define TREND_ANSWER 2000 /* points of one tag in an answer: more than a screen is wide */

static json_t *trend(const struct mr_team_run *t, const struct mr_trace *tr, double from_s, double to_s)
{
    json_t *points = json_array();
    uint32_t a = tr->n, n = 0;
    for (uint32_t i = 0; i < tr->n; i++) {
        double s = seconds(t, tr->points[(tr->first + i) % tr->cap].ms * MR_MS);
        if (s >= from_s && s <= to_s) {
            a = n == 0 ? i : a;
            n++;
        }
    }
    uint32_t stride = n / TREND_ANSWER + 1;
    for (uint32_t i = a; i < a + n; i += stride) {
        const struct mr_trend_point *p = &tr->points[(tr->first + i) % tr->cap];
        json_array_append_new(points, json_pack("[f, o]", seconds(t, p->ms * MR_MS), mr_json_number((double)p->value)));
    }
    return points;
}

json_t *mr_view_trend_json(const struct mr_team_run *t, const char *tags, double from_s, double to_s)
{
    json_t *out = json_object();
    while (*tags) {
        size_t n = strcspn(tags, ",");
        int tag = find_tag(t, tags, n);
        if (tag >= 0) {
            json_object_set_new(out, t->hello->tags[tag].name, trend(t, &t->traces[tag], from_s, to_s));
        }
        tags += n + (tags[n] == ',' ? 1 : 0);
    }
    return json_pack("{s:o}", "tags", out);
}

/* --- alarms --- */

void mr_view_alarm(struct mr_team_run *t, const struct mr_event *e)
{
    uint32_t i = 0;
    while (i < t->nalarms && (strcmp(t->alarms[i].tag, e->subject) != 0 || strcmp(t->alarms[i].level, e->detail) != 0)) {
        i++;
    }
    t->alarms_changed = true;
    t->plant_changed = true;
    if (e->number == 0) {
        if (i < t->nalarms) {
            t->alarms[i] = t->alarms[--t->nalarms];
        }
        return;
    }
    if (i == t->nalarms) {
        if (t->nalarms == MR_ALARMS) {
            return;
        }
        t->nalarms++;
    }
    struct mr_alarm_state *a = &t->alarms[i];
    *a = (struct mr_alarm_state){.since = e->at, .value = e->value};
    mr_str_copy(a->tag, sizeof a->tag, e->subject);
    (void)snprintf(a->level, sizeof a->level, "%.15s", e->detail);
}

void mr_view_acknowledged(struct mr_team_run *t, const char *tag)
{
    for (uint32_t i = 0; i < t->nalarms; i++) {
        if (strcmp(t->alarms[i].tag, tag) == 0) {
            t->alarms[i].acknowledged = true;
            t->alarms_changed = true;
        }
    }
}

json_t *mr_view_alarms_json(const struct mr_team_run *t)
{
    json_t *out = json_array();
    for (uint32_t i = 0; i < t->nalarms; i++) {
        const struct mr_alarm_state *a = &t->alarms[i];
        json_array_append_new(out, json_pack("{s:s, s:s, s:f, s:o, s:b}", "tag", a->tag, "level", a->level, "since_s",
                                             seconds(t, a->since), "value", mr_json_number(a->value), "acknowledged",
                                             a->acknowledged));
    }
    return out;
}

/* --- the plant on the board --- */

static bool ends(const char *name, const char *end, char *stem, size_t cap)
{
    size_t n = strlen(name), k = strlen(end);
    if (n <= k || strcmp(name + n - k, end) != 0 || n - k >= cap) {
        return false;
    }
    memcpy(stem, name, n - k);
    stem[n - k] = '\0';
    return true;
}

static json_t *supply_json(const struct mr_team_run *t)
{
    const struct mr_scenario *sc = t->srv->scenario;
    json_t *flow = json_null();
    const char *unit = "";
    if (sc->nwatches > 0) {
        const char *name = t->srv->site->model->vars[sc->watches[0].var].name;
        int tag = find_tag(t, name, strlen(name));
        unit = t->srv->site->model->vars[sc->watches[0].var].unit;
        if (tag >= 0 && t->traces[tag].known && t->traces[tag].quality != NEVER) {
            flow = mr_json_number(t->traces[tag].value);
        }
    }
    return json_pack("{s:o, s:s, s:b}", "flow", flow, "unit", unit, "ok", !t->news.watches_out[0]);
}

json_t *mr_view_plant_json(const struct mr_team_run *t)
{
    json_t *tanks = json_object(), *run = json_object(), *damages = json_array();
    for (uint32_t i = 0; t->hello && i < t->hello->ntags; i++) {
        const struct mr_view_tag *tag = &t->hello->tags[i];
        const struct mr_trace *tr = &t->traces[i];
        bool shown = tr->known && tr->quality != NEVER;
        char name[MR_EVENT_NAME];
        if (strncmp(tag->name, "LIT", 3) == 0 && !strchr(tag->name, '.')) {
            double level = tag->hi > tag->lo ? (tr->value - tag->lo) / (tag->hi - tag->lo) : 0;
            (void)snprintf(name, sizeof name, "T%.40s", tag->name + 3);
            json_object_set_new(tanks, name,
                                json_pack("{s:o}", "level", shown ? mr_json_number(mr_clamp(level, 0, 1)) : json_null()));
        } else if (tag->is_bool && shown &&
                   (ends(tag->name, ".run", name, sizeof name) || ends(tag->name, ".open", name, sizeof name))) {
            json_object_set_new(run, name, json_boolean(tr->value > 0.5));
        }
    }
    for (uint32_t i = 0; i < t->ndamages; i++) {
        json_array_append_new(damages, json_string(t->damages[i]));
    }
    return json_pack("{s:s, s:f, s:o, s:o, s:o, s:o, s:i, s:b}", "team", t->plan->id, "time_s", (double)mr_team_time(t) / 1e9,
                     "tanks", tanks, "run", run, "supply", supply_json(t), "damages", damages, "alarms", (int)t->nalarms,
                     "online", t->connected && t->state == MR_SITE_READY);
}
