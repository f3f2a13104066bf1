/* http.c - libwebsockets 4 as a guest on our libuv loop. One protocol does HTTP and, at /ws, WebSockets. */
#include "server/http.h"

#include "server/peers.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK       16384                        /* of a file, at a time */
#define DESCRIPTORS ((rlim_t)2 * MR_CONNECTIONS) /* sites, store and files need some too */

struct mr_http {
    struct lws_context *context;
    struct mr_peers peers;
};

struct connection { /* libwebsockets keeps one a connection */
    struct mr_request *request;
    struct mr_client *client;
    struct mr_who who; /* of a WebSocket in the making */
};

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
    {"millrace", callback, sizeof(struct connection), 4096, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static struct mr_server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* --- a request's life --- */

static void request_free(struct mr_request *r)
{
    if (r->fd >= 0) {
        (void)close(r->fd);
    }
    free(r->body);
    free(r->out);
    free(r);
}

/* The client has gone: an answered request ends here, another when its handler answers. */
static void detach(struct mr_request *r)
{
    r->wsi = NULL;
    if (r->answered || !r->handled) {
        request_free(r);
    }
}

static void answered(struct mr_request *r)
{
    MR_ASSERT(!r->answered);
    r->answered = true;
    if (r->wsi) {
        (void)lws_callback_on_writable(r->wsi);
    } else if (!r->in_callback) {
        request_free(r);
    }
}

void mr_answer_header(struct mr_request *r, const char *name, const char *value)
{
    size_t n = strlen(r->headers);
    (void)snprintf(r->headers + n, sizeof r->headers - n, "%s: %s\n", name, value);
}

void mr_answer_bytes(struct mr_request *r, const char *type, const char *bytes, size_t n)
{
    r->out = malloc(LWS_PRE + n + 1);
    r->type = type;
    r->status = r->status ? r->status : 200;
    if (r->out) {
        memcpy(r->out + LWS_PRE, bytes, n);
        r->nout = n;
        r->left = (int64_t)n;
    } else {
        r->status = 500;
    }
    answered(r);
}

void mr_answer(struct mr_request *r, int status, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(o);
    r->status = text ? status : 500;
    mr_answer_header(r, "cache-control", "no-store");
    mr_answer_bytes(r, "application/json; charset=utf-8", text ? text : "{}", text ? strlen(text) : 2);
    free(text);
}

void mr_answer_error_args(struct mr_request *r, int status, const char *code, const char *const *args, size_t nargs)
{
    struct mr_text both[MR_TEXT_ARGS] = {0};
    MR_ASSERT(nargs <= MR_TEXT_ARGS);
    for (size_t i = 0; i < nargs; i++) {
        both[i] = (struct mr_text){args[i], args[i]};
    }
    json_t *text = mr_text_json(r->srv->texts, MR_TEXTS_ERRORS, code, both, nargs);
    mr_answer(r, status, json_pack("{s:{s:s, s:o}}", "error", "code", code, "text", text));
}

void mr_answer_error(struct mr_request *r, int status, const char *code)
{
    mr_answer_error_args(r, status, code, NULL, 0);
}

void mr_answer_err(struct mr_request *r, enum mr_err err)
{
    char code[32];
    int status = 503; /* not confirmed: try again */
    if (err == MR_E_INVALID || err == MR_E_RANGE || err == MR_E_MALFORMED || err == MR_E_UNSUPPORTED) {
        status = 400;
    } else if (err == MR_E_NOT_FOUND) {
        status = 404;
    } else if (err == MR_E_DENIED) {
        status = 403;
    } else if (err == MR_E_BUSY || err == MR_E_EXISTS) {
        status = 409;
    } else if (err == MR_E_NO_SPACE) {
        status = 507;
    }
    (void)snprintf(code, sizeof code, "%s", mr_err_name(err));
    mr_answer_error(r, status, code);
}

/* "bytes=a-b", "bytes=a-", "bytes=-n": one range; anything else is answered with the whole (RFC 9110, 14.2). */
static bool parse_range(const char *text, int64_t size, int64_t *from, int64_t *to)
{
    char *end;
    if (strncmp(text, "bytes=", 6) != 0 || strchr(text, ',') || size == 0) {
        return false;
    }
    text += 6;
    if (*text == '-') {
        long long n = strtoll(text + 1, &end, 10);
        *from = n > size ? 0 : size - n;
        *to = size - 1;
        return *end == '\0' && end > text + 1 && n > 0;
    }
    *from = strtoll(text, &end, 10);
    if (end == text || *end != '-' || *from < 0) {
        return false;
    }
    text = end + 1;
    *to = *text ? strtoll(text, &end, 10) : size - 1;
    if (*text && (*end != '\0' || *to < *from)) {
        return false;
    }
    *to = *to < size ? *to : size - 1;
    return true;
}

void mr_answer_file(struct mr_request *r, const char *type, int fd)
{
    struct stat st;
    int64_t from = 0, to = 0;
    r->type = type;
    r->status = 200;
    if (fstat(fd, &st) != 0) {
        (void)close(fd);
        mr_answer_error(r, 404, "E_NOT_FOUND");
        return;
    }
    r->fd = fd;
    r->left = st.st_size;
    mr_answer_header(r, "accept-ranges", "bytes");
    if (r->range[0] && parse_range(r->range, st.st_size, &from, &to)) {
        char text[96];
        if (from >= st.st_size) {
            (void)snprintf(text, sizeof text, "bytes */%lld", (long long)st.st_size);
            r->status = 416;
            r->left = 0;
        } else {
            (void)snprintf(text, sizeof text, "bytes %lld-%lld/%lld", (long long)from, (long long)to, (long long)st.st_size);
            r->status = 206;
            r->file_at = from;
            r->left = to - from + 1;
        }
        mr_answer_header(r, "content-range", text);
    }
    answered(r);
}

/* --- questions --- */

bool mr_request_arg(const struct mr_request *r, const char *name, char *buf, size_t cap)
{
    size_t n = strlen(name);
    for (const char *q = r->query; *q; q += strlen(q) + 1) {
        if (strncmp(q, name, n) == 0 && q[n] == '=') {
            if (strlen(q + n + 1) >= cap) {
                return false;
            }
            mr_str_copy(buf, cap, q + n + 1);
            return true;
        }
    }
    return false;
}

static bool named(const char *const *names, const char *key)
{
    for (; *names; names++) {
        if (strcmp(**names == '?' ? *names + 1 : *names, key) == 0) {
            return true;
        }
    }
    return false;
}

json_t *mr_request_json(struct mr_request *r, const char *const *names)
{
    json_t *o = r->nbody ? json_loadb((const char *)r->body, r->nbody, JSON_REJECT_DUPLICATES, NULL) : json_object();
    const char *key, *wrong = NULL;
    json_t *value;
    if (!json_is_object(o)) {
        json_decref(o);
        mr_answer_error(r, 400, "E_MALFORMED");
        return NULL;
    }
    json_object_foreach(o, key, value)
    {
        wrong = named(names, key) ? wrong : "unknown";
    }
    for (size_t i = 0; names[i]; i++) {
        if (names[i][0] != '?' && !json_object_get(o, names[i])) {
            wrong = names[i];
        }
    }
    if (wrong) {
        json_decref(o);
        mr_answer_error(r, 400, "E_INVALID");
        return NULL;
    }
    return o;
}

static bool route_fits(const struct mr_route *route, struct mr_request *r)
{
    size_t n = strlen(route->path);
    enum mr_method method = r->method == MR_HEAD ? MR_GET : r->method;
    if (route->method != method) {
        return false;
    }
    if (route->path[n - 1] != '*') {
        return strcmp(route->path, r->path) == 0;
    }
    r->rest = r->path + n - 1;
    return strncmp(route->path, r->path, n - 1) == 0 && *r->rest && !strchr(r->rest, '/');
}

static void dispatch(struct mr_request *r, const struct mr_route *route)
{
    if (!mr_may(r->who.account.role, route->right)) {
        mr_answer_error(r, r->who.session ? 403 : 401, r->who.session ? "E_DENIED" : "E_NO_SESSION");
    } else if (r->method != MR_GET && r->method != MR_HEAD && !r->marked) {
        mr_answer_error(r, 403, "E_DENIED"); /* another site's form cannot set the header */
    } else if (r->too_large) {
        mr_answer_error(r, 413, "E_TOO_LARGE");
    } else if (route->needs_team && !r->team) {
        mr_answer_error(r, 403, "E_NO_TEAM");
    } else {
        route->run(r);
    }
}

static void handle(struct mr_request *r)
{
    size_t n;
    const struct mr_route *routes = mr_routes(&n);
    bool api = strncmp(r->path, "/api/", 5) == 0;
    r->handled = true;
    r->in_callback = true;
    if (api && !mr_server_back(r->srv)) {
        mr_answer_header(r, "retry-after", "1");
        mr_answer_error(r, 503, "E_COMING_BACK");
        r->in_callback = false;
        return;
    }
    for (size_t i = 0; i < n && api; i++) {
        if (route_fits(&routes[i], r)) {
            dispatch(r, &routes[i]);
            r->in_callback = false;
            return;
        }
    }
    if (api || (r->method != MR_GET && r->method != MR_HEAD)) {
        mr_answer_error(r, 404, "E_NOT_FOUND");
    } else {
        mr_static(r);
    }
    r->in_callback = false;
}

/* --- libwebsockets --- */

static void copy_query(struct lws *wsi, struct mr_request *r)
{
    size_t at = 0;
    char arg[512];
    for (int i = 0; lws_hdr_copy_fragment(wsi, arg, sizeof arg, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
        size_t n = strlen(arg) + 1;
        if (at + n + 1 > sizeof r->query) {
            break;
        }
        memcpy(r->query + at, arg, n);
        at += n;
    }
}

static struct mr_request *request_create(struct lws *wsi, const char *uri, size_t n, enum mr_method method)
{
    struct mr_request *r = calloc(1, sizeof *r);
    char mark[8], cookies[1024];
    if (!r || n >= sizeof r->path || memchr(uri, 0, n)) {
        free(r);
        return NULL;
    }
    r->srv = server_of(wsi);
    r->wsi = wsi;
    r->fd = -1;
    r->method = method;
    memcpy(r->path, uri, n);
    copy_query(wsi, r);
    (void)lws_get_peer_simple(wsi, r->peer, sizeof r->peer);
    (void)lws_hdr_copy(wsi, r->range, sizeof r->range, WSI_TOKEN_HTTP_RANGE);
    r->marked = lws_hdr_custom_copy(wsi, mark, sizeof mark, "x-millrace:", 11) == 1 && mark[0] == '1';
    bool has = lws_hdr_copy(wsi, cookies, sizeof cookies, WSI_TOKEN_HTTP_COOKIE) > 0;
    mr_session_find(r->srv, has ? cookies : "", &r->who);
    r->team = r->who.account.team[0] ? mr_server_team(r->srv, r->who.account.team) : NULL;
    return r;
}

static bool method_of(int lws_method, enum mr_method *out)
{
    switch (lws_method) {
    case LWSHUMETH_GET:
        *out = MR_GET;
        return true;
    case LWSHUMETH_HEAD:
        *out = MR_HEAD;
        return true;
    case LWSHUMETH_POST:
        *out = MR_POST;
        return true;
    case LWSHUMETH_PUT:
        *out = MR_PUT;
        return true;
    default:
        return false;
    }
}

static int on_request(struct lws *wsi, struct connection *c)
{
    char *uri, length[24];
    int n = 0;
    enum mr_method method;
    if (!method_of(lws_http_get_uri_and_method(wsi, &uri, &n), &method) || n <= 0) {
        return lws_return_http_status(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, NULL) ? -1 : 0;
    }
    if (c->request) { /* the one before on this connection: answered, or it could not be here */
        detach(c->request);
    }
    c->request = request_create(wsi, uri, (size_t)n, method);
    if (!c->request) {
        return -1;
    }
    bool has_length = lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
    long long bytes = has_length ? strtoll(length, NULL, 10) : 0;
    if (bytes > MR_BODY_MAX) {
        c->request->too_large = true; /* not even read */
        bytes = 0;
    }
    if (method == MR_GET || method == MR_HEAD || bytes <= 0) {
        handle(c->request);
    }
    return 0;
}

static int on_body(struct mr_request *r, const void *in, size_t n)
{
    if (!r || r->handled) {
        return 0;
    }
    if (r->nbody + n > MR_BODY_MAX) {
        return -1;
    }
    uint8_t *more = realloc(r->body, r->nbody + n + 1);
    if (!more) {
        return -1;
    }
    memcpy(more + r->nbody, in, n);
    r->body = more;
    r->nbody += n;
    return 0;
}

static bool add_header(struct lws *wsi, const char *name, const char *value, size_t n, uint8_t **p, uint8_t *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)n, p, end) == 0;
}

