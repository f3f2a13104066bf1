/* HTTP server: answers in pieces, HEAD, deadlines, 100 Continue, pipelining held back, fields of replies, saved state. */
#include "golden/http_messages.h"

static struct mr_http_server s;
static struct mr_http_manner manner;

static int setup(void **state)
{
    (void)state;
    manner = mr_http_default_manner;
    manner.server = "Boa/0.94.13";
    mr_http_server_init(&s, &manner);
    mr_http_server_open(&s, 7, 0);
    return 0;
}

static struct mr_feed feed_at(const char *text, mr_ns now)
{
    return mr_http_server_feed(&s, mr_slice_str(text), now);
}

static struct mr_http_request request(const char *text)
{
    struct mr_http_request r;
    assert_int_equal(feed_at(text, 0).status, MR_FEED_OK);
    assert_true(mr_http_server_next(&s, &r));
    return r;
}

static const char *output(void)
{
    static char out[20000];
    struct mr_writer w = mr_writer(out, sizeof out - 1);
    assert_false(mr_http_server_output(&s, &w));
    out[w.n] = '\0';
    return out;
}

static void test_reply_fields(void **state)
{
    (void)state;
    static const struct mr_http_reply_field fields[] = {{"Location", "/login\r\nX-Evil: 1"}, {"Set-Cookie", "a=b"}};
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    struct mr_http_reply r = {.status = 303, .fields = fields, .nfields = 2};
    assert_int_equal(mr_http_server_reply(&s, &r, 0), MR_OK);
    assert_string_equal(output(), "HTTP/1.1 303 See Other\r\nServer: Boa/0.94.13\r\nLocation: /login  X-Evil: 1\r\n"
                                  "Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(mr_http_server_reply(&s, &r, 0), MR_E_INVALID); /* nothing asked */
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(mr_http_server_refuse(&s, 404, 0), MR_OK);
    assert_non_null(strstr(output(), "<h1>404 Not Found</h1>"));
    assert_false(mr_http_server_finished(&s));
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    r = (struct mr_http_reply){.status = 204};
    assert_int_equal(mr_http_server_reply(&s, &r, 0), MR_OK);
    assert_null(strstr(output(), "Content-Length"));
    static char huge[9000];
    memset(huge, 'x', sizeof huge - 1);
    struct mr_http_reply_field too_large = {"X", huge};
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    r = (struct mr_http_reply){.status = 200, .fields = &too_large, .nfields = 1};
    assert_int_equal(mr_http_server_reply(&s, &r, 0), MR_E_FULL);
    assert_int_equal(mr_http_server_refuse(&s, 500, 0), MR_OK);
    assert_non_null(strstr(output(), "HTTP/1.1 500 "));
}

/* 20,000 bytes through a buffer of 8,192: asked for from the offset where it stopped. */
static void test_large_body(void **state)
{
    (void)state;
    static uint8_t page[20000];
    static uint8_t got[30000];
    for (size_t i = 0; i < sizeof page; i++) {
        page[i] = (uint8_t)(i * 7 % 251);
    }
    struct mr_http_request r = request("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    struct mr_http_reply reply = {.status = 200, .body = {page, 3000}, .length = sizeof page};
    assert_int_equal(mr_http_server_reply(&s, &reply, 0), MR_OK);
    assert_int_equal(feed_at("GET /next HTTP/1.1\r\nHost: x\r\n\r\n", 0).status, MR_FEED_BLOCKED);
    struct mr_writer w = mr_writer(got, sizeof got);
    size_t pieces = 0;
    while (w.n == 0 || mr_http_server_next(&s, &r)) {
        if (w.n > 0) {
            assert_int_equal(r.kind, MR_HTTP_EV_MORE);
            assert_true(mr_slice_eq(r.path, mr_slice_str("/big")));
            mr_http_server_body(&s, mr_slice(page + r.offset, sizeof page - r.offset), 0);
            pieces++;
        }
        assert_false(mr_http_server_output(&s, &w));
    }
    assert_int_equal(pieces, 3); /* 3000 + 8192 + 8192 + 616 */
    assert_true(w.n > sizeof page);
    assert_memory_equal(got + w.n - sizeof page, page, sizeof page);
    assert_true(mr_slice_eq(request("GET /next HTTP/1.1\r\nHost: x\r\n\r\n").path, mr_slice_str("/next")));
    reply.length = 9000;
    assert_int_equal(mr_http_server_reply(&s, &reply, 0), MR_OK);
    output();
    assert_true(mr_http_server_next(&s, &r));
    mr_http_server_body(&s, mr_slice(NULL, 0), 0); /* the owner has no more: what was promised cannot be kept */
    assert_true(mr_http_server_finished(&s));
}

static void test_head_has_no_body(void **state)
{
    (void)state;
    static uint8_t page[20000];
    request("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    struct mr_http_reply reply = {.status = 200, .body = {page, sizeof page}};
    assert_int_equal(mr_http_server_reply(&s, &reply, 0), MR_OK);
    assert_string_equal(output(), "HTTP/1.1 200 OK\r\nServer: Boa/0.94.13\r\nContent-Length: 20000\r\n\r\n");
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n"); /* the next request is read where this one ended */
}

/* RFC 9110, section 10.1.1. */
static void test_continue(void **state)
{
    (void)state;
    assert_int_equal(feed_at("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n", 0).status,
                     MR_FEED_OK);
    assert_string_equal(output(), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_true(mr_slice_eq(request("ok").body, mr_slice_str("ok")));
}

static void test_deadlines(void **state)
{
    (void)state;
    assert_true(mr_http_server_deadline(&s) == 15 * MR_S);
    for (mr_ns t = 1; t < 10; t++) { /* a byte a second */
        assert_int_equal(mr_http_server_feed(&s, mr_slice(&"GET / HTTP/1"[t - 1], 1), t * MR_S).status, MR_FEED_OK);
        assert_true(mr_http_server_deadline(&s) == 11 * MR_S);
    }
    mr_http_server_tick(&s, 11 * MR_S - 1);
    assert_false(s.closing);
    mr_http_server_tick(&s, 11 * MR_S);
    assert_true(strstr(output(), "HTTP/1.1 408 ") != NULL);
    assert_true(mr_http_server_finished(&s));
    setup(NULL);
    feed_at("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", MR_S);
    assert_true(mr_http_server_deadline(&s) == 21 * MR_S);
    mr_http_server_tick(&s, 21 * MR_S);
    assert_true(strstr(output(), "HTTP/1.1 408 ") != NULL);
    setup(NULL);
    mr_http_server_tick(&s, 15 * MR_S); /* asked nothing: closed without a word */
    assert_true(mr_http_server_finished(&s));
    setup(NULL);
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(mr_http_server_deadline(&s) == MR_NEVER_NS);
    mr_http_server_refuse(&s, 404, 2 * MR_S);
    assert_true(mr_http_server_deadline(&s) == 32 * MR_S); /* a peer that does not read */
    mr_http_server_tick(&s, 32 * MR_S);
    assert_true(mr_http_server_finished(&s));
}

static void test_requests_max(void **state)
{
    (void)state;
    manner.requests_max = 2;
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    mr_http_server_refuse(&s, 404, 0);
    assert_null(strstr(output(), "Connection: close"));
    request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    mr_http_server_refuse(&s, 404, 0);
    assert_non_null(strstr(output(), "Connection: close"));
    assert_true(mr_http_server_finished(&s));
}

static void test_saved_state(void **state)
{
    (void)state;
    static uint8_t saved[32768];
    static struct mr_http_server t;
    struct mr_http_request r;
    mr_type_check(&mr_http_server_type);
    mr_type_check(&mr_http_client_type);
    mr_type_check(&mr_http_logins_type);
    feed_at("POST /%41 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", 0);
    struct mr_writer w = mr_writer(saved, sizeof saved);
    mr_state_save(&mr_http_server_type, &s, &w);
    assert_true(w.n < 200); /* not the whole of its buffers */
    mr_http_server_init(&t, &manner);
    struct mr_reader from = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_http_server_type, &t, &from), MR_OK);
    assert_int_equal(mr_http_server_feed(&t, mr_slice_str("cde"), 0).status, MR_FEED_OK);
    assert_true(mr_http_server_next(&t, &r));
    assert_true(mr_slice_eq(r.path, mr_slice_str("/A")));
    assert_true(mr_slice_eq(r.body, mr_slice_str("abcde")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_reply_fields, setup),     cmocka_unit_test_setup(test_large_body, setup),
        cmocka_unit_test_setup(test_head_has_no_body, setup), cmocka_unit_test_setup(test_continue, setup),
        cmocka_unit_test_setup(test_deadlines, setup),        cmocka_unit_test_setup(test_requests_max, setup),
        cmocka_unit_test_setup(test_saved_state, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
