/* The client side of captured sessions with real stations (../shared/captures/s7) replayed against our server: answers of the
 * same kind and function with the same error verdict, and what stations send by themselves (jobs of a download, messages, tables
 * of variables). Our station has the blocks that the real ones list. Item codes, transport sizes and values are not compared: it
 * runs another program. Where a session is not wholly alike, the table says which answers differ and why. */
#include "golden/capture.h"
#include "golden/s7_station.h"
#include "support/test.h"

#define FOLDER "../shared/captures/s7/"
#define PDUS   1024

struct pdu {
    uint8_t bytes[MR_S7_PDU_MAX];
    size_t n;
};
struct conversation {
    bool begun, closed;
    uint16_t reference; /* of the last job that ours sent */
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

/* A client's answer to the station's job (download) names that job: ours has numbered it otherwise. */
static void renumber(uint8_t *p, size_t n, uint16_t reference)
{
    for (size_t at = 0; at + 19 <= n;) {
        size_t length = (size_t)p[at + 2] << 8 | p[at + 3];
        bool answer = p[at + 5] == MR_S7_DATA && p[at + 7] == MR_S7_PROTOCOL_ID && p[at + 8] == MR_S7_ACK_DATA;
        if (answer) {
            p[at + 11] = (uint8_t)(reference >> 8);
            p[at + 12] = (uint8_t)reference;
        }
        at += length >= 7 ? length : n;
    }
}

static void to_server(struct conversation *v, struct mr_slice bytes)
{
    static uint8_t copy[4096];
    assert_true(bytes.n <= sizeof copy);
    memcpy(copy, bytes.p, bytes.n);
    renumber(copy, bytes.n, v->reference);
    bytes.p = copy;
    while (bytes.n > 0 && !v->closed) {
        uint8_t out[MR_S7_SERVER_OUT];
        struct mr_writer w = mr_writer(out, sizeof out);
        struct mr_feed f = mr_s7_server_feed(&v->station.server, bytes, MR_S);
        struct mr_s7_event ev;
        size_t before = v->nours;
        while (mr_s7_server_next(&v->station.server, &ev)) {
        }
        assert_false(mr_s7_server_output(&v->station.server, &w));
        note(mr_written(&w), v->ours, &v->nours);
        for (size_t i = before; i < v->nours; i++) {
            const uint8_t *p = v->ours[i].bytes;
            if (p[1] == MR_S7_JOB) {
                v->reference = (uint16_t)(p[4] << 8 | p[5]);
            }
        }
        bytes = mr_slice(bytes.p + f.consumed, bytes.n - f.consumed);
        v->closed = f.status == MR_FEED_MALFORMED;
    }
}

/* What the real stations had: blocks that their clients ask for, and data blocks as long as the ones downloaded. */
static struct mr_s7_area areas[10];
static void load(struct s7_station *t, uint32_t db1)
{
    static const struct {
        uint8_t type;
        uint16_t number;
    } blocks[] = {{'8', 1},  {'8', 82}, {'8', 83}, {'8', 85}, {'8', 86}, {'E', 1},
                  {'E', 49}, {'C', 49}, {'B', 0},  {'B', 1},  {'B', 2}};
    static const uint16_t dbs[] = {2, 49, 50, 127};
    uint8_t body[100] = {0};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        assert_true(s7_blocks_put(&t->blocks, blocks[i].type, blocks[i].number, false, mr_slice(body, sizeof body)));
    }
    memcpy(areas, s7_areas, sizeof s7_areas);
    areas[3].size = db1;
    for (size_t i = 0; i < 4; i++) {
        areas[6 + i] = (struct mr_s7_area){.code = MR_S7_AREA_DB, .db = dbs[i], .size = 64};
    }
    t->cpu.areas = areas;
    t->cpu.nareas = 10;
}

static uint32_t db1_size;

