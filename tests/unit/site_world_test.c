/* The world as a state machine: inputs in, events and requests out. The site is the water works of content/, its first controller
 * at 10.10.0.11 or wherever its file puts it: addresses are taken from the plan, never written here. */
#include "base/rng.h"
#include "device/devices.h"
#include "device/trace.h"
#include "net/firewall_text.h"
#include "site/load.h"
#include "site/saved.h"
#include "site/world.h"
#include "support/site_content.h"
#include "support/test.h"

#include <stdlib.h>

#define SITE     "content/sites/water-treatment/site.yaml"
#define EVENTS   512
#define REQUESTS 4096

struct heard {
    struct mr_event events[EVENTS];
    size_t nevents;
    struct {
        enum mr_net_request_kind kind;
        uint16_t node, port;
        mr_conn conn;
        uint32_t token;
        uint8_t data[300];
        size_t n;
    } requests[REQUESTS];
    size_t nrequests;
    char traced[MR_TRACE_LINE]; /* the last line of steps and events */
};

struct stage {
    struct mr_world *world;
    struct heard *heard;
    uint64_t seq;
};

static struct mr_content *content;

static void on_event(void *ctx, const struct mr_event *e)
{
    struct heard *h = ctx;
    assert_true(h->nevents < EVENTS);
    h->events[h->nevents++] = *e;
}

static void on_request(void *ctx, const struct mr_net_request *q)
{
    struct heard *h = ctx;
    assert_true(h->nrequests < REQUESTS);
    size_t i = h->nrequests++;
    h->requests[i].kind = q->kind;
    h->requests[i].node = q->node;
    h->requests[i].port = q->port;
    h->requests[i].conn = q->conn;
    h->requests[i].token = q->token;
    h->requests[i].n = q->data.n < sizeof h->requests[i].data ? q->data.n : sizeof h->requests[i].data;
    if (h->requests[i].n > 0) {
        memcpy(h->requests[i].data, q->data.p, h->requests[i].n);
    }
}

static void on_trace(void *ctx, const char *line)
{
    struct heard *h = ctx;
    mr_str_copy(h->traced, sizeof h->traced, line);
}

static struct mr_world_config config_of(enum mr_world_network network, struct heard *heard)
{
    return (struct mr_world_config){.site = content->site,
                                    .seed = 7,
                                    .network = network,
                                    .out = {.ctx = heard,
                                            .event = on_event,
                                            .request = on_request,
                                            .trace = on_trace,
                                            .traced = 1u << MR_TRACE_PROCESS | 1u << MR_TRACE_EVENT}};
}

static struct stage stage_new(enum mr_world_network network)
{
    char why[128] = "";
    struct stage s = {.heard = calloc(1, sizeof *s.heard)};
    assert_non_null(s.heard);
    const struct mr_world_config config = config_of(network, s.heard);
    s.world = mr_world_create(&config, why, sizeof why);
    if (!s.world) {
        fail_msg("%s", why);
    }
    return s;
}

static void stage_free(struct stage *s)
{
    mr_world_destroy(s->world);
    free(s->heard);
}

static enum mr_err input(struct stage *s, mr_ns at, uint8_t kind, struct mr_slice payload)
{
    return mr_world_input(s->world, ++s->seq, at, kind, payload);
}

static void pass(struct stage *s, mr_ns at)
{
    assert_int_equal(input(s, at, MR_IN_TIME, mr_slice(NULL, 0)), MR_OK);
}

/* verb, then name and value alternately, ended by NULL */
static void command(struct stage *s, mr_ns at, const char *const *words)
{
    uint8_t buf[MR_COMMAND_BYTES];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_command c = {.member = mr_slice_str("li"), .post = mr_slice_str("operator"), .verb = mr_slice_str(words[0])};
    for (size_t i = 1; words[i]; i += 2) {
        mr_command_add(&c, words[i], words[i + 1]);
    }
    mr_command_encode(&c, &w);
    assert_false(w.full);
    assert_int_equal(input(s, at, MR_IN_COMMAND, mr_written(&w)), MR_OK);
}

