/* load.h - from the files that an author wrote to one immutable object, or to a list of what is wrong with them.
 *
 * Any of the three files may be the beginning: an event names scenarios, a scenario its site, a site programs, pages and
 * personalities. Files of a kind lie in content/sites/NAME/site.yaml, content/scenarios/NAME/scenario.yaml and
 * content/events/NAME/event.yaml; what another file names is looked for in the same content folder. Everything is read once, in
 * an order that the files fix, and kept: the files of a content can be packed into a record and loaded again from memory. */
#ifndef MR_SITE_LOAD_H
#define MR_SITE_LOAD_H

#include "base/bytes.h"
#include "base/diag.h"
#include "plan/event.h"

#define MR_CONTENT_HASH 32

struct mr_content_file {
    const char *path; /* below the content folder: "sites/water-treatment/site.yaml" */
    const char *text; /* NUL-terminated */
    size_t n;
};

struct mr_content {
    const struct mr_site *site;          /* of the first scenario; the site itself where a site was loaded */
    const struct mr_scenario *scenario;  /* of the first round; NULL where a site was loaded */
    const struct mr_event_plan *event;   /* NULL unless an event was loaded */
    const struct mr_content_file *files; /* all that was read, in order; the first is the one asked for */
    size_t nfiles;
    uint8_t hash[MR_CONTENT_HASH]; /* BLAKE2b-256 over the files, paths and lengths included */
};

/* `path`: a site's, scenario's or event's file, or the folder it lies in; which of them it is, its first key says. NULL where
 * `diags` then holds errors. The caller frees. */
struct mr_content *mr_content_load(const char *path, struct mr_diags *diags);
/* The same from memory: files[0] is the one asked for. The files are copied. */
struct mr_content *mr_content_load_files(const struct mr_content_file *files, size_t n, struct mr_diags *diags);
void mr_content_free(struct mr_content *c);

/* The files as one block (for a record's header or a channel to core) and back. Unpacking gives one heap block whose texts
 * point into itself; free() it. NULL where the bytes are no packed content. */
size_t mr_content_packed_size(const struct mr_content *c);
void mr_content_pack(const struct mr_content *c, struct mr_writer *w);
struct mr_content_file *mr_content_unpack(struct mr_slice packed, size_t *n);

#endif
