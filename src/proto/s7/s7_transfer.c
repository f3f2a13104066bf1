/* s7_transfer.c - blocks on their way: upload (jobs 1D to 1F of the client), download (1A of the client, then 1B and 1C of ours,
 * for the station is who asks for the pieces), and the services that make what came the program or delete it.
 *
 * A download of a data block is kept with the CPU until _INSE writes it to its area, any other goes to the program as it
 * comes. */
#include "proto/s7/s7_serve.h"

#define UPLOAD      7  /* identifies the one upload that a connection may have */
#define ANSWER_HEAD 18 /* header, function and status, length of the piece and its mark */
#define PIECE_MARK  0x00FB
#define SIZE_DIGITS 6
#define FILE_NAME   9 /* "_0A00001P" */

static uint64_t who(const struct mr_s7_server *s)
{
    return (uint64_t)'7' << 32 | s->key;
}

/* The name of a block with its length before it. */
static bool read_name(struct mr_reader *in, uint8_t *type, uint16_t *number)
{
    struct mr_reader name = mr_reader(mr_read_bytes(in, mr_read_u8(in)));
    return name.n == FILE_NAME && mr_read_u8(&name) == '_' && mr_s7_block_name(&name, type, number);
}

static void write_name(struct mr_writer *w, uint8_t type, uint16_t number)
{
    mr_write_u8(w, FILE_NAME);
    mr_write_fmt(w, "_0%c%05uP", type, number);
}

/* ---- upload ---- */

static uint32_t generation(const struct mr_s7_cpu *cpu)
{
    return cpu->program ? cpu->program->ops->generation(cpu->program->plc) : 0;
}

static void start_upload(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    struct mr_s7_block b;
    uint8_t type;
    uint16_t number;
    bool may = (mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_READ) != 0 && !mr_s7_protected(s, 3);
    (void)mr_read_bytes(in, 7);
    if (!may) {
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_DENIED, .function = MR_S7_START_UPLOAD});
        mr_s7_refuse(w, h, MR_S7_E_PROTECTED);
    } else if (!read_name(in, &type, &number)) {
        mr_s7_refuse(w, h, MR_S7_E_BLOCK_NAME);
    } else if (type == MR_S7_SFC || type == MR_S7_SFB || !mr_s7_find_block(s->cpu, type, number, &b)) {
        mr_s7_refuse(w, h, MR_S7_E_NO_BLOCK);
    } else {
        uint32_t size = (uint32_t)mr_s7_container_bytes(&b);
        s->up = (struct mr_s7_transfer){
            .state = MR_S7_UPLOADING, .type = type, .number = number, .size = size, .generation = generation(s->cpu)};
        size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
        mr_write_u8(w, MR_S7_START_UPLOAD);
        mr_write_u8(w, 0);
        mr_write_u16be(w, 0x0100);
        mr_write_u32be(w, UPLOAD);
        mr_write_u8(w, 7);
        mr_write_fmt(w, "%07u", (unsigned)size);
        mr_s7_header_finish(w, begin, w->n);
        mr_s7_report(s,
                     (struct mr_s7_event){.kind = MR_S7_EV_UPLOAD, .function = MR_S7_START_UPLOAD, .area = type, .db = number});
    }
}

static void upload(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_writer *w)
{
    struct mr_s7_transfer *t = &s->up;
    struct mr_s7_block b;
    bool same = t->generation == generation(s->cpu) && mr_s7_find_block(s->cpu, t->type, t->number, &b) &&
                mr_s7_container_bytes(&b) == t->size && t->at <= t->size;
    if (!same) {
        t->state = MR_S7_NO_TRANSFER;
        mr_s7_refuse(w, h, MR_S7_E_STATE);
        return;
    }
    size_t room = (size_t)s->pdu_size - ANSWER_HEAD;
    size_t n = t->size - t->at < room ? t->size - t->at : room;
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, MR_S7_UPLOAD);
    mr_write_u8(w, t->at + n < t->size);
    size_t data = w->n;
    mr_write_u16be(w, (uint16_t)n);
    mr_write_u16be(w, PIECE_MARK);
    MR_ASSERT(mr_writer_left(w) >= n);
    mr_s7_read_container(s->cpu, &b, t->at, w->p + w->n, n);
    w->n += n;
    mr_s7_header_finish(w, begin, data);
    t->at += (uint32_t)n;
}