static const struct mr_event *last(const struct stage *s, enum mr_event_kind kind)
{
    for (size_t i = s->heard->nevents; i > 0; i--) {
        if (s->heard->events[i - 1].kind == kind) {
            return &s->heard->events[i - 1];
        }
    }
    fail_msg("no event %s", mr_event_name(kind));
    return NULL;
}

static size_t count_requests(const struct stage *s, enum mr_net_request_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->heard->nrequests; i++) {
        n += s->heard->requests[i].kind == kind;
    }
    return n;
}

/* --- time ------------------------------------------------------------------------------------------------------------------- */

static void time_never_goes_back(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    mr_world_start(s.world);
    pass(&s, 5 * MR_S);
    uint64_t seq = mr_world_seq(s.world);
    assert_int_equal(mr_world_input(s.world, 99, 5 * MR_S - 1, MR_IN_TIME, mr_slice(NULL, 0)), MR_E_RANGE);
    assert_int_equal(mr_world_input(s.world, 99, INT64_MAX, MR_IN_TIME, mr_slice(NULL, 0)), MR_E_RANGE);
    assert_int_equal(mr_world_input(s.world, 99, -1, MR_IN_TIME, mr_slice(NULL, 0)), MR_E_RANGE);
    assert_true(mr_world_seq(s.world) == seq); /* a refused input leaves no trace */
    assert_true(mr_world_event_time(s.world) == 5 * MR_S);
    pass(&s, 5 * MR_S); /* the same instant again is no step back */
    assert_int_equal(input(&s, 5 * MR_S, 200, mr_slice(NULL, 0)), MR_E_UNSUPPORTED);
    stage_free(&s);
}

/* Paused from 4 s to 10 s of event time, site time stands at 4 s and then runs 6 s behind; a trace tells event time. */
static void a_pause_shifts_site_time(void **state)
{
    (void)state;
    const struct mr_slice nothing = mr_slice(NULL, 0);
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    mr_world_start(s.world);
    pass(&s, 3 * MR_S);
    assert_true(mr_world_time(s.world) == 3 * MR_S);
    assert_string_equal(s.heard->traced, "3.000000 process water-treatment step");
    assert_true(mr_world_next(s.world) > 3 * MR_S && mr_world_next(s.world) <= 4 * MR_S);
    assert_int_equal(input(&s, 4 * MR_S, MR_IN_PAUSE, nothing), MR_OK);
    assert_true(last(&s, MR_EV_PAUSE)->number == 1);
    assert_string_equal(s.heard->traced, "4.000000 event - pause 1");
    assert_true(mr_world_next(s.world) == MR_NEVER_NS);
    size_t told = s.heard->nevents;
    assert_int_equal(input(&s, 5 * MR_S, MR_IN_PAUSE, nothing), MR_OK); /* again: nothing happens */
    pass(&s, 9 * MR_S);
    assert_true(mr_world_time(s.world) == 4 * MR_S);
    assert_int_equal(s.heard->nevents, told);
    assert_int_equal(input(&s, 10 * MR_S, MR_IN_RESUME, nothing), MR_OK);
    assert_true(last(&s, MR_EV_PAUSE)->number == 0);
    assert_string_equal(s.heard->traced, "10.000000 event - pause 0");
    pass(&s, 11 * MR_S);
    assert_string_equal(s.heard->traced, "11.000000 process water-treatment step");
    assert_true(mr_world_time(s.world) == 5 * MR_S);
    assert_true(mr_world_next(s.world) > 11 * MR_S && mr_world_next(s.world) <= 12 * MR_S);
    stage_free(&s);
}

