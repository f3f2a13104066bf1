/* Any bytes to an EtherNet/IP device: the stream of a registered session, then datagrams to both ports. The first byte chooses
 * settings and how the stream is cut, two more say how long it is; answers, image and events must not depend on the cuts. */
#include "proto/enip/enip_io.h"
#include "proto/enip/enip_server.h"

#include <stdlib.h>

enum { AREA = 128, CONNECTIONS = 4 };

struct station {
    uint8_t area[MR_AREAS][AREA];
    struct mr_image image;
    struct mr_enip_personality personality;
    struct mr_enip_settings settings;
    struct mr_enip_state state;
    struct mr_enip_connection connections[CONNECTIONS];
    struct mr_enip_large large[2];
    struct mr_enip_device device;
    struct mr_enip_server server;
    _Alignas(16) uint8_t scratch[512];
};

static const struct mr_place dint[] = {{MR_AREA_M, MR_VT_DINT, 0, 0}}, real[] = {{MR_AREA_M, MR_VT_INT, 4, 0}},
                             bits[] = {{MR_AREA_M, MR_VT_BOOL, 6, 3}}, far[] = {{MR_AREA_M, MR_VT_LINT, 120, 0}},
                             pump[] = {
                                 {MR_AREA_M, MR_VT_BOOL, 8, 0}, {MR_AREA_M, MR_VT_INT, 10, 0}, {MR_AREA_M, MR_VT_REAL, 12, 0}};
static const struct mr_enip_member members[] = {{.name = "R", .type = MR_CIP_BOOL, .bit = 1},
                                                {.name = "N", .type = MR_CIP_INT, .count = 3, .offset = 2},
                                                {.name = "F", .type = MR_CIP_REAL, .offset = 8}};
static const struct mr_enip_member text[] = {{.name = "LEN", .type = MR_CIP_DINT},
                                             {.name = "DATA", .type = MR_CIP_SINT, .count = 20, .offset = 4}};
static const struct mr_enip_template templates[3];
static const struct mr_enip_member nest[] = {{.name = "S", .structure = &templates[1]},
                                             {.name = "P", .structure = &templates[0], .count = 2, .offset = 24},
                                             {.name = "M", .type = MR_CIP_DWORD, .count = 2, .offset = 48, .bools = 40}};
static const struct mr_enip_template templates[3] = {
    {.id = 1, .handle = 0x1234, .name = "P", .bytes = 12, .members = members, .nmembers = 3},
    {.id = 2, .handle = 0x0FCE, .name = "STRING", .bytes = 24, .members = text, .nmembers = 2, .text = true},
    {.id = 3, .handle = 0x4321, .name = "N", .bytes = 56, .members = nest, .nmembers = 3},
};
/* The string's head is the image's own bytes: it may say anything. */
static const struct mr_place nested[] = {{MR_AREA_M, MR_VT_STRING, 90, 0}, {MR_AREA_M, MR_VT_BOOL, 8, 0},
                                         {MR_AREA_M, MR_VT_INT, 124, 0},   {MR_AREA_M, MR_VT_REAL, 12, 0},
                                         {MR_AREA_M, MR_VT_BOOL, 9, 0},    {MR_AREA_M, MR_VT_INT, 20, 0},
                                         {MR_AREA_M, MR_VT_REAL, 126, 0},  {MR_AREA_M, MR_VT_BOOL, 100, 0}};
static const char *const programs[] = {"Program:M"};
static const struct mr_enip_tag tags[] = {
    {.name = "A", .type = MR_CIP_DINT, .places = dint, .nplaces = 1},
    {.name = "B", .type = MR_CIP_REAL, .places = real, .nplaces = 1},
    {.name = "C", .type = MR_CIP_BOOL, .dims = {20}, .places = bits, .nplaces = 1},
    {.name = "D", .program = 1, .type = MR_CIP_LINT, .dims = {2, 3, 4}, .places = far, .nplaces = 1},
    {.name = "P", .structure = templates, .places = pump, .nplaces = 3},
    {.name = "N", .structure = &templates[2], .places = nested, .nplaces = 8},
    {.name = "M", .type = MR_CIP_DWORD, .dims = {2}, .bools = 40, .places = &nested[7], .nplaces = 1},
};
static const struct mr_enip_assembly assemblies[] = {{1, MR_ENIP_INPUT, MR_AREA_I, 0, 4},
                                                     {2, MR_ENIP_OUTPUT, MR_AREA_Q, 126, 4},
                                                     {3, MR_ENIP_INPUT_ONLY, MR_AREA_M, 0, 0},
                                                     {4, MR_ENIP_LISTEN_ONLY, MR_AREA_M, 0, 0}};
static const struct mr_enip_identity identity = {1, 14, 54, 20, 11, 0x12345678, "fuzz"};
static const struct mr_enip_interface interface = {0x0A000002, 0xFFFFFF00, 0, {0}, "fuzz", 100};

