/* page.c - a device's own web page: what it is, how it is, its settings, and what only its kind has: start and stop of a
 * controller, values and commands of a station, series of a historian. Accounts, sessions and lockout are the device's own.
 *
 * GET  /            what it is (HTML)          GET /status     the same and how it is, as JSON
 * GET  /login       form; POST account, password: 303 and a cookie, or 401; 423 while the account is locked
 * POST /logout
 * GET  /settings    JSON, for who is logged in; POST name, value: 200, 400 with what would be right
 * POST /plc/start, /plc/stop    controllers
 * GET  /values      stations, JSON             POST /operate tag, value
 * GET  /series?tag=T&from=S&to=S   historians: lines "seconds,value" */
#include "device/serve.h"

#include "proto/http/http_logins.h"
#include "proto/http/http_server.h"

#include <stdio.h>
#include <stdlib.h>

#define MR_PAGE_ACCOUNTS 8
#define MR_PAGE_BODY     7000 /* a page or answer; settings and values of a device fit */
#define MR_PAGE_IDLE     (15 * MR_MIN)
#define MR_PAGE_LOCK     (10 * MR_MIN)
#define MR_PAGE_COOKIE   "device"

struct page_state {
    struct mr_http_logins logins;
    struct mr_rng rng;
    uint32_t wrong[MR_PAGE_ACCOUNTS]; /* passwords in a row */
    mr_ns locked_until[MR_PAGE_ACCOUNTS];
};
static const struct mr_field state_fields[] = {
    MR_SUB(struct page_state, logins, &mr_http_logins_type),
    MR_SUB(struct page_state, rng, &mr_rng_type),
    MR_ARRAY(struct page_state, wrong, MR_U32),
    MR_ARRAY(struct page_state, locked_until, MR_I64),
};
static const struct mr_type state_type = MR_TYPE("web page", struct page_state, state_fields);

struct page {
    struct mr_env *env;
    const struct mr_host *host;
    const struct mr_device *plan;
    const struct mr_serve *serve;
    struct mr_http_manner manner;
    struct page_state *st;
};

/* One request being answered. */
struct turn {
    struct page *p;
    struct mr_http_server *session;
    const struct mr_http_request *q;
    uint32_t client;
    uint32_t user; /* login that is in, or MR_PAGE_ACCOUNTS */
    struct mr_writer body;
};

static void answer(struct turn *t, int status, const char *type, const struct mr_http_reply_field *fields, size_t nfields)
{
    if (t->body.full) {
        (void)mr_http_server_refuse(t->session, 500, t->p->env->now);
        return;
    }
    const struct mr_http_reply r = {status, type, mr_written(&t->body), 0, fields, nfields};
    if (mr_http_server_reply(t->session, &r, t->p->env->now) != MR_OK) {
        (void)mr_http_server_refuse(t->session, 500, t->p->env->now);
    }
}

static void answer_text(struct turn *t, int status, const char *text)
{
    mr_write_str(&t->body, text);
    mr_write_str(&t->body, "\n");
    answer(t, status, "text/plain; charset=utf-8", NULL, 0);
}

/* A JSON string; names and texts of content hold no control characters. */
static void json_string(struct mr_writer *w, const char *s)
{
    mr_write_u8(w, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') {
            mr_write_u8(w, '\\');
        }
        mr_write_u8(w, (uint8_t)*s >= 0x20 ? (uint8_t)*s : ' ');
    }
    mr_write_u8(w, '"');
}

static const char *state_name(const struct page *p)
{
    static const char *const names[] = {[MR_PLC_STOPPED] = "stopped", [MR_PLC_RUNNING] = "running", [MR_PLC_FAULTED] = "faulted"};
    return p->host->controller ? names[mr_plc_state(mr_controller_plc(p->host->controller))] : "running";
}

static void get_root(struct turn *t)
{
    const struct mr_personality *m = t->p->plan->personality;
    const char *title = m->http_title[0] ? m->http_title : m->product;
    mr_write_str(&t->body, "<!doctype html><html><head><meta charset=\"utf-8\"><title>");
    mr_http_html(&t->body, title);
    mr_write_str(&t->body, "</title></head><body><h1>");
    mr_http_html(&t->body, title);
    mr_write_str(&t->body, "</h1><table>");
    const char *const rows[][2] = {{"Name", t->p->plan->name},
                                   {"Vendor", m->vendor},
                                   {"Model", m->model},
                                   {"Firmware", m->firmware},
                                   {"State", state_name(t->p)}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mr_write_fmt(&t->body, "<tr><th>%s</th><td>", rows[i][0]);
        mr_http_html(&t->body, rows[i][1]);
        mr_write_str(&t->body, "</td></tr>");
    }
    mr_write_str(&t->body, "</table><p><a href=\"/login\">Login</a> <a href=\"/status\">Status</a></p></body></html>\n");
    answer(t, 200, "text/html; charset=utf-8", NULL, 0);
}