static void a_world_begins_once(void **state)
{
    (void)state;
    mr_ns at;
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    mr_world_start(s.world);
    assert_false(mr_world_begun(s.world, &at));
    assert_int_equal(input(&s, 2 * MR_S, MR_IN_BEGIN, mr_slice(NULL, 0)), MR_OK);
    assert_int_equal(input(&s, 3 * MR_S, MR_IN_BEGIN, mr_slice(NULL, 0)), MR_OK);
    assert_true(mr_world_begun(s.world, &at) && at == 2 * MR_S);
    assert_int_equal(s.heard->nevents, 1);
    assert_true(s.heard->events[0].kind == MR_EV_BEGIN && s.heard->events[0].input == 1 && s.heard->events[0].index == 0);
    stage_free(&s);
}

/* --- commands --------------------------------------------------------------------------------------------------------------- */

static void commands_are_answered(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    mr_world_start(s.world);
    pass(&s, 5 * MR_S);
    command(&s, 5 * MR_S,
            (const char *const[]){"finding", "technique", "T0836", "asset", "plc1", "actor", "10.10.0.66", "from", "3000000000",
                                  NULL});
    const struct mr_event *e = last(&s, MR_EV_FINDING);
    assert_string_equal(e->subject, "T0836");
    assert_string_equal(e->object, "plc1");
    assert_string_equal(e->member, "li");
    assert_string_equal(e->post, "operator");
    assert_true(e->number == 3000000000 && e->at == 5 * MR_S);

    command(&s, 5 * MR_S, (const char *const[]){"finding", "asset", "plc1", NULL});
    assert_true(last(&s, MR_EV_ACTION)->number == MR_E_INVALID);
    command(&s, 5 * MR_S, (const char *const[]){"dance", NULL});
    e = last(&s, MR_EV_ACTION);
    assert_true(e->number == MR_E_UNSUPPORTED);
    assert_string_equal(e->subject, "dance");

    assert_int_equal(input(&s, 5 * MR_S, MR_IN_COMMAND, mr_slice("\x02li\x09", 4)), MR_OK);
    e = last(&s, MR_EV_ACTION);
    assert_true(e->number == MR_E_MALFORMED && e->input == s.seq);
    assert_int_equal(input(&s, 5 * MR_S, MR_IN_NET, mr_slice("\xff\xff", 2)), MR_OK);
    assert_true(mr_world_seq(s.world) == s.seq);
    stage_free(&s);
}

static void settings_are_changed(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    const struct mr_device *plc = &content->site->devices[0];
    for (uint16_t i = 0; plc->kind != MR_DEV_PLC && i < content->site->ndevices; i++) {
        plc = &content->site->devices[i];
    }
    mr_world_start(s.world);
    assert_non_null(mr_device_setting(plc, "write-protect"));
    command(&s, MR_S, (const char *const[]){"setting", "device", plc->name, "name", "write-protect", "value", "on", NULL});
    assert_true(last(&s, MR_EV_ACTION)->number == MR_OK);
    const struct mr_event *e = last(&s, MR_EV_SETTING);
    assert_string_equal(e->subject, plc->name);
    assert_string_equal(e->object, "write-protect");
    assert_string_equal(e->detail, "on");
    command(&s, MR_S, (const char *const[]){"setting", "device", plc->name, "name", "write-protect", "value", "maybe", NULL});
    assert_true(last(&s, MR_EV_ACTION)->number == MR_E_INVALID);
    command(&s, MR_S, (const char *const[]){"setting", "device", "nobody", "name", "write-protect", "value", "on", NULL});
    assert_true(last(&s, MR_EV_ACTION)->number == MR_E_INVALID);
    stage_free(&s);
}

