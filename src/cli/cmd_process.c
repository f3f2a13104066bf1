/* cmd_process.c - millrace process: physical models on their own, without controllers or network.
 *
 * `list` shows the models and their variables; `run` steps one and writes its variables as CSV; `derivatives` (its own file)
 * evaluates given states. */
#include "cli/args.h"
#include "cli/commands.h"

#include "base/diag.h"
#include "base/maths.h"
#include "base/time.h"
#include "process/process.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SETTINGS 256
#define MAX_STEPS    1000000000LL /* 100 years of 3 s: what nobody means */
#define ARENA_BYTES  ((size_t)16 << 20)

static const char usage_text[] =
    "usage: millrace process list [--json]\n"
    "       millrace process run MODEL --for T [--step S] [--every S] [--noise on|off] [--seed N]\n"
    "                            [--set NAME=VALUE]... [--at T NAME=VALUE]... [--states] --csv FILE\n"
    "       millrace process run power-grid --case FILE.m ... --csv FILE (another grid; run power-grid --help)\n"
    "       millrace process derivatives tennessee-eastman --states FILE.json --csv FILE\n"
    "\n"
    "  list            the models, their variables and damages\n"
    "  run             steps a model and writes a row before the first step and after each\n"
    "  --for T         how long, such as 24h; --step S  one step (default: the model's own)\n"
    "  --every S       a row every S instead of every step\n"
    "  --noise on|off  sensors with or without noise (default on); --seed N  of the noise (default 1)\n"
    "  --set NAME=VALUE    an actuator or parameter from the beginning\n"
    "  --at T NAME=VALUE   the same at time T\n"
    "  --states        internal states too, of a model whose CSV has them on demand only\n"
    "  --csv FILE      where to; - is the standard output\n"
    "  derivatives     rates of change and outputs at given states, such as published ones\n";

struct setting {
    mr_ns at;
    int var;
    double value;
};

struct run {
    const struct mr_model *model;
    mr_ns length, step, every;
    bool noise, states;
    uint64_t seed;
    const char *csv;
    struct setting settings[MAX_SETTINGS];
    size_t nsettings;
};

static const char *role_name(enum mr_role role)
{
    switch (role) {
    case MR_SENSOR:
        return "sensor";
    case MR_ACTUATOR:
        return "actuator";
    case MR_FEEDBACK:
        return "feedback";
    case MR_INTERNAL:
        return "internal";
    case MR_PARAMETER:
        return "parameter";
    }
    return "";
}

static json_t *model_json(const struct mr_model *m)
{
    json_t *vars = json_array();
    for (size_t i = 0; i < m->nvars; i++) {
        const struct mr_var *v = &m->vars[i];
        json_array_append_new(vars, json_pack("{s:s, s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:s}", "name", v->name, "unit", v->unit,
                                              "role", role_name(v->role), "bool", (int)v->is_bool, "initial", v->initial, "lo",
                                              v->lo, "hi", v->hi, "noise", v->noise_sd, "title", v->title));
    }
    json_t *damages = json_array();
    for (size_t i = 0; i < m->ndamages; i++) {
        json_array_append_new(damages, json_pack("{s:s, s:s}", "name", m->damages[i].name, "title", m->damages[i].title));
    }
    return json_pack("{s:s, s:s, s:f, s:o, s:o}", "name", m->name, "title", m->title, "step", (double)m->step / 1e9, "variables",
                     vars, "damages", damages);
}

static int list_json(void)
{
    size_t n;
    const struct mr_model *const *models = mr_models(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(all, model_json(models[i]));
    }
    int failed = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    (void)printf("\n");
    return failed ? 1 : 0;
}

