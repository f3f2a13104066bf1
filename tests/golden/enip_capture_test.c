/* The client side of captured sessions with real controllers (../shared/captures/enip) replayed against our server: each request
 * gets an answer of the same service, general status and, where it reads memory or attributes, length. The captures begin after
 * their connections were opened, so sessions and connections are opened here, and the numbers in the messages set to ours. Values
 * are not compared. */
#include "golden/capture.h"
#include "support/enip_hex.h"

#define FOLDER "../shared/captures/enip/"

enum { CONVERSATIONS = 4, KEPT = 4096, STREAM = 1 << 16 };
struct answer {
    uint16_t sequence;
    bool unconnected;
    uint32_t digest; /* of services, statuses and lengths */
};
struct conversation {
    bool begun;
    uint32_t o_t_id;
    size_t n[2];
    uint8_t stream[2][STREAM];
    size_t nours, nreal;
    struct answer ours[KEPT], real[KEPT];
    struct enip_station station;
};
static struct conversation conversations[CONVERSATIONS];
static const char *const names[] = {"LMS_SETPOINTCHANGE_RECEIVED",
                                    "LMS_DISABLE_BARCODE_SCANNER",
                                    "LMS_DISABLE_2DSCANNER1",
                                    "LMS_DISABLE_2DSCANNER2",
                                    "LMS_ALIVEBIT",
                                    "LMS_NEW_PO_AVAILABLE"};
static const struct mr_place bit[] = {{MR_AREA_M, MR_VT_BOOL, 5, 0}};
static struct mr_enip_tag tags[6];

static void open_station(struct conversation *v)
{
    enip_station_init(&v->station);
    for (size_t i = 0; i < 6; i++) {
        tags[i] = (struct mr_enip_tag){.name = names[i], .type = MR_CIP_BOOL, .places = bit, .nplaces = 1};
    }
    v->station.device.tags = tags;
    v->station.device.ntags = 6;
    v->station.device.nprograms = 0;
    assert_true(mr_enip_device_init(&v->station.device, v->station.scratch));
    enip_register(&v->station);
    /* Class 3, 500 bytes each way, to the message router. */
    assert_memory_equal(enip_ask(&v->station, "5402 2006 2401 07E9 00000000 78563412 0100 0100 0A000000 03000000"
                                              "80841E00 F443 80841E00 F443 A3 02 2002 2401"),
                        "D4000000", 8);
    v->o_t_id = v->station.connections[0].o_t_id;
}

/* An answer as it is compared. Within a Multiple Service Packet each embedded one counts. */
static uint32_t shape(struct mr_slice cip)
{
    struct mr_cip_answer a;
    assert_true(mr_cip_answer_decode(cip, &a));
    uint32_t h = a.service * 1000003u + a.status;
    if (a.service != MR_CIP_MULTIPLE) {
        return h * 31 + (uint32_t)a.data.n;
    }
    struct mr_reader r = mr_reader(a.data);
    size_t n = mr_read_u16le(&r);
    for (size_t i = 0; i < n; i++) {
        struct mr_reader here = mr_reader(a.data);
        (void)mr_read_bytes(&here, 2 + 2 * i);
        size_t at = mr_read_u16le(&here), end = i + 1 < n ? mr_read_u16le(&here) : a.data.n;
        assert_true(!here.bad && at < end && end <= a.data.n);
        h = h * 31 + shape(mr_slice(a.data.p + at, end - at));
    }
    return h;
}

static void note(struct mr_slice m, struct answer *list, size_t *n)
{
    bool unconnected = m.p[0] == MR_ENIP_SEND_RR_DATA;
    size_t at = unconnected ? 40 : 46;
    assert_true(m.n > at && *n < KEPT);
    list[(*n)++] = (struct answer){.sequence = (uint16_t)(m.p[44] | m.p[45] << 8),
                                   .unconnected = unconnected,
                                   .digest = shape(mr_slice(m.p + at, m.n - at))};
}

/* Our numbers of session and connection in place of those captured. */
static void renumber(const struct conversation *v, uint8_t *m)
{
    for (size_t i = 0; i < 4; i++) {
        m[4 + i] = (uint8_t)(v->station.server.handle >> 8 * i);
        if (m[0] == MR_ENIP_SEND_UNIT_DATA) {
            m[36 + i] = (uint8_t)(v->o_t_id >> 8 * i);
        }
    }
}

static void to_server(struct conversation *v, uint8_t *m, size_t n)
{
    uint8_t out[MR_ENIP_MESSAGE_MAX];
    renumber(v, m);
    size_t got = enip_exchange(&v->station, m, n, out, sizeof out);
    struct mr_enip_event ev;
    while (mr_enip_server_next(&v->station.server, &ev)) {
    }
    assert_true(got > 0);
    note(mr_slice(out, got), v->ours, &v->nours);
}

/* Whole messages of one direction; the captures begin and end between messages. */
static void segment(const struct capture_segment *g)
{
    struct conversation *v = &conversations[g->conversation];
    assert_true(g->conversation < CONVERSATIONS);
    if (!v->begun) {
        v->begun = true;
        open_station(v);
    }
    uint8_t *stream = v->stream[g->up];
    size_t *n = &v->n[g->up];
    assert_true(g->data.n <= STREAM - *n);
    memcpy(stream + *n, g->data.p, g->data.n);
    *n += g->data.n;
    for (;;) {
        size_t whole = *n < MR_ENIP_HEADER ? SIZE_MAX : MR_ENIP_HEADER + (size_t)(stream[2] | stream[3] << 8);
        if (whole > *n) {
            return;
        }
        if (g->up) {
            to_server(v, stream, whole);
        } else {
            note(mr_slice(stream, whole), v->real, &v->nreal);
        }
        *n -= whole;
        memmove(stream, stream + whole, *n);
    }
}

