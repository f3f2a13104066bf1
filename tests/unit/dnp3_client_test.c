/* DNP3 master, against our outstation and against fragments by hand; Secure Authentication with keys known to the test. Cipher
 * vectors: RFC 3394 (AES key wrap, 4.1 and 4.6) and RFC 4231 (HMAC-SHA-256, test cases 1 and 2). */
#include "golden/dnp3_station.h"

#include "proto/dnp3/dnp3_client.h"

static struct mr_dnp3_client c;
static struct mr_rng rng;
static const struct mr_dnp3_user user = {7, 16, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
static struct mr_dnp3_route route;

static int setup(void **state)
{
    (void)state;
    dnp3_begin(0, 50);
    rng = mr_rng_stream(2, "master");
    route = (struct mr_dnp3_route){.local = 1, .remote = 10, .timeout = 2 * MR_S};
    mr_dnp3_client_init(&c, &route);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dnp3_end();
    return 0;
}

static uint8_t from_client[MR_DNP3_CLIENT_OUT];
static size_t nfrom_client;

/* Carries octets both ways until a result is there or nothing more comes. */
static bool run(struct mr_dnp3_result *r)
{
    uint8_t back[MR_DNP3_FRAMED_MAX];
    for (int turn = 0; turn < 50; turn++) {
        if (mr_dnp3_client_next(&c, r)) {
            return true;
        }
        struct mr_writer w = mr_writer(from_client, sizeof from_client), b = mr_writer(back, sizeof back);
        assert_false(mr_dnp3_client_output(&c, &w));
        nfrom_client = w.n;
        for (size_t at = 0; at < w.n;) {
            struct mr_feed f = mr_dnp3_server_feed(&d.server, mr_slice(from_client + at, w.n - at), d.now);
            dnp3_drain();
            (void)mr_dnp3_server_output(&d.server, &b);
            at += f.consumed;
        }
        (void)mr_dnp3_server_output(&d.server, &b);
        if (w.n == 0 && b.n == 0) {
            return false;
        }
        for (size_t at = 0; at < b.n;) {
            struct mr_feed f = mr_dnp3_client_feed(&c, mr_slice(back + at, b.n - at), d.now);
            at += f.consumed;
            if (f.status == MR_FEED_BLOCKED) {
                assert_true(at == b.n); /* our outstation says one thing at a time */
                break;
            }
        }
    }
    return false;
}

static struct mr_dnp3_result expect(enum mr_dnp3_outcome outcome)
{
    struct mr_dnp3_result r = {0};
    assert_true(run(&r));
    assert_int_equal(r.outcome, outcome);
    return r;
}

static void open_plain(void)
{
    mr_dnp3_client_open(&c, d.now);
    expect(MR_DNP3_READY);
}

static void test_poll(void **state)
{
    (void)state;
    open_plain();
    d.i[0] = 1;
    d.now += MR_MS;
    mr_dnp3_station_sample(&d.station, d.now);
    assert_int_equal(mr_dnp3_client_poll(&c, 0x0F, 77, d.now), MR_OK);
    assert_int_equal(mr_dnp3_client_poll(&c, 0x0F, 78, d.now), MR_E_BUSY);
    struct mr_dnp3_result r = expect(MR_DNP3_ANSWER);
    assert_true(r.token == 77 && !r.more && r.iin == (MR_DNP3_IIN_RESTART | MR_DNP3_IIN_NEED_TIME));
    struct mr_dnp3_value_reader v = mr_dnp3_values(r.objects);
    struct mr_dnp3_reading x;
    assert_true(mr_dnp3_next_value(&v, &x));
    assert_true(x.group == 2 && x.index == 0 && x.sample.value == 1 && x.sample.time == 1001);
    size_t n = 0;
    while (mr_dnp3_next_value(&v, &x)) {
        n++;
    }
    assert_int_equal(n, DNP3_POINTS);
    assert_int_equal(x.text.n, 5);
    struct mr_dnp3_result none;
    assert_false(run(&none)); /* the confirmation goes out */
    assert_int_equal(d.station.state->nevents, 0);
    struct mr_dnp3_object o = {30, 6, MR_DNP3_Q_RANGE8, 1, 1};
    assert_int_equal(mr_dnp3_client_read(&c, &o, 1, 79, d.now), MR_OK);
    r = expect(MR_DNP3_ANSWER);
    v = mr_dnp3_values(r.objects);
    assert_true(mr_dnp3_next_value(&v, &x) && x.sample.value == 5);
}

static void test_long_answer(void **state)
{
    (void)state;
    d.personality.fragment_max = MR_DNP3_FRAGMENT_MIN;
    open_plain();
    for (int i = 0; i < 50; i++) {
        d.i[0] ^= 1;
        d.now += MR_MS;
        mr_dnp3_station_sample(&d.station, d.now);
    }
    assert_int_equal(mr_dnp3_client_poll(&c, 0x0E, 1, d.now), MR_OK);
    assert_true(expect(MR_DNP3_ANSWER).more);
    assert_false(expect(MR_DNP3_ANSWER).more);
    struct mr_dnp3_result none;
    assert_false(run(&none));
    assert_int_equal(d.station.state->nevents, 0);
}

static void test_commands(void **state)
{
    (void)state;
    open_plain();
    struct mr_dnp3_command on = {.group = 12, .variation = 1, .index = 2, .crob = {.code = MR_DNP3_LATCH_ON, .count = 1}};
    struct mr_dnp3_command set = {.group = 41, .variation = 2, .index = 0, .value = -5};
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_OPERATE, &on, 1, 1, d.now), MR_E_INVALID);
    struct mr_dnp3_command both[] = {on, set};
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_SELECT, both, 2, 5, d.now), MR_OK);
    struct mr_dnp3_result r = expect(MR_DNP3_ANSWER);
    assert_int_equal(r.token, 5);
    struct mr_dnp3_value_reader v = mr_dnp3_values(r.objects);
    struct mr_dnp3_reading x;
    while (mr_dnp3_next_value(&v, &x)) {
        assert_int_equal(x.sample.flags, MR_DNP3_SUCCESS);
    }
    assert_int_equal(d.q[0], 8);
    assert_int_equal((int16_t)(d.m[12] | d.m[13] << 8), -5);
    on.index = 99;
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_SELECT, &on, 1, 6, d.now), MR_OK);
    r = expect(MR_DNP3_FAILED);
    assert_int_equal(r.error, MR_DNP3_UNSUPPORTED);
    set.value = 6;
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_DIRECT_OPERATE, &set, 1, 7, d.now), MR_OK);
    expect(MR_DNP3_ANSWER);
    assert_int_equal(d.m[12], 6);
    set.value = 7;
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_DIRECT_OPERATE_NR, &set, 1, 8, d.now), MR_OK);
    expect(MR_DNP3_SENT);
    assert_false(run(&r));
    assert_int_equal(d.m[12], 7);
}

