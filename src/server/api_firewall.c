/* api_firewall.c - a team's rule table: read, and replaced as a whole by who has read the version in force. */
#include "server/firewall_json.h"
#include "server/http.h"

#include "net/firewall_text.h"

#include <stdio.h>
#include <stdlib.h>

void mr_api_firewall(struct mr_request *r)
{
    mr_answer(r, 200, mr_firewall_to_json(r->srv->site, &r->team->firewall, r->team->firewall_version));
}

struct edit {
    struct mr_fw_table table;
    uint32_t version; /* that it replaces */
    char text[MR_FW_TEXT_MAX + 1];
};

/* The site has taken the table; the event's record keeps it for a server that comes after us. */
static void edited(void *ctx, enum mr_err err, uint64_t seq)
{
    struct mr_request *r = ctx;
    struct edit *e = r->ctx;
    char version[16];
    (void)seq;
    r->ctx = NULL;
    if (err == MR_OK) {
        struct mr_command c = {.member = mr_slice_str(r->who.account.account),
                               .post = mr_slice_str(r->who.account.post),
                               .verb = mr_slice_str("firewall")};
        (void)snprintf(version, sizeof version, "%u", e->version + 1);
        mr_command_add(&c, "team", r->team->plan->id);
        mr_command_add(&c, "version", version);
        mr_command_add(&c, "table", e->text);
        err = mr_orders_add(r->srv->orders, &c, NULL);
        mr_server_disk(r->srv, err);
        r->team->firewall = e->table;
        r->team->firewall_version = e->version + 1;
    }
    free(e);
    if (err != MR_OK) {
        mr_answer_err(r, err);
        return;
    }
    mr_api_firewall(r);
}

static void put(struct mr_request *r, json_t *o, struct edit *e)
{
    struct mr_firewall_refusal why;
    struct mr_writer w = mr_writer(e->text, sizeof e->text - 1);
    json_t *version = json_object_get(o, "version");
    if (!json_is_integer(version) || json_integer_value(version) != r->team->firewall_version) {
        mr_answer_error(r, 409, "E_VERSION");
    } else if (mr_firewall_from_json(r->srv->site, o, &r->team->firewall, &e->table, &why) != MR_OK) {
        const char *const args[] = {why.rule, why.given ? why.given : "-", why.other};
        mr_answer_error_args(r, 400, why.code, args, sizeof args / sizeof args[0]);
    } else if (mr_fw_format(&e->table, &w) != MR_OK) {
        mr_answer_error(r, 400, "E_TOO_LARGE");
    } else {
        struct mr_command c = {.member = mr_slice_str(r->who.account.account),
                               .post = mr_slice_str(r->who.account.post),
                               .verb = mr_slice_str("firewall")};
        e->text[w.n] = '\0';
        e->version = r->team->firewall_version;
        mr_command_add(&c, "table", e->text);
        r->ctx = e;
        enum mr_err err = mr_link_submit(r->team, &c, edited, r);
        if (err == MR_OK) {
            return;
        }
        r->ctx = NULL;
        mr_answer_err(r, err);
    }
    free(e);
}

void mr_api_firewall_put(struct mr_request *r)
{
    static const char *const names[] = {"version", "default", "rules", NULL};
    json_t *o = mr_request_json(r, names);
    struct edit *e = o ? calloc(1, sizeof *e) : NULL;
    if (e && r->srv->run == MR_RUN_OVER) {
        mr_answer_error(r, 409, "E_OVER");
        free(e);
    } else if (e) {
        put(r, o, e);
    } else if (o) {
        mr_answer_error(r, 503, "E_NOMEM");
    }
    json_decref(o);
}
