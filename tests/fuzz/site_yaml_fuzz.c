/* site_yaml_fuzz.c - any bytes as one of the files that authors write: its first key says which. It takes the place of that file
 * among the small ones of tests/golden/check, which are right together, and the content is loaded from memory. */
#include "site/load.h"
#include "site/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *key, *file, *path;
    int first; /* which of the beginnings below loads it */
} places[] = {
    {"site", "site.yaml", "sites/mini/site.yaml", 0},
    {"scenario", "scenario.yaml", "scenarios/trial/scenario.yaml", 1},
    {"event", "event.yaml", "events/cup/event.yaml", 2},
    {"tags", "tags.yaml", "sites/mini/tags.yaml", 0},
    {"alarms", "alarms.yaml", "sites/mini/alarms.yaml", 0},
    {"page", "main.yaml", "sites/mini/hmi/main.yaml", 0},
    {"personality", "maker.yaml", "personalities/maker.yaml", 0},
    {"player", "reference.yaml", "scenarios/trial/reference.yaml", 1},
    {"-", "plc1.st", "sites/mini/plc1.st", 0},
    {"-", "main.svg", "sites/mini/hmi/main.svg", 0},
    {"-", "story.zh.md", "scenarios/trial/story.zh.md", 1},
    {"-", "story.en.md", "scenarios/trial/story.en.md", 1},
};
#define PLACES (sizeof places / sizeof places[0])

static const char *base(size_t i, size_t *n)
{
    static char texts[PLACES][8192];
    static size_t sizes[PLACES];
    static const char *const folders[] = {"golden/check", "tests/golden/check"}; /* as replayed, and from the root */
    for (int k = 0; k < 2 && sizes[i] == 0; k++) {
        char path[200];
        (void)snprintf(path, sizeof path, "%s/%s", folders[k], places[i].file);
        FILE *f = fopen(path, "rb");
        if (f) {
            sizes[i] = fread(texts[i], 1, sizeof texts[i] - 1, f);
            (void)fclose(f);
        }
    }
    *n = sizes[i];
    return texts[i];
}

/* Which file the bytes are, by their beginning. */
static size_t place_of(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < PLACES; i++) {
        size_t n = strlen(places[i].key);
        if (size > n && memcmp(data, places[i].key, n) == 0 && data[n] == ':') {
            return i;
        }
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_content_file files[PLACES];
    size_t which = place_of(data, size);
    size_t first = (size_t)places[which].first;
    size_t n = 1;
    char *text = malloc(size + 1);
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < PLACES; i++) {
        struct mr_content_file *f = &files[i == first ? 0 : n++];
        f->path = places[i].path;
        f->text = i == which ? text : base(i, &f->n);
        f->n = i == which ? size : f->n;
    }
    struct mr_diags *diags = mr_diags_create();
    struct mr_content *c = mr_content_load_files(files, PLACES, diags);
    if (!c && diags->errors == 0) {
        abort(); /* what is refused is told */
    }
    mr_content_free(c);
    mr_diags_destroy(diags);
    free(text);
    return 0;
}
