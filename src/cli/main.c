/* main.c - one binary, one table of subcommands. */
#include "cli/commands.h"

#include "base/diag.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *args, *text;
    int (*run)(int argc, char **argv);
} commands[] = {
#define X(name, args, text) {#name, args, text, mr_cmd_##name},
    MR_COMMANDS(X)
#undef X
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static void usage(FILE *to)
{
    (void)fprintf(to, "usage: millrace COMMAND [ARGUMENT...]\n\n"
                      "An industrial-security range: live plants, real protocols, real incidents, scored.\n\n");
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (commands[i].text[0] != '(') {
            (void)fprintf(to, "  %-9s %-26s %s\n", commands[i].name, commands[i].args, commands[i].text);
        }
    }
    (void)fprintf(to,
                  "\n'millrace COMMAND --help' says more. 'millrace --version' names the build.\n"
                  "MILLRACE_TRACE=modbus,plc in the environment of simulate, replay and live prints on the standard error what\n"
                  "goes on inside a site; an unknown name lists those that there are.\n");
}

static int unknown(const char *word)
{
    const char *names[NCOMMANDS];
    for (size_t i = 0; i < NCOMMANDS; i++) {
        names[i] = commands[i].name;
    }
    const char *near = mr_nearest(word, names, NCOMMANDS);
    if (near) {
        (void)fprintf(stderr, "millrace: there is no command '%s'; did you mean '%s'?\n", word, near);
    } else {
        (void)fprintf(stderr, "millrace: there is no command '%s'; 'millrace --help' lists them\n", word);
    }
    return 2;
}

/* What was printed must have arrived: a full disk behind `>` is no success. */
static int written(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    (void)fprintf(stderr, "millrace: the standard output cannot be written\n");
    return status == 0 ? 1 : status;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        (void)fprintf(stderr, "millrace: libsodium cannot find a source of randomness\n");
        return 1;
    }
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("millrace %s\n", MR_VERSION);
        return 0;
    }
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return written(commands[i].run(argc - 1, argv + 1));
        }
    }
    return unknown(argv[1]);
}
