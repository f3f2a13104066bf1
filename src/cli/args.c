#include "cli/args.h"

#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MR_ARGS_MAX 32

int mr_args_wrong(const struct mr_usage *u, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fprintf(stderr, "millrace %s: ", u->command);
    (void)vfprintf(stderr, fmt, args);
    (void)fprintf(stderr, "; 'millrace %s --help' says more\n", u->command);
    va_end(args);
    return 2;
}

static void help(const struct mr_usage *u)
{
    (void)printf("usage: millrace %s %s%s\n\n%s\n", u->command, u->operands, u->nargs > 0 ? " [OPTION...]" : "", u->text);
    if (u->nargs > 0) {
        (void)printf("\n");
    }
    for (size_t i = 0; i < u->nargs; i++) {
        char left[40];
        const struct mr_arg *a = &u->args[i];
        (void)snprintf(left, sizeof left, "%s%s%s", a->name, a->value ? " " : "", a->value ? a->value : "");
        (void)printf("  %-24s %s\n", left, a->help);
    }
}

static int unknown(const struct mr_usage *u, const char *word)
{
    const char *names[MR_ARGS_MAX];
    size_t n = 0;
    for (; n < u->nargs && n < MR_ARGS_MAX; n++) {
        names[n] = u->args[n].name;
    }
    const char *near = mr_nearest(word, names, n);
    return near ? mr_args_wrong(u, "there is no option %s, did you mean %s?", word, near)
                : mr_args_wrong(u, "there is no option %s", word);
}

static bool take_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 0);
    return errno == 0 && *end == '\0' && end != text && text[0] != '-';
}

static bool take_real(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return *end == '\0' && end != text && *out == *out;
}

/* Kept in order of time; what is said first comes first. */
static int take_timed(const struct mr_usage *u, const struct mr_arg *a, const char *when, const char *text)
{
    struct mr_arg_timed *list = a->to;
    mr_ns at;
    if (mr_duration_parse(when, &at) != MR_OK || at > MR_AGE_NS) {
        return mr_args_wrong(u, "%s wants a time with its unit, as 90s, 15m or 24h, 70 years at most, not '%s'", a->name, when);
    }
    if (list->n == MR_ARG_TIMED_MAX) {
        return mr_args_wrong(u, "%s may be said %d times", a->name, MR_ARG_TIMED_MAX);
    }
    size_t i = list->n++;
    for (; i > 0 && list->said[i - 1].at > at; i--) {
        list->said[i] = list->said[i - 1];
    }
    list->said[i].at = at;
    list->said[i].text = text;
    return -1;
}

static int take(const struct mr_usage *u, const struct mr_arg *a, const char *value)
{
    switch (a->kind) {
    case MR_ARG_FLAG:
        *(bool *)a->to = true;
        return -1;
    case MR_ARG_TEXT:
        *(const char **)a->to = value;
        return -1;
    case MR_ARG_NUMBER:
        return take_number(value, a->to) ? -1 : mr_args_wrong(u, "%s wants a whole number, not '%s'", a->name, value);
    case MR_ARG_REAL:
        return take_real(value, a->to) ? -1 : mr_args_wrong(u, "%s wants a number, not '%s'", a->name, value);
    case MR_ARG_DURATION:
        return mr_duration_parse(value, a->to) == MR_OK && *(const mr_ns *)a->to <= MR_AGE_NS
                   ? -1
                   : mr_args_wrong(u, "%s wants a time with its unit, as 90s, 15m or 24h, 70 years at most, not '%s'", a->name,
                                   value);
    case MR_ARG_TIMED:
        break; /* two words: mr_args_parse has taken it */
    }
    return -1;
}

bool mr_args_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

int mr_args_parse(const struct mr_usage *u, int argc, char **argv, const char **operands, size_t max, size_t *n)
{
    *n = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            help(u);
            return 0;
        }
        if (word[0] != '-' || word[1] == '\0') {
            if (*n == max) {
                return mr_args_wrong(u, "'%s' is one operand too many", word);
            }
            operands[(*n)++] = word;
            continue;
        }
        size_t k = 0;
        while (k < u->nargs && strcmp(u->args[k].name, word) != 0) {
            k++;
        }
        if (k == u->nargs) {
            return unknown(u, word);
        }
        const struct mr_arg *a = &u->args[k];
        int values = a->kind == MR_ARG_FLAG ? 0 : a->kind == MR_ARG_TIMED ? 2 : 1;
        if (argc - i <= values) {
            return mr_args_wrong(u, values == 2 ? "%s wants a time and what then" : "%s wants a value", word);
        }
        int status = values == 2 ? take_timed(u, a, argv[i + 1], argv[i + 2]) : take(u, a, values == 1 ? argv[i + 1] : NULL);
        i += values;
        if (status >= 0) {
            return status;
        }
    }
    return -1;
}
