/* load_check.c - a site, scenario or event is loaded whole; a file of another kind is held against its schema. */
#include "site/load_check.h"

#include "site/load_loader.h"

#include <stdlib.h>

static void summarise(const struct mr_content *c, char *buf, size_t cap)
{
    const struct mr_site *s = c->site;
    if (c->event) {
        (void)snprintf(buf, cap, "event '%s', scenario '%s', %zu teams, %zu files", c->event->name, c->scenario->name,
                       c->event->nteams, c->nfiles);
    } else if (c->scenario) {
        (void)snprintf(buf, cap, "scenario '%s', %zu steps, %zu players, %zu files", c->scenario->name, c->scenario->nsteps,
                       c->scenario->nplayers, c->nfiles);
    } else {
        (void)snprintf(buf, cap, "site '%s', %u zones, %u devices, %u tags, %u rules, %zu files", s->name, s->topology.nzones,
                       s->ndevices, s->ntags, s->rules.nrules, c->nfiles);
    }
}

static bool check_whole(const char *path, struct mr_diags *diags, char *summary, size_t cap)
{
    struct mr_content *c = mr_content_load(path, diags);
    if (c) {
        summarise(c, summary, cap);
    }
    mr_content_free(c);
    return c != NULL;
}

/* Sets *whole for the kinds that are loaded with all that they name, and leaves them alone. */
static bool check_alone(struct mr_loader *l, const char *path, bool *whole, char *summary, size_t cap)
{
    const struct mr_content_file *f = mr_load_read(l, path, path);
    if (!f) {
        mr_diag_add(l->diags, MR_ERROR, path, 0, 0, "%s", mr_load_unread(l, path));
        return false;
    }
    const struct mr_yaml *root = mr_yaml_parse(l->pool, path, f->text, f->n, l->diags);
    if (!root) {
        return false;
    }
    enum mr_file_kind kind = mr_load_kind(root);
    *whole = kind == MR_FILE_SITE || kind == MR_FILE_SCENARIO || kind == MR_FILE_EVENT;
    if (*whole) {
        return true;
    }
    if (kind == MR_FILE_KINDS) {
        const struct mr_yaml *at = root->first && root->first->key ? root->first->key : root;
        mr_yaml_error(
            l->diags, path, f->text, f->n, at->line, at->col,
            "the file's first key says what it is: expected site, scenario, event, personality, player, page, tags, alarms, "
            "iec104-points, dnp3-points or services");
        return false;
    }
    const char *name = root->first->text; /* a table of services has none */
    (void)snprintf(summary, cap, "%s%s%s, by its schema", mr_load_kind_name(kind), *name ? " " : "", name);
    return mr_load_doc(l, (struct mr_place_of_files){path, path}, kind, NULL, NULL) != NULL;
}

bool mr_content_check(const char *path, struct mr_diags *diags, char *summary, size_t cap)
{
    struct mr_loader *l = calloc(1, sizeof *l);
    MR_ASSERT(l);
    bool whole = false;
    l->pool = mr_pool_create();
    l->diags = diags;
    l->root = "";
    bool good = check_alone(l, path, &whole, summary, cap);
    mr_pool_destroy(l->pool);
    free(l);
    return good && (!whole || check_whole(path, diags, summary, cap));
}
