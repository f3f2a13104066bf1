/* peer_row.h - what the rows of peer.h share; not for others. */
#ifndef MR_DEVICE_PEER_ROW_H
#define MR_DEVICE_PEER_ROW_H

#include "device/peer.h"

extern const struct mr_peer_ops mr_peer_modbus, mr_peer_s7, mr_peer_iec104, mr_peer_dnp3, mr_peer_enip;

#define MR_PEER_TIMEOUT  (1500 * MR_MS) /* an answer later than this is none: a scan and a busy network take far less */
#define MR_PEER_OWN      0x80000000u    /* tokens of a row's own requests */
#define MR_PEER_IDENTITY 0x40000000u    /* and of identify(): the owner's with this bit */
#define MR_PEER_GENERAL  (60 * MR_S)    /* where changes are told: all values again so often */

static inline void mr_peer_ready(const struct mr_peer_sink *s)
{
    if (s->ready) {
        s->ready(s->ctx);
    }
}
static inline void mr_peer_value(const struct mr_peer_sink *s, size_t i, double value, bool good)
{
    if (s->value) {
        s->value(s->ctx, i, value, good);
    }
}
static inline void mr_peer_stands(const struct mr_peer_sink *s)
{
    if (s->stands) {
        s->stands(s->ctx);
    }
}
/* Of a row's own requests nobody is told. */
static inline void mr_peer_done(const struct mr_peer_sink *s, uint32_t token, enum mr_err err)
{
    if (s->done && !(token & MR_PEER_OWN)) {
        s->done(s->ctx, token & ~MR_PEER_IDENTITY, err);
    }
}

/* What a device says of itself, its parts put together; what cannot be printed is left out. */
struct mr_peer_text {
    char text[MR_PEER_TEXT_MAX];
    size_t n;
};
void mr_peer_text_add(struct mr_peer_text *t, struct mr_slice part);
void mr_peer_said(const struct mr_peer_sink *s, uint32_t token, const struct mr_peer_text *t);

bool mr_peer_same_place(const struct mr_place *a, const struct mr_place *b);
/* Value of a place whose bytes (as they lie in the image) are `bytes`; and back: the bytes written. */
double mr_peer_from_bytes(const struct mr_place *p, struct mr_slice bytes);
size_t mr_peer_to_bytes(const struct mr_place *p, double value, uint8_t out[8]);

/* A linear map's way back: what stands in the image for a value as sent. */
static inline double mr_peer_unscale(double sent, double scale, double offset)
{
    return (sent - offset) / (scale < 0 || scale > 0 ? scale : 1);
}
static inline double mr_peer_scale(double value, double scale, double offset)
{
    return value * (scale < 0 || scale > 0 ? scale : 1) + offset;
}

#endif
