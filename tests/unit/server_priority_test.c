/* Who goes before whom: what a site may take and stay ahead, worked out by hand (a quarter of one processor, and 100 ms saved
 * up). */
#include "server/priority.h"

#include "support/test.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void credit_grows_by_a_quarter_of_what_passes_and_no_further_than_full(void **state)
{
    (void)state;
    assert_int_equal(mr_priority_credit(0, 20 * MR_MS, 0), 5 * MR_MS);
    assert_int_equal(mr_priority_credit(0, 20 * MR_MS, 5 * MR_MS), 0);
    assert_int_equal(mr_priority_credit(99 * MR_MS, 20 * MR_MS, MR_MS), 100 * MR_MS); /* 103 */
    assert_int_equal(mr_priority_credit(100 * MR_MS, 20 * MR_MS, 20 * MR_MS), 85 * MR_MS);
    int64_t credit = 100 * MR_MS; /* a whole processor: 15 ms of each 20 too many, so seven looks exhaust it */
    int looks = 0;
    while (credit > 0) {
        credit = mr_priority_credit(credit, 20 * MR_MS, 20 * MR_MS);
        looks++;
    }
    assert_int_equal(looks, 7);
    assert_int_equal(mr_priority_credit(0, MR_S, MR_S), -100 * MR_MS); /* not -750 */
}

static int64_t own_time(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * MR_S + t.tv_nsec;
}

/* Uses half a second of processor time. */
static void toil(void)
{
    for (int64_t begun = own_time(); own_time() - begun < MR_S / 2;) {
    }
}

static int policy(pid_t pid)
{
    return sched_getscheduler(pid);
}

/* A process that waits to be killed. */
static pid_t started(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (;;) {
            (void)pause();
        }
    }
    assert_true(pid > 0);
    return pid;
}

static int processors(pid_t pid)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(pid, sizeof set, &set), 0);
    return CPU_COUNT(&set);
}

/* The clock is ours: what passes between two looks is what we say has passed. */
static void the_calm_go_ahead_and_the_busy_with_their_core_do_not(void **state)
{
    (void)state;
    struct mr_priority p = {.place = 1};
    const int all = processors(0);
    pid_t core = started();
    assert_true(mr_priority_is_child(core, getpid()));
    assert_false(mr_priority_is_child(core, getppid()));
    assert_false(mr_priority_is_child(0, getpid()));
    int64_t now = MR_S;
    assert_true(mr_priority_look(&p, getpid(), core, now));
    assert_false(p.ahead); /* nothing saved up yet */
    if (!mr_priority_look(&p, getpid(), core, now += 10 * MR_S)) {
        (void)kill(core, SIGKILL);
        (void)waitpid(core, NULL, 0);
        skip(); /* not root, or a container without it */
    }
    assert_true(p.ahead);
    assert_int_equal(policy(0), SCHED_RR);
    assert_int_equal(policy(core), SCHED_RR);
    assert_int_equal(processors(0), 1);
    cpu_set_t mine, its;
    assert_int_equal(sched_getaffinity(0, sizeof mine, &mine), 0);
    assert_int_equal(sched_getaffinity(core, sizeof its, &its), 0);
    assert_true(CPU_EQUAL(&mine, &its));
    toil();
    assert_true(mr_priority_look(&p, getpid(), core, now += 500 * MR_MS));
    assert_false(p.ahead); /* 100 + 125 - 500, of which 100 are owed */
    assert_int_equal(policy(0), SCHED_OTHER);
    assert_int_equal(policy(core), SCHED_OTHER);
    assert_int_equal(processors(0), all);
    assert_int_equal(processors(core), all);
    assert_true(mr_priority_look(&p, getpid(), core, now += 500 * MR_MS));
    assert_false(p.ahead); /* - 100 + 125 */
    assert_true(mr_priority_look(&p, getpid(), core, now += 500 * MR_MS));
    assert_true(p.ahead);
    (void)kill(core, SIGKILL);
    assert_int_equal(waitpid(core, NULL, 0), core);
    core = started(); /* wire starts another: it begins with what it has of wire, and both with nothing saved up */
    assert_int_equal(policy(core), SCHED_RR);
    assert_true(mr_priority_look(&p, getpid(), core, now += MR_S));
    assert_false(p.ahead);
    assert_int_equal(policy(0), SCHED_OTHER);
    assert_int_equal(policy(core), SCHED_OTHER);
    assert_int_equal(processors(core), all);
    (void)kill(core, SIGKILL);
    assert_int_equal(waitpid(core, NULL, 0), core);
    assert_true(mr_priority_look(&p, getpid(), core, now += MR_S)); /* a process that is no more is no failure */
    assert_true(mr_priority_look(&p, getpid(), core, now += MR_S));
    assert_true(mr_priority_look(&p, 0, 0, now += MR_S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit_grows_by_a_quarter_of_what_passes_and_no_further_than_full),
        cmocka_unit_test(the_calm_go_ahead_and_the_busy_with_their_core_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