void mr_s7_serve_upload(struct mr_s7_server *s, const struct mr_s7_header *h, uint8_t function, struct mr_reader *in,
                        struct mr_writer *w)
{
    if (function == MR_S7_START_UPLOAD) {
        start_upload(s, h, in, w);
        return;
    }
    (void)mr_read_bytes(in, 3);
    if (mr_read_u32be(in) != UPLOAD || in->bad || s->up.state != MR_S7_UPLOADING) {
        mr_s7_refuse(w, h, MR_S7_E_SEQUENCE);
    } else if (function == MR_S7_UPLOAD) {
        upload(s, h, w);
    } else {
        s->up.state = MR_S7_NO_TRANSFER;
        mr_s7_acknowledge(w, h, MR_S7_END_UPLOAD);
    }
}

/* ---- download ---- */

static enum mr_s7_error as_s7(enum mr_err err)
{
    switch ((int)err) {
    case MR_OK:
        return MR_S7_NO_ERROR;
    case MR_E_DENIED:
        return MR_S7_E_PROTECTED;
    case MR_E_BUSY:
        return MR_S7_E_STATE;
    case MR_E_FULL:
        return MR_S7_E_MEMORY;
    case MR_E_NOT_FOUND:
        return MR_S7_E_NO_BLOCK;
    default:
        return MR_S7_E_BLOCK;
    }
}

static uint32_t decimal(struct mr_slice digits, bool *ok)
{
    uint32_t n = 0;
    for (size_t i = 0; i < digits.n; i++) {
        *ok = *ok && digits.p[i] >= '0' && digits.p[i] <= '9';
        n = n * 10 + (uint32_t)(digits.p[i] - '0') % 10;
    }
    return n;
}

static enum mr_s7_error begin_data_block(struct mr_s7_server *s, uint16_t number, uint32_t size)
{
    struct mr_s7_staged *staged = &s->cpu->state->staged;
    const struct mr_s7_area *a = mr_s7_find_area(s->cpu, MR_S7_AREA_DB, number);
    if (staged->owner != 0 && staged->owner != s->key) {
        return MR_S7_E_STATE;
    }
    if (!a || a->read_only) {
        return MR_S7_E_NO_BLOCK; /* none can be made: what there is, the device's map says */
    }
    if (size > MR_S7_STAGED_MAX) {
        return MR_S7_E_BLOCK_SIZE;
    }
    staged->owner = s->key;
    staged->db = number;
    staged->whole = false;
    staged->n = 0;
    return MR_S7_NO_ERROR;
}

static enum mr_s7_error begin_download(struct mr_s7_server *s, uint8_t type, uint16_t number, uint32_t load, uint32_t code)
{
    const struct mr_s7_program *p = s->cpu->program;
    if (load < MR_S7_BLOCK_HEAD + MR_S7_BLOCK_FOOT || load - MR_S7_BLOCK_HEAD - MR_S7_BLOCK_FOOT < code) {
        return MR_S7_E_BLOCK_LENGTHS;
    }
    if (type == MR_S7_DB) {
        return begin_data_block(s, number, code);
    }
    if (!p || type == MR_S7_SFC || type == MR_S7_SFB) {
        return MR_S7_E_BLOCK_NAME;
    }
    return as_s7(p->ops->begin(p->plc, who(s), load - MR_S7_BLOCK_HEAD - MR_S7_BLOCK_FOOT));
}

void mr_s7_serve_download(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    uint8_t type = 0;
    uint16_t number = 0;
    enum mr_s7_error error = MR_S7_E_PROTECTED;
    (void)mr_read_bytes(in, 7);
    bool ok = read_name(in, &type, &number);
    struct mr_reader sizes = mr_reader(mr_read_bytes(in, mr_read_u8(in)));
    (void)mr_read_u8(&sizes); /* '1' */
    uint32_t load = decimal(mr_read_bytes(&sizes, SIZE_DIGITS), &ok);
    uint32_t code = decimal(mr_read_bytes(&sizes, SIZE_DIGITS), &ok);
    if (mr_s7_may_change(s, MR_S7_REQUEST_DOWNLOAD)) {
        error = ok && !sizes.bad ? begin_download(s, type, number, load, code) : MR_S7_E_BLOCK_NAME;
    }
    if (error != MR_S7_NO_ERROR) {
        mr_s7_refuse(w, h, error);
        return;
    }
    s->down = (struct mr_s7_transfer){.state = MR_S7_ASK, .type = type, .number = number, .size = load};
    mr_s7_acknowledge(w, h, MR_S7_REQUEST_DOWNLOAD);
}

