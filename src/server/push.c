/* push.c - WebSockets: one message to many, each kept once and counted. A client that cannot keep up is let go; it comes back and
 * reads the state again. */
#include "server/http.h"

#include <libwebsockets.h>
#include <stdlib.h>

#define QUEUE       256 /* messages that wait for one client: half a minute of a lively event */
#define CLIENTS_MAX 512

struct message {
    uint32_t refs;
    size_t n;
    uint8_t bytes[]; /* LWS_PRE, then the text */
};

struct mr_client {
    struct mr_client *next;
    struct mr_server *srv;
    struct lws *wsi;
    struct mr_who who;
    bool values; /* asked for them */
    bool lost;
    uint32_t first, n;
    struct message *queue[QUEUE];
};

struct mr_push {
    struct mr_client *clients;
    uint32_t n;
};

static void release(struct message *m)
{
    if (--m->refs == 0) {
        free(m);
    }
}

struct mr_client *mr_client_create(struct mr_server *s, struct lws *wsi, const struct mr_who *who)
{
    if (!s->push) {
        s->push = calloc(1, sizeof *s->push);
    }
    struct mr_client *c = s->push && s->push->n < CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;
    if (c) {
        c->srv = s;
        c->wsi = wsi;
        c->who = *who;
        c->next = s->push->clients;
        s->push->clients = c;
        s->push->n++;
    }
    return c;
}

void mr_client_destroy(struct mr_server *s, struct mr_client *c)
{
    struct mr_client **p = &s->push->clients;
    while (*p != c) {
        p = &(*p)->next;
    }
    *p = c->next;
    s->push->n--;
    for (uint32_t i = 0; i < c->n; i++) {
        release(c->queue[(c->first + i) % QUEUE]);
    }
    free(c);
}

int mr_client_receive(struct mr_client *c, const char *text, size_t n)
{
    json_t *o = n <= 1024 ? json_loadb(text, n, 0, NULL) : NULL;
    const char *t = json_string_value(json_object_get(o, "t"));
    json_t *what = json_object_get(o, "what"), *item;
    size_t i;
    bool fine = t && strcmp(t, "watch") == 0 && json_is_array(what);
    if (fine) {
        c->values = false;
        json_array_foreach(what, i, item)
        {
            const char *word = json_string_value(item);
            c->values = c->values || (word && strcmp(word, "values") == 0);
        }
    }
    json_decref(o);
    return fine ? 0 : -1;
}

int mr_client_writable(struct mr_client *c)
{
    if (c->lost) {
        return -1;
    }
    if (c->n == 0) {
        return 0;
    }
    struct message *m = c->queue[c->first];
    c->first = (c->first + 1) % QUEUE;
    c->n--;
    int rc = lws_write(c->wsi, m->bytes + LWS_PRE, m->n, LWS_WRITE_TEXT);
    bool whole = rc >= (int)m->n;
    release(m);
    if (c->n > 0) {
        (void)lws_callback_on_writable(c->wsi);
    }
    return whole ? 0 : -1;
}

static void enqueue(struct mr_client *c, struct message *m)
{
    if (c->n == QUEUE) {
        c->lost = true;
    } else {
        c->queue[(c->first + c->n++) % QUEUE] = m;
        m->refs++;
    }
    (void)lws_callback_on_writable(c->wsi);
}

/* `team` NULL: everybody. */
static void send_all(struct mr_server *s, const char *team, bool values, const char *kind, json_t *o)
{
    struct mr_client *c = s->push ? s->push->clients : NULL;
    struct message *m = NULL;
    for (; c; c = c->next) {
        if ((team && strcmp(c->who.account.team, team) != 0) || (values && !c->values)) {
            continue;
        }
        if (!m) {
            json_object_set_new(o, "t", json_string(kind));
            char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
            size_t n = text ? strlen(text) : 0;
            m = text ? malloc(sizeof *m + LWS_PRE + n) : NULL;
            if (m) {
                m->refs = 1;
                m->n = n;
                memcpy(m->bytes + LWS_PRE, text, n);
            }
            free(text);
            if (!m) {
                break;
            }
        }
        enqueue(c, m);
    }
    if (m) {
        release(m);
    }
    json_decref(o);
}

void mr_push_all(struct mr_server *s, const char *kind, json_t *o)
{
    send_all(s, NULL, false, kind, o);
}

void mr_push_team(struct mr_team_run *t, const char *kind, json_t *o)
{
    send_all(t->srv, t->plan->id, strcmp(kind, "values") == 0, kind, o);
}

bool mr_push_watched(const struct mr_team_run *t, const char *what)
{
    for (struct mr_client *c = t->srv->push ? t->srv->push->clients : NULL; c; c = c->next) {
        if (strcmp(what, "values") == 0 && c->values && strcmp(c->who.account.team, t->plan->id) == 0) {
            return true;
        }
    }
    return false;
}

bool mr_push_online(const struct mr_server *s, const char *account)
{
    for (struct mr_client *c = s->push ? s->push->clients : NULL; c; c = c->next) {
        if (strcmp(c->who.account.account, account) == 0) {
            return true;
        }
    }
    return false;
}

void mr_push_close(struct mr_server *s)
{
    MR_ASSERT(!s->push || !s->push->clients); /* libwebsockets has closed them all */
    free(s->push);
    s->push = NULL;
}
