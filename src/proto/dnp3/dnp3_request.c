/* dnp3_request.c - what becomes of a fragment from a master: confirmations, requests and their answers, unsolicited responses
 * (IEEE 1815-2012, clauses 4.2 to 4.6). */
#include "proto/dnp3/dnp3_serve.h"

static const struct service {
    uint8_t function;
    bool writes; /* needs the right to control; commands look at it themselves and say so in their status */
    void (*serve)(struct mr_dnp3_call *c);
} services[] = {
    {MR_DNP3_READ, false, mr_dnp3_serve_read},
    {MR_DNP3_WRITE, true, mr_dnp3_serve_write},
    {MR_DNP3_SELECT, false, mr_dnp3_serve_command},
    {MR_DNP3_OPERATE, false, mr_dnp3_serve_command},
    {MR_DNP3_DIRECT_OPERATE, false, mr_dnp3_serve_command},
    {MR_DNP3_DIRECT_OPERATE_NR, false, mr_dnp3_serve_command},
    {MR_DNP3_FREEZE, true, mr_dnp3_serve_freeze},
    {MR_DNP3_FREEZE_NR, true, mr_dnp3_serve_freeze},
    {MR_DNP3_FREEZE_CLEAR, true, mr_dnp3_serve_freeze},
    {MR_DNP3_FREEZE_CLEAR_NR, true, mr_dnp3_serve_freeze},
    {MR_DNP3_COLD_RESTART, true, mr_dnp3_serve_restart},
    {MR_DNP3_WARM_RESTART, true, mr_dnp3_serve_restart},
    {MR_DNP3_ENABLE_UNSOLICITED, false, mr_dnp3_serve_unsolicited},
    {MR_DNP3_DISABLE_UNSOLICITED, false, mr_dnp3_serve_unsolicited},
    {MR_DNP3_ASSIGN_CLASS, true, mr_dnp3_serve_assign},
    {MR_DNP3_DELAY_MEASURE, false, mr_dnp3_serve_delay},
    {MR_DNP3_RECORD_TIME, false, mr_dnp3_serve_record_time},
    {MR_DNP3_OPEN_FILE, false, mr_dnp3_serve_file},
    {MR_DNP3_CLOSE_FILE, false, mr_dnp3_serve_file},
    {MR_DNP3_DELETE_FILE, true, mr_dnp3_serve_file},
    {MR_DNP3_FILE_INFO, false, mr_dnp3_serve_file},
    {MR_DNP3_ABORT_FILE, false, mr_dnp3_serve_file},
};

static const struct service *find_service(const struct mr_dnp3_station *t, uint8_t function)
{
    uint64_t bit = function < 64 ? (uint64_t)1 << function : 0;
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (services[i].function == function && (t->personality->functions & t->settings->functions & bit) != 0) {
            return &services[i];
        }
    }
    return NULL;
}

static struct mr_dnp3_master *master(const struct mr_dnp3_server *s)
{
    return &s->station->state->masters[s->master];
}

bool mr_dnp3_station_was_restarted(const struct mr_dnp3_server *s)
{
    return s->bound && s->master < MR_DNP3_MASTERS_MAX && (!master(s)->known || master(s)->connection == 0);
}

void mr_dnp3_bind(struct mr_dnp3_server *s, uint16_t address)
{
    const struct mr_dnp3_station *t = s->station;
    bool same = s->bound && s->address == address && master(s)->address == address && !mr_dnp3_station_was_restarted(s);
    int number = same ? s->master : mr_dnp3_master_number(t, address);
    if (number >= 0 && !same) {
        if (s->bound) {
            mr_dnp3_events_unmark(t, s->master);
        }
        s->bound = true;
        s->address = address;
        s->master = (uint8_t)number;
        s->answer_waits = s->selected = s->repeatable = false;
        s->nreads = 0;
        bool unasked = t->personality->unsolicited && !t->settings->unsolicited_off && mr_dnp3_is_configured(t, address);
        s->unsolicited_stage = unasked ? MR_DNP3_U_NULL_DUE : MR_DNP3_U_OFF;
    }
    if (number < 0) {
        s->bound = false;
        return;
    }
    master(s)->connection = s->connection;
}

