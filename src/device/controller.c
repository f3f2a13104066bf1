#include "device/controller.h"

#include "device/trace.h"

struct wire {
    int var;
    struct mr_place place;
    bool output;
    double gain, offset; /* inputs: raw = value * gain + offset; outputs: value = raw * gain + offset */
};

/* What is read from another controller by one protocol: numbers of the plan's links, and their places there. */
struct source {
    struct mr_controller *controller;
    size_t n;
    uint8_t links[MR_PLC_LINKS_MAX];
    struct mr_place places[MR_PLC_LINKS_MAX];
};
_Static_assert(MR_PLC_LINKS_MAX <= UINT8_MAX, "a number of a link is a byte");

struct controller_state {
    mr_ns heard[MR_PLC_LINKS_MAX]; /* by link of the plan: the last good answer, or the start; -1 where it is called invalid */
    uint8_t reported;              /* enum mr_plc_state last told */
};
static const struct mr_field state_fields[] = {
    MR_ARRAY(struct controller_state, heard, MR_I64),
    MR_FIELD(struct controller_state, reported, MR_U8),
};
static const struct mr_type state_type = MR_TYPE("controller", struct controller_state, state_fields);

struct mr_controller {
    struct mr_env *env;
    const struct mr_device *plan;
    uint16_t index;
    struct mr_plc *plc;
    struct wire *wires;
    struct mr_links *links;
    void (*scanned)(void *ctx);
    void *scanned_ctx;
    struct controller_state *st;
};

static struct mr_owner owner(const struct mr_controller *c)
{
    return (struct mr_owner){MR_OWNER_PLC, c->index, 0};
}

/* --- the process ------------------------------------------------------------------------------------------------------------ */

static void wire_up(struct mr_controller *c)
{
    for (size_t i = 0; i < c->plan->nwires; i++) {
        const struct mr_wire *w = &c->plan->wires[i];
        struct wire *to = &c->wires[i];
        *to = (struct wire){w->var, w->place, w->output, 1, 0};
        if (w->scaled && !w->output) {
            to->gain = (w->raw_hi - w->raw_lo) / (w->hi - w->lo);
            to->offset = w->raw_lo - w->lo * to->gain;
        } else if (w->scaled) {
            to->gain = (w->hi - w->lo) / (w->raw_hi - w->raw_lo);
            to->offset = w->lo - w->raw_lo * to->gain;
        }
    }
}

static void read_inputs(struct mr_controller *c)
{
    struct mr_image *im = mr_plc_image(c->plc);
    for (size_t i = 0; i < c->plan->nwires; i++) {
        const struct wire *w = &c->wires[i];
        if (!w->output) {
            (void)mr_image_set(im, &w->place, mr_plant_read(c->env->plant, w->var) * w->gain + w->offset);
        }
    }
    for (size_t i = 0; i < c->plan->nlinks; i++) {
        const struct mr_plc_symbol *age = c->plan->links[i].age;
        if (age) {
            mr_ns seconds = (c->env->now - c->st->heard[i]) / MR_S; /* whole ones */
            (void)mr_plc_set(c->plc, age, (double)seconds);
        }
    }
}

/* A controller that does not run lets go: its outputs fall to zero. */
static void write_outputs(struct mr_controller *c, bool running)
{
    const struct mr_image *im = mr_plc_image(c->plc);
    for (size_t i = 0; i < c->plan->nwires; i++) {
        const struct wire *w = &c->wires[i];
        if (w->output) {
            double raw = running ? mr_image_get(im, &w->place) : 0;
            mr_plant_write(c->env->plant, w->var, raw * w->gain + w->offset);
        }
    }
}

static void report(struct mr_controller *c, const char *why)
{
    static const char *const faults[] = {[MR_PLC_OK] = "",
                                         [MR_PLC_WATCHDOG] = "watchdog",
                                         [MR_PLC_DIV_ZERO] = "division by zero",
                                         [MR_PLC_BOUNDS] = "array bounds",
                                         [MR_PLC_STACK] = "stack",
                                         [MR_PLC_STRING] = "string",
                                         [MR_PLC_NULL_REF] = "null reference",
                                         [MR_PLC_BAD_CODE] = "bad code",
                                         [MR_PLC_NO_BLOCK] = "missing block"};
    enum mr_plc_state now = mr_plc_state(c->plc);
    if (now == (enum mr_plc_state)c->st->reported) {
        return;
    }
    c->st->reported = (uint8_t)now;
    const char *where = NULL;
    enum mr_plc_fault fault = mr_plc_fault(c->plc, &where);
    bool failed = now != MR_PLC_RUNNING && fault != MR_PLC_OK; /* some makes stop, others fault */
    mr_env_emit(c->env, MR_EV_PLC, c->plan->name, failed ? where : NULL, failed ? faults[fault] : why, (int64_t)now, 0);
}

/* How a scan has left it; faults that the program went on over, too. */
static void trace(const struct mr_controller *c)
{
    static const char *const states[] = {"stopped", "running", "faulted"};
    if (!mr_traced(c->env, MR_TRACE_PLC)) {
        return;
    }
    const char *where = "";
    enum mr_plc_fault fault = mr_plc_fault(c->plc, &where);
    char passed[128] = "";
    for (enum mr_plc_fault f = MR_PLC_WATCHDOG; f <= MR_PLC_NO_BLOCK; f++) {
        if (f != fault && mr_plc_flag(c->plc, f)) {
            size_t n = strlen(passed);
            (void)snprintf(passed + n, sizeof passed - n, ", passed over %s", mr_plc_fault_name(f));
        }
    }
    mr_trace(c->env, MR_TRACE_PLC, c->plan->name, "scan %llu %s%s%s%s%s%s", (unsigned long long)mr_plc_scans(c->plc),
             states[mr_plc_state(c->plc)], fault == MR_PLC_OK ? "" : ": ", fault == MR_PLC_OK ? "" : mr_plc_fault_name(fault),
             where[0] ? " in " : "", where, passed);
}