static void get_status(struct turn *t)
{
    const struct mr_personality *m = t->p->plan->personality;
    const char *const fields[][2] = {{"name", t->p->plan->name},
                                     {"vendor", m->vendor},
                                     {"model", m->model},
                                     {"firmware", m->firmware},
                                     {"state", state_name(t->p)}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        mr_write_fmt(&t->body, "%c\"%s\":", i ? ',' : '{', fields[i][0]);
        json_string(&t->body, fields[i][1]);
    }
    mr_write_fmt(&t->body, ",\"time_s\":%lld}\n", (long long)(t->p->env->now / MR_S));
    answer(t, 200, "application/json", NULL, 0);
}

/* --- logins ----------------------------------------------------------------------------------------------------------------- */

static void get_login(struct turn *t)
{
    mr_write_str(&t->body, "<!doctype html><html><head><meta charset=\"utf-8\"><title>Login</title></head><body>"
                           "<form method=\"post\" action=\"/login\"><input name=\"account\" placeholder=\"account\">"
                           "<input name=\"password\" type=\"password\"><button>Login</button></form></body></html>\n");
    answer(t, 200, "text/html; charset=utf-8", NULL, 0);
}

static uint32_t find_account(const struct page *p, const char *account)
{
    for (uint32_t i = 0; i < p->serve->http.nlogins && i < MR_PAGE_ACCOUNTS; i++) {
        if (strcmp(p->serve->http.logins[i].account, account) == 0) {
            return i;
        }
    }
    return MR_PAGE_ACCOUNTS;
}

static bool right_password(const struct page *p, uint32_t login, const char *password)
{
    const struct mr_setting_value *set = mr_settings_password(p->host->settings, (uint16_t)login);
    const char *wanted = set ? set->text : p->serve->http.logins[login].password;
    return wanted && wanted[0] != '\0' && strcmp(wanted, password) == 0;
}

static void count_wrong(struct page *p, uint32_t login)
{
    uint32_t limit = mr_settings_number(p->host->settings, MR_SET_LOGIN_LOCKOUT, 0);
    p->st->wrong[login]++;
    if (limit > 0 && p->st->wrong[login] >= limit) {
        p->st->wrong[login] = 0;
        p->st->locked_until[login] = p->env->now + MR_PAGE_LOCK;
    }
}

static void post_login(struct turn *t)
{
    struct page *p = t->p;
    char account[MR_EVENT_NAME] = "";
    char password[64] = "";
    char ip[16];
    (void)mr_http_form_value(t->q->body, "account", account, sizeof account);
    (void)mr_http_form_value(t->q->body, "password", password, sizeof password);
    uint32_t login = find_account(p, account);
    bool locked = login < MR_PAGE_ACCOUNTS && p->env->now < p->st->locked_until[login];
    bool good = login < MR_PAGE_ACCOUNTS && !locked && right_password(p, login, password);
    mr_env_emit(p->env, MR_EV_LOGIN, p->plan->name, account, mr_ip_format(t->client, ip), good, 0);
    if (locked) {
        answer_text(t, 423, "this account is locked");
    } else if (!good) {
        if (login < MR_PAGE_ACCOUNTS) {
            count_wrong(p, login);
        }
        answer_text(t, 401, "wrong account or password");
    } else {
        char cookie[128];
        p->st->wrong[login] = 0;
        mr_http_login(&p->st->logins, &p->st->rng, login, MR_PAGE_COOKIE, p->env->now, cookie, sizeof cookie);
        const struct mr_http_reply_field fields[] = {{"Set-Cookie", cookie}, {"Location", "/"}};
        answer(t, 303, NULL, fields, 2);
    }
}

static void post_logout(struct turn *t)
{
    mr_http_logout(&t->p->st->logins, t->q->fields, MR_PAGE_COOKIE);
    answer_text(t, 200, "logged out");
}

/* --- for who is logged in --------------------------------------------------------------------------------------------------- */

static void get_settings(struct turn *t)
{
    char value[MR_EVENT_DETAIL];
    mr_write_str(&t->body, "{");
    for (size_t i = 0; i < t->p->plan->nsettings; i++) {
        mr_write_fmt(&t->body, "%s\"%s\":", i ? "," : "", t->p->plan->settings[i].name);
        json_string(&t->body, mr_settings_format(t->p->host->settings, i, value, sizeof value));
    }
    mr_write_str(&t->body, "}\n");
    answer(t, 200, "application/json", NULL, 0);
}

