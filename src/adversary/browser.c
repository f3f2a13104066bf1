/* browser.c - the adversary's HTTP connections: each carries one request, the next one begins anew. */
#include "adversary/run.h"

static const struct mr_field browser_fields[] = {
    MR_FIELD(struct mr_actor_browser, live, MR_BOOL),
    MR_FIELD(struct mr_actor_browser, up, MR_BOOL),
    MR_FIELD(struct mr_actor_browser, run, MR_U16),
    MR_FIELD(struct mr_actor_browser, generation, MR_U32),
    MR_FIELD(struct mr_actor_browser, target, MR_U16),
    MR_FIELD(struct mr_actor_browser, conn, MR_U32),
    MR_SUB(struct mr_actor_browser, client, &mr_http_client_type),
};
static const struct mr_type browser_type = MR_TYPE_LIVE("actor's browser", struct mr_actor_browser, browser_fields, live);

bool mr_browsers_create(struct mr_campaign *c)
{
    c->browsers = mr_arena_new(c->env->arena, &browser_type, MR_ACTOR_BROWSERS, "actors' browsers");
    for (size_t i = 0; c->browsers && i < MR_ACTOR_BROWSERS; i++) {
        mr_http_client_init(&c->browsers[i].client, MR_ACTOR_TIMEOUT);
    }
    return c->browsers != NULL;
}

bool mr_browsers_check(const struct mr_campaign *c)
{
    for (size_t i = 0; i < MR_ACTOR_BROWSERS; i++) {
        const struct mr_actor_browser *b = &c->browsers[i];
        if (b->live && (b->run >= c->nruns || b->target >= c->env->site->ndevices)) {
            return false;
        }
    }
    return true;
}

void mr_browsers_forget(struct mr_campaign *c)
{
    for (size_t i = 0; i < MR_ACTOR_BROWSERS; i++) {
        c->browsers[i].live = false;
    }
}

static void hang_up(struct mr_campaign *c, struct mr_actor_browser *b)
{
    if (b->up) {
        mr_env_disown(c->env, b->conn);
        c->env->net->ops->close(c->env->net, b->conn, false);
        b->live = false;
    } else {
        b->generation = 0; /* closed when the answer to the connect comes */
    }
}

void mr_browsers_close(struct mr_run *r)
{
    for (size_t i = 0; i < MR_ACTOR_BROWSERS; i++) {
        if (r->c->browsers[i].live && r->c->browsers[i].run == r->index) {
            hang_up(r->c, &r->c->browsers[i]);
        }
    }
}

bool mr_run_browse(struct mr_run *r, uint16_t target, enum mr_http_method method, const char *path, const char *cookie,
                   struct mr_slice body)
{
    struct mr_campaign *c = r->c;
    for (uint16_t i = 0; i < MR_ACTOR_BROWSERS; i++) {
        struct mr_actor_browser *b = &c->browsers[i];
        if (b->live) {
            continue;
        }
        struct mr_addr to = mr_run_address(r, target, MR_SERVE_HTTP);
        char host[16];
        const struct mr_http_ask ask = {.method = method,
                                        .host = mr_ip_format(to.ip, host),
                                        .target = path,
                                        .cookie = cookie,
                                        .type = body.n > 0 ? "application/x-www-form-urlencoded" : NULL,
                                        .body = body};
        mr_state_clear(&browser_type, b);
        b->live = true;
        b->run = r->index;
        b->generation = r->st->generation;
        b->target = target;
        b->client.timeout = r->plan->action.timeout;
        mr_http_client_open(&b->client);
        const struct mr_owner o = {MR_OWNER_ACTOR, r->index, (uint16_t)(MR_BROWSER_SLOT + i)};
        if (mr_http_client_request(&b->client, &ask, c->env->now) == MR_OK &&
            mr_env_connect(c->env, mr_run_node(r), to, o) == MR_OK) {
            return true;
        }
        b->live = false;
        return false;
    }
    return false;
}

/* Tells the run and lets the connection go; the answer's slices live until then. */
static void conclude(struct mr_run *r, struct mr_actor_browser *b, const struct mr_http_response *answer)
{
    static const struct mr_http_response none = {.outcome = MR_HTTP_LOST};
    bool ours = b->generation == r->st->generation && r->st->phase == MR_RUN_WORKING;
    uint16_t target = b->target;
    struct mr_http_response told = answer ? *answer : none;
    char cookie[MR_COOKIE_MAX] = "";
    struct mr_slice field;
    if (mr_http_find(told.fields, "set-cookie", &field) > 0 && field.n < sizeof cookie) {
        memcpy(cookie, field.p, field.n);
        cookie[strcspn(cookie, ";")] = '\0';
    }
    hang_up(r->c, b);
    if (ours) {
        if (mr_run_ops(r)->page) {
            mr_run_ops(r)->page(r, target, told.outcome == MR_HTTP_ANSWERED ? told.status : 0, cookie);
        }
    }
}

static void take_answer(struct mr_run *r, struct mr_actor_browser *b)
{
    struct mr_http_response a;
    if (mr_http_client_next(&b->client, &a)) {
        conclude(r, b, &a);
    }
}

static void send_request(struct mr_run *r, struct mr_actor_browser *b)
{
    uint8_t buf[MR_HTTP_CLIENT_OUT];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    (void)mr_http_client_output(&b->client, &w);
    if (mr_env_send(r->c->env, b->conn, mr_written(&w)) != MR_OK) {
        conclude(r, b, NULL);
    }
}

void mr_browser_net(struct mr_run *r, uint16_t slot, const struct mr_net_event *ev)
{
    if (slot >= MR_ACTOR_BROWSERS || !r->c->browsers[slot].live || r->c->browsers[slot].run != r->index) {
        return;
    }
    struct mr_actor_browser *b = &r->c->browsers[slot];
    if (ev->kind == MR_NET_CONNECTED) {
        b->up = true;
        b->conn = ev->conn;
        if (b->generation != r->st->generation) {
            hang_up(r->c, b);
        } else {
            send_request(r, b);
        }
    } else if (ev->kind == MR_NET_FAILED) {
        b->up = false;
        bool ours = b->generation == r->st->generation && r->st->phase == MR_RUN_WORKING;
        uint16_t target = b->target;
        b->live = false;
        if (ours) {
            if (mr_run_ops(r)->page) {
                mr_run_ops(r)->page(r, target, 0, "");
            }
        }
    } else if (ev->kind == MR_NET_DATA) {
        struct mr_feed f = mr_http_client_feed(&b->client, ev->data, r->c->env->now);
        (void)f; /* garbage comes out of next() as an outcome */
        take_answer(r, b);
    } else if (ev->kind == MR_NET_CLOSED) {
        b->up = false;
        mr_http_client_close(&b->client);
        take_answer(r, b);
        b->live = false;
    }
}

void mr_browsers_tick(struct mr_run *r)
{
    for (size_t i = 0; i < MR_ACTOR_BROWSERS; i++) {
        struct mr_actor_browser *b = &r->c->browsers[i];
        if (b->live && b->up && b->run == r->index) {
            mr_http_client_tick(&b->client, r->c->env->now);
            take_answer(r, b);
        }
    }
}
