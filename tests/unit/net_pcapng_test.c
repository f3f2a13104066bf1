/* pcapng: blocks laid out by hand from draft-ietf-opsawg-pcapng, and a whole simulated capture read by tshark, which knows
 * nothing of us: no frame malformed, no checksum wrong, every frame there. Skipped where tshark is missing. */
#include "net/pcapng.h"
#include "support/net_rig.h"
#include "support/test.h"

#include <stdlib.h>
#include <unistd.h>

static void blocks_as_in_the_draft(void **state)
{
    (void)state;
    uint8_t out[512];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_pcapng_section(&w, NULL);
    const uint8_t section[] = {0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a,
                               1,    0,    0,    0, /* version 1.0 */
                               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0,    0};
    assert_int_equal(w.n, sizeof section);
    assert_memory_equal(out, section, sizeof section);
    w = mr_writer(out, sizeof out);
    mr_pcapng_interface(&w, "dmz", NULL);
    const uint8_t interface[] = {1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0,  0, 0, 0, 2, 0, 3, 0, 'd', 'm', 'z', 0, /* if_name */
                                 9, 0, 1, 0, 9,  0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0};                              /* if_tsresol */
    assert_int_equal(w.n, sizeof interface);
    assert_memory_equal(out, interface, sizeof interface);
    w = mr_writer(out, sizeof out);
    mr_pcapng_packet(&w, 3, 0x100000000, 5, mr_slice("abcde", 5), "hi");
    const uint8_t packet[] = {6, 0, 0,   0,   52,  0,   0,   0, 3, 0, 0, 0, 1, 0, 0,   0,   5, 0, 0, 0, 5, 0, 0,  0, 5, 0,
                              0, 0, 'a', 'b', 'c', 'd', 'e', 0, 0, 0, 1, 0, 2, 0, 'h', 'i', 0, 0, 0, 0, 0, 0, 52, 0, 0, 0};
    assert_int_equal(w.n, sizeof packet);
    assert_memory_equal(out, packet, sizeof packet);
    w = mr_writer(out, 51);
    mr_pcapng_packet(&w, 3, 0, 5, mr_slice("abcde", 5), "hi");
    assert_true(w.full);
}

struct capture {
    FILE *file;
    size_t frames;
};

static void put(FILE *f, const struct mr_writer *w)
{
    assert_false(w->full);
    assert_int_equal(fwrite(w->p, 1, w->n, f), w->n);
}

static void to_file(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame)
{
    struct capture *c = ctx;
    uint8_t block[MR_PCAPNG_BLOCK_MAX + MR_FRAME_MAX];
    struct mr_writer w = mr_writer(block, sizeof block);
    mr_pcapng_packet(&w, zone, 1700000000u * (uint64_t)MR_S, t, frame, c->frames == 0 ? "the first one" : NULL);
    put(c->file, &w);
    c->frames++;
}

/* What `command` prints, a number. */
static long number_from(const char *command)
{
    FILE *p = popen(command, "r");
    char line[128] = "";
    assert_non_null(p);
    bool any = fgets(line, sizeof line, p) != NULL;
    assert_int_equal(pclose(p), 0);
    assert_true(any);
    return strtol(line, NULL, 10);
}

/* A bit of everything that the network can put on a wire. */
static void some_of_everything(struct rig *r)
{
    static const uint8_t data[20000];
    mr_conn c;
    mr_conn s;
    rig_connect(r, 0, 5, &c, &s);
    (void)r->net->ops->send(r->net, c, mr_slice(data, sizeof data));
    (void)r->net->ops->send(r->net, s, mr_slice(data, 1));
    (void)r->net->ops->ping(r->net, 1, RIG_IP(6), 1);
    (void)r->net->ops->ping(r->net, 1, RIG_IP(6) + 50, 2);
    (void)r->net->ops->bind(r->net, 6, 47808);
    (void)r->net->ops->datagram(r->net, 1, 40000, (struct mr_addr){RIG_IP(6), 47808}, mr_slice(data, 17));
    (void)r->net->ops->datagram(r->net, 1, 40000, (struct mr_addr){RIG_IP(6), 9}, mr_slice(data, 17)); /* nobody listens */
    (void)r->net->ops->connect(r->net, 2, (struct mr_addr){RIG_IP(6), 80}, 3);                         /* refused */
    (void)r->net->ops->connect(r->net, 2, (struct mr_addr){RIG_IP(3) + 50, 80}, 4);                    /* absent */
    rig_run(r, 5 * MR_S);
    static const struct mr_fw_table no = {.fallback = MR_FW_REJECT, .cut_on_edit = true};
    (void)r->net->ops->rules(r->net, &no);
    (void)r->net->ops->ping(r->net, 1, RIG_IP(6), 5);
    (void)r->net->ops->send(r->net, c, mr_slice(data, 5));
    rig_run(r, 2 * MR_S);
    rig_connect(r, 0, 1, &c, &s);
    r->net->ops->close(r->net, c, false);
    rig_run(r, MR_S);
}

/* Filters that must find none, or some. */
static const char options[] = "-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE";
static const struct {
    const char *filter;
    bool none;
} counts[] = {
    {"_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || "
     "icmp.checksum.status == 0",
     true},
    {"_ws.expert.severity == \\\"Error\\\"", true},
    {"tcp.flags.reset == 1", false},
    {"icmp.type == 3 && icmp.code == 13", false},
    {"icmp.type == 3 && icmp.code == 3", false},
    {"icmp.type == 3 && icmp.code == 1", false},
    {"icmp.type == 0", false},
    {"arp.opcode == 2", false},
    {"tcp.flags.fin == 1", false},
    {"frame.interface_name == \\\"office\\\" && tcp.len == 1460", false},
    {"frame.comment == \\\"the first one\\\" && frame.interface_description == \\\"Purdue level 1\\\"", false},
};

static void tshark_finds_nothing_wrong(void **state)
{
    (void)state;
    if (system("tshark --version >/dev/null 2>&1") != 0) {
        print_message("no tshark here\n");
        skip();
    }
    static struct rig rig;
    char path[] = "/tmp/net_pcapng_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct capture c = {fdopen(fd, "wb"), 0};
    assert_non_null(c.file);
    uint8_t head[MR_PCAPNG_BLOCK_MAX];
    struct mr_writer w = mr_writer(head, sizeof head);
    mr_pcapng_section(&w, "net_pcapng_test");
    mr_pcapng_interface(&w, "control", "Purdue level 1");
    mr_pcapng_interface(&w, "office", "Purdue level 4");
    put(c.file, &w);
    rig_init(&rig);
    rig.topology.loss_per_million = 10000;
    rig_open(&rig);
    mr_net_sim_tap(rig.sim, to_file, &c);
    some_of_everything(&rig);
    rig_close(&rig);
    assert_int_equal(fclose(c.file), 0);
    char command[600];
    (void)snprintf(command, sizeof command, "tshark -n -r %s 2>/dev/null | wc -l", path);
    assert_int_equal(number_from(command), (long)c.frames);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        (void)snprintf(command, sizeof command, "tshark -n -r %s %s -Y \"%s\" 2>/dev/null | wc -l", path, options,
                       counts[i].filter);
        long n = number_from(command);
        if ((n == 0) != counts[i].none) {
            print_error("%ld frames are: %s\n", n, counts[i].filter);
        }
        assert_true((n == 0) == counts[i].none);
    }
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_as_in_the_draft),
        cmocka_unit_test(tshark_finds_nothing_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
