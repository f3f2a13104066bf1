/* pcapng.h - capture files: pcapng (IETF draft-ietf-opsawg-pcapng), little-endian, one section, one Ethernet interface per zone,
 * times in nanoseconds. Writes blocks into a caller's memory; what becomes of them is the caller's. The same calls give the same
 * bytes: no clock, host or user name is written. */
#ifndef MR_NET_PCAPNG_H
#define MR_NET_PCAPNG_H

#include "base/bytes.h"
#include "base/time.h"

#define MR_PCAPNG_TEXT_MAX  255  /* bytes of a name, description or comment; longer ones are cut */
#define MR_PCAPNG_BLOCK_MAX 1024 /* enough for any block below, without a packet's bytes */

/* Each appends a whole block; `w->full` where it does not fit, and then none of it is of use. Texts are UTF-8, NULL for none. */
void mr_pcapng_section(struct mr_writer *w, const char *application);
/* Interfaces are numbered from 0 in the order of these calls. */
void mr_pcapng_interface(struct mr_writer *w, const char *name, const char *description);
/* `t` after `epoch_ns`, both nanoseconds; `epoch_ns` since 1970. */
void mr_pcapng_packet(struct mr_writer *w, uint32_t interface, uint64_t epoch_ns, mr_ns t, struct mr_slice frame,
                      const char *comment);

#endif
