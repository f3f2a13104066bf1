/* serve_s7.c - S7comm on a controller: its image as I, Q, M and data blocks, its mode, its identity.
 *
 * An S7 address counts bytes, and its words lie high byte first; the image counts in units of each size and lies low byte first.
 * Byte n of an area is byte n of the image, and where the program has a variable of two, four or eight bytes, those are turned
 * round: what the program calls %MW5 is MW10 to a client, and both see the same number. */
#include "device/alarm.h"
#include "device/s7_program.h"
#include "device/serve.h"
#include "proto/s7/s7_server.h"

#include <stdio.h>
#include <stdlib.h>

#define MR_S7_BLOCKS      64         /* data blocks of one controller */
#define MR_S7_ALARM_FIRST 0x60000001 /* identifier of its first alarm, as STEP 7 numbers those of ALARM_S */

struct s7 {
    struct mr_s7_cpu cpu;
    struct mr_s7_program program;
    struct mr_s7_settings *settings;
    struct mr_s7_state *state;
    struct mr_s7_area areas[MR_AREAS + 2 + MR_S7_BLOCKS];
    const struct mr_alarm *alarms[MR_S7_ALARMS];
    struct mr_alarm_status *alarm_states;
    uint32_t nalarms;
    struct word *words; /* timers, then counters */
};

/* A timer or a counter, as S7 has it. */
struct word {
    uint8_t byte[2];
};
static const struct mr_field word_fields[] = {MR_ARRAY(struct word, byte, MR_U8)};
static const struct mr_type word_type = MR_TYPE("s7_word", struct word, word_fields);

/* --- the map ---------------------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct mr_s7_span *x = a;
    const struct mr_s7_span *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->size < y->size) - (x->size > y->size);
}

/* Appends a span, to the last one where it goes on from there. */
static uint32_t append(struct mr_s7_span *list, uint32_t n, struct mr_s7_span s)
{
    struct mr_s7_span *last = n > 0 ? &list[n - 1] : NULL;
    if (s.count == 0) {
        return n;
    }
    if (last && last->size == s.size && last->from + last->count * last->size == s.from) {
        last->count += s.count;
        return n;
    }
    list[n] = s;
    return n + 1;
}

/* The stretch of the image from byte `at` on, `size` long, as an area: variables of several bytes by themselves, bytes between
 * them. Of variables that overlap, the first counts. */
static bool map(const struct mr_host *h, struct mr_s7_area *out, enum mr_area area, uint32_t at, uint32_t size)
{
    const struct mr_plc_symbol *symbols;
    size_t nsymbols = mr_plc_symbols(h->plan->program, &symbols);
    struct mr_s7_span *wide = mr_arena_scratch(h->env->arena, sizeof *wide * (nsymbols + 1));
    struct mr_s7_span *spans = mr_arena_scratch(h->env->arena, sizeof *spans * (2 * nsymbols + 1));
    uint32_t n = 0;
    uint32_t done = 0;
    size_t nwide = 0;
    if (!wide || !spans) {
        return false;
    }
    for (size_t i = 0; i < nsymbols; i++) {
        const struct mr_plc_symbol *s = &symbols[i];
        size_t bytes = mr_vtype_size(s->type);
        if (s->located && s->place.area == area && bytes > 1 && s->place.byte >= at && s->place.byte + bytes <= at + size) {
            wide[nwide++] = (struct mr_s7_span){s->place.byte - at, 1, (uint8_t)bytes, area, s->place.byte};
        }
    }
    qsort(wide, nwide, sizeof *wide, by_place);
    for (size_t i = 0; i < nwide; i++) {
        if (wide[i].from >= done) {
            n = append(spans, n, (struct mr_s7_span){done, wide[i].from - done, 1, area, at + done});
            n = append(spans, n, wide[i]);
            done = wide[i].from + wide[i].size;
        }
    }
    n = append(spans, n, (struct mr_s7_span){done, size - done, 1, area, at + done});
    *out = (struct mr_s7_area){.size = size, .spans = spans, .nspans = n};
    return true;
}