/* LIT101 reads 1300 mm from 5 s on: above its HH of 1200 mm, delayed by 5 s (alarms.yaml), polled every second. */
static void an_alarm_is_acknowledged_once_while_it_stands(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    const char *const acknowledge[] = {"acknowledge", "tag", "LIT101", NULL};
    mr_world_start(s.world);
    pass(&s, 5 * MR_S);
    command(&s, 5 * MR_S, acknowledge);
    assert_int_equal(last(&s, MR_EV_ACTION)->number, MR_E_NOT_FOUND);
    command(&s, 5 * MR_S, (const char *const[]){"inject", "var", "LIT101", "fault", "value", "value", "1300", NULL});
    pass(&s, 15 * MR_S);
    command(&s, 15 * MR_S, acknowledge);
    assert_int_equal(last(&s, MR_EV_ACTION)->number, MR_OK);
    assert_string_equal(last(&s, MR_EV_ACTION)->object, "LIT101");
    command(&s, 15 * MR_S, acknowledge);
    assert_int_equal(last(&s, MR_EV_ACTION)->number, MR_E_NOT_FOUND);
    command(&s, 15 * MR_S, (const char *const[]){"inject", "var", "LIT101", "fault", "none", NULL});
    pass(&s, 25 * MR_S); /* it is over */
    command(&s, 25 * MR_S, (const char *const[]){"inject", "var", "LIT101", "fault", "value", "value", "1300", NULL});
    pass(&s, 35 * MR_S); /* and comes again, for somebody to see again */
    command(&s, 35 * MR_S, acknowledge);
    assert_int_equal(last(&s, MR_EV_ACTION)->number, MR_OK);
    stage_free(&s);
}

static void a_firewall_table_is_put_in_force(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_LIVE);
    char table[MR_FW_TEXT_MAX + 1];
    struct mr_writer w = mr_writer(table, MR_FW_TEXT_MAX);
    struct mr_fw_table rules = content->site->rules;
    rules.fallback = MR_FW_REJECT;
    rules.nrules = 1;
    assert_int_equal(mr_fw_format(&rules, &w), MR_OK);
    table[w.n] = '\0';
    mr_world_start(s.world);
    size_t before = count_requests(&s, MR_NETQ_RULES);
    assert_int_equal(before, 1); /* the site's own, at the start */
    command(&s, MR_S, (const char *const[]){"firewall", "table", table, NULL});
    const struct mr_event *e = last(&s, MR_EV_ACTION);
    assert_true(e->number == MR_OK && e->value == 1);
    assert_int_equal(count_requests(&s, MR_NETQ_RULES), 2);
    assert_true(mr_world_rules(s.world)->nrules == 1 && mr_world_rules(s.world)->fallback == MR_FW_REJECT);
    command(&s, MR_S, (const char *const[]){"firewall", "table", "gibberish", NULL});
    assert_true(last(&s, MR_EV_ACTION)->number != MR_OK && last(&s, MR_EV_ACTION)->detail[0] != '\0');
    assert_true(mr_world_rules(s.world)->nrules == 1);
    assert_int_equal(count_requests(&s, MR_NETQ_RULES), 2);
    stage_free(&s);
}

static const struct mr_tag *writable_bool(void)
{
    for (uint16_t i = 0; i < content->site->ntags; i++) {
        const struct mr_tag *t = &content->site->tags[i];
        if (t->is_bool && t->writable && mr_device_polls(&content->site->devices[mr_site_device(content->site, "hmi1")], i)) {
            return t;
        }
    }
    fail_msg("the site has no bool that its operators command");
    return NULL;
}

/* An operation goes over the simulated network to its controller, and is answered when that has answered. */
static void an_operation_is_answered_by_the_plant(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_SIMULATED);
    const struct mr_tag *t = writable_bool();
    mr_world_start(s.world);
    pass(&s, 10 * MR_S);
    size_t told = s.heard->nevents;
    command(&s, 10 * MR_S, (const char *const[]){"operate", "tag", t->name, "value", "1", NULL});
    assert_int_equal(s.heard->nevents, told); /* not yet */
    pass(&s, 12 * MR_S);
    const struct mr_event *e = last(&s, MR_EV_ACTION);
    assert_string_equal(e->subject, "operate");
    assert_string_equal(e->object, t->name);
    assert_string_equal(e->member, "li");
    assert_true(e->number == MR_OK && e->value == 1);
    assert_string_equal(last(&s, MR_EV_WRITE)->subject, content->site->devices[t->device].name);

    static const char *const wrong[][2] = {{"NO_SUCH_TAG", "1"}, {"", "1"},    {NULL, "nan"},
                                           {NULL, "inf"},        {NULL, "1x"}, {NULL, "7"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        told = s.heard->nevents;
        command(&s, 12 * MR_S,
                (const char *const[]){"operate", "tag", wrong[i][0] ? wrong[i][0] : t->name, "value", wrong[i][1], NULL});
        assert_int_equal(s.heard->nevents, told + 1);
        assert_true(last(&s, MR_EV_ACTION)->number != MR_OK);
    }
    stage_free(&s);
}

