/* Stations and controllers that ask and command others over each protocol, in the simulated world of the protocol bench: what its
 * line's HMI shows is held against what stands in the controllers themselves, which no protocol has been through. */
#include "base/rng.h"
#include "device/devices.h"
#include "device/peer.h"
#include "site/load.h"
#include "site/saved.h"
#include "site/world.h"
#include "support/site_content.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SITE "content/sites/protocol-bench/site.yaml"

static struct mr_content *content;

struct stage {
    struct mr_world *world;
    uint64_t seq;
    mr_ns now;
    int64_t operated; /* outcome of the last operation; -1 while it waits */
    size_t stale;     /* alarms of devices that do not answer, begun */
};

static void on_event(void *ctx, const struct mr_event *e)
{
    struct stage *s = ctx;
    s->operated = e->kind == MR_EV_ACTION ? e->number : s->operated;
    s->stale += e->kind == MR_EV_ALARM && strcmp(e->detail, "stale") == 0 && e->number == 1;
}

static void on_request(void *ctx, const struct mr_net_request *q)
{
    (void)ctx;
    (void)q;
}

static void input(struct stage *s, uint8_t kind, struct mr_slice payload)
{
    assert_int_equal(mr_world_input(s->world, ++s->seq, s->now, kind, payload), MR_OK);
}

static void pass(struct stage *s, mr_ns time)
{
    s->now += time;
    input(s, MR_IN_TIME, mr_slice(NULL, 0));
}

static void stage_init(struct stage *s)
{
    char why[128] = "";
    *s = (struct stage){.operated = -1};
    const struct mr_world_config config = {.site = content->site,
                                           .seed = 7,
                                           .network = MR_WORLD_SIMULATED,
                                           .out = {.ctx = s, .event = on_event, .request = on_request}};
    s->world = mr_world_create(&config, why, sizeof why);
    if (!s->world) {
        fail_msg("%s", why);
    }
}

static void command(struct stage *s, const char *verb, const char *const *words)
{
    uint8_t buf[MR_COMMAND_BYTES];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_command c = {.member = mr_slice_str("li"), .post = mr_slice_str("operator"), .verb = mr_slice_str(verb)};
    for (size_t i = 0; words[i]; i += 2) {
        mr_command_add(&c, words[i], words[i + 1]);
    }
    mr_command_encode(&c, &w);
    input(s, MR_IN_COMMAND, mr_written(&w));
}

static void set(struct stage *s, const char *device, const char *name, const char *value)
{
    command(s, "setting", (const char *const[]){"device", device, "name", name, "value", value, NULL});
    assert_int_equal(s->operated, MR_OK);
}

/* What came of it, five seconds later at most. */
static int64_t operate(struct stage *s, const char *tag, const char *value)
{
    s->operated = -1;
    command(s, "operate", (const char *const[]){"tag", tag, "value", value, NULL});
    for (int i = 0; i < 5 && s->operated < 0; i++) {
        pass(s, MR_S);
    }
    return s->operated;
}

static uint16_t tag_of(const char *name)
{
    uint16_t tag = mr_site_tag(content->site, name);
    assert_true(tag != MR_NO_TAG);
    return tag;
}

static enum mr_quality seen_by(struct stage *s, const char *station, const char *tag, double *value)
{
    struct mr_station *st = mr_devices_station(mr_world_devices(s->world), mr_site_device(content->site, station));
    assert_non_null(st);
    return mr_station_value(st, tag_of(tag), value);
}

static double seen(struct stage *s, const char *tag)
{
    double v = NAN;
    assert_int_equal(seen_by(s, "line-hmi", tag, &v), MR_QUALITY_GOOD);
    return v;
}

/* As it stands in the controller. */
static double truth(struct stage *s, const char *tag)
{
    const struct mr_tag *t = &content->site->tags[tag_of(tag)];
    struct mr_controller *c = mr_devices_controller(mr_world_devices(s->world), t->device);
    return mr_image_get(mr_plc_image(mr_controller_plc(c)), &t->place);
}

