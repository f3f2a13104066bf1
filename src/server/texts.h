/* texts.h - what pages say to people, in both languages, from content/texts/SECTION.json: {"key": {"zh": "...", "en": "..."}}.
 * {0}, {1}, ... stand for arguments. */
#ifndef MR_SERVER_TEXTS_H
#define MR_SERVER_TEXTS_H

#include "plan/scenario.h"

#include <jansson.h>
#include <stdint.h>

enum mr_text_section {
    MR_TEXTS_ACCOUNTS,
    MR_TEXTS_DIRECTIONS,
    MR_TEXTS_ERRORS,
    MR_TEXTS_FEED,
    MR_TEXTS_LEDGER,
    MR_TEXT_SECTIONS
};

#define MR_TEXT_ARGS 10 /* {0} to {9} */

struct mr_texts;
/* `folder` holds a file of each section. `why` says what is missing or wrong. */
enum mr_err mr_texts_load(const char *folder, struct mr_texts **out, char *why, size_t cap);
void mr_texts_free(struct mr_texts *t);

/* A new {"zh", "en"}. A key that is not there gives the key itself, so that nothing is said silently. */
json_t *mr_text_json(const struct mr_texts *t, enum mr_text_section section, const char *key, const struct mr_text *args,
                     size_t nargs);
/* Of what happened: `words` that are ids of the scenario's score are said by their titles. */
json_t *mr_text_happened(const struct mr_texts *t, const struct mr_scenario *s, enum mr_text_section section, const char *key,
                         const char *const *words, size_t nwords);
json_t *mr_text_pair(const char *zh, const char *en);

#endif
