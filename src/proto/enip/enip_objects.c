/* enip_objects.c - objects that every EtherNet/IP device has: Identity, Message Router, Assembly, Connection Manager (Volume 1,
 * chapters 3 and 5), Port (Volume 1, chapter 7), TCP/IP Interface and Ethernet Link (Volume 2, chapter 5). */
#include "proto/enip/enip_serve.h"

static uint32_t one(const struct mr_enip_device *d)
{
    (void)d;
    return 1;
}

static bool is_one(const struct mr_enip_device *d, uint32_t instance)
{
    (void)d;
    return instance == 1;
}

/* --- Identity --------------------------------------------------------------------------------------------------------------- */

enum { VENDOR = 1, DEVICE_TYPE, PRODUCT_CODE, REVISION, STATUS, SERIAL, PRODUCT_NAME, STATE };
static const uint8_t identity_all[] = {VENDOR, DEVICE_TYPE, PRODUCT_CODE, REVISION, STATUS, SERIAL, PRODUCT_NAME};

static enum mr_cip_status get_identity(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    const struct mr_enip_identity *id = c->d->identity;
    if (instance == 0) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    switch (attribute) {
    case VENDOR:
        mr_write_u16le(w, id->vendor);
        return MR_CIP_OK;
    case DEVICE_TYPE:
        mr_write_u16le(w, id->type);
        return MR_CIP_OK;
    case PRODUCT_CODE:
        mr_write_u16le(w, id->product);
        return MR_CIP_OK;
    case REVISION:
        mr_write_u8(w, id->major);
        mr_write_u8(w, id->minor);
        return MR_CIP_OK;
    case STATUS:
        mr_write_u16le(w, mr_enip_device_status(c->d));
        return MR_CIP_OK;
    case SERIAL:
        mr_write_u32le(w, id->serial);
        return MR_CIP_OK;
    case PRODUCT_NAME:
        mr_enip_write_short_string(w, id->name);
        return MR_CIP_OK;
    case STATE:
        mr_write_u8(w, mr_enip_device_state(c->d));
        return MR_CIP_OK;
    default:
        return MR_CIP_BAD_ATTRIBUTE;
    }
}

/* Reset: type 0 restarts, 1 and 2 restart with factory settings; tools also send the type in a path. */
static enum mr_cip_status serve_identity(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    (void)w;
    if (q->service != MR_CIP_RESET || q->target.instance == 0) {
        return MR_CIP_BAD_SERVICE;
    }
    uint8_t type = mr_reader_left(&q->data) > 0 ? mr_read_u8(&q->data) : 0;
    if (!mr_enip_may(c, MR_ENIP_MAY_CONTROL, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (type > 2) {
        return MR_CIP_BAD_PARAMETER;
    }
    if (mr_reader_left(&q->data) > 0) {
        return MR_CIP_TOO_MUCH_DATA;
    }
    if (c->d->settings->reset_off || c->d->settings->key == MR_ENIP_KEY_RUN || c->d->state->locked) {
        (void)mr_enip_deny(c, q);
        return MR_CIP_DEVICE_STATE;
    }
    mr_enip_report(c->d, (struct mr_enip_event){.kind = MR_ENIP_EV_RESET,
                                                .service = q->service,
                                                .class_id = MR_CIP_IDENTITY,
                                                .instance = 1,
                                                .count = type,
                                                .tag = MR_ENIP_NO_TAG,
                                                .client = c->client});
    return MR_CIP_OK;
}

/* --- Assembly --------------------------------------------------------------------------------------------------------------- */

enum { ASSEMBLY_DATA = 3, ASSEMBLY_SIZE = 4 };

static const struct mr_enip_assembly *find_assembly(const struct mr_enip_device *d, uint32_t instance)
{
    for (uint16_t i = 0; i < d->nassemblies; i++) {
        if (d->assemblies[i].instance == instance) {
            return &d->assemblies[i];
        }
    }
    return NULL;
}

static uint32_t last_assembly(const struct mr_enip_device *d)
{
    uint32_t last = 0;
    for (uint16_t i = 0; i < d->nassemblies; i++) {
        last = d->assemblies[i].instance > last ? d->assemblies[i].instance : last;
    }
    return last;
}

static bool has_assembly(const struct mr_enip_device *d, uint32_t instance)
{
    return find_assembly(d, instance) != NULL;
}

/* Input and output have bytes in the image, the others none. */
static uint16_t assembly_bytes(const struct mr_enip_assembly *a)
{
    return a->kind == MR_ENIP_INPUT || a->kind == MR_ENIP_OUTPUT ? a->bytes : 0;
}

static enum mr_cip_status get_assembly(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    const struct mr_enip_assembly *a = find_assembly(c->d, instance);
    if (!a || (attribute != ASSEMBLY_DATA && attribute != ASSEMBLY_SIZE)) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    if (attribute == ASSEMBLY_SIZE) {
        mr_write_u16le(w, assembly_bytes(a));
        return MR_CIP_OK;
    }
    mr_enip_assembly_read(c->d, a, w);
    return MR_CIP_OK;
}

static bool is_owned(const struct mr_enip_device *d, const struct mr_enip_assembly *a)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        const struct mr_enip_connection *o = &d->connections[i];
        if (o->live && o->kind == MR_ENIP_OWNER && o->consumed < d->nassemblies && &d->assemblies[o->consumed] == a) {
            return true;
        }
    }
    return false;
}

