/* HTTP client: requests as sent, responses by every framing, cut bodies, interim answers, timeouts, loss, and client against
 * server. */
#include "golden/http_messages.h"

static struct mr_http_client c;

static int setup(void **state)
{
    (void)state;
    mr_http_client_init(&c, 5 * MR_S);
    mr_http_client_open(&c);
    return 0;
}

static void ask(enum mr_http_method method)
{
    struct mr_http_ask a = {.token = 9, .method = method, .host = "plc1", .target = "/"};
    assert_int_equal(mr_http_client_request(&c, &a, MR_S), MR_OK);
}

static const char *output(void)
{
    static char out[MR_HTTP_CLIENT_OUT + 1];
    struct mr_writer w = mr_writer(out, sizeof out - 1);
    assert_false(mr_http_client_output(&c, &w));
    out[w.n] = '\0';
    return out;
}

static void test_requests(void **state)
{
    (void)state;
    ask(MR_HTTP_GET);
    assert_string_equal(output(), "GET / HTTP/1.1\r\nHost: plc1\r\n\r\n");
    struct mr_http_ask a = {.method = MR_HTTP_POST,
                            .host = "h",
                            .target = "/login?a=b",
                            .authorization = "Basic QQ==",
                            .cookie = "sid=1",
                            .type = "application/x-www-form-urlencoded",
                            .body = mr_slice_str("u=1"),
                            .more = "X: y\r\n"};
    assert_int_equal(mr_http_client_request(&c, &a, 0), MR_E_BUSY);
    setup(NULL);
    assert_int_equal(mr_http_client_request(&c, &a, 0), MR_OK);
    assert_string_equal(output(), "POST /login?a=b HTTP/1.1\r\nHost: h\r\nAuthorization: Basic QQ==\r\nCookie: sid=1\r\n"
                                  "Content-Type: application/x-www-form-urlencoded\r\nX: y\r\nContent-Length: 3\r\n\r\nu=1");
    setup(NULL);
    static uint8_t large[MR_HTTP_CLIENT_OUT];
    a.body = mr_slice(large, sizeof large);
    assert_int_equal(mr_http_client_request(&c, &a, 0), MR_E_FULL);
    assert_string_equal(output(), "");
}

static void test_responses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum mr_http_method method;
        int status;
        const char *body;
        bool keep, closes;
    } cases[] = {
        /* RFC 9112, section 2.1 (shortened) */
        {"HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\nbody", 0,
         200, "body", true, false},
        {"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\nT: v\r\n\r\n", 0, 200, "abcd", true,
         false},
        {"HTTP/1.1 200\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 0, 200, "", false, false},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 0, 200, "until the end", false, true},
        {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\n", MR_HTTP_HEAD, 401, "", true, false},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 0, 304, "", true, false},
        {"HTTP/1.1 204 No Content\r\n\r\n", 0, 204, "", true, false},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: "
         "1\r\n\r\n.",
         0, 404, ".", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = strlen(cases[i].text);
        for (size_t chunk = 1; chunk <= n; chunk++) {
            struct mr_http_response r;
            setup(NULL);
            ask(cases[i].method);
            output();
            for (size_t at = 0; at < n; at += chunk) {
                size_t m = n - at < chunk ? n - at : chunk;
                assert_false(mr_http_client_next(&c, &r));
                assert_int_equal(mr_http_client_feed(&c, mr_slice(cases[i].text + at, m), 0).status, MR_FEED_OK);
            }
            if (cases[i].closes) {
                assert_false(mr_http_client_next(&c, &r));
                mr_http_client_close(&c);
            }
            assert_true(mr_http_client_next(&c, &r));
            assert_int_equal(r.outcome, MR_HTTP_ANSWERED);
            assert_int_equal(r.token, 9);
            assert_int_equal(r.status, cases[i].status);
            assert_true(mr_slice_eq(r.body, mr_slice_str(cases[i].body)));
            assert_int_equal(r.keep, cases[i].keep);
            assert_int_equal(mr_http_client_finished(&c), !cases[i].keep);
            assert_false(mr_http_client_next(&c, &r));
        }
    }
}

static void test_garbled(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n;\r\n",
        "\x15\x03\x03",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mr_http_response r;
        setup(NULL);
        ask(MR_HTTP_GET);
        assert_int_equal(mr_http_client_feed(&c, mr_slice_str(bad[i]), 0).status, MR_FEED_MALFORMED);
        assert_true(mr_http_client_next(&c, &r));
        assert_int_equal(r.outcome, MR_HTTP_GARBLED);
        assert_true(mr_http_client_finished(&c));
    }
    setup(NULL);
    assert_int_equal(mr_http_client_feed(&c, mr_slice_str("unasked"), 0).status, MR_FEED_MALFORMED);
    assert_true(mr_http_client_finished(&c));
}