static void list_model(const struct mr_model *m)
{
    char step[32];
    (void)printf("%s: %s (step %s)\n", m->name, m->title, mr_duration_format(m->step, step, sizeof step));
    (void)printf("  %-24s %-9s %-9s %10s %10s %10s %8s  %s\n", "name", "role", "unit", "initial", "from", "to", "noise", "");
    for (size_t i = 0; i < m->nvars; i++) {
        const struct mr_var *v = &m->vars[i];
        (void)printf("  %-24s %-9s %-9s %10.5g %10.5g %10.5g %8.3g  %s\n", v->name, role_name(v->role),
                     v->is_bool ? "bool" : v->unit, v->initial, v->lo, v->hi, v->noise_sd, v->title);
    }
    (void)printf("  damages:\n");
    for (size_t i = 0; i < m->ndamages; i++) {
        (void)printf("  %-24s %s\n", m->damages[i].name, m->damages[i].title);
    }
}

static int list(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--json") == 0) {
        return list_json();
    }
    if (argc != 1) {
        (void)fputs(usage_text, stderr);
        return 2;
    }
    size_t n;
    const struct mr_model *const *models = mr_models(&n);
    for (size_t i = 0; i < n; i++) {
        list_model(models[i]);
    }
    return 0;
}

static int unknown(const char *what, const char *word, const char *const *names, size_t n)
{
    const char *near = mr_nearest(word, names, n);
    if (near) {
        (void)fprintf(stderr, "millrace process: there is no %s '%s'; did you mean '%s'?\n", what, word, near);
    } else {
        (void)fprintf(stderr, "millrace process: there is no %s '%s'; 'millrace process list' shows them\n", what, word);
    }
    return 2;
}

static int unknown_model(const char *word)
{
    size_t n;
    const struct mr_model *const *models = mr_models(&n);
    const char *names[16];
    for (size_t i = 0; i < n && i < 16; i++) {
        names[i] = models[i]->name;
    }
    return unknown("model", word, names, n < 16 ? n : 16);
}

static int unknown_variable(const struct mr_model *m, const char *word)
{
    const char **names = calloc(m->nvars, sizeof *names);
    if (!names) {
        return 1;
    }
    for (size_t i = 0; i < m->nvars; i++) {
        names[i] = m->vars[i].name;
    }
    int status = unknown("variable", word, names, m->nvars);
    free((void *)names);
    return status;
}

static bool number(const char *text, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

/* "NAME=VALUE" at a time. 0 or the exit status. */
static int add_setting(struct run *r, mr_ns at, const char *text)
{
    char name[64];
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof name) {
        (void)fprintf(stderr, "millrace process: '%s': expected NAME=VALUE\n", text);
        return 2;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    int var = mr_model_var(r->model, name);
    if (var < 0) {
        return unknown_variable(r->model, name);
    }
    const struct mr_var *v = &r->model->vars[var];
    double value;
    if (!number(equals + 1, &value)) {
        (void)fprintf(stderr, "millrace process: '%s': '%s' is no number\n", text, equals + 1);
        return 2;
    }
    if (v->role != MR_ACTUATOR && v->role != MR_PARAMETER) {
        (void)fprintf(stderr, "millrace process: %s is a %s; only actuators and parameters can be set\n", name,
                      role_name(v->role));
        return 2;
    }
    if (value < v->lo || value > v->hi) {
        (void)fprintf(stderr, "millrace process: '%s': outside %g..%g %s\n", text, v->lo, v->hi, v->unit);
        return 2;
    }
    if (r->nsettings == MAX_SETTINGS) {
        (void)fprintf(stderr, "millrace process: more than %d settings\n", MAX_SETTINGS);
        return 2;
    }
    size_t i = r->nsettings++;
    while (i > 0 && r->settings[i - 1].at > at) {
        r->settings[i] = r->settings[i - 1];
        i--;
    }
    r->settings[i] = (struct setting){at, var, value};
    return 0;
}

static int duration(const char *option, const char *text, mr_ns *out)
{
    if (mr_duration_parse(text, out) != MR_OK || *out < 0) {
        (void)fprintf(stderr, "millrace process: %s '%s': expected a duration such as 100ms, 90s or 1.5h\n", option, text);
        return 2;
    }
    return 0;
}

/* Options with one operand but --set. */
static int parse_plain(struct run *r, const char *option, const char *value)
{
    if (strcmp(option, "--for") == 0) {
        return duration(option, value, &r->length);
    }
    if (strcmp(option, "--step") == 0) {
        return duration(option, value, &r->step);
    }
    if (strcmp(option, "--every") == 0) {
        return duration(option, value, &r->every);
    }
    if (strcmp(option, "--noise") == 0 && (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)) {
        r->noise = value[1] == 'n';
        return 0;
    }
    if (strcmp(option, "--csv") == 0) {
        r->csv = value;
        return 0;
    }
    if (strcmp(option, "--seed") == 0) {
        char *end;
        errno = 0;
        r->seed = strtoull(value, &end, 0);
        if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0) {
            return 0;
        }
    }
    (void)fprintf(stderr, "millrace process: '%s %s' is not understood; 'millrace process --help' tells the options\n", option,
                  value);
    return 2;
}

