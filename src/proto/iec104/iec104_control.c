/* iec104_control.c - commands (101, 7.3.2; 60870-5-5, 6.8): select and execute, or direct; what they do to the image; pulses
 * and selections that end by time. */
#include "proto/iec104/iec104_core.h"

/* Qualifier of command: QU in bits 2 to 6 (101, 7.2.6.26). */
enum { QU_NONE = 0, QU_SHORT = 1, QU_LONG = 2, QU_PERSISTENT = 3, PLACE = 1, SECOND = 2 };

/* One command on its way. */
struct order {
    struct mr_iec104_server *s;
    const struct mr_iec104_asdu *asdu;
    const struct mr_iec104_command *command;
    struct mr_iec104_command_state *state;
    size_t index;
    struct mr_iec104_object object;
    uint8_t element[sizeof((struct mr_iec104_command_state *)0)->element]; /* without S/E and time tag */
    size_t nelement;
    mr_ns now;
};

static const struct mr_iec104_personality *product(const struct order *o)
{
    return o->s->station->personality;
}

/* Types 58 to 64 are 45 to 51 with a time tag. */
static uint8_t untimed(uint8_t type)
{
    return type >= MR_IEC104_C_SC_TA_1 ? (uint8_t)(type - (MR_IEC104_C_SC_TA_1 - MR_IEC104_C_SC_NA_1)) : type;
}

static bool switches(uint8_t type)
{
    return type == MR_IEC104_C_SC_NA_1 || type == MR_IEC104_C_DC_NA_1 || type == MR_IEC104_C_RC_NA_1;
}

static bool find(struct order *o, size_t ca)
{
    const struct mr_iec104_config *c = o->s->station->config;
    for (size_t i = 0; i < c->ncommands; i++) {
        const struct mr_iec104_command *k = &c->commands[i];
        if (k->ioa == o->object.ioa && k->ca == ca && k->type == untimed(o->asdu->type)) {
            o->command = k;
            o->state = &o->s->station->commands[i];
            o->index = i;
            return true;
        }
    }
    return false;
}

static bool permitted(const struct order *o)
{
    const struct mr_iec104_settings *set = o->s->station->settings;
    if (set->read_only || (mr_iec104_rights(set, o->s->client) & MR_IEC104_MAY_CONTROL) == 0) {
        return false;
    }
    bool listed = !set->control_list;
    for (uint32_t i = 0; i < set->ncontrols; i++) {
        listed = listed || (o->object.ioa >= set->controls[i].first && o->object.ioa <= set->controls[i].last);
    }
    if (set->command_age > 0 && mr_iec104_info(o->asdu->type)->time > 0) {
        mr_ns clock = mr_iec104_station_clock(o->s->station, o->now);
        mr_ns age = (mr_ns)((uint64_t)clock - (uint64_t)o->object.time.unix_ns);
        listed = listed && !o->object.time.invalid && age <= set->command_age && age >= -set->command_age;
    }
    return listed;
}

static bool is_select(const struct order *o)
{
    return untimed(o->asdu->type) != MR_IEC104_C_BO_NA_1 && (o->object.quality & MR_IEC104_SELECT) != 0;
}

static uint8_t qu(const struct order *o)
{
    return o->object.quality >> 2 & 0x1F;
}

/* Whether the command says something that this address can do. */
static bool sensible(const struct order *o)
{
    const struct mr_iec104_command *k = o->command;
    double v = o->object.value;
    if (switches(k->type)) {
        bool two = k->type == MR_IEC104_C_SC_NA_1 || o->object.bits == 1 || o->object.bits == 2;
        return two && qu(o) <= QU_PERSISTENT;
    }
    if (k->type == MR_IEC104_C_BO_NA_1) {
        return true;
    }
    bool unlimited = !(k->lo < 0 || k->lo > 0 || k->hi < 0 || k->hi > 0);
    return v - v >= 0 && (unlimited || (v >= k->lo && v <= k->hi)); /* a number that is finite */
}

/* --- carrying out ----------------------------------------------------------------------------------------------------------- */

static void set(struct order *o, const struct mr_place *p, double v)
{
    (void)mr_image_set(o->s->station->config->image, p, v);
}

static void pulse(struct order *o, uint8_t which)
{
    const struct mr_iec104_command *k = o->command;
    bool second = which == SECOND && k->has_second;
    if (o->state->pulse != 0) { /* the one before ends here */
        set(o, o->state->pulse == SECOND ? &k->second : &k->place, 0);
    }
    set(o, second ? &k->second : &k->place, 1);
    o->state->pulse = second ? SECOND : PLACE;
    o->state->pulse_until = o->now + (qu(o) == QU_LONG ? product(o)->long_pulse : product(o)->short_pulse);
}

