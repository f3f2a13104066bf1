/* dnp3_auth.h - Secure Authentication version 5 (IEEE 1815-2012, clause 7): challenge and reply with HMAC-SHA-256, aggressive mode,
 * session keys wrapped by the update key with AES (RFC 3394). Update keys are agreed beforehand. */
#ifndef MR_PROTO_DNP3_AUTH_H
#define MR_PROTO_DNP3_AUTH_H

#include "base/rng.h"
#include "proto/dnp3/dnp3_station.h"

#define MR_DNP3_MAC_BYTES       16 /* MAC algorithm 4: HMAC-SHA-256 cut to 16 octets, for networks */
#define MR_DNP3_CHALLENGE_BYTES 16 /* random data of a challenge */
#define MR_DNP3_CHALLENGE_MAX   64 /* a challenge as a whole fragment */
#define MR_DNP3_SESSION_KEY     16
#define MR_DNP3_STATUS_MAX      64 /* key status object */
#define MR_DNP3_AUTH_USERS      2  /* users with session keys on one connection */

/* Session keys of one user on one connection, of the outstation or of the master. */
struct mr_dnp3_keys {
    uint16_t user;
    uint8_t status;    /* enum mr_dnp3_key_status */
    uint32_t sequence; /* KSQ */
    uint32_t used;     /* messages authenticated with these keys */
    mr_ns until;       /* they are valid */
    uint8_t control[MR_DNP3_SESSION_KEY], monitor[MR_DNP3_SESSION_KEY];
    uint8_t mac[MR_DNP3_MAC_BYTES]; /* of the last change */
    uint32_t nlast;
    uint8_t last[MR_DNP3_STATUS_MAX]; /* key status object sent last: the next change repeats it */
};
extern const struct mr_type mr_dnp3_keys_type;

struct mr_dnp3_auth {
    uint32_t csq; /* challenge sequence number */
    mr_ns until;  /* for the reply */
    uint32_t nchallenge;
    uint8_t challenge[MR_DNP3_CHALLENGE_MAX]; /* the last one sent (by a master: received) as a fragment */
    struct mr_dnp3_keys keys[MR_DNP3_AUTH_USERS];
};
extern const struct mr_type mr_dnp3_auth_type;

enum mr_dnp3_key_status { MR_DNP3_KEYS_OK = 1, MR_DNP3_KEYS_NONE = 2, MR_DNP3_KEYS_COMM_FAIL = 3, MR_DNP3_KEYS_FAILED = 4 };

/* HMAC-SHA-256 over up to two pieces, cut to MR_DNP3_MAC_BYTES. */
void mr_dnp3_mac(uint8_t out[MR_DNP3_MAC_BYTES], const uint8_t *key, size_t key_bytes, struct mr_slice a, struct mr_slice b);
/* AES key wrap (RFC 3394) with a key of 16 or 32 octets; `n` a multiple of 8, at least 16. `out` has n + 8 octets. */
void mr_dnp3_wrap(uint8_t *out, const uint8_t *key, size_t key_bytes, struct mr_slice plain);
/* The opposite: `wrapped.n` - 8 octets; false where the check fails. */
bool mr_dnp3_unwrap(uint8_t *out, const uint8_t *key, size_t key_bytes, struct mr_slice wrapped);
/* In a time that does not tell where they differ. */
bool mr_dnp3_mac_equal(const uint8_t *a, const uint8_t *b, size_t n);

#endif
