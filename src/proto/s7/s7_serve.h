/* s7_serve.h - between the session (s7_server.c) and the services; not for others. */
#ifndef MR_PROTO_S7_SERVE_H
#define MR_PROTO_S7_SERVE_H

#include "proto/s7/s7_server.h"

/* Answers one PDU; `w` has room for a packet. Nothing is written where there is no answer; false where it is no S7 PDU. */
bool mr_s7_serve_pdu(struct mr_s7_server *s, struct mr_slice pdu, mr_ns now, struct mr_writer *w);
/* Answers one request for user data (s7_userdata.c). */
bool mr_s7_serve_userdata(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now, struct mr_writer *w);
/* For the device's log; the session has made sure of room. */
void mr_s7_report(struct mr_s7_server *s, struct mr_s7_event ev);
/* Whether protection at this level is in force for this connection. */
bool mr_s7_protected(const struct mr_s7_server *s, uint8_t level);

#endif
