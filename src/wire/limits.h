/* limits.h - every bound of the wire process, and why it is what it is. A team's whole site must cost less than 24 MiB resident
 * and never more kernel memory than these allow, whatever its clients do. */
#ifndef MR_WIRE_LIMITS_H
#define MR_WIRE_LIMITS_H

#include "base/time.h"
#include "net/net.h"
#include "sim/journal.h"

/* Connections. A slot costs about 300 bytes, and its two kernel buffers at most RCVBUF + SNDBUF. */
#define MR_WIRE_CONNS           1024 /* of a site, both directions; of one with many services ... */
#define MR_WIRE_SERVICE_CONNS   2    /* ... so many for each, up to ... */
#define MR_WIRE_CONNS_MAX       8192 /* ... these */
#define MR_WIRE_LISTENERS       512  /* beside one for each service that a site begins with: it may close and open them */
#define MR_WIRE_UDP             128  /* the same of bound UDP ports */
#define MR_WIRE_RAW             64   /* nodes with raw frames or pings */
#define MR_WIRE_LISTENER_CONNS  96   /* on one port: more than any real controller has */
#define MR_WIRE_PEER_CONNS      64   /* of one address on one port, so that one client cannot take all */
#define MR_WIRE_BACKLOG         64
#define MR_WIRE_ACCEPTS         32 /* at a time, before others are served */
#define MR_WIRE_READ            16384
#define MR_WIRE_RCVBUF          32768
#define MR_WIRE_SNDBUF          32768
#define MR_WIRE_DATAGRAMS       32    /* read at a time */
#define MR_WIRE_EVICT_MS        3000  /* on a full port a newcomer may replace a client that has been silent for so long */
#define MR_WIRE_FIRST_BYTE_MS   30000 /* who connects must say something */
#define MR_WIRE_IDLE_MS         600000
#define MR_WIRE_CLOSING_MS      5000 /* for the last answer to be read before a close */
#define MR_WIRE_PINGS           128
#define MR_WIRE_STRANGERS_PER_S 24 /* new destinations that are no node: each costs a neighbour entry of the whole machine */

/* Towards core. */
#define MR_WIRE_BATCH     (256u << 10) /* inputs of one loop iteration are passed on at latest at this size */
#define MR_WIRE_TX        (1u << 20)   /* waiting for core: then wire serves nobody until core has caught up */
#define MR_WIRE_NEAR_FULL (MR_WIRE_TX - MR_WIRE_BATCH)
#define MR_WIRE_RX        (256u << 10)
#define MR_WIRE_HUNG_NS   (10 * MR_S) /* without an answer: killed, and treated as dead */
#define MR_WIRE_HELLO_NS  (60 * MR_S) /* for loading the content, under a sanitizer too */

/* Turns of the loop, where core simulates the network and every packet is an instant of its own, and where other teams' plants
 * live on the machine: after a burst, one in so long, so that what comes meanwhile is dealt with together: the longer, the more
 * connections are open. An answer takes five of them at most. */
#define MR_WIRE_TURN_NS      (2 * MR_MS)
#define MR_WIRE_TURN_CONN_NS (2 * MR_US) /* for each */
#define MR_WIRE_TURN_BURST   16

/* Record and snapshots. */
#define MR_WIRE_SYNC_MS        1000
#define MR_WIRE_DIGEST_NS      (10 * MR_S)
#define MR_WIRE_SNAPSHOT_NS    (60 * MR_S) /* of event time: so much at most is run again when core dies ... */
#define MR_WIRE_SNAPSHOT_REST  (2 * MR_S)  /* ... but where time runs fast, no sooner than after this on the wall */
#define MR_WIRE_SNAPSHOTS_KEPT 3
#define MR_WIRE_UNWRITTEN      (4u << 20) /* blocks kept in memory while the disk is full */

/* Captures. */
#define MR_WIRE_CAPTURE_FILE   (32u << 20) /* then the next file is begun */
#define MR_WIRE_CAPTURE_FILES  4           /* of a zone; the oldest goes */
#define MR_WIRE_CAPTURE_RCVBUF (2u << 20)
#define MR_WIRE_CAPTURE_FRAMES 64 /* read at a time */
#define MR_WIRE_CAPTURE_MS     200
#define MR_WIRE_FRAME          2048

/* Denials: a flow that is refused again and again is told once a second. */
#define MR_WIRE_DENIALS_PER_S 50
#define MR_WIRE_DENIAL_KEYS   64

/* Server and exec clients on wire.sock. */
#define MR_WIRE_CLIENTS    8
#define MR_WIRE_CLIENT_OUT (4u << 20)
#define MR_WIRE_ACKS       256

_Static_assert(MR_WIRE_BATCH < MR_JOURNAL_BLOCK_MAX, "a batch fits a block of the record");
_Static_assert(MR_WIRE_READ < MR_JOURNAL_PAYLOAD_MAX, "what is read at once fits an entry");
_Static_assert(MR_WIRE_CONNS_MAX <= MR_CONNS, "core can tell all connections apart");
_Static_assert(MR_WIRE_PEER_CONNS < MR_WIRE_LISTENER_CONNS, "one client cannot take a whole port");

#endif