struct mr_writer mr_dnp3_answer_writer(const struct mr_dnp3_server *s)
{
    struct mr_writer w = mr_writer(s->station->work, s->station->personality->fragment_max);
    w.n = MR_DNP3_ANSWER_HEADER;
    return w;
}

uint16_t mr_dnp3_indications(const struct mr_dnp3_server *s)
{
    const struct mr_dnp3_state *st = s->station->state;
    const struct mr_dnp3_master *m = master(s);
    unsigned iin = 0;
    for (unsigned class = 1; class <= 3; class ++) {
        iin |= m->waiting[class] > m->sent[class] ? 1u << class : 0;
    }
    iin |= m->broadcast != 0 ? MR_DNP3_IIN_BROADCAST : 0;
    iin |= m->overflow ? MR_DNP3_IIN_OVERFLOW : 0;
    iin |= st->need_time ? MR_DNP3_IIN_NEED_TIME : 0;
    iin |= st->local ? MR_DNP3_IIN_LOCAL : 0;
    iin |= st->trouble ? MR_DNP3_IIN_TROUBLE : 0;
    iin |= st->restarted ? MR_DNP3_IIN_RESTART : 0;
    return (uint16_t)iin;
}

void mr_dnp3_dispatch(struct mr_dnp3_server *s, uint8_t control, uint8_t function, uint16_t iin, size_t n)
{
    uint8_t *p = s->station->work;
    mr_dnp3_count(s, MR_DNP3_STAT_SENT);
    iin = (uint16_t)(iin | mr_dnp3_indications(s));
    p[0] = control;
    p[1] = function;
    p[2] = (uint8_t)iin;
    p[3] = (uint8_t)(iin >> 8);
    if (n > sizeof s->buf - s->held) {
        s->held = 0; /* the request that waits gives way */
    }
    memcpy(s->buf + s->held, p, n);
    s->nbuf = (uint32_t)(s->held + n);
    s->sending.at = 0;
    s->sending.n = (uint32_t)n;
    if (master(s)->broadcast == 1) {
        master(s)->broadcast = 0;
    }
}

/* Events that the master has been sent and has not confirmed. */
static uint32_t sent(const struct mr_dnp3_server *s)
{
    const struct mr_dnp3_master *m = master(s);
    return m->sent[1] + m->sent[2] + m->sent[3];
}

/* One fragment of an answer: the whole of it, or what a read has left. */
static void answer(struct mr_dnp3_server *s, struct mr_writer *w, mr_ns now)
{
    uint32_t sent_before = sent(s);
    bool last = s->nreads == 0 || mr_dnp3_read_on(s, w, now);
    bool confirm = !last || sent(s) != sent_before || master(s)->broadcast == 2;
    uint8_t control = (uint8_t)((s->answer & MR_DNP3_SEQ) | (s->answer_begun ? 0 : MR_DNP3_FIR) | (last ? MR_DNP3_FIN : 0) |
                                (confirm ? MR_DNP3_CON : 0));
    s->answer_begun = !last;
    s->answer_waits = confirm;
    s->answer_until = now + s->station->personality->confirm_timeout;
    mr_dnp3_dispatch(s, control, MR_DNP3_RESPONSE, s->answer_iin, w->n);
}

static bool waits_for_unsolicited(const struct mr_dnp3_server *s)
{
    return s->unsolicited_stage == MR_DNP3_U_NULL_WAITS || s->unsolicited_stage == MR_DNP3_U_WAITS;
}

/* An answer that waits for its confirmation is given up. */
static void abandon_answer(struct mr_dnp3_server *s)
{
    if (s->answer_waits && !waits_for_unsolicited(s)) {
        mr_dnp3_events_unmark(s->station, s->master);
    }
    s->answer_waits = s->answer_begun = false;
    s->nreads = 0;
}

