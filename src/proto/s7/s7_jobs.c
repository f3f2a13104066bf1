/* s7_jobs.c - what a CPU does for a client again and again: tables of variables (user data group 1, "programmer commands":
 * monitor, modify, enable, delete; flash the LEDs) and cyclic transfer (group 2). Jobs lie in a pool of the CPU's, and end with
 * the connection.
 *
 * Forms as in captured sessions of STEP 7 (tables of variables) and as tshark knows them (cyclic). A request of group 1 has
 * twenty bytes of parameters, of which trigger type and frequency count here, and data; its answer says the job's number, and
 * what it brings is sent by itself. Trigger 0: at once and only now; otherwise with each "enable", once or every cycle as that
 * one says. */
#include "base/rng.h"
#include "proto/s7/s7_serve.h"

#define FIRST_NUMBER 2 /* of a job: as the captured stations number theirs */
#define PARAMETERS   20
#define PUSH_HEAD    (MR_S7_JOB_HEADER + 12 + 4)
#define AT_ONCE      0
#define PERMANENT    0             /* frequency */
#define CYCLE        (100 * MR_MS) /* of a permanent job */
#define FLASHES      (5 * MR_S)

static struct mr_s7_job *pool(const struct mr_s7_server *s)
{
    return s->cpu->state->jobs;
}

static uint8_t number_of(const struct mr_s7_server *s, const struct mr_s7_job *j)
{
    return (uint8_t)(j - pool(s) + FIRST_NUMBER);
}

static struct mr_s7_job *new_job(struct mr_s7_server *s, const struct mr_s7_request *q)
{
    for (struct mr_s7_job *j = pool(s); j < pool(s) + MR_S7_JOBS; j++) {
        if (j->owner == 0) {
            *j = (struct mr_s7_job){.owner = s->key, .group = q->group, .function = q->function, .due = MR_NEVER_NS};
            s->njobs++;
            return j;
        }
    }
    return NULL;
}

static void end_job(struct mr_s7_server *s, struct mr_s7_job *j)
{
    *j = (struct mr_s7_job){0};
    s->njobs--;
}

/* A job of this connection by function and number, as clients name it. */
static struct mr_s7_job *find_job(struct mr_s7_server *s, uint8_t group, struct mr_reader *r)
{
    uint8_t function = mr_read_u8(r), number = mr_read_u8(r);
    if (r->bad || number < FIRST_NUMBER || number >= FIRST_NUMBER + MR_S7_JOBS) {
        return NULL;
    }
    struct mr_s7_job *j = pool(s) + (number - FIRST_NUMBER);
    return j->owner == s->key && j->group == group && j->function == function ? j : NULL;
}

void mr_s7_forget_jobs(struct mr_s7_server *s)
{
    for (struct mr_s7_job *j = pool(s); j < pool(s) + MR_S7_JOBS; j++) {
        if (s->key != 0 && j->owner == s->key) {
            end_job(s, j);
        }
    }
}

static struct mr_s7_job *first_due(const struct mr_s7_server *s)
{
    struct mr_s7_job *first = NULL;
    for (struct mr_s7_job *j = pool(s); s->njobs > 0 && j < pool(s) + MR_S7_JOBS; j++) {
        if (j->owner == s->key && j->armed && (!first || j->due < first->due)) {
            first = j;
        }
    }
    return first;
}

mr_ns mr_s7_jobs_due(const struct mr_s7_server *s)
{
    const struct mr_s7_job *j = first_due(s);
    return j ? j->due : MR_NEVER_NS;
}

/* ---- tables of variables ---- */

