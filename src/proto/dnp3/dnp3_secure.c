/* dnp3_secure.c - the outstation's side of Secure Authentication (IEEE 1815-2012, clause 7; objects: annex A.45):
 * critical requests are challenged or come in aggressive mode; session keys are told and changed. */
#include "proto/dnp3/dnp3_serve.h"

#define REPLY_TIMEOUT (2 * MR_S)

/* Functions that clause 7 calls critical: whatever changes the station or its process. */
static bool is_critical(uint8_t function)
{
    static const uint8_t list[] = {
        MR_DNP3_WRITE,
        MR_DNP3_SELECT,
        MR_DNP3_OPERATE,
        MR_DNP3_DIRECT_OPERATE,
        MR_DNP3_DIRECT_OPERATE_NR,
        MR_DNP3_COLD_RESTART,
        MR_DNP3_WARM_RESTART,
        MR_DNP3_INITIALIZE_APPLICATION,
        MR_DNP3_START_APPLICATION,
        MR_DNP3_STOP_APPLICATION,
        MR_DNP3_ENABLE_UNSOLICITED,
        MR_DNP3_DISABLE_UNSOLICITED,
        MR_DNP3_ASSIGN_CLASS,
        MR_DNP3_RECORD_TIME,
        MR_DNP3_OPEN_FILE,
        MR_DNP3_DELETE_FILE,
        MR_DNP3_AUTHENTICATE_FILE,
        MR_DNP3_ABORT_FILE,
        MR_DNP3_ACTIVATE_CONFIGURATION,
    };
    return memchr(list, function, sizeof list) != NULL;
}

static const struct mr_dnp3_user *find_user(const struct mr_dnp3_settings *settings, uint16_t number)
{
    for (uint32_t i = 0; i < settings->nusers && i < MR_DNP3_USERS_MAX; i++) {
        const struct mr_dnp3_user *u = &settings->users[i];
        if (u->number == number && (u->key_bytes == 16 || u->key_bytes == 32)) {
            return u;
        }
    }
    return NULL;
}

/* The session keys of a user where they are valid now. */
static struct mr_dnp3_keys *valid_keys(struct mr_dnp3_server *s, uint16_t user, mr_ns now)
{
    for (size_t i = 0; i < MR_DNP3_AUTH_USERS; i++) {
        struct mr_dnp3_keys *k = &s->auth.keys[i];
        if (k->status == MR_DNP3_KEYS_OK && k->user == user && find_user(s->station->settings, user)) {
            if (now >= k->until || k->uses >= MR_DNP3_KEYS_USES || k->key_bytes > MR_DNP3_KEY_MAX) {
                k->status = MR_DNP3_KEYS_NONE;
                return NULL;
            }
            return k;
        }
    }
    return NULL;
}

/* The place for a user's keys: theirs, a free one, one without valid keys, the first. */
static struct mr_dnp3_keys *place(struct mr_dnp3_server *s, uint16_t user)
{
    struct mr_dnp3_keys *best = &s->auth.keys[0];
    for (size_t i = 0; i < MR_DNP3_AUTH_USERS; i++) {
        struct mr_dnp3_keys *k = &s->auth.keys[i];
        if (k->status != 0 && k->user == user) {
            return k;
        }
        if (k->status == 0 || (best->status == MR_DNP3_KEYS_OK && k->status != MR_DNP3_KEYS_OK)) {
            best = best->status == 0 ? best : k;
        }
    }
    *best = (struct mr_dnp3_keys){.user = user, .status = MR_DNP3_KEYS_NONE};
    return best;
}

static void fail(struct mr_dnp3_server *s, struct mr_slice request, uint32_t csq, uint16_t user, enum mr_dnp3_auth_error error,
                 mr_ns now)
{
    struct mr_dnp3_event ev = {.kind = MR_DNP3_EV_AUTH_FAILED, .function = request.p[1], .code = (uint8_t)error, .value = user};
    mr_dnp3_note(s, &ev);
    mr_dnp3_count(s, MR_DNP3_STAT_ERRORS_SENT);
    if (error == MR_DNP3_AUTH_WRONG) {
        mr_dnp3_count(s, MR_DNP3_STAT_AUTHENTICATION_FAILURES);
    }
    struct mr_writer w = mr_dnp3_answer_writer(s);
    size_t begin = mr_dnp3_free_begin(&w, 120, 7);
    mr_write_u32le(&w, csq);
    mr_write_u16le(&w, user);
    mr_write_u16le(&w, 0); /* association */
    mr_write_u8(&w, (uint8_t)error);
    mr_dnp3_time_write(&w, mr_dnp3_station_time(s->station, now));
    mr_dnp3_free_finish(&w, begin);
    uint8_t control = (uint8_t)(MR_DNP3_FIR | MR_DNP3_FIN | (request.p[0] & MR_DNP3_SEQ));
    mr_dnp3_dispatch(s, control, MR_DNP3_AUTH_RESPONSE, 0, w.n);
}