static void take_confirm(struct mr_dnp3_server *s, uint8_t control, mr_ns now)
{
    uint8_t sequence = control & MR_DNP3_SEQ;
    bool unsolicited = (control & MR_DNP3_UNS) != 0;
    bool right = unsolicited ? waits_for_unsolicited(s) && sequence == s->unsolicited : s->answer_waits && sequence == s->answer;
    if (!right) {
        return;
    }
    if (unsolicited || !waits_for_unsolicited(s)) {
        mr_dnp3_events_confirm(s->station, s->master);
    }
    master(s)->broadcast = 0;
    if (unsolicited) {
        s->unsolicited = (s->unsolicited + 1) & MR_DNP3_SEQ;
        s->unsolicited_stage = MR_DNP3_U_READY;
        return;
    }
    s->answer_waits = false;
    if (s->answer_begun) {
        struct mr_writer w = mr_dnp3_answer_writer(s);
        s->answer = (s->answer + 1) & MR_DNP3_SEQ;
        answer(s, &w, now);
    }
}

/* The same request as before, octet for octet: its answer is given again, nothing is done again (clause 4.3). */
static bool is_repeated(struct mr_dnp3_server *s, struct mr_slice fragment)
{
    bool same = s->repeatable && (fragment.p[0] & MR_DNP3_SEQ) == s->repeat_sequence &&
                s->repeat_hash == mr_hash_fnv(fragment.p, fragment.n);
    if (same && s->nrepeat >= MR_DNP3_ANSWER_HEADER) {
        memcpy(s->station->work, s->repeat, s->nrepeat);
        uint16_t errors =
            (uint16_t)(s->repeat[3] << 8 & (MR_DNP3_IIN_NO_FUNCTION | MR_DNP3_IIN_UNKNOWN_OBJECT | MR_DNP3_IIN_PARAMETER));
        mr_dnp3_dispatch(s, s->repeat[0], s->repeat[1], errors, s->nrepeat);
    }
    return same;
}

static void remember(struct mr_dnp3_server *s, uint64_t hash, uint8_t sequence)
{
    s->repeatable = s->sending.n <= sizeof s->repeat && !s->answer_waits;
    s->repeat_sequence = sequence;
    s->repeat_hash = hash;
    s->nrepeat = s->repeatable ? s->sending.n : 0;
    memcpy(s->repeat, s->buf + s->held, s->nrepeat);
}

void mr_dnp3_carry_out(struct mr_dnp3_server *s, struct mr_slice fragment, bool broadcast, mr_ns now)
{
    const struct mr_dnp3_station *t = s->station;
    struct mr_dnp3_call c = {.s = s, .now = now, .w = mr_dnp3_answer_writer(s)};
    if (!mr_dnp3_app_decode(fragment, &c.request)) {
        return;
    }
    uint8_t function = c.request.function, sequence = c.request.control & MR_DNP3_SEQ;
    const struct service *service = find_service(t, function);
    uint64_t hash = mr_hash_fnv(fragment.p, fragment.n);
    bool silent = broadcast || mr_dnp3_is_silent(function);
    uint8_t need = service && service->writes ? MR_DNP3_MAY_CONTROL : MR_DNP3_MAY_READ;
    bool command = service && service->serve == mr_dnp3_serve_command;
    if (service && (command || (mr_dnp3_rights(t->settings, s->client) & need) != 0)) {
        service->serve(&c);
    } else {
        c.iin |= MR_DNP3_IIN_NO_FUNCTION;
        struct mr_dnp3_event ev = {.kind = MR_DNP3_EV_DENIED, .function = function};
        mr_dnp3_note(s, &ev);
    }
    if (silent) {
        s->nreads = 0;
        return;
    }
    s->answer = sequence;
    s->answer_iin = c.iin;
    s->answer_begun = false;
    answer(s, &c.w, now);
    if (function != MR_DNP3_READ) {
        remember(s, hash, sequence);
    } else {
        s->repeatable = false;
    }
}