/* --- the live network ------------------------------------------------------------------------------------------------------- */

static void net_event(struct stage *s, mr_ns at, const struct mr_net_event *ev)
{
    uint8_t buf[512];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_net_event_encode(ev, &w);
    assert_false(w.full);
    assert_int_equal(input(s, at, MR_IN_NET, mr_written(&w)), MR_OK);
}

static uint16_t modbus_node(void)
{
    for (uint16_t i = 0; i < content->site->ndevices; i++) {
        if (content->site->devices[i].kind == MR_DEV_PLC && mr_device_serve(&content->site->devices[i], MR_SERVE_MODBUS)) {
            return content->site->devices[i].node;
        }
    }
    fail_msg("no controller serves modbus");
    return 0;
}

/* What core sends to `conn`, from request `from` on; the number of the first such request, or REQUESTS. */
static size_t find_sent(const struct stage *s, size_t from, enum mr_net_request_kind kind, mr_conn conn)
{
    size_t i = from;
    while (i < s->heard->nrequests && !(s->heard->requests[i].kind == kind && s->heard->requests[i].conn == conn)) {
        i++;
    }
    return i < s->heard->nrequests ? i : REQUESTS;
}

static void a_modbus_read_is_answered(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_LIVE);
    uint16_t node = modbus_node();
    mr_world_start(s.world);
    bool listens = false;
    for (size_t i = 0; i < s.heard->nrequests; i++) {
        listens = listens || (s.heard->requests[i].kind == MR_NETQ_LISTEN && s.heard->requests[i].node == node &&
                              s.heard->requests[i].port == 502);
    }
    assert_true(listens);
    assert_true(mr_world_outputs(s.world) == s.heard->nrequests);

    net_event(&s, MR_S,
              &(struct mr_net_event){.kind = MR_NET_ACCEPTED,
                                     .node = node,
                                     .local_port = 502,
                                     .conn = 5,
                                     .peer = {content->site->topology.nodes[node].ip + 1, 40000}});
    /* MBAP header (transaction 1, protocol 0, 6 bytes, unit 1), function 3, address 0, two registers */
    static const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2};
    size_t from = s.heard->nrequests;
    net_event(&s, MR_S, &(struct mr_net_event){.kind = MR_NET_DATA, .conn = 5, .data = mr_slice(request, 5)});
    assert_int_equal(find_sent(&s, from, MR_NETQ_SEND, 5), REQUESTS); /* not whole yet */
    net_event(&s, MR_S, &(struct mr_net_event){.kind = MR_NET_DATA, .conn = 5, .data = mr_slice(request + 5, 7)});
    size_t at = find_sent(&s, from, MR_NETQ_SEND, 5);
    assert_int_not_equal(at, REQUESTS);
    /* transaction 1, 7 bytes, unit 1, function 3, 4 bytes of values */
    static const uint8_t head[] = {0, 1, 0, 0, 0, 7, 1, 3, 4};
    assert_int_equal(s.heard->requests[at].n, sizeof head + 4);
    assert_memory_equal(s.heard->requests[at].data, head, sizeof head);

    net_event(&s, 2 * MR_S, &(struct mr_net_event){.kind = MR_NET_CLOSED, .conn = 5});
    from = s.heard->nrequests;
    net_event(&s, 2 * MR_S, &(struct mr_net_event){.kind = MR_NET_DATA, .conn = 5, .data = mr_slice(request, sizeof request)});
    assert_int_equal(find_sent(&s, from, MR_NETQ_SEND, 5), REQUESTS); /* it is nobody's any more */
    stage_free(&s);
}

