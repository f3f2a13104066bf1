/* statedir.c - see statedir.h. */
#include "wire/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned new_owner; /* nftw() has no context argument */

static int give(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return lchown(path, new_owner, new_owner);
}

static int discard(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static bool make_folders(const char *path)
{
    char part[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, i == n ? 0700 : 0755) != 0 && errno != EEXIST) {
                return false;
            }
        }
    }
    return true;
}

static bool make_own_folders(void)
{
    return (mkdir(MR_STATE_SNAPSHOTS, 0755) == 0 || errno == EEXIST) && (mkdir(MR_STATE_CAPTURES, 0755) == 0 || errno == EEXIST);
}

/* What root makes is the other user's. */
static bool give_all(void)
{
    return geteuid() != 0 || nftw(".", give, 16, FTW_PHYS) == 0;
}

bool mr_statedir_enter(const char *path, unsigned uid)
{
    if (!make_folders(path) || chdir(path) != 0) {
        (void)fprintf(stderr, "millrace: the folder %s cannot be used: %s; choose another with --state\n", path, strerror(errno));
        return false;
    }
    int lock = open(".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) {
        bool taken = lock >= 0 && errno == EWOULDBLOCK;
        (void)fprintf(stderr, "millrace: the folder %s %s%s; choose another with --state\n", path,
                      taken ? "is in use by another run" : "cannot be written: ", taken ? "" : strerror(errno));
        return false;
    }
    if (!make_own_folders()) {
        (void)fprintf(stderr, "millrace: %s: %s\n", path, strerror(errno));
        return false;
    }
    new_owner = uid;
    if (!give_all()) {
        (void)fprintf(stderr, "millrace: %s cannot be given to user %u: %s; %s\n", path, uid, strerror(errno),
                      errno == EINVAL ? "this user namespace does not have that user: run Millrace outside of it, or as "
                                        "an ordinary user"
                                      : "choose another folder with --state, or run as an ordinary user");
        return false;
    }
    return true;
}

bool mr_statedir_set_aside(void)
{
    if (access(MR_STATE_EVENTS, F_OK) != 0) {
        return true; /* nothing has run here */
    }
    static const char *const names[] = {MR_STATE_RECORD,    (MR_STATE_DAMAGED), MR_STATE_EVENTS,
                                        MR_STATE_SNAPSHOTS, MR_STATE_CAPTURES,  MR_STATE_LOG};
    (void)nftw("previous", discard, 16, FTW_PHYS | FTW_DEPTH);
    if (mkdir("previous", 0755) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char to[64];
        (void)snprintf(to, sizeof to, "previous/%s", names[i]);
        if (rename(names[i], to) != 0 && errno != ENOENT) {
            return false;
        }
    }
    if (!make_own_folders()) {
        return false;
    }
    (void)give_all(); /* the root of a user namespace without that user cannot, and need not */
    return true;
}

bool mr_statedir_drop(unsigned uid)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)) {
        (void)fprintf(stderr, "millrace: cannot become user %u: %s\n", uid, strerror(errno));
        return false;
    }
    (void)prctl(PR_SET_DUMPABLE, 1); /* a change of user takes the right to one's own /proc away */
    return true;
}