static enum mr_cip_status set_assembly(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_reader *in)
{
    const struct mr_enip_assembly *a = find_assembly(c->d, instance);
    if (attribute != ASSEMBLY_DATA || a->kind != MR_ENIP_OUTPUT) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    if (is_owned(c->d, a)) {
        return MR_CIP_STATE_CONFLICT;
    }
    if (mr_reader_left(in) < a->bytes) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (mr_reader_left(in) > a->bytes) {
        return MR_CIP_TOO_MUCH_DATA;
    }
    mr_enip_assembly_write(c->d, a, mr_read_bytes(in, a->bytes));
    return MR_CIP_OK;
}

/* --- Connection Manager ----------------------------------------------------------------------------------------------------- */

static enum mr_cip_status get_nothing(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    (void)c, (void)instance, (void)attribute, (void)w;
    return MR_CIP_BAD_ATTRIBUTE;
}

static enum mr_cip_status serve_connections(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    if (q->target.instance != 1) {
        return MR_CIP_BAD_SERVICE;
    }
    switch (q->service) {
    case MR_CIP_FORWARD_OPEN:
        return mr_enip_forward_open(c, q, w);
    case MR_CIP_LARGE_FORWARD_OPEN:
        return c->d->personality->connection_max > MR_CIP_SMALL_CONNECTION ? mr_enip_forward_open(c, q, w) : MR_CIP_BAD_SERVICE;
    case MR_CIP_FORWARD_CLOSE:
        return mr_enip_forward_close(c, q, w);
    default:
        return MR_CIP_BAD_SERVICE;
    }
}

/* --- Port ------------------------------------------------------------------------------------------------------------------- */

/* Instance 1 is the backplane, 2 Ethernet; where there is no chassis Ethernet alone is there, as instance 1. */
enum { PORT_TYPE = 1, PORT_NUMBER = 2, PORT_LINK = 3, PORT_NAME = 4, PORT_NODE = 7, PORT_ENTRY = 8, PORT_LIST = 9 };
enum { TYPE_BACKPLANE = 1, TYPE_ETHERNET_IP = 4 };
static const uint8_t port_all[] = {PORT_TYPE, PORT_NUMBER, PORT_LINK, PORT_NAME, PORT_NODE};

static uint32_t last_port(const struct mr_enip_device *d)
{
    return d->personality->chassis ? 2 : 1;
}

