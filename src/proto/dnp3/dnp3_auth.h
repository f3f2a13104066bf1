/* dnp3_auth.h - Secure Authentication version 5 (IEEE 1815-2012, clause 7) as outstation and master share it: keys, HMAC-SHA-256
 * (FIPS 198-1), AES key wrap (RFC 3394), and the objects of group 120. Update keys are agreed beforehand. */
#ifndef MR_PROTO_DNP3_AUTH_H
#define MR_PROTO_DNP3_AUTH_H

#include "base/rng.h"
#include "proto/dnp3/dnp3_object.h"

#define MR_DNP3_KEY_MAX         32            /* octets of an update key or a session key */
#define MR_DNP3_MAC_BYTES       16            /* MAC algorithm 4: HMAC-SHA-256 cut to 16 octets */
#define MR_DNP3_CHALLENGE_BYTES 16            /* random data of a challenge; 4 at least (annex A.45) */
#define MR_DNP3_CHALLENGE_MAX   48            /* our challenge as a whole fragment */
#define MR_DNP3_STATUS_MAX      32            /* our key status object, without its MAC */
#define MR_DNP3_WRAPPED_MAX     160           /* session keys of the largest size with a key status, wrapped */
#define MR_DNP3_AUTH_USERS      2             /* users with session keys on one connection */
#define MR_DNP3_KEYS_VALID      (30 * MR_MIN) /* and so many uses, as clause 7 advises */
#define MR_DNP3_KEYS_USES       2000

enum mr_dnp3_mac_algorithm { MR_DNP3_MAC_NONE = 0, MR_DNP3_MAC_SHA256_8 = 3, MR_DNP3_MAC_SHA256_16 = 4 };
enum mr_dnp3_wrap_algorithm { MR_DNP3_WRAP_AES128 = 1, MR_DNP3_WRAP_AES256 = 2 };
enum mr_dnp3_key_status { MR_DNP3_KEYS_OK = 1, MR_DNP3_KEYS_NONE = 2, MR_DNP3_KEYS_COMM_FAIL = 3, MR_DNP3_KEYS_FAILED = 4 };
enum mr_dnp3_auth_error {
    MR_DNP3_AUTH_WRONG = 1,
    MR_DNP3_AUTH_NO_AGGRESSIVE = 4,
    MR_DNP3_AUTH_MAC_UNSUPPORTED = 5,
    MR_DNP3_AUTH_UNKNOWN_USER = 11,
};

/* Statistics, by their index in g121 (annex A.46). */
enum mr_dnp3_statistic {
    MR_DNP3_STAT_UNEXPECTED = 0,
    MR_DNP3_STAT_AUTHENTICATION_FAILURES = 2,
    MR_DNP3_STAT_REPLY_TIMEOUTS = 3,
    MR_DNP3_STAT_SENT = 5,
    MR_DNP3_STAT_RECEIVED = 6,
    MR_DNP3_STAT_CRITICAL_RECEIVED = 8,
    MR_DNP3_STAT_DISCARDED = 9,
    MR_DNP3_STAT_ERRORS_SENT = 10,
    MR_DNP3_STAT_ERRORS_RECEIVED = 11,
    MR_DNP3_STAT_SUCCESSES = 12,
    MR_DNP3_STAT_KEY_CHANGES = 13,
    MR_DNP3_STAT_FAILED_KEY_CHANGES = 14,
    MR_DNP3_STATISTICS = 18
};

struct mr_dnp3_user {
    uint16_t number;   /* 1: the default user */
    uint8_t key_bytes; /* of the update key: 16 or 32 */
    uint8_t key[MR_DNP3_KEY_MAX];
};
extern const struct mr_type mr_dnp3_user_type;

/* Session keys of one user on one connection. */
struct mr_dnp3_keys {
    uint16_t user;
    uint8_t status;    /* enum mr_dnp3_key_status; 0: the place is free */
    uint8_t key_bytes; /* of each */
    uint32_t sequence; /* key change sequence number */
    uint32_t uses;
    mr_ns until;
    uint8_t control[MR_DNP3_KEY_MAX], monitor[MR_DNP3_KEY_MAX]; /* by direction */
    uint8_t mac[MR_DNP3_MAC_BYTES];                             /* of the last change */
    uint32_t nstatus;
    uint8_t last_status[MR_DNP3_STATUS_MAX]; /* key status told last; the next change repeats it */
};
extern const struct mr_type mr_dnp3_keys_type;

struct mr_dnp3_auth {
    uint32_t csq; /* challenge sequence number */
    mr_ns until;  /* for the reply */
    uint32_t nchallenge;
    uint8_t challenge[MR_DNP3_CHALLENGE_MAX]; /* the last one as a fragment; MACs are over it too */
    struct mr_dnp3_keys keys[MR_DNP3_AUTH_USERS];
};
extern const struct mr_type mr_dnp3_auth_type;

/* HMAC-SHA-256 over two pieces, of which one may be empty, cut to `n` octets. */
void mr_dnp3_mac(uint8_t *out, size_t n, struct mr_slice key, struct mr_slice a, struct mr_slice b);
/* In a time that does not tell where they differ. */
bool mr_dnp3_mac_equal(struct mr_slice a, struct mr_slice b);
/* AES key wrap with a key of 16 or 32 octets; `plain.n` a multiple of 8, at least 16. `out` has plain.n + 8 octets. */
void mr_dnp3_wrap(uint8_t *out, struct mr_slice key, struct mr_slice plain);
/* The opposite; `out` has wrapped.n - 8 octets. False where the check fails or the length is none. */
bool mr_dnp3_unwrap(uint8_t *out, struct mr_slice key, struct mr_slice wrapped);
void mr_dnp3_random(struct mr_rng *rng, uint8_t *out, size_t n);

/* What a key status object (g120v5) tells; slices lie in the object. */
struct mr_dnp3_key_state {
    uint32_t sequence;
    uint16_t user;
    uint8_t wrap, status, mac_algorithm;
    struct mr_slice challenge, mac;
    struct mr_slice told; /* all but the MAC */
};
bool mr_dnp3_key_state_read(struct mr_slice object, struct mr_dnp3_key_state *k);

/* An object in free format (qualifier 5B) of which there is one: begin gives where its data begin, finish sets its length. */
size_t mr_dnp3_free_begin(struct mr_writer *w, uint8_t group, uint8_t variation);
void mr_dnp3_free_finish(struct mr_writer *w, size_t begin);
/* The first object, which must be one in free format. */
bool mr_dnp3_free_read(struct mr_reader *r, struct mr_dnp3_object *o, struct mr_slice *data);

#endif