bool mr_s7_download_due(const struct mr_s7_server *s)
{
    return s->down.state == MR_S7_ASK || s->down.state == MR_S7_ASK_END;
}

void mr_s7_ask_for_block(struct mr_s7_server *s, struct mr_writer *w)
{
    struct mr_s7_transfer *t = &s->down;
    bool ends = t->state == MR_S7_ASK_END;
    t->reference = ++s->reference;
    t->state = ends ? MR_S7_ASKED_END : MR_S7_ASKED;
    size_t begin = mr_s7_header_begin(w, MR_S7_JOB, t->reference, 0);
    mr_write_u8(w, ends ? MR_S7_DOWNLOAD_ENDED : MR_S7_DOWNLOAD_BLOCK);
    mr_write_u8(w, 0);
    mr_write_u16be(w, ends ? t->error : 0);
    mr_write_u32be(w, 0);
    write_name(w, t->type, t->number);
    mr_s7_header_finish(w, begin, w->n);
}

/* The head must be of the block that was announced. The code of a data block is its data; what follows it (its declaration) is
 * left out. */
static enum mr_s7_error check_head(struct mr_s7_server *s, struct mr_slice piece)
{
    struct mr_s7_transfer *t = &s->down;
    struct mr_reader r = mr_reader(piece);
    bool ours = mr_read_u16be(&r) == MR_S7_BLOCK_MARK;
    (void)mr_read_bytes(&r, 3);
    uint8_t type = mr_read_u8(&r);
    uint16_t number = mr_read_u16be(&r);
    uint32_t load = mr_read_u32be(&r);
    (void)mr_read_bytes(&r, MR_S7_BLOCK_HEAD - 14);
    uint16_t code = mr_read_u16be(&r);
    if (r.bad || !ours || type != (t->type <= '9' ? t->type - '0' : t->type - 'A' + 10) || number != t->number) {
        return MR_S7_E_BLOCK;
    }
    const struct mr_s7_area *a = t->type == MR_S7_DB ? mr_s7_find_area(s->cpu, MR_S7_AREA_DB, t->number) : NULL;
    bool other_size = a && (code != a->size || code > MR_S7_STAGED_MAX);
    return load != t->size || other_size ? MR_S7_E_BLOCK_LENGTHS : MR_S7_NO_ERROR;
}

static enum mr_s7_error keep(struct mr_s7_server *s, struct mr_slice body)
{
    const struct mr_s7_program *p = s->cpu->program;
    struct mr_s7_staged *staged = &s->cpu->state->staged;
    if (s->down.type != MR_S7_DB) {
        return p ? as_s7(p->ops->data(p->plc, who(s), body)) : MR_S7_E_BLOCK;
    }
    const struct mr_s7_area *a = mr_s7_find_area(s->cpu, MR_S7_AREA_DB, s->down.number);
    if (!a || staged->owner != s->key || staged->n > a->size || a->size > MR_S7_STAGED_MAX) {
        return MR_S7_E_STATE;
    }
    size_t n = a->size - staged->n < body.n ? a->size - staged->n : body.n;
    memcpy(staged->bytes + staged->n, body.p, n);
    staged->n += (uint32_t)n;
    return MR_S7_NO_ERROR;
}

