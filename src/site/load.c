/* load.c - the way in: which file it is, where its content folder lies, and what the parts make together. */
#include "site/load.h"

#include "site/load_loader.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PACK_VERSION 1

/* What mr_content_free gets back. */
struct loaded {
    struct mr_content content; /* first: callers have a pointer to it */
    struct mr_pool *pool;
    struct mr_plc_program **programs;
    size_t nprograms;
};

/* ---- where a file lies ---------------------------------------------------------------------------------------------------- */

static bool plain_part(const char *part, size_t n)
{
    return n > 0 && !(part[0] == '.' && (n == 1 || (n == 2 && part[1] == '.')));
}

/* Where the last part of path[0..n) begins. */
static size_t last_part(const char *path, size_t n)
{
    while (n > 0 && path[n - 1] != '/') {
        n--;
    }
    return n;
}

/* .../content/FOLDER/NAME/FILE: sets the loader's content folder and gives the file's place in it. A file that lies elsewhere
 * gets the place that it would have. */
static struct mr_place_of_files place_of(struct mr_loader *l, const char *path, enum mr_file_kind kind)
{
    static const char *const folders[] = {[MR_FILE_SITE] = "sites", [MR_FILE_SCENARIO] = "scenarios", [MR_FILE_EVENT] = "events"};
    size_t file = last_part(path, strlen(path));
    size_t name_end = file > 0 ? file - 1 : 0;
    size_t name = last_part(path, name_end);
    size_t folder_end = name > 0 ? name - 1 : 0;
    size_t folder = last_part(path, folder_end);
    bool named = plain_part(path + name, name_end - name);
    if (!named || !plain_part(path + folder, folder_end - folder)) {
        l->root = mr_pool_format(l->pool, "%.*s%s", (int)name_end, path, name_end > 0 ? "/../.." : "../..");
    } else {
        l->root = folder > 1 ? mr_pool_text(l->pool, path, folder - 1) : folder == 1 ? "" : ".";
    }
    const char *inside = mr_pool_format(l->pool, "%s/%.*s/%s", folders[kind], named ? (int)(name_end - name) : 4,
                                        named ? path + name : "here", path + file);
    return (struct mr_place_of_files){mr_load_copy(l, path), inside};
}

