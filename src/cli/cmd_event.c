/* cmd_event.c - millrace event: an event from its state folder. */
#include "cli/args.h"
#include "cli/commands.h"
#include "server/server.h"

#include <stdio.h>
#include <string.h>

int mr_cmd_event(int argc, char **argv)
{
    const char *what = NULL, *state = NULL;
    size_t n = 0;
    bool json = false;
    const struct mr_arg args[] = {
        {"--state", MR_ARG_TEXT, &state, "DIR", "the event's folder"},
        {"--json", MR_ARG_FLAG, &json, NULL, "for programs"},
    };
    const struct mr_usage usage = {
        "event", "status|ledger|accounts|verify|rebuild",
        "status: how it stands. ledger: every line. accounts: who may log in, and the passwords. verify: "
        "whether the ledger is what the records give. rebuild: makes the store again from the records.",
        args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &what, 1, &n);
    if (status >= 0) {
        return status;
    }
    if (n != 1 || !state) {
        return mr_args_wrong(&usage, "say what to do, and give --state DIR");
    }
    if (strcmp(what, "status") == 0) {
        return mr_event_status(state, json, stdout);
    }
    if (strcmp(what, "ledger") == 0) {
        return mr_event_ledger(state, json, stdout);
    }
    if (strcmp(what, "accounts") == 0) {
        return mr_event_accounts(state, json, stdout);
    }
    if (strcmp(what, "verify") == 0) {
        return mr_event_verify(state, json, stdout);
    }
    if (strcmp(what, "rebuild") == 0) {
        return mr_event_rebuild(state, stdout);
    }
    return mr_args_wrong(&usage, "'%s' is none of status, ledger, accounts, verify, rebuild", what);
}
