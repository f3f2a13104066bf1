#include "device/link.h"

#define MR_LINK_TIMEOUT (1500 * MR_MS) /* an answer later than this is none: a scan and a busy network take far less */
#define MR_LINK_BACKOFF 5              /* rounds between attempts to connect, once several have failed */
#define MR_LINK_OUT     (4 * MR_MODBUS_ADU_MAX)
#define MR_LINK_READ    0x80000000u /* tokens of reads: the block's number with this bit; of writes: the owner's */

enum link_status { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct link_state {
    uint8_t status;
    uint8_t failures; /* connects in a row that came to nothing */
    uint8_t wait;     /* rounds until the next attempt */
    uint16_t next_block;
    mr_conn conn;
    struct mr_modbus_client client;
};
static const struct mr_field state_fields[] = {
    MR_FIELD(struct link_state, status, MR_U8), MR_FIELD(struct link_state, failures, MR_U8),
    MR_FIELD(struct link_state, wait, MR_U8),   MR_FIELD(struct link_state, next_block, MR_U16),
    MR_FIELD(struct link_state, conn, MR_U32),  MR_SUB(struct link_state, client, &mr_modbus_client_type),
};
static const struct mr_type state_type = MR_TYPE("link", struct link_state, state_fields);

struct link {
    struct mr_link_owner owner;
    uint16_t index, node;
    struct mr_addr to;
    uint8_t unit;
    mr_ns every;
    const struct mr_link_block *blocks;
    size_t nblocks;
    struct link_state *st;
};

struct mr_links {
    struct mr_env *env;
    struct link *list;
    uint16_t n, max;
};

static struct mr_owner owner_of(const struct link *l)
{
    return (struct mr_owner){MR_OWNER_LINK, l->index, 0};
}

static void send_output(struct mr_links *all, struct link *l)
{
    uint8_t buf[MR_LINK_OUT];
    bool more = true;
    while (more) {
        struct mr_writer w = mr_writer(buf, sizeof buf);
        more = mr_modbus_client_output(&l->st->client, &w);
        if (w.n == 0) {
            return;
        }
        if (all->env->net->ops->send(all->env->net, l->st->conn, mr_written(&w)) != MR_OK) {
            all->env->net->ops->close(all->env->net, l->st->conn, true);
            return;
        }
    }
}

/* As many of this round's blocks as the client takes. */
static void ask(struct mr_links *all, struct link *l)
{
    while (l->st->next_block < l->nblocks) {
        const struct mr_link_block *b = &l->blocks[l->st->next_block];
        static const uint8_t function[MR_MODBUS_TABLES] = {
            [MR_MODBUS_COILS] = MR_MODBUS_READ_COILS,
            [MR_MODBUS_DISCRETE_INPUTS] = MR_MODBUS_READ_DISCRETE_INPUTS,
            [MR_MODBUS_HOLDING_REGISTERS] = MR_MODBUS_READ_HOLDING_REGISTERS,
            [MR_MODBUS_INPUT_REGISTERS] = MR_MODBUS_READ_INPUT_REGISTERS,
        };
        struct mr_modbus_request r = {.token = MR_LINK_READ | l->st->next_block,
                                      .unit = l->unit,
                                      .function = function[b->table],
                                      .address = b->from,
                                      .count = b->count};
        if (mr_modbus_client_request(&l->st->client, &r, all->env->now) != MR_OK) {
            break;
        }
        l->st->next_block++;
    }
    send_output(all, l);
}

static void lose(struct mr_links *all, struct link *l)
{
    if (l->st->status == LINK_UP) {
        all->env->net->ops->close(all->env->net, l->st->conn, true);
    }
}

/* Hands results over. False where an answer failed to come: the connection is of no more use. */
static bool take_results(struct link *l)
{
    struct mr_modbus_result r;
    bool good = true;
    while (mr_modbus_client_next(&l->st->client, &r)) {
        if (r.token & MR_LINK_READ) {
            struct mr_slice none = mr_slice(NULL, 0);
            l->owner.read(l->owner.ctx, l->index, r.token & ~MR_LINK_READ, r.status == MR_MODBUS_DONE ? r.data : none);
        } else if (l->owner.written) {
            enum mr_err err = r.status == MR_MODBUS_DONE        ? MR_OK
                              : r.status == MR_MODBUS_EXCEPTION ? MR_E_DENIED
                              : r.status == MR_MODBUS_TIMEOUT   ? MR_E_TIMEOUT
                                                                : MR_E_CLOSED;
            l->owner.written(l->owner.ctx, l->index, r.token, err);
        }
        good = good && (r.status == MR_MODBUS_DONE || r.status == MR_MODBUS_EXCEPTION);
    }
    return good;
}

static void receive(struct mr_links *all, struct link *l, struct mr_slice data)
{
    struct mr_feed f = {.status = MR_FEED_BLOCKED};
    while (f.status == MR_FEED_BLOCKED) {
        f = mr_modbus_client_feed(&l->st->client, data, all->env->now);
        data = mr_slice(data.p + f.consumed, data.n - f.consumed);
        if (!take_results(l) || f.status == MR_FEED_MALFORMED) {
            lose(all, l);
            return;
        }
    }
    ask(all, l);
}

static void fail_round(struct link *l)
{
    for (size_t b = 0; b < l->nblocks; b++) {
        l->owner.read(l->owner.ctx, l->index, b, mr_slice(NULL, 0));
    }
}

static void on_net(void *ctx, struct mr_owner o, const struct mr_net_event *ev)
{
    struct mr_links *all = ctx;
    if (o.unit >= all->n) {
        return;
    }
    struct link *l = &all->list[o.unit];
    if (ev->kind == MR_NET_CONNECTED) {
        l->st->status = LINK_UP;
        l->st->failures = 0;
        l->st->conn = ev->conn;
        l->st->next_block = 0;
        mr_modbus_client_open(&l->st->client);
        ask(all, l);
    } else if (ev->kind == MR_NET_FAILED) {
        l->st->status = LINK_DOWN;
        l->st->failures = (uint8_t)(l->st->failures + (l->st->failures < UINT8_MAX));
        l->st->wait = l->st->failures > 2 ? MR_LINK_BACKOFF : 0;
        fail_round(l);
    } else if (ev->kind == MR_NET_DATA && l->st->status == LINK_UP) {
        receive(all, l, ev->data);
    } else if (ev->kind == MR_NET_CLOSED) {
        l->st->status = LINK_DOWN;
        mr_modbus_client_close(&l->st->client);
        (void)take_results(l);
    }
}

static void begin_round(struct mr_links *all, struct link *l)
{
    mr_modbus_client_tick(&l->st->client, all->env->now);
    if (!take_results(l)) {
        lose(all, l);
    } else if (l->st->next_block == l->nblocks && mr_modbus_client_waiting(&l->st->client) == 0) {
        l->st->next_block = 0;
        ask(all, l);
    }
}

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    (void)b;
    struct mr_links *all = ctx;
    if (o.unit >= all->n) {
        return;
    }
    struct link *l = &all->list[o.unit];
    mr_env_after(all->env, l->every, o, 0);
    if (l->st->status == LINK_UP) {
        begin_round(all, l);
    } else if (l->st->status == LINK_DOWN && l->st->wait > 0) {
        l->st->wait--;
    } else if (l->st->status == LINK_DOWN) {
        l->st->status = LINK_CONNECTING;
        if (all->env->net->ops->connect(all->env->net, l->node, l->to, mr_owner_pack(o)) != MR_OK) {
            l->st->status = LINK_DOWN;
            fail_round(l);
        }
    }
}