static const char *const lines[] = {"MB", "S7", "IEC", "DNP", "EIP"};
static const char *const devices[] = {"line-modbus", "line-s7", "line-iec104", "line-dnp3", "line-enip"};
#define LINES (sizeof lines / sizeof lines[0])

static const char *name(const char *line, const char *what)
{
    static char text[32];
    (void)snprintf(text, sizeof text, "%s.%s", line, what);
    return text;
}

/* --- values ----------------------------------------------------------------------------------------------------------------- */

/* Polled every second: a counter of seconds is at most two behind. IEC 104 and DNP3 tell the level where it has moved by 5 mm. */
static void values_arrive_over_every_protocol(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s);
    mr_world_start(s.world);
    for (int round = 0; round < 3; round++) {
        pass(&s, 25 * MR_S);
        for (size_t i = 0; i < LINES; i++) {
            double seconds = truth(&s, name(lines[i], "total"));
            assert_true(seconds >= 20 && fabs(seen(&s, name(lines[i], "total")) - seconds) <= 2);
            double level = truth(&s, name(lines[i], "level"));
            assert_true(level > 0 && fabs(seen(&s, name(lines[i], "level")) - level) <= 6);
            double historian;
            assert_int_equal(seen_by(&s, "line-hist", name(lines[i], "total"), &historian), MR_QUALITY_GOOD);
            assert_true(fabs(historian - seconds) <= 12);
        }
    }
    assert_int_equal(s.stale, 0);
    mr_world_destroy(s.world);
}

/* A controller reads by S7 and EtherNet/IP, and is itself read by Modbus. */
static void a_controller_reads_others(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s);
    mr_world_start(s.world);
    pass(&s, 20 * MR_S);
    assert_int_equal(operate(&s, "S7.real", "-3.5"), MR_OK);
    assert_int_equal(operate(&s, "EIP.int", "-77"), MR_OK);
    pass(&s, 5 * MR_S);
    assert_true(seen(&s, "R.real") == -3.5 && seen(&s, "R.int") == -77);
    assert_true(fabs(truth(&s, "R.seconds") - truth(&s, "S7.total")) <= 1);
    assert_true(truth(&s, "R.age") <= 1);
    set(&s, "line-s7", "s7", "off");
    pass(&s, 20 * MR_S);
    assert_true(truth(&s, "R.age") >= 18); /* and it knows that it hears nothing */
    mr_world_destroy(s.world);
}

/* --- commands --------------------------------------------------------------------------------------------------------------- */

/* The relay tells its analog outputs as integers. */
static void commands_go_through_over_every_protocol(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s);
    mr_world_start(s.world);
    pass(&s, 10 * MR_S);
    for (size_t i = 0; i < LINES; i++) {
        assert_int_equal(operate(&s, name(lines[i], "real"), "-12"), MR_OK);
        assert_int_equal(operate(&s, name(lines[i], "breaker"), "1"), MR_OK);
        assert_true(truth(&s, name(lines[i], "real")) == -12 && truth(&s, name(lines[i], "breaker")) == 1);
        pass(&s, 3 * MR_S);
        assert_true(seen(&s, name(lines[i], "real")) == -12 && seen(&s, name(lines[i], "breaker")) == 1);
        assert_int_equal(operate(&s, name(lines[i], "breaker"), "0"), MR_OK);
        assert_true(truth(&s, name(lines[i], "breaker")) == 0);
    }
    mr_world_destroy(s.world);
}

/* What the device's settings forbid is refused, and the HMI is told so; it goes on reading. */
static void commands_are_refused_over_every_protocol(void **state)
{
    (void)state;
    static const char *const off[LINES][2] = {{"write-protect", "on"},
                                              {"write-protect", "on"},
                                              {"iec104-controls", "off"},
                                              {"dnp3-controls", "off"},
                                              {"write-protect", "on"}};
    struct stage s;
    stage_init(&s);
    mr_world_start(s.world);
    pass(&s, 10 * MR_S);
    for (size_t i = 0; i < LINES; i++) {
        set(&s, devices[i], off[i][0], off[i][1]);
        assert_int_equal(operate(&s, name(lines[i], "breaker"), "1"), MR_E_DENIED);
        assert_true(truth(&s, name(lines[i], "breaker")) == 0);
    }
    pass(&s, 10 * MR_S);
    for (size_t i = 0; i < LINES; i++) {
        assert_true(fabs(seen(&s, name(lines[i], "total")) - truth(&s, name(lines[i], "total"))) <= 2);
    }
    mr_world_destroy(s.world);
}