static void test_orders(void **state)
{
    (void)state;
    open_plain();
    assert_int_equal(mr_dnp3_client_set_time(&c, 1700000000000, 1, d.now), MR_OK);
    assert_int_equal(expect(MR_DNP3_ANSWER).iin, MR_DNP3_IIN_RESTART);
    assert_true(mr_dnp3_station_time(&d.station, d.now) == 1700000000000);
    assert_int_equal(mr_dnp3_client_clear_restart(&c, 2, d.now), MR_OK);
    assert_int_equal(expect(MR_DNP3_ANSWER).iin, 0);
    assert_int_equal(mr_dnp3_client_unsolicited(&c, true, 0x0E, 3, d.now), MR_OK);
    assert_int_equal(expect(MR_DNP3_ANSWER).iin, 0);
    d.i[0] = 1;
    d.now += MR_MS;
    mr_dnp3_station_sample(&d.station, d.now);
    mr_dnp3_server_tick(&d.server, d.now);
    struct mr_dnp3_result r = expect(MR_DNP3_NOTICE);
    struct mr_dnp3_value_reader v = mr_dnp3_values(r.objects);
    struct mr_dnp3_reading x;
    assert_true(mr_dnp3_next_value(&v, &x) && x.group == 2);
    assert_false(run(&r));
    assert_int_equal(d.station.state->nevents, 0);
    assert_int_equal(mr_dnp3_client_restart(&c, true, 4, d.now), MR_OK);
    r = expect(MR_DNP3_ANSWER);
    v = mr_dnp3_values(r.objects);
    assert_true(mr_dnp3_next_value(&v, &x) && x.group == 52 && x.sample.value == 10000);
}

/* Strings of length 0 are no answer (variation 0 stands in requests only): 65,536 of them in seven octets would hold up who reads
 * them. */
