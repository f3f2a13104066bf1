/* static.c - the pages: files below one folder. Every other path is answered with index.html, whose script finds its own way. */
#include "server/http.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *end, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".woff2", "font/woff2"},
    {".ico", "image/x-icon"},
};

static const char *type_of(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t k = strlen(types[i].end);
        if (n >= k && strcmp(path + n - k, types[i].end) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* Only plain names: no component begins with a dot, nothing but what file names of a web build are made of. */
static bool plain(const char *path)
{
    for (const char *p = path; *p; p++) {
        bool word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-_./", *p);
        if (!word || (*p == '/' && (p[1] == '.' || p[1] == '/'))) {
            return false;
        }
    }
    return path[0] == '/';
}

static int open_below(const char *root, const char *path)
{
    char full[MR_PATH + 300];
    struct stat st;
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void mr_static(struct mr_request *r)
{
    const char *root = r->srv->opt->web;
    if (!root) {
        mr_answer_error(r, 404, "E_NO_PAGES");
        return;
    }
    int fd = plain(r->path) && r->path[1] ? open_below(root, r->path) : -1;
    if (fd >= 0) {
        /* The build gives files below assets/ names that change with what is in them. */
        mr_answer_header(r, "cache-control",
                         strncmp(r->path, "/assets/", 8) == 0 ? "public, max-age=31536000, immutable" : "no-cache");
        mr_answer_file(r, type_of(r->path), fd);
        return;
    }
    fd = open_below(root, "/index.html");
    if (fd < 0) {
        mr_answer_error(r, 404, "E_NO_PAGES");
        return;
    }
    mr_answer_header(r, "cache-control", "no-cache");
    mr_answer_file(r, type_of("/index.html"), fd);
}
