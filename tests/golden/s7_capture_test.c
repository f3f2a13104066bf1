/* The client side of captured sessions with real stations (../shared/captures/s7) replayed against our server: answers of the same
 * kind and function with the same error verdict. Item codes, transport sizes and values are not compared: our station runs another
 * program. Where a session is only partly alike, its lower bound is what our server reached: that catches a loss, it proves nothing. */
#include "golden/capture.h"
#include "golden/s7_station.h"

#define FOLDER "../shared/captures/s7/"
#define PDUS   1024

struct pdu {
    uint8_t bytes[MR_S7_PDU_MAX];
    size_t n;
};
struct conversation {
    bool begun, closed;
    size_t nours, nreal;
    struct pdu ours[PDUS], real[PDUS];
    struct s7_station station;
};
static struct conversation conversations[CAPTURE_CONVERSATIONS];

/* Keeps the PDUs of data TPDUs that are whole in the segment. */
static void note(struct mr_slice bytes, struct pdu *list, size_t *n)
{
    for (size_t at = 0; at + 7 <= bytes.n && *n < PDUS;) {
        size_t length = (size_t)bytes.p[at + 2] << 8 | bytes.p[at + 3];
        if (bytes.p[at] != 3 || length < 7 || at + length > bytes.n) {
            return;
        }
        if (bytes.p[at + 5] == MR_S7_DATA && length > 7 && length - 7 <= MR_S7_PDU_MAX) {
            memcpy(list[*n].bytes, bytes.p + at + 7, length - 7);
            list[(*n)++].n = length - 7;
        }
        at += length;
    }
}

static void to_server(struct conversation *v, struct mr_slice bytes)
{
    while (bytes.n > 0 && !v->closed) {
        uint8_t out[MR_S7_SERVER_OUT];
        struct mr_writer w = mr_writer(out, sizeof out);
        struct mr_feed f = mr_s7_server_feed(&v->station.server, bytes, MR_S);
        struct mr_s7_event ev;
        while (mr_s7_server_next(&v->station.server, &ev)) {
        }
        assert_false(mr_s7_server_output(&v->station.server, &w));
        note(mr_written(&w), v->ours, &v->nours);
        bytes = mr_slice(bytes.p + f.consumed, bytes.n - f.consumed);
        v->closed = f.status == MR_FEED_MALFORMED;
    }
}

static void segment(const struct capture_segment *g)
{
    struct conversation *v = &conversations[g->conversation];
    if (!v->begun) {
        v->begun = true;
        s7_station_init(&v->station);
        mr_s7_set_password(&v->station.settings, "toor");
        if (!(g->data.n > 5 && g->data.p[5] == MR_S7_CONNECT)) { /* the capture begins later */
            to_server(v, mr_slice(s7_connect, sizeof s7_connect));
        }
    }
    if (g->up) {
        to_server(v, g->data);
    } else {
        note(g->data, v->real, &v->nreal);
    }
}

struct tally {
    size_t alike, other_form, other_verdict, unanswered;
};

static bool same_items(const struct mr_s7_header *a, const struct mr_s7_header *b)
{
    return a->parameters.n == b->parameters.n && (a->parameters.n == 0 || a->parameters.p[0] == b->parameters.p[0]);
}

/* Ours and theirs to one request. User data answers are alike where group and function are, and both have data or neither. */
static void compare_one(const struct mr_s7_header *ours, const struct mr_s7_header *real, struct tally *t)
{
    bool userdata = ours->rosctr == MR_S7_USERDATA;
    bool fine[2] = {ours->error == 0, real->error == 0};
    if (userdata && real->rosctr == MR_S7_USERDATA && ours->parameters.n == 12 && real->parameters.n == 12) {
        fine[0] = ours->parameters.p[10] == 0 && ours->parameters.p[11] == 0;
        fine[1] = real->parameters.p[10] == 0 && real->parameters.p[11] == 0;
    }
    if (fine[0] != fine[1]) {
        t->other_verdict++;
    } else if (ours->rosctr != real->rosctr ||
               (userdata ? memcmp(ours->parameters.p, real->parameters.p, 7) != 0 : !same_items(ours, real))) {
        t->other_form++;
    } else {
        t->alike++;
    }
}

static struct tally replay(const char *name)
{
    char path[256];
    struct tally t = {0};
    snprintf(path, sizeof path, FOLDER "%s", name);
    memset(conversations, 0, sizeof conversations);
    capture_replay(path, MR_S7_PORT, segment);
    for (size_t i = 0; i < CAPTURE_CONVERSATIONS; i++) {
        const struct conversation *v = &conversations[i];
        for (size_t k = 0, j = 0; k < v->nreal; k++) {
            struct mr_s7_header real, ours = {0};
            if (!mr_s7_header_decode(mr_slice(v->real[k].bytes, v->real[k].n), &real) || real.rosctr == MR_S7_JOB ||
                (real.rosctr == MR_S7_USERDATA && real.parameters.n != 12)) {
                continue; /* the station's own requests and messages */
            }
            size_t at = j;
            while (at < v->nours && mr_s7_header_decode(mr_slice(v->ours[at].bytes, v->ours[at].n), &ours) &&
                   ours.reference != real.reference) {
                at++;
            }
            if (at >= v->nours) {
                t.unanswered++;
                continue;
            }
            j = at + 1;
            compare_one(&ours, &real, &t);
        }
    }
    print_message("%s: %zu alike, %zu of other form, %zu with another verdict, %zu unanswered\n", name, t.alike, t.other_form,
                  t.other_verdict, t.unanswered);
    return t;
}

/* Services that ours has: every answer is alike. */
static void test_alike(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t answers;
    } files[] = {
        {"snap7_s300_setupCommunication.pcapng", 1},
        {"snap7_s300_readVar.pcapng", 1},
        {"snap7_s300_stop.pcapng", 1},
        {"s7comm_varservice_libnodavedemo.pcap", 8},
        {"step7_s300_AuthPassword.pcapng", 3},
        {"step7_s300_copyRamToRom.pcapng", 1},
        {"step7_s300_stop.pcapng", 1},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tally t = replay(files[i].name);
        assert_int_equal(t.alike, files[i].answers);
        assert_int_equal(t.other_form + t.other_verdict + t.unanswered, 0);
    }
}

/* Sessions that go on to services which ours refuses (blocks, diagnostics, messages; docs/protocols/s7.md lists them). */
static void test_partly_alike(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t alike;
    } files[] = {
        {"snap7_s300_everything.pcapng", 19},     {"s7comm_reading_setting_plc_time.pcap", 12},
        {"s7comm_reading_plc_status.pcap", 21},   {"wincc_s300_setup-alarm-read.pcapng", 58},
        {"s7comm_downloading_block_db1.pcap", 8}, {"s7comm_program_blocklist_onlineview.pcap", 15},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tally t = replay(files[i].name);
        assert_true(t.alike >= files[i].alike);
        assert_int_equal(t.other_form + t.unanswered, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alike), cmocka_unit_test(test_partly_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