static bool has_port(const struct mr_enip_device *d, uint32_t instance)
{
    return instance >= 1 && instance <= last_port(d);
}

static enum mr_cip_status get_port_class(const struct mr_enip_device *d, uint32_t attribute, struct mr_writer *w)
{
    if (attribute == PORT_ENTRY) {
        mr_write_u16le(w, (uint16_t)last_port(d));
        return MR_CIP_OK;
    }
    if (attribute != PORT_LIST) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    mr_write_u32le(w, 0); /* instance 0 */
    for (uint32_t i = 1; i <= last_port(d); i++) {
        mr_write_u16le(w, i == last_port(d) ? TYPE_ETHERNET_IP : TYPE_BACKPLANE);
        mr_write_u16le(w, (uint16_t)(d->personality->chassis ? i : 2));
    }
    return MR_CIP_OK;
}

static enum mr_cip_status get_port(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    bool ethernet = instance == last_port(c->d);
    uint16_t number = (uint16_t)(ethernet ? 2 : 1);
    if (instance == 0) {
        return get_port_class(c->d, attribute, w);
    }
    switch (attribute) {
    case PORT_TYPE:
        mr_write_u16le(w, ethernet ? TYPE_ETHERNET_IP : TYPE_BACKPLANE);
        return MR_CIP_OK;
    case PORT_NUMBER:
        mr_write_u16le(w, number);
        return MR_CIP_OK;
    case PORT_LINK:
        mr_write_u16le(w, ethernet ? 2 : 0); /* words */
        if (ethernet) {
            mr_cip_write_logical(w, MR_CIP_SEG_CLASS, MR_CIP_TCP_IP);
            mr_cip_write_logical(w, MR_CIP_SEG_INSTANCE, 1);
        }
        return MR_CIP_OK;
    case PORT_NAME:
        mr_enip_write_short_string(w, ethernet ? "Ethernet" : "Backplane");
        return MR_CIP_OK;
    case PORT_NODE:
        mr_write_u8(w, (uint8_t)number);
        mr_write_u8(w, ethernet ? 0 : c->d->personality->slot);
        return MR_CIP_OK;
    default:
        return MR_CIP_BAD_ATTRIBUTE;
    }
}

/* --- TCP/IP Interface ------------------------------------------------------------------------------------------------------- */

enum {
    IP_STATUS = 1,
    IP_CAPABILITY,
    IP_CONTROL,
    IP_LINK,
    IP_CONFIGURATION,
    IP_HOST,
    IP_TTL = 8,
    IP_MULTICAST,
    IP_INACTIVITY = 13
};
static const uint8_t ip_all[] = {IP_STATUS, IP_CAPABILITY, IP_CONTROL, IP_LINK, IP_CONFIGURATION, IP_HOST};

static void write_even_string(struct mr_writer *w, const char *s)
{
    mr_enip_write_string(w, s);
    mr_write_fill(w, 0, strlen(s) % 2);
}

static enum mr_cip_status get_ip(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    const struct mr_enip_interface *i = c->d->interface;
    if (instance == 0) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    switch (attribute) {
    case IP_STATUS: /* 1: configured, from memory or hardware */
        mr_write_u32le(w, 1);
        return MR_CIP_OK;
    case IP_CAPABILITY: /* no BOOTP, DHCP, DNS, and nothing to be set */
    case IP_CONTROL:    /* 0: from memory */
        mr_write_u32le(w, 0);
        return MR_CIP_OK;
    case IP_LINK:
        mr_write_u16le(w, 2); /* words */
        mr_cip_write_logical(w, MR_CIP_SEG_CLASS, MR_CIP_ETHERNET_LINK);
        mr_cip_write_logical(w, MR_CIP_SEG_INSTANCE, 1);
        return MR_CIP_OK;
    case IP_CONFIGURATION:
        mr_write_u32le(w, i->ip);
        mr_write_u32le(w, i->mask);
        mr_write_u32le(w, i->gateway);
        mr_write_fill(w, 0, 8);   /* name servers */
        write_even_string(w, ""); /* domain */
        return MR_CIP_OK;
    case IP_HOST:
        write_even_string(w, i->host);
        return MR_CIP_OK;
    case IP_TTL:
        mr_write_u8(w, 1);
        return MR_CIP_OK;
    case IP_MULTICAST: /* by the default algorithm; one group */
        mr_write_u16le(w, 0);
        mr_write_u16le(w, 1);
        mr_write_u32le(w, mr_enip_group(c->d));
        return MR_CIP_OK;
    case IP_INACTIVITY:
        mr_write_u16le(w, c->d->state->inactivity_s);
        return MR_CIP_OK;
    default:
        return MR_CIP_BAD_ATTRIBUTE;
    }
}

