/* firewall_json.h - a rule table as pages have it (web/API.md, Firewall), with the site's names for addresses and services. */
#ifndef MR_SERVER_FIREWALL_JSON_H
#define MR_SERVER_FIREWALL_JSON_H

#include "plan/site.h"

#include <jansson.h>

json_t *mr_firewall_to_json(const struct mr_site *site, const struct mr_fw_table *t, uint32_t version);
/* Reads and checks a whole table; what JSON cannot say (whether the fallback logs) is taken from `now`. An edit always cuts flows
 * that the new table would not let begin: what is denied is denied. `why` is for people. */
enum mr_err mr_firewall_from_json(const struct mr_site *site, json_t *o, const struct mr_fw_table *now, struct mr_fw_table *out,
                                  char *why, size_t cap);

#endif
