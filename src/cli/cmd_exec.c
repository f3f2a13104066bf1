/* cmd_exec.c - `millrace exec TEAM DEVICE -- COMMAND...`: runs a program in the network of a device. Wire gives the
 * namespaces. */
#include "cli/args.h"
#include "cli/commands.h"

#include "site/channel.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LATER 10 /* niceness */

static const char usage_text[] =
    "usage: millrace exec [--state DIR] TEAM DEVICE -- COMMAND [ARGUMENT...]\n\n"
    "Runs COMMAND in the network of DEVICE of a team's site, and gives its exit status.\n"
    "  --state DIR   folder of the event, or of one site that `millrace live` runs (./state; TEAM is then its name, or -)\n";

struct exec_options {
    const char *state, *team, *device;
    char **command;
};

static bool parse(int argc, char **argv, struct exec_options *o)
{
    const char *words[2];
    int n = 0, i = 1;
    *o = (struct exec_options){.state = "state"};
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--state") == 0 && i + 1 < argc) {
            o->state = argv[++i];
        } else if ((n < 2 && argv[i][0] != '-') || (n == 0 && strcmp(argv[i], "-") == 0)) {
            words[n++] = argv[i];
        } else {
            return false;
        }
    }
    if (n != 2 || i + 1 >= argc) {
        return false;
    }
    o->team = words[0];
    o->device = words[1];
    o->command = argv + i + 1;
    return true;
}

/* The team's site in an event's folder, a live run's own folder, or where `millrace live` puts it. */
static int connect_wire(const struct exec_options *o)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (size_t i = 0; fd >= 0 && i < 3; i++) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        int n = i == 0 ? snprintf(at.sun_path, sizeof at.sun_path, "%s/teams/%s/wire.sock", o->state, o->team)
                       : snprintf(at.sun_path, sizeof at.sun_path, i == 1 ? "%s/wire.sock" : "%s/live/wire.sock", o->state);
        if (n < (int)sizeof at.sun_path && connect(fd, (struct sockaddr *)&at, sizeof at) == 0) {
            return fd;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

static enum mr_err ask(int fd, const char *device, int ns[2])
{
    uint8_t buf[256];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&w, MR_MSG_ENTER);
    mr_write_lv(&w, mr_slice_str(device));
    mr_message_end(&w, at);
    if (w.full) {
        return MR_E_NOT_FOUND;
    }
    struct iovec part = {buf, sizeof buf};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t n = send(fd, buf, w.n, MSG_NOSIGNAL) == (ssize_t)w.n ? recvmsg(fd, &m, MSG_CMSG_CLOEXEC) : -1;
    enum mr_message_kind kind;
    struct mr_slice payload;
    size_t used;
    if (n <= 0 || mr_message_next(mr_slice(buf, (size_t)n), &kind, &payload, &used) != MR_OK || payload.n != 4) {
        return MR_E_IO;
    }
    struct mr_reader r = mr_reader(payload);
    uint32_t err = mr_read_u32le(&r);
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    if (err != MR_OK || !h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
        return err < MR_ERR_COUNT && err != MR_OK ? (enum mr_err)err : MR_E_IO;
    }
    memcpy(ns, CMSG_DATA(h), 2 * sizeof(int));
    return MR_OK;
}

/* Inside, one is the namespace's own root: all rights over the device's network, none outside. */
static bool enter(const int ns[2])
{
    if (geteuid() == 0) {
        (void)setgroups(0, NULL);
    }
    return setns(ns[0], CLONE_NEWUSER) == 0 && setns(ns[1], CLONE_NEWNET) == 0 && setresgid(0, 0, 0) == 0 &&
           setresuid(0, 0, 0) == 0;
}

int mr_cmd_exec(int argc, char **argv)
{
    struct exec_options o;
    if (mr_args_help(argc, argv)) {
        (void)fputs(usage_text, stdout);
        return 0;
    }
    if (!parse(argc, argv, &o)) {
        (void)fputs(usage_text, stderr);
        return 2;
    }
    int fd = connect_wire(&o), ns[2];
    if (fd < 0) {
        (void)fprintf(stderr, "millrace: no running site of team %s below %s (%s); name its folder with --state\n", o.team,
                      o.state, strerror(errno));
        return 1;
    }
    enum mr_err err = ask(fd, o.device, ns);
    (void)close(fd);
    if (err == MR_E_UNSUPPORTED) {
        (void)fprintf(stderr, "millrace: this site runs with --network loopback: its devices have no network of their own\n");
        return 1;
    }
    if (err != MR_OK) {
        (void)fprintf(stderr, "millrace: device %s: %s\n", o.device, mr_err_text(err));
        return 1;
    }
    if (!enter(ns)) {
        (void)fprintf(stderr, "millrace: cannot enter the network of %s: %s (run as the user of the event, or as root)\n",
                      o.device, strerror(errno));
        return 1;
    }
    (void)setpriority(PRIO_PROCESS, 0, LATER); /* whatever a team runs, plants keep their time */
    (void)execvp(o.command[0], o.command);
    bool searched = !strchr(o.command[0], '/') && (errno == ENOENT || errno == EACCES); /* EACCES: PATH has a closed folder */
    (void)fprintf(stderr, "millrace: %s: %s\n", o.command[0], searched ? "command not found" : strerror(errno));
    return 127;
}
