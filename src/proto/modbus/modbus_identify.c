/* modbus_identify.c - what a unit says about itself: exception status, diagnostics, event counter, server identifier and device
 * identification, "MODBUS Application Protocol Specification V1.1b3", sections 6.7 to 6.9, 6.13, 6.19 and 6.21. */
#include "proto/modbus/modbus_pdu.h"

uint8_t mr_modbus_do_read_exception_status(struct mr_modbus_work *k)
{
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    mr_write_u8(k->w, k->unit->health->exception_status);
    return MR_MODBUS_NO_EXCEPTION;
}

/* A status word, which is 0 for a unit that is never busy, and the counter. */
uint8_t mr_modbus_do_event_counter(struct mr_modbus_work *k)
{
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    mr_write_u16be(k->w, 0);
    mr_write_u16be(k->w, k->unit->health->events);
    return MR_MODBUS_NO_EXCEPTION;
}

/* The status word again, the counters of events and messages, and the log, newest first. */
uint8_t mr_modbus_do_event_log(struct mr_modbus_work *k)
{
    const struct mr_modbus_health *h = k->unit->health;
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    uint16_t n = h->logged < MR_MODBUS_LOG ? h->logged : MR_MODBUS_LOG;
    mr_write_u8(k->w, (uint8_t)(6 + n));
    mr_write_u16be(k->w, 0);
    mr_write_u16be(k->w, h->events);
    mr_write_u16be(k->w, h->bus_messages);
    for (uint16_t i = 1; i <= n; i++) {
        mr_write_u8(k->w, h->log[(uint16_t)(h->logged - i) % MR_MODBUS_LOG]);
    }
    return MR_MODBUS_NO_EXCEPTION;
}

static void clear_counters(struct mr_modbus_health *h)
{
    h->diagnostic_register = 0;
    h->events = h->bus_messages = h->bus_errors = h->exceptions = h->server_messages = 0;
    h->no_responses = h->naks = h->busy = h->overruns = 0;
}

/* What these leave in the event log. */
enum { LOG_RESTARTED = 0x00, LOG_LISTENS_ONLY = 0x04 };