/* A station that wants every command selected first is no hindrance to who selects. */
static void selection_may_be_demanded(void **state)
{
    (void)state;
    struct stage s;
    stage_init(&s);
    mr_world_start(s.world);
    pass(&s, 10 * MR_S);
    set(&s, "line-iec104", "iec104-select", "on");
    assert_int_equal(operate(&s, "IEC.real", "5"), MR_OK);
    assert_true(truth(&s, "IEC.real") == 5);
    mr_world_destroy(s.world);
}

/* --- loss of view ----------------------------------------------------------------------------------------------------------- */

/* The port of each is closed: its values are stale after three periods and a little, an alarm says so, and all is well again when
 * it opens. */
static void values_get_stale_and_come_back(void **state)
{
    (void)state;
    static const char *const switches[LINES] = {"modbus", "s7", "iec104", "dnp3", "enip"};
    struct stage s;
    stage_init(&s);
    mr_world_start(s.world);
    pass(&s, 10 * MR_S);
    for (size_t i = 0; i < LINES; i++) {
        double v;
        set(&s, devices[i], switches[i], "off");
        pass(&s, 10 * MR_S);
        assert_int_equal(seen_by(&s, "line-hmi", name(lines[i], "total"), &v), MR_QUALITY_STALE);
        assert_int_equal(s.stale, i + 1);
        set(&s, devices[i], switches[i], "on");
        pass(&s, 15 * MR_S);
        assert_true(fabs(seen(&s, name(lines[i], "total")) - truth(&s, name(lines[i], "total"))) <= 2);
    }
    mr_world_destroy(s.world);
}

/* --- state ------------------------------------------------------------------------------------------------------------------ */

static struct mr_slice save(struct mr_world *w)
{
    size_t cap = mr_arena_saved_max(mr_world_arena(w));
    uint8_t *bytes = malloc(cap);
    assert_non_null(bytes);
    struct mr_writer out = mr_writer(bytes, cap);
    assert_int_equal(mr_arena_save(mr_world_arena(w), &out), MR_OK);
    return mr_written(&out);
}

/* Saved in the middle of orders and rounds, a world goes on alike. */
static void a_loaded_world_goes_on_alike(void **state)
{
    (void)state;
    struct stage a;
    struct stage b;
    uint8_t ran[MR_DIGEST_BYTES];
    uint8_t loaded[MR_DIGEST_BYTES];
    stage_init(&a);
    stage_init(&b);
    mr_world_start(a.world);
    pass(&a, 20 * MR_S);
    for (size_t i = 0; i < LINES; i++) {
        command(&a, "operate", (const char *const[]){"tag", name(lines[i], "real"), "value", "8", NULL});
    }
    pass(&a, MR_MS); /* they are under way */
    struct mr_slice saved = save(a.world);
    assert_int_equal(mr_arena_load(mr_world_arena(b.world), saved), MR_OK);
    assert_int_equal(mr_world_loaded(b.world), MR_OK);
    b.seq = a.seq;
    b.now = a.now;
    pass(&a, 70 * MR_S);
    pass(&b, 70 * MR_S);
    mr_arena_digest(mr_world_arena(a.world), ran);
    mr_arena_digest(mr_world_arena(b.world), loaded);
    assert_memory_equal(ran, loaded, sizeof ran);
    for (size_t i = 0; i < LINES; i++) {
        assert_true(seen(&b, name(lines[i], "real")) == 8);
    }
    free((void *)(uintptr_t)saved.p);
    mr_world_destroy(a.world);
    mr_world_destroy(b.world);
}