static enum mr_cip_status set_ip(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_reader *in)
{
    (void)instance;
    if (attribute != IP_INACTIVITY) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    uint16_t seconds = mr_read_u16le(in);
    if (in->bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (seconds > 3600) {
        return MR_CIP_BAD_ATTRIBUTE_VALUE;
    }
    c->d->state->inactivity_s = seconds;
    return MR_CIP_OK;
}

/* --- Ethernet Link ---------------------------------------------------------------------------------------------------------- */

enum { LINK_SPEED = 1, LINK_FLAGS = 2, LINK_MAC = 3, LINK_TYPE = 7, LINK_STATE = 8, LINK_ADMIN = 9, LINK_LABEL = 10 };
static const uint8_t link_all[] = {LINK_SPEED, LINK_FLAGS, LINK_MAC};

static enum mr_cip_status get_link(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    enum { UP = 1, FULL_DUPLEX = 2, NEGOTIATED = 3 << 2, TWISTED_PAIR = 2, ENABLED = 1 };
    if (instance == 0) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    switch (attribute) {
    case LINK_SPEED:
        mr_write_u32le(w, c->d->interface->speed_mbps);
        return MR_CIP_OK;
    case LINK_FLAGS:
        mr_write_u32le(w, UP | FULL_DUPLEX | NEGOTIATED);
        return MR_CIP_OK;
    case LINK_MAC:
        mr_write_bytes(w, mr_slice(c->d->interface->mac, sizeof c->d->interface->mac));
        return MR_CIP_OK;
    case LINK_TYPE:
        mr_write_u8(w, TWISTED_PAIR);
        return MR_CIP_OK;
    case LINK_STATE:
    case LINK_ADMIN:
        mr_write_u8(w, ENABLED);
        return MR_CIP_OK;
    case LINK_LABEL:
        mr_enip_write_short_string(w, "Ethernet");
        return MR_CIP_OK;
    default:
        return MR_CIP_BAD_ATTRIBUTE;
    }
}

#define ALL(a) a, sizeof a
const struct mr_enip_object mr_enip_network_objects[] = {
    {MR_CIP_IDENTITY, 1, one, is_one, ALL(identity_all), get_identity, NULL, serve_identity},
    {MR_CIP_MESSAGE_ROUTER, 1, one, is_one, NULL, 0, mr_enip_get_router, NULL, mr_enip_serve_router},
    {MR_CIP_ASSEMBLY, 2, last_assembly, has_assembly, NULL, 0, get_assembly, set_assembly, NULL},
    {MR_CIP_CONNECTION_MANAGER, 1, one, is_one, NULL, 0, get_nothing, NULL, serve_connections},
    {MR_CIP_PORT, 1, last_port, has_port, ALL(port_all), get_port, NULL, NULL},
    {MR_CIP_TCP_IP, 4, one, is_one, ALL(ip_all), get_ip, set_ip, NULL},
    {MR_CIP_ETHERNET_LINK, 4, one, is_one, ALL(link_all), get_link, NULL, NULL},
};
const size_t mr_enip_network_objects_n = sizeof mr_enip_network_objects / sizeof mr_enip_network_objects[0];
