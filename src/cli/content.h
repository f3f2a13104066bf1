/* content.h - loading what a command line names, with the mistakes printed. */
#ifndef MR_CLI_CONTENT_H
#define MR_CLI_CONTENT_H

#include "base/arena.h"
#include "site/load.h"

/* `site`: a site's, scenario's or event's file or folder. `scenario` (may be NULL): a file or folder, or the name of a folder
 * beside the site's in content/scenarios/; it must be of that site. NULL after the reasons have been printed to stderr. */
struct mr_content *mr_cli_load(const char *site, const char *scenario);

/* A digest alone on a line. */
void mr_cli_print_digest(const uint8_t digest[MR_DIGEST_BYTES]);

#endif
