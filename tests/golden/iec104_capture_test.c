/* The client side of captured sessions with real stations (../shared/captures/iec104) replayed against ours, renumbered: the same
 * answers in the same order, that is type, SQ and number, cause with its bits, originator, common and object address, and the
 * element where it is a command sent back. Process values, and when a station speaks by itself, are not compared. Then every
 * prefix and split of each captured message; and tshark reads what our station says. */
#include "golden/capture.h"
#include "support/iec104_rig.h"

#include <unistd.h>

#define FOLDER "../shared/captures/iec104/"
#define ASDUS  256
#define TSHARK "tshark -o tcp.check_checksum:FALSE -d tcp.port==2404,iec60870_104"

struct asdu {
    uint8_t bytes[MR_IEC104_ASDU_MAX];
    size_t n;
};
struct conversation {
    bool begun, cut; /* cut: bytes that are no APDU, after which our station closes */
    struct rig rig;
    struct rig_line line;
    size_t nours, nreal;
    struct asdu ours[ASDUS], real[ASDUS];
};
static struct conversation conversations[CAPTURE_CONVERSATIONS];
static void (*arrange)(struct rig *r);

/* What answers a request; not what the station says by itself. */
static bool answers(struct mr_slice a)
{
    uint8_t cause = a.n > 2 ? a.p[2] & MR_IEC104_CAUSE_MASK : 0;
    return cause >= MR_IEC104_COT_REQUEST && cause != MR_IEC104_COT_RETURN_REMOTE;
}

static void keep(struct mr_slice a, struct asdu *list, size_t *n)
{
    if (answers(a)) {
        assert_true(*n < ASDUS);
        memcpy(list[*n].bytes, a.p, a.n);
        list[(*n)++].n = a.n;
    }
}

static void each_apdu(struct conversation *v, struct mr_slice bytes,
                      void (*fn)(struct conversation *v, const struct mr_iec104_apdu *a))
{
    for (size_t at = 0; at < bytes.n && !v->cut;) {
        struct mr_iec104_apdu a;
        size_t n = at + 1 < bytes.n ? bytes.p[at + 1] + 2u : 0;
        v->cut = n == 0 || at + n > bytes.n || !mr_iec104_apdu_decode(mr_slice(bytes.p + at, n), &a);
        if (!v->cut) {
            fn(v, &a);
        }
        at += n;
    }
}

static void to_station(struct conversation *v, const struct mr_iec104_apdu *a)
{
    if (a->format == MR_IEC104_S) {
        rig_s(&v->line);
        return;
    }
    if (a->format == MR_IEC104_U) {
        rig_u(&v->line, (enum mr_iec104_u)a->u);
    } else {
        rig_i(&v->line, a->asdu.p, a->asdu.n);
    }
    for (size_t k = 0; rig_asdu(&v->line, k).n > 0; k++) {
        keep(rig_asdu(&v->line, k), v->ours, &v->nours);
    }
}

static void from_station(struct conversation *v, const struct mr_iec104_apdu *a)
{
    if (a->format == MR_IEC104_I) {
        keep(a->asdu, v->real, &v->nreal);
    }
}

static void segment(const struct capture_segment *g)
{
    struct conversation *v = &conversations[g->conversation];
    if (!v->begun) {
        v->begun = true;
        rig_init(&v->rig);
        arrange(&v->rig);
        assert_null(mr_iec104_config_check(&v->rig.config));
        assert_true(rig_build(&v->rig) && rig_open(&v->line, &v->rig, RIG_PEER));
        if (!(g->data.n == 6 && g->data.p[2] == MR_IEC104_STARTDT_ACT)) { /* the capture begins later */
            rig_u(&v->line, MR_IEC104_STARTDT_ACT);
        }
    }
    each_apdu(v, g->data, g->up ? to_station : from_station);
}

/* A command's element as sent back, without time tag: a master's year of 109 comes back as 9 from one station. */
static size_t alike_bytes(const struct asdu *a)
{
    const struct mr_iec104_info *info = mr_iec104_info(a->bytes[0]);
    bool mirrored = info->direction != MR_IEC104_MONITOR;
    return mirrored ? 9u + info->size - info->time : 9u;
}

static size_t replay(const char *name)
{
    char path[256];
    size_t alike = 0;
    snprintf(path, sizeof path, FOLDER "%s", name);
    memset(conversations, 0, sizeof conversations);
    capture_replay(path, MR_IEC104_PORT, segment);
    for (size_t i = 0; i < CAPTURE_CONVERSATIONS && conversations[i].begun; i++) {
        struct conversation *v = &conversations[i];
        assert_true(v->cut || v->nours == v->nreal);
        for (size_t k = 0; k < v->nreal && !v->cut; k++, alike++) {
            assert_int_equal(v->ours[k].n, v->real[k].n);
            assert_memory_equal(v->ours[k].bytes, v->real[k].bytes, alike_bytes(&v->real[k]));
        }
        rig_free(&v->rig);
    }
    return alike;
}