/* Area and width in a byte, repetition (of a bit: which), data block, address. */
static bool table_item(struct mr_reader *r, struct mr_s7_item *item)
{
    static const uint8_t areas[8] = {MR_S7_AREA_FLAGS,  MR_S7_AREA_INPUTS,   MR_S7_AREA_OUTPUTS, MR_S7_AREA_PERIPHERY, 0,
                                     MR_S7_AREA_TIMERS, MR_S7_AREA_COUNTERS, MR_S7_AREA_DB};
    static const uint8_t widths[4] = {MR_S7_BIT, MR_S7_BYTE, MR_S7_WORD, MR_S7_DWORD};
    uint8_t code = mr_read_u8(r), repeat = mr_read_u8(r);
    uint16_t db = mr_read_u16be(r), address = mr_read_u16be(r);
    uint8_t area = areas[code >> 4 & 7];
    bool numbered = area == MR_S7_AREA_TIMERS || area == MR_S7_AREA_COUNTERS;
    bool known = code < 0x80 && area != 0 && (numbered ? (code & 15) == 4 : (code & 15) < 4);
    *item = (struct mr_s7_item){.area = area, .db = db, .count = repeat, .address = address};
    if (numbered) {
        item->transport = area == MR_S7_AREA_TIMERS ? MR_S7_TIMER : MR_S7_COUNTER;
    } else {
        item->transport = widths[code & 3];
        item->address = address * 8u + (item->transport == MR_S7_BIT ? repeat & 7 : 0);
        item->count = item->transport == MR_S7_BIT ? 1 : repeat;
    }
    return known && !r->bad;
}

/* A value to be written: code, transport size, length in bytes, and a byte that makes it even. Kept with its length before it. */
static bool keep_value(struct mr_reader *r, struct mr_s7_job *j)
{
    (void)mr_read_u16be(r);
    struct mr_slice v = mr_read_bytes(r, mr_read_u16be(r));
    if (v.n % 2 != 0 && mr_reader_left(r) > 0) {
        (void)mr_read_u8(r);
    }
    if (r->bad || v.n == 0 || v.n > UINT8_MAX || v.n + 1 > MR_S7_JOB_VALUES - j->nvalues) {
        return false;
    }
    j->values[j->nvalues] = (uint8_t)v.n;
    memcpy(j->values + j->nvalues + 1, v.p, v.n);
    j->nvalues += (uint32_t)v.n + 1;
    return true;
}

static bool fill_table(struct mr_s7_job *j, struct mr_reader *data)
{
    uint16_t n = mr_read_u16be(data);
    bool ok = n > 0 && n <= MR_S7_ITEMS_MAX;
    for (j->nitems = 0; ok && j->nitems < n; j->nitems++) {
        ok = table_item(data, &j->items[j->nitems]);
    }
    for (uint32_t i = 0; ok && j->function == MR_S7_TEST_MODIFY && i < j->nitems; i++) {
        ok = keep_value(data, j);
    }
    return ok;
}

static void write_even(struct mr_writer *w, size_t from)
{
    if ((w->n - from) % 2 != 0) {
        mr_write_u8(w, 0);
    }
}

/* One variable of a table: its length counts bytes, whatever its type. */
static void monitor_item(struct mr_s7_server *s, const struct mr_s7_item *item, struct mr_writer *w)
{
    struct mr_s7_target t;
    bool may = (mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_READ) != 0;
    enum mr_s7_return code = may ? mr_s7_locate(s->cpu, item, &t) : MR_S7_DENIED;
    size_t n = code == MR_S7_OK ? t.n : 0;
    mr_write_u8(w, (uint8_t)code);
    mr_write_u8(w, code == MR_S7_OK ? MR_S7_DATA_OCTETS : MR_S7_DATA_NONE);
    mr_write_u16be(w, (uint16_t)n);
    if (n > mr_writer_left(w)) {
        w->full = true;
    } else if (n > 0) {
        mr_s7_read_target(s->cpu, &t, w->p + w->n);
        w->n += n;
    }
}

/* The data that a table's answer has: how many, then values or verdicts. */
static void run_table(struct mr_s7_server *s, const struct mr_s7_job *j, struct mr_writer *w)
{
    struct mr_reader values = mr_reader(mr_slice(j->values, j->nvalues));
    mr_write_u16be(w, 4); /* bytes of parameters, of data */
    mr_write_u16be(w, 0);
    mr_write_u16be(w, 0x0100);
    mr_write_u16be(w, j->trigger == AT_ONCE ? 1 : 2);
    size_t from = w->n;
    mr_write_u16be(w, (uint16_t)j->nitems);
    for (uint32_t i = 0; i < j->nitems; i++) {
        if (j->function == MR_S7_TEST_MODIFY) {
            struct mr_slice v = mr_read_bytes(&values, mr_read_u8(&values));
            mr_write_u8(w, (uint8_t)mr_s7_write_item(s, &j->items[i], v));
        } else {
            monitor_item(s, &j->items[i], w);
            write_even(w, from);
        }
    }
    write_even(w, from);
    if (!w->full) {
        mr_patch_u16be(w, 2, (uint16_t)(w->n - from));
    }
}

