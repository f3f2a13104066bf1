/* wire_sandbox_test.c - core's cage: what it needs works, what it must not do kills it (SIGSYS). Each attempt in a child. */
#include "support/test.h"

#include "wire/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int other_fd;

static void try_socket(int fd)
{
    (void)fd;
    (void)socket(AF_INET, SOCK_STREAM, 0);
}

static void try_open(int fd)
{
    (void)fd;
    (void)open("/etc/passwd", O_RDONLY);
}

static void try_fork(int fd)
{
    (void)fd;
    (void)fork();
}

static void try_execve(int fd)
{
    (void)fd;
    (void)execl("/bin/true", "true", (char *)NULL);
}

static void try_kill(int fd)
{
    (void)fd;
    (void)kill(getppid(), 0);
}

static void try_other_fd(int fd)
{
    (void)fd;
    (void)syscall(SYS_write, other_fd, "x", 1);
}

static void try_code(int fd)
{
    (void)fd;
    (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_dup(int fd)
{
    (void)syscall(SYS_dup, fd);
}

/* What core does all day: read, write, allocate, free. */
static void do_work(int fd)
{
    char buf[8];
    ssize_t n = read(fd, buf, sizeof buf);
    char *p = malloc(8 << 20);
    if (!p || n != 4) {
        _exit(1);
    }
    memset(p, 1, 8 << 20);
    memcpy(p, buf, 4);
    _exit(write(fd, p, 4) == 4 ? 7 : 2);
}

static void do_abort(int fd)
{
    (void)fd;
    abort();
}

static int in_cage(void (*what)(int fd))
{
    int pair[2], status = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    other_fd = open("/dev/null", O_WRONLY);
    assert_int_equal(write(pair[1], "ping", 4), 4);
    pid_t pid = fork();
    if (pid == 0) {
        if (mr_sandbox_core(pair[0], 0) != MR_OK) {
            _exit(99);
        }
        what(pair[0]);
        _exit(98); /* it was let through */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(pair[0]);
    (void)close(pair[1]);
    (void)close(other_fd);
    return status;
}

static void test_work(void **state)
{
    (void)state;
    int status = in_cage(do_work);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void test_abort_is_seen(void **state)
{
    (void)state;
    int status = in_cage(do_abort);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void test_violations_kill(void **state)
{
    (void)state;
    void (*const tries[])(int) = {try_socket, try_open, try_fork, try_execve, try_kill, try_other_fd, try_code, try_dup};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int status = in_cage(tries[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work),
        cmocka_unit_test(test_abort_is_seen),
        cmocka_unit_test(test_violations_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
