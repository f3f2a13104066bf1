/* permit.h - who may do what: one table, roles as rows, actions as columns. A new role is a row more in permit.c. */
#ifndef MR_SERVER_PERMIT_H
#define MR_SERVER_PERMIT_H

#include <stdbool.h>
#include <stddef.h>

#define MR_RIGHTS(X)                                                                                                             \
    X(BOARD)    /* the spectators' board and the feed */                                                                         \
    X(SELF)     /* who am I, log out */                                                                                          \
    X(TEAM)     /* see one's own team's plant and score */                                                                       \
    X(OPERATE)  /* give an operator's command */                                                                                 \
    X(FINDING)  /* confirm a finding */                                                                                          \
    X(FIREWALL) /* edit the firewall table */                                                                                    \
    X(HARDEN)   /* change a device's security settings */                                                                        \
    X(CAPTURE)  /* download captures */                                                                                          \
    X(CONTROL)  /* see every team's processes */                                                                                 \
    X(RUN)      /* start, pause, resume */                                                                                       \
    X(CORRECT)  /* add a line to a ledger */                                                                                     \
    X(ACCOUNTS) /* see who has an account */

enum mr_right {
#define X(name) MR_MAY_##name,
    MR_RIGHTS(X)
#undef X
        MR_RIGHT_COUNT
};

/* Role of a request without a session. */
#define MR_ROLE_ANYONE "anyone"

bool mr_role_known(const char *role);
bool mr_may(const char *role, enum mr_right right);

#endif
