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

json_t *mr_text_json(const struct mr_texts *t, enum mr_text_section section, const char *key, const char *const *args,
                     size_t nargs)
{
    json_t *entry = t ? json_object_get(t->sections[section], key) : NULL;
    if (!entry) {
        return mr_text_pair(key, key);
    }
    char zh[TEXT_MAX], en[TEXT_MAX];
    fill(zh, sizeof zh, json_string_value(json_object_get(entry, "zh")), args, nargs);
    fill(en, sizeof en, json_string_value(json_object_get(entry, "en")), args, nargs);
    return mr_text_pair(zh, en);
}