static int parse_options(struct run *r, int argc, char **argv)
{
    int status = 0;
    for (int i = 2; i < argc && status == 0;) {
        const char *option = argv[i];
        if (strcmp(option, "--states") == 0) {
            r->states = true;
            i++;
            continue;
        }
        int operands = strcmp(option, "--at") == 0 ? 2 : 1;
        if (argc - i <= operands) {
            (void)fprintf(stderr, "millrace process: '%s' is not understood or lacks its operand\n", option);
            return 2;
        }
        if (operands == 2) {
            mr_ns at = 0;
            status = duration(option, argv[i + 1], &at);
            status = status ? status : add_setting(r, at, argv[i + 2]);
        } else if (strcmp(option, "--set") == 0) {
            status = add_setting(r, 0, argv[i + 1]);
        } else {
            status = parse_plain(r, option, argv[i + 1]);
        }
        i += 1 + operands;
    }
    if (status) {
        return status;
    }
    if (r->length < 0 || !r->csv) {
        (void)fprintf(stderr, "millrace process: run needs --for T and --csv FILE\n");
        return 2;
    }
    if (r->step <= 0 || r->length / r->step > MAX_STEPS) {
        (void)fprintf(stderr, "millrace process: --step must be more than 0 and give at most %lld steps\n", MAX_STEPS);
        return 2;
    }
    return 0;
}

/* The shortest decimal of 15, 16 or 17 digits that reads back as the same double; %g leaves off trailing zeros. */
static void print_number(FILE *to, double x)
{
    char text[32];
    if (x == 0 || x == 1) { /* most are switches and contacts */
        (void)fputs(x != 0 ? "1" : (signbit(x) ? "-0" : "0"), to);
        return;
    }
    (void)snprintf(text, sizeof text, "%.16g", x);
    if (strtod(text, NULL) != x) {
        (void)snprintf(text, sizeof text, "%.17g", x);
    } else {
        char shorter[32];
        (void)snprintf(shorter, sizeof shorter, "%.15g", x);
        if (strtod(shorter, NULL) == x) {
            memcpy(text, shorter, sizeof text);
        }
    }
    (void)fputs(text, to);
}

static bool is_shown(const struct run *r, size_t var)
{
    enum mr_role role = r->model->vars[var].role;
    return !r->model->brief_csv || (role != MR_PARAMETER && (role != MR_INTERNAL || r->states));
}

static void print_row(const struct run *r, FILE *to, const struct mr_plant *p)
{
    print_number(to, mr_plant_time_s(p));
    for (size_t i = 0; i < r->model->nvars; i++) {
        if (is_shown(r, i)) {
            (void)fputc(',', to);
            print_number(to, mr_plant_read(p, (int)i));
        }
    }
    (void)fputc('\n', to);
}

static void print_header(const struct run *r, FILE *to)
{
    (void)fputs("time_s", to);
    for (size_t i = 0; i < r->model->nvars; i++) {
        if (is_shown(r, i)) {
            (void)fprintf(to, ",%s", r->model->vars[i].name);
        }
    }
    (void)fputc('\n', to);
}

