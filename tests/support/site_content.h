/* site_content.h - the content of a site that a program of tests loads once, or says why it cannot. */
#ifndef MR_TEST_SITE_CONTENT_H
#define MR_TEST_SITE_CONTENT_H

#include "site/load.h"

#include <stdio.h>

/* NULL where the site has mistakes, which are printed. */
static inline struct mr_content *site_content(const char *path)
{
    struct mr_diags *diags = mr_diags_create();
    struct mr_content *content = mr_content_load(path, diags);
    if (!content) {
        mr_diags_print(diags, stderr);
    }
    mr_diags_destroy(diags);
    return content;
}

#endif
