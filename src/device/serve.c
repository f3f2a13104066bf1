#include "device/serve.h"

static const struct mr_serve_row *const rows[MR_SERVE_KINDS] = {
    [MR_SERVE_MODBUS] = &mr_serve_modbus, [MR_SERVE_S7] = &mr_serve_s7,     [MR_SERVE_IEC104] = &mr_serve_iec104,
    [MR_SERVE_DNP3] = &mr_serve_dnp3,     [MR_SERVE_ENIP] = &mr_serve_enip, [MR_SERVE_HTTP] = &mr_serve_http,
};

static bool admits(void *device, uint32_t client)
{
    const struct mr_serving *s = device;
    return mr_settings_admits(s->host->settings, mr_serve_access(s->plan->kind), client);
}

bool mr_serving_create(struct mr_serving *s, const struct mr_host *host, const struct mr_serve *plan)
{
    *s = (struct mr_serving){.row = rows[plan->kind], .service = rows[plan->kind]->service, .host = host, .plan = plan};
    if (!s->row->create(s)) {
        return false;
    }
    if (s->row->apply) {
        s->row->apply(s, NULL);
    }
    s->pool = mr_service_add(host->services, s->service, s, admits, host->plan->node, plan);
    return s->pool != NULL;
}

static void listen_as_set(struct mr_serving *s)
{
    mr_service_listen(s->pool, mr_settings_on(s->host->settings, mr_serve_switch(s->plan->kind), true));
}

void mr_serving_start(struct mr_serving *s)
{
    listen_as_set(s);
    mr_serving_scanned(s);
}

void mr_serving_apply(struct mr_serving *s, const char *setting)
{
    if (s->row->apply) {
        s->row->apply(s, setting);
    }
    listen_as_set(s);
    mr_service_cut(s->pool);
}

void mr_serving_scanned(struct mr_serving *s)
{
    if (s->row->scanned) {
        s->row->scanned(s);
    }
}

void mr_serving_reset(struct mr_serving *s)
{
    if (s->row->reset) {
        s->row->reset(s);
    }
}