static void test_strings_of_no_length(void **state)
{
    (void)state;
    static const uint8_t none[] = {110, 0, 0x01, 0, 0, 0xFF, 0xFF}, two[] = {110, 1, 0x00, 4, 5, 'a', 'b'};
    struct mr_dnp3_reading x;
    struct mr_dnp3_value_reader v = mr_dnp3_values(mr_slice(none, sizeof none));
    assert_false(mr_dnp3_next_value(&v, &x));
    v = mr_dnp3_values(mr_slice(two, sizeof two));
    assert_true(mr_dnp3_next_value(&v, &x) && x.index == 4 && x.text.n == 1 && x.text.p[0] == 'a');
    assert_true(mr_dnp3_next_value(&v, &x) && x.index == 5 && x.text.n == 1 && x.text.p[0] == 'b');
    assert_false(mr_dnp3_next_value(&v, &x));
}

static void test_time_out_and_loss(void **state)
{
    (void)state;
    open_plain();
    struct mr_dnp3_result r;
    assert_int_equal(mr_dnp3_client_poll(&c, 1, 9, d.now), MR_OK);
    assert_int_equal(mr_dnp3_client_deadline(&c), d.now + 2 * MR_S);
    mr_dnp3_client_tick(&c, d.now + 2 * MR_S);
    assert_true(mr_dnp3_client_next(&c, &r) && r.outcome == MR_DNP3_NO_ANSWER && r.token == 9);
    assert_false(mr_dnp3_client_finished(&c));
    assert_int_equal(mr_dnp3_client_poll(&c, 1, 10, d.now), MR_OK);
    mr_dnp3_client_close(&c);
    assert_true(mr_dnp3_client_next(&c, &r) && r.outcome == MR_DNP3_LOST && r.token == 10);
    assert_true(mr_dnp3_client_finished(&c));
    assert_int_equal(mr_dnp3_client_poll(&c, 1, 11, d.now), MR_E_BUSY);
}

static void test_keepalive(void **state)
{
    (void)state;
    route.keepalive = 10 * MR_S;
    open_plain();
    struct mr_dnp3_result r;
    d.now += 10 * MR_S;
    mr_dnp3_client_tick(&c, d.now);
    assert_false(run(&r)); /* asked and answered */
    assert_int_equal(mr_dnp3_client_deadline(&c), d.now + 10 * MR_S);
    mr_dnp3_client_tick(&c, d.now + 10 * MR_S);
    mr_dnp3_client_tick(&c, d.now + 20 * MR_S);
    assert_true(mr_dnp3_client_next(&c, &r) && r.outcome == MR_DNP3_LOST);
}

/* --- ciphers --- */

static void test_hmac(void **state)
{
    (void)state;
    uint8_t key[20], mac[32], want[32];
    memset(key, 0x0B, sizeof key);
    mr_dnp3_mac(mac, 32, mr_slice(key, sizeof key), mr_slice_str("Hi T"), mr_slice_str("here"));
    dnp3_unhex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", want);
    assert_memory_equal(mac, want, 32);
    mr_dnp3_mac(mac, 16, mr_slice_str("Jefe"), mr_slice_str("what do ya want for nothing?"), mr_slice(NULL, 0));
    dnp3_unhex("5bdcc146bf60754e6a042426089575c7", want);
    assert_memory_equal(mac, want, 16);
    assert_true(mr_dnp3_mac_equal(mr_slice(mac, 16), mr_slice(want, 16)));
    want[15] ^= 1;
    assert_false(mr_dnp3_mac_equal(mr_slice(mac, 16), mr_slice(want, 16)));
    assert_false(mr_dnp3_mac_equal(mr_slice(mac, 0), mr_slice(want, 0)));
}

