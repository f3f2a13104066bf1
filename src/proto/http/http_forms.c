/* http_forms.c - percent-encoding (RFC 3986, section 2.1), forms (URL Standard, section 5), cookies (RFC 6265, section 4.2),
 * Basic credentials (RFC 7617) with base64 (RFC 4648, section 4), and text in HTML. */
#include "proto/http/http_codec.h"

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mr_http_percent_decode(struct mr_slice s, bool form, struct mr_writer *w)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '+' && form) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (c == 0) {
            return false;
        }
        mr_write_u8(w, c);
    }
    return !w->full;
}

void mr_http_percent_encode(struct mr_writer *w, struct mr_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
                     c == '_' || c == '~';
        if (plain) {
            mr_write_u8(w, c);
        } else {
            mr_write_fmt(w, "%%%02X", c);
        }
    }
}

/* What stands before the first `mark`; *rest is what stands after it. */
static struct mr_slice cut(struct mr_slice s, char mark, struct mr_slice *rest)
{
    const uint8_t *at = s.n > 0 ? memchr(s.p, mark, s.n) : NULL;
    size_t n = at ? (size_t)(at - s.p) : s.n;
    *rest = at ? mr_slice(at + 1, s.n - n - 1) : mr_slice(s.p + s.n, 0);
    return mr_slice(s.p, n);
}

/* Decoded into a string. */
static bool decode_string(struct mr_slice s, bool form, char *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap - 1);
    bool ok = mr_http_percent_decode(s, form, &w);
    out[ok ? w.n : 0] = '\0';
    return ok;
}

bool mr_http_form_value(struct mr_slice form, const char *name, char *out, size_t cap)
{
    MR_ASSERT(cap > 0);
    out[0] = '\0';
    while (form.n > 0) {
        struct mr_slice value, pair = cut(form, '&', &form);
        char key[64];
        struct mr_slice encoded = cut(pair, '=', &value);
        if (decode_string(encoded, true, key, sizeof key) && strcmp(key, name) == 0) {
            return decode_string(value, true, out, cap);
        }
    }
    return false;
}

bool mr_http_cookie(struct mr_slice field, const char *name, struct mr_slice *value)
{
    while (field.n > 0) {
        struct mr_slice pair = cut(field, ';', &field);
        while (pair.n > 0 && pair.p[0] == ' ') {
            pair = mr_slice(pair.p + 1, pair.n - 1);
        }
        struct mr_slice found;
        if (mr_slice_eq(cut(pair, '=', &found), mr_slice_str(name))) {
            *value = found;
            return true;
        }
    }
    return false;
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool base64_decode(struct mr_slice s, struct mr_writer *w)
{
    while (s.n > 0 && s.p[s.n - 1] == '=') {
        s.n--;
    }
    uint32_t bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(base64, s.p[i]) : NULL;
        if (!at) {
            return false;
        }
        bits = bits << 6 | (uint32_t)(at - base64);
        if (i % 4 != 0) {
            mr_write_u8(w, (uint8_t)(bits >> (6 - 2 * (i % 4))));
        }
    }
    return s.n % 4 != 1 && !w->full;
}

static void base64_encode(struct mr_writer *w, struct mr_slice s)
{
    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = s.n - i < 3 ? s.n - i : 3;
        uint32_t bits = (uint32_t)s.p[i] << 16 | (n > 1 ? (uint32_t)s.p[i + 1] << 8 : 0) | (n > 2 ? s.p[i + 2] : 0u);
        for (size_t k = 0; k < 4; k++) {
            mr_write_u8(w, k <= n ? (uint8_t)base64[bits >> (18 - 6 * k) & 63] : '=');
        }
    }
}

bool mr_http_basic_decode(struct mr_slice authorization, char *user, size_t user_cap, char *password, size_t password_cap)
{
    uint8_t plain[256];
    struct mr_writer w = mr_writer(plain, sizeof plain);
    struct mr_slice credentials, secret;
    if (!mr_http_same(cut(authorization, ' ', &credentials), "basic") || !base64_decode(credentials, &w) ||
        memchr(plain, 0, w.n) || !memchr(plain, ':', w.n)) {
        return false;
    }
    struct mr_slice name = cut(mr_written(&w), ':', &secret);
    if (name.n >= user_cap || secret.n >= password_cap) {
        return false;
    }
    memcpy(user, name.p, name.n);
    user[name.n] = '\0';
    memcpy(password, secret.p, secret.n);
    password[secret.n] = '\0';
    return true;
}

void mr_http_basic_encode(struct mr_writer *w, const char *user, const char *password)
{
    uint8_t plain[256];
    struct mr_writer p = mr_writer(plain, sizeof plain);
    mr_write_fmt(&p, "%s:%s", user, password);
    mr_write_str(w, "Basic ");
    base64_encode(w, mr_written(&p));
    w->full = w->full || p.full;
}

void mr_http_html(struct mr_writer *w, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            mr_write_str(w, "&amp;");
            break;
        case '<':
            mr_write_str(w, "&lt;");
            break;
        case '>':
            mr_write_str(w, "&gt;");
            break;
        case '"':
            mr_write_str(w, "&quot;");
            break;
        case '\'':
            mr_write_str(w, "&#39;");
            break;
        default:
            mr_write_u8(w, (uint8_t)*text);
        }
    }
}