/* 090813_diverse.pcap: a station whose commands are selected first, all but the double one at 4600. */
static void diverse(struct rig *r)
{
    static const struct {
        uint16_t ioa;
        uint8_t type;
        enum mr_vtype vt;
    } commands[] = {{4500, 45, MR_VT_BOOL}, {4501, 45, MR_VT_BOOL}, {4600, 46, MR_VT_BOOL}, {4601, 46, MR_VT_BOOL},
                    {5020, 50, MR_VT_REAL}, {5021, 50, MR_VT_REAL}, {4821, 48, MR_VT_REAL}};
    r->config.ncommands = sizeof commands / sizeof commands[0];
    for (uint32_t i = 0; i < r->config.ncommands; i++) {
        r->commands[i] = rig_command(commands[i].ioa, commands[i].type, commands[i].vt, 64 + 4 * i);
        r->commands[i].select = commands[i].ioa != 4600;
    }
    r->points[2] = r->points[9];
    r->points[3] = r->points[10];
    r->config.npoints = 4;
}

/* TestDissectIec104.pcap, its last connection: another product. */
static void dissect(struct rig *r)
{
    static const uint16_t ca = 37133;
    for (uint32_t i = 0; i < 9; i++) {
        r->points[i] = rig_point(10010 + i, MR_IEC104_M_SP_NA_1, MR_VT_BOOL, i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        r->points[9 + i] = rig_point(20010 + i, MR_IEC104_M_DP_NA_1, MR_VT_BYTE, 16 + i);
    }
    r->commands[0].ioa = 10010;
    r->config.ncommands = 1;
    r->config.npoints = 12;
    r->config.cas = &ca;
    r->config.ncas = 1;
    r->personality.end_of_init = true;
    r->personality.act_term = false;
    r->personality.unknown_ioa = MR_IEC104_COT_ACT_CON;
}

static void test_diverse(void **state)
{
    (void)state;
    arrange = diverse;
    assert_int_equal(replay("090813_diverse.pcap"), 32);
}

static void test_dissect(void **state)
{
    (void)state;
    arrange = dissect;
    assert_int_equal(replay("TestDissectIec104.pcap"), 9);
}

/* --- prefixes and splits ---------------------------------------------------------------------------------------------------- */

static size_t pieces(const uint8_t *apdu, size_t n, size_t split, uint8_t *out)
{
    static struct rig rig;
    static struct rig_line line;
    rig_init(&rig);
    arrange(&rig);
    assert_true(rig_build(&rig) && rig_open(&line, &rig, RIG_PEER));
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_s(&line);
    size_t total = 0;
    for (size_t at = 0; at < n;) {
        size_t m = at == 0 && split > 0 ? split : n - at;
        rig_feed(&line, mr_slice(apdu + at, m));
        at += m;
        assert_true(at == n || line.n == 0); /* a prefix brings nothing about */
        memcpy(out + total, line.out, line.n);
        total += line.n;
    }
    rig_free(&rig);
    return total;
}

/* Each of the master's I formats, alone. */
static void try_splits(struct conversation *v, const struct mr_iec104_apdu *a)
{
    static uint8_t whole[RIG_OUT], parts[RIG_OUT];
    uint8_t apdu[MR_IEC104_APDU_MAX];
    if (a->format != MR_IEC104_I) {
        return;
    }
    struct mr_writer w = mr_writer(apdu, sizeof apdu);
    mr_iec104_write_i(&w, 0, v->rig.personality.end_of_init ? 1 : 0, a->asdu);
    size_t n = pieces(apdu, w.n, 0, whole);
    for (size_t split = 1; split < w.n; split++) {
        assert_int_equal(pieces(apdu, w.n, split, parts), n);
        assert_memory_equal(whole, parts, n);
    }
}

static void split_segment(const struct capture_segment *g)
{
    struct conversation *v = &conversations[g->conversation];
    if (g->up) {
        rig_init(&v->rig);
        arrange(&v->rig);
        each_apdu(v, g->data, try_splits);
    }
}

static void test_splits(void **state)
{
    (void)state;
    memset(conversations, 0, sizeof conversations);
    arrange = diverse;
    capture_replay(FOLDER "090813_diverse.pcap", MR_IEC104_PORT, split_segment);
    memset(conversations, 0, sizeof conversations);
    arrange = dissect;
    capture_replay(FOLDER "TestDissectIec104.pcap", MR_IEC104_PORT, split_segment);
}

/* --- tshark ----------------------------------------------------------------------------------------------------------------- */

struct pcap {
    FILE *f;
    uint16_t port; /* of the master */
    uint32_t seq[2];
    size_t asdus;
};

static void pcap_u32(struct pcap *p, uint32_t v)
{
    assert_int_equal(fwrite(&v, 4, 1, p->f), 1);
}

/* A TCP segment from (or to) port 2404. */
static void pcap_segment(struct pcap *p, bool up, const uint8_t *bytes, size_t n)
{
    uint8_t h[54] = {
        [12] = 8, [14] = 0x45, [22] = 64, [23] = 6, [26] = 10, [29] = 1, [30] = 10, [33] = 2, [46] = 0x50, [47] = 0x18};
    struct mr_writer w = mr_writer(h, sizeof h);
    w.n = sizeof h;
    mr_patch_u16be(&w, 16, (uint16_t)(40 + n));
    mr_patch_u16be(&w, 34, up ? p->port : MR_IEC104_PORT);
    mr_patch_u16be(&w, 36, up ? MR_IEC104_PORT : p->port);
    mr_patch_u32be(&w, 38, p->seq[up]);
    mr_patch_u32be(&w, 42, p->seq[!up]);
    h[29] = up ? 2 : 1;
    h[33] = up ? 1 : 2;
    p->seq[up] += (uint32_t)n;
    pcap_u32(p, 1);
    pcap_u32(p, 0);
    pcap_u32(p, (uint32_t)(sizeof h + n));
    pcap_u32(p, (uint32_t)(sizeof h + n));
    assert_int_equal(fwrite(h, sizeof h, 1, p->f), 1);
    assert_int_equal(fwrite(bytes, n, 1, p->f), 1);
}

static void pcap_answer(struct pcap *p, struct rig_line *l)
{
    for (size_t at = 0; at < l->n; at += l->out[at + 1] + 2u) {
        p->asdus += (l->out[at + 2] & 1) == 0;
    }
    if (l->n > 0) {
        pcap_segment(p, false, l->out, l->n);
    }
    rig_s(l);
}

static void pcap_ask(struct pcap *p, struct rig_line *l, const uint8_t *asdu, size_t n)
{
    uint8_t apdu[MR_IEC104_APDU_MAX];
    struct mr_writer w = mr_writer(apdu, sizeof apdu);
    mr_iec104_write_i(&w, l->vs, l->vr, mr_slice(asdu, n));
    pcap_segment(p, true, apdu, w.n);
    p->asdus++;
    rig_i(l, asdu, n);
    pcap_answer(p, l);
}
#define ASK(p, l, ...) pcap_ask(p, l, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Every type that our station sends: interrogated, read, spontaneous with each time tag, and commands sent back. */
static void converse(struct pcap *p)
{
    static struct rig rig;
    static struct rig_line line;
    for (uint8_t tag = 0; tag <= 7; tag = tag == 0 ? 3 : tag + 4) {
        rig_init(&rig);
        for (size_t i = 0; i < rig.config.npoints; i++) {
            rig.points[i].tag = rig.points[i].type >= 20 ? 0 : tag;
        }
        rig.points[11].period = MR_S;
        rig.personality.counter_time = tag == 7;
        rig.personality.params.k = 30;
        assert_true(rig_build(&rig) && rig_open(&line, &rig, RIG_PEER));
        p->port++;
        p->seq[0] = p->seq[1] = 1;
        rig_u(&line, MR_IEC104_STARTDT_ACT);
        ASK(p, &line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 20);
        ASK(p, &line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0x45);
        ASK(p, &line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 5);
        ASK(p, &line, 102, 1, 5, 0, RIG_CA, 0, 1, 0, 0);
        ASK(p, &line, 103, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 8, 0x1D, 8, 8);
        ASK(p, &line, 45, 1, 6, 0, RIG_CA, 0, 0x94, 0x11, 0, 1);
        ASK(p, &line, 50, 1, 6, 0, RIG_CA, 0, 0x88, 0x13, 0, 0, 0, 0x90, 0x41, 0);
        ASK(p, &line, 107, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 1, 24);
        ASK(p, &line, 110, 1, 6, 0, RIG_CA, 0, 50, 0, 0, 0, 16, 1);
        for (uint32_t byte = 0; byte < 64; byte++) {
            rig.area[MR_AREA_M][byte] ^= 0x11;
        }
        rig_sample(&line, 2 * MR_S);
        pcap_answer(p, &line);
        rig_free(&rig);
    }
}

/* Lines that a command writes. */
static size_t lines_of(const char *path, const char *arguments)
{
    char command[512];
    size_t n = 0;
    snprintf(command, sizeof command, TSHARK " -r %s %s 2>/dev/null", path, arguments);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    for (int c = fgetc(f); c != EOF; c = fgetc(f)) {
        n += c == '\n' || c == ',';
    }
    assert_int_equal(pclose(f), 0);
    return n;
}

static void test_tshark(void **state)
{
    (void)state;
    if (system("tshark --version >/dev/null 2>&1") != 0) {
        print_message("tshark is not there: skipped\n");
        skip();
    }
    char path[] = "/tmp/iec104-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct pcap p = {.f = fdopen(fd, "wb"), .port = 40000};
    static const uint32_t header[] = {0xA1B2C3D4, 0x00040002, 0, 0, 65535, 1};
    assert_non_null(p.f);
    for (size_t i = 0; i < 6; i++) {
        pcap_u32(&p, header[i]);
    }
    converse(&p);
    assert_int_equal(fclose(p.f), 0);
    assert_int_equal(lines_of(path, "-T fields -e iec60870_asdu.typeid"), p.asdus);
    assert_int_equal(lines_of(path, "-Y '_ws.malformed || _ws.expert.severity == \"Error\"'"), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diverse),
        cmocka_unit_test(test_dissect),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_tshark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
