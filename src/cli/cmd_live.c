/* cmd_live.c - millrace live: a site on the wall clock. This process becomes its wire; core is its child. */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "cli/trace.h"
#include "cli/trim.h"
#include "wire/wire.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct live {
    const char *site, *scenario, *network, *captures;
    uint64_t port_offset, uid;
    bool no_begin, no_record;
    struct mr_wire_options wire;
    uint8_t hash[MR_CONTENT_HASH];
    uint8_t *packed; /* the content */
};

/* Checked here, with the author's mistakes told; kept packed, for the record and for core. */
static bool load(struct live *l)
{
    struct mr_content *content = mr_cli_load(l->site, l->scenario);
    if (!content) {
        return false;
    }
    size_t n = mr_content_packed_size(content);
    l->packed = malloc(n ? n : 1);
    struct mr_writer w = mr_writer(l->packed, l->packed ? n : 0);
    mr_content_pack(content, &w);
    memcpy(l->hash, content->hash, sizeof l->hash);
    mr_content_free(content);
    mr_cli_trim(); /* wire lives for days in a few megabytes */
    if (w.full) {
        (void)fprintf(stderr, "millrace live: out of memory\n");
        return false;
    }
    l->wire.content = mr_written(&w);
    l->wire.content_hash = mr_slice(l->hash, sizeof l->hash);
    return true;
}

static int check(struct live *l, const struct mr_usage *usage)
{
    struct mr_wire_options *o = &l->wire;
    uint32_t traced; /* core looks again, and traces */
    if (strcmp(l->network, "netns") != 0 && strcmp(l->network, "loopback") != 0) {
        return mr_args_wrong(usage, "--network is netns or loopback, not '%s'", l->network);
    }
    if (strcmp(l->captures, "on") != 0 && strcmp(l->captures, "off") != 0) {
        return mr_args_wrong(usage, "--captures is on or off, not '%s'", l->captures);
    }
    if (l->port_offset > 65000) {
        return mr_args_wrong(usage, "--port-offset wants at most 65000");
    }
    if (l->uid > INT32_MAX) {
        return mr_args_wrong(usage, "--uid wants the number of a user");
    }
    if (!(o->speed >= 0.001 && o->speed <= 1000)) {
        return mr_args_wrong(usage, "--speed wants a number from 0.001 to 1000");
    }
    o->network = l->network[0] == 'n' ? MR_WIRE_NETNS : MR_WIRE_LOOPBACK;
    o->captures = l->captures[1] == 'n';
    o->port_offset = (unsigned)l->port_offset;
    o->uid = (unsigned)l->uid;
    o->begin = !l->no_begin;
    o->record = !l->no_record;
    return mr_cli_traced(&traced);
}

int mr_cmd_live(int argc, char **argv)
{
    size_t n;
    struct live l = {.network = "netns", .captures = "on", .wire = {.state = "state/live", .team = "", .speed = 1, .seed = 1}};
    struct mr_wire_options *o = &l.wire;
    const struct mr_arg args[] = {
        {"--scenario", MR_ARG_TEXT, &l.scenario, "S", "with this scenario's adversary (a file, a folder, or its name)"},
        {"--seed", MR_ARG_NUMBER, &o->seed, "N", "of all that is random (1)"},
        {"--network", MR_ARG_TEXT, &l.network, "netns|loopback", "namespaces (no root needed), or entry ports on 127.x (netns)"},
        {"--port-offset", MR_ARG_NUMBER, &l.port_offset, "N", "loopback: added to every port (0)"},
        {"--speed", MR_ARG_REAL, &o->speed, "X", "seconds of the plant in a second (1)"},
        {"--json", MR_ARG_FLAG, &o->json, NULL, "print the devices as one JSON object, on one line, before `ready`"},
        {"--state", MR_ARG_TEXT, &o->state, "DIR", "folder for everything that is written (state/live)"},
        {"--resume", MR_ARG_FLAG, &o->resume, NULL, "go on with the run in that folder even though it was ended"},
        {"--team", MR_ARG_TEXT, &o->team, "ID", "whose site it is"},
        {"--uid", MR_ARG_NUMBER, &l.uid, "N", "started as root: the user to become (65534)"},
        {"--no-begin", MR_ARG_FLAG, &l.no_begin, NULL, "the event begins when the server says so"},
        {"--no-record", MR_ARG_FLAG, &l.no_record, NULL, "keep no record: no recovery, no replay"},
        {"--captures", MR_ARG_TEXT, &l.captures, "on|off", "write what crosses each zone to DIR/captures (on)"},
    };
    const struct mr_usage usage = {
        "live", "SITE",
        "Runs a site on the wall clock, on a real network, until Ctrl-C. A run that was cut off goes on where\n"
        "it was when it is started again with the same site, seed and --state.",
        args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &l.site, 1, &n);
    if (status >= 0) {
        return status;
    }
    if (n != 1) {
        return mr_args_wrong(&usage, "a site is wanted");
    }
    status = check(&l, &usage);
    if (status >= 0) {
        return status;
    }
    status = load(&l) ? mr_wire_run(o) : 1;
    free(l.packed);
    return status;
}
