/* image.h - the process image: where process, PLC program and protocol servers meet.
 *
 * Three byte areas as IEC 61131-3 addresses them. Addresses count in units of their own size and overlap (as CODESYS does):
 * %MX5.2 is bit 2 of byte 5, %MB5 byte 5, %MW5 bytes 10-11, %MD5 bytes 20-23, %ML5 bytes 40-47. Values are little-endian; a
 * protocol that sends 16-bit registers sends %MW n as register n, so a 32-bit value goes low word first.
 * The image owns nothing: its bytes lie in the arena of the site (the PLC's memory). */
#ifndef MR_IMAGE_IMAGE_H
#define MR_IMAGE_IMAGE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mr_area { MR_AREA_I, MR_AREA_Q, MR_AREA_M };
#define MR_AREAS 3

/* Elementary types of a value in the image. */
enum mr_vtype {
    MR_VT_BOOL,
    MR_VT_SINT,
    MR_VT_INT,
    MR_VT_DINT,
    MR_VT_LINT,
    MR_VT_USINT,
    MR_VT_UINT,
    MR_VT_UDINT,
    MR_VT_ULINT,
    MR_VT_BYTE,
    MR_VT_WORD,
    MR_VT_DWORD,
    MR_VT_LWORD,
    MR_VT_REAL,
    MR_VT_LREAL,
    MR_VT_TIME,
    MR_VT_STRING,
    MR_VT_OTHER
};
size_t mr_vtype_size(enum mr_vtype t); /* bytes; BOOL 1, STRING and OTHER 0 */
const char *mr_vtype_name(enum mr_vtype t);

struct mr_image {
    uint8_t *area[MR_AREAS];
    uint32_t size[MR_AREAS]; /* bytes */
};

/* A place in the image. `bit` counts for BOOL only. */
struct mr_place {
    enum mr_area area;
    enum mr_vtype type;
    uint32_t byte;
    uint8_t bit;
};

/* "%IX0.3" (also %I0.3, %IX3, %I3: bit 3), "%QW12", "%MD4" (any letter case) with the type that a bare address implies (X BOOL,
 * B BYTE, W WORD, D DWORD, L LWORD). MR_E_MALFORMED where it is no address. */
enum mr_err mr_place_parse(const char *text, struct mr_place *out);
const char *mr_place_format(const struct mr_place *p, char *buf, size_t cap); /* 32 bytes are enough */
bool mr_place_inside(const struct mr_image *im, const struct mr_place *p);

/* A value as a double (a BOOL 0 or 1, a 64-bit integer rounded, TIME in seconds); 0 outside the image. Setting converts as IEC's
 * REAL_TO_INT does (to nearest, halves to even) and saturates; returns false outside. */
double mr_image_get(const struct mr_image *im, const struct mr_place *p);
bool mr_image_set(struct mr_image *im, const struct mr_place *p, double value);

/* A STRING: two bytes with how many characters it holds, two with how many it has, then these; MR_TEXT_OPEN: up to the first
 * zero. Reading copies what it holds, up to `cap`, and returns how many of them it has; 0 outside. Writing takes the first `n`
 * characters and the length, cut to what it holds. */
#define MR_TEXT_OPEN 0xFFFF
size_t mr_image_text(const struct mr_image *im, const struct mr_place *p, uint8_t *out, size_t cap);
bool mr_image_set_text(struct mr_image *im, const struct mr_place *p, const uint8_t *text, size_t n, size_t length);

bool mr_image_bit(const struct mr_image *im, enum mr_area area, uint32_t bit); /* false outside */
bool mr_image_set_bit(struct mr_image *im, enum mr_area area, uint32_t bit, bool on);
uint16_t mr_image_word(const struct mr_image *im, enum mr_area area, uint32_t word); /* 0 outside */
bool mr_image_set_word(struct mr_image *im, enum mr_area area, uint32_t word, uint16_t v);

#endif