static void nobody_answers_on_another_port(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_LIVE);
    mr_world_start(s.world);
    net_event(&s, MR_S, &(struct mr_net_event){.kind = MR_NET_ACCEPTED, .node = modbus_node(), .local_port = 503, .conn = 9});
    assert_int_not_equal(find_sent(&s, 0, MR_NETQ_CLOSE, 9), REQUESTS);
    net_event(&s, MR_S, &(struct mr_net_event){.kind = MR_NET_ACCEPTED, .node = UINT16_MAX, .local_port = 502, .conn = 10});
    assert_int_not_equal(find_sent(&s, 0, MR_NETQ_CLOSE, 10), REQUESTS);
    stage_free(&s);
}

/* After the network began anew, the ports are opened and the rules given again, and what was connected is forgotten. */
static void a_reset_opens_ports_again(void **state)
{
    (void)state;
    struct stage s = stage_new(MR_WORLD_LIVE);
    mr_world_start(s.world);
    uint16_t node = modbus_node();
    size_t ports = count_requests(&s, MR_NETQ_LISTEN);
    net_event(&s, MR_S, &(struct mr_net_event){.kind = MR_NET_ACCEPTED, .node = node, .local_port = 502, .conn = 5});
    size_t from = s.heard->nrequests;
    assert_int_equal(input(&s, 2 * MR_S, MR_IN_NET_RESET, mr_slice(NULL, 0)), MR_OK);
    assert_int_equal(count_requests(&s, MR_NETQ_LISTEN), 2 * ports);
    assert_int_equal(count_requests(&s, MR_NETQ_RULES), 2);
    assert_string_equal(last(&s, MR_EV_PLATFORM)->subject, "network restarted");
    static const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2};
    net_event(&s, 2 * MR_S, &(struct mr_net_event){.kind = MR_NET_DATA, .conn = 5, .data = mr_slice(request, sizeof request)});
    assert_int_equal(find_sent(&s, from, MR_NETQ_SEND, 5), REQUESTS);
    assert_int_equal(find_sent(&s, from, MR_NETQ_CLOSE, 5), REQUESTS); /* its number may be another's by now */
    pass(&s, 5 * MR_S);
    assert_true(count_requests(&s, MR_NETQ_CONNECT) > 0); /* stations try again */
    stage_free(&s);
}

/* --- saved states ----------------------------------------------------------------------------------------------------------- */

static struct mr_slice save(const struct mr_world *w)
{
    size_t max = mr_arena_saved_max(mr_world_arena(w));
    uint8_t *p = malloc(max);
    assert_non_null(p);
    struct mr_writer out = mr_writer(p, max);
    assert_int_equal(mr_arena_save(mr_world_arena(w), &out), MR_OK);
    return mr_written(&out);
}

static void play_on(struct stage *s)
{
    const struct mr_tag *t = writable_bool();
    command(s, 21 * MR_S, (const char *const[]){"operate", "tag", t->name, "value", "1", NULL});
    pass(s, 25 * MR_S);
}

/* A world that ran on and one that was loaded do the same from there. */
static void a_loaded_world_goes_on_alike(void **state)
{
    (void)state;
    uint8_t ran[MR_DIGEST_BYTES];
    uint8_t loaded[MR_DIGEST_BYTES];
    struct stage a = stage_new(MR_WORLD_SIMULATED);
    struct stage b = stage_new(MR_WORLD_SIMULATED);
    mr_world_start(a.world);
    pass(&a, 20 * MR_S);
    struct mr_slice saved = save(a.world);
    assert_int_equal(mr_arena_load(mr_world_arena(b.world), saved), MR_OK);
    assert_int_equal(mr_world_loaded(b.world), MR_OK);
    assert_true(mr_world_time(b.world) == 20 * MR_S && mr_world_next(b.world) == mr_world_next(a.world));
    b.seq = a.seq;
    size_t told = a.heard->nevents;
    play_on(&a);
    play_on(&b);
    mr_arena_digest(mr_world_arena(a.world), ran);
    mr_arena_digest(mr_world_arena(b.world), loaded);
    assert_memory_equal(ran, loaded, sizeof ran);
    assert_int_equal(a.heard->nevents - told, b.heard->nevents);
    for (size_t i = 0; i < b.heard->nevents; i++) {
        assert_true(a.heard->events[told + i].kind == b.heard->events[i].kind);
    }
    free((void *)(uintptr_t)saved.p);
    stage_free(&a);
    stage_free(&b);
}