static void test_cut_body(void **state)
{
    (void)state;
    static uint8_t body[10000];
    struct mr_http_response r;
    memset(body, 'b', sizeof body);
    ask(MR_HTTP_GET);
    mr_http_client_feed(&c, mr_slice_str("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"), 0);
    assert_int_equal(mr_http_client_feed(&c, mr_slice(body, sizeof body), 0).status, MR_FEED_OK);
    assert_true(mr_http_client_next(&c, &r));
    assert_true(r.cut);
    assert_int_equal(r.body.n, MR_HTTP_BODY_MAX);
    assert_true(r.keep);
    ask(MR_HTTP_GET); /* the connection is in step */
}

static void test_timeout_and_loss(void **state)
{
    (void)state;
    struct mr_http_response r;
    assert_true(mr_http_client_deadline(&c) == MR_NEVER_NS);
    ask(MR_HTTP_GET);
    assert_true(mr_http_client_deadline(&c) == 6 * MR_S);
    mr_http_client_tick(&c, 6 * MR_S - 1);
    assert_false(mr_http_client_next(&c, &r));
    mr_http_client_tick(&c, 6 * MR_S);
    assert_true(mr_http_client_next(&c, &r));
    assert_int_equal(r.outcome, MR_HTTP_TIMEOUT);
    assert_true(mr_http_client_finished(&c));
    setup(NULL);
    ask(MR_HTTP_GET);
    mr_http_client_feed(&c, mr_slice_str("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), 0);
    mr_http_client_close(&c);
    assert_true(mr_http_client_next(&c, &r));
    assert_int_equal(r.outcome, MR_HTTP_LOST);
    assert_int_equal(r.status, 0);
}

/* Password guessing as the adversary does it: refused until the right one. */
static void test_with_server(void **state)
{
    (void)state;
    static struct mr_http_server s;
    static const char *const guesses[] = {"1234", "admin", "plant"};
    static const struct mr_http_reply_field realm = {"WWW-Authenticate", "Basic realm=\"PLC\""};
    mr_http_server_init(&s, &mr_http_default_manner);
    mr_http_server_open(&s, 1, 0);
    for (size_t i = 0; i < 3; i++) {
        char authorization[64], user[32], password[32];
        struct mr_writer w = mr_writer(authorization, sizeof authorization - 1);
        struct mr_http_request q;
        struct mr_http_response r;
        struct mr_slice field;
        mr_http_basic_encode(&w, "admin", guesses[i]);
        authorization[w.n] = '\0';
        struct mr_http_ask a = {.host = "x", .target = "/status", .authorization = authorization};
        assert_int_equal(mr_http_client_request(&c, &a, 0), MR_OK);
        const char *bytes = output();
        assert_int_equal(mr_http_server_feed(&s, mr_slice_str(bytes), 0).status, MR_FEED_OK);
        assert_true(mr_http_server_next(&s, &q));
        assert_int_equal(mr_http_find(q.fields, "authorization", &field), 1);
        assert_true(mr_http_basic_decode(field, user, sizeof user, password, sizeof password));
        bool right = strcmp(user, "admin") == 0 && strcmp(password, "plant") == 0;
        struct mr_http_reply reply = {.status = right ? 200 : 401, .fields = &realm, .nfields = right ? 0 : 1};
        assert_int_equal(mr_http_server_reply(&s, &reply, 0), MR_OK);
        uint8_t wire[1024];
        w = mr_writer(wire, sizeof wire);
        assert_false(mr_http_server_output(&s, &w));
        assert_int_equal(mr_http_client_feed(&c, mr_written(&w), 0).status, MR_FEED_OK);
        assert_true(mr_http_client_next(&c, &r));
        assert_int_equal(r.status, i == 2 ? 200 : 401);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_requests, setup),         cmocka_unit_test_setup(test_responses, setup),
        cmocka_unit_test_setup(test_garbled, setup),          cmocka_unit_test_setup(test_cut_body, setup),
        cmocka_unit_test_setup(test_timeout_and_loss, setup), cmocka_unit_test_setup(test_with_server, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
