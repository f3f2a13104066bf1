/* What a team's console is shown where a site has several operator stations: the power grid, whose dispatcher and station 16 have
 * one each. */
#include "device/station.h"
#include "site/load.h"
#include "site/world.h"
#include "support/site_content.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define SITE "content/sites/power-grid/site.yaml"
#define TAGS 4096

static struct mr_content *content;

struct stage {
    struct mr_world *world;
    uint64_t seq;
    int64_t operated; /* outcome of the last operation */
    struct {
        unsigned good, again; /* values told, and those of them that were the same as before */
        double value;
    } seen[TAGS];
};

static void on_event(void *ctx, const struct mr_event *e)
{
    struct stage *s = ctx;
    s->operated = e->kind == MR_EV_ACTION ? e->number : s->operated;
}

static void on_request(void *ctx, const struct mr_net_request *q)
{
    (void)ctx;
    (void)q;
}

static void on_view(void *ctx, mr_ns at, uint16_t tag, double value, uint8_t quality)
{
    struct stage *s = ctx;
    (void)at;
    assert_true(tag < TAGS);
    if (quality == MR_QUALITY_GOOD) {
        s->seen[tag].again += s->seen[tag].good > 0 && s->seen[tag].value == value;
        s->seen[tag].good++;
        s->seen[tag].value = value;
    }
}

static void input(struct stage *s, mr_ns at, uint8_t kind, struct mr_slice payload)
{
    assert_int_equal(mr_world_input(s->world, ++s->seq, at, kind, payload), MR_OK);
}

static void operate(struct stage *s, mr_ns at, const char *tag, const char *value)
{
    uint8_t buf[MR_COMMAND_BYTES];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_command c = {.member = mr_slice_str("li"), .post = mr_slice_str("operator"), .verb = mr_slice_str("operate")};
    mr_command_add(&c, "hmi", "");
    mr_command_add(&c, "tag", tag);
    mr_command_add(&c, "value", value);
    mr_command_encode(&c, &w);
    s->operated = -1;
    input(s, at, MR_IN_COMMAND, mr_written(&w));
    input(s, at + 5 * MR_S, MR_IN_TIME, mr_slice(NULL, 0));
}

static const struct mr_device *station(const char *name)
{
    uint16_t i = mr_site_device(content->site, name);
    assert_true(i != MR_NO_DEVICE);
    return &content->site->devices[i];
}

/* A tag that may be commanded, of one station and not of the other. */
static const struct mr_tag *own_tag(const char *of, const char *not_of)
{
    for (uint16_t t = 0; t < content->site->ntags; t++) {
        const struct mr_tag *tag = &content->site->tags[t];
        if (tag->writable && tag->is_bool && mr_device_polls(station(of), t) && !mr_device_polls(station(not_of), t)) {
            return tag;
        }
    }
    fail();
    return NULL;
}

/* Every tag that a page of either binds has a value, told once for each change although both poll some. */
static void each_station_has_its_values(void **state)
{
    struct stage *s = *state;
    unsigned both = 0;
    input(s, 20 * MR_S, MR_IN_TIME, mr_slice(NULL, 0));
    for (uint16_t t = 0; t < content->site->ntags; t++) {
        bool one = mr_device_polls(station("hmi1"), t);
        bool other = mr_device_polls(station("hmi16"), t);
        both += one && other;
        assert_true((s->seen[t].good > 0) == (one || other));
        assert_int_equal(s->seen[t].again, 0);
    }
    assert_true(both > 0);
}

/* An operator need not know which station has the tag. */
static void a_tag_is_commanded_from_the_station_that_has_it(void **state)
{
    struct stage *s = *state;
    operate(s, 20 * MR_S, own_tag("hmi16", "hmi1")->name, "0");
    assert_int_equal(s->operated, MR_OK);
    operate(s, 30 * MR_S, own_tag("hmi1", "hmi16")->name, "0");
    assert_int_equal(s->operated, MR_OK);
}

/* After a new beginning of the network both tell everything again. */
static void a_console_gets_all_again(void **state)
{
    struct stage *s = *state;
    input(s, 20 * MR_S, MR_IN_TIME, mr_slice(NULL, 0));
    memset(s->seen, 0, sizeof s->seen);
    input(s, 20 * MR_S, MR_IN_NET_RESET, mr_slice(NULL, 0));
    for (uint16_t t = 0; t < content->site->ntags; t++) {
        bool polled = mr_device_polls(station("hmi1"), t) || mr_device_polls(station("hmi16"), t);
        assert_true((s->seen[t].good > 0) == polled);
    }
}

static int setup(void **state)
{
    static struct stage s;
    char why[128] = "";
    s = (struct stage){.operated = -1};
    const struct mr_world_config config = {.site = content->site,
                                           .seed = 7,
                                           .network = MR_WORLD_SIMULATED,
                                           .out = {.ctx = &s, .event = on_event, .request = on_request, .view = on_view}};
    s.world = mr_world_create(&config, why, sizeof why);
    if (!s.world) {
        print_error("%s\n", why);
        return -1;
    }
    mr_world_start(s.world);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    mr_world_destroy(s->world);
    return 0;
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
        cmocka_unit_test_setup_teardown(each_station_has_its_values, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tag_is_commanded_from_the_station_that_has_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_console_gets_all_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
