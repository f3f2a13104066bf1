/* enip_scanner.h - the originator's end of an implicit (class 1) connection: what a Forward Open asks for, and the datagrams of
 * UDP 2222 both ways. The Forward Open itself travels over an mr_enip_client as a raw request. */
#ifndef MR_PROTO_ENIP_SCANNER_H
#define MR_PROTO_ENIP_SCANNER_H

#include "proto/enip/cip_codec.h"
#include "proto/enip/enip_codec.h"
#include "proto/session.h"

#define MR_ENIP_SCANNER_BYTES 500 /* of data each way: what Forward Open can ask for */

/* What to connect to; content. */
struct mr_enip_scan {
    uint16_t config, output, input; /* assembly instances; `output` is the heartbeat's where nothing is sent */
    uint16_t output_bytes, input_bytes;
    bool multicast;       /* the data come to the group of the target */
    bool run_idle_header; /* before the data that are sent */
    mr_ns rpi;
    uint8_t multiplier; /* timeout: rpi * 4 << multiplier */
    uint16_t vendor;
    uint32_t serial;
};
struct mr_enip_scanner {
    const struct mr_enip_scan *scan; /* content, set by init */
    /* state */
    bool open;
    bool fresh; /* data have come since mr_enip_scanner_take() */
    bool run;   /* what its header shall say */
    uint16_t number;
    uint32_t o_t_id, t_o_id;
    uint32_t sequence_out, sequence_in;
    uint16_t count_out;
    bool started;
    uint32_t o_t_rpi_us, t_o_rpi_us;
    mr_ns heard, due;
    uint8_t output[MR_ENIP_SCANNER_BYTES];
    uint8_t input[MR_ENIP_SCANNER_BYTES];
};
extern const struct mr_type mr_enip_scanner_type;

void mr_enip_scanner_init(struct mr_enip_scanner *s, const struct mr_enip_scan *scan);
/* CIP bytes for mr_enip_client_raw(), unconnected. Each opening has its own number. */
void mr_enip_scanner_open_request(struct mr_enip_scanner *s, struct mr_writer *w);
/* The answer's data; false where they are none. */
bool mr_enip_scanner_opened(struct mr_enip_scanner *s, struct mr_slice data, mr_ns now);
void mr_enip_scanner_close_request(const struct mr_enip_scanner *s, struct mr_writer *w);
void mr_enip_scanner_close(struct mr_enip_scanner *s);
/* A datagram of UDP 2222; others' are ignored. */
void mr_enip_scanner_datagram(struct mr_enip_scanner *s, struct mr_slice in, mr_ns now);
/* True where data have come since it was asked last; they are in `input`. */
bool mr_enip_scanner_take(struct mr_enip_scanner *s);
/* True where `w` has a datagram to send; the connection is closed where it has timed out. */
bool mr_enip_scanner_due(struct mr_enip_scanner *s, mr_ns now, struct mr_writer *w);
mr_ns mr_enip_scanner_deadline(const struct mr_enip_scanner *s);

#endif