/* A piece of the container: what of it is body is kept. */
static enum mr_s7_error take_piece(struct mr_s7_server *s, struct mr_slice piece)
{
    struct mr_s7_transfer *t = &s->down;
    bool damaged = t->size < MR_S7_BLOCK_HEAD + MR_S7_BLOCK_FOOT || t->at > t->size; /* by a snapshot */
    if (damaged || piece.n > t->size - t->at || piece.n == 0) {
        return MR_S7_E_BLOCK_LENGTHS;
    }
    enum mr_s7_error error = t->at == 0 ? check_head(s, piece) : MR_S7_NO_ERROR;
    uint32_t end = t->size - MR_S7_BLOCK_FOOT, to = t->at + (uint32_t)piece.n;
    uint32_t from = t->at < MR_S7_BLOCK_HEAD ? MR_S7_BLOCK_HEAD : t->at;
    end = to < end ? to : end;
    if (error == MR_S7_NO_ERROR && from < end) {
        error = keep(s, mr_slice(piece.p + (from - t->at), end - from));
    }
    t->at = to;
    return error;
}

static enum mr_s7_error all_there(struct mr_s7_server *s, mr_ns now)
{
    const struct mr_s7_program *p = s->cpu->program;
    const struct mr_s7_transfer *t = &s->down;
    if (t->at != t->size) {
        return MR_S7_E_BLOCK_LENGTHS;
    }
    if (t->type == MR_S7_DB) {
        s->cpu->state->staged.whole = true;
        return MR_S7_NO_ERROR;
    }
    return p ? as_s7(p->ops->end(p->plc, who(s), t->type, t->number, now)) : MR_S7_E_BLOCK;
}

void mr_s7_take_answer(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now)
{
    struct mr_s7_transfer *t = &s->down;
    bool awaited = t->state == MR_S7_ASKED || t->state == MR_S7_ASKED_END;
    if (!awaited || h->reference != t->reference) {
        return;
    }
    struct mr_reader in = mr_reader(h->parameters), data = mr_reader(h->data);
    bool fine = h->rosctr == MR_S7_ACK_DATA && h->error == 0;
    uint8_t function = mr_read_u8(&in);
    if (t->state == MR_S7_ASKED_END || !fine || function != MR_S7_DOWNLOAD_BLOCK) {
        bool done = t->state == MR_S7_ASKED_END && fine && t->error == MR_S7_NO_ERROR;
        t->state = MR_S7_NO_TRANSFER;
        if (!done) {
            mr_s7_let_go(s);
            return;
        }
        mr_s7_report(s, (struct mr_s7_event){
                            .kind = MR_S7_EV_DOWNLOAD, .function = MR_S7_REQUEST_DOWNLOAD, .area = t->type, .db = t->number});
        return;
    }
    bool more = mr_read_u8(&in) == 1;
    size_t n = mr_read_u16be(&data);
    (void)mr_read_u16be(&data);
    struct mr_slice piece = mr_read_bytes(&data, n);
    enum mr_s7_error error = data.bad ? MR_S7_E_BLOCK_LENGTHS : take_piece(s, piece);
    if (error == MR_S7_NO_ERROR && !more) {
        error = all_there(s, now);
    }
    t->error = (uint16_t)error;
    t->state = more && error == MR_S7_NO_ERROR ? MR_S7_ASK : MR_S7_ASK_END;
}

void mr_s7_let_go(struct mr_s7_server *s)
{
    struct mr_s7_staged *staged = &s->cpu->state->staged;
    const struct mr_s7_program *p = s->cpu->program;
    if (staged->owner == s->key) {
        staged->owner = 0;
        staged->n = 0;
    }
    if (p) {
        p->ops->let_go(p->plc, who(s));
    }
    s->down.state = MR_S7_NO_TRANSFER;
}

/* ---- what came becomes the program ---- */

static enum mr_s7_error insert_data_block(struct mr_s7_server *s, uint16_t number)
{
    struct mr_s7_staged *staged = &s->cpu->state->staged;
    const struct mr_s7_area *a = mr_s7_find_area(s->cpu, MR_S7_AREA_DB, number);
    if (!a || staged->owner != s->key || !staged->whole || staged->db != number || staged->n != a->size) {
        return MR_S7_E_NO_BLOCK;
    }
    if (s->cpu->settings->write_protected) {
        return MR_S7_E_PROTECTED;
    }
    mr_s7_area_write(s->cpu, a, 0, staged->bytes, staged->n);
    staged->owner = 0;
    staged->n = 0;
    return MR_S7_NO_ERROR;
}

