/* cmd_process_derivatives.c - millrace process derivatives: the right-hand side of a model at given states, for comparison with
 * published ones.
 *
 * The file is {"cases": [{"name": TEXT, "YY": [50 numbers], "idv_on": [1..20, ...]}, ...]}; other members are ignored. */
#include "cli/commands.h"

#include "process/tennessee_eastman.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct te_case {
    const char *name;
    double yy[TE_STATES];
    uint32_t idv;
};

static bool read_states(const json_t *array, double yy[TE_STATES])
{
    for (size_t i = 0; i < TE_STATES; i++) {
        const json_t *number = json_array_get(array, i);
        if (!json_is_number(number)) {
            return false;
        }
        yy[i] = json_number_value(number);
    }
    return json_array_size(array) == TE_STATES;
}

static bool read_disturbances(const json_t *array, uint32_t *idv)
{
    *idv = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *number = json_array_get(array, i);
        json_int_t n = json_integer_value(number); /* 0 where it is none */
        if (n < 1 || n > TE_IDV) {
            return false;
        }
        *idv |= 1U << (n - 1);
    }
    return !array || json_is_array(array);
}

/* A name goes into CSV as it is. */
static bool is_plain(const char *name)
{
    return name && *name && !strpbrk(name, ",\"\r\n");
}

static bool read_case(const json_t *object, size_t index, struct te_case *c)
{
    const char *wrong = NULL;
    c->name = json_string_value(json_object_get(object, "name"));
    if (!is_plain(c->name)) {
        wrong = "\"name\" must be a text without commas, quotes or line breaks";
    } else if (!read_states(json_object_get(object, "YY"), c->yy)) {
        wrong = "\"YY\" must be an array of 50 numbers";
    } else if (!read_disturbances(json_object_get(object, "idv_on"), &c->idv)) {
        wrong = "\"idv_on\" must be an array of numbers of disturbances, 1 to 20";
    }
    if (wrong) {
        (void)fprintf(stderr, "millrace process: case %zu: %s\n", index + 1, wrong);
    }
    return wrong == NULL;
}

static void print_header(FILE *to)
{
    (void)fputs("name", to);
    for (int i = 1; i <= TE_STATES; i++) {
        (void)fprintf(to, ",YP%d", i);
    }
    for (int i = 1; i <= TE_XMEAS; i++) {
        (void)fprintf(to, ",XMEAS%d", i);
    }
    (void)fputc('\n', to);
}

static void print_case(const struct te_case *c, FILE *to)
{
    double yp[TE_STATES];
    double xmeas[TE_XMEAS];
    mr_te_derivatives(c->yy, c->idv, yp, xmeas);
    (void)fputs(c->name, to);
    for (int i = 0; i < TE_STATES; i++) {
        (void)fprintf(to, ",%.17g", yp[i]);
    }
    for (int i = 0; i < TE_XMEAS; i++) {
        (void)fprintf(to, ",%.17g", xmeas[i]);
    }
    (void)fputc('\n', to);
}

static int print_cases(const json_t *file, const char *path, FILE *to)
{
    const json_t *cases = json_object_get(file, "cases");
    if (!json_is_array(cases)) {
        (void)fprintf(stderr, "millrace process: '%s': expected an object with an array \"cases\"\n", path);
        return 1;
    }
    print_header(to);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        struct te_case c;
        if (!read_case(json_array_get(cases, i), i, &c)) {
            return 1;
        }
        print_case(&c, to);
    }
    return 0;
}

static int derive(const char *states, const char *csv)
{
    json_error_t error;
    json_t *file = json_load_file(states, 0, &error);
    if (!file) {
        if (error.line > 0) {
            (void)fprintf(stderr, "millrace process: '%s' line %d column %d: ", states, error.line, error.column);
        }
        (void)fprintf(stderr, "%s\n", error.text); /* of a file that cannot be read it says the name itself */
        return 1;
    }
    bool to_stdout = strcmp(csv, "-") == 0;
    FILE *to = to_stdout ? stdout : fopen(csv, "w");
    int status = to ? print_cases(file, states, to) : 1;
    json_decref(file);
    bool bad = !to || ferror(to) || fflush(to) != 0;
    if (to && !to_stdout && fclose(to) != 0) {
        bad = true;
    }
    if (bad) {
        (void)fprintf(stderr, "millrace process: cannot write '%s': %s\n", csv, strerror(errno));
    }
    return bad ? 1 : status;
}

int mr_cmd_process_derivatives(int argc, char **argv)
{
    const char *states = NULL;
    const char *csv = NULL;
    for (int i = 2; i + 1 < argc; i += 2) {
        const char **operand = strcmp(argv[i], "--states") == 0 ? &states : strcmp(argv[i], "--csv") == 0 ? &csv : NULL;
        if (!operand) {
            break;
        }
        *operand = argv[i + 1];
    }
    if (argc != 6 || strcmp(argv[1], "tennessee-eastman") != 0 || !states || !csv) {
        (void)fputs("usage: millrace process derivatives tennessee-eastman --states FILE.json --csv FILE\n", stderr);
        return 2;
    }
    return derive(states, csv);
}
