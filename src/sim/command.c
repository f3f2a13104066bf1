#include "sim/command.h"

void mr_command_add(struct mr_command *c, const char *name, const char *value)
{
    MR_ASSERT(c->nargs < MR_COMMAND_ARGS);
    c->args[c->nargs].name = mr_slice_str(name);
    c->args[c->nargs].value = mr_slice_str(value);
    c->nargs++;
}

void mr_command_encode(const struct mr_command *c, struct mr_writer *w)
{
    mr_write_lv(w, c->member);
    mr_write_lv(w, c->post);
    mr_write_lv(w, c->verb);
    mr_write_u8(w, (uint8_t)c->nargs);
    for (uint32_t i = 0; i < c->nargs; i++) {
        mr_write_lv(w, c->args[i].name);
        mr_write_lv(w, c->args[i].value);
    }
}

enum mr_err mr_command_decode(struct mr_slice in, struct mr_command *c)
{
    struct mr_reader r = mr_reader(in);
    memset(c, 0, sizeof *c);
    c->member = mr_read_lv(&r);
    c->post = mr_read_lv(&r);
    c->verb = mr_read_lv(&r);
    c->nargs = mr_read_u8(&r);
    if (r.bad || c->nargs > MR_COMMAND_ARGS || in.n > MR_COMMAND_BYTES) {
        c->nargs = 0;
        return MR_E_MALFORMED;
    }
    for (uint32_t i = 0; i < c->nargs; i++) {
        c->args[i].name = mr_read_lv(&r);
        c->args[i].value = mr_read_lv(&r);
    }
    return r.bad || mr_reader_left(&r) > 0 ? MR_E_MALFORMED : MR_OK;
}

bool mr_slice_is(struct mr_slice s, const char *text)
{
    return mr_slice_eq(s, mr_slice_str(text));
}

bool mr_command_arg(const struct mr_command *c, const char *name, char *buf, size_t cap)
{
    for (uint32_t i = 0; i < c->nargs; i++) {
        if (!mr_slice_is(c->args[i].name, name)) {
            continue;
        }
        struct mr_slice v = c->args[i].value;
        if (v.n >= cap || (v.n > 0 && memchr(v.p, 0, v.n))) {
            return false;
        }
        if (v.n > 0) {
            memcpy(buf, v.p, v.n);
        }
        buf[v.n] = '\0';
        return true;
    }
    return false;
}
