/* enip_symbols.h - what a Logix controller tells of its tags; not for others. */
#ifndef MR_PROTO_ENIP_SYMBOLS_H
#define MR_PROTO_ENIP_SYMBOLS_H

#include "proto/enip/enip_serve.h"

/* Get Instance Attribute List by a path that begins with a program's name. */
mr_enip_service_fn mr_enip_list_program;
/* Get Attribute List of one tag's symbol. */
enum mr_cip_status mr_enip_symbol_attributes(struct mr_enip_call *c, struct mr_enip_ask *q, uint32_t tag, struct mr_writer *w);

/* The objects: class 0x6B, 0x6C, and 0x72, which reads the controller's memory where attribute 3 of a symbol says it lies. */
uint32_t mr_enip_last_symbol(const struct mr_enip_device *d);
bool mr_enip_has_symbol(const struct mr_enip_device *d, uint32_t instance);
enum mr_cip_status mr_enip_get_symbol(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w);
mr_enip_service_fn mr_enip_serve_symbols;
uint32_t mr_enip_last_template(const struct mr_enip_device *d);
bool mr_enip_has_template(const struct mr_enip_device *d, uint32_t instance);
enum mr_cip_status mr_enip_get_template(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w);
mr_enip_service_fn mr_enip_serve_template;
mr_enip_service_fn mr_enip_serve_memory;

#endif
