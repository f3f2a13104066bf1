/* bytes.h - slices, and a reader and a writer that cannot leave them.
 *
 * Both fail stickily: after the first access outside, every read gives 0 and every write does nothing, and `bad` (`full`)
 * stays set; so a decoder reads a whole structure and asks once. Nothing here owns memory. */
#ifndef MR_BASE_BYTES_H
#define MR_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mr_slice {
    const uint8_t *p;
    size_t n;
};

static inline struct mr_slice mr_slice(const void *p, size_t n)
{
    return (struct mr_slice){p, n};
}
static inline struct mr_slice mr_slice_str(const char *s)
{
    return (struct mr_slice){(const uint8_t *)s, strlen(s)};
}
static inline bool mr_slice_eq(struct mr_slice a, struct mr_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct mr_reader {
    const uint8_t *p;
    size_t n;
    size_t at;
    bool bad;
};

static inline struct mr_reader mr_reader(struct mr_slice s)
{
    return (struct mr_reader){s.p, s.n, 0, false};
}
static inline size_t mr_reader_left(const struct mr_reader *r)
{
    return r->bad ? 0 : r->n - r->at;
}

/* The next `n` bytes as a slice into the input; an empty slice and `bad` where fewer are left. */
struct mr_slice mr_read_bytes(struct mr_reader *r, size_t n);
uint8_t mr_read_u8(struct mr_reader *r);
uint16_t mr_read_u16be(struct mr_reader *r);
uint16_t mr_read_u16le(struct mr_reader *r);
uint32_t mr_read_u24be(struct mr_reader *r);
uint32_t mr_read_u24le(struct mr_reader *r);
uint32_t mr_read_u32be(struct mr_reader *r);
uint32_t mr_read_u32le(struct mr_reader *r);
uint64_t mr_read_u64be(struct mr_reader *r);
uint64_t mr_read_u64le(struct mr_reader *r);
float mr_read_f32be(struct mr_reader *r);
float mr_read_f32le(struct mr_reader *r);
double mr_read_f64le(struct mr_reader *r);
/* LEB128; at most ten bytes, an overlong or overflowing one is `bad`. */
uint64_t mr_read_varint(struct mr_reader *r);
/* A varint length and that many bytes. */
struct mr_slice mr_read_lv(struct mr_reader *r);

struct mr_writer {
    uint8_t *p;
    size_t cap;
    size_t n;
    bool full;
};

static inline struct mr_writer mr_writer(void *p, size_t cap)
{
    return (struct mr_writer){p, cap, 0, false};
}
static inline struct mr_slice mr_written(const struct mr_writer *w)
{
    return (struct mr_slice){w->p, w->n};
}
static inline size_t mr_writer_left(const struct mr_writer *w)
{
    return w->full ? 0 : w->cap - w->n;
}

void mr_write_bytes(struct mr_writer *w, struct mr_slice s);
void mr_write_str(struct mr_writer *w, const char *s); /* without its NUL */
void mr_write_fill(struct mr_writer *w, uint8_t byte, size_t n);
void mr_write_u8(struct mr_writer *w, uint8_t v);
void mr_write_u16be(struct mr_writer *w, uint16_t v);
void mr_write_u16le(struct mr_writer *w, uint16_t v);
void mr_write_u24be(struct mr_writer *w, uint32_t v);
void mr_write_u24le(struct mr_writer *w, uint32_t v);
void mr_write_u32be(struct mr_writer *w, uint32_t v);
void mr_write_u32le(struct mr_writer *w, uint32_t v);
void mr_write_u64be(struct mr_writer *w, uint64_t v);
void mr_write_u64le(struct mr_writer *w, uint64_t v);
void mr_write_f32be(struct mr_writer *w, float v);
void mr_write_f32le(struct mr_writer *w, float v);
void mr_write_f64le(struct mr_writer *w, double v);
void mr_write_varint(struct mr_writer *w, uint64_t v);
void mr_write_lv(struct mr_writer *w, struct mr_slice s);
/* Formatted text (printf's own rules); `full` where it does not fit, and then nothing is written. */
void mr_write_fmt(struct mr_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets 2 bytes written earlier, at `at`, big-endian: for lengths known afterwards. */
void mr_patch_u16be(struct mr_writer *w, size_t at, uint16_t v);
void mr_patch_u16le(struct mr_writer *w, size_t at, uint16_t v);
void mr_patch_u32be(struct mr_writer *w, size_t at, uint32_t v);
void mr_patch_u32le(struct mr_writer *w, size_t at, uint32_t v);

/* Copies a NUL-terminated string into a buffer of `cap` bytes, cut to fit, always terminated. */
void mr_str_copy(char *to, size_t cap, const char *from);

#endif
