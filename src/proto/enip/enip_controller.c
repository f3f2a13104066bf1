/* enip_controller.c - a Logix controller's own objects: mode, wall clock, program name, and what engineering tools poll. Rockwell
 * has published attributes 1 to 4 and 10 of class 0xAC (1756-PM020); the others' numbers, sizes and typical values are those of
 * captured sessions of RSLogix and of FactoryTalk with such controllers, and what clients in use ask for. */
#include "proto/enip/enip_symbols.h"

#include "base/calendar.h"

static uint32_t one(const struct mr_enip_device *d)
{
    (void)d;
    return 1;
}

static bool is_one(const struct mr_enip_device *d, uint32_t instance)
{
    (void)d;
    return instance == 1;
}

static bool any(const struct mr_enip_device *d, uint32_t instance)
{
    (void)d;
    return instance <= UINT16_MAX;
}

/* --- mode (0x8E) ------------------------------------------------------------------------------------------------------------ */

static void report(struct mr_enip_call *c, enum mr_enip_event_kind kind)
{
    mr_enip_report(c->d, (struct mr_enip_event){.kind = (uint8_t)kind,
                                                .service = c->service,
                                                .class_id = MR_CIP_MODE,
                                                .instance = 1,
                                                .tag = MR_ENIP_NO_TAG,
                                                .client = c->client});
}

