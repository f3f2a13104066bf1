/* modbus_serve.c - from a request to its function: "MODBUS Application Protocol Specification V1.1b3", section 4.3
 * (transaction state diagram) and 7 (exceptions), and the settings that a unit obeys. */
#include "proto/modbus/modbus_pdu.h"

enum { WRITES = 1 }; /* needs the right to write, and is refused under write protection */

static const struct {
    mr_modbus_function_fn *run;
    uint8_t flags;
} functions[MR_MODBUS_FUNCTIONS] = {
    [MR_MODBUS_READ_COILS] = {mr_modbus_do_read_coils, 0},
    [MR_MODBUS_READ_DISCRETE_INPUTS] = {mr_modbus_do_read_discrete_inputs, 0},
    [MR_MODBUS_READ_HOLDING_REGISTERS] = {mr_modbus_do_read_holding_registers, 0},
    [MR_MODBUS_READ_INPUT_REGISTERS] = {mr_modbus_do_read_input_registers, 0},
    [MR_MODBUS_WRITE_COIL] = {mr_modbus_do_write_coil, WRITES},
    [MR_MODBUS_WRITE_REGISTER] = {mr_modbus_do_write_register, WRITES},
    [MR_MODBUS_READ_EXCEPTION_STATUS] = {mr_modbus_do_read_exception_status, 0},
    [MR_MODBUS_DIAGNOSTICS] = {mr_modbus_do_diagnostics, 0}, /* asks for the right where a subfunction changes something */
    [MR_MODBUS_EVENT_COUNTER] = {mr_modbus_do_event_counter, 0},
    [MR_MODBUS_EVENT_LOG] = {mr_modbus_do_event_log, 0},
    [MR_MODBUS_WRITE_COILS] = {mr_modbus_do_write_coils, WRITES},
    [MR_MODBUS_WRITE_REGISTERS] = {mr_modbus_do_write_registers, WRITES},
    [MR_MODBUS_REPORT_SERVER_ID] = {mr_modbus_do_report_server_id, 0},
    [MR_MODBUS_READ_FILE] = {mr_modbus_do_read_file, 0},
    [MR_MODBUS_WRITE_FILE] = {mr_modbus_do_write_file, WRITES},
    [MR_MODBUS_MASK_WRITE_REGISTER] = {mr_modbus_do_mask_write_register, WRITES},
    [MR_MODBUS_EXCHANGE_REGISTERS] = {mr_modbus_do_exchange_registers, WRITES},
    [MR_MODBUS_READ_FIFO] = {mr_modbus_do_read_fifo, 0},
    [MR_MODBUS_ENCAPSULATED] = {mr_modbus_do_encapsulated, 0},
};

static bool has_bit(uint64_t mask, uint8_t n)
{
    return n < 64 && (mask >> n & 1) != 0;
}

/* The verdict before the request is looked into, and whether settings rather than the product gave it. */
static uint8_t admit(const struct mr_modbus_work *k, uint8_t function, uint8_t rights, bool *denied)
{
    const struct mr_modbus_personality *p = k->unit->personality;
    *denied = true;
    if ((rights & (MR_MODBUS_MAY_READ | MR_MODBUS_MAY_WRITE)) == 0) {
        return p->denied_read;
    }
    if (function >= MR_MODBUS_FUNCTIONS || !functions[function].run || !has_bit(p->functions, function)) {
        *denied = false;
        return MR_MODBUS_ILLEGAL_FUNCTION;
    }
    if (!has_bit(k->unit->settings->functions, function)) {
        return MR_MODBUS_ILLEGAL_FUNCTION;
    }
    bool writes = (functions[function].flags & WRITES) != 0;
    if ((!writes || function == MR_MODBUS_EXCHANGE_REGISTERS) && (rights & MR_MODBUS_MAY_READ) == 0) {
        return p->denied_read;
    }
    return writes ? k->forbids_write : MR_MODBUS_NO_EXCEPTION;
}

static uint8_t forbids_write(const struct mr_modbus_unit *u, uint8_t rights)
{
    if ((rights & MR_MODBUS_MAY_WRITE) == 0) {
        return u->personality->denied_write;
    }
    return u->settings->write_protected ? u->personality->protected_write : MR_MODBUS_NO_EXCEPTION;
}

static const struct mr_modbus_unit *find_unit(const struct mr_modbus_call *c)
{
    for (uint32_t i = 0; i < c->nunits; i++) {
        if (mr_modbus_admits_unit(c->units[i].settings, c->unit)) {
            return &c->units[i];
        }
    }
    return NULL;
}

