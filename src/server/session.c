/* session.c - accounts, passwords (argon2id of libsodium, RFC 9106), sessions.
 *
 * A session's token is 32 random bytes in a cookie; the store holds its hash only. Passwords of the event's accounts derive from
 * the event's secret (68 bits), so the hash need not be slow against guessing: its cost is kept at 8 MiB and two passes, which
 * two hundred accounts and a login storm can bear. Hashing runs on the loop's thread pool. */
#include "server/http.h"

#include "base/rng.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HASH_OPS         2
#define HASH_MEMORY      (8u << 20)
#define PASSWORD_MAX     128
#define LOGINS_AT_A_TIME 32
#define GUARDS           512 /* pairs of address and account whose failures are remembered */
#define TRIES            8   /* wrong passwords in a row ... */
#define PENALTY_S        30  /* ... until one must wait so long */

static struct {
    uint64_t key;
    uint32_t failures;
    int64_t since_s;
} guards[GUARDS];

static uint32_t hashing;

static int64_t wall_s(void)
{
    return (int64_t)time(NULL);
}

/* --- sessions --- */

static bool token_hash(const char *token, size_t n, uint8_t out[MR_STORE_TOKEN])
{
    uint8_t raw[32];
    size_t got = 0;
    if (n != 2 * sizeof raw || sodium_hex2bin(raw, sizeof raw, token, n, NULL, &got, NULL) != 0 || got != sizeof raw) {
        return false;
    }
    (void)crypto_generichash(out, MR_STORE_TOKEN, raw, sizeof raw, NULL, 0);
    return true;
}

void mr_session_find(struct mr_server *s, const char *cookies, struct mr_who *who)
{
    static const char name[] = "mr_session=";
    int64_t now = wall_s(), seen = 0;
    char account[MR_STORE_NAME];
    memset(who, 0, sizeof *who);
    mr_str_copy(who->account.role, sizeof who->account.role, MR_ROLE_ANYONE);
    const char *at = cookies;
    while (*at && strncmp(at, name, sizeof name - 1) != 0) {
        at += strcspn(at, ";");
        at += strspn(at, "; ");
    }
    if (!*at) {
        return;
    }
    at += sizeof name - 1;
    if (!token_hash(at, strcspn(at, "; "), who->token) ||
        mr_store_session(s->store, who->token, now - MR_SESSION_IDLE_S, account, sizeof account, &seen) != MR_OK) {
        return;
    }
    struct mr_account found;
    if (mr_store_account(s->store, account, &found) == MR_OK && mr_role_known(found.role)) {
        who->account = found;
        who->session = true;
        if (now - seen > 60) {
            mr_server_disk(s, mr_store_touch_session(s->store, who->token, now));
        }
    }
}

/* Sessions are in no record: a rollback must not take them along. What the store could not keep is not confirmed. */
static enum mr_err keep(struct mr_server *s, enum mr_err err)
{
    if (err == MR_OK) {
        err = mr_store_commit(s->store);
    }
    mr_server_disk(s, err);
    return err == MR_E_BUSY ? MR_OK : err; /* the next commit tries again */
}

static enum mr_err open_session(struct mr_server *s, const char *account, char cookie[128])
{
    uint8_t raw[32], hash[MR_STORE_TOKEN];
    char hex[2 * sizeof raw + 1];
    randombytes_buf(raw, sizeof raw);
    (void)sodium_bin2hex(hex, sizeof hex, raw, sizeof raw);
    (void)crypto_generichash(hash, sizeof hash, raw, sizeof raw, NULL, 0);
    (void)snprintf(cookie, 128, "mr_session=%s; Path=/; HttpOnly; SameSite=Strict", hex);
    return keep(s, mr_store_put_session(s->store, hash, account, wall_s()));
}

/* --- login --- */

static uint32_t guard_of(const struct mr_request *r, const char *account)
{
    char text[160];
    (void)snprintf(text, sizeof text, "%s %s", r->peer, account);
    uint64_t key = mr_hash_fnv(text, strlen(text));
    uint32_t i = (uint32_t)(key % GUARDS);
    if (guards[i].key != key || wall_s() - guards[i].since_s > PENALTY_S) {
        guards[i].key = key;
        guards[i].failures = 0;
        guards[i].since_s = wall_s();
    }
    return i;
}