/* A snapshot with bytes that cannot be so is refused, or runs on without reading or writing outside: the sanitizers are the
 * judge. */
static void damaged_states_do_no_harm(void **state)
{
    (void)state;
    struct mr_rng rng = mr_rng_stream(5, "damage");
    struct stage a;
    stage_init(&a);
    mr_world_start(a.world);
    pass(&a, 20 * MR_S);
    struct mr_slice saved = save(a.world);
    uint8_t *bytes = malloc(saved.n);
    assert_non_null(bytes);
    for (int i = 0; i < 30; i++) {
        memcpy(bytes, saved.p, saved.n);
        for (int k = 0; k < 200; k++) {
            bytes[mr_rng_below(&rng, saved.n)] = (uint8_t)mr_rng_u64(&rng);
        }
        struct stage b;
        stage_init(&b);
        if (mr_arena_load(mr_world_arena(b.world), mr_slice(bytes, saved.n)) == MR_OK && mr_world_loaded(b.world) == MR_OK &&
            mr_world_event_time(b.world) < 3600 * MR_S) {
            (void)mr_world_input(b.world, UINT64_MAX / 2, mr_world_event_time(b.world) + 2 * MR_S, MR_IN_TIME, mr_slice(NULL, 0));
        }
        mr_world_destroy(b.world);
    }
    free(bytes);
    free((void *)(uintptr_t)saved.p);
    mr_world_destroy(a.world);
}

/* --- places ----------------------------------------------------------------------------------------------------------------- */

static struct mr_place place(const char *text, enum mr_vtype type)
{
    struct mr_place p;
    assert_int_equal(mr_place_parse(text, &p), MR_OK);
    p.type = type;
    return p;
}

static bool reaches(const char *device, const struct mr_place *p, bool write)
{
    const struct mr_device *d = &content->site->devices[mr_site_device(content->site, device)];
    const struct mr_serve *s = mr_peer_usual(d);
    assert_non_null(s);
    return mr_peer_ops(s->kind)->reaches(d, s, p, write);
}

/* By the program bench.st and the tables of points. */
static void places_are_reached_or_not(void **state)
{
    (void)state;
    const struct mr_place level = place("%MD3", MR_VT_REAL);
    const struct mr_place real = place("%MD16", MR_VT_REAL);
    const struct mr_place half = place("%MW6", MR_VT_WORD); /* the lower half of LEVEL */
    const struct mr_place point = place("%MD107", MR_VT_REAL);
    const struct mr_place input = place("%IW0", MR_VT_INT);
    const struct mr_place isolator = place("%QX0.2", MR_VT_BOOL);
    for (size_t i = 0; i < LINES; i++) {
        assert_true(reaches(devices[i], &level, false) && reaches(devices[i], &real, true));
        assert_false(reaches(devices[i], &input, true));
    }
    assert_true(reaches("line-modbus", &half, false));
    assert_false(reaches("line-s7", &half, false)); /* there it would be the upper one */
    assert_false(reaches("line-enip", &half, false));
    assert_true(reaches("line-enip", &point, false) && reaches("line-iec104", &point, false)); /* POINT[7]; 1008 */
    assert_false(reaches("line-dnp3", &point, false));
    assert_false(reaches("line-iec104", &level, true)); /* a point, but no command */
    assert_false(reaches("line-iec104", &isolator, false));
    assert_true(reaches("line-iec104", &isolator, true)); /* a command, but no point */
}

static int load(void **state)
{
    (void)state;
    content = site_content(SITE);
    return content ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    mr_content_free(content);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_arrive_over_every_protocol),
        cmocka_unit_test(a_controller_reads_others),
        cmocka_unit_test(commands_go_through_over_every_protocol),
        cmocka_unit_test(commands_are_refused_over_every_protocol),
        cmocka_unit_test(selection_may_be_demanded),
        cmocka_unit_test(values_get_stale_and_come_back),
        cmocka_unit_test(a_loaded_world_goes_on_alike),
        cmocka_unit_test(damaged_states_do_no_harm),
        cmocka_unit_test(places_are_reached_or_not),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