/* Holds a critical request and challenges it. The outstation does not know yet which user it is of, hence 0. */
static void challenge(struct mr_dnp3_server *s, struct mr_slice fragment, mr_ns now)
{
    enum { REASON_CRITICAL = 1 };
    uint8_t control = (uint8_t)(MR_DNP3_FIR | MR_DNP3_FIN | (fragment.p[0] & MR_DNP3_SEQ));
    uint8_t random[MR_DNP3_CHALLENGE_BYTES];
    mr_dnp3_random(s->station->rng, random, sizeof random);
    mr_dnp3_hold(s, fragment, MR_DNP3_HELD_FOR_REPLY);
    struct mr_writer w = mr_dnp3_answer_writer(s);
    size_t begin = mr_dnp3_free_begin(&w, 120, 1);
    mr_write_u32le(&w, ++s->auth.csq);
    mr_write_u16le(&w, 0);
    mr_write_u8(&w, MR_DNP3_MAC_SHA256_16);
    mr_write_u8(&w, REASON_CRITICAL);
    mr_write_bytes(&w, mr_slice(random, sizeof random));
    mr_dnp3_free_finish(&w, begin);
    mr_dnp3_dispatch(s, control, MR_DNP3_AUTH_RESPONSE, 0, w.n);
    s->auth.nchallenge = (uint32_t)w.n;
    memcpy(s->auth.challenge, s->buf + s->held, w.n);
    s->auth.until = now + REPLY_TIMEOUT;
}

/* --- aggressive mode --- */

#define AGGRESSIVE_HEAD (4 + 6)                 /* g120v3 with its header: one object, counted */
#define AGGRESSIVE_TAIL (6 + MR_DNP3_MAC_BYTES) /* g120v9 */

static bool is_aggressive(struct mr_slice fragment)
{
    return fragment.n >= 4 && fragment.p[2] == 120 && fragment.p[3] == 3;
}

/* A request that brings its MAC along: over the last challenge, and itself up to the MAC. Its own objects lie between. */
static void take_aggressive(struct mr_dnp3_server *s, struct mr_slice fragment, mr_ns now)
{
    struct mr_reader r = mr_reader(mr_slice(fragment.p + 2, fragment.n - 2));
    struct mr_dnp3_object o;
    bool head = mr_dnp3_object_read(&r, &o) && o.qualifier == MR_DNP3_Q_COUNT8 && o.count == 1;
    uint32_t csq = mr_read_u32le(&r);
    uint16_t user = mr_read_u16le(&r);
    if (!head || r.bad || fragment.n < 2 + AGGRESSIVE_HEAD + AGGRESSIVE_TAIL) {
        return;
    }
    if (s->station->settings->aggressive_off) {
        fail(s, fragment, csq, user, MR_DNP3_AUTH_NO_AGGRESSIVE, now);
        return;
    }
    struct mr_slice body = mr_slice(fragment.p, fragment.n - MR_DNP3_MAC_BYTES);
    static const uint8_t tail[] = {120, 9, MR_DNP3_Q_FREE, 1, MR_DNP3_MAC_BYTES, 0};
    struct mr_dnp3_keys *k = valid_keys(s, user, now);
    uint8_t mac[MR_DNP3_MAC_BYTES];
    bool right =
        k && s->auth.nchallenge > 0 && csq == s->auth.csq + 1 && memcmp(body.p + body.n - sizeof tail, tail, sizeof tail) == 0;
    if (right) {
        mr_dnp3_mac(mac, sizeof mac, mr_slice(k->control, k->key_bytes), mr_slice(s->auth.challenge, s->auth.nchallenge), body);
        right = mr_dnp3_mac_equal(mr_slice(mac, sizeof mac), mr_slice(body.p + body.n, sizeof mac));
    }
    if (!right) {
        fail(s, fragment, csq, user, MR_DNP3_AUTH_WRONG, now);
        return;
    }
    k->uses++;
    mr_dnp3_count(s, MR_DNP3_STAT_SUCCESSES);
    s->auth.csq = csq;
    const uint8_t header[] = {fragment.p[0], fragment.p[1]};
    size_t n = fragment.n - 2 - AGGRESSIVE_HEAD - AGGRESSIVE_TAIL;
    memmove(s->buf, fragment.p + 2 + AGGRESSIVE_HEAD, n);
    memmove(s->buf + 2, s->buf, n);
    memcpy(s->buf, header, sizeof header);
    mr_dnp3_carry_out(s, mr_slice(s->buf, n + 2), false, now);
}

