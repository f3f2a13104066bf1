/* s7_blocks.c - which blocks there are (user data group 3), and their containers on the wire.
 *
 * A container (MC7 block): 36 bytes of head, with 0x7070, language, type, number, lengths and times; the body; 36 bytes of foot,
 * with author, family, name, version and checksum. Forms as in captured uploads and downloads of S7-300 CPUs. */
#include "proto/s7/s7_serve.h"

#define LINKED 0x22 /* flags of a block of the user's that runs */
#define SYSTEM 0x42 /* and of one of the operating system's */

/* System functions and function blocks that a CPU 315-2 PN/DP lists. */
static const uint8_t system_functions[] = {
    0,  1,  2,  3,  4,  5,  6,  7,  11, 12, 13, 14, 15, 17,  18,  19,  20,  21,  22,  23,  24,  28,  29,  30,  31, 32,
    33, 34, 36, 37, 38, 39, 40, 41, 42, 43, 44, 46, 47, 49,  50,  51,  52,  102, 55,  56,  57,  58,  59,  64,  65, 66,
    67, 68, 69, 70, 71, 72, 73, 74, 81, 82, 83, 84, 99, 101, 103, 105, 106, 107, 108, 109, 112, 113, 114, 126, 127};
static const uint8_t system_blocks[] = {0, 1, 2, 3, 4, 5, 32, 52, 53, 54, 73, 74, 75, 81, 104};

const char *mr_s7_block_type_name(uint8_t type)
{
    switch (type) {
    case MR_S7_OB:
        return "OB";
    case MR_S7_DB:
        return "DB";
    case MR_S7_SDB:
        return "SDB";
    case MR_S7_FC:
        return "FC";
    case MR_S7_SFC:
        return "SFC";
    case MR_S7_FB:
        return "FB";
    default:
        return "SFB";
    }
}

static size_t system_count(const struct mr_s7_cpu *cpu, uint8_t type, const uint8_t **numbers)
{
    *numbers = type == MR_S7_SFC ? system_functions : system_blocks;
    if (cpu->personality->no_system_blocks || (type != MR_S7_SFC && type != MR_S7_SFB)) {
        return 0;
    }
    return type == MR_S7_SFC ? sizeof system_functions : sizeof system_blocks;
}

/* A data block: its body are the bytes of its area. */
static void describe_data_block(const struct mr_s7_area *a, struct mr_s7_block *b)
{
    *b =
        (struct mr_s7_block){.type = MR_S7_DB, .language = MR_S7_LANGUAGE_DB, .version = 0x01, .number = a->db, .bytes = a->size};
    b->checksum = (uint16_t)(a->db ^ a->size);
}

/* The i-th block of a type; false after the last. */
static bool block_at(const struct mr_s7_cpu *cpu, uint8_t type, size_t i, struct mr_s7_block *b)
{
    const uint8_t *numbers;
    size_t n = system_count(cpu, type, &numbers);
    if (i < n) {
        *b = (struct mr_s7_block){.type = type, .language = MR_S7_STL, .version = 0x10, .number = numbers[i]};
        memcpy(b->author, "SIMATIC", 7);
        return true;
    }
    for (uint32_t k = 0; type == MR_S7_DB && k < cpu->nareas; k++) {
        if (cpu->areas[k].code == MR_S7_AREA_DB && i-- == 0) {
            describe_data_block(&cpu->areas[k], b);
            return true;
        }
    }
    bool of_program = type != MR_S7_DB && type != MR_S7_SFC && type != MR_S7_SFB && cpu->program != NULL;
    for (size_t k = 0; of_program && cpu->program->ops->block(cpu->program->plc, k, b); k++) {
        if (b->type == type && i-- == 0) {
            return true;
        }
    }
    return false;
}

bool mr_s7_find_block(const struct mr_s7_cpu *cpu, uint8_t type, uint16_t number, struct mr_s7_block *b)
{
    if (type != MR_S7_DB && type != MR_S7_SFC && type != MR_S7_SFB) {
        return cpu->program && cpu->program->ops->find(cpu->program->plc, type, number, b);
    }
    for (size_t i = 0; block_at(cpu, type, i, b); i++) {
        if (b->number == number) {
            return true;
        }
    }
    return false;
}