static void changed(struct mr_s7_server *s, enum mr_s7_event_kind kind, uint8_t type, uint16_t number, mr_ns now)
{
    uint16_t entry = kind == MR_S7_EV_DELETE ? MR_S7_DIAG_BLOCK_DELETED : MR_S7_DIAG_BLOCK_LOADED;
    mr_s7_diagnose(s->cpu->state, entry, 0, (uint32_t)type << 16 | number, now);
    mr_s7_report(s, (struct mr_s7_event){.kind = (uint8_t)kind, .function = MR_S7_PI_SERVICE, .area = type, .db = number});
}

/* The names in a block of parameters: how many, a zero, and eight bytes each. */
static struct mr_reader names_of(struct mr_slice parameters, uint8_t *n)
{
    struct mr_reader r = mr_reader(parameters);
    *n = mr_read_u8(&r);
    (void)mr_read_u8(&r);
    return r;
}

static bool names_valid(struct mr_slice parameters)
{
    uint8_t n, type;
    uint16_t number;
    struct mr_reader r = names_of(parameters, &n);
    bool ok = n > 0 && n <= MR_S7_ITEMS_MAX;
    for (uint8_t i = 0; ok && i < n; i++) {
        ok = mr_s7_block_name(&r, &type, &number);
    }
    return ok;
}

/* All that waits becomes the program at once, whichever of it was named. */
static enum mr_s7_error activate_all(struct mr_s7_server *s, mr_ns now)
{
    const struct mr_s7_program *p = s->cpu->program;
    struct mr_s7_block waiting[MR_S7_ACTIVATED_MAX];
    size_t n = 0;
    if (!p) {
        return MR_S7_E_NO_BLOCK;
    }
    while (n < MR_S7_ACTIVATED_MAX && p->ops->waiting(p->plc, n, &waiting[n])) {
        n++;
    }
    enum mr_s7_error error = as_s7(p->ops->activate(p->plc, who(s), now));
    for (size_t i = 0; error == MR_S7_NO_ERROR && i < n; i++) {
        changed(s, MR_S7_EV_ACTIVATE, waiting[i].type, waiting[i].number, now);
    }
    return error;
}

enum mr_s7_error mr_s7_insert_blocks(struct mr_s7_server *s, struct mr_slice names, mr_ns now)
{
    enum mr_s7_error error = names_valid(names) ? MR_S7_NO_ERROR : MR_S7_E_BLOCK_NAME;
    bool activated = false;
    uint8_t n, type;
    uint16_t number;
    struct mr_reader r = names_of(names, &n);
    for (uint8_t i = 0; error == MR_S7_NO_ERROR && i < n && mr_s7_block_name(&r, &type, &number); i++) {
        if (type == MR_S7_DB) {
            error = insert_data_block(s, number);
            if (error == MR_S7_NO_ERROR) {
                changed(s, MR_S7_EV_ACTIVATE, type, number, now);
            }
        } else if (!activated) {
            error = activate_all(s, now);
            activated = true;
        }
    }
    return error;
}

enum mr_s7_error mr_s7_delete_blocks(struct mr_s7_server *s, struct mr_slice names, mr_ns now)
{
    const struct mr_s7_program *p = s->cpu->program;
    enum mr_s7_error error = names_valid(names) ? MR_S7_NO_ERROR : MR_S7_E_BLOCK_NAME;
    uint8_t n, type;
    uint16_t number;
    struct mr_reader r = names_of(names, &n);
    for (uint8_t i = 0; error == MR_S7_NO_ERROR && i < n && mr_s7_block_name(&r, &type, &number); i++) {
        if (type == MR_S7_DB) { /* the device's map, not the program, makes data blocks */
            error = mr_s7_find_area(s->cpu, MR_S7_AREA_DB, number) ? MR_S7_E_STATE : MR_S7_E_NO_BLOCK;
        } else {
            error = p ? as_s7(p->ops->remove(p->plc, who(s), type, number, now)) : MR_S7_E_NO_BLOCK;
        }
        if (error == MR_S7_NO_ERROR) {
            changed(s, MR_S7_EV_DELETE, type, number, now);
        }
    }
    return error;
}
