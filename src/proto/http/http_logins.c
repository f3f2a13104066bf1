/* http_logins.c - cookie sessions as RFC 6265 carries them. */
#include "proto/http/http_logins.h"

static const struct mr_field login_fields[] = {
    MR_FIELD(struct mr_http_login, live, MR_BOOL),
    MR_FIELD(struct mr_http_login, user, MR_U32),
    MR_FIELD(struct mr_http_login, used, MR_I64),
    MR_ARRAY(struct mr_http_login, token, MR_U64),
};
static const struct mr_type login_type = MR_TYPE_LIVE("http_login", struct mr_http_login, login_fields, live);
static const struct mr_field logins_fields[] = {
    MR_SUBS(struct mr_http_logins, login, &login_type),
};
const struct mr_type mr_http_logins_type = MR_TYPE("http_logins", struct mr_http_logins, logins_fields);

void mr_http_login(struct mr_http_logins *l, struct mr_rng *rng, uint32_t user, const char *name, mr_ns now, char *cookie,
                   size_t cap)
{
    struct mr_http_login *slot = &l->login[0];
    for (size_t i = 1; i < MR_HTTP_LOGINS && slot->live; i++) {
        if (!l->login[i].live || l->login[i].used < slot->used) {
            slot = &l->login[i];
        }
    }
    *slot = (struct mr_http_login){true, user, now, {mr_rng_u64(rng), mr_rng_u64(rng)}};
    struct mr_writer w = mr_writer(cookie, cap - 1);
    mr_write_fmt(&w, "%s=%016llx%016llx; Path=/; HttpOnly", name, (unsigned long long)slot->token[0],
                 (unsigned long long)slot->token[1]);
    cookie[w.n] = '\0';
}

static struct mr_http_login *find(struct mr_http_logins *l, struct mr_slice fields, const char *name)
{
    struct mr_slice field, value;
    if (mr_http_find(fields, "cookie", &field) == 0 || !mr_http_cookie(field, name, &value) || value.n != MR_HTTP_TOKEN_CHARS) {
        return NULL;
    }
    for (size_t i = 0; i < MR_HTTP_LOGINS; i++) {
        struct mr_http_login *g = &l->login[i];
        char token[MR_HTTP_TOKEN_CHARS];
        struct mr_writer w = mr_writer(token, sizeof token);
        mr_write_fmt(&w, "%016llx%016llx", (unsigned long long)g->token[0], (unsigned long long)g->token[1]);
        if (g->live && mr_slice_eq(value, mr_written(&w))) {
            return g;
        }
    }
    return NULL;
}

bool mr_http_logged_in(struct mr_http_logins *l, struct mr_slice fields, const char *name, mr_ns idle, mr_ns now, uint32_t *user)
{
    struct mr_http_login *g = find(l, fields, name);
    if (!g) {
        return false;
    }
    if (now - g->used > idle) {
        g->live = false;
        return false;
    }
    g->used = now;
    *user = g->user;
    return true;
}

void mr_http_logout(struct mr_http_logins *l, struct mr_slice fields, const char *name)
{
    struct mr_http_login *g = find(l, fields, name);
    if (g) {
        g->live = false;
    }
}

void mr_http_logout_user(struct mr_http_logins *l, uint32_t user)
{
    for (size_t i = 0; i < MR_HTTP_LOGINS; i++) {
        l->login[i].live = l->login[i].live && l->login[i].user != user;
    }
}