/* Single and double commands. */
static void switch_to(struct order *o, bool on)
{
    const struct mr_iec104_command *k = o->command;
    bool pulsed = qu(o) == QU_NONE ? k->action == MR_IEC104_PULSE : qu(o) != QU_PERSISTENT;
    if (pulsed && (on || k->has_second)) {
        pulse(o, on ? PLACE : SECOND);
        return;
    }
    o->state->pulse = 0;
    bool number = k->type == MR_IEC104_C_DC_NA_1 && k->place.type != MR_VT_BOOL;
    set(o, &k->place, number ? (on ? 2 : 1) : on);
    if (k->has_second) {
        set(o, &k->second, !on);
    }
}

/* One step higher or lower: a pulse to the tap changer's drive, or a number that moves. */
static void step(struct order *o, bool higher)
{
    const struct mr_iec104_command *k = o->command;
    if (k->has_second) {
        pulse(o, higher ? PLACE : SECOND);
        return;
    }
    double v = mr_image_get(o->s->station->config->image, &k->place) + (higher ? 1 : -1);
    bool limited = k->lo < k->hi;
    if (!limited || (v >= k->lo && v <= k->hi)) {
        set(o, &k->place, v);
    }
}

static void carry_out(struct order *o)
{
    const struct mr_iec104_command *k = o->command;
    if (k->test_only) {
        return;
    }
    switch (k->type) {
    case MR_IEC104_C_SC_NA_1:
        switch_to(o, o->object.bits == 1);
        break;
    case MR_IEC104_C_DC_NA_1:
        switch_to(o, o->object.bits == 2);
        break;
    case MR_IEC104_C_RC_NA_1:
        step(o, o->object.bits == 2);
        break;
    case MR_IEC104_C_BO_NA_1:
        set(o, &k->place, o->object.bits);
        break;
    default:
        set(o, &k->place, (o->object.value - k->offset) / (k->scale < 0 || k->scale > 0 ? k->scale : 1));
    }
}

/* COT 10: at once, or when the return information is there (mr_iec104_gather). */
static void terminate(struct order *o)
{
    struct mr_iec104_server *s = o->s;
    const struct mr_iec104_command *k = o->command;
    bool waits = k->feedback >= 0 && !k->test_only && (k->type == MR_IEC104_C_SC_NA_1 || k->type == MR_IEC104_C_DC_NA_1);
    if (!product(o)->act_term) {
        return;
    }
    if (!waits || s->npending == MR_IEC104_SERVER_PENDING) {
        mr_iec104_mirror(s, o->asdu, MR_IEC104_COT_ACT_TERM, false);
        return;
    }
    bool on = o->object.bits == (k->type == MR_IEC104_C_SC_NA_1 ? 1 : 2);
    bool single = s->station->config->points[k->feedback].type == MR_IEC104_M_SP_NA_1;
    struct mr_iec104_pending *p = &s->pending[s->npending];
    *p = (struct mr_iec104_pending){.command = (uint16_t)o->index, .until = o->now + product(o)->feedback_timeout};
    p->expected = single ? on : (on ? 2 : 1);
    if (mr_iec104_returned(s, p)) { /* it was there before, so there will be no return information */
        mr_iec104_mirror(s, o->asdu, MR_IEC104_COT_ACT_TERM, false);
        return;
    }
    struct mr_writer w = mr_writer(p->asdu, sizeof p->asdu);
    mr_iec104_asdu_encode(&w, o->asdu);
    p->n = (uint32_t)w.n;
    s->npending++;
}

/* --- select and execute ----------------------------------------------------------------------------------------------------- */

static bool selected(const struct order *o)
{
    return o->state->selector != 0 && o->now < o->state->selected_until;
}

static bool selected_by_us(const struct order *o)
{
    return selected(o) && o->state->selector == o->s->id;
}

static void report(struct order *o, enum mr_iec104_event_kind kind)
{
    mr_iec104_report(o->s, kind, o->asdu, o->object.ioa, o->object.value);
}

static void confirm(struct order *o)
{
    mr_iec104_mirror(o->s, o->asdu, mr_iec104_confirmation(o->asdu), false);
}

static void take_select(struct order *o)
{
    if (selected(o) && !selected_by_us(o)) {
        mr_iec104_refuse(o->s, o->asdu, MR_IEC104_COT_ACT_CON);
        return;
    }
    if (!o->asdu->test) {
        o->state->selector = o->s->id;
        o->state->selected_until = o->now + product(o)->select_timeout;
        memcpy(o->state->element, o->element, sizeof o->element);
    }
    report(o, MR_IEC104_EV_SELECTED);
    confirm(o);
}