/* Subfunctions that change something; their answer is the request, but for those into and out of listen-only mode. */
static uint8_t change(struct mr_modbus_work *k, uint16_t subfunction, uint16_t data)
{
    struct mr_modbus_health *h = k->unit->health;
    bool silent = false;
    if (k->forbids_write != MR_MODBUS_NO_EXCEPTION) {
        k->ev->kind = MR_MODBUS_EV_DENIED;
        k->ev->exception = k->forbids_write;
        k->happened = true;
        return k->forbids_write;
    }
    if (data != 0 && !(subfunction == MR_MODBUS_DIAG_RESTART && data == 0xFF00)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (subfunction == MR_MODBUS_DIAG_CLEAR_OVERRUNS) {
        h->overruns = 0;
    } else if (subfunction == MR_MODBUS_DIAG_LISTEN_ONLY) {
        h->listen_only = true;
        mr_modbus_log(h, LOG_LISTENS_ONLY);
        silent = true;
    } else if (subfunction == MR_MODBUS_DIAG_RESTART) {
        silent = h->listen_only;
        h->listen_only = false;
        clear_counters(h);
        h->logged = data == 0 ? h->logged : 0;
        mr_modbus_log(h, LOG_RESTARTED);
    } else {
        clear_counters(h);
    }
    k->ev->kind = MR_MODBUS_EV_CONTROL;
    k->ev->address = subfunction;
    k->ev->value = data;
    k->happened = true;
    mr_write_u16be(k->w, subfunction);
    mr_write_u16be(k->w, data);
    return silent ? MR_MODBUS_SILENT : MR_MODBUS_NO_EXCEPTION;
}

static const uint16_t *counter(const struct mr_modbus_health *h, uint16_t subfunction)
{
    switch (subfunction) {
    case MR_MODBUS_DIAG_REGISTER:
        return &h->diagnostic_register;
    case MR_MODBUS_DIAG_BUS_MESSAGES:
        return &h->bus_messages;
    case MR_MODBUS_DIAG_BUS_ERRORS:
        return &h->bus_errors;
    case MR_MODBUS_DIAG_EXCEPTIONS:
        return &h->exceptions;
    case MR_MODBUS_DIAG_SERVER_MESSAGES:
        return &h->server_messages;
    case MR_MODBUS_DIAG_NO_RESPONSES:
        return &h->no_responses;
    case MR_MODBUS_DIAG_NAKS:
        return &h->naks;
    case MR_MODBUS_DIAG_BUSY:
        return &h->busy;
    case MR_MODBUS_DIAG_OVERRUNS:
        return &h->overruns;
    default:
        return NULL;
    }
}

uint8_t mr_modbus_do_diagnostics(struct mr_modbus_work *k)
{
    uint16_t subfunction = mr_read_u16be(&k->in);
    if (k->in.bad) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (subfunction == MR_MODBUS_DIAG_ECHO) {
        mr_write_bytes(k->w, mr_slice(k->in.p, k->in.n));
        return MR_MODBUS_NO_EXCEPTION;
    }
    bool changes = subfunction == MR_MODBUS_DIAG_RESTART || subfunction == MR_MODBUS_DIAG_LISTEN_ONLY ||
                   subfunction == MR_MODBUS_DIAG_CLEAR || subfunction == MR_MODBUS_DIAG_CLEAR_OVERRUNS;
    const uint16_t *value = counter(k->unit->health, subfunction);
    if (!changes && !value) {
        return MR_MODBUS_ILLEGAL_FUNCTION;
    }
    uint16_t data = mr_read_u16be(&k->in);
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (changes) {
        return change(k, subfunction, data);
    }
    if (data != 0) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    mr_write_u16be(k->w, subfunction);
    mr_write_u16be(k->w, *value);
    return MR_MODBUS_NO_EXCEPTION;
}

uint8_t mr_modbus_do_report_server_id(struct mr_modbus_work *k)
{
    const struct mr_modbus_identity *id = k->unit->identity;
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    size_t bytes = id->server_id.n + 1 + id->server_data.n;
    if (bytes > MR_MODBUS_PDU_MAX - 2) {
        return MR_MODBUS_DEVICE_FAILURE;
    }
    mr_write_u8(k->w, (uint8_t)bytes);
    mr_write_bytes(k->w, id->server_id);
    mr_write_u8(k->w, k->unit->health->running ? 0xFF : 0x00);
    mr_write_bytes(k->w, id->server_data);
    return MR_MODBUS_NO_EXCEPTION;
}

struct object {
    uint8_t id;
    struct mr_slice value;
};

/* The first object with an identifier from `from` to `last`. */
static bool next_object(const struct mr_modbus_identity *id, unsigned from, unsigned last, struct object *out)
{
    for (unsigned i = from; i < MR_MODBUS_NAMED_OBJECTS && i <= last; i++) {
        if (id->object[i]) {
            *out = (struct object){(uint8_t)i, mr_slice_str(id->object[i])};
            return true;
        }
    }
    for (uint32_t i = 0; i < id->nextended; i++) {
        if (id->extended[i].id >= from && id->extended[i].id <= last) {
            *out = (struct object){id->extended[i].id, id->extended[i].value};
            return true;
        }
    }
    return false;
}

static bool write_object(struct mr_writer *w, size_t end, const struct object *o)
{
    size_t n = o->value.n < MR_MODBUS_OBJECT_MAX ? o->value.n : MR_MODBUS_OBJECT_MAX;
    if (w->n + 2 + n > end) {
        return false;
    }
    mr_write_u8(w, o->id);
    mr_write_u8(w, (uint8_t)n);
    mr_write_bytes(w, mr_slice(o->value.p, n));
    return true;
}

/* Fills the answer from object `from` on; what does not fit is left for the next request. */
static void write_objects(struct mr_modbus_work *k, unsigned from, unsigned last, size_t end)
{
    struct mr_writer *w = k->w;
    size_t more_at = w->n;
    uint8_t n = 0;
    struct object o;
    mr_write_fill(w, 0, 3); /* more follows, next object, number of objects */
    for (bool found = next_object(k->unit->identity, from, last, &o); found;
         found = next_object(k->unit->identity, o.id + 1u, last, &o)) {
        if (!write_object(w, end, &o)) {
            w->p[more_at] = 0xFF;
            w->p[more_at + 1] = o.id;
            break;
        }
        n++;
    }
    w->p[more_at + 2] = n;
}

uint8_t mr_modbus_do_encapsulated(struct mr_modbus_work *k)
{
    static const uint8_t last_of[] = {
        [MR_MODBUS_ID_BASIC] = MR_MODBUS_OBJECT_REVISION, [MR_MODBUS_ID_REGULAR] = 0x7F, [MR_MODBUS_ID_EXTENDED] = 0xFF};
    uint8_t level = k->unit->personality->conformity;
    size_t end = k->w->n - 1 + MR_MODBUS_PDU_MAX;
    uint8_t type = mr_read_u8(&k->in);
    if (k->in.bad || type != MR_MODBUS_MEI_IDENTIFICATION) {
        return k->in.bad ? MR_MODBUS_ILLEGAL_VALUE : MR_MODBUS_ILLEGAL_FUNCTION;
    }
    uint8_t code = mr_read_u8(&k->in);
    unsigned id = mr_read_u8(&k->in);
    if (!mr_modbus_whole(&k->in) || code < MR_MODBUS_ID_BASIC || code > MR_MODBUS_ID_ONE) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    struct object o;
    unsigned last = last_of[code < level ? code : level]; /* asked for more than there is, it gives what there is */
    if (code == MR_MODBUS_ID_ONE) {
        last = id;
    }
    if (!next_object(k->unit->identity, id, last, &o) || o.id != id || id > last_of[level]) {
        if (code == MR_MODBUS_ID_ONE) {
            return MR_MODBUS_ILLEGAL_ADDRESS;
        }
        id = 0; /* an unknown object to begin with means the first */
    }
    mr_write_u8(k->w, type);
    mr_write_u8(k->w, code);
    mr_write_u8(k->w, 0x80 | level); /* and each object on its own */
    write_objects(k, id, last, end);
    return MR_MODBUS_NO_EXCEPTION;
}
