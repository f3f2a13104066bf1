#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct mr_diags *mr_diags_create(void)
{
    return calloc(1, sizeof(struct mr_diags));
}

void mr_diags_destroy(struct mr_diags *d)
{
    if (!d) {
        return;
    }
    for (size_t i = 0; i < d->n; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
        free(d->items[i].source_line);
    }
    free(d);
}

void mr_diag_add(struct mr_diags *d, enum mr_severity s, const char *file, uint32_t line, uint32_t col, const char *fmt, ...)
{
    if (s == MR_ERROR) {
        d->errors++;
    }
    if (d->n == MR_DIAG_MAX) {
        d->dropped++;
        return;
    }
    va_list args;
    va_start(args, fmt);
    char text[1024];
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    d->items[d->n++] = (struct mr_diag){s, strdup(file ? file : "?"), line, col, strdup(text), NULL};
}

void mr_diag_source(struct mr_diags *d, const char *text, size_t n)
{
    if (d->n > 0 && n <= MR_DIAG_SOURCE_MAX && !d->items[d->n - 1].source_line) {
        d->items[d->n - 1].source_line = strndup(text, n);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct mr_diag *x = a;
    const struct mr_diag *y = b;
    int c = strcmp(x->file, y->file);
    if (c != 0) {
        return c;
    }
    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    return x->col == y->col ? 0 : (x->col < y->col ? -1 : 1);
}

void mr_diags_print(struct mr_diags *d, FILE *to)
{
    static const char *const names[] = {[MR_ERROR] = "error", [MR_WARNING] = "warning", [MR_NOTE] = "note"};
    qsort(d->items, d->n, sizeof d->items[0], by_place);
    for (size_t i = 0; i < d->n; i++) {
        const struct mr_diag *g = &d->items[i];
        (void)fprintf(to, "%s:%u:%u: %s: %s\n", g->file, g->line ? g->line : 1, g->line ? g->col : 1, names[g->severity],
                      g->text);
        if (g->source_line && g->col > 0) {
            (void)fprintf(to, "  %s\n  ", g->source_line);
            for (uint32_t c = 1; c < g->col && g->source_line[c - 1] != '\0'; c++) {
                (void)fputc(g->source_line[c - 1] == '\t' ? '\t' : ' ', to);
            }
            (void)fputs("^\n", to);
        }
    }
    if (d->dropped > 0) {
        (void)fprintf(to, "... and %zu more\n", d->dropped);
    }
}

#define WORD_MAX 64

static size_t distance(const char *a, const char *b)
{
    size_t na = strlen(a);
    size_t nb = strlen(b);
    if (na > WORD_MAX || nb > WORD_MAX) {
        return WORD_MAX;
    }
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[nb];
}

/* "P101" of "P101.run", "water" of "water-treatment". */
static bool first_part(const char *word, const char *name)
{
    size_t n = strlen(word);
    return n > 0 && strncmp(word, name, n) == 0 && (name[n] == '.' || name[n] == '-');
}

const char *mr_nearest(const char *word, const char *const *names, size_t n)
{
    size_t best = strlen(word) / 3 + 1;
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t d = first_part(word, names[i]) ? 0 : distance(word, names[i]);
        if (d <= best && (!found || d < best)) {
            best = d;
            found = names[i];
        }
    }
    return found;
}
