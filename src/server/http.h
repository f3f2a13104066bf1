/* http.h - requests and answers, without a line about what is asked: libwebsockets on the loop, limits, sessions, errors.
 *
 * A handler answers at once or later (a submission waits for its ACK): until it has answered the request is its own; the client
 * may be gone by then, which no handler need notice. */
#ifndef MR_SERVER_HTTP_H
#define MR_SERVER_HTTP_H

#include "server/permit.h"
#include "server/state.h"

#define MR_BODY_MAX  65536 /* of a request */
#define MR_QUERY_MAX 1024

enum mr_method { MR_GET, MR_HEAD, MR_POST, MR_PUT };

/* Whose session it is; role MR_ROLE_ANYONE without one. */
struct mr_who {
    struct mr_account account;
    uint8_t token[MR_STORE_TOKEN]; /* hash */
    bool session;
};

struct mr_request {
    struct mr_server *srv;
    struct lws *wsi; /* NULL: the client has gone */
    enum mr_method method;
    char path[256];
    char query[MR_QUERY_MAX]; /* "a=1" NUL "b=2" NUL NUL, decoded */
    char peer[64];
    char range[64];
    bool marked; /* carried X-Millrace: 1 */
    struct mr_who who;
    struct mr_team_run *team; /* of who, where they have one */
    const char *rest;         /* what a route's '*' stood for */
    uint8_t *body;
    size_t nbody;
    bool too_large, handled, answered, in_callback;
    void *ctx; /* of a handler that answers later */

    /* the answer */
    int status;
    const char *type;
    char headers[512]; /* "name: value" lines joined by '\n' */
    uint8_t *out;      /* LWS_PRE bytes, then the answer */
    size_t nout;
    int fd; /* or a file's */
    int64_t file_at, left;
    bool headers_sent;
};

typedef void mr_handler(struct mr_request *r);
struct mr_route {
    enum mr_method method;
    const char *path; /* '*' at its end stands for one name */
    enum mr_right right;
    bool needs_team; /* the account belongs to one */
    mr_handler *run;
};
const struct mr_route *mr_routes(size_t *n);

/* A query's argument; false where it is absent or too long. */
bool mr_request_arg(const struct mr_request *r, const char *name, char *buf, size_t cap);
/* The body as a JSON object with these members and no others; NULL where it is not, and then it is answered. `names` end with
 * NULL; one that begins with '?' may be absent. */
json_t *mr_request_json(struct mr_request *r, const char *const *names);

/* Exactly one of these ends a request. The first takes `o`. */
void mr_answer(struct mr_request *r, int status, json_t *o);
void mr_answer_error(struct mr_request *r, int status, const char *code); /* text from errors.json */
/* The same, with what stands for {0}, {1}, ... in the text. */
void mr_answer_error_args(struct mr_request *r, int status, const char *code, const char *const *args, size_t nargs);
void mr_answer_bytes(struct mr_request *r, const char *type, const char *bytes, size_t n);
/* Takes `fd`; answers a Range. */
void mr_answer_file(struct mr_request *r, const char *type, int fd);
void mr_answer_header(struct mr_request *r, const char *name, const char *value); /* before one of the above */
/* For an mr_err that a submission gave. */
void mr_answer_err(struct mr_request *r, enum mr_err err);

/* Whether a site takes commands now; where it does not, the request is answered. */
bool mr_submittable(struct mr_request *r);
/* The command, in the member's name, to the team's site; `fn` answers when it is in the record, or the request is answered with
 * why not. mr_submitted is such a function where nothing is to be said but that it was taken. */
void mr_submit(struct mr_request *r, struct mr_command *c, const char *verb, mr_submitted_fn *fn);
void mr_submitted(void *ctx, enum mr_err err, uint64_t seq);

/* The port. MR_E_IN_USE and others, said in `why`. */
enum mr_err mr_http_open(struct mr_server *s, char *why, size_t cap);
/* Begins to end; the loop must run on until its handles are closed, then mr_http_free. */
void mr_http_close(struct mr_server *s);
void mr_http_free(struct mr_server *s);

/* session.c */
#define MR_SESSION_IDLE_S ((int64_t)12 * 3600)
void mr_session_find(struct mr_server *s, const char *cookies, struct mr_who *who);
void mr_api_login(struct mr_request *r);
void mr_api_logout(struct mr_request *r);
void mr_api_me(struct mr_request *r);
json_t *mr_account_json(const struct mr_account *a); /* as pages have it */
/* Accounts of the event's file: made once, with passwords that derive from the secret. */
enum mr_err mr_accounts_make(struct mr_server *s, char *why, size_t cap);
void mr_accounts_order(struct mr_server *s, const struct mr_command *order); /* from the record into the store */

/* static.c */
void mr_static(struct mr_request *r);

/* handlers */
void mr_api_event(struct mr_request *r);
void mr_api_feed(struct mr_request *r);
void mr_api_history(struct mr_request *r);
void mr_api_team(struct mr_request *r);
void mr_api_values(struct mr_request *r);
void mr_api_trend(struct mr_request *r);
void mr_api_alarms(struct mr_request *r);
void mr_api_acknowledge(struct mr_request *r);
void mr_api_hmi(struct mr_request *r);
void mr_api_operate(struct mr_request *r);
void mr_api_settings(struct mr_request *r);
void mr_api_set(struct mr_request *r);
void mr_api_restart(struct mr_request *r);
void mr_api_findings(struct mr_request *r);
void mr_api_find(struct mr_request *r);
void mr_api_firewall(struct mr_request *r);
void mr_api_firewall_put(struct mr_request *r);
void mr_api_denials(struct mr_request *r);
void mr_api_captures(struct mr_request *r);
void mr_api_capture(struct mr_request *r);
void mr_api_ledger(struct mr_request *r);
void mr_api_status(struct mr_request *r);
void mr_api_start(struct mr_request *r);
void mr_api_pause(struct mr_request *r);
void mr_api_resume(struct mr_request *r);
void mr_api_correction(struct mr_request *r);
void mr_api_accounts(struct mr_request *r);

/* push.c: callbacks of a WebSocket. */
struct mr_client;
struct mr_client *mr_client_create(struct mr_server *s, struct lws *wsi, const struct mr_who *who);
void mr_client_destroy(struct mr_server *s, struct mr_client *c);
/* Nonzero: close it. */
int mr_client_receive(struct mr_client *c, const char *text, size_t n);
int mr_client_writable(struct mr_client *c);

#endif
