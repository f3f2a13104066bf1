/* technique.c - MITRE ATT&CK for ICS, from content/attack-ics.json by a table made when this is built. */
#include "plan/scenario.h"

#include <string.h>

static const struct mr_technique techniques[] = {
#include "technique_table.h"
};

const struct mr_technique *mr_technique_find(const char *id)
{
    for (size_t i = 0; i < sizeof techniques / sizeof techniques[0]; i++) {
        if (strcmp(techniques[i].id, id) == 0) {
            return &techniques[i];
        }
    }
    return NULL;
}

size_t mr_techniques(const struct mr_technique **out)
{
    *out = techniques;
    return sizeof techniques / sizeof techniques[0];
}
