/* pcapng.c - blocks of a pcapng file; the format is named in pcapng.h. Sections 4.1 to 4.3 of the draft are the three blocks. */
#include "net/pcapng.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, ENHANCED_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_APPLICATION = 4, OPT_NAME = 2, OPT_DESCRIPTION = 3, OPT_RESOLUTION = 9 };
#define LINK_ETHERNET 1

static size_t begin(struct mr_writer *w, uint32_t type)
{
    size_t start = w->n;
    mr_write_u32le(w, type);
    mr_write_u32le(w, 0); /* length, known at the end */
    return start;
}

static void end(struct mr_writer *w, size_t start)
{
    uint32_t length = (uint32_t)(w->n - start + 4);
    mr_write_u32le(w, length);
    mr_patch_u32le(w, start + 4, length);
}

static void padded(struct mr_writer *w, struct mr_slice s)
{
    mr_write_bytes(w, s);
    mr_write_fill(w, 0, (4 - s.n % 4) % 4);
}

static void option(struct mr_writer *w, uint16_t code, const char *text)
{
    if (text) {
        struct mr_slice s = mr_slice(text, strnlen(text, MR_PCAPNG_TEXT_MAX));
        mr_write_u16le(w, code);
        mr_write_u16le(w, (uint16_t)s.n);
        padded(w, s);
    }
}

void mr_pcapng_section(struct mr_writer *w, const char *application)
{
    size_t start = begin(w, SECTION);
    mr_write_u32le(w, 0x1a2b3c4d);
    mr_write_u16le(w, 1);
    mr_write_u16le(w, 0);
    mr_write_u64le(w, UINT64_MAX); /* the section's length is not given */
    if (application) {
        option(w, OPT_APPLICATION, application);
        mr_write_u32le(w, OPT_END);
    }
    end(w, start);
}

void mr_pcapng_interface(struct mr_writer *w, const char *name, const char *description)
{
    size_t start = begin(w, INTERFACE);
    mr_write_u16le(w, LINK_ETHERNET);
    mr_write_u16le(w, 0);
    mr_write_u32le(w, 0); /* frames are not cut */
    option(w, OPT_NAME, name);
    option(w, OPT_DESCRIPTION, description);
    mr_write_u16le(w, OPT_RESOLUTION);
    mr_write_u16le(w, 1);
    mr_write_u32le(w, 9); /* 10^-9 s, and padding */
    mr_write_u32le(w, OPT_END);
    end(w, start);
}

void mr_pcapng_packet(struct mr_writer *w, uint32_t interface, uint64_t epoch_ns, mr_ns t, struct mr_slice frame,
                      const char *comment)
{
    uint64_t stamp = epoch_ns + (uint64_t)t;
    size_t start = begin(w, ENHANCED_PACKET);
    mr_write_u32le(w, interface);
    mr_write_u32le(w, (uint32_t)(stamp >> 32));
    mr_write_u32le(w, (uint32_t)stamp);
    mr_write_u32le(w, (uint32_t)frame.n);
    mr_write_u32le(w, (uint32_t)frame.n);
    padded(w, frame);
    if (comment) {
        option(w, OPT_COMMENT, comment);
        mr_write_u32le(w, OPT_END);
    }
    end(w, start);
}