static bool map_areas(const struct mr_serving *s, struct s7 *c)
{
    static const uint8_t codes[MR_AREAS] = {MR_S7_AREA_INPUTS, MR_S7_AREA_OUTPUTS, MR_S7_AREA_FLAGS};
    const struct mr_image *im = c->cpu.image;
    const struct mr_data_block all = {1, {.area = MR_AREA_M}, im->size[MR_AREA_M]};
    const struct mr_data_block *blocks = s->plan->s7.nblocks ? s->plan->s7.blocks : &all;
    size_t nblocks = s->plan->s7.nblocks ? s->plan->s7.nblocks : 1;
    for (int a = 0; a < MR_AREAS; a++) {
        if (!map(s->host, &c->areas[a], (enum mr_area)a, 0, im->size[a])) {
            return false;
        }
        c->areas[a].code = codes[a];
    }
    const struct mr_s7_personality *p = c->cpu.personality;
    struct mr_s7_area *rest = c->areas + MR_AREAS; /* the program's timers are blocks of its own: these hold what clients write */
    *rest++ = (struct mr_s7_area){.code = MR_S7_AREA_TIMERS, .size = 2u * p->timers, .own = c->words->byte};
    *rest++ = (struct mr_s7_area){.code = MR_S7_AREA_COUNTERS, .size = 2u * p->counters, .own = c->words[p->timers].byte};
    for (size_t i = 0; i < nblocks && i < MR_S7_BLOCKS; i++) {
        struct mr_s7_area *to = &rest[i];
        if (!map(s->host, to, blocks[i].at.area, blocks[i].at.byte, blocks[i].size)) {
            return false;
        }
        to->code = MR_S7_AREA_DB;
        to->db = blocks[i].number;
    }
    c->cpu.areas = c->areas;
    c->cpu.nareas = (uint32_t)(MR_AREAS + 2 + (nblocks < MR_S7_BLOCKS ? nblocks : MR_S7_BLOCKS));
    return true;
}

/* --- alarms ----------------------------------------------------------------------------------------------------------------- */

/* What an operator station has an alarm on, and is a value of this controller, its program raises too (ALARM_S). */
static void find_alarms(const struct mr_host *h, struct s7 *c)
{
    const struct mr_site *site = h->env->site;
    for (uint16_t i = 0; i < site->ndevices; i++) {
        for (size_t k = 0; k < site->devices[i].nalarms && c->nalarms < MR_S7_ALARMS; k++) {
            const struct mr_alarm *a = &site->devices[i].alarms[k];
            if (site->tags[a->tag].device == h->device) {
                c->alarms[c->nalarms++] = a;
            }
        }
    }
}

