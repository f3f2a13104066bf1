/* Encodings: RFC 3986 (percent), the URL Standard (forms), RFC 6265 (cookies), RFC 7617 (Basic), RFC 4648 (base64), and
 * logins. */
#include "golden/http_messages.h"

static void test_percent(void **state)
{
    (void)state;
    char out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_http_percent_encode(&w, mr_slice_str("a b/\xE6\xB0\xB4~&"));
    assert_true(mr_slice_eq(mr_written(&w), mr_slice_str("a%20b%2F%E6%B0%B4~%26")));
    w.n = 0;
    assert_true(mr_http_percent_decode(mr_slice_str("a+b%2f%C3%A9"), false, &w));
    assert_true(mr_slice_eq(mr_written(&w), mr_slice_str("a+b/\xC3\xA9")));
    static const char *const bad[] = {"%", "%4", "a%4g", "%00"};
    for (size_t i = 0; i < 4; i++) {
        w.n = 0;
        assert_false(mr_http_percent_decode(mr_slice_str(bad[i]), false, &w));
    }
    w = mr_writer(out, 3);
    assert_false(mr_http_percent_decode(mr_slice_str("abcd"), false, &w));
}

static void test_forms(void **state)
{
    (void)state;
    struct mr_slice form = mr_slice_str("user=admin&pass+word=a%2Bb+c&empty=&flag&user=second&bad=%zz");
    char out[16];
    assert_true(mr_http_form_value(form, "user", out, sizeof out));
    assert_string_equal(out, "admin");
    assert_true(mr_http_form_value(form, "pass word", out, sizeof out));
    assert_string_equal(out, "a+b c");
    assert_true(mr_http_form_value(form, "empty", out, sizeof out));
    assert_string_equal(out, "");
    assert_true(mr_http_form_value(form, "flag", out, sizeof out));
    assert_false(mr_http_form_value(form, "bad", out, sizeof out));
    assert_false(mr_http_form_value(form, "none", out, sizeof out));
    assert_false(mr_http_form_value(form, "user", out, 5)); /* does not fit with its NUL */
    assert_string_equal(out, "");
}

static void test_cookies(void **state)
{
    (void)state;
    struct mr_slice value;
    struct mr_slice field = mr_slice_str("SID=31d4d96e407aad42; lang=en-US"); /* RFC 6265, section 3.1 */
    assert_true(mr_http_cookie(field, "lang", &value));
    assert_true(mr_slice_eq(value, mr_slice_str("en-US")));
    assert_true(mr_http_cookie(field, "SID", &value));
    assert_false(mr_http_cookie(field, "ID", &value));
}

static void test_basic(void **state)
{
    (void)state;
    char user[32], password[32], out[64];
    /* RFC 7617, section 2 */
    assert_true(mr_http_basic_decode(mr_slice_str("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), user, 32, password, 32));
    assert_string_equal(user, "Aladdin");
    assert_string_equal(password, "open sesame");
    assert_true(mr_http_basic_decode(mr_slice_str("basic dGVzdDoxMjPCow=="), user, 32, password, 32)); /* section 2.1 */
    assert_string_equal(password, "123\xC2\xA3");
    assert_true(mr_http_basic_decode(mr_slice_str("Basic YTpiOmM="), user, 32, password, 32));
    assert_string_equal(password, "b:c");
    static const char *const bad[] = {
        "Basic", "Basic ", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic QQ==", "Basic a", "Basic %%%%", "Basic YQBiOmM="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(mr_http_basic_decode(mr_slice_str(bad[i]), user, 32, password, 32));
    }
    assert_false(mr_http_basic_decode(mr_slice_str("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), user, 7, password, 32));
    /* RFC 4648, section 10: f, fo, foo padded as they are; here after "a:" */
    static const struct {
        const char *password, *want;
    } encoded[] = {{"", "Basic YTo="}, {"f", "Basic YTpm"}, {"fo", "Basic YTpmbw=="}, {"foo", "Basic YTpmb28="}};
    for (size_t i = 0; i < 4; i++) {
        struct mr_writer w = mr_writer(out, sizeof out);
        mr_http_basic_encode(&w, "a", encoded[i].password);
        assert_true(mr_slice_eq(mr_written(&w), mr_slice_str(encoded[i].want)));
    }
}

static void test_html(void **state)
{
    (void)state;
    char out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_http_html(&w, "<a href=\"'&\">");
    assert_true(mr_slice_eq(mr_written(&w), mr_slice_str("&lt;a href=&quot;&#39;&amp;&quot;&gt;")));
}

static struct mr_slice fields_with(char *buf, size_t cap, const char *cookie)
{
    struct mr_writer w = mr_writer(buf, cap);
    mr_write_fmt(&w, "Cookie: lang=en; %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
    return mr_written(&w);
}

static void test_logins(void **state)
{
    (void)state;
    struct mr_http_logins l = {0};
    struct mr_rng rng = mr_rng_stream(1, "test");
    char cookie[MR_HTTP_LOGINS + 1][96], buf[128];
    uint32_t user = 99;
    for (uint32_t i = 0; i < MR_HTTP_LOGINS; i++) {
        mr_http_login(&l, &rng, i, "sid", (mr_ns)i, cookie[i], sizeof cookie[i]);
    }
    assert_true(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[3]), "sid", MR_MIN, 100, &user));
    assert_int_equal(user, 3);
    assert_true(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[0]), "sid", MR_MIN, 100, &user));
    mr_http_login(&l, &rng, 8, "sid", 100, cookie[8], sizeof cookie[8]); /* user 1's was unused longest */
    assert_false(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[1]), "sid", MR_MIN, 100, &user));
    assert_true(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[8]), "sid", MR_MIN, 100, &user));
    assert_false(
        mr_http_logged_in(&l, mr_slice_str("Cookie: sid=00000000000000000000000000000000\r\n"), "sid", MR_MIN, 100, &user));
    assert_false(mr_http_logged_in(&l, mr_slice_str("X: y\r\n"), "sid", MR_MIN, 100, &user));
    assert_false(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[3]), "sid", MR_MIN, 101 + MR_MIN, &user));
    assert_false(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[3]), "sid", MR_MIN, 101, &user)); /* ended for good */
    mr_http_logout(&l, fields_with(buf, sizeof buf, cookie[4]), "sid");
    assert_false(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[4]), "sid", MR_MIN, 100, &user));
    mr_http_logout_user(&l, 5);
    assert_false(mr_http_logged_in(&l, fields_with(buf, sizeof buf, cookie[5]), "sid", MR_MIN, 100, &user));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent), cmocka_unit_test(test_forms), cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_basic),   cmocka_unit_test(test_html),  cmocka_unit_test(test_logins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