/* The image, or the mode, is another: those who serve it may look. */
static void tell_scanned(const struct mr_controller *c)
{
    if (c->scanned) {
        c->scanned(c->scanned_ctx);
    }
}

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    (void)b;
    struct mr_controller *c = ((struct mr_controller **)ctx)[o.unit];
    if (!c) {
        return;
    }
    mr_env_after(c->env, c->plan->interval, o, 0);
    read_inputs(c);
    mr_plc_scan(c->plc, c->env->now);
    write_outputs(c, mr_plc_state(c->plc) == MR_PLC_RUNNING);
    report(c, NULL);
    trace(c);
    tell_scanned(c);
}

/* --- other controllers ------------------------------------------------------------------------------------------------------ */

static void on_value(void *ctx, size_t place, double value, bool good)
{
    const struct source *s = ctx;
    struct mr_controller *c = s->controller;
    size_t link = s->links[place];
    if (good) {
        (void)mr_plc_set(c->plc, c->plan->links[link].to, value);
    }
    c->st->heard[link] = good ? c->env->now : -1;
}

static void on_stands(void *ctx, mr_ns since)
{
    const struct source *s = ctx;
    struct mr_controller *c = s->controller;
    for (size_t i = 0; i < s->n; i++) {
        mr_ns *heard = &c->st->heard[s->links[i]];
        *heard = *heard >= since ? c->env->now : *heard;
    }
}

static bool same_source(const struct mr_plc_link *a, const struct mr_plc_link *b)
{
    return a->from == b->from && a->over == b->over;
}

/* One link for all that is read from the same controller by the same protocol. */
static bool connect_source(struct mr_controller *c, size_t first)
{
    const struct mr_plc_link *plan = c->plan->links;
    struct source *s = mr_arena_scratch(c->env->arena, sizeof *s);
    if (!s) {
        return false;
    }
    s->controller = c;
    for (size_t i = first; i < c->plan->nlinks; i++) {
        if (same_source(&plan[i], &plan[first])) {
            s->places[s->n] = plan[i].place;
            s->links[s->n++] = (uint8_t)i;
        }
    }
    const struct mr_link_owner lo = {s, on_value, on_stands, NULL};
    const struct mr_device *from = &c->env->site->devices[plan[first].from];
    return mr_link_add(c->links, &lo, c->plan->node, from, plan[first].over, plan[first].every, s->places, s->n) != UINT16_MAX;
}

static bool connect_sources(struct mr_controller *c)
{
    for (size_t i = 0; i < c->plan->nlinks; i++) {
        size_t first = 0;
        while (!same_source(&c->plan->links[first], &c->plan->links[i])) {
            first++;
        }
        if (first == i && !connect_source(c, i)) {
            return false;
        }
    }
    return true;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static const struct mr_owner_ops owner_ops = {NULL, on_timer, NULL};

struct mr_controller *mr_controller_create(struct mr_env *env, struct mr_links *links, uint16_t device)
{
    const struct mr_device *plan = &env->site->devices[device];
    struct mr_controller *c = mr_arena_scratch(env->arena, sizeof *c);
    struct mr_controller **table = env->classes[MR_OWNER_PLC].ctx;
    if (!table) { /* the first: one table for all, by device */
        table = mr_arena_scratch(env->arena, sizeof *table * MR_OWNER_UNITS);
        mr_env_register(env, MR_OWNER_PLC, &owner_ops, table);
    }
    if (!c || !table || plan->nlinks > MR_PLC_LINKS_MAX) {
        return NULL;
    }
    table[device] = c;
    *c = (struct mr_controller){.env = env, .plan = plan, .index = device, .links = links};
    c->plc = mr_plc_create(env->arena, plan->program, plan->name);
    c->st = mr_arena_new(env->arena, &state_type, 1, "controller");
    c->wires = mr_arena_scratch(env->arena, sizeof *c->wires * (plan->nwires ? plan->nwires : 1));
    if (!c->plc || !c->st || !c->wires || !connect_sources(c)) {
        return NULL;
    }
    mr_plc_set_make(c->plc, mr_plc_make_of(plan->personality->vendor));
    wire_up(c);
    return c;
}

void mr_controller_start(struct mr_controller *c)
{
    for (size_t i = 0; i < MR_PLC_LINKS_MAX; i++) {
        c->st->heard[i] = c->env->now;
    }
    mr_plc_start(c->plc, MR_PLC_COLD, c->env->now);
    c->st->reported = MR_PLC_RUNNING;
    mr_env_after(c->env, c->plan->interval, owner(c), 0);
}

void mr_controller_watch(struct mr_controller *c, void (*scanned)(void *ctx), void *ctx)
{
    c->scanned = scanned;
    c->scanned_ctx = ctx;
}

struct mr_plc *mr_controller_plc(struct mr_controller *c)
{
    return c->plc;
}

void mr_controller_run(struct mr_controller *c, enum mr_plc_start how, const char *who)
{
    mr_plc_start(c->plc, how, c->env->now);
    report(c, who);
    tell_scanned(c);
}

void mr_controller_halt(struct mr_controller *c, const char *who)
{
    mr_plc_stop(c->plc);
    report(c, who);
    tell_scanned(c);
}

void mr_controller_turn_key(struct mr_controller *c, enum mr_plc_key key)
{
    mr_plc_turn_key(c->plc, key, c->env->now);
    report(c, "key switch");
    tell_scanned(c);
}
