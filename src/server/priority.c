#include "server/priority.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t mr_priority_credit(int64_t credit, int64_t elapsed, int64_t used)
{
    credit += elapsed / MR_PRIORITY_SHARE - used;
    credit = credit < MR_PRIORITY_CREDIT ? credit : MR_PRIORITY_CREDIT;
    return credit > -MR_PRIORITY_CREDIT ? credit : -MR_PRIORITY_CREDIT;
}

bool mr_priority_is_child(pid_t child, pid_t parent)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    FILE *f = fopen(path, "re");
    char line[128];
    int of = -1;
    while (f && of < 0 && fgets(line, sizeof line, f)) {
        if (sscanf(line, "PPid: %d", &of) != 1) {
            of = -1;
        }
    }
    if (f) {
        (void)fclose(f);
    }
    return of > 0 && of == parent;
}

static int64_t time_of(const struct mr_priority *p)
{
    int64_t sum = 0;
    for (size_t i = 0; i < MR_PRIORITY_PIDS; i++) {
        clockid_t clock;
        struct timespec t = {0};
        if (p->pids[i] > 0 && clock_getcpuclockid(p->pids[i], &clock) == 0 && clock_gettime(clock, &t) == 0) {
            sum += (int64_t)t.tv_sec * MR_S + t.tv_nsec;
        }
    }
    return sum;
}

/* The place-th of some processors, round about. */
static cpu_set_t one_of(const cpu_set_t *processors, unsigned place)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    unsigned skip = place % (unsigned)CPU_COUNT(processors);
    for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++) {
        if (CPU_ISSET(cpu, processors) && skip-- == 0) {
            CPU_SET(cpu, &one);
        }
    }
    return one;
}

/* All threads of a process alike: one that waits for another must not go before it. Those that it starts later do as it does. A
 * process that has just ended is no failure. */
static bool put_process(pid_t pid, bool ahead, const cpu_set_t *processors)
{
    const struct sched_param priority = {.sched_priority = ahead};
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    bool allowed = true;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && allowed; e = readdir(dir)) {
        pid_t thread = (pid_t)strtol(e->d_name, NULL, 10);
        bool both = thread == 0 || (sched_setscheduler(thread, ahead ? SCHED_RR : SCHED_OTHER, &priority) == 0 &&
                                    sched_setaffinity(thread, sizeof *processors, processors) == 0);
        allowed = both || errno == ESRCH;
    }
    if (dir) {
        (void)closedir(dir);
    }
    return allowed;
}

static bool put(struct mr_priority *p, bool ahead)
{
    if (ahead && sched_getaffinity(p->pids[0], sizeof p->processors, &p->processors) != 0) {
        return errno == ESRCH;
    }
    bool allowed = true;
    const cpu_set_t processors = ahead ? one_of(&p->processors, p->place) : p->processors;
    for (size_t i = 0; i < MR_PRIORITY_PIDS && allowed; i++) {
        allowed = p->pids[i] <= 0 || put_process(p->pids[i], ahead, &processors);
    }
    p->ahead = ahead && allowed;
    return allowed;
}

bool mr_priority_look(struct mr_priority *p, pid_t wire, pid_t core, int64_t now)
{
    if (p->pids[0] != wire || p->pids[1] != core) {
        bool was_ahead = p->ahead;
        bool allowed = !was_ahead || put(p, false);
        *p = (struct mr_priority){.place = p->place, .pids = {wire, core}, .processors = p->processors, .looked = now};
        p->used = time_of(p);
        return allowed && (!was_ahead || put(p, false)); /* a new core has it of its wire */
    }
    int64_t used = time_of(p);
    p->credit = mr_priority_credit(p->credit, now - p->looked, used - p->used);
    p->looked = now;
    p->used = used;
    if (p->ahead && p->credit <= 0) {
        return put(p, false);
    }
    return p->ahead || p->credit < MR_PRIORITY_CREDIT || put(p, true);
}
