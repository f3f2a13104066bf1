#include "server/secret.h"

#include "base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

enum mr_err mr_secret_read(const char *path, struct mr_secret *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? MR_E_NOT_FOUND : MR_E_IO;
    }
    ssize_t n = read(fd, out->key, sizeof out->key);
    (void)close(fd);
    return n == (ssize_t)sizeof out->key ? MR_OK : MR_E_CORRUPT;
}

static enum mr_err io_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? MR_E_NO_SPACE : MR_E_IO;
}

enum mr_err mr_secret_open(const char *path, struct mr_secret *out)
{
    enum mr_err err = mr_secret_read(path, out);
    if (err != MR_E_NOT_FOUND) {
        return err;
    }
    randombytes_buf(out->key, sizeof out->key);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return io_error();
    }
    ssize_t n = write(fd, out->key, sizeof out->key);
    bool kept = n == (ssize_t)sizeof out->key && fsync(fd) == 0;
    err = kept ? MR_OK : io_error();
    (void)close(fd);
    if (!kept) {
        (void)unlink(path);
    }
    return err;
}

static void derive(const uint8_t *key, size_t nkey, const char *purpose, const char *name, uint8_t *out, size_t n)
{
    crypto_generichash_state st;
    (void)crypto_generichash_init(&st, key, nkey, n);
    (void)crypto_generichash_update(&st, (const uint8_t *)purpose, strlen(purpose) + 1);
    (void)crypto_generichash_update(&st, (const uint8_t *)name, strlen(name));
    (void)crypto_generichash_final(&st, out, n);
}

static uint64_t seed_of(const uint8_t bytes[16])
{
    struct mr_reader r = mr_reader(mr_slice(bytes, 16));
    return mr_read_u64le(&r);
}

uint64_t mr_secret_seed(const struct mr_secret *s, const char *team)
{
    uint8_t out[16];
    derive(s->key, sizeof s->key, "seed", team, out, sizeof out);
    return seed_of(out);
}

uint64_t mr_plain_seed(uint64_t seed, const char *team)
{
    uint8_t key[16] = {0}, out[16];
    struct mr_writer w = mr_writer(key, sizeof key);
    mr_write_u64le(&w, seed);
    derive(key, sizeof key, "seed", team, out, sizeof out);
    return seed_of(out);
}

void mr_secret_password(const struct mr_secret *s, const char *account, char out[MR_PASSWORD_LEN + 1])
{
    /* Without 0 o 1 l i u, which people mix up. A byte modulo 30 favours some by a tenth: 67.9 instead of 68.7 bits. */
    static const char letters[] = "abcdefghjkmnpqrstvwxyz23456789";
    uint8_t bytes[MR_PASSWORD_LEN + 2];
    derive(s->key, sizeof s->key, "password", account, bytes, sizeof bytes);
    for (size_t i = 0; i < MR_PASSWORD_LEN; i++) {
        out[i] = letters[bytes[i] % (sizeof letters - 1)];
    }
    out[MR_PASSWORD_LEN] = '\0';
}