/* Safe for pages that run no foreign script; see web/API.md. */
static const char *const safety[][2] = {
    {"content-security-policy:",
     "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; "
     "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {"x-content-type-options:", "nosniff"},
    {"referrer-policy:", "no-referrer"},
};

static int send_headers(struct lws *wsi, struct mr_request *r)
{
    uint8_t buf[LWS_PRE + 2048], *start = buf + LWS_PRE, *p = start, *end = buf + sizeof buf - 1;
    if (lws_add_http_common_headers(wsi, (unsigned)r->status, r->type, (lws_filepos_t)r->left, &p, end)) {
        return -1;
    }
    for (size_t i = 0; i < sizeof safety / sizeof safety[0]; i++) {
        if (!add_header(wsi, safety[i][0], safety[i][1], strlen(safety[i][1]), &p, end)) {
            return -1;
        }
    }
    for (const char *h = r->headers; *h;) {
        char name[64];
        const char *value = strstr(h, ": "), *stop = strchr(h, '\n');
        (void)snprintf(name, sizeof name, "%.*s", (int)(value + 1 - h), h);
        if (!add_header(wsi, name, value + 2, (size_t)(stop - value - 2), &p, end)) {
            return -1;
        }
        h = stop + 1;
    }
    r->headers_sent = true;
    return lws_finalize_write_http_header(wsi, start, &p, end) ? -1 : 0;
}

/* A connection whose request was not read to its end can carry no other. */
static int finished(struct lws *wsi, struct connection *c)
{
    bool close_it = c->request->too_large;
    request_free(c->request);
    c->request = NULL;
    return lws_http_transaction_completed(wsi) || close_it ? -1 : 0;
}

static int send_body(struct lws *wsi, struct connection *c)
{
    struct mr_request *r = c->request;
    uint8_t buf[LWS_PRE + CHUNK];
    size_t n = r->left < CHUNK ? (size_t)r->left : CHUNK;
    if (r->fd >= 0) {
        ssize_t got = pread(r->fd, buf + LWS_PRE, n, r->file_at);
        if (got <= 0) {
            return -1; /* the file has become shorter */
        }
        n = (size_t)got;
        r->file_at += got;
    } else {
        memcpy(buf + LWS_PRE, r->out + LWS_PRE + (r->nout - (size_t)r->left), n);
    }
    bool last = (int64_t)n == r->left;
    if (lws_write(wsi, buf + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n) {
        return -1;
    }
    r->left -= (int64_t)n;
    if (last) {
        return finished(wsi, c);
    }
    (void)lws_callback_on_writable(wsi);
    return 0;
}

static int on_writable(struct lws *wsi, struct connection *c)
{
    struct mr_request *r = c->request;
    if (!r || !r->answered) {
        return 0;
    }
    if (!r->headers_sent) {
        if (send_headers(wsi, r) != 0) {
            return -1;
        }
        if (r->left == 0 || r->method == MR_HEAD) {
            return finished(wsi, c);
        }
        (void)lws_callback_on_writable(wsi);
        return 0;
    }
    return send_body(wsi, c);
}

/* Who may open a WebSocket: anyone, from a page of ours. A browser says where the page came from. */
static int on_upgrade(struct lws *wsi, struct connection *c)
{
    char uri[64], origin[256], host[256], cookies[1024];
    if (lws_hdr_copy(wsi, uri, sizeof uri, WSI_TOKEN_GET_URI) <= 0 || strcmp(uri, "/ws") != 0) {
        return -1;
    }
    if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) > 0) {
        const char *from = strstr(origin, "://");
        if (lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) <= 0 || !from || strcmp(from + 3, host) != 0) {
            return -1;
        }
    }
    bool has = lws_hdr_copy(wsi, cookies, sizeof cookies, WSI_TOKEN_HTTP_COOKIE) > 0;
    mr_session_find(server_of(wsi), has ? cookies : "", &c->who);
    return 0;
}

