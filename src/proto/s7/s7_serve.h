/* s7_serve.h - between the session (s7_server.c) and the services; not for others. */
#ifndef MR_PROTO_S7_SERVE_H
#define MR_PROTO_S7_SERVE_H

#include "proto/s7/s7_program.h"
#include "proto/s7/s7_server.h"

/* ---- s7_serve.c ---- */

/* Answers one PDU; `w` has room for one. Nothing is written where there is no answer; false where it is no S7 PDU. */
bool mr_s7_serve_pdu(struct mr_s7_server *s, struct mr_slice pdu, mr_ns now, struct mr_writer *w);
/* For the device's log; the session has made sure of room. */
void mr_s7_report(struct mr_s7_server *s, struct mr_s7_event ev);
/* Whether protection at this level is in force for this connection. */
bool mr_s7_protected(const struct mr_s7_server *s, uint8_t level);
/* Whether it may change the CPU: by access list and password. Where not, that is reported. */
bool mr_s7_may_change(struct mr_s7_server *s, uint8_t function);
/* The same of what no password is asked for: the clock. */
bool mr_s7_may_set(struct mr_s7_server *s, uint8_t function);
/* An answer without data; `function` comes back where the job was carried out. */
void mr_s7_acknowledge(struct mr_writer *w, const struct mr_s7_header *h, uint8_t function);
void mr_s7_refuse(struct mr_writer *w, const struct mr_s7_header *h, enum mr_s7_error error);

/* ---- s7_variables.c ---- */

void mr_s7_read_variables(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w);
void mr_s7_write_variables(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w);
/* One item of an answer: code, transport size, length, value. */
void mr_s7_read_item(struct mr_s7_server *s, const struct mr_s7_item *item, struct mr_writer *w);
/* Writes one and reports it. */
enum mr_s7_return mr_s7_write_item(struct mr_s7_server *s, const struct mr_s7_item *item, struct mr_slice value);

/* ---- s7_userdata.c ---- */

struct mr_s7_request {
    const struct mr_s7_header *header;
    uint8_t group, function;
    uint8_t sequence; /* as it is answered */
    bool goes_on;     /* asks for the next piece */
    struct mr_reader data;
};
bool mr_s7_serve_userdata(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now, struct mr_writer *w);
void mr_s7_answer(struct mr_writer *w, const struct mr_s7_request *q, enum mr_s7_error error, struct mr_slice data);
/* What makes a list whole; it is made anew for each piece, the session keeps only where it stands. */
typedef enum mr_s7_error mr_s7_list_fn(struct mr_s7_server *s, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w);
void mr_s7_answer_list(struct mr_s7_server *s, struct mr_s7_request *q, mr_s7_list_fn *make, mr_ns now, struct mr_writer *w);
/* Sends of its own: head as in answers (12 bytes of parameters, tables of variables and cyclic) or as in requests (8,
 * messages). */
void mr_s7_push(struct mr_writer *w, uint8_t group, uint8_t function, uint8_t sequence, bool long_head, struct mr_slice data);

/* ---- s7_blocks.c, s7_transfer.c ---- */

void mr_s7_serve_blocks(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w);
/* "0A00001P", as requests name blocks. */
bool mr_s7_block_name(struct mr_reader *r, uint8_t *type, uint16_t *number);
bool mr_s7_find_block(const struct mr_s7_cpu *cpu, uint8_t type, uint16_t number, struct mr_s7_block *b);
/* `n` bytes of a block's container from `at` on. */
void mr_s7_read_container(const struct mr_s7_cpu *cpu, const struct mr_s7_block *b, uint32_t at, uint8_t *out, size_t n);
void mr_s7_serve_upload(struct mr_s7_server *s, const struct mr_s7_header *h, uint8_t function, struct mr_reader *in,
                        struct mr_writer *w);
void mr_s7_serve_download(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w);
/* The client's answer to a job of ours. */
void mr_s7_take_answer(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now);
bool mr_s7_download_due(const struct mr_s7_server *s);
void mr_s7_ask_for_block(struct mr_s7_server *s, struct mr_writer *w);
/* _INSE and _DELE with the blocks that they name. */
enum mr_s7_error mr_s7_insert_blocks(struct mr_s7_server *s, struct mr_slice names, mr_ns now);
enum mr_s7_error mr_s7_delete_blocks(struct mr_s7_server *s, struct mr_slice names, mr_ns now);
/* The connection has ended: what it was loading is forgotten. */
void mr_s7_let_go(struct mr_s7_server *s);

/* ---- s7_jobs.c ---- */

void mr_s7_serve_tests(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w);
void mr_s7_serve_cyclic(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w);
mr_ns mr_s7_jobs_due(const struct mr_s7_server *s);
/* Carries out one that is due; `w` has room for a PDU. */
void mr_s7_run_job(struct mr_s7_server *s, mr_ns now, struct mr_writer *w);
void mr_s7_forget_jobs(struct mr_s7_server *s);

/* ---- s7_messages.c ---- */

void mr_s7_serve_messages(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w);
bool mr_s7_message_due(const struct mr_s7_server *s);
void mr_s7_send_message(struct mr_s7_server *s, struct mr_writer *w);

#endif
