/* diff.c - two programs compared as an engineer reads them: formatted, without comments, unit by unit. The longest common
 * subsequence of lines by dynamic programming, after what is equal at both ends has been taken off. */
#include "plc/limits.h"
#include "plc/tools.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 20000 /* of what differs: the table grows with its square */

struct lines {
    char *text;
    size_t n;
    char **line;
};

static bool read_lines(const struct mr_plc_source *s, struct lines *out, struct mr_diags *diags)
{
    size_t size = 0;
    FILE *f = open_memstream(&out->text, &size);
    MR_ASSERT(f != NULL);
    bool good = mr_plc_format(s, false, f, diags);
    (void)fclose(f);
    size_t n = 1;
    for (size_t i = 0; i < size; i++) {
        n += out->text[i] == '\n' ? 1 : 0;
    }
    out->line = calloc(n, sizeof *out->line);
    MR_ASSERT(out->line != NULL);
    char *rest = out->text;
    for (char *l = strsep(&rest, "\n"); l; l = strsep(&rest, "\n")) {
        if (*l) {
            out->line[out->n++] = l;
        }
    }
    return good;
}

static bool begins_unit(const char *line)
{
    static const char *const words[] = {"PROGRAM ",       "FUNCTION ",  "FUNCTION_BLOCK ", "TYPE",
                                        "CONFIGURATION ", "VAR_GLOBAL", "METHOD "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(line, words[i], strlen(words[i])) == 0) {
            return true;
        }
    }
    return false;
}

struct printer {
    FILE *to;
    const struct lines *a, *b;
    const char *unit; /* whose heading was printed */
    size_t n;
};

static void print(struct printer *p, const struct lines *of, size_t i, char mark)
{
    const char *unit = "";
    for (size_t k = i + 1; k > 0; k--) {
        if (begins_unit(of->line[k - 1])) {
            unit = of->line[k - 1];
            break;
        }
    }
    if (!p->unit || strcmp(p->unit, unit) != 0) {
        (void)fprintf(p->to, "%s%s\n", p->unit ? "\n" : "", unit[0] ? unit : "(outside of units)");
        p->unit = unit;
    }
    (void)fprintf(p->to, "%c %s\n", mark, of->line[i]);
    p->n++;
}

/* Lines first..ends of both, whose ends differ. */
static void walk(struct printer *p, size_t first, size_t na, size_t nb)
{
    size_t w = nb - first + 1;
    uint16_t *t = calloc((na - first + 1) * w, sizeof *t);
    MR_ASSERT(t != NULL);
    for (size_t i = na; i-- > first;) {
        for (size_t j = nb; j-- > first;) {
            uint16_t *cell = &t[(i - first) * w + (j - first)];
            if (strcmp(p->a->line[i], p->b->line[j]) == 0) {
                *cell = (uint16_t)(cell[w + 1] + 1);
            } else {
                *cell = cell[w] > cell[1] ? cell[w] : cell[1];
            }
        }
    }
    size_t i = first;
    size_t j = first;
    while (i < na || j < nb) {
        if (i < na && j < nb && strcmp(p->a->line[i], p->b->line[j]) == 0) {
            i++;
            j++;
        } else if (i < na && (j == nb || t[(i + 1 - first) * w + (j - first)] >= t[(i - first) * w + (j + 1 - first)])) {
            print(p, p->a, i++, '-');
        } else {
            print(p, p->b, j++, '+');
        }
    }
    free(t);
}

size_t mr_plc_diff(const struct mr_plc_source *a, const struct mr_plc_source *b, FILE *to, struct mr_diags *diags)
{
    struct lines la = {0};
    struct lines lb = {0};
    bool good = read_lines(a, &la, diags);
    good = read_lines(b, &lb, diags) && good;
    struct printer p = {to, &la, &lb, NULL, 0};
    size_t first = 0;
    size_t na = la.n;
    size_t nb = lb.n;
    while (first < na && first < nb && strcmp(la.line[first], lb.line[first]) == 0) {
        first++;
    }
    while (na > first && nb > first && strcmp(la.line[na - 1], lb.line[nb - 1]) == 0) {
        na--;
        nb--;
    }
    if (good && (na - first > LINES_MAX || nb - first > LINES_MAX)) {
        mr_diag_add(diags, MR_ERROR, b->file, 0, 0, "more than %d lines differ", LINES_MAX);
        good = false;
    }
    if (good) {
        walk(&p, first, na, nb);
    }
    free(la.text);
    free(la.line);
    free(lb.text);
    free(lb.line);
    return good ? p.n : SIZE_MAX;
}
