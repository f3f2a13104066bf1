#include "cli/timed.h"

#include "base/diag.h"
#include "plan/values.h"
#include "sim/command.h"
#include "sim/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MR_RAMP_PERIOD MR_MIN /* an operator who turns a setpoint slowly does it in steps */

struct deed {
    mr_ns at, lasts; /* lasts: of a ramp, else 0 */
    const char *name;
    const char *fault; /* NULL: an operator's command */
    double from, to;   /* the same but for a ramp */
    mr_ns next;        /* when it is due again; MR_NEVER_NS once it is done */
};

struct mr_timed {
    size_t n;
    struct deed deeds[MR_ARG_TIMED_MAX];
};

static bool wrong(const char *text, const char *why)
{
    (void)fprintf(stderr, "millrace simulate: --at ... '%s': %s\n", text, why);
    return false;
}

static bool take_value(const struct mr_tag *tag, const char *text, double *out)
{
    bool on;
    if (tag->is_bool && mr_switch_parse(text, &on)) {
        *out = on;
        return true;
    }
    return !tag->is_bool && (mr_number_parse(text, out) || mr_quantity_parse(text, tag->unit, out));
}

/* "FROM..TO/TIME" */
static bool take_ramp(const char *text, struct deed *d)
{
    char from[32];
    char to[32];
    const char *dots = strstr(text, "..");
    const char *slash = strchr(text, '/');
    if (!dots || !slash || slash < dots || dots - text >= (int)sizeof from || slash - dots >= (int)sizeof to) {
        return false;
    }
    (void)snprintf(from, sizeof from, "%.*s", (int)(dots - text), text);
    (void)snprintf(to, sizeof to, "%.*s", (int)(slash - dots - 2), dots + 2);
    return mr_number_parse(from, &d->from) && mr_number_parse(to, &d->to) && mr_duration_parse(slash + 1, &d->lasts) == MR_OK &&
           d->lasts > 0;
}

/* "VALUE", or a ramp. */
static bool take_command(const struct mr_tag *tag, const char *text, struct deed *d)
{
    d->name = tag->name;
    if (take_value(tag, text, &d->to)) {
        d->from = d->to;
        return true;
    }
    return !tag->is_bool && take_ramp(text, d);
}

/* "freeze", "stick", "none", "bias:VALUE", or the VALUE that it is forced to. */
static bool take_fault(const struct mr_var *var, const char *text, struct deed *d)
{
    static const char *const plain[] = {"freeze", "stick", "none"};
    d->name = var->name;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(text, plain[i]) == 0) {
            d->fault = plain[i];
            return true;
        }
    }
    bool bias = strncmp(text, "bias:", 5) == 0;
    d->fault = bias ? "bias" : "value";
    return mr_number_parse(bias ? text + 5 : text, &d->to);
}

static bool unknown(const struct mr_site *site, const char *text, const char *name)
{
    char why[160];
    const char **names = calloc((size_t)site->ntags + site->model->nvars, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && i < site->ntags; i++) {
        names[n++] = site->tags[i].name;
    }
    for (size_t i = 0; names && i < site->model->nvars; i++) {
        names[n++] = site->model->vars[i].name;
    }
    const char *near = mr_nearest(name, names, n);
    (void)snprintf(why, sizeof why, "there is no tag or process variable '%s'%s%s%s", name, near ? "; did you mean '" : "",
                   near ? near : "", near ? "'?" : "");
    free((void *)names);
    return wrong(text, why);
}

static bool understand(const struct mr_site *site, mr_ns at, const char *text, struct deed *d)
{
    char name[64];
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof name) {
        return wrong(text, "expected NAME=WHAT");
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    *d = (struct deed){.at = at, .next = at};
    uint16_t tag = mr_site_tag(site, name);
    int var = mr_model_var(site->model, name);
    if (tag != MR_NO_TAG && site->tags[tag].writable) {
        return take_command(&site->tags[tag], equals + 1, d) || wrong(text, "expected a value, or FROM..TO/TIME for a ramp");
    }
    if (var >= 0) {
        return take_fault(&site->model->vars[var], equals + 1, d) ||
               wrong(text, "expected a number, freeze, stick, bias:NUMBER or none");
    }
    return tag != MR_NO_TAG ? wrong(text, "nobody commands this tag, and it is no variable of the process")
                            : unknown(site, text, name);
}

struct mr_timed *mr_timed_create(const struct mr_site *site, const struct mr_arg_timed *said)
{
    struct mr_timed *t = calloc(1, sizeof *t);
    for (size_t i = 0; t && i < said->n; i++) {
        if (!understand(site, said->said[i].at, said->said[i].text, &t->deeds[t->n++])) {
            free(t);
            return NULL;
        }
    }
    return t;
}

void mr_timed_destroy(struct mr_timed *t)
{
    free(t);
}

static void command(struct mr_world *w, mr_ns now, uint64_t *seq, const struct deed *d, double value)
{
    uint8_t bytes[512];
    char number[40];
    struct mr_writer out = mr_writer(bytes, sizeof bytes);
    struct mr_command c = {.verb = mr_slice_str(d->fault ? "inject" : "operate")};
    (void)snprintf(number, sizeof number, "%.17g", value);
    mr_command_add(&c, d->fault ? "var" : "tag", d->name);
    if (d->fault) {
        mr_command_add(&c, "fault", d->fault);
    }
    mr_command_add(&c, "value", number);
    mr_command_encode(&c, &out);
    (void)mr_world_input(w, ++*seq, now, MR_IN_COMMAND, mr_slice(bytes, out.n));
}

void mr_timed_begin(struct mr_timed *t, mr_ns last)
{
    for (size_t i = 0; i < t->n; i++) {
        struct deed *d = &t->deeds[i];
        while (d->next <= last) {
            d->next = d->next < d->at + d->lasts ? d->next + MR_RAMP_PERIOD : MR_NEVER_NS;
        }
    }
}

void mr_timed_run(struct mr_timed *t, struct mr_world *w, mr_ns now, uint64_t *seq)
{
    for (size_t i = 0; i < t->n; i++) {
        struct deed *d = &t->deeds[i];
        if (now < d->next) {
            continue;
        }
        mr_ns gone = now - d->at;
        bool done = gone >= d->lasts;
        double part = done ? 1 : (double)gone / (double)d->lasts;
        command(w, now, seq, d, d->from + part * (d->to - d->from));
        d->next = done ? MR_NEVER_NS : d->next + MR_RAMP_PERIOD;
    }
}