/* The answer for a verdict other than "done"; `start` is where the answer began. */
static enum mr_modbus_verdict refuse(uint8_t verdict, uint8_t function, size_t start, struct mr_writer *w)
{
    w->n = start;
    if (verdict == MR_MODBUS_CLOSE) {
        return MR_MODBUS_REFUSED;
    }
    if (verdict == MR_MODBUS_SILENT) {
        return MR_MODBUS_UNANSWERED;
    }
    mr_write_u8(w, function | MR_MODBUS_EXCEPTION_FLAG);
    mr_write_u8(w, verdict);
    return MR_MODBUS_ANSWERED;
}

/* In listen-only mode nothing but a restart is carried out, and that goes unanswered too (section 6.8, subfunction 4). */
static bool listens_only(const struct mr_modbus_unit *u, struct mr_slice pdu)
{
    static const uint8_t restart[] = {MR_MODBUS_DIAGNOSTICS, 0, MR_MODBUS_DIAG_RESTART};
    return u->health->listen_only && !(pdu.n >= sizeof restart && memcmp(pdu.p, restart, sizeof restart) == 0);
}

/* Entries of the event log (section 6.10). */
enum {
    LOG_RECEIVED = 0x80,
    LOG_BROADCAST = 0x40,
    LOG_LISTEN_ONLY = 0x20,
    LOG_SENT = 0x40,
    LOG_BUSY = 4,
    LOG_ABORT = 2,
    LOG_READ = 1
};

static void log_event(struct mr_modbus_health *h, unsigned event)
{
    mr_modbus_log(h, (uint8_t)event);
}

/* Of a request that was refused with an exception, or not answered. */
static unsigned sent_event(uint8_t verdict)
{
    switch (verdict) {
    case MR_MODBUS_ILLEGAL_FUNCTION:
    case MR_MODBUS_ILLEGAL_ADDRESS:
    case MR_MODBUS_ILLEGAL_VALUE:
        return LOG_SENT | LOG_READ;
    case MR_MODBUS_DEVICE_FAILURE:
        return LOG_SENT | LOG_ABORT;
    case MR_MODBUS_ACKNOWLEDGE:
    case MR_MODBUS_DEVICE_BUSY:
        return LOG_SENT | LOG_BUSY;
    default:
        return LOG_SENT;
    }
}

enum mr_modbus_verdict mr_modbus_serve_pdu(const struct mr_modbus_call *c, struct mr_writer *w, struct mr_modbus_event *ev,
                                           bool *happened)
{
    MR_ASSERT(c->pdu.n > 0 && c->nunits > 0 && mr_writer_left(w) >= MR_MODBUS_PDU_MAX);
    size_t start = w->n;
    uint8_t function = c->pdu.p[0];
    *happened = false;
    const struct mr_modbus_unit *u = find_unit(c);
    if (!u) {
        return refuse(c->units[0].personality->unknown_unit, function, start, w);
    }
    struct mr_modbus_health *h = u->health;
    if (h->off) {
        return refuse(MR_MODBUS_GATEWAY_TARGET, function, start, w);
    }
    h->bus_messages++;
    log_event(h, LOG_RECEIVED | (c->broadcast ? LOG_BROADCAST : 0) | (h->listen_only ? LOG_LISTEN_ONLY : 0));
    if (listens_only(u, c->pdu)) {
        return MR_MODBUS_UNANSWERED;
    }
    h->server_messages++;
    uint8_t rights = mr_modbus_rights(u->settings, c->client);
    *ev = (struct mr_modbus_event){.function = function, .unit = c->unit, .client = c->client};
    struct mr_modbus_work k = {.unit = u, .in = mr_reader(mr_slice(c->pdu.p + 1, c->pdu.n - 1)), .w = w, .ev = ev};
    k.forbids_write = forbids_write(u, rights);
    bool denied;
    uint8_t verdict = admit(&k, function, rights, &denied);
    if (verdict == MR_MODBUS_NO_EXCEPTION) {
        mr_write_u8(w, function);
        verdict = c->pdu.n > MR_MODBUS_PDU_MAX ? MR_MODBUS_ILLEGAL_VALUE : functions[function].run(&k);
        *happened = k.happened;
    } else if (denied) {
        ev->kind = MR_MODBUS_EV_DENIED;
        ev->exception = verdict;
        *happened = true;
    }
    if (verdict == MR_MODBUS_NO_EXCEPTION) {
        h->events = (uint16_t)(h->events + (function != MR_MODBUS_EVENT_COUNTER));
        log_event(h, LOG_SENT);
        return MR_MODBUS_ANSWERED;
    }
    log_event(h, sent_event(verdict));
    enum mr_modbus_verdict done = refuse(verdict, function, start, w);
    *(done == MR_MODBUS_ANSWERED ? &h->exceptions : &h->no_responses) += 1;
    return done;
}
