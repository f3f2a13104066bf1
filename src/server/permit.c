#include "server/permit.h"

#include <string.h>

/* Columns in the order of MR_RIGHTS. Actions on a team reach only the account's own team: that is no right but the shape of
 * the paths, which name no team. */
/* clang-format off */
static const struct {
    const char *role;
    bool may[MR_RIGHT_COUNT];
} table[] = {
    /*                  BOARD SELF TEAM OPERATE FINDING FIREWALL HARDEN CAPTURE CONTROL RUN CORRECT ACCOUNTS */
    {MR_ROLE_ANYONE,   {1,    0,   0,   0,      0,      0,       0,     0,      0,      0,  0,      0}},
    {"spectator",      {1,    1,   0,   0,      0,      0,       0,     0,      0,      0,  0,      0}},
    {"team",           {1,    1,   1,   1,      1,      1,       1,     1,      0,      0,  0,      0}},
    {"organiser",      {1,    1,   0,   0,      0,      0,       0,     0,      1,      1,  1,      1}},
};
/* clang-format on */

bool mr_role_known(const char *role)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].role, role) == 0) {
            return true;
        }
    }
    return false;
}

bool mr_may(const char *role, enum mr_right right)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].role, role) == 0) {
            return table[i].may[right];
        }
    }
    return false;
}
