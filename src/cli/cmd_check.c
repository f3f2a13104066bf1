/* cmd_check.c - millrace check PATH...: are these files right? Starts nothing.
 *
 * A folder stands for every YAML file below it. Sites, scenarios and events are loaded with all that they name; the other kinds
 * are held against their schemas (what they say about tags and devices is checked with the site or scenario that names them). */
#include "cli/args.h"
#include "cli/commands.h"
#include "site/load.h"
#include "site/load_check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 1000
#define DEPTH_MAX 12

static const char usage[] =
    "usage: millrace check PATH...\n"
    "Checks what authors write: sites, scenarios, events and the files that they name. A folder stands for\n"
    "every .yaml file below it. Mistakes are told as FILE:LINE:COL: error: what, and what would be right.\n"
    "Exit status: 0 all is right, 1 something is wrong, 2 called wrongly.\n";

struct list {
    char *paths[FILES_MAX];
    size_t n, dropped;
};

static bool is_yaml(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && name[0] != '.' && strcmp(name + n - 5, ".yaml") == 0;
}

static void add(struct list *l, const char *path)
{
    if (l->n < FILES_MAX) {
        l->paths[l->n++] = strdup(path);
    } else {
        l->dropped++;
    }
}

/* Every YAML file below a folder, in order of names. */
static void collect(struct list *l, const char *folder, int depth)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct stat st;
        const char *name = entries[i]->d_name;
        if (name[0] != '.' && snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
                collect(l, path, depth + 1);
            } else if (S_ISREG(st.st_mode) && is_yaml(name)) {
                add(l, path);
            }
        }
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

/* 0 where the file is right. */
static int check(const char *path)
{
    struct mr_diags *diags = mr_diags_create();
    char summary[300] = "";
    if (!diags) {
        (void)fprintf(stderr, "millrace check: out of memory\n");
        return 1;
    }
    bool good = mr_content_check(path, diags, summary, sizeof summary);
    mr_diags_print(diags, stderr);
    if (good) {
        printf("%s: ok: %s\n", path, summary);
    } else {
        printf("%s: %zu error%s\n", path, diags->errors, diags->errors == 1 ? "" : "s");
    }
    mr_diags_destroy(diags);
    return good ? 0 : 1;
}

static int gather(struct list *l, const char *path)
{
    struct stat st;
    char clean[4096];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    (void)snprintf(clean, sizeof clean, "%.*s", (int)n, path);
    if (stat(clean, &st) != 0) {
        (void)fprintf(stderr, "millrace check: %s: there is no such file or folder\n", path);
        return 1;
    }
    size_t before = l->n;
    if (S_ISDIR(st.st_mode)) {
        collect(l, clean, 0);
    } else {
        add(l, clean);
    }
    if (l->n == before) {
        (void)fprintf(stderr, "millrace check: %s: the folder has no .yaml file\n", path);
        return 1;
    }
    return 0;
}

int mr_cmd_check(int argc, char **argv)
{
    static struct list files;
    int status = 0;
    if (mr_args_help(argc, argv)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            (void)fprintf(stderr, "millrace check: unknown option %s\n%s", argv[i], usage);
            return 2;
        }
    }
    if (argc < 2) {
        (void)fputs(usage, stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        status |= gather(&files, argv[i]);
    }
    if (files.dropped > 0) {
        (void)fprintf(stderr, "millrace check: more than %d files; check the folders one by one\n", FILES_MAX);
        status = 1;
    }
    for (size_t i = 0; i < files.n; i++) {
        status |= check(files.paths[i]);
        free(files.paths[i]);
    }
    return status;
}
