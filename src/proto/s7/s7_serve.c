/* s7_serve.c - from a PDU to its service; setup of communication, control of the CPU. */
#include "proto/s7/s7_serve.h"

void mr_s7_report(struct mr_s7_server *s, struct mr_s7_event ev)
{
    MR_ASSERT(s->nevents < MR_S7_SERVER_EVENTS);
    ev.client = s->client;
    s->events[s->nevents++] = ev;
}

bool mr_s7_protected(const struct mr_s7_server *s, uint8_t level)
{
    return s->cpu->settings->protection >= level && !s->logged_in;
}

static bool report_unless(bool may, struct mr_s7_server *s, uint8_t function)
{
    if (!may) {
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_DENIED, .function = function});
    }
    return may;
}

bool mr_s7_may_set(struct mr_s7_server *s, uint8_t function)
{
    return report_unless((mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_WRITE) != 0, s, function);
}

bool mr_s7_may_change(struct mr_s7_server *s, uint8_t function)
{
    return mr_s7_protected(s, 2) ? report_unless(false, s, function) : mr_s7_may_set(s, function);
}

void mr_s7_acknowledge(struct mr_writer *w, const struct mr_s7_header *h, uint8_t function)
{
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, function);
    mr_s7_header_finish(w, begin, w->n);
}

void mr_s7_refuse(struct mr_writer *w, const struct mr_s7_header *h, enum mr_s7_error error)
{
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK, h->reference, (uint16_t)error);
    mr_s7_header_finish(w, begin, w->n);
}

static uint16_t smaller(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static void setup(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    const struct mr_s7_personality *p = s->cpu->personality;
    (void)mr_read_u8(in);
    uint16_t calling = mr_read_u16be(in);
    uint16_t called = mr_read_u16be(in);
    uint16_t size = mr_read_u16be(in);
    if (in->bad) {
        mr_s7_refuse(w, h, MR_S7_E_PDU_SIZE);
        return;
    }
    s->pdu_size = smaller(size < MR_S7_PDU_MIN ? MR_S7_PDU_MIN : size, p->pdu_max); /* as S7-1200 and Snap7 have it */
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, MR_S7_SETUP);
    mr_write_u8(w, 0);
    mr_write_u16be(w, smaller(calling, p->jobs_max));
    mr_write_u16be(w, smaller(called, p->jobs_max));
    mr_write_u16be(w, s->pdu_size);
    mr_s7_header_finish(w, begin, w->n);
}

/* The program is asked whether it may run: the key switch may forbid it, or blocks be missing. */
static enum mr_s7_error change_mode(struct mr_s7_server *s, bool run, uint8_t function, mr_ns now)
{
    const struct mr_s7_program *p = s->cpu->program;
    if (p && p->ops->may_change_mode(p->plc, run) != MR_OK) {
        return MR_S7_E_STATE;
    }
    mr_s7_set_mode(s->cpu->state, run, MR_S7_BY_REQUEST, now);
    mr_s7_report(s, (struct mr_s7_event){.kind = run ? MR_S7_EV_START : MR_S7_EV_STOP, .function = function});
    return MR_S7_NO_ERROR;
}

/* Program invocation services: the name after a block of parameters says what is to be done. The block is "C " for a cold start,
 * "EP" for the memory that RAM is copied to, and for _INSE and _DELE the names of blocks. */
static enum mr_s7_error invoke(struct mr_s7_server *s, struct mr_reader *in, mr_ns now)
{
    (void)mr_read_bytes(in, 7);
    struct mr_slice parameters = mr_read_bytes(in, mr_read_u16be(in));
    struct mr_slice name = mr_read_bytes(in, mr_read_u8(in));
    if (in->bad) {
        return MR_S7_E_FUNCTION;
    }
    if (mr_slice_eq(name, mr_slice_str("P_PROGRAM"))) {
        return change_mode(s, true, MR_S7_PI_SERVICE, now);
    }
    if (mr_slice_eq(name, mr_slice_str("_INSE"))) {
        return mr_s7_insert_blocks(s, parameters, now);
    }
    if (mr_slice_eq(name, mr_slice_str("_DELE"))) {
        return mr_s7_delete_blocks(s, parameters, now);
    }
    if (mr_slice_eq(name, mr_slice_str("_MODU")) || mr_slice_eq(name, mr_slice_str("_GARB"))) {
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_MEMORY, .function = MR_S7_PI_SERVICE});
        return MR_S7_NO_ERROR;
    }
    return MR_S7_E_FUNCTION;
}

static void control(struct mr_s7_server *s, const struct mr_s7_header *h, uint8_t function, struct mr_reader *in, mr_ns now,
                    struct mr_writer *w)
{
    enum mr_s7_error error = MR_S7_E_PROTECTED;
    if (mr_s7_may_change(s, function)) {
        error = function == MR_S7_PLC_STOP ? change_mode(s, false, function, now) : invoke(s, in, now);
    }
    if (error != MR_S7_NO_ERROR) {
        mr_s7_refuse(w, h, error);
    } else {
        mr_s7_acknowledge(w, h, function);
    }
}

static bool serve_job(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now, struct mr_writer *w)
{
    struct mr_reader in = mr_reader(h->parameters);
    uint8_t function = mr_read_u8(&in);
    if (in.bad) {
        return false;
    }
    switch (function) {
    case MR_S7_SETUP:
        setup(s, h, &in, w);
        break;
    case MR_S7_READ_VAR:
        mr_s7_read_variables(s, h, &in, w);
        break;
    case MR_S7_WRITE_VAR:
        mr_s7_write_variables(s, h, &in, w);
        break;
    case MR_S7_START_UPLOAD:
    case MR_S7_UPLOAD:
    case MR_S7_END_UPLOAD:
        mr_s7_serve_upload(s, h, function, &in, w);
        break;
    case MR_S7_REQUEST_DOWNLOAD:
        mr_s7_serve_download(s, h, &in, w);
        break;
    case MR_S7_PI_SERVICE:
    case MR_S7_PLC_STOP:
        control(s, h, function, &in, now, w);
        break;
    default:
        mr_s7_refuse(w, h, MR_S7_E_FUNCTION);
    }
    return true;
}

bool mr_s7_serve_pdu(struct mr_s7_server *s, struct mr_slice pdu, mr_ns now, struct mr_writer *w)
{
    struct mr_s7_header h;
    bool damaged = s->pdu_size < MR_S7_PDU_MIN || s->pdu_size > MR_S7_PDU_MAX; /* by a snapshot */
    if (damaged || !mr_s7_header_decode(pdu, &h)) {
        return false;
    }
    switch (h.rosctr) {
    case MR_S7_JOB:
        return serve_job(s, &h, now, w);
    case MR_S7_USERDATA:
        return mr_s7_serve_userdata(s, &h, now, w);
    case MR_S7_ACK:
    case MR_S7_ACK_DATA:
        mr_s7_take_answer(s, &h, now);
        return true;
    default:
        return false;
    }
}
