/* firewall_json.h - a rule table as pages have it (web/API.md, Firewall), with the site's names for addresses and services. */
#ifndef MR_SERVER_FIREWALL_JSON_H
#define MR_SERVER_FIREWALL_JSON_H

#include "plan/site.h"

#include <jansson.h>

json_t *mr_firewall_to_json(const struct mr_site *site, const struct mr_fw_table *t, uint32_t version);
/* Why a table is refused: a key of content/texts/errors.json and what it takes. */
struct mr_firewall_refusal {
    const char *code;
    char rule[12];     /* {0}: which, from 1 */
    const char *given; /* {1}: what was given there, or NULL; of the JSON that was read */
    char other[12];    /* {2}: the rule that has it too */
};

/* Reads and checks a whole table; what JSON cannot say (whether the fallback logs) is taken from `now`. An edit always cuts flows
 * that the new table would not let begin: what is denied is denied. */
enum mr_err mr_firewall_from_json(const struct mr_site *site, json_t *o, const struct mr_fw_table *now, struct mr_fw_table *out,
                                  struct mr_firewall_refusal *why);

#endif
