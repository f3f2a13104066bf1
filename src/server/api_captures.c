/* api_captures.c - a team's captures: files ZONE-NNNN.pcapng in its site's folder. Only names that the listing gives are
 * opened. */
#include "server/http.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CAPTURES_MAX 256

static int open_folder(const struct mr_team_run *t)
{
    char path[MR_PATH + 16];
    (void)snprintf(path, sizeof path, "%s/captures", t->dir);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The zone of "ZONE-NNNN.pcapng"; -1 where the name is not of that form. */
static int zone_of(const struct mr_site *site, const char *name)
{
    const char *dash = strrchr(name, '-');
    if (!dash || strspn(dash + 1, "0123456789") == 0 || strcmp(dash + 1 + strspn(dash + 1, "0123456789"), ".pcapng") != 0) {
        return -1;
    }
    for (uint16_t i = 0; i < site->topology.nzones; i++) {
        const char *zone = site->topology.zones[i].name;
        if (strlen(zone) == (size_t)(dash - name) && memcmp(zone, name, (size_t)(dash - name)) == 0) {
            return i;
        }
    }
    return -1;
}

/* Event time of a moment of the wall clock, as far as the event has not been paused since. */
static double event_s(const struct mr_server *s, const struct statx_timestamp *at)
{
    double ago = difftime(time(NULL), (time_t)at->tv_sec);
    double t = (double)mr_server_time(s) / 1e9 - ago;
    return t > 0 ? t : 0;
}

static json_t *capture_json(const struct mr_server *s, int folder, const char *name, int zone)
{
    struct statx st;
    if (statx(folder, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st) != 0 || !S_ISREG(st.stx_mode)) {
        return NULL;
    }
    const struct statx_timestamp *from = st.stx_mask & STATX_BTIME ? &st.stx_btime : &st.stx_mtime;
    return json_pack("{s:s, s:s, s:f, s:f, s:I}", "name", name, "zone", s->site->topology.zones[zone].name, "from_s",
                     event_s(s, from), "to_s", event_s(s, &st.stx_mtime), "bytes", (json_int_t)st.stx_size);
}

void mr_api_captures(struct mr_request *r)
{
    json_t *out = json_array();
    int folder = open_folder(r->team);
    struct dirent **names = NULL;
    int n = folder >= 0 ? scandirat(folder, ".", &names, NULL, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        int zone = zone_of(r->srv->site, names[i]->d_name);
        json_t *o =
            zone >= 0 && json_array_size(out) < CAPTURES_MAX ? capture_json(r->srv, folder, names[i]->d_name, zone) : NULL;
        if (o) {
            json_array_append_new(out, o);
        }
        free(names[i]);
    }
    free(names);
    if (folder >= 0) {
        (void)close(folder);
    }
    mr_answer(r, 200, out);
}

void mr_api_capture(struct mr_request *r)
{
    char disposition[160];
    struct stat st;
    int folder = zone_of(r->srv->site, r->rest) >= 0 ? open_folder(r->team) : -1;
    int fd = folder >= 0 ? openat(folder, r->rest, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    if (folder >= 0) {
        (void)close(folder);
    }
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        mr_answer_error(r, 404, "E_NOT_FOUND");
        return;
    }
    (void)snprintf(disposition, sizeof disposition, "attachment; filename=\"%.40s-%.60s\"", r->team->plan->id, r->rest);
    mr_answer_header(r, "content-disposition", disposition);
    mr_answer_header(r, "cache-control", "no-store");
    mr_answer_file(r, "application/vnd.tcpdump.pcap", fd);
}
