/* enip_device.h - what an EtherNet/IP server answers for: a device with its tags and assemblies on the process image, an
 * identity, security settings it obeys, its connections and its state. The device that owns all of these shares one struct
 * mr_enip_device among its sessions (enip_server.h), datagrams and implicit connections (enip_io.h). Settings, state and
 * connections have field tables; the others are content. */
#ifndef MR_PROTO_ENIP_DEVICE_H
#define MR_PROTO_ENIP_DEVICE_H

#include "base/arena.h"
#include "base/time.h"
#include "image/image.h"
#include "proto/enip/cip_codec.h"
#include "proto/enip/enip_codec.h"

/* --- content ---------------------------------------------------------------------------------------------------------------- */

/* A member of a structure: elementary, a structure, or an array of either. */
struct mr_enip_member {
    const char *name;
    uint16_t type;  /* enum mr_cip_type; not counted where `structure` is there */
    uint16_t count; /* of an array; 0 for a single one */
    uint8_t bit;    /* of a BOOL in the byte at `offset` */
    uint16_t offset;
    const struct mr_enip_template *structure;
    uint16_t
        bools; /* of a DWORD or an array of them that stands for an array of BOOL, as Logix controllers have it: of how many */
    bool host; /* the integer that BOOLs are bits of: definitions name it, and it has no place of its own */
};
struct mr_enip_template {
    uint16_t id;     /* 1 to 0xFFF */
    uint16_t handle; /* checksum of the structure's definition */
    const char *name;
    uint16_t bytes; /* of one structure: a multiple of four */
    const struct mr_enip_member *members;
    uint16_t nmembers;
    bool text; /* a string: its members, a DINT with the length and an array of SINT, are of one place of type STRING */
};
#define MR_ENIP_NEST_MAX 8 /* structures within structures */
/* Places that one structure takes: one a member (an array's elements one after the other), but each structure's within it its
 * own. */
uint32_t mr_enip_template_places(const struct mr_enip_template *t);
/* Whether its members lie inside it, and it is neither too large nor too deep. */
bool mr_enip_template_fits(const struct mr_enip_template *t);
#define MR_ENIP_STRING_ID     0xFCE /* a Logix controller's own STRING: 82 characters */
#define MR_ENIP_STRING_HANDLE 0x0FCE
#define MR_ENIP_STRING_CHARS  82

/* A tag. Its elements lie at `places`: of a single place, one after the other in the image from it on (bits too); else element i
 * at places[i]. Of a structure, those of element i from places[i * mr_enip_template_places()] on, in the order of its members.
 * Values are converted where the place has another type; a place outside the image reads as 0. */
#define MR_ENIP_TAG_NAME_MAX 40 /* letters of a tag or member */
struct mr_enip_tag {
    const char *name;
    uint16_t program; /* 0: the controller's; else programs[program - 1] */
    uint16_t type;    /* enum mr_cip_type; not counted where `structure` is there */
    const struct mr_enip_template *structure;
    uint32_t dims[3]; /* sizes of an array's dimensions; 0 for those it has not */
    uint32_t bools;   /* of DWORDs that stand for an array of BOOL, a byte each from the place on: of how many; else 0 */
    const struct mr_place *places;
    uint32_t nplaces;
    bool read_only;
    bool hidden; /* no external access */
};

/* An assembly: bytes of the image. */
enum mr_enip_assembly_kind {
    MR_ENIP_INPUT,       /* produced: what an originator reads */
    MR_ENIP_OUTPUT,      /* consumed: what its owner writes */
    MR_ENIP_CONFIG,      /* configuration, taken and kept nowhere */
    MR_ENIP_INPUT_ONLY,  /* heartbeat of input-only connections: no data */
    MR_ENIP_LISTEN_ONLY, /* heartbeat of listen-only connections */
};
struct mr_enip_assembly {
    uint16_t instance;
    uint8_t kind; /* enum mr_enip_assembly_kind */
    enum mr_area area;
    uint32_t byte;
    uint16_t bytes;
};

struct mr_enip_identity {
    uint16_t vendor, type, product;
    uint8_t major, minor;
    uint32_t serial;
    const char *name; /* at most 32 characters */
};

/* What the objects of the network interface say. */
struct mr_enip_interface {
    uint32_t ip, mask, gateway; /* host byte order */
    uint8_t mac[6];
    const char *host; /* also the name of a Logix controller's program */
    uint32_t speed_mbps;
};

