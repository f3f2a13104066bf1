/* routes.c - what can be asked (web/API.md), and the right it needs (permit.c). */
#include "server/http.h"

static const struct mr_route routes[] = {
    {MR_POST, "/api/login", MR_MAY_BOARD, false, mr_api_login},
    {MR_POST, "/api/logout", MR_MAY_SELF, false, mr_api_logout},
    {MR_GET, "/api/me", MR_MAY_SELF, false, mr_api_me},
    {MR_GET, "/api/event", MR_MAY_BOARD, false, mr_api_event},
    {MR_GET, "/api/feed", MR_MAY_BOARD, false, mr_api_feed},
    {MR_GET, "/api/history", MR_MAY_BOARD, false, mr_api_history},
    {MR_GET, "/api/team", MR_MAY_TEAM, true, mr_api_team},
    {MR_GET, "/api/team/values", MR_MAY_TEAM, true, mr_api_values},
    {MR_GET, "/api/team/trend", MR_MAY_TEAM, true, mr_api_trend},
    {MR_GET, "/api/team/alarms", MR_MAY_TEAM, true, mr_api_alarms},
    {MR_POST, "/api/team/alarms", MR_MAY_OPERATE, true, mr_api_acknowledge},
    {MR_GET, "/api/team/hmi/*", MR_MAY_TEAM, true, mr_api_hmi},
    {MR_POST, "/api/team/operate", MR_MAY_OPERATE, true, mr_api_operate},
    {MR_GET, "/api/team/settings", MR_MAY_TEAM, true, mr_api_settings},
    {MR_POST, "/api/team/settings", MR_MAY_HARDEN, true, mr_api_set},
    {MR_POST, "/api/team/restart", MR_MAY_OPERATE, true, mr_api_restart},
    {MR_GET, "/api/team/findings", MR_MAY_TEAM, true, mr_api_findings},
    {MR_POST, "/api/team/findings", MR_MAY_FINDING, true, mr_api_find},
    {MR_GET, "/api/team/firewall", MR_MAY_TEAM, true, mr_api_firewall},
    {MR_PUT, "/api/team/firewall", MR_MAY_FIREWALL, true, mr_api_firewall_put},
    {MR_GET, "/api/team/denials", MR_MAY_TEAM, true, mr_api_denials},
    {MR_GET, "/api/team/captures", MR_MAY_CAPTURE, true, mr_api_captures},
    {MR_GET, "/api/team/captures/*", MR_MAY_CAPTURE, true, mr_api_capture},
    {MR_GET, "/api/team/ledger", MR_MAY_TEAM, true, mr_api_ledger},
    {MR_GET, "/api/control/status", MR_MAY_CONTROL, false, mr_api_status},
    {MR_POST, "/api/control/start", MR_MAY_RUN, false, mr_api_start},
    {MR_POST, "/api/control/pause", MR_MAY_RUN, false, mr_api_pause},
    {MR_POST, "/api/control/resume", MR_MAY_RUN, false, mr_api_resume},
    {MR_POST, "/api/control/correction", MR_MAY_CORRECT, false, mr_api_correction},
    {MR_GET, "/api/control/accounts", MR_MAY_ACCOUNTS, false, mr_api_accounts},
};

const struct mr_route *mr_routes(size_t *n)
{
    *n = sizeof routes / sizeof routes[0];
    return routes;
}