static void start_table(struct mr_s7_server *s, struct mr_s7_request *q, uint8_t trigger, uint16_t frequency,
                        struct mr_reader *data, mr_ns now, struct mr_writer *w)
{
    bool modifies = q->function == MR_S7_TEST_MODIFY;
    if (modifies && !mr_s7_may_change(s, MR_S7_TEST_MODIFY)) {
        mr_s7_answer(w, q, MR_S7_E_TEST_PROTECTED, mr_slice(NULL, 0));
        return;
    }
    struct mr_s7_job *j = new_job(s, q);
    if (!j) {
        mr_s7_answer(w, q, MR_S7_E_JOBS_FULL, mr_slice(NULL, 0));
        return;
    }
    if (!fill_table(j, data)) {
        end_job(s, j);
        mr_s7_answer(w, q, MR_S7_E_TEST_DATA, mr_slice(NULL, 0));
        return;
    }
    j->trigger = trigger;
    j->once = trigger == AT_ONCE || (modifies && frequency != PERMANENT);
    j->period = CYCLE;
    j->armed = trigger == AT_ONCE;
    j->due = now;
    q->sequence = number_of(s, j);
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_slice(NULL, 0));
}

/* Functions on jobs that are there. */
static enum mr_s7_error change_job(struct mr_s7_server *s, uint8_t function, uint16_t frequency, struct mr_reader *data,
                                   mr_ns now)
{
    if (function == MR_S7_TEST_DELETE) {
        (void)mr_read_u16be(data); /* how many follow: one */
    }
    struct mr_s7_job *j = find_job(s, MR_S7_TEST, data);
    if (!j || (function == MR_S7_TEST_DISABLE && !j->armed)) { /* one that has run once is at rest */
        return MR_S7_E_NO_JOB;
    }
    if (function == MR_S7_TEST_DELETE) {
        end_job(s, j);
        return MR_S7_NO_ERROR;
    }
    j->armed = function == MR_S7_TEST_ENABLE;
    j->cycles = frequency == PERMANENT;
    j->due = now;
    return MR_S7_NO_ERROR;
}

static void list_jobs(struct mr_s7_server *s, struct mr_s7_request *q, struct mr_writer *w)
{
    uint8_t buf[8 + 4 * (MR_S7_JOBS + 1)];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    mr_write_u32be(&out, 4u << 16); /* bytes of parameters, of data */
    mr_write_u32be(&out, 0x01000001);
    for (const struct mr_s7_job *j = pool(s); j < pool(s) + MR_S7_JOBS; j++) {
        if (j->owner != 0 && j->group == MR_S7_TEST) {
            mr_write_u8(&out, j->function);
            mr_write_u8(&out, number_of(s, j));
            mr_write_u16be(&out, 0);
        }
    }
    mr_write_u8(&out, q->function); /* itself */
    mr_write_u8(&out, q->sequence);
    mr_write_u16be(&out, 0);
    mr_patch_u16be(&out, 2, (uint16_t)(out.n - 8));
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_written(&out));
}

static void flash(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    s->cpu->state->flash = now + FLASHES;
    mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_FLASH, .function = q->function});
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_slice(NULL, 0));
}

void mr_s7_serve_tests(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    size_t parameters = mr_read_u16be(&q->data), bytes = mr_read_u16be(&q->data);
    struct mr_reader p = mr_reader(mr_read_bytes(&q->data, parameters));
    struct mr_reader data = mr_reader(mr_read_bytes(&q->data, bytes));
    (void)mr_read_u16be(&p);
    uint16_t trigger = mr_read_u16be(&p), frequency = mr_read_u16be(&p);
    enum mr_s7_error error = MR_S7_E_NO_TEST;
    if (s->cpu->personality->no_tests) {
        mr_s7_answer(w, q, MR_S7_E_FUNCTION, mr_slice(NULL, 0));
        return;
    }
    if (q->data.bad || parameters < PARAMETERS || trigger > UINT8_MAX) {
        mr_s7_answer(w, q, MR_S7_E_TEST_DATA, mr_slice(NULL, 0));
        return;
    }
    switch (q->function) {
    case MR_S7_TEST_VARIABLES:
    case MR_S7_TEST_MODIFY:
        start_table(s, q, (uint8_t)trigger, frequency, &data, now, w);
        return;
    case MR_S7_TEST_JOBS:
        list_jobs(s, q, w);
        return;
    case MR_S7_TEST_FLASH:
        flash(s, q, now, w);
        return;
    case MR_S7_TEST_ENABLE:
    case MR_S7_TEST_DISABLE:
    case MR_S7_TEST_DELETE:
        error = change_job(s, q->function, frequency, &data, now);
        break;
    default:
        break;
    }
    mr_s7_answer(w, q, error, mr_slice(NULL, 0));
}

