/* yaml.h - a YAML 1.2 file as a tree whose every node knows its line and column. Read by libfyaml, kept as our own nodes.
 *
 * Refused, because content files do not need them and a small one can grow to gigabytes: anchors, aliases, merge keys, tags;
 * more than one document; keys that are not plain texts, a key twice; depth beyond MR_YAML_DEPTH, files beyond MR_YAML_BYTES. */
#ifndef MR_SITE_YAML_H
#define MR_SITE_YAML_H

#include "base/diag.h"
#include "site/load_pool.h"

#include <stdbool.h>

#define MR_YAML_BYTES (1u << 20) /* a hundred times the largest file here */
#define MR_YAML_DEPTH 32         /* the deepest of our formats has 9 */

enum mr_yaml_kind { MR_YAML_SCALAR, MR_YAML_MAP, MR_YAML_SEQ };

struct mr_yaml {
    enum mr_yaml_kind kind;
    uint32_t line, col;        /* from 1 */
    bool plain;                /* a scalar without quotes */
    const char *text;          /* a scalar's value, NUL-terminated, without NULs inside; "" otherwise */
    const struct mr_yaml *key; /* of a map's member */
    struct mr_yaml *first, *next;
    size_t count; /* children */
    struct mr_yaml *up;
};

/* A scalar's type by the core schema of YAML 1.2 (chapter 10.3.2): only plain ones can be other than a text. */
enum mr_yaml_type { MR_YAML_NULL, MR_YAML_BOOL, MR_YAML_INT, MR_YAML_NUMBER, MR_YAML_TEXT, MR_YAML_OBJECT, MR_YAML_ARRAY };
enum mr_yaml_type mr_yaml_type(const struct mr_yaml *y);

/* NULL where `diags` then holds what is wrong, the first syntax error or else every refusal. Nodes lie in `pool`. */
struct mr_yaml *mr_yaml_parse(struct mr_pool *pool, const char *file, const char *text, size_t n, struct mr_diags *diags);

/* A map's member; NULL where it has none, `y` is NULL or no map. */
const struct mr_yaml *mr_yaml_get(const struct mr_yaml *y, const char *key);

/* An error at a place of a text, with its line for the caret. */
void mr_yaml_error(struct mr_diags *diags, const char *file, const char *text, size_t n, uint32_t line, uint32_t col,
                   const char *what);

#endif