/* What a product does. */
struct mr_enip_personality {
    bool logix;              /* a Logix controller: tags, symbols, mode; else an adapter with assemblies only */
    uint8_t slot;            /* of the controller in its chassis */
    bool chassis;            /* requests may be routed to that slot; else port segments are refused */
    uint16_t connection_max; /* of a connection, in bytes, at most MR_ENIP_CONNECTION_MAX; over 511 with Large Forward Open */
    bool refuse_close;       /* a client that the access list does not know is disconnected; otherwise services are refused */
    bool run_idle_header;    /* consumed data begin with it, as Logix originators send them */
    mr_ns rpi_min;           /* fastest implicit connection */
    mr_ns partial;           /* for a message begun to end; 0: for ever */
    uint32_t memory;         /* bytes of controller memory that class 0x72 reads */
};
extern const struct mr_enip_personality mr_enip_default_personality;

/* --- settings --------------------------------------------------------------------------------------------------------------- */

enum { MR_ENIP_MAY_READ = 1, MR_ENIP_MAY_WRITE = 2, MR_ENIP_MAY_CONTROL = 4, MR_ENIP_MAY_ALL = 7 };
#define MR_ENIP_ACCESS_MAX 32
struct mr_enip_access {
    uint32_t network, mask; /* IPv4, host byte order */
    uint8_t rights;
};
enum mr_enip_key { MR_ENIP_KEY_REMOTE, MR_ENIP_KEY_RUN, MR_ENIP_KEY_PROGRAM };
struct mr_enip_settings {
    bool access_list;     /* off: every client may do everything */
    bool write_protected; /* tags and attributes cannot be written */
    bool browse_off;      /* symbols, templates and controller memory cannot be read */
    bool mode_off;        /* mode cannot be changed by communication, whatever the key */
    bool reset_off;
    bool clock_off; /* the clock cannot be set */
    bool io_off;    /* no implicit connections */
    bool silent;    /* List Identity is not answered over UDP */
    uint8_t key;    /* enum mr_enip_key: only in REMOTE may the mode be changed; in RUN nothing is reset */
    uint32_t naccess;
    struct mr_enip_access access[MR_ENIP_ACCESS_MAX];
};
extern const struct mr_type mr_enip_settings_type;
void mr_enip_settings_init(struct mr_enip_settings *s);
uint8_t mr_enip_rights(const struct mr_enip_settings *s, uint32_t client);

/* --- state ------------------------------------------------------------------------------------------------------------------ */

enum mr_enip_event_kind {
    MR_ENIP_EV_WRITE,   /* tag, element, count */
    MR_ENIP_EV_SET,     /* an attribute: class_id, instance, attribute */
    MR_ENIP_EV_START,   /* the device's program obeys state->running */
    MR_ENIP_EV_STOP,    /* */
    MR_ENIP_EV_RESET,   /* the device closes its sessions; connections are gone */
    MR_ENIP_EV_UNLOCK,  /* */
    MR_ENIP_EV_CLOCK,   /* */
    MR_ENIP_EV_BROWSE,  /* the symbols were listed from the first one on */
    MR_ENIP_EV_IO_OPEN, /* instance: assembly consumed or, where none is, produced */
    MR_ENIP_EV_IO_CLOSE,
    MR_ENIP_EV_IO_LOST, /* it timed out */
    MR_ENIP_EV_IO_RUN,  /* count: 1 where the owner's data began to count, 0 where it went idle */
    MR_ENIP_EV_DENIED,  /* by settings; service, class_id or tag */
};
#define MR_ENIP_NO_TAG UINT32_MAX
struct mr_enip_event {
    uint8_t kind; /* enum mr_enip_event_kind */
    uint8_t service;
    uint16_t others; /* further events after this one, for which there was no room */
    uint16_t class_id, attribute;
    uint32_t instance;
    uint32_t tag; /* index, or MR_ENIP_NO_TAG */
    uint32_t element, count;
    uint32_t client;
};