struct login {
    uv_work_t work;
    struct mr_request *request;
    uint32_t guard;
    bool known, right;
    struct mr_account account;
    char password[PASSWORD_MAX + 1];
};

static void verify(uv_work_t *work)
{
    struct login *l = work->data;
    l->right = crypto_pwhash_str_verify(l->account.hash, l->password, strlen(l->password)) == 0 && l->known;
}

json_t *mr_account_json(const struct mr_account *a)
{
    return json_pack("{s:s, s:o, s:s, s:s?, s:s?}", "account", a->account, "name", mr_text_pair(a->zh, a->en), "role", a->role,
                     "team", a->team[0] ? a->team : NULL, "post", a->post[0] ? a->post : NULL);
}

static void verified(uv_work_t *work, int status)
{
    struct login *l = work->data;
    struct mr_request *r = l->request;
    hashing--;
    if (status == 0 && l->right) {
        char cookie[128];
        guards[l->guard].failures = 0;
        enum mr_err err = open_session(r->srv, l->account.account, cookie);
        if (err == MR_OK) {
            mr_answer_header(r, "set-cookie", cookie);
            mr_answer(r, 200, mr_account_json(&l->account));
        } else {
            mr_answer_err(r, err);
        }
    } else {
        guards[l->guard].failures++;
        guards[l->guard].since_s = wall_s();
        mr_answer_error(r, 401, "E_LOGIN");
    }
    sodium_memzero(l, sizeof *l);
    free(l);
}

/* A name that there is not takes as long as one that there is. */
static const char *no_account_hash(void)
{
    static char hash[crypto_pwhash_STRBYTES];
    if (!hash[0] && crypto_pwhash_str(hash, "nobody", 6, HASH_OPS, HASH_MEMORY) != 0) {
        hash[0] = '\0';
    }
    return hash;
}

void mr_api_login(struct mr_request *r)
{
    static const char *const names[] = {"account", "password", NULL};
    json_t *o = mr_request_json(r, names);
    if (!o) {
        return;
    }
    const char *account = json_string_value(json_object_get(o, "account"));
    const char *password = json_string_value(json_object_get(o, "password"));
    struct login *l = NULL;
    if (!account || !password || strlen(account) >= MR_STORE_NAME || strlen(password) > PASSWORD_MAX) {
        mr_answer_error(r, 400, "E_INVALID");
    } else if (guards[guard_of(r, account)].failures >= TRIES || hashing >= LOGINS_AT_A_TIME) {
        mr_answer_header(r, "retry-after", "30");
        mr_answer_error(r, 429, "E_TOO_MANY");
    } else if (!(l = calloc(1, sizeof *l))) {
        mr_answer_error(r, 503, "E_NOMEM");
    } else {
        l->request = r;
        l->guard = guard_of(r, account);
        l->known = mr_store_account(r->srv->store, account, &l->account) == MR_OK;
        if (!l->known) {
            mr_str_copy(l->account.hash, sizeof l->account.hash, no_account_hash());
        }
        mr_str_copy(l->password, sizeof l->password, password);
        l->work.data = l;
        hashing++;
        (void)uv_queue_work(r->srv->loop, &l->work, verify, verified);
    }
    json_decref(o);
}

