/* schema.h - a JSON Schema (draft 2020-12, a subset) held against a YAML tree: all errors at once, each with its line and column.
 *
 * Keywords: $ref (to "#/$defs/NAME"), $defs, type, enum, const, properties, required, additionalProperties, patternProperties,
 * propertyNames, minProperties, maxProperties, items, minItems, maxItems, minLength, maxLength, pattern (POSIX extended),
 * minimum, maximum, anyOf, format; and title, description, default, examples for people. Formats are ours: duration, window,
 * range, ipv4, cidr. A schema with any other keyword is refused, so none is overlooked in silence. `expected` (ours) is what a
 * message says would be right, in place of the one made from the keywords. */
#ifndef MR_SITE_SCHEMA_H
#define MR_SITE_SCHEMA_H

#include "site/yaml.h"

struct mr_schema;
/* NULL where the text is no schema of this subset: `why` says what is wrong with it. */
struct mr_schema *mr_schema_create(const char *text, size_t n, char *why, size_t cap);
void mr_schema_destroy(struct mr_schema *s);

/* Adds an error for everything in the tree that the schema does not allow; true where there is none. `text` is the file, for
 * the carets. */
bool mr_schema_check(const struct mr_schema *s, const struct mr_yaml *root, const char *file, const char *text, size_t n,
                     struct mr_diags *diags);

#endif