/* Start and Stop: run and program mode. Tools send them to class 0x8E, others to 0x64. */
static enum mr_cip_status change_mode(struct mr_enip_call *c, struct mr_enip_ask *q, bool run)
{
    const struct mr_enip_settings *set = c->d->settings;
    if (!mr_enip_may(c, MR_ENIP_MAY_CONTROL, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (set->mode_off || set->key != MR_ENIP_KEY_REMOTE || c->d->state->locked || c->d->state->faulted) {
        (void)mr_enip_deny(c, q);
        return MR_CIP_DEVICE_STATE;
    }
    if (c->d->state->running != run) {
        c->d->state->running = run;
        report(c, run ? MR_ENIP_EV_START : MR_ENIP_EV_STOP);
    }
    return MR_CIP_OK;
}

/* Unlock, as tools send it to class 0x74 within 0x8E. */
static enum mr_cip_status unlock(struct mr_enip_call *c, struct mr_enip_ask *q)
{
    if (!mr_enip_may(c, MR_ENIP_MAY_CONTROL, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (c->d->state->locked) {
        c->d->state->locked = false;
        report(c, MR_ENIP_EV_UNLOCK);
    }
    return MR_CIP_OK;
}

static enum mr_cip_status serve_mode(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    enum { UNLOCK = 0x4C };
    (void)w;
    if (q->target.instance != 1) {
        return MR_CIP_BAD_SERVICE;
    }
    if (q->target.inner_class != 0) {
        return q->target.inner_class == MR_CIP_LOCK && q->service == UNLOCK ? unlock(c, q) : MR_CIP_BAD_SERVICE;
    }
    if (q->service != MR_CIP_START && q->service != MR_CIP_STOP) {
        return MR_CIP_BAD_SERVICE;
    }
    return change_mode(c, q, q->service == MR_CIP_START);
}

/* --- program name (0x64) ---------------------------------------------------------------------------------------------------- */

static const uint8_t name_all[] = {1};

static enum mr_cip_status get_name(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    if (instance == 0 || attribute != name_all[0]) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    mr_enip_write_string(w, c->d->interface->host);
    return MR_CIP_OK;
}

/* --- wall clock (0x8B) ------------------------------------------------------------------------------------------------------ */

/* Microseconds since 1970 (to be set by 6, read by 11 too), and seven 32-bit numbers, year to microsecond. Whether it is summer
 * time, which pylogix sets with the clock, is kept and changes nothing: the clock has no zone. */
enum { CLOCK_DATE = 5, CLOCK_SET = 6, CLOCK_SUMMER = 10, CLOCK_LOCAL = 11 };

static enum mr_cip_status get_clock(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    int64_t us = (int64_t)(((uint64_t)c->now + c->d->state->clock) / MR_US), days = us / (MR_DAY / MR_US),
            rest = us % (MR_DAY / MR_US);
    if (instance == 0) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    if (attribute == CLOCK_SET || attribute == CLOCK_LOCAL) {
        mr_write_u64le(w, (uint64_t)us);
        return MR_CIP_OK;
    }
    if (attribute == CLOCK_SUMMER) {
        mr_write_u8(w, c->d->state->summer_time);
        return MR_CIP_OK;
    }
    if (attribute != CLOCK_DATE) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    struct mr_date date = mr_date_of_days(days);
    mr_write_u32le(w, (uint32_t)date.year);
    mr_write_u32le(w, (uint32_t)date.month);
    mr_write_u32le(w, (uint32_t)date.day);
    mr_write_u32le(w, (uint32_t)(rest / (MR_HOUR / MR_US)));
    mr_write_u32le(w, (uint32_t)(rest / (MR_MIN / MR_US) % 60));
    mr_write_u32le(w, (uint32_t)(rest / (MR_S / MR_US) % 60));
    mr_write_u32le(w, (uint32_t)(rest % (MR_S / MR_US)));
    return MR_CIP_OK;
}

/* Microseconds since 1970 of a date; negative where it is none. */
static int64_t read_date(struct mr_reader *in)
{
    int64_t v[7];
    for (size_t i = 0; i < 7; i++) {
        v[i] = mr_read_u32le(in);
    }
    if (in->bad || v[0] < 1970 || v[0] > 2100 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > mr_days_of_month(v[0], v[1]) ||
        v[3] > 23 || v[4] > 59 || v[5] > 59 || v[6] >= MR_S / MR_US) {
        return -1;
    }
    int64_t days = mr_days_of_date((struct mr_date){v[0], v[1], v[2]});
    return (((days * 24 + v[3]) * 60 + v[4]) * 60 + v[5]) * (MR_S / MR_US) + v[6];
}

static enum mr_cip_status set_clock(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_reader *in)
{
    (void)instance;
    if (attribute != CLOCK_SET && attribute != CLOCK_DATE && attribute != CLOCK_SUMMER) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    if ((c->rights & MR_ENIP_MAY_CONTROL) == 0 || c->d->settings->clock_off) {
        return MR_CIP_PRIVILEGE;
    }
    if (attribute == CLOCK_SUMMER) {
        bool summer = mr_read_u8(in) != 0;
        c->d->state->summer_time = in->bad ? c->d->state->summer_time : summer;
        return in->bad ? MR_CIP_NOT_ENOUGH_DATA : MR_CIP_OK;
    }
    uint64_t us = attribute == CLOCK_SET ? mr_read_u64le(in) : (uint64_t)read_date(in);
    if (in->bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (us > (uint64_t)INT64_MAX / MR_US) { /* 2262 */
        return MR_CIP_BAD_ATTRIBUTE_VALUE;
    }
    c->d->state->clock = us * MR_US - (uint64_t)c->now;
    report(c, MR_ENIP_EV_CLOCK);
    return MR_CIP_OK;
}

/* --- what tools poll -------------------------------------------------------------------------------------------------------- */

/* A number that stays as long as the tags do, and differs between controllers: tools compare it with what they kept. */
static uint32_t fingerprint(const struct mr_enip_device *d, uint32_t salt)
{
    uint32_t h = d->identity->serial ^ salt * 0x9E3779B9u;
    h = (h ^ d->address[d->ntags]) * 0x85EBCA6Bu;
    return h ^ h >> 15;
}

enum known_value { CONSTANT, FINGERPRINT };
static const struct known {
    uint8_t class_id;
    bool class_only; /* of instance 0; otherwise of the others */
    uint8_t attribute;
    uint8_t bytes;
    enum known_value kind;
    uint32_t value;
} known[] = {
    {MR_CIP_PROGRAM, true, 0x0F, 2, CONSTANT, 0},    {MR_CIP_PROGRAM, true, 0x18, 4, CONSTANT, 0},
    {MR_CIP_PROGRAM, true, 0x19, 4, CONSTANT, 0},    {MR_CIP_PROGRAM, false, 0x13, 1, CONSTANT, 0},
    {MR_CIP_DATA_TABLE, true, 0x09, 2, CONSTANT, 0}, {MR_CIP_DATA_TABLE, true, 0x0B, 2, CONSTANT, 3},
    {MR_CIP_TASK, false, 0x12, 4, CONSTANT, 0},      {MR_CIP_TASK, false, 0x13, 4, CONSTANT, 0},
    {MR_CIP_FAULT_LOG, false, 0x02, 2, CONSTANT, 0}, {MR_CIP_REDUNDANCY, false, 0x02, 2, CONSTANT, 0x0102},
    {MR_CIP_MODE, false, 0x03, 2, CONSTANT, 0x0014}, {MR_CIP_MODE, false, 0x08, 2, CONSTANT, 0},
    {MR_CIP_MODE, false, 0x10, 2, CONSTANT, 1},      {MR_CIP_CHANGES, false, 1, 2, CONSTANT, 5},
    {MR_CIP_CHANGES, false, 2, 2, CONSTANT, 1},      {MR_CIP_CHANGES, false, 3, 4, FINGERPRINT, 3},
    {MR_CIP_CHANGES, false, 4, 4, FINGERPRINT, 4},   {MR_CIP_CHANGES, false, 5, 2, CONSTANT, 0},
    {MR_CIP_CHANGES, false, 6, 2, CONSTANT, 1000},   {MR_CIP_CHANGES, false, 7, 4, CONSTANT, 2},
    {MR_CIP_CHANGES, false, 8, 4, FINGERPRINT, 8},   {MR_CIP_CHANGES, false, 9, 4, CONSTANT, 0x00010001},
    {MR_CIP_CHANGES, false, 10, 4, FINGERPRINT, 10},
};
static const uint8_t changes_all[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static enum mr_cip_status get_known(struct mr_enip_call *c, uint8_t class_id, uint32_t instance, uint32_t attribute,
                                    struct mr_writer *w)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct known *k = &known[i];
        if (k->class_id == class_id && k->attribute == attribute && k->class_only == (instance == 0)) {
            uint32_t value = k->kind == FINGERPRINT ? fingerprint(c->d, k->value) : k->value;
            const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
            mr_write_bytes(w, mr_slice(bytes, k->bytes));
            return MR_CIP_OK;
        }
    }
    return MR_CIP_BAD_ATTRIBUTE;
}

#define GET_KNOWN(name, class_id)                                                                                                \
    static enum mr_cip_status name(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)           \
    {                                                                                                                            \
        return get_known(c, class_id, instance, attribute, w);                                                                   \
    }
GET_KNOWN(get_program, MR_CIP_PROGRAM)
GET_KNOWN(get_data_table, MR_CIP_DATA_TABLE)
GET_KNOWN(get_task, MR_CIP_TASK)
GET_KNOWN(get_memory, MR_CIP_MEMORY)
GET_KNOWN(get_fault_log, MR_CIP_FAULT_LOG)
GET_KNOWN(get_redundancy, MR_CIP_REDUNDANCY)
GET_KNOWN(get_mode, MR_CIP_MODE)
GET_KNOWN(get_changes, MR_CIP_CHANGES)

const struct mr_enip_object mr_enip_logix_objects[] = {
    {MR_CIP_PROGRAM_NAME, 1, one, is_one, name_all, sizeof name_all, get_name, NULL, serve_mode},
    {MR_CIP_PROGRAM, 1, one, any, NULL, 0, get_program, NULL, NULL},
    {MR_CIP_DATA_TABLE, 1, one, is_one, NULL, 0, get_data_table, NULL, NULL},
    {MR_CIP_SYMBOL, 5, mr_enip_last_symbol, mr_enip_has_symbol, NULL, 0, mr_enip_get_symbol, NULL, mr_enip_serve_symbols},
    {MR_CIP_TEMPLATE, 1, mr_enip_last_template, mr_enip_has_template, NULL, 0, mr_enip_get_template, NULL,
     mr_enip_serve_template},
    {MR_CIP_TASK, 1, one, is_one, NULL, 0, get_task, NULL, NULL},
    {MR_CIP_MEMORY, 1, one, is_one, NULL, 0, get_memory, NULL, mr_enip_serve_memory},
    {MR_CIP_FAULT_LOG, 1, one, is_one, NULL, 0, get_fault_log, NULL, NULL},
    {MR_CIP_REDUNDANCY, 1, one, is_one, NULL, 0, get_redundancy, NULL, NULL},
    {MR_CIP_WALL_CLOCK, 1, one, is_one, NULL, 0, get_clock, set_clock, NULL},
    {MR_CIP_MODE, 1, one, is_one, NULL, 0, get_mode, NULL, serve_mode},
    {MR_CIP_CHANGES, 1, one, is_one, changes_all, sizeof changes_all, get_changes, NULL, NULL},
};
const size_t mr_enip_logix_objects_n = sizeof mr_enip_logix_objects / sizeof mr_enip_logix_objects[0];
