/* load_files.c - where the loader's files come from: the disk, or a content packed before; each read once and kept. */
#include "site/load_loader.h"
#include "site/schema.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;   /* and the first key of such a file */
    const char *schema; /* compiled in */
} kinds[MR_FILE_KINDS] = {
    [MR_FILE_SITE] = {"site", "schemas/site.schema.json"},
    [MR_FILE_SCENARIO] = {"scenario", "schemas/scenario.schema.json"},
    [MR_FILE_EVENT] = {"event", "schemas/event.schema.json"},
    [MR_FILE_PERSONALITY] = {"personality", "schemas/personality.schema.json"},
    [MR_FILE_PLAYER] = {"player", "schemas/player.schema.json"},
    [MR_FILE_PAGE] = {"page", "schemas/hmi-page.schema.json"},
    [MR_FILE_TAGS] = {"tags", "schemas/tags.schema.json"},
    [MR_FILE_ALARMS] = {"alarms", "schemas/alarms.schema.json"},
    [MR_FILE_SERVICES] = {"services", "schemas/services.schema.json"},
    [MR_FILE_IEC104] = {"iec104-points", "schemas/iec104-points.schema.json"},
    [MR_FILE_DNP3] = {"dnp3-points", "schemas/dnp3-points.schema.json"},
};

const char *mr_load_kind_name(enum mr_file_kind k)
{
    return kinds[k].name;
}

enum mr_file_kind mr_load_kind(const struct mr_yaml *root)
{
    const struct mr_yaml *first = root->kind == MR_YAML_MAP ? root->first : NULL;
    for (int k = 0; first && k < MR_FILE_KINDS; k++) {
        if (strcmp(first->key->text, kinds[k].name) == 0) {
            return (enum mr_file_kind)k;
        }
    }
    return MR_FILE_KINDS;
}

struct mr_place_of_files mr_load_join(struct mr_loader *l, struct mr_place_of_files dir, const char *name)
{
    struct mr_place_of_files out;
    out.shown = strcmp(dir.shown, "") == 0 ? mr_load_copy(l, name) : mr_pool_format(l->pool, "%s/%s", dir.shown, name);
    out.path = strcmp(dir.path, "") == 0 ? mr_load_copy(l, name) : mr_pool_format(l->pool, "%s/%s", dir.path, name);
    return out;
}

static struct mr_place_of_files folder_of(struct mr_loader *l, struct mr_place_of_files file)
{
    const char *a = strrchr(file.shown, '/');
    const char *b = strrchr(file.path, '/');
    return (struct mr_place_of_files){mr_pool_text(l->pool, file.shown, a ? (size_t)(a - file.shown) : 0),
                                      mr_pool_text(l->pool, file.path, b ? (size_t)(b - file.path) : 0)};
}

/* The whole of a regular file of at most MR_YAML_BYTES + 1 bytes, so that a larger one is noticed. */
static const char *read_disk(struct mr_loader *l, const char *name, size_t *n)
{
    struct stat st;
    FILE *f = stat(name, &st) == 0 && S_ISREG(st.st_mode) ? fopen(name, "rb") : NULL;
    if (!f) {
        return NULL;
    }
    size_t want = (size_t)st.st_size > MR_YAML_BYTES ? MR_YAML_BYTES + 1 : (size_t)st.st_size;
    char *text = mr_pool_alloc(l->pool, want + 1, 1);
    *n = fread(text, 1, want, f);
    text[*n] = '\0';
    (void)fclose(f);
    return text;
}

static const char *read_given(const struct mr_loader *l, const char *path, size_t *n)
{
    for (size_t i = 0; i < l->ngiven; i++) {
        if (strcmp(l->given[i].path, path) == 0) {
            *n = l->given[i].n;
            return l->given[i].text;
        }
    }
    return NULL;
}

