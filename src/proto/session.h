/* session.h - the one shape of every protocol session, server or client.
 *
 *   feed(bytes)  -> how many were consumed, whether more are needed, or that they are malformed
 *   next(event)  -> what happened, one at a time, until there is none
 *   reply(...)   -> where an answer is the owner's to give
 *   output(w)    -> bytes to send, as many as fit
 *   deadline()   -> when to call tick() at the latest
 *   tick(now)
 *
 * A session owns no socket, clock, timer or heap: its struct lies in a pool of the site's arena and has a field table. A parser
 * decides nothing by how its bytes were cut. Malformed means: send what output() holds, then close. Names are
 * mr_PROTO_server_feed(), struct mr_PROTO_server, and so on; each function has the shape given by the typedefs here. */
#ifndef MR_PROTO_SESSION_H
#define MR_PROTO_SESSION_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/time.h"

enum mr_feed_status {
    MR_FEED_OK,        /* all of it was used (or kept) */
    MR_FEED_BLOCKED,   /* output is full: take output first, then feed the rest again */
    MR_FEED_MALFORMED, /* the stream cannot be understood any more */
};

struct mr_feed {
    enum mr_feed_status status;
    size_t consumed; /* bytes that the session has taken over; the caller offers the rest again */
    size_t needed;   /* bytes still missing for the message begun; 0 between messages */
};

/* For binding a protocol to a device without knowing which it is (device/service.h). */
struct mr_session_ops {
    const char *protocol;
    const struct mr_type *type; /* of the session record */
    struct mr_feed (*feed)(void *session, struct mr_slice in, mr_ns now);
    /* Writes what is to be sent; true while there is more. */
    bool (*output)(void *session, struct mr_writer *w);
    mr_ns (*deadline)(const void *session); /* MR_NEVER_NS for none */
    void (*tick)(void *session, mr_ns now);
    bool (*finished)(const void *session); /* close when output is empty */
};

#endif