size_t mr_s7_container_bytes(const struct mr_s7_block *b)
{
    return MR_S7_BLOCK_HEAD + b->bytes + MR_S7_BLOCK_FOOT;
}

/* The digit of a type's name as a number: '8' is 8, 'A' is 10. */
static uint8_t digit(uint8_t type)
{
    return (uint8_t)(type <= '9' ? type - '0' : type - 'A' + 10);
}

static void write_head(const struct mr_s7_block *b, struct mr_writer *w)
{
    mr_write_u16be(w, MR_S7_BLOCK_MARK);
    mr_write_u8(w, 1); /* version of the head */
    mr_write_u8(w, 1); /* linked */
    mr_write_u8(w, b->language);
    mr_write_u8(w, digit(b->type));
    mr_write_u16be(w, b->number);
    mr_write_u32be(w, (uint32_t)mr_s7_container_bytes(b));
    mr_write_u32be(w, 0); /* no know-how protection */
    mr_s7_block_time_encode(w, b->made);
    mr_s7_block_time_encode(w, b->made); /* of the interface */
    mr_write_u32be(w, 0);                /* lengths of segment table and interface: both are in the body */
    mr_write_u16be(w, b->local);
    mr_write_u16be(w, (uint16_t)(b->bytes < UINT16_MAX ? b->bytes : UINT16_MAX));
}

static void write_foot(const struct mr_s7_block *b, struct mr_writer *w)
{
    mr_write_bytes(w, mr_slice(b->author, sizeof b->author));
    mr_write_bytes(w, mr_slice(b->family, sizeof b->family));
    mr_write_bytes(w, mr_slice(b->name, sizeof b->name));
    mr_write_u8(w, b->version);
    mr_write_u8(w, 0);
    mr_write_u16be(w, b->checksum);
    mr_write_fill(w, 0, 8);
}

void mr_s7_container_encode(const struct mr_s7_block *b, struct mr_slice body, struct mr_writer *w)
{
    write_head(b, w);
    mr_write_bytes(w, body);
    write_foot(b, w);
}

static void read_body(const struct mr_s7_cpu *cpu, const struct mr_s7_block *b, uint32_t at, uint8_t *out, size_t n)
{
    const struct mr_s7_area *a = b->type == MR_S7_DB ? mr_s7_find_area(cpu, MR_S7_AREA_DB, b->number) : NULL;
    struct mr_slice body = mr_slice(NULL, 0);
    if (a) {
        mr_s7_area_read(cpu, a, at, out, n);
        return;
    }
    if (cpu->program) {
        body = cpu->program->ops->body(cpu->program->plc, b->type, b->number);
    }
    memset(out, 0, n);
    if (at < body.n) {
        memcpy(out, body.p + at, body.n - at < n ? body.n - at : n);
    }
}

void mr_s7_read_container(const struct mr_s7_cpu *cpu, const struct mr_s7_block *b, uint32_t at, uint8_t *out, size_t n)
{
    uint8_t head[MR_S7_BLOCK_HEAD], foot[MR_S7_BLOCK_FOOT];
    struct mr_writer hw = mr_writer(head, sizeof head), fw = mr_writer(foot, sizeof foot);
    const size_t body_end = MR_S7_BLOCK_HEAD + (size_t)b->bytes;
    write_head(b, &hw);
    write_foot(b, &fw);
    for (size_t i = 0; i < n;) {
        size_t k = at + i, m = 1;
        if (k < MR_S7_BLOCK_HEAD) {
            out[i] = head[k];
        } else if (k < body_end) {
            m = body_end - k < n - i ? body_end - k : n - i;
            read_body(cpu, b, (uint32_t)(k - MR_S7_BLOCK_HEAD), out + i, m);
        } else {
            out[i] = k - body_end < sizeof foot ? foot[k - body_end] : 0;
        }
        i += m;
    }
}