void mr_api_logout(struct mr_request *r)
{
    enum mr_err err = keep(r->srv, mr_store_drop_session(r->srv->store, r->who.token));
    if (err != MR_OK) {
        mr_answer_err(r, err);
        return;
    }
    mr_answer_header(r, "set-cookie", "mr_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    mr_answer(r, 200, json_pack("{s:b}", "ok", 1));
}

void mr_api_me(struct mr_request *r)
{
    mr_answer(r, 200, mr_account_json(&r->who.account));
}

/* --- accounts of the event --- */

void mr_accounts_order(struct mr_server *s, const struct mr_command *order)
{
    struct mr_account a;
    mr_account_ordered(&a, order);
    mr_server_disk(s, mr_store_put_account(s->store, &a));
}

struct making {
    struct mr_server *srv;
    FILE *list;
    enum mr_err err;
    const char *wrong;
};

static void make(struct making *m, const char *account, struct mr_text name, const char *role, const char *team, const char *post)
{
    char password[MR_PASSWORD_LEN + 1], hash[crypto_pwhash_STRBYTES];
    struct mr_account known;
    if (m->err != MR_OK) {
        return;
    }
    mr_secret_password(&m->srv->secret, account, password);
    (void)fprintf(m->list, "%-16s %-16s %-10s %s\n", account, password, role, team);
    if (mr_store_account(m->srv->store, account, &known) == MR_OK) { /* it was in the record */
        m->err = strcmp(known.team, team) == 0 ? MR_OK : MR_E_EXISTS;
        m->wrong = account;
        return;
    }
    if (crypto_pwhash_str(hash, password, strlen(password), HASH_OPS, HASH_MEMORY) != 0) {
        m->err = MR_E_NOMEM;
        return;
    }
    struct mr_command c = {.verb = mr_slice_str("account")};
    mr_command_add(&c, "account", account);
    mr_command_add(&c, "zh", name.zh);
    mr_command_add(&c, "en", name.en);
    mr_command_add(&c, "role", role);
    mr_command_add(&c, "team", team);
    mr_command_add(&c, "post", post);
    mr_command_add(&c, "hash", hash);
    m->err = mr_orders_add(m->srv->orders, &c, NULL);
    if (m->err == MR_OK) {
        mr_accounts_order(m->srv, &c);
    }
}

/* Accounts that no event names. */
static void make_staff(struct making *m, const char *account, const char *role)
{
    json_t *name = mr_text_json(m->srv->texts, MR_TEXTS_ACCOUNTS, account, NULL, 0);
    struct mr_text title = {json_string_value(json_object_get(name, "zh")), json_string_value(json_object_get(name, "en"))};
    make(m, account, title, role, "", "");
    json_decref(name);
}

enum mr_err mr_accounts_make(struct mr_server *s, char *why, size_t cap)
{
    char path[MR_PATH + 32], fresh[MR_PATH + 32];
    (void)snprintf(path, sizeof path, "%s/accounts.txt", s->opt->state);
    (void)snprintf(fresh, sizeof fresh, "%s/accounts.txt.new", s->opt->state);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct making m = {.srv = s, .list = fd < 0 ? NULL : fdopen(fd, "w")};
    if (!m.list) {
        (void)snprintf(why, cap, "%s cannot be written", fresh);
        return MR_E_IO;
    }
    (void)fprintf(m.list, "%-16s %-16s %-10s %s\n", "# account", "password", "role", "team");
    make_staff(&m, MR_ACCOUNT_ORGANISER, "organiser");
    make_staff(&m, MR_ACCOUNT_BOARD, "spectator");
    for (uint32_t i = 0; i < s->nteams; i++) {
        const struct mr_team *t = s->teams[i].plan;
        for (size_t k = 0; k < t->nmembers; k++) {
            make(&m, t->members[k].account, t->members[k].title, "team", t->id, t->members[k].post);
        }
        if (t->nmembers == 0) {
            make(&m, t->id, t->name, "team", t->id, "captain"); /* a team that named nobody still can look */
        }
    }
    bool written = fflush(m.list) == 0 && fsync(fd) == 0;
    if (fclose(m.list) != 0 || !written || rename(fresh, path) != 0) {
        m.err = m.err != MR_OK ? m.err : MR_E_IO;
    }
    if (m.err == MR_E_EXISTS) {
        (void)snprintf(why, cap, "account '%s' belongs to more than one team; every person needs a name of their own", m.wrong);
    } else if (m.err != MR_OK) {
        (void)snprintf(why, cap, "accounts cannot be made: %s", mr_err_text(m.err));
    }
    return m.err;
}
