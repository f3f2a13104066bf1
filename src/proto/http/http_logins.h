/* http_logins.h - who is logged in at a device's pages: a small table of cookie sessions, state of the device.
 *
 * The token in the cookie is drawn from a random stream of the owner; its value says nothing. When the table is full the one
 * unused longest gives way. */
#ifndef MR_PROTO_HTTP_LOGINS_H
#define MR_PROTO_HTTP_LOGINS_H

#include "base/rng.h"
#include "base/time.h"
#include "proto/http/http_codec.h"

#define MR_HTTP_LOGINS      8
#define MR_HTTP_TOKEN_CHARS 32 /* 128 bits in hex */

struct mr_http_login {
    bool live;
    uint32_t user; /* the owner's number for it */
    mr_ns used;
    uint64_t token[2];
};
struct mr_http_logins {
    struct mr_http_login login[MR_HTTP_LOGINS];
};
extern const struct mr_type mr_http_logins_type;

/* Opens a session; `cookie` gets "NAME=TOKEN; Path=/; HttpOnly" for Set-Cookie. */
void mr_http_login(struct mr_http_logins *l, struct mr_rng *rng, uint32_t user, const char *name, mr_ns now, char *cookie,
                   size_t cap);
/* Whether a request's fields carry the cookie of a session that was used within `idle`, and whose it is. */
bool mr_http_logged_in(struct mr_http_logins *l, struct mr_slice fields, const char *name, mr_ns idle, mr_ns now, uint32_t *user);
void mr_http_logout(struct mr_http_logins *l, struct mr_slice fields, const char *name);
/* Ends every session of a user, as after a change of password. */
void mr_http_logout_user(struct mr_http_logins *l, uint32_t user);

#endif