static void init(struct station *t, uint8_t choice)
{
    static const uint8_t registration[] = {0x65, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    memset(t, 0, sizeof *t);
    t->image = (struct mr_image){{t->area[0], t->area[1], t->area[2]}, {AREA, AREA, AREA}};
    t->personality = mr_enip_default_personality;
    t->personality.run_idle_header = (choice & 1) != 0;
    t->personality.connection_max = choice & 2 ? 500 : MR_ENIP_CONNECTION_MAX;
    t->personality.logix = (choice & 4) == 0;
    t->personality.chassis = (choice & 8) == 0;
    mr_enip_settings_init(&t->settings);
    t->settings.write_protected = (choice & 48) == 48;
    mr_enip_state_init(&t->state);
    t->device = (struct mr_enip_device){.image = &t->image,
                                        .tags = tags,
                                        .ntags = 5,
                                        .programs = programs,
                                        .nprograms = 1,
                                        .templates = templates,
                                        .ntemplates = 3,
                                        .assemblies = assemblies,
                                        .nassemblies = 4,
                                        .identity = &identity,
                                        .interface = &interface,
                                        .personality = &t->personality,
                                        .settings = &t->settings,
                                        .state = &t->state,
                                        .connections = t->connections,
                                        .nconnections = CONNECTIONS,
                                        .large = t->large,
                                        .nlarge = choice & 128 ? 0 : 2};
    MR_ASSERT(mr_enip_index_bytes(&t->device) <= sizeof t->scratch && mr_enip_device_init(&t->device, t->scratch));
    mr_enip_server_init(&t->server, &t->device);
    mr_enip_server_open(&t->server, 1, 0);
    if ((choice & 64) == 0) {
        uint8_t sink[64];
        struct mr_writer w = mr_writer(sink, sizeof sink);
        (void)mr_enip_server_feed(&t->server, mr_slice(registration, sizeof registration), 0);
        (void)mr_enip_server_output(&t->server, &w);
    }
}

/* How many events there were: those for which there was no room are counted in the last. */
static size_t drain(struct station *t)
{
    struct mr_enip_event ev;
    size_t n = 0;
    while (mr_enip_server_next(&t->server, &ev)) {
        n += 1u + ev.others;
    }
    return n;
}

static void run(struct station *t, const uint8_t *data, size_t n, size_t chunk, struct mr_writer *w, size_t *events)
{
    enum mr_feed_status status = MR_FEED_OK;
    size_t at = 0;
    while (at < n && status != MR_FEED_MALFORMED && mr_writer_left(w) > 0 && !mr_enip_server_finished(&t->server)) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_enip_server_feed(&t->server, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        *events += drain(t);
        (void)mr_enip_server_output(&t->server, w);
    }
}

/* Pieces of a length that their first byte says, to the two ports in turn; and what is due a little later each time. */
static void datagrams(struct station *t, const uint8_t *data, size_t n)
{
    const struct mr_enip_peer from = {1, 2222};
    mr_ns now = 0;
    for (size_t at = 0; at < n; now += 3 * MR_MS) {
        size_t m = data[at] % 64;
        m = m < n - at - 1 ? m : n - at - 1;
        uint8_t *piece = malloc(m + 1), out[MR_ENIP_DATAGRAM_MAX];
        memcpy(piece, data + at + 1, m);
        struct mr_writer w = mr_writer(out, sizeof out);
        struct mr_enip_peer to;
        (void)mr_enip_server_datagram(&t->device, from, mr_slice(piece, m), &w);
        mr_enip_io_datagram(&t->device, from, mr_slice(piece, m), now);
        free(piece);
        for (size_t i = 0; i <= CONNECTIONS; i++) {
            w = mr_writer(out, sizeof out);
            bool due = mr_enip_io_due(&t->device, now, &to, &w);
            MR_ASSERT(!w.full && (i < CONNECTIONS || !due)); /* each connection is due once at a time */
            if (!due) {
                break;
            }
        }
        MR_ASSERT(mr_enip_io_deadline(&t->device) > now);
        (void)drain(t);
        at += m + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct station a, b;
    static uint8_t whole[1 << 18], cut[1 << 18];
    size_t events[2] = {0};
    if (size < 4) {
        return 0;
    }
    struct mr_writer wa = mr_writer(whole, sizeof whole), wb = mr_writer(cut, sizeof cut);
    size_t n = (size_t)data[1] | (size_t)data[2] << 8;
    const uint8_t *stream = data + 3;
    n = n < size - 3 ? n : size - 3;
    init(&a, data[0]);
    init(&b, data[0]);
    run(&a, stream, n, n, &wa, &events[0]);
    run(&b, stream, n, 1u + data[0] % 29, &wb, &events[1]);
    bool lent = (data[0] & 128) == 0; /* a long message in pieces needs a long buffer, one that comes whole does not */
    if (lent && mr_writer_left(&wa) > 0 && mr_writer_left(&wb) > 0) {
        MR_ASSERT(wa.n == wb.n && memcmp(whole, cut, wa.n) == 0);
        MR_ASSERT(memcmp(a.area, b.area, sizeof a.area) == 0 && events[0] == events[1]);
    }
    datagrams(&a, stream + n, size - 3 - n);
    mr_enip_server_tick(&a.server, mr_enip_server_deadline(&a.server));
    mr_enip_server_close(&a.server);
    return 0;
}