/* Told before a byte is read; not 0: it is closed. Its number, and one, is kept with it. */
static int on_accepted(struct lws *wsi)
{
    char peer[64] = "";
    (void)lws_get_peer_simple(wsi, peer, sizeof peer);
    int number = mr_peers_join(&server_of(wsi)->http->peers, peer);
    if (number >= 0) {
        lws_set_opaque_user_data(wsi, (void *)(intptr_t)(number + 1));
    }
    return number < 0;
}

static void on_gone(struct lws *wsi)
{
    intptr_t number = (intptr_t)lws_get_opaque_user_data(wsi);
    if (number > 0) {
        mr_peers_leave(&server_of(wsi)->http->peers, (int)number - 1);
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct connection *c = user;
    switch ((int)reason) { /* most reasons are none of ours */
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return on_accepted(wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        on_gone(wsi);
        return 0;
    case LWS_CALLBACK_HTTP:
        return on_request(wsi, c);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(c->request, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (c->request && !c->request->handled) {
            handle(c->request);
        }
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return on_writable(wsi, c);
    case LWS_CALLBACK_CLOSED_HTTP:
        if (c && c->request) {
            detach(c->request);
            c->request = NULL;
        }
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return on_upgrade(wsi, c);
    case LWS_CALLBACK_ESTABLISHED:
        c->client = mr_client_create(server_of(wsi), wsi, &c->who);
        return c->client ? 0 : -1;
    case LWS_CALLBACK_RECEIVE:
        return c->client && lws_is_final_fragment(wsi) ? mr_client_receive(c->client, in, len) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return c->client ? mr_client_writable(c->client) : 0;
    case LWS_CALLBACK_CLOSED:
        if (c->client) {
            mr_client_destroy(server_of(wsi), c->client);
            c->client = NULL;
        }
        return 0;
    default:
        return 0;
    }
}

/* libwebsockets says in its log only that a port could not be bound. */
static enum mr_err probe(const struct mr_server_options *opt, char *why, size_t cap)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    int one = 1;
    bool v6 = uv_ip6_addr(opt->bind, opt->port, &six) == 0;
    if (!v6 && uv_ip4_addr(opt->bind, opt->port, &four) != 0) {
        (void)snprintf(why, cap, "--bind %s: not an address; 127.0.0.1 for this machine only, 0.0.0.0 for every network",
                       opt->bind);
        return MR_E_INVALID;
    }
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int rc = v6 ? bind(fd, (const struct sockaddr *)&six, sizeof six) : bind(fd, (const struct sockaddr *)&four, sizeof four);
    int err = errno;
    (void)close(fd);
    if (rc == 0) {
        return MR_OK;
    }
    if (err == EADDRINUSE) {
        (void)snprintf(why, cap, "port %u of %s is taken by another program: give another with --port", opt->port, opt->bind);
        return MR_E_IN_USE;
    }
    (void)snprintf(why, cap, "%s port %u: %s", opt->bind, opt->port, strerror(err));
    return err == EACCES ? MR_E_DENIED : MR_E_IO;
}

static void enough_descriptors(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < DESCRIPTORS) {
        files.rlim_cur = files.rlim_max < DESCRIPTORS ? files.rlim_max : DESCRIPTORS;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

enum mr_err mr_http_open(struct mr_server *s, char *why, size_t cap)
{
    enum mr_err err = probe(s->opt, why, cap);
    if (err != MR_OK) {
        return err;
    }
    void *loops[] = {s->loop};
    struct lws_context_creation_info info = {0};
    enough_descriptors();
    lws_set_log_level(LLL_ERR, NULL);
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DISABLE_IPV6;
    if (strchr(s->opt->bind, ':')) {
        info.options = LWS_SERVER_OPTION_LIBUV;
    }
    info.foreign_loops = loops;
    info.user = s;
    info.port = s->opt->port;
    info.iface = s->opt->bind;
    info.protocols = protocols;
    info.gid = -1;
    info.uid = -1;
    info.server_string = "millrace";
    info.keepalive_timeout = 30;
    info.timeout_secs = 20;
    info.max_http_header_data = 4096;
    info.max_http_header_pool = MR_CONNECTIONS; /* memory is taken as they come */
    s->http = calloc(1, sizeof *s->http);
    if (s->http) {
        s->http->context = lws_create_context(&info);
    }
    if (!s->http || !s->http->context) {
        (void)snprintf(why, cap, "the web server cannot be started (Debian package libwebsockets-evlib-uv?)");
        free(s->http);
        s->http = NULL;
        return MR_E_IO;
    }
    return MR_OK;
}

void mr_http_close(struct mr_server *s)
{
    if (s->http) {
        lws_context_destroy(s->http->context);
    }
}

void mr_http_free(struct mr_server *s)
{
    if (s->http) {
        lws_context_destroy(s->http->context);
        free(s->http);
        s->http = NULL;
    }
}
