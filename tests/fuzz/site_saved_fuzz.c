/* site_saved_fuzz.c - a saved state that somebody has changed: where the sum over it is right again, its fields hold anything.
 * What is loaded must be refused, or be a state that a world can go on from. Each 4 bytes of the input are a place in the saved
 * state and what stands there instead; an input of one byte is the state as it was. */
#include "site/load.h"
#include "site/saved.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAVED_AFTER (20 * MR_S)
#define GOES_ON     (3 * MR_S)
#define CRC_AT      8
#define STATE_MAX   (8u << 20)

static struct mr_content *content;
static struct mr_world_config config;
static struct mr_world *world;
static uint8_t *saved;
static size_t nsaved;

static void load_content(void)
{
    static const char *const files[][2] = {
        {"scenario.yaml", "scenarios/trial/scenario.yaml"},
        {"site.yaml", "sites/mini/site.yaml"},
        {"tags.yaml", "sites/mini/tags.yaml"},
        {"alarms.yaml", "sites/mini/alarms.yaml"},
        {"main.yaml", "sites/mini/hmi/main.yaml"},
        {"maker.yaml", "personalities/maker.yaml"},
        {"reference.yaml", "scenarios/trial/reference.yaml"},
        {"plc1.st", "sites/mini/plc1.st"},
    };
    enum { FILES = sizeof files / sizeof files[0] };
    static const char *const others[] = {"sites/mini/hmi/main.svg", "scenarios/trial/story.zh.md", "scenarios/trial/story.en.md"};
    static char texts[FILES][16384];
    struct mr_content_file given[FILES + 3];
    for (size_t i = 0; i < FILES; i++) {
        char path[200];
        size_t n = 0;
        for (int k = 0; k < 2 && n == 0; k++) {
            (void)snprintf(path, sizeof path, "%sgolden/check/%s", k ? "tests/" : "", files[i][0]);
            FILE *f = fopen(path, "rb");
            n = f ? fread(texts[i], 1, sizeof texts[i] - 1, f) : 0;
            if (f) {
                (void)fclose(f);
            }
        }
        given[i] = (struct mr_content_file){files[i][1], texts[i], n};
    }
    for (size_t i = 0; i < 3; i++) {
        given[FILES + i] = (struct mr_content_file){others[i], "", 0};
    }
    struct mr_diags *diags = mr_diags_create();
    content = mr_content_load_files(given, FILES + 3, diags);
    mr_diags_print(diags, stderr);
    MR_ASSERT(content != NULL);
    mr_diags_destroy(diags);
}

static void go_on(mr_ns lasts)
{
    mr_ns from = mr_world_event_time(world);
    uint64_t seq = mr_world_seq(world);
    for (mr_ns t = from + MR_S; t <= from + lasts; t += MR_S) {
        (void)mr_world_input(world, ++seq, t, MR_IN_TIME, mr_slice(NULL, 0));
    }
}

static void set_up(void)
{
    char why[200];
    load_content();
    config = (struct mr_world_config){.site = content->site,
                                      .scenario = content->scenario,
                                      .seed = 1,
                                      .epoch_ns = MR_WORLD_EPOCH,
                                      .network = MR_WORLD_SIMULATED};
    world = mr_world_create(&config, why, sizeof why);
    MR_ASSERT(world != NULL);
    mr_world_start(world);
    (void)mr_world_input(world, 1, 0, MR_IN_BEGIN, mr_slice(NULL, 0));
    go_on(SAVED_AFTER);
    nsaved = mr_saved_max(world);
    MR_ASSERT(nsaved < STATE_MAX);
    saved = malloc(nsaved);
    struct mr_writer w = mr_writer(saved, saved ? nsaved : 0);
    MR_ASSERT(mr_saved_encode(world, &config, mr_slice(content->hash, MR_CONTENT_HASH), &w) == MR_OK);
    nsaved = w.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[STATE_MAX];
    struct mr_saved s;
    if (!world) {
        set_up();
    }
    memcpy(bytes, saved, nsaved);
    for (size_t i = 0; i + 4 <= size && i < 64; i += 4) {
        size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % nsaved;
        bytes[at] = data[i + 3];
    }
    struct mr_writer w = mr_writer(bytes, nsaved);
    w.n = nsaved;
    mr_patch_u32le(&w, CRC_AT, (uint32_t)crc32(0, bytes + CRC_AT + 4, (uInt)(nsaved - CRC_AT - 4)));
    enum mr_err err = mr_saved_decode(mr_slice(bytes, nsaved), &s);
    if (err == MR_OK) {
        err = mr_saved_load(&s, world, &config, mr_slice(content->hash, MR_CONTENT_HASH));
    }
    MR_ASSERT(size >= 4 || err == MR_OK);
    if (err == MR_OK) {
        go_on(GOES_ON);
    }
    return 0;
}
