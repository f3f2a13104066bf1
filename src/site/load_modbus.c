/* load_modbus.c - what a Modbus server answers for: the whole image as one unit, or, of a gateway, several units with tables. */
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key;
    enum mr_modbus_table table;
} tables[] = {
    {"coils", MR_MODBUS_COILS},
    {"discrete-inputs", MR_MODBUS_DISCRETE_INPUTS},
    {"input-registers", MR_MODBUS_INPUT_REGISTERS},
    {"holding-registers", MR_MODBUS_HOLDING_REGISTERS},
};
#define TABLES (sizeof tables / sizeof tables[0])

/* {from: 0, count: 16, at: %MB100, read-only: off} */
static void load_table(struct mr_loader *l, struct mr_site_draft *s, struct mr_modbus_map *map, enum mr_modbus_table table,
                       const struct mr_yaml *y)
{
    const struct mr_yaml *at = mr_yaml_get(y, "at");
    bool bits = table == MR_MODBUS_COILS || table == MR_MODBUS_DISCRETE_INPUTS;
    struct mr_place p;
    if (mr_place_parse(at->text, &p) != MR_OK || (!bits && p.type == MR_VT_BOOL)) {
        mr_load_wrong(l, s->doc, at, "'%s': expected %s", at->text,
                      bits ? "the bit or byte that the table begins with, such as %MX100.0"
                           : "the byte or word that the table begins with, such as %MW50");
        return;
    }
    const struct mr_modbus_range r = {.from = (uint16_t)mr_get_integer(y, "from", 0),
                                      .count = mr_get_integer(y, "count", 0),
                                      .area = p.area,
                                      .at = bits ? p.byte * 8 + p.bit : p.byte,
                                      .read_only = p.area == MR_AREA_I || mr_get_switch(y, "read-only", false)};
    if (mr_modbus_map_add(map, table, &r) != MR_OK) {
        mr_load_wrong(l, s->doc, y, "%u addresses from %u on reach beyond 65535", r.count, r.from);
    }
}

/* {number: 4, records: 100, at: %MW50, read-only: off}; numbers of the schema's bounds keep within the map's. */
static void load_file(struct mr_loader *l, struct mr_site_draft *s, struct mr_modbus_map *map, const struct mr_yaml *y)
{
    const struct mr_yaml *at = mr_yaml_get(y, "at");
    struct mr_place p;
    if (mr_place_parse(at->text, &p) != MR_OK || p.type == MR_VT_BOOL) {
        mr_load_wrong(l, s->doc, at, "'%s': expected the byte or word that the file begins with, such as %%MW50", at->text);
        return;
    }
    const struct mr_modbus_file f = {.number = (uint16_t)mr_get_integer(y, "number", 0),
                                     .records = mr_get_integer(y, "records", 0),
                                     .area = p.area,
                                     .at = p.byte,
                                     .read_only = p.area == MR_AREA_I || mr_get_switch(y, "read-only", false)};
    for (uint32_t i = 0; i < map->nfiles; i++) {
        if (map->file[i].number == f.number) {
            mr_load_wrong(l, s->doc, y, "two files have the number %u", f.number);
        }
    }
    map->file[map->nfiles++] = f;
}

/* What a unit has beside its tables. */
static void load_files(struct mr_loader *l, struct mr_site_draft *s, struct mr_modbus_map *map, const struct mr_yaml *unit)
{
    const struct mr_yaml *files = mr_yaml_get(unit, "files");
    const struct mr_yaml *fifos = mr_yaml_get(unit, "fifos");
    for (const struct mr_yaml *f = files ? files->first : NULL; f; f = f->next) {
        load_file(l, s, map, f);
    }
    for (const struct mr_yaml *f = fifos ? fifos->first : NULL; f; f = f->next) {
        map->fifo[map->nfifos++] = (uint16_t)strtoul(f->text, NULL, 10);
    }
}

void mr_load_modbus(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    const struct mr_yaml *units = mr_yaml_get(y, "units");
    struct mr_modbus_unit_plan *list = MR_POOL_NEW(l->pool, struct mr_modbus_unit_plan, units ? units->count : 0);
    out->modbus.unit = (uint8_t)mr_get_integer(y, "unit", units ? mr_get_integer(units->first, "unit", 1) : 1);
    out->modbus.rtu = strcmp(mr_get_text(y, "framing", "tcp"), "rtu") == 0;
    for (const struct mr_yaml *u = units ? units->first : NULL; u; u = u->next) {
        struct mr_modbus_unit_plan *to = &list[out->modbus.nunits++];
        bool given = false;
        to->unit = (uint8_t)mr_get_integer(u, "unit", 1);
        to->off = !mr_get_switch(u, "answers", true);
        for (size_t t = 0; t < TABLES; t++) {
            const struct mr_yaml *table = mr_yaml_get(u, tables[t].key);
            given = given || table;
            if (table) {
                load_table(l, s, &to->map, tables[t].table, table);
            }
        }
        to->map = given ? to->map : mr_modbus_default_map;
        load_files(l, s, &to->map, u);
        for (size_t i = 0; i + 1 < out->modbus.nunits; i++) {
            if (list[i].unit == to->unit) {
                mr_load_wrong(l, s->doc, u, "two units have the identifier %u", to->unit);
            }
        }
    }
    out->modbus.units = list;
}
