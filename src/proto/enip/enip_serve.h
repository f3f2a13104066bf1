/* enip_serve.h - between an EtherNet/IP server's parts: the message router, objects, tags, connections; not for others. */
#ifndef MR_PROTO_ENIP_SERVE_H
#define MR_PROTO_ENIP_SERVE_H

#include "proto/enip/enip_device.h"

/* A request being served. */
struct mr_enip_call {
    struct mr_enip_device *d;
    uint32_t client;
    uint32_t session;
    mr_ns now;
    uint8_t rights;
    bool embedded; /* in a Multiple Service Packet */
    uint8_t service;
    /* of a failure: additional status */
    uint8_t nextended;
    uint16_t extended[2];
    /* of a Forward Open: where produced data shall go, and which group they go to */
    uint16_t t_o_port;
    bool grouped;
    struct mr_enip_peer group;
};

/* What a service gets. It writes its answer's data, and returns the general status; what it has written is sent with a failure
 * too. Where `w` gets full the answer is MR_CIP_REPLY_TOO_LARGE. */
struct mr_enip_ask {
    uint8_t service;
    struct mr_slice path;
    struct mr_cip_target target; /* of paths that are not tags' */
    struct mr_reader data;
};
typedef enum mr_cip_status mr_enip_service_fn(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w);

/* enip_router.c: answers one request; `w` is as large as the answer may be, and at least MR_ENIP_ANSWER_MIN bytes. */
#define MR_ENIP_ANSWER_MIN 8
void mr_enip_serve(struct mr_enip_call *c, struct mr_slice request, struct mr_writer *w);
static inline enum mr_cip_status mr_enip_fail(struct mr_enip_call *c, enum mr_cip_status status, uint16_t extended)
{
    c->nextended = 1;
    c->extended[0] = extended;
    return status;
}
/* True where the client has the right; reports a denial otherwise. */
bool mr_enip_may(struct mr_enip_call *c, uint8_t right, const struct mr_enip_ask *q);
enum mr_cip_status mr_enip_deny(struct mr_enip_call *c, const struct mr_enip_ask *q);
/* The message router as an object: its attributes, and the Multiple Service Packet. */
enum mr_cip_status mr_enip_get_router(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w);
mr_enip_service_fn mr_enip_serve_router;

/* enip_objects.c, enip_controller.c: objects with attributes. */
struct mr_enip_object {
    uint16_t class_id;
    uint16_t revision;
    /* Largest instance there may be, and whether one is there. */
    uint32_t (*last)(const struct mr_enip_device *d);
    bool (*has)(const struct mr_enip_device *d, uint32_t instance);
    /* What Get_Attributes_All gives, and all there are. */
    const uint8_t *all;
    uint8_t nall;
    enum mr_cip_status (*get)(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w);
    enum mr_cip_status (*set)(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_reader *in);
    /* Other services; may be NULL. MR_CIP_BAD_SERVICE where it has none of the kind. */
    mr_enip_service_fn *other;
};
extern const struct mr_enip_object mr_enip_network_objects[];
extern const size_t mr_enip_network_objects_n;
extern const struct mr_enip_object mr_enip_logix_objects[];
extern const size_t mr_enip_logix_objects_n;

mr_enip_service_fn mr_enip_serve_tag;    /* enip_logix.c */
mr_enip_service_fn mr_enip_forward_open; /* enip_connect.c */
mr_enip_service_fn mr_enip_forward_close;

/* enip_connect.c */
struct mr_enip_connection *mr_enip_find_connection(struct mr_enip_device *d, uint32_t o_t_id);
void mr_enip_end_connection(struct mr_enip_device *d, struct mr_enip_connection *c, enum mr_enip_event_kind why);
void mr_enip_end_session(struct mr_enip_device *d, uint32_t session);
/* Whether a route leads here; else what the connection manager says of it. */
enum mr_cip_status mr_enip_check_route(struct mr_enip_call *c, struct mr_slice route);
mr_ns mr_enip_timeout(const struct mr_enip_connection *c);
/* Connections that may be live are the first so many; and that number made as small as it can be. */
uint16_t mr_enip_connections_used(const struct mr_enip_device *d);
void mr_enip_connections_trim(struct mr_enip_device *d);
uint32_t mr_enip_group(const struct mr_enip_device *d); /* for multicast */
/* An assembly's bytes; what lies outside the image reads as 0. */
void mr_enip_assembly_read(const struct mr_enip_device *d, const struct mr_enip_assembly *a, struct mr_writer *w);
void mr_enip_assembly_write(const struct mr_enip_device *d, const struct mr_enip_assembly *a, struct mr_slice bytes);

/* enip_device.c */
uint8_t mr_enip_device_state(const struct mr_enip_device *d); /* of the identity object */
void mr_enip_report(struct mr_enip_device *d, struct mr_enip_event ev);
uint32_t mr_enip_lookup(const struct mr_enip_device *d, struct mr_slice program, struct mr_slice name);
bool mr_enip_same_name(struct mr_slice a, struct mr_slice b);

/* Strings: with two bytes of length, with one. */
void mr_enip_write_string(struct mr_writer *w, const char *s);
void mr_enip_write_short_string(struct mr_writer *w, const char *s);

#endif
