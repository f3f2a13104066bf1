/* args.h - reading a command line: options from a table, values checked, errors that say what to do. */
#ifndef MR_CLI_ARGS_H
#define MR_CLI_ARGS_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mr_arg_kind { MR_ARG_FLAG, MR_ARG_TEXT, MR_ARG_NUMBER, MR_ARG_REAL, MR_ARG_DURATION, MR_ARG_TIMED };
/* What MR_ARG_TIMED collects, an option that may be said again and again: "--at 1h XMV10=60". In order of time. */
#define MR_ARG_TIMED_MAX 64
struct mr_arg_timed {
    size_t n;
    struct {
        mr_ns at;
        const char *text;
    } said[MR_ARG_TIMED_MAX];
};
struct mr_arg {
    const char *name; /* "--for" */
    enum mr_arg_kind kind;
    void *to;          /* bool *, const char **, uint64_t *, double *, mr_ns *, struct mr_arg_timed * */
    const char *value; /* what follows, for help: "T"; NULL for a flag */
    const char *help;
};
struct mr_usage {
    const char *command;  /* "simulate" */
    const char *operands; /* "SITE" */
    const char *text;     /* a paragraph */
    const struct mr_arg *args;
    size_t nargs;
};

/* Fills what the options point to; operands go to `operands` (at most `max`, their number in *n). Returns -1 to go on, or the
 * exit status: 0 after --help, 2 after a mistake that has been said. */
int mr_args_parse(const struct mr_usage *u, int argc, char **argv, const char **operands, size_t max, size_t *n);
/* Whether help is asked for anywhere before a "--": for commands that read their words themselves. */
bool mr_args_help(int argc, char **argv);
/* Says what is wrong with the call, and how to get help; gives 2. */
int mr_args_wrong(const struct mr_usage *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
