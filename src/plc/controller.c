/* controller.c - a controller: memory, tasks, start and stop, faults, forced variables.
 *
 * What can change lies in two blocks of the arena: the data memory, whose layout the program fixes, and one status record. */
#include "plc/controller.h"
#include "plc/online.h"

#include <string.h>

static const struct mr_field force_fields[] = {
    MR_FIELD(struct plc_force, at, MR_U32), MR_FIELD(struct plc_force, area, MR_U8),   MR_FIELD(struct plc_force, type, MR_U8),
    MR_FIELD(struct plc_force, bit, MR_U8), MR_FIELD(struct plc_force, value, MR_F64),
};
static const struct mr_type force_type = MR_TYPE("plc_force", struct plc_force, force_fields);

static const struct mr_field diagnostic_fields[] = {
    MR_FIELD(struct plc_diagnostic, at, MR_I64),     MR_FIELD(struct plc_diagnostic, event, MR_U8),
    MR_FIELD(struct plc_diagnostic, fault, MR_U8),   MR_FIELD(struct plc_diagnostic, block, MR_U16),
    MR_FIELD(struct plc_diagnostic, detail, MR_U32),
};
static const struct mr_type diagnostic_type = MR_TYPE("plc_diagnostic", struct plc_diagnostic, diagnostic_fields);

static const struct mr_field status_fields[] = {
    MR_FIELD(struct plc_status, state, MR_U8),         MR_FIELD(struct plc_status, fault, MR_U8),
    MR_FIELD(struct plc_status, key, MR_U8),           MR_FIELD(struct plc_status, flags, MR_U8),
    MR_FIELD(struct plc_status, fault_block, MR_U16),  MR_FIELD(struct plc_status, fault_line, MR_U32),
    MR_FIELD(struct plc_status, scans, MR_U64),        MR_FIELD(struct plc_status, last, MR_I64),
    MR_ARRAY(struct plc_status, next, MR_I64),         MR_ARRAY(struct plc_status, was, MR_U8),
    MR_FIELD(struct plc_status, nforces, MR_U32),      MR_SUBS(struct plc_status, forces, &force_type),
    MR_FIELD(struct plc_status, ndiagnostics, MR_U32), MR_SUBS(struct plc_status, diagnostics, &diagnostic_type),
};
static const struct mr_type status_type = MR_TYPE("plc_status", struct plc_status, status_fields);

static void enter(struct mr_plc *c, struct plc_diagnostic d)
{
    struct plc_status *s = c->status;
    s->diagnostics[s->ndiagnostics % MR_PLC_DIAGNOSTICS] = d;
    s->ndiagnostics++;
}

void mr_pc_note(struct mr_plc *c, enum mr_plc_event event, uint32_t detail, mr_ns now)
{
    enter(c, (struct plc_diagnostic){.at = now, .event = (uint8_t)event, .detail = detail});
}

/* Every program of a controller has the same areas; variables lie behind %M. */
static void attach(struct mr_plc *c)
{
    for (int a = 0; a < MR_AREAS; a++) {
        c->image.area[a] = c->memory + c->program->area_at[a];
        c->image.size[a] = c->program->area_size[a];
    }
    c->variables = c->image;
}

void mr_pc_set_program(struct mr_plc *c, const struct mr_plc_program *p)
{
    bool same = memcmp(p->layout, c->original->layout, sizeof p->layout) == 0;
    c->program = p;
    c->variables.size[MR_AREA_M] = same ? p->data_end - p->area_at[MR_AREA_M] : p->area_size[MR_AREA_M];
}