static void post_settings(struct turn *t)
{
    char name[MR_EVENT_NAME] = "";
    char value[MR_EVENT_DETAIL] = "";
    char why[MR_EVENT_DETAIL] = "";
    if (!mr_http_form_value(t->q->body, "name", name, sizeof name) ||
        !mr_http_form_value(t->q->body, "value", value, sizeof value)) {
        answer_text(t, 400, "expected name and value");
        return;
    }
    enum mr_err err = t->p->host->set(t->p->host->ctx, t->p->host->device, name, value, why, sizeof why);
    if (err == MR_OK) {
        mr_env_emit(t->p->env, MR_EV_SETTING, t->p->plan->name, name,
                    mr_setting_shown(mr_device_setting(t->p->plan, name), value), 0, 0);
    }
    answer_text(t, err == MR_OK ? 200 : err == MR_E_NOT_FOUND ? 404 : 400, err == MR_OK ? "changed" : why);
}

static void post_plc(struct turn *t, bool run)
{
    if (!t->p->host->controller) {
        answer_text(t, 404, "not a controller");
        return;
    }
    char who[MR_EVENT_NAME];
    char ip[16];
    (void)snprintf(who, sizeof who, "%s from %s", t->p->serve->http.logins[t->user].account, mr_ip_format(t->client, ip));
    if (run) {
        mr_controller_run(t->p->host->controller, MR_PLC_WARM, who);
    } else {
        mr_controller_halt(t->p->host->controller, who);
    }
    answer_text(t, 200, state_name(t->p));
}

static void post_start(struct turn *t)
{
    post_plc(t, true);
}

static void post_stop(struct turn *t)
{
    post_plc(t, false);
}

static void get_values(struct turn *t)
{
    const struct mr_site *site = t->p->env->site;
    bool first = true;
    mr_write_str(&t->body, "{");
    for (uint16_t i = 0; t->p->host->station && i < site->ntags; i++) {
        double v;
        if (mr_station_value(t->p->host->station, i, &v) != MR_QUALITY_GOOD) {
            continue;
        }
        mr_write_fmt(&t->body, "%s\"%s\":", first ? "" : ",", site->tags[i].name);
        if (v - v == 0) {
            mr_write_fmt(&t->body, "%.6g", v);
        } else {
            mr_write_str(&t->body, "null"); /* whoever may write registers may write them so that they are no number */
        }
        first = false;
    }
    mr_write_str(&t->body, "}\n");
    answer(t, 200, "application/json", NULL, 0);
}

static void post_operate(struct turn *t)
{
    char tag[MR_EVENT_NAME] = "";
    char value[32] = "";
    char *end = value;
    if (!t->p->host->station || !mr_http_form_value(t->q->body, "tag", tag, sizeof tag) ||
        !mr_http_form_value(t->q->body, "value", value, sizeof value)) {
        answer_text(t, 400, "expected tag and value");
        return;
    }
    double v = strtod(value, &end);
    enum mr_err err = *end != '\0' || end == value
                          ? MR_E_INVALID
                          : mr_station_command(t->p->host->station, mr_site_tag(t->p->env->site, tag), v, MR_ASKER_PAGE, t->user);
    answer_text(t, err == MR_OK ? 202 : 400, err == MR_OK ? "sent" : mr_err_text(err));
}

static void page_command_done(void *ctx, uint32_t token, enum mr_err err)
{
    (void)ctx;
    (void)token;
    (void)err; /* the page has answered that the command was sent; its feedback shows in the values */
}

/* Seconds of site time in a query, at most as many as time reaches; *at is left alone where it has none. False where what it has is
 * no whole number. */