enum mr_dnp3_verdict mr_dnp3_authenticate(struct mr_dnp3_server *s, struct mr_slice fragment, bool broadcast, mr_ns now)
{
    bool on = s->station->settings->authentication, aggressive = is_aggressive(fragment);
    if (!on || (!aggressive && !is_critical(fragment.p[1]))) {
        return MR_DNP3_GRANTED;
    }
    mr_dnp3_count(s, MR_DNP3_STAT_CRITICAL_RECEIVED);
    if (!broadcast && aggressive) {
        take_aggressive(s, fragment, now);
    } else if (!broadcast && fragment.n <= sizeof s->buf - MR_DNP3_FRAME_MAX) {
        challenge(s, fragment, now);
    } else {
        mr_dnp3_count(s, MR_DNP3_STAT_DISCARDED);
    }
    return MR_DNP3_DEALT_WITH;
}

/* --- functions 32 and 33 --- */

static void take_reply(struct mr_dnp3_server *s, struct mr_slice fragment, struct mr_slice object, mr_ns now)
{
    struct mr_reader r = mr_reader(object);
    uint32_t csq = mr_read_u32le(&r);
    uint16_t user = mr_read_u16le(&r);
    struct mr_slice theirs = mr_slice(object.p + r.at, mr_reader_left(&r));
    if (r.bad || s->held == 0 || s->held_for != MR_DNP3_HELD_FOR_REPLY) {
        mr_dnp3_count(s, MR_DNP3_STAT_UNEXPECTED); /* no challenge is open */
        return;
    }
    struct mr_slice request = mr_slice(s->buf, s->held);
    struct mr_dnp3_keys *k = valid_keys(s, user, now);
    uint8_t mac[MR_DNP3_MAC_BYTES];
    bool right = k && csq == s->auth.csq;
    if (right) {
        mr_dnp3_mac(mac, sizeof mac, mr_slice(k->control, k->key_bytes), mr_slice(s->auth.challenge, s->auth.nchallenge),
                    request);
        right = mr_dnp3_mac_equal(mr_slice(mac, sizeof mac), theirs);
    }
    s->held = 0;
    if (!right) {
        fail(s, fragment, csq, user, MR_DNP3_AUTH_WRONG, now);
        return;
    }
    k->uses++;
    mr_dnp3_count(s, MR_DNP3_STAT_SUCCESSES);
    mr_dnp3_carry_out(s, request, false, now);
}

/* Tells the state of a user's keys with new challenge data for the next change. */
static void tell_keys(struct mr_dnp3_server *s, uint8_t sequence, struct mr_dnp3_keys *k, const struct mr_dnp3_user *user)
{
    bool ok = k->status == MR_DNP3_KEYS_OK;
    uint8_t random[MR_DNP3_CHALLENGE_BYTES];
    mr_dnp3_random(s->station->rng, random, sizeof random);
    struct mr_writer w = mr_dnp3_answer_writer(s);
    size_t begin = mr_dnp3_free_begin(&w, 120, 5);
    mr_write_u32le(&w, ++k->sequence);
    mr_write_u16le(&w, k->user);
    mr_write_u8(&w, user->key_bytes == 16 ? MR_DNP3_WRAP_AES128 : MR_DNP3_WRAP_AES256);
    mr_write_u8(&w, k->status);
    mr_write_u8(&w, ok ? MR_DNP3_MAC_SHA256_16 : MR_DNP3_MAC_NONE);
    mr_write_u16le(&w, sizeof random);
    mr_write_bytes(&w, mr_slice(random, sizeof random));
    k->nstatus = (uint32_t)(w.n - begin);
    memcpy(k->last_status, w.p + begin, k->nstatus);
    if (ok) {
        mr_write_bytes(&w, mr_slice(k->mac, sizeof k->mac));
    }
    mr_dnp3_free_finish(&w, begin);
    mr_dnp3_dispatch(s, (uint8_t)(MR_DNP3_FIR | MR_DNP3_FIN | sequence), MR_DNP3_AUTH_RESPONSE, 0, w.n);
}