struct mr_plc *mr_plc_create(struct mr_arena *arena, const struct mr_plc_program *program, const char *name)
{
    struct mr_plc *c = mr_arena_scratch(arena, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->original = c->program = program;
    mr_plc_set_make(c, MR_PLC_GENERIC);
    c->capacity = program->memory_size + program->memory_size / 4 + 4096; /* room for another program to be loaded */
    c->status = mr_arena_new(arena, &status_type, 1, name);
    c->memory = mr_arena_bytes(arena, c->capacity, name);
    if (!c->status || !c->memory || !mr_pc_load_create(c, arena, name)) {
        return NULL;
    }
    c->status->key = MR_PLC_KEY_REMOTE;
    memcpy(c->memory, program->init, program->memory_size);
    attach(c);
    mr_pc_set_program(c, program);
    return c;
}

struct mr_image mr_plc_image_layout(const struct mr_plc_program *p)
{
    return (struct mr_image){.size = {p->area_size[MR_AREA_I], p->area_size[MR_AREA_Q], p->area_size[MR_AREA_M]}};
}

struct mr_image *mr_plc_image(struct mr_plc *c)
{
    return &c->image;
}

struct mr_image *mr_plc_variables(struct mr_plc *c)
{
    return &c->variables;
}

struct mr_place mr_plc_symbol_place(const struct mr_plc_program *p, const struct mr_plc_symbol *s)
{
    return s->located ? s->place : (struct mr_place){MR_AREA_M, s->type, s->offset - p->area_at[MR_AREA_M], 0};
}

const struct mr_plc_program *mr_plc_program_of(const struct mr_plc *c)
{
    return c->program;
}

static void reset(struct mr_plc *c, uint32_t from, uint32_t to)
{
    if (to > from) {
        memcpy(c->memory + from, c->program->init + from, to - from);
    }
}

/* Initial values everywhere but in the inputs, which are the process's, and, warm, in what is retained. */
static void initialise(struct mr_plc *c, bool warm)
{
    const struct mr_plc_program *p = c->program;
    uint32_t at = p->area_at[MR_AREA_I];
    reset(c, 0, at);
    at += p->area_size[MR_AREA_I];
    for (uint32_t i = 0; warm && i < p->nretain; i++) {
        reset(c, at, p->retain[i].at);
        at = p->retain[i].at + p->retain[i].n;
    }
    reset(c, at, p->memory_size);
}

static bool single(const struct mr_plc *c, const struct pc_task *t)
{
    uint8_t byte = c->memory[t->single];
    return t->single_bit == 255 ? byte != 0 : (byte >> t->single_bit & 1) != 0;
}

void mr_plc_start(struct mr_plc *c, enum mr_plc_start how, mr_ns now)
{
    const struct mr_plc_program *p = c->program;
    if (how != MR_PLC_HOT) {
        initialise(c, how == MR_PLC_WARM);
    }
    struct plc_status *s = c->status;
    if (s->key == MR_PLC_KEY_STOP) {
        return;
    }
    s->state = MR_PLC_RUNNING;
    s->fault = MR_PLC_OK;
    s->flags = 0;
    for (uint32_t i = 0; i < p->ntasks; i++) {
        s->next[i] = p->tasks[i].info.interval > 0 ? now : MR_NEVER_NS;
        s->was[i] = p->tasks[i].single && single(c, &p->tasks[i]);
    }
    mr_pc_note(c, how == MR_PLC_COLD ? MR_PLC_EVENT_COLD : (how == MR_PLC_WARM ? MR_PLC_EVENT_WARM : MR_PLC_EVENT_HOT), 0, now);
}

void mr_pc_halt(struct mr_plc *c, enum mr_plc_event event, uint32_t detail, mr_ns now)
{
    if (c->status->state != MR_PLC_STOPPED) {
        c->status->state = MR_PLC_STOPPED;
        c->status->fault = MR_PLC_OK; /* of what was before, the diagnostics tell */
        mr_pc_note(c, event, detail, now);
    }
}

void mr_plc_stop(struct mr_plc *c)
{
    mr_pc_halt(c, MR_PLC_EVENT_STOP, 0, c->status->last);
}

enum mr_plc_state mr_plc_state(const struct mr_plc *c)
{
    return (enum mr_plc_state)c->status->state;
}

static const char *block_name(const struct mr_plc *c, uint16_t block)
{
    return block < c->program->nblocks ? c->program->blocks[block].name : "?";
}

enum mr_plc_fault mr_plc_fault(const struct mr_plc *c, const char **where)
{
    if (where) {
        static _Thread_local char buf[MR_PLC_NAME_MAX * 2 + 32];
        (void)snprintf(buf, sizeof buf, "%s line %u", block_name(c, c->status->fault_block), c->status->fault_line);
        *where = c->status->fault == MR_PLC_OK ? "" : buf;
    }
    return (enum mr_plc_fault)c->status->fault;
}

bool mr_plc_flag(const struct mr_plc *c, enum mr_plc_fault f)
{
    return f < 8 && (c->status->flags >> f & 1);
}

const char *mr_plc_fault_name(enum mr_plc_fault f)
{
    static const char *const names[] = {"none",
                                        "watchdog",
                                        "division by zero",
                                        "index or reference out of bounds",
                                        "calls nested too deep",
                                        "string error",
                                        "null reference",
                                        "invalid code",
                                        "a block is missing"};
    return (unsigned)f < sizeof names / sizeof names[0] ? names[f] : "?";
}

/* The whole data memory as one image area: what is not located is reached as if it were. */
static struct mr_image whole(const struct mr_plc *c)
{
    return (struct mr_image){.area = {c->memory}, .size = {c->program->data_end}};
}

static void apply_forces(struct mr_plc *c)
{
    for (uint32_t i = 0; i < c->status->nforces && i < MR_PLC_FORCES; i++) {
        const struct plc_force *f = &c->status->forces[i];
        struct mr_image all = whole(c);
        struct mr_place place = {(enum mr_area)(f->area % MR_AREAS), (enum mr_vtype)(f->type % (MR_VT_OTHER + 1)), f->at,
                                 f->bit & 7};
        (void)mr_image_set(f->area < MR_AREAS ? &c->image : &all, &place, f->value);
    }
}

static bool due(struct mr_plc *c, uint32_t i, mr_ns now)
{
    const struct pc_task *t = &c->program->tasks[i];
    struct plc_status *s = c->status;
    if (t->single) {
        bool is = single(c, t);
        bool rises = is && !s->was[i];
        s->was[i] = is;
        if (rises) {
            return true;
        }
    }
    if (t->info.interval == 0 || now < s->next[i]) {
        return false;
    }
    mr_ns behind = (now - s->next[i]) / t->info.interval; /* what was missed is missed */
    s->next[i] += (behind + 1) * t->info.interval;
    return true;
}

/* Where an instruction stands: its block and line. */
static struct plc_diagnostic place_of_insn(const struct mr_plc_program *p, uint32_t insn)
{
    for (uint32_t i = 0; i < p->nblocks; i++) {
        const struct pc_block *b = &p->blocks[i];
        if (insn >= b->entry && insn < b->entry + b->len) {
            return (struct plc_diagnostic){.block = (uint16_t)i, .detail = p->lines[insn]};
        }
    }
    return (struct plc_diagnostic){.block = UINT16_MAX};
}

static uint8_t passed_over(const struct mr_plc *c)
{
    uint8_t bits = 0;
    for (unsigned f = 1; f < 8; f++) {
        bits |= (uint8_t)(c->reactions[f].action == PLC_CONTINUE ? 1u << f : 0);
    }
    return bits;
}

/* The first of each kind since the start is told. */
static void tell_passed(struct mr_plc *c, const struct pc_vm *vm, struct plc_diagnostic d)
{
    struct plc_status *s = c->status;
    d.event = MR_PLC_EVENT_PASSED;
    for (unsigned f = 1; f < 8; f++) {
        if ((vm->passed & ~s->flags) >> f & 1) {
            d.fault = (uint8_t)f;
            enter(c, d);
        }
    }
    s->flags |= vm->passed;
}

static void run_task(struct mr_plc *c, const struct pc_task *t, mr_ns now)
{
    mr_ns budget = t->info.watchdog > 0 ? t->info.watchdog : MR_PLC_WATCHDOG_NONE * MR_MS;
    struct pc_vm vm = {.program = c->program,
                       .memory = c->memory,
                       .now = now,
                       .fuel = budget / (MR_MS / MR_PLC_INSNS_PER_MS),
                       .pass = passed_over(c)};
    enum mr_plc_fault fault = mr_pc_run(&vm, t->block);
    if (fault == MR_PLC_OK && vm.passed == 0) {
        return;
    }
    struct plc_status *s = c->status;
    struct plc_diagnostic d = place_of_insn(c->program, vm.at);
    d.at = now;
    tell_passed(c, &vm, d);
    if (fault != MR_PLC_OK) {
        s->state = c->reactions[fault].action == PLC_STOP ? MR_PLC_STOPPED : MR_PLC_FAULTED;
        s->fault = (uint8_t)fault;
        s->fault_block = d.block;
        s->fault_line = d.detail;
        d.event = MR_PLC_EVENT_FAULT;
        d.fault = (uint8_t)fault;
        enter(c, d);
    }
}

void mr_plc_scan(struct mr_plc *c, mr_ns now)
{
    c->status->last = now;
    if (c->status->nforces > 0 && c->status->state == MR_PLC_RUNNING) {
        apply_forces(c);
    }
    for (uint32_t i = 0; i < c->program->ntasks && c->status->state == MR_PLC_RUNNING; i++) {
        if (due(c, i, now)) {
            c->status->scans++;
            run_task(c, &c->program->tasks[i], now);
        }
    }
    if (c->status->nforces > 0 && c->status->state == MR_PLC_RUNNING) {
        apply_forces(c);
    }
}

mr_ns mr_plc_next(const struct mr_plc *c)
{
    mr_ns next = MR_NEVER_NS;
    for (uint32_t i = 0; c->status->state == MR_PLC_RUNNING && i < c->program->ntasks; i++) {
        next = c->status->next[i] < next ? c->status->next[i] : next;
    }
    return next;
}

/* ---- variables from outside ---- */

static struct mr_place place_of(const struct mr_plc_symbol *s)
{
    return (struct mr_place){MR_AREA_I, s->type, s->offset, 0};
}

double mr_plc_get(const struct mr_plc *c, const struct mr_plc_symbol *s)
{
    s = mr_pc_here(c, s);
    if (!s) {
        return 0;
    }
    if (s->located) {
        return mr_image_get(&c->image, &s->place);
    }
    struct mr_image im = whole(c);
    struct mr_place p = place_of(s);
    return mr_image_get(&im, &p);
}

bool mr_plc_set(struct mr_plc *c, const struct mr_plc_symbol *s, double value)
{
    s = mr_pc_here(c, s);
    if (!s) {
        return false;
    }
    if (s->located) {
        return mr_image_set(&c->image, &s->place, value);
    }
    struct mr_image im = whole(c);
    struct mr_place p = place_of(s);
    return mr_image_set(&im, &p, value);
}

_Static_assert(PC_STR_OPEN_N == MR_TEXT_OPEN && PC_STR_HEAD == 4, "a STRING in the data memory is one of the image");

/* Where a STRING lies, in the image that holds it; false where it is none. */
static bool text_at(const struct mr_plc *c, const struct mr_plc_symbol *s, struct mr_image *im, struct mr_place *p)
{
    s = mr_pc_here(c, s);
    if (!s || s->type != MR_VT_STRING) {
        return false;
    }
    *im = s->located ? c->image : whole(c);
    *p = s->located ? s->place : place_of(s);
    return true;
}

bool mr_plc_get_text(const struct mr_plc *c, const struct mr_plc_symbol *s, char *buf, size_t cap)
{
    struct mr_image im;
    struct mr_place p;
    if (cap == 0 || !text_at(c, s, &im, &p)) {
        return false;
    }
    buf[mr_image_text(&im, &p, (uint8_t *)buf, cap - 1)] = '\0';
    return true;
}

bool mr_plc_set_text(struct mr_plc *c, const struct mr_plc_symbol *s, const char *text)
{
    struct mr_image im;
    struct mr_place p;
    return text_at(c, s, &im, &p) && mr_image_set_text(&im, &p, (const uint8_t *)text, strlen(text), strlen(text));
}

static bool same_force(const struct plc_force *a, const struct plc_force *b)
{
    return a->at == b->at && a->area == b->area && a->bit == b->bit && a->type == b->type;
}

enum mr_err mr_plc_force(struct mr_plc *c, const struct mr_plc_symbol *s, bool on, double value)
{
    struct plc_status *st = c->status;
    s = mr_pc_here(c, s);
    if (!s || s->type == MR_VT_OTHER || s->type == MR_VT_STRING || (s->located && !mr_place_inside(&c->image, &s->place))) {
        return MR_E_INVALID;
    }
    struct plc_force f =
        s->located ? (struct plc_force){s->place.byte, (uint8_t)s->place.area, (uint8_t)s->place.type, s->place.bit, value}
                   : (struct plc_force){s->offset, MR_AREAS, (uint8_t)s->type, 0, value};
    uint32_t i = 0;
    while (i < st->nforces && !same_force(&st->forces[i], &f)) {
        i++;
    }
    if (!on && i == st->nforces) {
        return MR_E_NOT_FOUND;
    }
    if (i == MR_PLC_FORCES) {
        return MR_E_FULL;
    }
    if (!on) {
        st->forces[i] = st->forces[--st->nforces];
        st->forces[st->nforces] = (struct plc_force){0};
    } else {
        st->forces[i] = f;
        st->nforces += i == st->nforces ? 1 : 0;
        (void)mr_plc_set(c, s, value);
    }
    mr_pc_note(c, on ? MR_PLC_EVENT_FORCE : MR_PLC_EVENT_UNFORCE, st->nforces, c->status->last);
    return MR_OK;
}

uint64_t mr_plc_scans(const struct mr_plc *c)
{
    return c->status->scans;
}

size_t mr_plc_diagnostics(const struct mr_plc *c, struct mr_plc_diagnostic *out, size_t cap)
{
    const struct plc_status *s = c->status;
    uint32_t have = s->ndiagnostics < MR_PLC_DIAGNOSTICS ? s->ndiagnostics : MR_PLC_DIAGNOSTICS;
    size_t n = have < cap ? have : cap;
    static const char *const texts[] = {
#define X(name, text) text,
        MR_PLC_EVENTS(X)
#undef X
    };
    for (size_t i = 0; i < n; i++) { /* the newest first */
        const struct plc_diagnostic *d = &s->diagnostics[(s->ndiagnostics - 1 - i) % MR_PLC_DIAGNOSTICS];
        out[i] = (struct mr_plc_diagnostic){.at = d->at,
                                            .event = (enum mr_plc_event)d->event,
                                            .fault = (enum mr_plc_fault)d->fault,
                                            .block = "",
                                            .detail = d->detail,
                                            .text = d->event < sizeof texts / sizeof texts[0] ? texts[d->event] : "?"};
        if ((d->event == MR_PLC_EVENT_FAULT || d->event == MR_PLC_EVENT_PASSED) && d->fault <= MR_PLC_NO_BLOCK) {
            out[i].block = block_name(c, d->block);
            out[i].line = d->detail;
            out[i].code = c->reactions[d->fault].code;
            out[i].text = c->reactions[d->fault].text;
        }
    }
    return n;
}