static void test_key_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *key, *plain, *wrapped;
    } vectors[] = {
        {"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF",
         "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
        {"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
         "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
         "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
    };
    for (size_t i = 0; i < 2; i++) {
        uint8_t key[32], plain[32], wrapped[40], out[40];
        struct mr_slice k = mr_slice(key, dnp3_unhex(vectors[i].key, key)),
                        p = mr_slice(plain, dnp3_unhex(vectors[i].plain, plain));
        struct mr_slice w = mr_slice(wrapped, dnp3_unhex(vectors[i].wrapped, wrapped));
        mr_dnp3_wrap(out, k, p);
        assert_memory_equal(out, wrapped, w.n);
        assert_true(mr_dnp3_unwrap(out, k, w));
        assert_memory_equal(out, plain, p.n);
        wrapped[3] ^= 1;
        assert_false(mr_dnp3_unwrap(out, k, w));
        assert_false(mr_dnp3_unwrap(out, k, mr_slice(wrapped, 16)));
        assert_false(mr_dnp3_unwrap(out, k, mr_slice(wrapped, 23)));
    }
}

/* --- Secure Authentication --- */

static void secure(void)
{
    d.settings.authentication = true;
    d.settings.nusers = 1;
    d.settings.users[0] = user;
    route.user = &user;
    route.rng = &rng;
    mr_dnp3_client_open(&c, d.now);
}

static void test_secure_command(void **state)
{
    (void)state;
    secure();
    expect(MR_DNP3_READY);
    struct mr_dnp3_command set = {.group = 41, .variation = 2, .index = 0, .value = 9};
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_SELECT, &set, 1, 1, d.now), MR_OK); /* two challenges */
    expect(MR_DNP3_ANSWER);
    assert_int_equal(d.m[12], 9);
    assert_int_equal(d.server.auth.csq, 2);
    set.value = 10;
    assert_int_equal(mr_dnp3_client_command(&c, MR_DNP3_DIRECT_OPERATE_NR, &set, 1, 1, d.now), MR_OK);
    expect(MR_DNP3_SENT);
    struct mr_dnp3_result r;
    assert_false(run(&r));
    assert_int_equal(d.m[12], 10);
    assert_int_equal(mr_dnp3_client_poll(&c, 0x0F, 2, d.now), MR_OK); /* not critical */
    expect(MR_DNP3_ANSWER);
    assert_int_equal(d.server.auth.csq, 3);
    /* keys are renewed in time, without a word */
    uint32_t sequence = d.server.auth.keys[0].sequence;
    d.now += MR_DNP3_KEYS_VALID / 2;
    mr_dnp3_client_tick(&c, d.now);
    assert_false(run(&r));
    assert_int_equal(d.server.auth.keys[0].sequence, sequence + 2);
    assert_int_equal(mr_dnp3_client_set_time(&c, 1, 3, d.now), MR_OK);
    expect(MR_DNP3_ANSWER);
    /* keys run out at the outstation: what they authenticate is refused */
    d.now += MR_DNP3_KEYS_VALID;
    assert_int_equal(mr_dnp3_client_set_time(&c, 1, 4, d.now), MR_OK);
    r = expect(MR_DNP3_FAILED);
    assert_true(r.function == MR_DNP3_AUTH_RESPONSE && r.error == MR_DNP3_AUTH_WRONG);
}

static void test_secure_wrong_key(void **state)
{
    (void)state;
    secure();
    d.settings.users[0].key[5] ^= 1;
    expect(MR_DNP3_FAILED);
    assert_true(mr_dnp3_client_finished(&c));
    d.settings.users[0].number = 8;
    mr_dnp3_client_open(&c, d.now);
    struct mr_dnp3_result r = expect(MR_DNP3_FAILED);
    assert_int_equal(r.error, MR_DNP3_AUTH_UNKNOWN_USER);
    d.settings.authentication = false;
    mr_dnp3_client_open(&c, d.now);
    expect(MR_DNP3_FAILED); /* an outstation without authentication */
}

static void test_secure_no_keys(void **state)
{
    (void)state;
    secure();
    expect(MR_DNP3_READY);
    /* what comes without a MAC is challenged and cannot go on */
    const char *asked = dnp3_ask("C5 05 2902 17 01 00 0100 00");
    /* FIR FIN 5, authentication response, g120v1 of 24 octets: number 1, user 0, MAC 4, reason 1 */
    assert_memory_equal(asked,
                        "C583900078015B01"
                        "1800"
                        "01000000"
                        "0000"
                        "0401",
                        36);
    assert_int_equal(strlen(asked) / 2, 4 + 6 + 8 + MR_DNP3_CHALLENGE_BYTES);
    assert_string_equal(dnp3_ask("C5 20 7802 5B 01 1600 01000000 0700 00000000000000000000000000000000") + 8, "78075B01"
                                                                                                              "0F00"
                                                                                                              "01000000"
                                                                                                              "0700"
                                                                                                              "0000"
                                                                                                              "01"
                                                                                                              "E80300000000");
    assert_int_equal(d.m[12], 0);
    assert_string_equal(dnp3_ask("C5 20 7802 5B 01 1600 01000000 0700 00000000000000000000000000000000"), ""); /* none is open */
    dnp3_ask("C6 05 2902 17 01 00 0100 00");
    d.now += 2 * MR_S;
    mr_dnp3_server_tick(&d.server, d.now); /* no reply */
    assert_int_equal(d.server.held, 0);
}

/* What the standard says goes into each MAC, put together here with keys chosen here. */
static void say(const uint8_t *fragment, size_t n)
{
    uint8_t frames[MR_DNP3_FRAMED_MAX];
    dnp3_drain();
    dnp3_feed(frames, dnp3_frames(fragment, n, 1, 10, frames, sizeof frames));
}

static size_t hear(uint8_t *fragment)
{
    return dnp3_unhex(dnp3_hear(), fragment);
}

