/* hello.h - what core tells wire about the site it has loaded: enough to build its network, nothing of protocols. */
#ifndef MR_SITE_HELLO_H
#define MR_SITE_HELLO_H

#include "base/bytes.h"
#include "base/err.h"
#include "net/firewall.h"
#include "net/topology.h"

#define MR_HELLO_SERVICES ((size_t)4 * MR_NODES_MAX)

struct mr_service {
    uint16_t node;
    uint16_t port;
    uint8_t proto; /* enum mr_fw_proto: TCP or UDP */
    char name[16]; /* "modbus", "http" */
};
struct mr_view_tag {
    char name[48];
    char unit[16];
    bool is_bool, writable;
    double lo, hi;
    double limits[4]; /* LL L H HH; NaN where there is none */
    uint16_t hmi;     /* device that polls it */
};

struct mr_hello {
    char site[48], scenario[48];
    int64_t step_ns;
    struct mr_topology topology;
    struct mr_fw_table rules;
    struct mr_service *services; /* what listens where */
    uint32_t nservices;
    struct mr_view_tag *tags;
    uint32_t ntags;
    struct mr_site_device {
        char name[32], kind[16], title_zh[64], title_en[64], vendor[32], model[32];
    } * devices;
    uint16_t ndevices;
};

/* Into bytes; and back into one heap block that the caller frees with free(). */
void mr_hello_encode(const struct mr_hello *h, struct mr_writer *w);
enum mr_err mr_hello_decode(struct mr_slice in, struct mr_hello **out);

#endif
