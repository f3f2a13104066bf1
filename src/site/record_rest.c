/* record_rest.c - see record_rest.h. */
#include "site/record_rest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

enum mr_err mr_record_keep_rest(int fd, uint64_t from, const char *to)
{
    char piece[65536];
    ssize_t n = -1;
    int out = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    errno = 0;
    while (out >= 0 && (n = pread(fd, piece, sizeof piece, (off_t)from)) > 0 && write(out, piece, (size_t)n) == n) {
        from += (uint64_t)n;
    }
    bool kept = n == 0 && fsync(out) == 0;
    enum mr_err err = kept ? MR_OK : (errno == 0 || errno == ENOSPC || errno == EDQUOT ? MR_E_NO_SPACE : MR_E_IO);
    if (out >= 0) {
        (void)close(out);
    }
    return err;
}