#define MR_ENIP_EVENTS 32 /* between two calls of mr_enip_next_event(); a packet of writes can make more */
struct mr_enip_state {
    bool running; /* RUN or PROGRAM; the device's program obeys */
    bool locked;  /* by an engineering tool: mode changes and resets are refused until it is unlocked */
    bool faulted; /* major fault; set by the device */
    bool summer_time;
    uint64_t clock; /* what the wall clock is ahead of site time, ns since 1970 */
    uint32_t next_session;
    uint32_t next_connection;
    uint16_t inactivity_s; /* encapsulation inactivity timeout; 0: none */
    uint16_t nused;        /* connections from here on are free: most devices have a few of many */
    uint32_t nevents;
    struct mr_enip_event events[MR_ENIP_EVENTS];
};
extern const struct mr_type mr_enip_state_type;
/* Running, unlocked, with the default timeout of 120 s. */
void mr_enip_state_init(struct mr_enip_state *s);

/* A connection that somebody opened to us. */
enum mr_enip_connection_kind { MR_ENIP_EXPLICIT, MR_ENIP_OWNER, MR_ENIP_INPUT_ONLY_CONN, MR_ENIP_LISTENER };
struct mr_enip_connection {
    bool live;
    uint8_t kind;     /* enum mr_enip_connection_kind */
    uint32_t session; /* that opened it; an explicit one ends with it */
    uint32_t client;
    uint16_t serial, vendor; /* with the originator's serial number, what names it */
    uint32_t originator;
    uint32_t o_t_id, t_o_id;
    uint32_t o_t_rpi_us, t_o_rpi_us;
    uint16_t o_t_size, t_o_size; /* sequence count and header included */
    uint8_t multiplier;          /* of the timeout, as in the request */
    bool multicast;
    bool started; /* something has been received */
    bool run;     /* as the owner's header says */
    mr_ns heard, due;
    uint32_t sequence_out, sequence_in; /* of sequenced address items */
    uint16_t count_out, count_in;       /* of class 1 data */
    uint16_t consumed, produced;        /* assembly index, or UINT16_MAX */
    uint32_t peer_ip;                   /* where produced data go */
    uint16_t peer_port;
};
extern const struct mr_type mr_enip_connection_type;

/* Where a session keeps a message, or an answer, that is too long for its own buffer (enip_server.h), while that is under way. */
struct mr_enip_large {
    bool live;
    uint32_t n;
    uint8_t bytes[MR_ENIP_MESSAGE_MAX];
};
extern const struct mr_type mr_enip_large_type;

/* --- the device ------------------------------------------------------------------------------------------------------------- */

struct mr_enip_slot;
struct mr_enip_device {
    struct mr_image *image;
    const struct mr_enip_tag *tags;
    uint32_t ntags;
    const char *const *programs; /* "Program:Main" */
    uint16_t nprograms;
    const struct mr_enip_template *templates;
    uint16_t ntemplates;
    const struct mr_enip_assembly *assemblies;
    uint16_t nassemblies;
    const struct mr_enip_identity *identity;
    const struct mr_enip_interface *interface;
    const struct mr_enip_personality *personality;
    const struct mr_enip_settings *settings;
    struct mr_enip_state *state;
    struct mr_enip_connection *connections; /* records of the arena */
    uint16_t nconnections;                  /* at most MR_ENIP_CONNECTIONS_MAX */
    struct mr_enip_large *large;            /* records of the arena */
    uint16_t nlarge;
    /* set by mr_enip_device_init() */
    struct mr_enip_slot *index; /* tags by name */
    uint32_t nindex;
    uint32_t *address; /* of each tag in the controller's memory, and after the last */
};
#define MR_ENIP_CONNECTIONS_MAX 255

/* Bytes of scratch memory that the index of a device's tags takes. */
size_t mr_enip_index_bytes(const struct mr_enip_device *d);
/* All content and records are set: builds the index in `scratch` (aligned to 16). False where the content makes no sense (a tag
 * without a name, two of one name, too few places, an unknown type, structures too deep in each other). */
bool mr_enip_device_init(struct mr_enip_device *d, void *scratch);

/* What has happened, in order; the owner asks after each feed and datagram. */
bool mr_enip_next_event(struct mr_enip_device *d, struct mr_enip_event *ev);
/* Index of a tag by its full name ("Level", "Program:Main.Pump"), any letter case; MR_ENIP_NO_TAG. */
uint32_t mr_enip_find_tag(const struct mr_enip_device *d, struct mr_slice name);
uint32_t mr_enip_tag_elements(const struct mr_enip_tag *t); /* 1 for a single one */
uint16_t mr_enip_tag_element_bytes(const struct mr_enip_tag *t);
/* The status word of the identity object. */
uint16_t mr_enip_device_status(const struct mr_enip_device *d);

#endif