static void check_alarms(const struct mr_host *h, const struct s7 *c)
{
    for (uint32_t i = 0; i < c->nalarms; i++) {
        struct mr_alarm_status *st = &c->alarm_states[i];
        double value = mr_image_get(c->cpu.image, &h->env->site->tags[c->alarms[i]->tag].place);
        if (mr_alarm_check(c->alarms[i], st, value, h->env->now)) {
            (void)mr_s7_raise(c->state, MR_S7_CPU_ALARM_S, MR_S7_ALARM_FIRST + i, st->active, h->env->now);
        }
    }
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static bool create(struct mr_serving *s)
{
    struct mr_env *env = s->host->env;
    struct s7 *c = s->own = mr_arena_scratch(env->arena, sizeof *c);
    if (!c || !(c->settings = mr_arena_new(env->arena, &mr_s7_settings_type, 1, "S7 settings")) ||
        !(c->state = mr_arena_new(env->arena, &mr_s7_state_type, 1, "S7 CPU"))) {
        return false;
    }
    find_alarms(s->host, c);
    c->alarm_states = mr_arena_new(env->arena, &mr_alarm_status_type, c->nalarms + 1, "S7 alarms");
    if (!c->alarm_states) {
        return false;
    }
    const struct mr_personality *p = s->host->plan->personality;
    size_t nwords = (size_t)p->s7_manner.timers + p->s7_manner.counters;
    c->words = mr_arena_new(env->arena, &word_type, nwords + 1, "S7 timers and counters");
    if (!c->words) {
        return false;
    }
    c->state->clock = (uint64_t)env->epoch;
    c->cpu = (struct mr_s7_cpu){.image = mr_plc_image(mr_controller_plc(s->host->controller)),
                                .identity = &p->s7,
                                .personality = &p->s7_manner,
                                .settings = c->settings,
                                .state = c->state,
                                .program = &c->program};
    c->program = (struct mr_s7_program){&mr_s7_plc_ops, mr_controller_plc(s->host->controller)};
    return map_areas(s, c);
}

static void add_rights(struct mr_s7_settings *out, const struct mr_setting_value *list, uint8_t rights)
{
    for (uint32_t i = 0; i < list->naddresses && out->naccess < MR_S7_ACCESS_MAX; i++) {
        out->access[out->naccess++] = (struct mr_s7_access){list->addresses[i].ip, list->addresses[i].mask, rights};
    }
}
_Static_assert(2 * MR_SETTING_ADDRESSES_MAX <= MR_S7_ACCESS_MAX, "two lists fit the access list of a CPU");

/* Who may connect may read: the service has asked already. */
static void apply(struct mr_serving *s, const char *changed)
{
    const struct mr_settings *set = s->host->settings;
    struct mr_s7_settings *out = ((struct s7 *)s->own)->settings;
    (void)changed;
    mr_s7_settings_init(out);
    out->protection = (uint8_t)mr_settings_number(set, MR_SET_S7_PROTECTION, 1);
    out->write_protected = mr_settings_on(set, MR_SET_WRITE_PROTECT, false);
    out->put_get_off = !mr_settings_on(set, MR_SET_S7_PUT_GET, true);
    mr_s7_set_password(out, mr_settings_get(set, MR_SET_S7_PASSWORD)->text);
    out->access_list = true;
    add_rights(out, mr_settings_get(set, MR_SET_S7_ACCESS_LIST), MR_S7_MAY_READ);
    add_rights(out, mr_settings_get(set, MR_SET_S7_WRITE_LIST), MR_S7_MAY_WRITE);
}

/* A stop that nobody asked for over S7 was a fault, or by the mode switch. */
static enum mr_s7_cause cause_of_stop(const struct mr_plc *plc)
{
    enum mr_plc_fault fault = mr_plc_fault(plc, NULL);
    if (mr_plc_state(plc) == MR_PLC_RUNNING || fault == MR_PLC_OK) {
        return MR_S7_BY_SWITCH;
    }
    return fault == MR_PLC_WATCHDOG ? MR_S7_BY_CYCLE_TIME : MR_S7_BY_PROGRAM_ERROR;
}

static void scanned(struct mr_serving *s)
{
    const struct mr_plc *plc = mr_controller_plc(s->host->controller);
    bool running = mr_plc_state(plc) == MR_PLC_RUNNING;
    mr_s7_set_mode(((struct s7 *)s->own)->state, running, cause_of_stop(plc), s->host->env->now);
    if (running) {
        check_alarms(s->host, s->own);
    }
    mr_service_wake(s->pool); /* what clients have subscribed to */
}

/* --- sessions --------------------------------------------------------------------------------------------------------------- */

static void session_init(void *device, void *session)
{
    const struct s7 *c = ((struct mr_serving *)device)->own;
    mr_s7_server_init(session, &c->cpu);
}

static bool session_open(void *device, void *session, uint32_t client, mr_ns now)
{
    (void)device;
    mr_s7_server_open(session, client, now);
    return true;
}

static void session_close(void *device, void *session)
{
    (void)device;
    mr_s7_server_close(session);
}

static void name_place(const struct mr_s7_event *ev, char *out, size_t cap)
{
    uint32_t byte = ev->address / 8;
    const char *area = ev->area == MR_S7_AREA_INPUTS ? "I" : ev->area == MR_S7_AREA_OUTPUTS ? "Q" : "M";
    if (ev->kind == MR_S7_EV_DOWNLOAD || ev->kind == MR_S7_EV_ACTIVATE || ev->kind == MR_S7_EV_DELETE) {
        (void)snprintf(out, cap, "%s%u", mr_s7_block_type_name(ev->area), ev->db);
    } else if (ev->area == MR_S7_AREA_DB) {
        (void)snprintf(out, cap, "DB%u.DBB %u", ev->db, byte);
    } else if (ev->area == MR_S7_AREA_COUNTERS || ev->area == MR_S7_AREA_TIMERS) {
        (void)snprintf(out, cap, "%c %u", ev->area == MR_S7_AREA_TIMERS ? 'T' : 'C', ev->address);
    } else {
        (void)snprintf(out, cap, "%sB %u", area, byte);
    }
}

static void happened(const struct mr_host *h, const struct mr_s7_event *ev, const char *ip)
{
    char place[MR_EVENT_NAME];
    name_place(ev, place, sizeof place);
    switch ((enum mr_s7_event_kind)ev->kind) {
    case MR_S7_EV_WRITE:
    case MR_S7_EV_DOWNLOAD:
    case MR_S7_EV_ACTIVATE:
    case MR_S7_EV_DELETE:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, place, ip, ev->function, ev->bytes);
        break;
    case MR_S7_EV_STOP:
        mr_controller_halt(h->controller, ip);
        break;
    case MR_S7_EV_START:
        mr_controller_run(h->controller, MR_PLC_WARM, ip);
        break;
    case MR_S7_EV_LOGIN:
    case MR_S7_EV_LOGIN_FAILED:
        mr_env_emit(h->env, MR_EV_LOGIN, h->plan->name, "s7-password", ip, ev->kind == MR_S7_EV_LOGIN, 0);
        break;
    case MR_S7_EV_MEMORY:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, "memory", ip, ev->function, 0);
        break;
    case MR_S7_EV_CLOCK_SET:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, "clock", ip, ev->function, 0);
        break;
    case MR_S7_EV_UPLOAD:
    case MR_S7_EV_FLASH:
        break;
    case MR_S7_EV_DENIED:
        mr_env_emit(h->env, MR_EV_DENIED, h->plan->name, ip, place, 6, 1);
        break;
    }
}

static void session_drain(void *device, void *session, uint32_t client)
{
    struct mr_s7_event ev;
    char ip[16];
    while (mr_s7_server_next(session, &ev)) {
        (void)mr_ip_format(client, ip);
        happened(((struct mr_serving *)device)->host, &ev, ip);
    }
}

static const struct mr_service_ops service = {
    .session = &mr_s7_server_ops,
    .init = session_init,
    .open = session_open,
    .close = session_close,
    .drain = session_drain,
};

const struct mr_serve_row mr_serve_s7 = {&service, create, apply, scanned, NULL};
