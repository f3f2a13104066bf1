/* modbus_pdu.h - between the dispatcher (modbus_serve.c) and the functions; not for others. */
#ifndef MR_PROTO_MODBUS_PDU_H
#define MR_PROTO_MODBUS_PDU_H

#include "proto/modbus/modbus_unit.h"

struct mr_modbus_work {
    const struct mr_modbus_unit *unit;
    struct mr_reader in;   /* what follows the function code */
    struct mr_writer *w;   /* the answer, its function code already in it */
    uint8_t forbids_write; /* verdict on a write by this client, or MR_MODBUS_NO_EXCEPTION */
    struct mr_modbus_event *ev;
    bool happened;
};

/* A verdict: MR_MODBUS_NO_EXCEPTION where the answer is written, an exception code, or MR_MODBUS_SILENT. A function checks all of
 * its request before it changes anything. */
typedef uint8_t mr_modbus_function_fn(struct mr_modbus_work *k);

mr_modbus_function_fn mr_modbus_do_read_coils, mr_modbus_do_read_discrete_inputs, mr_modbus_do_read_holding_registers,
    mr_modbus_do_read_input_registers, mr_modbus_do_write_coil, mr_modbus_do_write_register, mr_modbus_do_write_coils,
    mr_modbus_do_write_registers, mr_modbus_do_mask_write_register, mr_modbus_do_exchange_registers, mr_modbus_do_read_fifo,
    mr_modbus_do_read_file, mr_modbus_do_write_file;
mr_modbus_function_fn mr_modbus_do_read_exception_status, mr_modbus_do_diagnostics, mr_modbus_do_event_counter,
    mr_modbus_do_event_log, mr_modbus_do_report_server_id, mr_modbus_do_encapsulated;

/* True where the request has ended and was long enough. */
static inline bool mr_modbus_whole(const struct mr_reader *in)
{
    return !in->bad && in->at == in->n;
}

#endif
