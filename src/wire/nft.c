/* nft.c - nft(8) is a program under GPL, so it is run, not linked. Its input is a memory file: no pipe to feed. */
#include "wire/nft.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_NFT 127 /* as a shell says it */

static int memory_file(struct mr_slice text)
{
    int fd = memfd_create("rules", MFD_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    for (size_t at = 0; at < text.n;) {
        ssize_t n = write(fd, text.p + at, text.n - at);
        if (n < 0) {
            (void)close(fd);
            return -1;
        }
        at += (size_t)n;
    }
    (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static _Noreturn void run_nft(int netns, int input)
{
    static char *const argv[] = {"nft", "-f", "/dev/stdin", NULL};
    static char *const paths[] = {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft"};
    static char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setns(netns, CLONE_NEWNET) != 0 || dup2(input, STDIN_FILENO) < 0) {
        _exit(1);
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)execve(paths[i], argv, env);
    }
    _exit(errno == ENOENT ? NO_NFT : 1);
}

pid_t mr_nft_start(int netns, struct mr_slice text)
{
    int input = memory_file(text);
    if (input < 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        run_nft(netns, input);
    }
    (void)close(input);
    return pid;
}

enum mr_err mr_nft_load(int netns, struct mr_slice text)
{
    pid_t pid = mr_nft_start(netns, text);
    if (pid < 0) {
        return MR_E_IO;
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return MR_E_IO;
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NFT) {
        return MR_E_NOT_FOUND;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? MR_OK : MR_E_IO;
}