/* New keys, wrapped by the update key: length, two keys, the key status as it was told last, filled up to eights. */
static bool unwrap_keys(struct mr_dnp3_keys *k, const struct mr_dnp3_user *user, struct mr_slice wrapped)
{
    uint8_t plain[MR_DNP3_WRAPPED_MAX];
    if (wrapped.n > sizeof plain || !mr_dnp3_unwrap(plain, mr_slice(user->key, user->key_bytes), wrapped)) {
        return false;
    }
    struct mr_reader r = mr_reader(mr_slice(plain, wrapped.n - 8));
    uint16_t n = mr_read_u16le(&r);
    struct mr_slice control = mr_read_bytes(&r, n), monitor = mr_read_bytes(&r, n), told = mr_read_bytes(&r, k->nstatus);
    if (r.bad || n < 16 || n > MR_DNP3_KEY_MAX || k->nstatus == 0 || !mr_slice_eq(told, mr_slice(k->last_status, k->nstatus))) {
        return false;
    }
    memcpy(k->control, control.p, n);
    memcpy(k->monitor, monitor.p, n);
    k->key_bytes = (uint8_t)n;
    return true;
}

static void change_keys(struct mr_dnp3_server *s, struct mr_slice fragment, struct mr_slice object, mr_ns now)
{
    struct mr_reader r = mr_reader(object);
    uint32_t sequence = mr_read_u32le(&r);
    uint16_t number = mr_read_u16le(&r);
    const struct mr_dnp3_user *user = find_user(s->station->settings, number);
    if (r.bad || !user) {
        fail(s, fragment, sequence, number, MR_DNP3_AUTH_UNKNOWN_USER, now);
        return;
    }
    struct mr_dnp3_keys *k = place(s, number);
    struct mr_dnp3_event ev = {.kind = MR_DNP3_EV_KEYS_CHANGED, .function = fragment.p[1], .value = number};
    if (sequence == k->sequence && unwrap_keys(k, user, mr_slice(object.p + r.at, mr_reader_left(&r)))) {
        k->status = MR_DNP3_KEYS_OK;
        k->uses = 0;
        k->until = now + MR_DNP3_KEYS_VALID;
        s->auth.nchallenge = 0; /* aggressive mode needs a challenge under these keys */
        mr_dnp3_mac(k->mac, sizeof k->mac, mr_slice(k->monitor, k->key_bytes), fragment, mr_slice(NULL, 0));
    } else {
        k->status = MR_DNP3_KEYS_FAILED;
        ev.kind = MR_DNP3_EV_AUTH_FAILED;
    }
    bool changed = k->status == MR_DNP3_KEYS_OK;
    mr_dnp3_count(s, changed ? MR_DNP3_STAT_KEY_CHANGES : MR_DNP3_STAT_FAILED_KEY_CHANGES);
    mr_dnp3_note(s, &ev);
    tell_keys(s, fragment.p[0] & MR_DNP3_SEQ, k, user);
}

static void ask_keys(struct mr_dnp3_server *s, struct mr_slice fragment, uint16_t number, mr_ns now)
{
    const struct mr_dnp3_user *user = find_user(s->station->settings, number);
    if (!user) {
        fail(s, fragment, 0, number, MR_DNP3_AUTH_UNKNOWN_USER, now);
        return;
    }
    (void)valid_keys(s, number, now); /* finds out whether they have run out */
    tell_keys(s, fragment.p[0] & MR_DNP3_SEQ, place(s, number), user);
}

void mr_dnp3_serve_auth(struct mr_dnp3_server *s, struct mr_slice fragment, mr_ns now)
{
    struct mr_reader r = mr_reader(mr_slice(fragment.p + 2, fragment.n - 2));
    struct mr_reader free = r;
    struct mr_dnp3_object o;
    struct mr_slice object;
    if (!s->station->settings->authentication) {
        mr_dnp3_carry_out(s, fragment, false, now); /* which has no such function */
    } else if (mr_dnp3_free_read(&free, &o, &object) && o.group == 120) {
        if (o.variation == 2) {
            take_reply(s, fragment, object, now);
        } else if (o.variation == 6) {
            change_keys(s, fragment, object, now);
        } else if (o.variation == 7) {
            mr_dnp3_count(s, MR_DNP3_STAT_ERRORS_RECEIVED);
        }
    } else if (mr_dnp3_object_read(&r, &o) && o.group == 120 && o.variation == 4 && o.qualifier == MR_DNP3_Q_COUNT8 &&
               o.count == 1 && mr_reader_left(&r) >= 2) {
        ask_keys(s, fragment, mr_read_u16le(&r), now);
    }
}
