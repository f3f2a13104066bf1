/* A rule table as a page sends it: any JSON is refused, or gives a table that passes its own check. */
#include "server/firewall_json.h"

#include "base/err.h"

static const struct mr_zone zones[] = {{.name = "control", .subnet = 0x0a0a0000, .prefix = 24}};
static const struct mr_node nodes[] = {{.name = "plc1", .ip = 0x0a0a000b}};
static const struct mr_device devices[] = {{.name = "plc1", .nnodes = 1}};
static const struct mr_named_service services[] = {{"modbus", MR_FW_TCP, 502, 502}};
static const struct mr_site site = {
    .topology = {.zones = zones, .nzones = 1, .nodes = nodes, .nnodes = 1},
    .devices = devices,
    .ndevices = 1,
    .services = services,
    .nservices = 1,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mr_fw_table now;
    struct mr_fw_table t;
    char why[256];
    struct mr_firewall_refusal refusal;
    json_t *o = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(o) && mr_firewall_from_json(&site, o, &now, &t, &refusal) == MR_OK) {
        MR_ASSERT(mr_fw_check(&t, why, sizeof why) == MR_OK);
        json_t *back = mr_firewall_to_json(&site, &t, 1);
        struct mr_fw_table again;
        MR_ASSERT(mr_firewall_from_json(&site, back, &now, &again, &refusal) == MR_OK);
        MR_ASSERT(again.nrules == t.nrules);
        json_decref(back);
    }
    json_decref(o);
    return 0;
}