static const struct mr_owner_ops owner_ops = {on_net, on_timer};

struct mr_links *mr_links_create(struct mr_env *env, uint16_t max)
{
    struct mr_links *all = mr_arena_scratch(env->arena, sizeof *all);
    if (!all) {
        return NULL;
    }
    *all = (struct mr_links){.env = env, .max = max};
    all->list = mr_arena_scratch(env->arena, sizeof *all->list * (max ? max : 1));
    mr_env_register(env, MR_OWNER_LINK, &owner_ops, all);
    return all->list ? all : NULL;
}

uint16_t mr_link_add(struct mr_links *all, const struct mr_link_owner *owner, uint16_t node, struct mr_addr to, uint8_t unit,
                     mr_ns every, const struct mr_link_block *blocks, size_t nblocks)
{
    MR_ASSERT(all->n < all->max && all->n < MR_OWNER_UNITS);
    struct link *l = &all->list[all->n];
    *l = (struct link){*owner, all->n, node, to, unit, every, blocks, nblocks, NULL};
    l->st = mr_arena_new(all->env->arena, &state_type, 1, "link");
    if (!l->st) {
        return UINT16_MAX;
    }
    mr_modbus_client_init(&l->st->client, MR_MODBUS_CLIENT_DEPTH_MAX, MR_LINK_TIMEOUT);
    return all->n++;
}

/* Spread over their period, on the grid of the process's steps: what is due at one instant costs wire and core one turn. */
void mr_links_start(struct mr_links *all)
{
    mr_ns step = all->env->site->step;
    for (uint16_t i = 0; i < all->n; i++) {
        struct link *l = &all->list[i];
        mr_ns spread = l->every * (i + 1) / (all->n + 1);
        mr_env_after(all->env, spread / step * step, owner_of(l), 0);
    }
}

enum mr_err mr_link_write(struct mr_links *all, uint16_t link, const struct mr_place *place, double value, uint32_t token)
{
    MR_ASSERT(link < all->n && !(token & MR_LINK_READ));
    struct link *l = &all->list[link];
    if (l->st->status != LINK_UP) {
        return MR_E_CLOSED;
    }
    struct mr_modbus_request r = {.token = token, .unit = l->unit};
    uint16_t values[4];
    if (!mr_link_write_request(place, value, &r, values)) {
        return MR_E_UNSUPPORTED;
    }
    enum mr_err err = mr_modbus_client_request(&l->st->client, &r, all->env->now);
    if (err == MR_OK) {
        send_output(all, l);
    }
    return err == MR_E_FULL ? MR_E_BUSY : err;
}

void mr_links_reset(struct mr_links *all)
{
    for (uint16_t i = 0; i < all->n; i++) {
        struct link *l = &all->list[i];
        l->st->status = LINK_DOWN;
        l->st->wait = 0;
        mr_modbus_client_close(&l->st->client);
        (void)take_results(l);
    }
}
