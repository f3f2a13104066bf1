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

/* All threads of a process alike: one that waits for another must not go before it. Those that it starts later do as it does. A
 * process that has just ended is no failure. */
static bool put_process(pid_t pid, bool ahead)
{
    const struct sched_param priority = {.sched_priority = ahead};
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    bool allowed = true;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && allowed; e = readdir(dir)) {
        pid_t thread = (pid_t)strtol(e->d_name, NULL, 10);
        allowed = thread == 0 || sched_setscheduler(thread, ahead ? SCHED_RR : SCHED_OTHER, &priority) == 0 || errno == ESRCH;
    }
    if (dir) {
        (void)closedir(dir);
    }
    return allowed;
}

static bool put(struct mr_priority *p, bool ahead)
{
    bool allowed = true;
    for (size_t i = 0; i < MR_PRIORITY_PIDS && allowed; i++) {
        allowed = p->pids[i] <= 0 || put_process(p->pids[i], ahead);
    }
    p->ahead = ahead && allowed;
    return allowed;
}

bool mr_priority_look(struct mr_priority *p, pid_t wire, pid_t core, int64_t now)
{
    if (p->pids[0] != wire || p->pids[1] != core) {
        bool allowed = !p->ahead || put(p, false);
        *p = (struct mr_priority){.pids = {wire, core}, .looked = now};
        p->used = time_of(p);
        return allowed;
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