/* A request that is whole, at the beginning of the free part of the buffer. */
static void take_request(struct mr_dnp3_server *s, struct mr_slice fragment, bool broadcast, mr_ns now)
{
    uint8_t function = fragment.p[1];
    if (function == MR_DNP3_AUTH_REQUEST || function == MR_DNP3_AUTH_REQUEST_NR) {
        if (!broadcast) {
            mr_dnp3_serve_auth(s, fragment, now);
        }
        return;
    }
    abandon_answer(s);
    if (!broadcast && is_repeated(s, fragment)) {
        return;
    }
    if (function != MR_DNP3_SELECT && function != MR_DNP3_OPERATE) {
        s->selected = false;
    }
    if (function == MR_DNP3_READ && waits_for_unsolicited(s)) {
        mr_dnp3_hold(s, fragment, MR_DNP3_HELD_FOR_CONFIRMATION); /* clause 4.6: not before the confirmation */
        return;
    }
    if (s->held > 0) { /* a new request, so the old one is not waited for */
        mr_dnp3_drop_held(s, &fragment);
    }
    if (mr_dnp3_authenticate(s, fragment, broadcast, now) == MR_DNP3_GRANTED) {
        mr_dnp3_carry_out(s, fragment, broadcast, now);
    }
}

void mr_dnp3_hold(struct mr_dnp3_server *s, struct mr_slice fragment, enum mr_dnp3_held why)
{
    memmove(s->buf, fragment.p, fragment.n);
    s->held = (uint32_t)fragment.n;
    s->nbuf = s->held;
    s->held_for = (uint8_t)why;
}

void mr_dnp3_drop_held(struct mr_dnp3_server *s, struct mr_slice *fragment)
{
    memmove(s->buf, fragment->p, fragment->n);
    *fragment = mr_slice(s->buf, fragment->n);
    s->held = 0;
}

void mr_dnp3_take_fragment(struct mr_dnp3_server *s, size_t total, const struct mr_dnp3_link_header *h, mr_ns now)
{
    struct mr_slice fragment = mr_slice(s->buf + s->held, total);
    bool broadcast = h->destination >= MR_DNP3_BROADCAST_NO_CONFIRM;
    uint8_t whole = MR_DNP3_FIR | MR_DNP3_FIN;
    if (total < 2 || (fragment.p[0] & whole) != whole || fragment.p[1] >= MR_DNP3_RESPONSE) {
        return;
    }
    mr_dnp3_count(s, MR_DNP3_STAT_RECEIVED);
    mr_dnp3_bind(s, h->source);
    if (!s->bound) {
        return;
    }
    if (broadcast) {
        for (int i = 0; i < MR_DNP3_MASTERS_MAX; i++) {
            s->station->state->masters[i].broadcast = h->destination == MR_DNP3_BROADCAST_CONFIRM ? 2 : 1;
        }
    }
    if (fragment.p[1] == MR_DNP3_CONFIRM) {
        take_confirm(s, fragment.p[0], now);
    } else {
        take_request(s, fragment, broadcast, now);
    }
}

/* --- unsolicited responses --- */

/* Events that are to be told unasked. */
static uint8_t classes_due(const struct mr_dnp3_server *s)
{
    const struct mr_dnp3_master *m = master(s);
    uint8_t due = 0;
    for (unsigned class = 1; class <= 3; class ++) {
        bool enabled = (m->unsolicited >> class & 1) != 0;
        due = (uint8_t)(due | (enabled && m->waiting[class] > m->sent[class] ? 1u << class : 0));
    }
    return due;
}

static bool line_free(const struct mr_dnp3_server *s)
{
    return s->bound && s->sending.n == 0 && !s->assembly.begun && !s->answer_waits && s->held == 0;
}

bool mr_dnp3_unsolicited_due(const struct mr_dnp3_server *s)
{
    bool allowed = !s->station->settings->unsolicited_off && s->master < MR_DNP3_MASTERS_MAX && line_free(s);
    bool newest = allowed && master(s)->connection == s->connection;
    return newest &&
           (s->unsolicited_stage == MR_DNP3_U_NULL_DUE || (s->unsolicited_stage == MR_DNP3_U_READY && classes_due(s) != 0));
}

