#include "server/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX     512
#define ARGUMENT_MAX 120

static const char *const files[MR_TEXT_SECTIONS] = {"accounts.json", "directions.json", "errors.json", "feed.json",
                                                    "ledger.json"};

struct mr_texts {
    json_t *sections[MR_TEXT_SECTIONS];
};

static enum mr_err check(json_t *section, const char *path, char *why, size_t cap)
{
    const char *key;
    json_t *value;
    json_object_foreach(section, key, value)
    {
        if (!json_is_string(json_object_get(value, "zh")) || !json_is_string(json_object_get(value, "en"))) {
            (void)snprintf(why, cap, "%s: '%s' needs texts 'zh' and 'en'", path, key);
            return MR_E_MALFORMED;
        }
    }
    return MR_OK;
}

enum mr_err mr_texts_load(const char *folder, struct mr_texts **out, char *why, size_t cap)
{
    struct mr_texts *t = calloc(1, sizeof *t);
    if (!t) {
        return MR_E_NOMEM;
    }
    enum mr_err err = MR_OK;
    for (size_t i = 0; i < MR_TEXT_SECTIONS && err == MR_OK; i++) {
        char path[4096];
        json_error_t je;
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        t->sections[i] = json_load_file(path, JSON_REJECT_DUPLICATES, &je);
        if (!json_is_object(t->sections[i])) {
            (void)snprintf(why, cap, "%s:%d:%d: error: %s", path, je.line, je.column, je.text);
            err = MR_E_MALFORMED;
        } else {
            err = check(t->sections[i], path, why, cap);
        }
    }
    if (err != MR_OK) {
        mr_texts_free(t);
        return err;
    }
    *out = t;
    return MR_OK;
}

void mr_texts_free(struct mr_texts *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < MR_TEXT_SECTIONS; i++) {
        json_decref(t->sections[i]);
    }
    free(t);
}

json_t *mr_text_pair(const char *zh, const char *en)
{
    return json_pack("{s:s, s:s}", "zh", zh, "en", en);
}

/* The beginning of UTF-8 text, of `most` bytes or less, that ends between two characters. */
static size_t whole_characters(const char *text, size_t most)
{
    size_t n = strlen(text);
    if (n > most) {
        for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--) {
        }
    }
    return n;
}

/* Sets the arguments in. An argument is cut where it is long (people's own words come back to them here), the whole where it is
 * full, both between two characters. */
static void fill(char *buf, size_t cap, const char *text, const char *const *args, size_t nargs)
{
    size_t n = 0;
    while (*text) {
        const char *piece = text;
        size_t len = 0;
        if (text[0] == '{' && text[1] >= '0' && text[1] <= '9' && text[2] == '}') {
            size_t i = (size_t)(text[1] - '0');
            piece = i < nargs ? args[i] : "";
            len = whole_characters(piece, ARGUMENT_MAX);
            text += 3;
        } else {
            do {
                len++;
            } while (((unsigned char)text[len] & 0xc0) == 0x80);
            text += len;
        }
        if (n + len >= cap) {
            break;
        }
        memcpy(buf + n, piece, len);
        n += len;
    }
    buf[n] = '\0';
}

json_t *mr_text_json(const struct mr_texts *t, enum mr_text_section section, const char *key, const struct mr_text *args,
                     size_t nargs)
{
    json_t *entry = t ? json_object_get(t->sections[section], key) : NULL;
    if (!entry) {
        return mr_text_pair(key, key);
    }
    char zh[TEXT_MAX], en[TEXT_MAX];
    const char *args_zh[MR_TEXT_ARGS], *args_en[MR_TEXT_ARGS];
    MR_ASSERT(nargs <= MR_TEXT_ARGS);
    for (size_t i = 0; i < nargs; i++) {
        args_zh[i] = args[i].zh;
        args_en[i] = args[i].en;
    }
    fill(zh, sizeof zh, json_string_value(json_object_get(entry, "zh")), args_zh, nargs);
    fill(en, sizeof en, json_string_value(json_object_get(entry, "en")), args_en, nargs);
    return mr_text_pair(zh, en);
}

/* Which words of which texts are ids, and of what. */
static const struct {
    enum mr_text_section section;
    const char *key;
    enum mr_titled words[2];
} ids[] = {
    {MR_TEXTS_FEED, "watch-lost", {MR_TITLED_WATCH}},
    {MR_TEXTS_FEED, "watch-back", {MR_TITLED_WATCH}},
    {MR_TEXTS_FEED, "function-lost", {MR_TITLED_FUNCTION}},
    {MR_TEXTS_FEED, "function-back", {MR_TITLED_FUNCTION}},
    {MR_TEXTS_LEDGER, "in-specification", {MR_TITLED_WATCH}},
    {MR_TEXTS_LEDGER, "in-band", {MR_TITLED_BAND}},
    {MR_TEXTS_LEDGER, "out-of-band", {MR_TITLED_BAND}},
    {MR_TEXTS_LEDGER, "function-works", {MR_TITLED_FUNCTION}},
    {MR_TEXTS_LEDGER, "hardening-holds", {MR_TITLED_RETRY, MR_TITLED_FUNCTION}},
    {MR_TEXTS_LEDGER, "hardening-lost", {MR_TITLED_RETRY, MR_TITLED_FUNCTION}},
    {MR_TEXTS_LEDGER, "detected", {MR_TITLED_RESPONSE}},
    {MR_TEXTS_LEDGER, "contained", {MR_TITLED_RESPONSE}},
    {MR_TEXTS_LEDGER, "recovered", {MR_TITLED_RESPONSE}},
    {MR_TEXTS_LEDGER, "prevented", {MR_TITLED_RESPONSE}},
};

static enum mr_titled id_of(enum mr_text_section section, const char *key, size_t word)
{
    for (size_t i = 0; i < sizeof ids / sizeof ids[0] && word < 2; i++) {
        if (ids[i].section == section && strcmp(ids[i].key, key) == 0) {
            return ids[i].words[word];
        }
    }
    return MR_TITLED_NOTHING;
}

json_t *mr_text_happened(const struct mr_texts *t, const struct mr_scenario *s, enum mr_text_section section, const char *key,
                         const char *const *words, size_t nwords)
{
    struct mr_text args[MR_TEXT_ARGS] = {0};
    MR_ASSERT(nwords <= MR_TEXT_ARGS);
    for (size_t i = 0; i < nwords; i++) {
        args[i] = mr_scenario_title(s, id_of(section, key, i), words[i]);
    }
    return mr_text_json(t, section, key, args, nwords);
}