static void segment(const struct capture_segment *g)
{
    struct conversation *v = &conversations[g->conversation];
    if (!v->begun) {
        v->begun = true;
        s7_station_init(&v->station);
        load(&v->station, db1_size);
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

/* What a station sends of its own: a job, or user data of type push. */
static bool is_own(const struct mr_s7_header *h)
{
    bool push = h->rosctr == MR_S7_USERDATA && h->parameters.n > 5 && h->parameters.p[5] >> 4 == MR_S7_PUSH;
    return h->rosctr == MR_S7_JOB || push;
}

static bool same_own(const struct mr_s7_header *a, const struct mr_s7_header *b)
{
    size_t n = a->rosctr == MR_S7_JOB ? 1 : 7;
    return a->rosctr == b->rosctr && a->parameters.n == b->parameters.n && memcmp(a->parameters.p, b->parameters.p, n) == 0;
}

static struct mr_s7_header header_of(const struct pdu *p)
{
    struct mr_s7_header h = {0};
    (void)mr_s7_header_decode(mr_slice(p->bytes, p->n), &h);
    return h;
}

static void compare(const struct conversation *v, struct tally *t)
{
    size_t answers = 0, own = 0;
    for (size_t k = 0; k < v->nreal; k++) {
        struct mr_s7_header real = header_of(&v->real[k]), ours = {0};
        bool by_itself = is_own(&real), found = false;
        size_t at = by_itself ? own : answers;
        for (; at < v->nours && !found; at++) {
            ours = header_of(&v->ours[at]);
            found = by_itself ? is_own(&ours) && same_own(&ours, &real) : !is_own(&ours) && ours.reference == real.reference;
        }
        if (!found) {
            t->unanswered++;
        } else if (by_itself) {
            t->alike++;
            own = at;
        } else {
            compare_one(&ours, &real, t);
            answers = at;
        }
    }
}

static struct tally replay(const char *name, uint32_t db1)
{
    char path[256];
    struct tally t = {0};
    snprintf(path, sizeof path, FOLDER "%s", name);
    memset(conversations, 0, sizeof conversations);
    db1_size = db1;
    capture_replay(path, MR_S7_PORT, segment);
    for (size_t i = 0; i < CAPTURE_CONVERSATIONS; i++) {
        compare(&conversations[i], &t);
    }
    print_message("%s: %zu alike, %zu of other form, %zu with another verdict, %zu unanswered\n", name, t.alike, t.other_form,
                  t.other_verdict, t.unanswered);
    return t;
}

static void test_sessions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t answers;
        size_t others, missing;
        uint32_t db1;
    } files[] = {
        {"snap7_s300_setupCommunication.pcapng", 1, 0, 0, 88},
        {"snap7_s300_readVar.pcapng", 1, 0, 0, 88},
        {"snap7_s300_stop.pcapng", 1, 0, 0, 88},
        {"s7comm_varservice_libnodavedemo.pcap", 8, 0, 0, 88},
        {"step7_s300_AuthPassword.pcapng", 3, 0, 0, 88},
        {"step7_s300_copyRamToRom.pcapng", 1, 0, 0, 88},
        {"step7_s300_stop.pcapng", 1, 0, 2,
         88}, /* the subscription, which its message of the stop answers, was before the capture; so was one more */
        {"step7_s300_rwVarTab.pcapng", 10, 0, 0, 88},
        {"step7_s300_readVarTab.pcapng", 218, 0, 0, 88},
        {"step7_s300_readDiagData.pcapng", 8, 132, 130, 88}, /* status of MC7 code, which our blocks have none of */
        {"step7_s300_download.pcapng", 48, 0, 0, 88},
        {"tia_s300_downloadOb1.pcapng", 53, 0, 0, 88},
        {"tia_s300_flashLed.pcapng", 2, 0, 0, 88},
        {"snap7_s300_everything.pcapng", 32, 0, 0, 88},
        {"s7comm_reading_setting_plc_time.pcap", 12, 1, 0, 88}, /* our list of lists is shorter: there is no second piece of it */
        {"s7comm_reading_plc_status.pcap", 71, 1, 0, 88},       /* the same */
        {"wincc_s300_setup-alarm-read.pcapng", 64, 0, 0, 88},
        {"s7comm_downloading_block_db1.pcap", 23, 1, 0,
         400}, /* DB1 is there before it is downloaded: the map makes data blocks */
        {"s7comm_program_blocklist_onlineview.pcap", 34, 1, 0, 88}, /* list of lists */
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tally t = replay(files[i].name, files[i].db1);
        assert_int_equal(t.alike, files[i].answers);
        assert_int_equal(t.other_form, 0);
        assert_int_equal(t.other_verdict, files[i].others);
        assert_int_equal(t.unanswered, files[i].missing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sessions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
