/* channel.h - the messages between the processes of a site: wire <-> core over one socket pair, server <-> wire over another.
 *
 *   message = u32le length of what follows, u8 kind, payload
 *
 * Wire to core. Core was started with the content and has loaded it; nothing else ever reaches it.
 *   INPUT     u64le sequence number, i64le event time, u8 input kind, payload      (sim/journal.h)
 *   RESTORE   u64le sequence number, saved state: sent first, if at all
 *   OUTPUTS   u64le: outputs up to this number were carried out before; core need not send them again (recovery)
 *   SNAPSHOT  ask for the state         DIGEST  ask for the digest
 *   STOP      end cleanly
 * Core to wire.
 *   HELLO     topology and entry points, see mr_hello (site/hello.h): sent once the content is loaded
 *   OUTPUT    u64le output number, a network request (net/net_codec.h)
 *   EVENT     an event (sim/event.h)
 *   VIEW      i64le site time, then per changed value: varint view tag, u8 quality, f64le value   (what the team's HMI shows)
 *   FRAME     u16le zone, i64le site time, frame: for captures, where core simulates the network
 *   DONE      u64le number of the last input worked through, i64le event time of the next deadline, u64le last output's number
 *   STATE     u64le sequence number, saved state       DIGESTED  u64le sequence number, digest[32]
 *   TRACE     text: a line of site/world.h
 * Server to wire.
 *   SUBMIT    u64le request, a command (sim/command.h): answered by ACK after its block is on the disk
 *   PAUSE, RESUME, BEGIN: lv who, lv why; answered by nothing but their events
 *   EVENTS    u64le input, u32le index: send every event after this one, TOLD, then each as it comes
 *   STOP
 * Wire to server: EVENT and VIEW as above, and
 *   ACK       u64le request, u64le sequence number, u32le mr_err
 *   READY     the HELLO, once every listener is open
 *   TOLD      nothing: what had happened before EVENTS was asked has been sent
 *   HEALTH    lv JSON text: rss, restarts, scans late, record bytes, disk state
 * Anyone who may open wire's socket, to wire.
 *   ENTER     lv device name: answered by ENTER with u32le mr_err and, where that is MR_OK, the descriptors of the site's user
 *             namespace and the device's network namespace (SCM_RIGHTS)                                  (millrace exec) */
#ifndef MR_SITE_CHANNEL_H
#define MR_SITE_CHANNEL_H

#include "base/bytes.h"
#include "base/err.h"

enum mr_message_kind {
    MR_MSG_INPUT = 1,
    MR_MSG_RESTORE,
    MR_MSG_OUTPUTS,
    MR_MSG_SNAPSHOT,
    MR_MSG_DIGEST,
    MR_MSG_STOP,
    MR_MSG_HELLO,
    MR_MSG_OUTPUT,
    MR_MSG_EVENT,
    MR_MSG_VIEW,
    MR_MSG_FRAME,
    MR_MSG_DONE,
    MR_MSG_STATE,
    MR_MSG_DIGESTED,
    MR_MSG_TRACE,
    MR_MSG_SUBMIT,
    MR_MSG_PAUSE,
    MR_MSG_RESUME,
    MR_MSG_BEGIN,
    MR_MSG_EVENTS,
    MR_MSG_ACK,
    MR_MSG_READY,
    MR_MSG_HEALTH,
    MR_MSG_ENTER,
    MR_MSG_TOLD,
    MR_MESSAGE_KINDS,
};

#define MR_MESSAGE_MAX (256u << 20) /* a snapshot is the largest: of the largest site, half of this */

/* Starts a message in `w` and returns where; mr_message_end fills the length in. */
size_t mr_message_begin(struct mr_writer *w, enum mr_message_kind kind);
void mr_message_end(struct mr_writer *w, size_t at);
/* The first whole message in `in`: its length with header in *used, MR_E_TRUNCATED where it is not whole yet, MR_E_MALFORMED
 * where it cannot be one. */
enum mr_err mr_message_next(struct mr_slice in, enum mr_message_kind *kind, struct mr_slice *payload, size_t *used);

#endif