/* ---- cyclic transfer ---- */

/* How many, then each as in the answer to a read job. */
static void read_items(struct mr_s7_server *s, const struct mr_s7_job *j, struct mr_writer *w)
{
    size_t from = w->n;
    mr_write_u16be(w, (uint16_t)j->nitems);
    for (uint32_t i = 0; i < j->nitems; i++) {
        write_even(w, from);
        mr_s7_read_item(s, &j->items[i], w);
    }
}

static enum mr_s7_error subscribe(struct mr_s7_server *s, struct mr_s7_job *j, struct mr_reader *data, mr_ns now,
                                  struct mr_writer *w)
{
    static const mr_ns bases[] = {100 * MR_MS, MR_S, 10 * MR_S};
    uint16_t n = mr_read_u16be(data);
    uint8_t base = mr_read_u8(data), factor = mr_read_u8(data);
    if (base >= sizeof bases / sizeof bases[0] || factor == 0) {
        return MR_S7_E_SCAN_RATE;
    }
    bool ok = n > 0 && n <= MR_S7_ITEMS_MAX;
    for (j->nitems = 0; ok && j->nitems < n; j->nitems++) {
        ok = mr_s7_item_decode(data, &j->items[j->nitems]);
    }
    read_items(s, j, w);
    if (!ok || w->full) {
        return MR_S7_E_PDU_SIZE;
    }
    j->armed = true;
    j->cycles = true;
    j->period = bases[base] * factor;
    j->due = now + j->period;
    j->last = mr_hash_fnv(w->p, w->n);
    return MR_S7_NO_ERROR;
}

void mr_s7_serve_cyclic(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    uint8_t buf[MR_S7_PDU_MAX];
    struct mr_writer values = mr_writer(buf, (size_t)s->pdu_size - PUSH_HEAD);
    enum mr_s7_error error = MR_S7_E_FUNCTION;
    bool begins = q->function == MR_S7_CYCLIC_TRANSFER || q->function == MR_S7_CYCLIC_CHANGES;
    struct mr_s7_job *j = NULL;
    if (s->cpu->personality->no_tests) {
        begins = false;
    } else if (begins) {
        j = new_job(s, q);
        error = j ? subscribe(s, j, &q->data, now, &values) : MR_S7_E_JOBS_FULL;
    } else if (q->function == MR_S7_CYCLIC_END) {
        j = find_job(s, MR_S7_CYCLIC, &q->data);
        error = j ? MR_S7_NO_ERROR : MR_S7_E_NO_JOB;
    }
    if (begins && error == MR_S7_NO_ERROR) {
        q->sequence = number_of(s, j);
    } else if (j) {
        end_job(s, j);
    }
    mr_s7_answer(w, q, error, begins ? mr_written(&values) : mr_slice(NULL, 0));
}

/* ---- what is due ---- */

void mr_s7_run_job(struct mr_s7_server *s, mr_ns now, struct mr_writer *w)
{
    uint8_t buf[MR_S7_PDU_MAX];
    struct mr_writer data = mr_writer(buf, (size_t)s->pdu_size - PUSH_HEAD);
    struct mr_s7_job *j = first_due(s);
    if (!j) {
        return;
    }
    if (j->group == MR_S7_TEST) {
        run_table(s, j, &data);
    } else {
        read_items(s, j, &data);
    }
    uint64_t hash = mr_hash_fnv(buf, data.n);
    bool unchanged = j->group == MR_S7_CYCLIC && j->function == MR_S7_CYCLIC_CHANGES && hash == j->last;
    if (!data.full && !unchanged) {
        mr_s7_push(w, j->group, j->function, number_of(s, j), true, mr_written(&data));
    }
    j->last = hash;
    j->armed = j->cycles;
    j->due = now + (j->period > 0 ? j->period : CYCLE);
    if (j->once) {
        end_job(s, j);
    }
}
