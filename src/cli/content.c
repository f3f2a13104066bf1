#include "cli/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct mr_content *load(const char *path)
{
    struct mr_diags *diags = mr_diags_create();
    struct mr_content *c = diags ? mr_content_load(path, diags) : NULL;
    if (diags) {
        mr_diags_print(diags, stderr);
    }
    mr_diags_destroy(diags);
    return c;
}

/* .../content/sites/NAME[/site.yaml] and a scenario's name: .../content/scenarios/NAME. */
static const char *scenario_path(const char *site, const char *scenario, char *buf, size_t cap)
{
    if (access(scenario, F_OK) == 0) {
        return scenario;
    }
    const char *sites = NULL;
    for (const char *s = strstr(site, "sites/"); s; s = strstr(s + 1, "sites/")) {
        sites = s;
    }
    int length = sites ? (int)(sites - site) : 0;
    (void)snprintf(buf, cap, "%.*sscenarios/%s", length, site, scenario);
    return buf;
}

struct mr_content *mr_cli_load(const char *site, const char *scenario)
{
    char path[512];
    struct mr_content *c = load(scenario ? scenario_path(site, scenario, path, sizeof path) : site);
    if (!c || !scenario) {
        return c;
    }
    struct mr_content *named = load(site);
    bool same = named && strcmp(named->site->name, c->site->name) == 0;
    if (named && !same) {
        (void)fprintf(stderr, "millrace: scenario '%s' is of site '%s', not of '%s'\n", scenario, c->site->name,
                      named->site->name);
    }
    mr_content_free(named);
    if (!same) {
        mr_content_free(c);
        return NULL;
    }
    return c;
}

void mr_cli_print_digest(const uint8_t digest[MR_DIGEST_BYTES])
{
    for (size_t i = 0; i < MR_DIGEST_BYTES; i++) {
        (void)printf("%02x", digest[i]);
    }
    (void)printf("\n");
}
