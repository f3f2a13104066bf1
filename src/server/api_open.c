/* api_open.c - what everybody may see. */
#include "server/http.h"

#include <stdlib.h>

void mr_api_event(struct mr_request *r)
{
    mr_answer(r, 200, mr_json_event(r->srv));
}

struct feed_list {
    const struct mr_server *srv;
    json_t *list;
};

static void into_list(void *ctx, const struct mr_feed *f)
{
    struct feed_list *l = ctx;
    json_array_append_new(l->list, mr_json_feed(l->srv, f));
}

void mr_api_feed(struct mr_request *r)
{
    char text[24];
    struct feed_list l = {.srv = r->srv, .list = json_array()};
    int64_t after = mr_request_arg(r, "after", text, sizeof text) ? strtoll(text, NULL, 10) : -1;
    long limit = mr_request_arg(r, "limit", text, sizeof text) ? strtol(text, NULL, 10) : 50;
    limit = limit < 1 ? 1 : (limit > 500 ? 500 : limit);
    (void)mr_store_feed(r->srv->store, after, (uint32_t)limit, into_list, &l);
    mr_answer(r, 200, l.list);
}

void mr_api_history(struct mr_request *r)
{
    mr_answer(r, 200, mr_json_history(r->srv));
}