/* The file meant by a path to a file or to its folder; NULL, and said, where there is none. */
static const char *find_file(struct mr_loader *l, const char *path)
{
    static const char *const names[] = {"site.yaml", "scenario.yaml", "event.yaml"};
    struct stat st;
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    const char *clean = mr_pool_text(l->pool, path, n);
    if (stat(clean, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return clean;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *file = mr_pool_format(l->pool, "%s/%s", clean, names[i]);
        if (stat(file, &st) == 0) {
            return file;
        }
    }
    mr_diag_add(l->diags, MR_ERROR, clean, 0, 0, "the folder has no site.yaml, scenario.yaml or event.yaml");
    return NULL;
}

/* What a file is, by its first key; MR_FILE_KINDS, and said, where it is none that can be loaded on its own. */
static enum mr_file_kind kind_of(struct mr_loader *l, const char *shown, const struct mr_content_file *f)
{
    if (!f) {
        mr_diag_add(l->diags, MR_ERROR, shown, 0, 0, "%s", mr_load_unread(l, shown));
        return MR_FILE_KINDS;
    }
    const struct mr_yaml *root = mr_yaml_parse(l->pool, shown, f->text, f->n, l->diags);
    if (!root) {
        return MR_FILE_KINDS;
    }
    enum mr_file_kind kind = mr_load_kind(root);
    if (kind != MR_FILE_SITE && kind != MR_FILE_SCENARIO && kind != MR_FILE_EVENT) {
        const struct mr_yaml *at = root->first && root->first->key ? root->first->key : root;
        mr_yaml_error(l->diags, shown, f->text, f->n, at->line, at->col,
                      "the file's first key says what it is: expected 'site', 'scenario' or 'event'");
        return MR_FILE_KINDS;
    }
    return kind;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------ */

static void hash_files(struct mr_content *c)
{
    crypto_generichash_state h;
    (void)crypto_generichash_init(&h, NULL, 0, MR_CONTENT_HASH);
    for (size_t i = 0; i < c->nfiles; i++) {
        uint8_t head[16];
        struct mr_writer w = mr_writer(head, sizeof head);
        mr_write_u64le(&w, strlen(c->files[i].path));
        mr_write_u64le(&w, c->files[i].n);
        (void)crypto_generichash_update(&h, head, sizeof head);
        (void)crypto_generichash_update(&h, (const uint8_t *)c->files[i].path, strlen(c->files[i].path));
        (void)crypto_generichash_update(&h, (const uint8_t *)c->files[i].text, c->files[i].n);
    }
    (void)crypto_generichash_final(&h, c->hash, MR_CONTENT_HASH);
}

static bool load_parts(struct mr_loader *l, struct mr_place_of_files file, enum mr_file_kind kind, struct mr_content *c)
{
    size_t before = l->diags->errors;
    if (kind == MR_FILE_EVENT) {
        c->event = mr_load_event(l, file);
        c->scenario = c->event ? c->event->rounds[0].scenario : NULL;
    } else if (kind == MR_FILE_SCENARIO) {
        c->scenario = mr_load_scenario(l, file, NULL, NULL);
    } else {
        c->site = mr_load_site(l, file, NULL, NULL);
    }
    c->site = c->scenario ? c->scenario->site : c->site;
    return l->diags->errors == before && c->site;
}

static void forget(struct mr_loader *l)
{
    for (size_t i = 0; i < l->nprograms; i++) {
        mr_plc_program_destroy(l->programs[i]);
    }
    mr_pool_destroy(l->pool);
    free(l);
}

static struct mr_loader *begin(struct mr_diags *diags)
{
    struct mr_loader *l = calloc(1, sizeof *l);
    MR_ASSERT(l);
    l->pool = mr_pool_create();
    l->diags = diags;
    l->root = "";
    return l;
}

/* Takes the loader over. */
static struct mr_content *finish(struct mr_loader *l, struct mr_place_of_files file, enum mr_file_kind kind)
{
    struct loaded *c = MR_POOL_NEW(l->pool, struct loaded, 1);
    if (!load_parts(l, file, kind, &c->content)) {
        forget(l);
        return NULL;
    }
    struct mr_content_file *files = MR_POOL_NEW(l->pool, struct mr_content_file, l->nfiles);
    memcpy(files, l->files, l->nfiles * sizeof files[0]);
    c->content.files = files;
    c->content.nfiles = l->nfiles;
    c->programs = MR_POOL_NEW(l->pool, struct mr_plc_program *, l->nprograms);
    memcpy(c->programs, l->programs, l->nprograms * sizeof l->programs[0]);
    c->nprograms = l->nprograms;
    c->pool = l->pool;
    hash_files(&c->content);
    free(l);
    return &c->content;
}

struct mr_content *mr_content_load(const char *path, struct mr_diags *diags)
{
    struct mr_loader *l = begin(diags);
    const char *file = find_file(l, path);
    enum mr_file_kind kind = MR_FILE_KINDS;
    if (file) {
        kind = kind_of(l, file, mr_load_read(l, file, file));
        l->nfiles = 0; /* it is read again under its place in the content */
    }
    if (kind == MR_FILE_KINDS) {
        forget(l);
        return NULL;
    }
    return finish(l, place_of(l, file, kind), kind);
}

struct mr_content *mr_content_load_files(const struct mr_content_file *files, size_t n, struct mr_diags *diags)
{
    struct mr_loader *l = begin(diags);
    l->given = files;
    l->ngiven = n;
    enum mr_file_kind kind = n > 0 ? kind_of(l, files[0].path, &files[0]) : MR_FILE_KINDS;
    if (kind == MR_FILE_KINDS) {
        forget(l);
        return NULL;
    }
    const char *path = mr_load_copy(l, files[0].path);
    return finish(l, (struct mr_place_of_files){path, path}, kind);
}

void mr_content_free(struct mr_content *c)
{
    if (!c) {
        return;
    }
    struct loaded *all = (struct loaded *)(void *)c;
    for (size_t i = 0; i < all->nprograms; i++) {
        mr_plc_program_destroy(all->programs[i]);
    }
    mr_pool_destroy(all->pool);
}

/* ---- packed: varint version, varint number of files, then lv path and lv text of each -------------------------------------- */

size_t mr_content_packed_size(const struct mr_content *c)
{
    size_t n = 20;
    for (size_t i = 0; i < c->nfiles; i++) {
        n += strlen(c->files[i].path) + c->files[i].n + 20;
    }
    return n;
}

void mr_content_pack(const struct mr_content *c, struct mr_writer *w)
{
    mr_write_varint(w, PACK_VERSION);
    mr_write_varint(w, c->nfiles);
    for (size_t i = 0; i < c->nfiles; i++) {
        mr_write_lv(w, mr_slice_str(c->files[i].path));
        mr_write_lv(w, mr_slice(c->files[i].text, c->files[i].n));
    }
}

static char *unpack_text(struct mr_reader *r, char **room, size_t *n)
{
    struct mr_slice s = mr_read_lv(r);
    char *text = *room;
    if (s.n > 0) {
        memcpy(text, s.p, s.n);
    }
    text[s.n] = '\0';
    *room += s.n + 1;
    *n = s.n;
    return text;
}

struct mr_content_file *mr_content_unpack(struct mr_slice packed, size_t *n)
{
    struct mr_reader r = mr_reader(packed);
    uint64_t version = mr_read_varint(&r);
    uint64_t count = mr_read_varint(&r);
    if (r.bad || version != PACK_VERSION || count == 0 || count > MR_LOAD_FILES) {
        return NULL;
    }
    /* Each text is shorter than the bytes it takes in the pack, by its length's byte at least: there its NUL goes. */
    struct mr_content_file *files = malloc(count * sizeof *files + packed.n + 1);
    MR_ASSERT(files);
    char *room = (char *)(files + count);
    for (uint64_t i = 0; i < count; i++) {
        size_t length;
        files[i].path = unpack_text(&r, &room, &length);
        files[i].text = unpack_text(&r, &room, &files[i].n);
        if (r.bad || length == 0 || strlen(files[i].path) != length) {
            free(files);
            return NULL;
        }
    }
    if (mr_reader_left(&r) != 0) {
        free(files);
        return NULL;
    }
    *n = (size_t)count;
    return files;
}
