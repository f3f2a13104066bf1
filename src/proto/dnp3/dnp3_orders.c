/* dnp3_orders.c - the requests that a master has in use, each in the form that outstations of level 2 know (IEEE 1815-2012,
 * clause 14). */
#include "proto/dnp3/dnp3_client.h"

static enum mr_err send(struct mr_dnp3_client *c, uint8_t function, const struct mr_writer *w, uint32_t token, mr_ns now)
{
    return w->full ? MR_E_INVALID : mr_dnp3_client_raw(c, function, mr_written(w), token, now);
}

enum mr_err mr_dnp3_client_read(struct mr_dnp3_client *c, const struct mr_dnp3_object *objects, size_t n, uint32_t token,
                                mr_ns now)
{
    uint8_t buf[256];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    for (size_t i = 0; i < n; i++) {
        mr_dnp3_object_write(&w, &objects[i]);
    }
    return n == 0 ? MR_E_INVALID : send(c, MR_DNP3_READ, &w, token, now);
}

static void write_classes(struct mr_writer *w, uint8_t classes)
{
    for (uint8_t class = 1; class <= 4; class ++) { /* events before class 0 */
        if (classes >> class % 4 & 1) {
            mr_dnp3_object_write(w, &(struct mr_dnp3_object){60, class % 4 + 1, MR_DNP3_Q_ALL, 0, 0});
        }
    }
}

enum mr_err mr_dnp3_client_poll(struct mr_dnp3_client *c, uint8_t classes, uint32_t token, mr_ns now)
{
    uint8_t buf[16];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    write_classes(&w, classes);
    return w.n == 0 ? MR_E_INVALID : send(c, MR_DNP3_READ, &w, token, now);
}

static bool write_command(struct mr_writer *w, const struct mr_dnp3_command *m)
{
    bool binary = m->group == 12 && m->variation == 1;
    const struct mr_dnp3_format *f = m->group == 41 ? mr_dnp3_format(40, m->variation) : NULL;
    if (!binary && !f) {
        return false;
    }
    mr_dnp3_object_write(w, &(struct mr_dnp3_object){m->group, m->variation, MR_DNP3_Q_INDEX16, 0, 1});
    mr_write_u16le(w, m->index);
    if (binary) {
        mr_dnp3_crob_write(w, &m->crob);
        return true;
    }
    /* the value as g40 has it, but flags in front; the status stands behind */
    uint8_t octets[16];
    struct mr_writer v = mr_writer(octets, sizeof octets);
    mr_dnp3_sample_write(&v, f, &(struct mr_dnp3_sample){.value = m->value});
    mr_write_bytes(w, mr_slice(octets + 1, v.n - 1));
    mr_write_u8(w, 0);
    return true;
}

enum mr_err mr_dnp3_client_command(struct mr_dnp3_client *c, uint8_t function, const struct mr_dnp3_command *commands, size_t n,
                                   uint32_t token, mr_ns now)
{
    uint8_t buf[1024];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    bool known = function == MR_DNP3_SELECT || function == MR_DNP3_DIRECT_OPERATE || function == MR_DNP3_DIRECT_OPERATE_NR;
    for (size_t i = 0; known && i < n; i++) {
        known = write_command(&w, &commands[i]);
    }
    if (!known || n == 0) {
        return MR_E_INVALID;
    }
    enum mr_err err = send(c, function, &w, token, now);
    if (err == MR_OK) {
        c->operate = function == MR_DNP3_SELECT;
    }
    return err;
}

enum mr_err mr_dnp3_client_set_time(struct mr_dnp3_client *c, uint64_t ms, uint32_t token, mr_ns now)
{
    uint8_t buf[16];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_dnp3_object_write(&w, &(struct mr_dnp3_object){50, 1, MR_DNP3_Q_COUNT8, 0, 1});
    mr_dnp3_time_write(&w, ms);
    return send(c, MR_DNP3_WRITE, &w, token, now);
}

enum mr_err mr_dnp3_client_clear_restart(struct mr_dnp3_client *c, uint32_t token, mr_ns now)
{
    static const uint8_t objects[] = {80, 1, MR_DNP3_Q_RANGE8, 7, 7, 0};
    return mr_dnp3_client_raw(c, MR_DNP3_WRITE, mr_slice(objects, sizeof objects), token, now);
}

enum mr_err mr_dnp3_client_unsolicited(struct mr_dnp3_client *c, bool on, uint8_t classes, uint32_t token, mr_ns now)
{
    uint8_t buf[16];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    write_classes(&w, classes & 0x0E);
    return w.n == 0 ? MR_E_INVALID : send(c, on ? MR_DNP3_ENABLE_UNSOLICITED : MR_DNP3_DISABLE_UNSOLICITED, &w, token, now);
}

enum mr_err mr_dnp3_client_restart(struct mr_dnp3_client *c, bool cold, uint32_t token, mr_ns now)
{
    return mr_dnp3_client_raw(c, cold ? MR_DNP3_COLD_RESTART : MR_DNP3_WARM_RESTART, mr_slice(NULL, 0), token, now);
}