const struct mr_content_file *mr_load_read(struct mr_loader *l, const char *shown, const char *path)
{
    for (size_t i = 0; i < l->nfiles; i++) {
        if (strcmp(l->files[i].path, path) == 0) {
            return &l->files[i];
        }
    }
    size_t n = 0;
    const char *text = l->given ? read_given(l, path, &n) : read_disk(l, shown, &n);
    if (!text || l->nfiles == MR_LOAD_FILES) {
        return NULL;
    }
    if (l->given) {
        text = mr_pool_text(l->pool, text, n);
    }
    l->shown[l->nfiles] = shown;
    l->files[l->nfiles] = (struct mr_content_file){mr_load_copy(l, path), text, n};
    return &l->files[l->nfiles++];
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* `name` less ".ext"; NULL where it does not end so. */
static const char *stem(struct mr_loader *l, const char *name, const char *ext)
{
    size_t n = strlen(name);
    size_t e = strlen(ext);
    bool fits = n > e + 1 && name[0] != '.' && name[n - e - 1] == '.' && strcmp(name + n - e, ext) == 0 && !strchr(name, '/');
    return fits ? mr_pool_text(l->pool, name, n - e - 1) : NULL;
}

size_t mr_load_list(struct mr_loader *l, struct mr_place_of_files dir, const char *ext, const char *const **names)
{
    const char **list = MR_POOL_NEW(l->pool, const char *, MR_LOAD_FILES);
    size_t n = 0;
    size_t prefix = strlen(dir.path);
    for (size_t i = 0; i < l->ngiven && n < MR_LOAD_FILES; i++) {
        const char *path = l->given[i].path;
        const char *name = strncmp(path, dir.path, prefix) == 0 && path[prefix] == '/' ? stem(l, path + prefix + 1, ext) : NULL;
        if (name) {
            list[n++] = name;
        }
    }
    DIR *folder = l->given ? NULL : opendir(dir.shown);
    for (struct dirent *e; folder && n < MR_LOAD_FILES && (e = readdir(folder)) != NULL;) {
        const char *name = stem(l, e->d_name, ext);
        if (name) {
            list[n++] = name;
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
    qsort(list, n, sizeof list[0], by_name);
    *names = list;
    return n;
}

const char *mr_load_unread(const struct mr_loader *l, const char *shown)
{
    struct stat st;
    if (l->nfiles == MR_LOAD_FILES) {
        return "the content has too many files";
    }
    if (!l->given && stat(shown, &st) == 0 && S_ISDIR(st.st_mode)) {
        return "it is a folder, where a file is wanted";
    }
    if (!l->given && access(shown, R_OK) != 0 && errno == EACCES) {
        return "there is no permission to read it";
    }
    return "there is no such file that can be read";
}

static void not_there(struct mr_loader *l, struct mr_place_of_files file, const struct mr_doc *by, const struct mr_yaml *at)
{
    const char *why = mr_load_unread(l, file.shown);
    if (by) {
        mr_load_wrong(l, by, at, "'%s' names %s: %s", at->text, file.shown, why);
    } else {
        mr_diag_add(l->diags, MR_ERROR, file.shown, 0, 0, "%s", why);
    }
}

static bool accepted(struct mr_loader *l, const struct mr_doc *d, enum mr_file_kind kind)
{
    struct mr_slice text = mr_load_builtin(kinds[kind].schema);
    char why[200] = "";
    struct mr_schema *schema = mr_schema_create((const char *)text.p, text.n, why, sizeof why);
    MR_ASSERT(schema);
    bool good = mr_schema_check(schema, d->root, d->shown, d->text, d->n, l->diags);
    mr_schema_destroy(schema);
    return good;
}

const struct mr_doc *mr_load_doc(struct mr_loader *l, struct mr_place_of_files file, enum mr_file_kind kind,
                                 const struct mr_doc *asked_by, const struct mr_yaml *at)
{
    const struct mr_content_file *f = mr_load_read(l, file.shown, file.path);
    if (!f) {
        not_there(l, file, asked_by, at);
        return NULL;
    }
    struct mr_doc *d = MR_POOL_NEW(l->pool, struct mr_doc, 1);
    *d = (struct mr_doc){.shown = file.shown, .text = f->text, .n = f->n, .dir = folder_of(l, file)};
    d->root = mr_yaml_parse(l->pool, d->shown, d->text, d->n, l->diags);
    return d->root && accepted(l, d, kind) ? d : NULL;
}

const struct mr_content_file *mr_load_text(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at,
                                           struct mr_place_of_files *where)
{
    *where = mr_load_join(l, d->dir, at->text);
    const struct mr_content_file *f = mr_load_read(l, where->shown, where->path);
    if (!f) {
        not_there(l, *where, d, at);
    } else if (f->n > MR_YAML_BYTES) {
        mr_diag_add(l->diags, MR_ERROR, where->shown, 0, 0, "the file is larger than 1 MiB");
        f = NULL;
    }
    return f;
}

struct mr_place_of_files mr_load_named(struct mr_loader *l, const char *folder, const char *name, const char *file)
{
    const char *path =
        file ? mr_pool_format(l->pool, "%s/%s/%s", folder, name, file) : mr_pool_format(l->pool, "%s/%s", folder, name);
    const char *shown = mr_pool_format(l->pool, "%s/%s", l->root, path);
    struct stat st;
    if (!l->given && stat(shown, &st) != 0) { /* a file on its own, outside a content folder: the usual one is looked at */
        const char *usual = mr_pool_format(l->pool, "content/%s", path);
        shown = stat(usual, &st) == 0 ? usual : shown;
    }
    return (struct mr_place_of_files){l->given ? path : shown, path};
}
