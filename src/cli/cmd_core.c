/* cmd_core.c - the deterministic process of a site, started by wire: content on one descriptor, the channel on another, then the
 * sandbox closes. Not for people. */
#include "cli/commands.h"
#include "cli/trace.h"
#include "cli/trim.h"

#include "site/core.h"
#include "site/load.h"
#include "wire/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct mr_content *load(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0) {
        (void)fprintf(stderr, "millrace core: the content cannot be read: %s\n", strerror(errno));
        return NULL;
    }
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        (void)fprintf(stderr, "millrace core: the content cannot be read: %s\n", strerror(errno));
        return NULL;
    }
    size_t n = 0;
    struct mr_content_file *files = mr_content_unpack(mr_slice(p, (size_t)st.st_size), &n);
    (void)munmap(p, (size_t)st.st_size);
    (void)close(fd);
    if (!files) {
        (void)fprintf(stderr, "millrace core: what wire gave is no content\n");
        return NULL;
    }
    struct mr_diags *diags = mr_diags_create();
    struct mr_content *content = diags ? mr_content_load_files(files, n, diags) : NULL;
    if (!content && diags) {
        mr_diags_print(diags, stderr);
    }
    mr_diags_destroy(diags);
    free(files);
    return content;
}

int mr_cmd_core(int argc, char **argv)
{
    int content_fd = -1;
    struct mr_core_options opt = {.fd = -1, .network = MR_WORLD_LIVE};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--fd") == 0) {
            opt.fd = (int)strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--content-fd") == 0) {
            content_fd = (int)strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            opt.seed = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--epoch") == 0) {
            opt.epoch_ns = strtoll(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--network") == 0) {
            opt.network = strcmp(argv[i + 1], "loopback") == 0 ? MR_WORLD_LOOPBACK : MR_WORLD_LIVE;
        } else if (strcmp(argv[i], "--frames") == 0) {
            opt.frames = strcmp(argv[i + 1], "on") == 0;
        } else {
            (void)fprintf(stderr, "millrace core: unknown option %s (this command is wire's own)\n", argv[i]);
            return 2;
        }
    }
    if (opt.fd < 0 || content_fd < 0) {
        (void)fprintf(stderr, "millrace core: this command is wire's own; use 'millrace live'\n");
        return 2;
    }
    int status = mr_cli_traced(&opt.traced);
    if (status >= 0) {
        return status;
    }
    (void)prctl(PR_SET_PDEATHSIG, 9);
    mr_cli_lazy_blocks();
    struct mr_content *content = load(content_fd);
    if (!content) {
        return 1;
    }
    opt.site = content->site;
    opt.scenario = content->scenario;
    char why[256];
    struct mr_core *core = mr_core_create(&opt, why, sizeof why);
    if (!core) {
        (void)fprintf(stderr, "millrace core: %s\n", why);
        return 1;
    }
    mr_cli_trim(); /* loading took more than running will */
    enum mr_err err = mr_sandbox_core(opt.fd, mr_core_memory(core));
    if (err != MR_OK) {
        (void)fprintf(stderr, "millrace core: the sandbox cannot be closed: %s\n", mr_err_text(err));
        mr_core_destroy(core);
        return 1;
    }
    _exit(mr_core_run(core));
}
