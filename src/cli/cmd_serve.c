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

int mr_cmd_serve(int argc, char **argv)
{
    const char *event = NULL;
    size_t n = 0;
    uint64_t port = 8080, port_offset = 10000;
    double speed = 1;
    mr_ns start_after = 5 * MR_S;
    static char state[PATH_MAX], pages[PATH_MAX], speed_text[32];
    struct mr_server_options opt = {.bind = "127.0.0.1", .network = "netns", .state = "state"};
    const struct mr_arg args[] = {
        {"--port", MR_ARG_NUMBER, &port, "N", "of the pages and the API (8080)"},
        {"--bind", MR_ARG_TEXT, &opt.bind, "ADDRESS", "where it listens (127.0.0.1; 0.0.0.0 for every network)"},
        {"--state", MR_ARG_TEXT, &opt.state, "DIR", "folder of all that is written (state)"},
        {"--network", MR_ARG_TEXT, &opt.network, "KIND", "netns or loopback (netns)"},
        {"--port-offset", MR_ARG_NUMBER, &port_offset, "N",
         "loopback: added to every port of the first team; 1000 more for each next (10000)"},
        {"--speed", MR_ARG_REAL, &speed, "X", "event seconds per second (1)"},
        {"--web", MR_ARG_TEXT, &opt.web, "DIR", "the built pages"},
        {"--hold", MR_ARG_FLAG, &opt.hold, NULL, "wait for the organiser to start the event"},
        {"--start-after", MR_ARG_DURATION, &start_after, "T", "otherwise begin so long after all sites are ready (5s)"},
    };
    const struct mr_usage usage = {
        "serve", "EVENT",
        "Runs a competition: a live site for each team, the score, the pages. The same --state goes on "
        "with an event that was interrupted.",
        args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &event, 1, &n);
    if (status >= 0) {
        return status;
    }
    if (n != 1) {
        return mr_args_wrong(&usage, "give the event: a folder of content/events/");
    }
    if (port == 0 || port > UINT16_MAX) {
        return mr_args_wrong(&usage, "--port: 1 to 65535");
    }
    if (strcmp(opt.network, "netns") != 0 && strcmp(opt.network, "loopback") != 0) {
        return mr_args_wrong(&usage, "--network: netns or loopback, not '%s'", opt.network);
    }
    if (port_offset > 40000) {
        return mr_args_wrong(&usage, "--port-offset: 40000 at most");
    }
    if (!(speed > 0 && speed <= 1000)) {
        return mr_args_wrong(&usage, "--speed: more than 0, 1000 at most");
    }
    char why[400];
    if (strcmp(opt.network, "netns") == 0 && !mr_netns_possible(why, sizeof why)) {
        (void)fprintf(stderr, "millrace: %s\n", why);
        return 1;
    }
    if (!absolute(opt.state, state)) {
        (void)fprintf(stderr, "millrace: --state %s: %s; name a folder that can be made and written\n", opt.state,
                      strerror(errno));
        return 1;
    }
    (void)snprintf(speed_text, sizeof speed_text, "%g", speed);
    opt.event = event;
    opt.port = (uint16_t)port;
    opt.port_offset = (unsigned)port_offset;
    opt.state = state;
    opt.speed = speed == 1 ? NULL : speed_text;
    opt.start_after_s = (int)(start_after / MR_S);
    opt.web = opt.web ? opt.web : find_pages(pages);
    return mr_supervise(&opt);
}