static size_t apply_settings(const struct run *r, struct mr_plant *p, mr_ns now, size_t next)
{
    while (next < r->nsettings && r->settings[next].at <= now) {
        mr_plant_write(p, r->settings[next].var, r->settings[next].value);
        next++;
    }
    return next;
}

static void simulate(const struct run *r, struct mr_plant *p, FILE *to)
{
    mr_ns every = r->every > 0 ? r->every : r->step;
    mr_ns row = every;
    print_header(r, to);
    size_t next = apply_settings(r, p, 0, 0);
    print_row(r, to, p);
    for (mr_ns now = 0; now < r->length && !ferror(to);) {
        mr_ns step = r->length - now < r->step ? r->length - now : r->step;
        mr_plant_advance(p, (double)step / 1e9);
        now += step;
        next = apply_settings(r, p, now, next);
        if (now >= row || now == r->length) {
            print_row(r, to, p);
            row = now - now % every + every;
        }
    }
}

static void tell_damage(const struct mr_plant *p)
{
    const struct mr_model *m = mr_plant_model(p);
    for (size_t i = 0; i < m->ndamages; i++) {
        if ((mr_plant_damage(p) >> i) & 1) {
            (void)fprintf(stderr, "damage: %s: %s\n", m->damages[i].name, m->damages[i].title);
        }
    }
}

static int run_to(const struct run *r, FILE *to)
{
    struct mr_arena *arena = mr_arena_create(ARENA_BYTES);
    struct mr_plant *p = arena ? mr_plant_create(arena, r->model, r->seed, r->noise) : NULL;
    if (!p) {
        (void)fprintf(stderr, "millrace process: out of memory\n");
        mr_arena_destroy(arena);
        return 1;
    }
    simulate(r, p, to);
    tell_damage(p);
    mr_arena_destroy(arena);
    bool bad = ferror(to) || fflush(to) != 0;
    if (bad) {
        (void)fprintf(stderr, "millrace process: cannot write '%s': %s\n", r->csv, strerror(errno));
    }
    return bad ? 1 : 0;
}

/* `run power-grid --case ...`: a grid from a file, by the command of its own; without --case it is a model like any other. */
static bool is_case(int argc, char **argv)
{
    bool given = false;
    for (int i = 2; i < argc; i++) {
        given |= strcmp(argv[i], "--case") == 0 || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    }
    return given && strcmp(argv[1], "power-grid") == 0;
}

static int run(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        (void)fputs(usage_text, stderr);
        return 2;
    }
    if (is_case(argc, argv)) {
        return mr_cmd_process_grid(argc - 1, argv + 1);
    }
    static struct run r;
    r = (struct run){.length = -1, .noise = true, .seed = 1};
    r.model = mr_model_find(argv[1]);
    if (!r.model) {
        return unknown_model(argv[1]);
    }
    r.step = r.model->step;
    int status = parse_options(&r, argc, argv);
    if (status) {
        return status;
    }
    if (strcmp(r.csv, "-") == 0) {
        return run_to(&r, stdout);
    }
    FILE *to = fopen(r.csv, "w");
    if (!to) {
        (void)fprintf(stderr, "millrace process: cannot write '%s': %s\n", r.csv, strerror(errno));
        return 1;
    }
    status = run_to(&r, to);
    if (fclose(to) != 0 && status == 0) {
        (void)fprintf(stderr, "millrace process: cannot write '%s': %s\n", r.csv, strerror(errno));
        status = 1;
    }
    return status;
}

int mr_cmd_process(int argc, char **argv)
{
    bool grid = argc >= 3 && strcmp(argv[1], "run") == 0 && strcmp(argv[2], "power-grid") == 0;
    if (mr_args_help(argc, argv) && !grid) {
        (void)fputs(usage_text, stdout);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "list") == 0) {
        return list(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        return run(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "derivatives") == 0) {
        return mr_cmd_process_derivatives(argc - 1, argv + 1);
    }
    if (argc >= 2) {
        static const char *const words[] = {"list", "run", "derivatives"};
        return unknown("command", argv[1], words, 3);
    }
    (void)fputs(usage_text, stderr);
    return 2;
}
