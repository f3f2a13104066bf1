/* sandbox.c - seccomp(2) by libseccomp. Under a sanitizer standard error stays open, so that it can say what it found. */
#include "wire/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define MEMORY_MAX (512u << 20) /* of addresses, beside a site's state: several times what content and messages take */

static bool limit(size_t own)
{
    static const struct rlimit none = {0, 0};
    const struct rlimit memory = {MEMORY_MAX + own, MEMORY_MAX + own};
    return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_NPROC, &none) == 0 && setrlimit(RLIMIT_FSIZE, &none) == 0 &&
           (SANITIZED || setrlimit(RLIMIT_AS, &memory) == 0);
}

static bool keep_only(int fd)
{
    unsigned first = SANITIZED ? 3 : 0;
    if (fd > (int)first && close_range(first, (unsigned)fd - 1, 0) != 0) {
        return false;
    }
    return close_range((unsigned)fd + 1, ~0U, 0) == 0;
}

static bool allow(scmp_filter_ctx f, int fd)
{
    /* malloc, the end, an assertion's abort */
    static const int calls[] = {
        SCMP_SYS(munmap),       SCMP_SYS(mremap),          SCMP_SYS(brk),    SCMP_SYS(madvise), SCMP_SYS(exit),
        SCMP_SYS(exit_group),   SCMP_SYS(futex),           SCMP_SYS(getpid), SCMP_SYS(gettid),  SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(close),
    };
    bool ok = true;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) == 0;
    }
    struct scmp_arg_cmp channel = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd, 0),
                        self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
    struct scmp_arg_cmp error = SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0);
    struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, channel) == 0;
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, channel) == 0;
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self) == 0;
    /* an assertion's text goes nowhere: the signal tells wire */
    ok = ok && seccomp_rule_add(f, SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EBADF), SCMP_SYS(write), 1, error) == 0;
    ok = ok && seccomp_rule_add(f, SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EBADF), SCMP_SYS(fstat), 0) == 0;
    ok = ok && seccomp_rule_add(f, SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EBADF), SCMP_SYS(newfstatat), 0) == 0;
    if (SANITIZED) {
        ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0) == 0;
        ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sched_yield), 0) == 0;
    }
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code) == 0;
    return ok;
}

enum mr_err mr_sandbox_core(int fd, size_t own)
{
    if (!limit(own) || !keep_only(fd) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return MR_E_DENIED;
    }
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!f) {
        return MR_E_NOMEM;
    }
    enum mr_err err = allow(f, fd) && seccomp_load(f) == 0 ? MR_OK : MR_E_UNSUPPORTED;
    seccomp_release(f);
    return err;
}
