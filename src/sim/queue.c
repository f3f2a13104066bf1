#include "sim/queue.h"

struct mr_queue {
    struct mr_queue_head {
        uint64_t seq;
        uint32_t n;
    } * head;
    struct mr_timer *heap;
    uint32_t capacity;
};

static const struct mr_field head_fields[] = {
    MR_FIELD(struct mr_queue_head, seq, MR_U64),
    MR_FIELD(struct mr_queue_head, n, MR_U32),
};
static const struct mr_type head_type = MR_TYPE("queue", struct mr_queue_head, head_fields);

static const struct mr_field timer_fields[] = {
    MR_FIELD(struct mr_timer, at, MR_I64), MR_FIELD(struct mr_timer, seq, MR_U64), MR_FIELD(struct mr_timer, handler, MR_U32),
    MR_FIELD(struct mr_timer, a, MR_U32),  MR_FIELD(struct mr_timer, b, MR_U64),
};
static const struct mr_type timer_type = MR_TYPE("timer", struct mr_timer, timer_fields);

struct mr_queue *mr_queue_create(struct mr_arena *arena, uint32_t capacity)
{
    struct mr_queue *q = mr_arena_scratch(arena, sizeof *q);
    if (!q) {
        return NULL;
    }
    q->head = mr_arena_new(arena, &head_type, 1, "queue");
    q->heap = mr_arena_new(arena, &timer_type, capacity, "timers");
    q->capacity = capacity;
    return q->head && q->heap ? q : NULL;
}

static bool before(const struct mr_timer *x, const struct mr_timer *y)
{
    return x->at != y->at ? x->at < y->at : x->seq < y->seq;
}

enum mr_err mr_queue_add(struct mr_queue *q, mr_ns at, uint32_t handler, uint32_t a, uint64_t b)
{
    if (q->head->n == q->capacity) {
        return MR_E_FULL;
    }
    struct mr_timer t = {at, q->head->seq++, handler, a, b};
    uint32_t i = q->head->n++;
    while (i > 0 && before(&t, &q->heap[(i - 1) / 2])) {
        q->heap[i] = q->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    q->heap[i] = t;
    return MR_OK;
}

mr_ns mr_queue_next(const struct mr_queue *q)
{
    return q->head->n > 0 ? q->heap[0].at : MR_NEVER_NS;
}

/* Fills the gap at `i` with the last timer, wherever that belongs. */
static void close_gap(struct mr_queue *q, uint32_t i)
{
    struct mr_timer last = q->heap[--q->head->n];
    uint32_t n = q->head->n;
    q->heap[n] = (struct mr_timer){0}; /* a free slot always looks the same, for the digest */
    if (i == n) {
        return;
    }
    for (; i > 0 && before(&last, &q->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        q->heap[i] = q->heap[(i - 1) / 2];
    }
    for (uint32_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && before(&q->heap[child + 1], &q->heap[child])) {
            child++;
        }
        if (!before(&q->heap[child], &last)) {
            break;
        }
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = last;
}

bool mr_queue_take(struct mr_queue *q, mr_ns now, struct mr_timer *out)
{
    if (q->head->n == 0 || q->heap[0].at > now) {
        return false;
    }
    *out = q->heap[0];
    close_gap(q, 0);
    return true;
}

bool mr_queue_remove(struct mr_queue *q, uint32_t handler, uint32_t a)
{
    uint32_t found = q->head->n;
    for (uint32_t i = 0; i < q->head->n; i++) {
        const struct mr_timer *t = &q->heap[i];
        if (t->handler == handler && t->a == a && (found == q->head->n || before(t, &q->heap[found]))) {
            found = i;
        }
    }
    if (found == q->head->n) {
        return false;
    }
    close_gap(q, found);
    return true;
}

uint32_t mr_queue_length(const struct mr_queue *q)
{
    return q->head->n;
}

enum mr_err mr_queue_check(const struct mr_queue *q)
{
    if (q->head->n > q->capacity) {
        return MR_E_CORRUPT;
    }
    for (uint32_t i = 1; i < q->head->n; i++) {
        if (before(&q->heap[i], &q->heap[(i - 1) / 2])) {
            return MR_E_CORRUPT;
        }
    }
    return MR_OK;
}