/* Agrees on session keys 0x11... and 0x22... by hand. */
static void agree(void)
{
    uint8_t f[256], plain[64] = {16, 0}, out[256];
    dnp3_say_from(1, 10, "C0 20 7804 07 01 0700");
    size_t n = hear(f);
    assert_int_equal(n, 4 + 6 + 11 + 16);
    assert_int_equal(f[4 + 6 + 6], MR_DNP3_WRAP_AES128);
    assert_int_equal(f[4 + 6 + 7], MR_DNP3_KEYS_NONE);
    memset(plain + 2, 0x11, 16);
    memset(plain + 18, 0x22, 16);
    memcpy(plain + 34, f + 10, 27); /* 61 octets, filled up to 64 */
    static const uint8_t head[] = {0xC1, 0x20, 120, 6, 0x5B, 1, 6 + 72, 0};
    memcpy(out, head, sizeof head);
    memcpy(out + 8, f + 10, 6); /* sequence and user */
    mr_dnp3_wrap(out + 14, mr_slice(user.key, 16), mr_slice(plain, 64));
    say(out, 14 + 72);
    n = hear(f);
    assert_int_equal(n, 4 + 6 + 11 + 16 + 16);
    assert_int_equal(f[4 + 6 + 7], MR_DNP3_KEYS_OK);
    uint8_t mac[16], monitor[16];
    memset(monitor, 0x22, 16);
    mr_dnp3_mac(mac, 16, mr_slice(monitor, 16), mr_slice(out, 14 + 72), mr_slice(NULL, 0));
    assert_memory_equal(f + n - 16, mac, 16);
}

static void test_macs(void **state)
{
    (void)state;
    d.settings.authentication = true;
    d.settings.nusers = 1;
    d.settings.users[0] = user;
    agree();
    uint8_t challenge[256], control[16], request[16], reply[64];
    memset(control, 0x11, sizeof control);
    size_t n = dnp3_unhex("C2 05 2902 17 01 00 0500 00", request);
    say(request, n);
    size_t nc = hear(challenge);
    size_t nr = dnp3_unhex("C2 20 7802 5B 01 1600 01000000 0700", reply);
    mr_dnp3_mac(reply + nr, 16, mr_slice(control, 16), mr_slice(challenge, nc), mr_slice(request, n));
    say(reply, nr + 16);
    assert_string_equal(dnp3_hear(), "C2819000"
                                     "2902170100050000");
    assert_int_equal(d.m[12], 5);
    /* aggressive mode: the next number, and a MAC over the challenge and all before the MAC */
    uint8_t aggressive[64];
    size_t na = dnp3_unhex("C3 05 7803 07 01 02000000 0700 2902 17 01 00 0600 00 7809 5B 01 1000", aggressive);
    mr_dnp3_mac(aggressive + na, 16, mr_slice(control, 16), mr_slice(challenge, nc), mr_slice(aggressive, na));
    say(aggressive, na + 16);
    assert_string_equal(dnp3_hear(), "C3819000"
                                     "2902170100060000");
    assert_int_equal(d.m[12], 6);
    d.m[12] = 0;
    aggressive[0] = 0xC4;
    say(aggressive, na + 16); /* replayed */
    assert_string_equal(dnp3_hear() + 8, "78075B010F0002000000070000000"
                                         "1E80300000000");
    assert_int_equal(d.m[12], 0);
    /* statistics 2 failures, 12 successes, 13 key changes: flags, association 0, counts */
    assert_string_equal(dnp3_ask("C5 01 7901 00 0202") + 8, "7901000202"
                                                            "010000"
                                                            "01000000");
    assert_string_equal(dnp3_ask("C6 01 7900 00 0C0D") + 8, "7901000C0D"
                                                            "010000"
                                                            "02000000"
                                                            "010000"
                                                            "01000000");
    assert_int_equal(strlen(dnp3_ask("C7 01 7901 06")) / 2, 4 + 5 + 18 * 7);
    assert_string_equal(dnp3_ask("C8 01 7901 00 0012"), "C8819004");
    d.settings.aggressive_off = true;
    say(aggressive, na + 16);
    assert_string_equal(dnp3_hear() + 8, "78075B010F0002000000070000000"
                                         "4E80300000000");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_poll),
        T(test_long_answer),
        T(test_commands),
        T(test_orders),
        T(test_strings_of_no_length),
        T(test_time_out_and_loss),
        T(test_keepalive),
        T(test_hmac),
        T(test_key_wrap),
        T(test_secure_command),
        T(test_secure_wrong_key),
        T(test_secure_no_keys),
        T(test_macs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
