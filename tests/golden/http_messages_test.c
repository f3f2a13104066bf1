/* Requests good and bad, whole, every prefix, every split, in one stream. */
#include "golden/http_messages.h"

#include <stdlib.h>

static struct mr_http_server s;

static void open_session(void)
{
    mr_http_server_init(&s, &mr_http_default_manner);
    mr_http_server_open(&s, 0x0A000009, 0);
}

static struct mr_feed feed(const char *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1); /* of its own size, so that a sanitizer sees a byte read outside */
    assert_non_null(copy);
    memcpy(copy, p, n);
    struct mr_feed f = mr_http_server_feed(&s, mr_slice(copy, n), 0);
    free(copy);
    return f;
}

static void assert_text(struct mr_slice got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void assert_request(const struct http_good *g)
{
    struct mr_http_request r;
    assert_true(mr_http_server_next(&s, &r));
    assert_int_equal(r.kind, MR_HTTP_EV_REQUEST);
    assert_int_equal(r.method, g->method);
    assert_text(r.path, g->path);
    assert_text(r.query, g->query);
    assert_text(r.body, g->body);
    assert_int_equal(r.client, 0x0A000009);
    assert_false(mr_http_server_next(&s, &r));
}

static size_t answer(char *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    struct mr_http_reply r = {.status = 200, .type = "text/plain", .body = mr_slice_str("ok")};
    assert_int_equal(mr_http_server_reply(&s, &r, 0), MR_OK);
    assert_false(mr_http_server_output(&s, &w));
    return w.n;
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < HTTP_GOOD; i++) {
        const struct http_good *g = &http_good[i];
        size_t n = strlen(g->request);
        open_session();
        struct mr_feed f = feed(g->request, n);
        assert_int_equal(f.status, MR_FEED_OK);
        assert_int_equal(f.consumed, n);
        assert_request(g);
        char out[512] = "";
        answer(out, sizeof out - 1);
        assert_ptr_equal(strstr(out, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"), out);
        assert_int_equal(strstr(out, "Connection: close") == NULL, g->keep);
        assert_string_equal(strstr(out, "\r\n\r\n"), g->method == MR_HTTP_HEAD ? "\r\n\r\n" : "\r\n\r\nok");
        assert_int_equal(mr_http_server_finished(&s), !g->keep);
    }
}

static void test_every_prefix_and_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < HTTP_GOOD; i++) {
        const struct http_good *g = &http_good[i];
        size_t n = strlen(g->request);
        for (size_t cut = 0; cut < n; cut++) {
            struct mr_http_request none;
            open_session();
            assert_int_equal(feed(g->request, cut).status, MR_FEED_OK);
            assert_false(mr_http_server_next(&s, &none));
            assert_int_equal(feed(g->request + cut, n - cut).status, MR_FEED_OK);
            assert_request(g);
        }
        open_session();
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(feed(g->request + k, 1).status, MR_FEED_OK);
        }
        assert_request(g);
    }
}

static void assert_refused(int status)
{
    char out[1024] = "", want[32];
    struct mr_writer w = mr_writer(out, sizeof out - 1);
    struct mr_http_request none;
    assert_false(mr_http_server_next(&s, &none));
    assert_false(mr_http_server_output(&s, &w));
    snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
    if (strncmp(out, want, strlen(want)) != 0) {
        fail_msg("wanted %d: %.40s", status, out);
    }
    assert_non_null(strstr(out, "Connection: close\r\n"));
    assert_int_equal(strstr(out, "Allow: GET, HEAD, POST\r\n") != NULL, status == 405);
    assert_true(mr_http_server_finished(&s));
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < HTTP_BAD; i++) {
        size_t n = strlen(http_bad[i].request);
        open_session();
        if (feed(http_bad[i].request, n).status != MR_FEED_MALFORMED) {
            fail_msg("taken: %s", http_bad[i].request);
        }
        assert_refused(http_bad[i].status);
        open_session(); /* and the same byte by byte */
        enum mr_feed_status st = MR_FEED_OK;
        for (size_t k = 0; k < n && st == MR_FEED_OK; k++) {
            st = feed(http_bad[i].request + k, 1).status;
        }
        assert_int_equal(st, MR_FEED_MALFORMED);
        assert_refused(http_bad[i].status);
    }
}

static void test_too_long(void **state)
{
    (void)state;
    static char request[10000];
    open_session();
    size_t n = (size_t)sprintf(request, "GET /");
    memset(request + n, 'a', 5000);
    assert_int_equal(feed(request, n + 5000).status, MR_FEED_MALFORMED);
    assert_refused(414);
    open_session();
    n = (size_t)sprintf(request, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    memset(request + n, 'a', 5000);
    assert_int_equal(feed(request, n + 5000).status, MR_FEED_MALFORMED);
    assert_refused(431);
    open_session(); /* many small fields */
    n = (size_t)sprintf(request, "GET / HTTP/1.1\r\nHost: x\r\n");
    while (n < 5000) {
        n += (size_t)sprintf(request + n, "A: b\r\n");
    }
    assert_int_equal(feed(request, n).status, MR_FEED_MALFORMED);
    assert_refused(431);
    open_session(); /* chunk extensions and trailers without end */
    n = (size_t)sprintf(request, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0;");
    memset(request + n, 'a', 5000);
    assert_int_equal(feed(request, n + 5000).status, MR_FEED_MALFORMED);
    assert_refused(400);
}

/* The n-th of the good requests that keep the connection, or NULL. */
static const struct http_good *kept(size_t n)
{
    for (size_t i = 0; i < HTTP_GOOD; i++) {
        if (http_good[i].keep && n-- == 0) {
            return &http_good[i];
        }
    }
    return NULL;
}

/* All good requests that keep the connection, in one stream, in chunks of every size. */
static void test_pipelined(void **state)
{
    (void)state;
    static char stream[8192];
    size_t n = 0;
    for (size_t i = 0; i < HTTP_GOOD; i++) {
        n += http_good[i].keep ? (size_t)sprintf(stream + n, "%s", http_good[i].request) : 0;
    }
    for (size_t chunk = 1; chunk <= n; chunk++) {
        size_t i = 0;
        open_session();
        for (size_t at = 0; at < n;) {
            struct mr_feed f = feed(stream + at, n - at < chunk ? n - at : chunk);
            assert_int_not_equal(f.status, MR_FEED_MALFORMED);
            at += f.consumed;
            struct mr_http_request r;
            if (mr_http_server_next(&s, &r)) {
                char out[512];
                const struct http_good *g = kept(i++);
                assert_text(r.path, g->path);
                assert_text(r.body, g->body);
                answer(out, sizeof out);
            }
        }
        assert_null(kept(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_every_prefix_and_split),
        cmocka_unit_test(test_bad),       cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_pipelined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
