/* supervise.c - the small parent of the event's process: it starts it again when it dies, and leaves nothing behind.
 *
 * Sites whose server died become the supervisor's children (PR_SET_CHILD_SUBREAPER); the next server finds them by their
 * sockets. */
#include "server/server.h"
#include "site/channel.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEATHS_MAX 5  /* within ... */
#define DEATHS_S   10 /* ... so many seconds, and it is given up */
#define END_MS     10000

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
    (void)number;
    ending = 1;
}

bool mr_told_to_end(void)
{
    return ending;
}

/* A server that still loads keeps the word until its loop runs; files that it reads meanwhile must not see EINTR. */
static void listen_while_loading(void)
{
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
}

static void nap(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL); /* a signal may end it early */
}

static int64_t now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec;
}

/* --- sites --- */

static int connect_site(const char *teams, const char *id)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s/wire.sock", teams, id);
    if (n < 0 || (size_t)n >= sizeof at.sun_path) {
        return -1;
    }
    memcpy(at.sun_path, path, (size_t)n + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Says STOP, and waits until the other end has closed. */
static void stop_site(const char *teams, const char *id)
{
    uint8_t bytes[16], sink[4096];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    size_t at = mr_message_begin(&w, MR_MSG_STOP);
    mr_message_end(&w, at);
    int fd = connect_site(teams, id);
    if (fd < 0) {
        return;
    }
    if (send(fd, bytes, w.n, MSG_NOSIGNAL) == (ssize_t)w.n) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        while (poll(&p, 1, END_MS) == 1 && recv(fd, sink, sizeof sink, 0) > 0) {
        }
    }
    (void)close(fd);
}

void mr_sites_stop(const char *state)
{
    char teams[4096];
    struct dirent **names = NULL;
    (void)snprintf(teams, sizeof teams, "%s/teams", state);
    int n = scandir(teams, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            stop_site(teams, names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
}

/* Sites that we inherited: given time to end by themselves, then killed; they are our own children. */
static void reap_all(void)
{
    for (int waited = 0; waited < END_MS; waited += 50) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0) {
            return;
        }
        if (pid == 0) {
            nap(50);
        }
    }
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    int child;
    while (f && fscanf(f, "%d", &child) == 1) {
        (void)kill(child, SIGKILL);
    }
    if (f) {
        (void)fclose(f);
    }
    while (waitpid(-1, NULL, 0) > 0) {
    }
}

/* --- the server --- */

static pid_t start_server(const struct mr_server_options *opt)
{
    pid_t parent = getpid();
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    listen_while_loading();
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* without the supervisor the event ends */
    if (getppid() != parent) {
        _exit(1);
    }
    exit(mr_server_run(opt));
}

/* Waits for the server; other children that end are sites. -1: it never will. */
static int wait_server(pid_t server, int *status)
{
    bool told = false;
    for (;;) {
        if (ending && !told) {
            (void)kill(server, SIGTERM);
            told = true;
        }
        pid_t pid = waitpid(-1, status, 0);
        if (pid == server) {
            return 0;
        }
        if (pid < 0 && errno != EINTR) {
            return -1;
        }
    }
}

int mr_supervise(struct mr_server_options *opt)
{
    struct sigaction act = {.sa_handler = on_signal};
    int64_t deaths[DEATHS_MAX] = {0};
    size_t ndeaths = 0;
    int result = 1;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    for (;;) {
        int status = 0;
        pid_t server = start_server(opt);
        if (server < 0 || wait_server(server, &status) != 0) {
            break;
        }
        if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == MR_SERVER_HOPELESS)) {
            result = WEXITSTATUS(status) == 0 ? 0 : 1;
            break;
        }
        if (ending) {
            break;
        }
        int64_t *oldest = &deaths[ndeaths++ % DEATHS_MAX];
        if (ndeaths > DEATHS_MAX && now_s() - *oldest < DEATHS_S) {
            (void)fprintf(stderr, "millrace: the server dies again and again; the event ends\n");
            break;
        }
        *oldest = now_s();
        opt->again = true;
        (void)fprintf(stderr, "millrace: the server died (%s %d); starting it again\n", WIFSIGNALED(status) ? "signal" : "status",
                      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    mr_sites_stop(opt->state);
    reap_all();
    return result;
}