/* An execution must say what the selection said; without selection it is good where none is asked for. */
static void take_execute(struct order *o)
{
    bool ours = selected_by_us(o);
    bool needed = o->command->select || o->s->station->settings->select_all;
    needed = needed && o->command->type != MR_IEC104_C_BO_NA_1; /* which has no S/E */
    bool same = memcmp(o->state->element, o->element, sizeof o->element) == 0;
    bool good = ours ? same : !selected(o) && !needed;
    if (ours && !o->asdu->test) {
        o->state->selector = 0;
    }
    if (!good) {
        mr_iec104_refuse(o->s, o->asdu, MR_IEC104_COT_ACT_CON);
        return;
    }
    confirm(o);
    report(o, MR_IEC104_EV_COMMANDED);
    if (!o->asdu->test) {
        if (o->command->feedback >= 0) {
            o->s->station->points[o->command->feedback].returning = o->now + product(o)->feedback_timeout;
        }
        carry_out(o);
        terminate(o);
    }
}

static void take_cancel(struct order *o)
{
    if (!selected_by_us(o)) {
        mr_iec104_refuse(o->s, o->asdu, MR_IEC104_COT_DEACT_CON);
        return;
    }
    o->state->selector = o->asdu->test ? o->state->selector : 0;
    report(o, MR_IEC104_EV_CANCELLED);
    confirm(o);
}

/* The element that selection and execution must share. */
static void keep_element(struct order *o)
{
    const struct mr_iec104_info *info = mr_iec104_info(untimed(o->asdu->type));
    o->nelement = info->size;
    memcpy(o->element, o->asdu->objects.p + MR_IEC104_IOA, o->nelement);
    if (untimed(o->asdu->type) != MR_IEC104_C_BO_NA_1) {
        o->element[o->nelement - 1] &= (uint8_t)~MR_IEC104_SELECT;
    }
}

void mr_iec104_control(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, size_t ca, mr_ns now)
{
    struct order o = {.s = s, .asdu = a, .now = now};
    uint8_t confirmation = mr_iec104_confirmation(a);
    if (a->sequence || a->count != 1 || !mr_iec104_object_at(a, 0, &o.object)) {
        mr_iec104_refuse(s, a, confirmation);
        return;
    }
    if (!find(&o, ca)) {
        bool unknown = s->station->personality->unknown_ioa == MR_IEC104_COT_UNKNOWN_IOA;
        mr_iec104_refuse(s, a, unknown ? MR_IEC104_COT_UNKNOWN_IOA : confirmation);
        return;
    }
    keep_element(&o);
    if (!permitted(&o)) {
        mr_iec104_deny(s, a);
    } else if (a->cause == MR_IEC104_COT_DEACT) {
        take_cancel(&o);
    } else if (!sensible(&o)) {
        mr_iec104_refuse(s, a, confirmation);
    } else if (is_select(&o)) {
        take_select(&o);
    } else {
        take_execute(&o);
    }
}

/* --- time ------------------------------------------------------------------------------------------------------------------- */

void mr_iec104_control_tick(struct mr_iec104_station *st, mr_ns now)
{
    for (size_t i = 0; i < st->config->ncommands; i++) {
        const struct mr_iec104_command *k = &st->config->commands[i];
        struct mr_iec104_command_state *c = &st->commands[i];
        if (c->pulse != 0 && now >= c->pulse_until) {
            (void)mr_image_set(st->config->image, c->pulse == SECOND ? &k->second : &k->place, 0);
            c->pulse = 0;
        }
        c->selector = now >= c->selected_until ? 0 : c->selector;
    }
}

mr_ns mr_iec104_control_deadline(const struct mr_iec104_station *st)
{
    mr_ns d = MR_NEVER_NS;
    for (size_t i = 0; i < st->config->ncommands; i++) {
        const struct mr_iec104_command_state *c = &st->commands[i];
        d = c->pulse != 0 && c->pulse_until < d ? c->pulse_until : d;
        d = c->selector != 0 && c->selected_until < d ? c->selected_until : d;
    }
    return d;
}

void mr_iec104_control_forget(struct mr_iec104_station *st, uint32_t session)
{
    for (size_t i = 0; i < st->config->ncommands; i++) {
        if (st->commands[i].selector == session) {
            st->commands[i].selector = 0;
        }
    }
}
