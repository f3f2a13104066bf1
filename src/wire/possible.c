#include "wire/possible.h"

#include "base/bytes.h"
#include "wire/netns.h"
#include "wire/nft.h"
#include "wire/statedir.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* In the child: what a wire begins with. */
static void attempt(char *why, size_t cap)
{
    static struct mr_netns n;
    why[0] = '\0';
    if (!mr_statedir_drop(NOBODY)) {
        (void)snprintf(why, cap, "sites cannot run as an ordinary user here; start it as one");
    } else if (mr_netns_enter_user(&n) != MR_OK) {
        (void)snprintf(why, cap, "%s; %s", n.why, MR_NETNS_WAY_OUT);
    } else {
        enum mr_err err = mr_nft_load(n.home, mr_slice_str("table inet possible {}\n"));
        if (err != MR_OK) {
            (void)snprintf(why, cap, "%s",
                           err == MR_E_NOT_FOUND
                               ? "the program nft is missing: install Debian's package nftables, or use --network loopback"
                               : "nftables does not work in a network namespace of this machine; use --network loopback");
        }
    }
}

bool mr_netns_possible(char *why, size_t cap)
{
    int ends[2];
    (void)fflush(NULL);
    pid_t pid = pipe(ends) == 0 ? fork() : -1;
    if (pid == 0) {
        attempt(why, cap);
        ssize_t n = write(ends[1], why, strlen(why));
        _exit(n == 0 ? 0 : 1);
    }
    if (pid < 0) {
        (void)snprintf(why, cap, "no process can be started: %s", strerror(errno));
        return false;
    }
    (void)close(ends[1]);
    ssize_t n = read(ends[0], why, cap - 1); /* a few hundred bytes of a pipe come at once, or its end */
    (void)close(ends[0]);
    why[n > 0 ? n : 0] = '\0';
    int status = 1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0 && !why[0]) {
        (void)snprintf(why, cap, "namespaces cannot be tried on this machine; use --network loopback");
    }
    return status == 0;
}
