/* cmd_serve.c - millrace serve: a competition. */
#include "cli/args.h"
#include "cli/commands.h"
#include "server/server.h"
#include "wire/possible.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_AFTER_MAX (MR_S * 3600 * 24 * 30) /* longer is not meant */

static bool has_pages(const char *folder)
{
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/index.html", folder);
    return access(path, R_OK) == 0;
}

/* The pages: in the tree that the binary was built in (build/NAME/millrace), or installed. */
static const char *find_pages(char buf[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 16);
    buf[n > 0 ? n : 0] = '\0';
    for (char *slash = strrchr(buf, '/'); slash; slash = strrchr(buf, '/')) {
        memcpy(slash, "/web/dist", sizeof "/web/dist");
        if (has_pages(buf)) {
            return buf;
        }
        *slash = '\0';
    }
    return has_pages("/usr/share/millrace/web") ? "/usr/share/millrace/web" : NULL;
}

/* The working directory may change, and the state folder is named to other processes. */
static bool absolute(const char *path, char buf[PATH_MAX])
{
    return (mkdir(path, 0755) == 0 || errno == EEXIST) && realpath(path, buf) != NULL;
}

struct numbers {
    uint64_t port, port_offset;
    double speed;
    mr_ns start_after;
};

/* What is wrong with the call, said; -1 where nothing is. */
static int check(const struct mr_usage *usage, const struct mr_server_options *opt, const struct numbers *n)
{
    if (!opt->event) {
        return mr_args_wrong(usage, "give the event: a folder of content/events/");
    }
    if (n->port == 0 || n->port > UINT16_MAX) {
        return mr_args_wrong(usage, "--port: 1 to 65535");
    }
    if (strcmp(opt->network, "netns") != 0 && strcmp(opt->network, "loopback") != 0) {
        return mr_args_wrong(usage, "--network: netns or loopback, not '%s'", opt->network);
    }
    if (n->port_offset > 40000) {
        return mr_args_wrong(usage, "--port-offset: 40000 at most");
    }
    if (!(n->speed > 0 && n->speed <= 1000)) {
        return mr_args_wrong(usage, "--speed: more than 0, 1000 at most");
    }
    if (n->start_after > START_AFTER_MAX) {
        return mr_args_wrong(usage, "--start-after: 720h at most");
    }
    return -1;
}

/* Fills in what the call does not say, and makes sure of machine and folder. */
static bool prepare(struct mr_server_options *opt, const struct numbers *n)
{
    static char state[PATH_MAX], pages[PATH_MAX], speed[32];
    char why[400];
    if (strcmp(opt->network, "netns") == 0 && !mr_netns_possible(why, sizeof why)) {
        (void)fprintf(stderr, "millrace: %s\n", why);
        return false;
    }
    if (!absolute(opt->state, state)) {
        (void)fprintf(stderr, "millrace: --state %s: %s; name a folder that can be made and written\n", opt->state,
                      strerror(errno));
        return false;
    }
    (void)snprintf(speed, sizeof speed, "%g", n->speed);
    opt->port = (uint16_t)n->port;
    opt->port_offset = (unsigned)n->port_offset;
    opt->state = state;
    opt->speed = n->speed == 1 ? NULL : speed;
    opt->start_after_s = (int)(n->start_after / MR_S);
    opt->web = opt->web ? opt->web : find_pages(pages);
    return true;
}

int mr_cmd_serve(int argc, char **argv)
{
    size_t operands = 0;
    struct numbers n = {.port = 8080, .port_offset = 10000, .speed = 1, .start_after = 5 * MR_S};
    struct mr_server_options opt = {.bind = "127.0.0.1", .network = "netns", .state = "state"};
    const struct mr_arg args[] = {
        {"--port", MR_ARG_NUMBER, &n.port, "N", "of the pages and the API (8080)"},
        {"--bind", MR_ARG_TEXT, &opt.bind, "ADDRESS", "where it listens (127.0.0.1; 0.0.0.0 for every network)"},
        {"--state", MR_ARG_TEXT, &opt.state, "DIR", "folder of all that is written (state)"},
        {"--network", MR_ARG_TEXT, &opt.network, "KIND", "netns or loopback (netns)"},
        {"--port-offset", MR_ARG_NUMBER, &n.port_offset, "N",
         "loopback: added to every port of the first team; 1000 more for each next (10000)"},
        {"--speed", MR_ARG_REAL, &n.speed, "X", "event seconds per second (1)"},
        {"--web", MR_ARG_TEXT, &opt.web, "DIR", "the built pages"},
        {"--hold", MR_ARG_FLAG, &opt.hold, NULL, "wait for the organiser to start the event"},
        {"--start-after", MR_ARG_DURATION, &n.start_after, "T", "otherwise begin so long after all sites are ready (5s)"},
    };
    const struct mr_usage usage = {
        "serve", "EVENT",
        "Runs a competition: a live site for each team, the score, the pages. The same --state goes on "
        "with an event that was interrupted.",
        args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &opt.event, 1, &operands);
    if (status < 0) {
        status = check(&usage, &opt, &n);
    }
    if (status >= 0) {
        return status;
    }
    return prepare(&opt, &n) ? mr_supervise(&opt) : 1;
}