static void send_unsolicited(struct mr_dnp3_server *s, bool again, mr_ns now)
{
    struct mr_writer w = mr_dnp3_answer_writer(s);
    bool null = s->unsolicited_stage == MR_DNP3_U_NULL_DUE || s->unsolicited_stage == MR_DNP3_U_NULL_WAITS;
    if (!null) {
        (void)mr_dnp3_write_class_events(s, again ? 0x0E : classes_due(s), again, &w);
    }
    s->unsolicited_stage = null ? MR_DNP3_U_NULL_WAITS : MR_DNP3_U_WAITS;
    s->unsolicited_until = now + s->station->personality->unsolicited_timeout;
    mr_dnp3_dispatch(s, (uint8_t)(MR_DNP3_FIR | MR_DNP3_FIN | MR_DNP3_CON | MR_DNP3_UNS | s->unsolicited), MR_DNP3_UNSOLICITED, 0,
                     w.n);
}

/* Does what can be done now: what begins anew after a restart, a request held for a confirmation that is not waited for any more,
 * an unsolicited response. */
void mr_dnp3_pump(struct mr_dnp3_server *s, mr_ns now)
{
    if (s->closing || !s->bound || s->sending.n > 0 || s->assembly.begun) {
        return;
    }
    if (mr_dnp3_station_was_restarted(s)) {
        mr_dnp3_bind(s, s->address);
    }
    if (s->held > 0 && s->held_for == MR_DNP3_HELD_FOR_CONFIRMATION && !waits_for_unsolicited(s)) {
        struct mr_slice fragment = mr_slice(s->buf, s->held);
        s->held = 0;
        if (mr_dnp3_authenticate(s, fragment, false, now) == MR_DNP3_GRANTED) {
            mr_dnp3_carry_out(s, fragment, false, now);
        }
    }
    if (mr_dnp3_unsolicited_due(s)) {
        s->unsolicited_tries = 0;
        send_unsolicited(s, false, now);
    }
}

void mr_dnp3_take_back_unsolicited(struct mr_dnp3_server *s)
{
    if (s->unsolicited_stage == MR_DNP3_U_WAITS) {
        mr_dnp3_events_unmark(s->station, s->master);
        s->unsolicited = (s->unsolicited + 1) & MR_DNP3_SEQ;
        s->unsolicited_stage = MR_DNP3_U_READY;
    }
}

static void unsolicited_time_out(struct mr_dnp3_server *s, mr_ns now)
{
    const struct mr_dnp3_personality *p = s->station->personality;
    bool null = s->unsolicited_stage == MR_DNP3_U_NULL_WAITS || s->unsolicited_stage == MR_DNP3_U_NULL_PAUSES;
    if (!waits_for_unsolicited(s)) {
        s->unsolicited_stage = null ? MR_DNP3_U_NULL_DUE : MR_DNP3_U_READY;
        return;
    }
    bool once_more = s->unsolicited_tries < p->unsolicited_retries && s->held == 0 && !s->answer_waits;
    if (once_more && s->sending.n == 0 && !s->assembly.begun) {
        s->unsolicited_tries++;
        send_unsolicited(s, true, now);
        return;
    }
    mr_dnp3_events_unmark(s->station, s->master);
    s->unsolicited = (s->unsolicited + 1) & MR_DNP3_SEQ;
    s->unsolicited_stage = null ? MR_DNP3_U_NULL_PAUSES : MR_DNP3_U_PAUSES;
    s->unsolicited_until = now + p->unsolicited_pause;
}

void mr_dnp3_time_out(struct mr_dnp3_server *s, mr_ns now)
{
    if (s->answer_waits && now >= s->answer_until) {
        abandon_answer(s);
    }
    if (s->held > 0 && s->held_for == MR_DNP3_HELD_FOR_REPLY && now >= s->auth.until && s->sending.n == 0) {
        mr_dnp3_count(s, MR_DNP3_STAT_REPLY_TIMEOUTS);
        s->held = 0;
    }
    bool counts =
        waits_for_unsolicited(s) || s->unsolicited_stage == MR_DNP3_U_NULL_PAUSES || s->unsolicited_stage == MR_DNP3_U_PAUSES;
    if (counts && now >= s->unsolicited_until) {
        unsolicited_time_out(s, now);
    }
}