static bool query_time(const struct turn *t, const char *name, mr_ns *at)
{
    char text[24], *end;
    if (!mr_http_form_value(t->q->query, name, text, sizeof text)) {
        return true;
    }
    long long seconds = strtoll(text, &end, 10);
    if (__builtin_mul_overflow(seconds, MR_S, at)) {
        *at = seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    return end != text && *end == '\0';
}

static void get_series(struct turn *t)
{
    char tag[MR_EVENT_NAME] = "";
    if (!mr_http_form_value(t->q->query, "tag", tag, sizeof tag) || !t->p->host->station) {
        answer_text(t, 400, "expected a tag");
        return;
    }
    mr_ns from = 0, to = t->p->env->now;
    if (!query_time(t, "from", &from) || !query_time(t, "to", &to)) {
        answer_text(t, 400, "expected whole seconds in from and to");
        return;
    }
    uint16_t i = mr_site_tag(t->p->env->site, tag);
    if (i == MR_NO_TAG || mr_station_series(t->p->host->station, i, from, to, &t->body) != MR_OK) {
        answer_text(t, 404, "no series of that tag is kept here");
        return;
    }
    t->body.full = false; /* as many lines as fit; the next request goes on from the last */
    answer(t, 200, "text/csv", NULL, 0);
}

static const struct {
    enum mr_http_method method;
    const char *path;
    bool login; /* only for who is logged in */
    void (*run)(struct turn *t);
} routes[] = {
    {MR_HTTP_GET, "/", false, get_root},
    {MR_HTTP_GET, "/status", false, get_status},
    {MR_HTTP_GET, "/login", false, get_login},
    {MR_HTTP_POST, "/login", false, post_login},
    {MR_HTTP_POST, "/logout", true, post_logout},
    {MR_HTTP_GET, "/settings", true, get_settings},
    {MR_HTTP_POST, "/settings", true, post_settings},
    {MR_HTTP_POST, "/plc/start", true, post_start},
    {MR_HTTP_POST, "/plc/stop", true, post_stop},
    {MR_HTTP_GET, "/values", true, get_values},
    {MR_HTTP_POST, "/operate", true, post_operate},
    {MR_HTTP_GET, "/series", true, get_series},
};

static void route(struct turn *t)
{
    bool known = false;
    enum mr_http_method method = t->q->method == MR_HTTP_HEAD ? MR_HTTP_GET : t->q->method;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!mr_slice_eq(t->q->path, mr_slice_str(routes[i].path))) {
            continue;
        }
        known = true;
        if (routes[i].method != method) {
            continue;
        }
        if (routes[i].login && t->user >= MR_PAGE_ACCOUNTS) {
            answer_text(t, 401, "log in first: POST account and password to /login");
        } else {
            routes[i].run(t);
        }
        return;
    }
    (void)mr_http_server_refuse(t->session, known ? 405 : 404, t->p->env->now);
}

/* --- the service ------------------------------------------------------------------------------------------------------------ */

static void page_init(void *device, void *session)
{
    struct page *p = ((struct mr_serving *)device)->own;
    mr_http_server_init(session, &p->manner);
}

static bool page_open(void *device, void *session, uint32_t client, mr_ns now)
{
    (void)device;
    mr_http_server_open(session, client, now);
    return true;
}

static void page_close(void *device, void *session)
{
    (void)device;
    mr_http_server_close(session);
}

static void page_drain(void *device, void *session, uint32_t client)
{
    struct page *p = ((struct mr_serving *)device)->own;
    struct mr_http_request q;
    char buf[MR_PAGE_BODY];
    while (mr_http_server_next(session, &q)) {
        struct turn t = {p, session, &q, client, MR_PAGE_ACCOUNTS, mr_writer(buf, sizeof buf)};
        if (q.kind == MR_HTTP_EV_MORE) { /* every answer here fits at once */
            mr_http_server_body(session, mr_slice(NULL, 0), p->env->now);
            continue;
        }
        if (!mr_http_logged_in(&p->st->logins, q.fields, MR_PAGE_COOKIE, MR_PAGE_IDLE, p->env->now, &t.user) ||
            t.user >= p->serve->http.nlogins) {
            t.user = MR_PAGE_ACCOUNTS;
        }
        route(&t);
    }
}

static const struct mr_service_ops page_ops = {
    .session = &mr_http_server_ops, .init = page_init, .open = page_open, .close = page_close, .drain = page_drain};

static bool create(struct mr_serving *s)
{
    const struct mr_host *h = s->host;
    struct page *p = s->own = mr_arena_scratch(h->env->arena, sizeof *p);
    struct page_state *st = mr_arena_new(h->env->arena, &state_type, 1, "web page");
    if (!p || !st) {
        return false;
    }
    *p = (struct page){.env = h->env, .host = h, .plan = h->plan, .serve = s->plan, .manner = mr_http_default_manner, .st = st};
    p->manner.server = h->plan->personality->http_server[0] ? h->plan->personality->http_server : NULL;
    char stream[64];
    (void)snprintf(stream, sizeof stream, "page.%s", h->plan->name);
    st->rng = mr_rng_stream(h->env->seed, stream);
    if (h->station) {
        mr_station_answer_to(h->station, MR_ASKER_PAGE, page_command_done, p);
    }
    return true;
}

static void apply(struct mr_serving *s, const char *changed)
{
    const struct mr_setting *g = changed ? mr_device_setting(s->host->plan, changed) : NULL;
    if (g && g->id == MR_SET_PASSWORD) {
        mr_http_logout_user(&((struct page *)s->own)->st->logins, g->login);
    }
}

const struct mr_serve_row mr_serve_http = {&page_ops, create, apply, NULL, NULL};