/* FactoryTalk polling four controllers for 85 s: memory reads, Read-Modify-Write of BOOLs, class 0xAC, connected and not. */
static void test_session(void **state)
{
    (void)state;
    size_t alike = 0;
    memset(conversations, 0, sizeof conversations);
    capture_replay(FOLDER "EthernetIP-CIP.pcap", MR_ENIP_PORT, segment);
    for (size_t k = 0; k < CONVERSATIONS; k++) {
        const struct conversation *v = &conversations[k];
        for (size_t i = 0, j = 0; i < v->nreal; i++) {
            size_t at = j;
            while (at < v->nours && (v->ours[at].unconnected != v->real[i].unconnected ||
                                     (!v->real[i].unconnected && v->ours[at].sequence != v->real[i].sequence))) {
                at++;
            }
            if (at == v->nours) {
                continue; /* its request came before the capture began */
            }
            j = v->real[i].unconnected ? j : at; /* the two kinds overtake each other */
            assert_int_equal(v->ours[at].digest, v->real[i].digest);
            alike++;
        }
        print_message("conversation %zu: %zu requests, %zu answers in the capture\n", k, v->nours, v->nreal);
    }
    assert_true(alike >= 4390); /* 4180 packets and 219 unconnected requests, less those at the ends of the capture */
}

static const char *answered;

static void one(const struct capture_segment *g)
{
    static struct conversation v;
    uint8_t m[MR_ENIP_MESSAGE_MAX], out[MR_ENIP_MESSAGE_MAX];
    assert_true(g->up && g->data.n <= sizeof m);
    open_station(&v);
    memcpy(m, g->data.p, g->data.n);
    renumber(&v, m);
    size_t n = enip_exchange(&v.station, m, g->data.n, out, sizeof out);
    assert_true(n > 46);
    answered = enip_hex(out + 46, n - 46);
}

/* Single requests of engineering tools. */
static void test_requests(void **state)
{
    (void)state;
    capture_replay(FOLDER "cip_stop_plc.pcap", MR_ENIP_PORT, one);
    enip_same(answered, "87000000");
    capture_replay(FOLDER "cip_start_plc.pcap", MR_ENIP_PORT, one);
    enip_same(answered, "86000000");
    capture_replay(FOLDER "cip_unlock_cpu.pcap", MR_ENIP_PORT, one);
    enip_same(answered, "CC000000");
    capture_replay(FOLDER "cip-multiple-1.pcap", MR_ENIP_PORT, one);
    assert_memory_equal(answered, "8A0000000B0018002400", 20);
    assert_int_equal(strlen(answered), 2 * (249 - 2)); /* as cip-multiple-2.pcap answers */
}

/* Each message cut in two wherever it can be: the first part has no answer, both together that of the whole. */
enum { CUT_MESSAGES = 200 };
static size_t ncut;

static void cut(const struct capture_segment *g)
{
    static struct conversation whole, parts;
    uint8_t m[MR_ENIP_MESSAGE_MAX], out[2][MR_ENIP_MESSAGE_MAX];
    size_t n = g->data.n < MR_ENIP_HEADER ? SIZE_MAX : MR_ENIP_HEADER + (size_t)(g->data.p[2] | g->data.p[3] << 8);
    if (!g->up || ncut == CUT_MESSAGES || n != g->data.n) {
        return;
    }
    ncut++;
    open_station(&whole);
    open_station(&parts);
    memcpy(m, g->data.p, n);
    renumber(&whole, m);
    for (size_t at = 1; at < n; at++) {
        size_t all = enip_exchange(&whole.station, m, n, out[0], sizeof out[0]);
        struct mr_feed f = mr_enip_server_feed(&parts.station.server, mr_slice(m, at), MR_S);
        struct mr_writer none = mr_writer(out[1], sizeof out[1]);
        assert_int_equal(f.status, MR_FEED_OK);
        assert_true(f.needed > 0 && f.needed <= n - at);
        assert_false(mr_enip_server_output(&parts.station.server, &none));
        assert_int_equal(none.n, 0);
        assert_int_equal(enip_exchange(&parts.station, m + at, n - at, out[1], sizeof out[1]), all);
        assert_memory_equal(out[0], out[1], all);
        struct mr_enip_event ev[2];
        while (mr_enip_server_next(&whole.station.server, &ev[0])) {
            assert_true(mr_enip_server_next(&parts.station.server, &ev[1]));
            assert_int_equal(ev[0].kind, ev[1].kind);
        }
    }
}

static void test_cuts(void **state)
{
    (void)state;
    static const char *const files[] = {"cip_stop_plc.pcap",   "cip_start_plc.pcap", "cip_unlock_cpu.pcap",
                                        "cip-multiple-1.pcap", "enip_test.pcap",     "EthernetIP-CIP.pcap"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, FOLDER "%s", files[i]);
        capture_replay(path, MR_ENIP_PORT, cut);
    }
    assert_int_equal(ncut, CUT_MESSAGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_session), cmocka_unit_test(test_requests),
                                       cmocka_unit_test(test_cuts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
