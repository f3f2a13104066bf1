/* commands.h - the subcommands of millrace. Each gets its own name as argv[0] and gives the exit status: 0 done, 1 the thing
 * failed, 2 called wrongly. */
#ifndef MR_CLI_COMMANDS_H
#define MR_CLI_COMMANDS_H

#define MR_COMMANDS(X)                                                                                                           \
    X(check, "PATH...", "check sites, scenarios and events; start nothing")                                                      \
    X(simulate, "SITE [options]", "run a site in virtual time")                                                                  \
    X(live, "SITE [options]", "run a site on the wall clock, on a real network")                                                 \
    X(replay, "RECORD [options]", "run a recorded site again")                                                                   \
    X(rehearse, "SCENARIO [options]", "play a scenario with simulated players")                                                  \
    X(serve, "EVENT [options]", "run a competition")                                                                             \
    X(event, "status|rebuild|ledger|...", "look at an event, rebuild its store")                                                 \
    X(exec, "TEAM DEVICE -- COMMAND...", "run a command in a device's network")                                                  \
    X(process, "list|run|derivatives", "physical models on their own")                                                           \
    X(plc, "compile|run|...", "the IEC 61131-3 compiler and virtual machine")                                                    \
    X(debug, "state|restore|record", "a world's digest, queues and pools")                                                       \
    X(core, "", "(internal) the deterministic process of a site")

#define X(name, args, text) int mr_cmd_##name(int argc, char **argv);
MR_COMMANDS(X)
#undef X

/* `process derivatives`, in a file of its own. */
int mr_cmd_process_derivatives(int argc, char **argv);
/* `process run power-grid`, in a file of its own. */
int mr_cmd_process_grid(int argc, char **argv);

#endif
