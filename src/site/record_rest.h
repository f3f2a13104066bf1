/* record_rest.h - what is cut off a damaged record, before it is written on, is kept beside it. */
#ifndef MR_SITE_RECORD_REST_H
#define MR_SITE_RECORD_REST_H

#include "base/err.h"

#include <stdint.h>

#define MR_RECORD_REST ".damaged" /* after the record's name */

/* Adds what `fd` holds from byte `from` to its end to the file `to`, made where there is none. MR_E_NO_SPACE, MR_E_IO. */
enum mr_err mr_record_keep_rest(int fd, uint64_t from, const char *to);

#endif