/* How many there are of each type. */
static void count_blocks(struct mr_s7_server *s, struct mr_s7_request *q, struct mr_writer *w)
{
    static const uint8_t types[] = {MR_S7_OB, MR_S7_FB, MR_S7_FC, MR_S7_DB, MR_S7_SDB, MR_S7_SFC, MR_S7_SFB};
    uint8_t buf[sizeof types * 4];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    for (size_t i = 0; i < sizeof types; i++) {
        struct mr_s7_block b;
        uint16_t n = 0;
        while (n < UINT16_MAX && block_at(s->cpu, types[i], n, &b)) {
            n++;
        }
        mr_write_u8(&out, '0');
        mr_write_u8(&out, types[i]);
        mr_write_u16be(&out, n);
    }
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_written(&out));
}

/* Number, flags and language of each block of a type, whose name is `id`. As many as a list holds. */
static enum mr_s7_error list_type(struct mr_s7_server *s, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w)
{
    (void)index;
    (void)now;
    struct mr_s7_block b;
    uint8_t type = (uint8_t)id;
    for (size_t i = 0; mr_writer_left(w) >= 4 && block_at(s->cpu, type, i, &b); i++) {
        mr_write_u16be(w, b.number);
        mr_write_u8(w, type == MR_S7_SFC || type == MR_S7_SFB ? SYSTEM : LINKED);
        mr_write_u8(w, b.language);
    }
    return w->n > 0 ? MR_S7_NO_ERROR : MR_S7_E_NO_BLOCKS;
}

bool mr_s7_block_name(struct mr_reader *r, uint8_t *type, uint16_t *number)
{
    uint32_t n = 0;
    bool ok = mr_read_u8(r) == '0';
    *type = mr_read_u8(r);
    for (int i = 0; i < 5; i++) {
        uint8_t c = mr_read_u8(r);
        ok = ok && c >= '0' && c <= '9';
        n = n * 10 + (uint32_t)(c - '0') % 10;
    }
    (void)mr_read_u8(r); /* file system: A active, P passive, B both */
    *number = (uint16_t)n;
    bool known = *type == MR_S7_OB || (*type >= MR_S7_DB && *type <= MR_S7_SFB);
    return ok && known && n <= UINT16_MAX && !r->bad;
}

static void block_info(struct mr_s7_server *s, struct mr_s7_request *q, struct mr_writer *w)
{
    uint8_t type, buf[6 + MR_S7_BLOCK_HEAD + MR_S7_BLOCK_FOOT];
    uint16_t number;
    struct mr_s7_block b;
    if (!mr_s7_block_name(&q->data, &type, &number)) {
        mr_s7_answer(w, q, MR_S7_E_BLOCK_NAME, mr_slice(NULL, 0));
        return;
    }
    if (!mr_s7_find_block(s->cpu, type, number, &b)) {
        mr_s7_answer(w, q, MR_S7_E_NO_BLOCK, mr_slice(NULL, 0));
        return;
    }
    struct mr_writer out = mr_writer(buf, sizeof buf);
    mr_write_u16be(&out, 0x0100);
    mr_write_u16be(&out, sizeof buf - 4);
    mr_write_u8(&out, type == MR_S7_SFC || type == MR_S7_SFB ? SYSTEM : LINKED);
    mr_write_u8(&out, 0);
    write_head(&b, &out);
    write_foot(&b, &out);
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_written(&out));
}

void mr_s7_serve_blocks(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    switch (q->function) {
    case MR_S7_BLOCKS_COUNT:
        count_blocks(s, q, w);
        break;
    case MR_S7_BLOCKS_LIST:
        mr_s7_answer_list(s, q, list_type, now, w);
        break;
    case MR_S7_BLOCKS_INFO:
        block_info(s, q, w);
        break;
    default:
        mr_s7_answer(w, q, MR_S7_E_FUNCTION, mr_slice(NULL, 0));
    }
}
