/* secret.h - what derives from an event's secret: seeds, passwords. BLAKE2b keyed with the 32 bytes of STATE/event/secret
 * (RFC 7693); the core of a site is given its derived seed, never the secret. */
#ifndef MR_SERVER_SECRET_H
#define MR_SERVER_SECRET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MR_SECRET_BYTES 32
#define MR_PASSWORD_LEN 14 /* characters, of 30 different ones: 68 bits */

struct mr_secret {
    uint8_t key[MR_SECRET_BYTES];
};
/* Reads the file, or makes it (0600) with new random bytes. */
enum mr_err mr_secret_open(const char *path, struct mr_secret *out);
enum mr_err mr_secret_read(const char *path, struct mr_secret *out);
uint64_t mr_secret_seed(const struct mr_secret *s, const char *team);
void mr_secret_password(const struct mr_secret *s, const char *account, char out[MR_PASSWORD_LEN + 1]);
/* A seed where the event's file gives one instead of "from-secret". */
uint64_t mr_plain_seed(uint64_t seed, const char *team);

#endif