static void a_state_that_was_never_started_is_refused(void **state)
{
    (void)state;
    struct stage a = stage_new(MR_WORLD_SIMULATED);
    struct stage b = stage_new(MR_WORLD_SIMULATED);
    struct mr_slice saved = save(a.world);
    assert_int_equal(mr_arena_load(mr_world_arena(b.world), saved), MR_OK);
    assert_int_equal(mr_world_loaded(b.world), MR_E_CORRUPT);
    free((void *)(uintptr_t)saved.p);
    stage_free(&a);
    stage_free(&b);
}

/* Damages `saved` in some places: a byte here, a run there. */
static void damage(struct mr_rng *rng, uint8_t *p, size_t n)
{
    size_t times = 1 + mr_rng_below(rng, 8);
    for (size_t i = 0; i < times; i++) {
        size_t at = mr_rng_below(rng, n);
        size_t run = mr_rng_below(rng, 4) == 0 ? mr_rng_below(rng, 64) : 1;
        for (size_t k = at; k < n && k < at + run; k++) {
            p[k] = (uint8_t)mr_rng_u64(rng);
        }
    }
}

/* A snapshot is checked by its CRC, but is not believed for that: whatever loads runs on without reading or writing outside. The
 * sanitizers are the judge. MILLRACE_DAMAGED sets how many are tried. */
static void damaged_states_do_no_harm(void **state)
{
    (void)state;
    const char *more = getenv("MILLRACE_DAMAGED");
    size_t rounds = more ? strtoul(more, NULL, 10) : 40;
    struct stage a = stage_new(MR_WORLD_SIMULATED);
    mr_world_start(a.world);
    pass(&a, 20 * MR_S);
    struct mr_slice saved = save(a.world);
    uint8_t *bytes = malloc(saved.n);
    assert_non_null(bytes);
    struct mr_rng rng = mr_rng_stream(1, "damage");
    size_t ran = 0;
    for (size_t i = 0; i < rounds; i++) {
        memcpy(bytes, saved.p, saved.n);
        damage(&rng, bytes, saved.n);
        struct stage b = stage_new(MR_WORLD_SIMULATED);
        if (mr_arena_load(mr_world_arena(b.world), mr_slice(bytes, saved.n)) == MR_OK && mr_world_loaded(b.world) == MR_OK) {
            (void)input(&b, 21 * MR_S, MR_IN_TIME, mr_slice(NULL, 0));
            ran++;
        }
        stage_free(&b);
    }
    assert_true(ran > 0); /* most damage is to values */
    free(bytes);
    free((void *)(uintptr_t)saved.p);
    stage_free(&a);
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
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(a_pause_shifts_site_time),
        cmocka_unit_test(a_world_begins_once),
        cmocka_unit_test(commands_are_answered),
        cmocka_unit_test(settings_are_changed),
        cmocka_unit_test(an_alarm_is_acknowledged_once_while_it_stands),
        cmocka_unit_test(a_firewall_table_is_put_in_force),
        cmocka_unit_test(an_operation_is_answered_by_the_plant),
        cmocka_unit_test(a_modbus_read_is_answered),
        cmocka_unit_test(nobody_answers_on_another_port),
        cmocka_unit_test(a_reset_opens_ports_again),
        cmocka_unit_test(a_loaded_world_goes_on_alike),
        cmocka_unit_test(a_state_that_was_never_started_is_refused),
        cmocka_unit_test(damaged_states_do_no_harm),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
