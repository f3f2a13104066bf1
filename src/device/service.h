/* service.h - server sessions of any protocol on a listening port: a pool of connections per device and service, fed from the
 * network, answered to it. What the protocol is, only its mr_session_ops and two calls of the device say. */
#ifndef MR_DEVICE_SERVICE_H
#define MR_DEVICE_SERVICE_H

#include "device/env.h"
#include "proto/session.h"

#define MR_SERVICE_UDP 2
struct mr_server_pool;

/* What a device does about its sessions. `session` is the record in the pool. */
struct mr_service_ops {
    const struct mr_session_ops *session;
    /* Prepares a record, once, when the site is built; then opens and closes it for each connection. open() may refuse. */
    void (*init)(void *device, void *session);
    bool (*open)(void *device, void *session, uint32_t client, mr_ns now);
    void (*close)(void *device, void *session);
    /* Works through what a feed brought about (next, reply). */
    void (*drain)(void *device, void *session, uint32_t client);
    /* A full pool makes room for a newcomer by closing the connection heard of longest ago (as the Modbus Messaging Guide V1.0b,
     * 4.2.2, advises), instead of refusing. */
    bool evicts;
    /* Bytes a second that one client may send, over all its connections; 0 without limit. Who sends more is cut off. May be
     * NULL. */
    uint32_t (*rate)(void *device);
    /* UDP: ports beside that of TCP, 0 for none, and who gets what arrives there while the service listens. May be NULL. */
    uint16_t udp[MR_SERVICE_UDP];
    void (*datagram)(void *device, const struct mr_net_event *ev);
    /* What the device itself has to do when time comes, beside its sessions. Both or none. */
    mr_ns (*deadline)(const void *device);
    void (*tick)(void *device, mr_ns now);
};

struct mr_services;
struct mr_services *mr_services_create(struct mr_env *env, uint16_t max);
/* A service on `node` at the port that `plan` says, with so many sessions at a time; more are closed at once, and so are those
 * from addresses that `admits` does not want. NULL where the arena is full. */
struct mr_server_pool *mr_service_add(struct mr_services *all, const struct mr_service_ops *ops, void *device,
                                      bool (*admits)(void *device, uint32_t client), uint16_t node, const struct mr_serve *plan);
/* Opens the port, or closes it and all its connections. */
void mr_service_listen(struct mr_server_pool *s, bool on);
/* Closes the connections that are not admitted any more, after an access list has changed. */
void mr_service_cut(struct mr_server_pool *s);
/* Deadlines may have come nearer by what the device did (a changed value to be reported): what is due is done now. */
void mr_service_wake(struct mr_server_pool *s);
/* After the network was lost: forgets all connections and listens again where it did. */
void mr_services_reset(struct mr_services *all);
/* ACCEPTED or DATAGRAM on a port; false where no service has it. */
bool mr_services_net(struct mr_services *all, const struct mr_net_event *ev);
uint16_t mr_services_count(const struct mr_services *all);
/* What listens where, for the hello. */
bool mr_service_info(const struct mr_services *all, uint16_t i, uint16_t *node, uint16_t *port, const char **protocol);
/* The k-th UDP port of an i-th service that there is; 0: it has none. */
uint16_t mr_service_udp(const struct mr_services *all, uint16_t i, size_t k);

#endif
