/* text.c - sources in UTF-16, as Windows' editors and some vendors' exports have them, become UTF-8, which the lexer reads (The
 * Unicode Standard, 3.9 and 23.8). Any other bytes stay as they are: of UTF-8 and of the one-byte sets the characters of the
 * language are those of ASCII, and what lies above stands in comments, strings and names. */
#include "plc/lex.h"

#include <string.h>

enum order { NOT_WIDE, LITTLE, BIG };

/* Told by the mark, or where there is none by the zero in the first character, which of a program is always one of ASCII. */
static enum order order_of(const uint8_t *p, size_t n)
{
    if (n < 2) {
        return NOT_WIDE;
    }
    if ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] != 0 && p[1] == 0)) {
        return LITTLE;
    }
    return (p[0] == 0xFE && p[1] == 0xFF) || (p[0] == 0 && p[1] != 0) ? BIG : NOT_WIDE;
}

static uint32_t unit_at(const uint8_t *p, enum order order)
{
    return order == LITTLE ? (uint32_t)p[0] | (uint32_t)p[1] << 8 : (uint32_t)p[1] | (uint32_t)p[0] << 8;
}

static size_t put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    size_t more = c < 0x800 ? 1 : (c < 0x10000 ? 2 : 3);
    to[0] = (char)(lead[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++) {
        to[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3F));
    }
    return more + 1;
}

void mr_pc_decode(struct pc_pool *pool, struct pc_report *report, uint32_t file)
{
    struct pc_source *s = &report->sources[file];
    const uint8_t *p = (const uint8_t *)s->text;
    size_t n = s->n;
    enum order order = order_of(p, n);
    if (order == NOT_WIDE) {
        return;
    }
    char *text = mr_pc_alloc(pool, n / 2 * 3 + 1); /* a character of two bytes becomes three at most, one of four four */
    size_t to = 0;
    struct pc_pos pos = {.line = 1, .col = 1, .file = (uint16_t)file};
    const char *wrong = n % 2 != 0 ? "its last character is cut off" : NULL;
    for (size_t i = 0; i + 1 < n && !wrong; i += 2) {
        uint32_t c = unit_at(p + i, order);
        if (c >= 0xD800 && c <= 0xDFFF) {
            uint32_t low = i + 3 < n ? unit_at(p + i + 2, order) : 0;
            wrong = c > 0xDBFF || low < 0xDC00 || low > 0xDFFF ? "half of a character stands here" : NULL;
            c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
            i += 2;
        }
        wrong = c == 0 ? "a zero stands here" : wrong;
        pos.line += c == '\n' ? 1 : 0;
        to += wrong ? 0 : put(text + to, c);
    }
    s->text = text;
    s->n = wrong ? 0 : to;
    if (wrong) {
        mr_pc_error(report, pos, "this is no UTF-16: %s; save the file as UTF-8", wrong);
    }
}
