/* site_load_test.c - what comes of the files in content/: the numbers below were read off the files by hand. And: schemas,
 * packing, reading from memory. */
#include "support/test.h"

#include "site/load.h"
#include "site/schema.h"

#include <math.h>
#include <stdlib.h>

static struct mr_content *load(const char *path)
{
    struct mr_diags *diags = mr_diags_create();
    struct mr_content *c = mr_content_load(path, diags);
    if (!c) {
        mr_diags_print(diags, stderr);
    }
    mr_diags_destroy(diags);
    assert_non_null(c);
    return c;
}

static void site(void **state)
{
    struct mr_content *c = load("content/sites/water-treatment");
    const struct mr_site *s = c->site;
    (void)state;
    assert_null(c->scenario);
    assert_string_equal(s->name, "water-treatment");
    assert_string_equal(s->title.en, "East Works");
    assert_int_equal(s->step, 100 * MR_MS);
    assert_int_equal(s->topology.nzones, 5);
    assert_int_equal(s->topology.zones[mr_site_zone(s, "control")].gateway, 0x0A0A0001);
    const struct mr_device *plc2 = &s->devices[mr_site_device(s, "plc2")];
    assert_int_equal(plc2->kind, MR_DEV_PLC);
    assert_int_equal(s->topology.nodes[plc2->node].ip, 0x0A0A000C);
    assert_memory_equal(s->topology.nodes[plc2->node].mac, plc2->personality->oui, 3);
    assert_non_null(plc2->program);
    assert_int_equal(plc2->interval, 100 * MR_MS);
    assert_int_equal(plc2->nlinks, 1);
    assert_ptr_equal(plc2->links[0].to, mr_plc_symbol_find(plc2->program, "LIT301_REMOTE"));
    assert_string_equal(s->devices[plc2->links[0].from].name, "plc3");
    assert_int_equal(plc2->links[0].place.area, MR_AREA_M);
    assert_int_equal(plc2->links[0].place.type, MR_VT_REAL);
    mr_content_free(c);
}

static void wires_and_tags(void **state)
{
    struct mr_content *c = load("content/sites/water-treatment/site.yaml");
    const struct mr_site *s = c->site;
    (void)state;
    const struct mr_device *plc2 = &s->devices[mr_site_device(s, "plc2")];
    const struct mr_wire *ph = NULL, *valve = NULL;
    for (size_t i = 0; i < plc2->nwires; i++) {
        const char *name = s->model->vars[plc2->wires[i].var].name;
        ph = strcmp(name, "AIT202") == 0 ? &plc2->wires[i] : ph;
        valve = strcmp(name, "MV201.open") == 0 ? &plc2->wires[i] : valve;
    }
    assert_true(ph && !ph->output && ph->scaled);
    assert_int_equal(ph->place.byte, 4); /* %IW2 */
    assert_int_equal(ph->place.type, MR_VT_INT);
    assert_float_equal(ph->raw_hi, 27648, 0);
    assert_float_equal(ph->hi, 14, 0); /* pH */
    assert_true(valve && valve->output && !valve->scaled);
    const struct mr_tag *t = &s->tags[mr_site_tag(s, "AIT202.setpoint")];
    assert_string_equal(t->unit, "pH"); /* of AIT202 */
    assert_float_equal(t->hi, 14, 0);
    assert_true(t->writable && !t->is_bool);
    assert_string_equal(s->devices[t->device].name, "plc2");
    assert_int_equal(t->place.byte, 132); /* %MD33 */
    assert_int_equal(t->var, -1);
    const struct mr_tag *level = &s->tags[mr_site_tag(s, "LIT101")];
    assert_float_equal(level->limits[0], 250, 0);
    assert_float_equal(level->limits[3], 1200, 0);
    assert_true(isnan(s->tags[mr_site_tag(s, "FIT101")].limits[0]));
    mr_content_free(c);
}

static void scenario(void **state)
{
    struct mr_content *c = load("content/scenarios/first-night/scenario.yaml");
    const struct mr_scenario *s = c->scenario;
    (void)state;
    assert_ptr_equal(c->site, s->site);
    assert_int_equal(s->topology.nnodes, s->site->topology.nnodes + 1);
    assert_int_equal(s->topology.nodes[s->actors[0].node].ip, 0x0A140042);
    assert_true(s->nsteps >= 10);
    const struct mr_step *acid = &s->steps[mr_scenario_step(s, "acid")];
    assert_int_equal(acid->action.kind, MR_DO_WRITE);
    assert_string_equal(s->site->tags[acid->action.writes[0].tag].name, "AIT202.setpoint");
    assert_int_equal(acid->blocked, mr_scenario_step(s, "pump"));
    assert_true(acid->entered && acid->has_effect);
    assert_int_equal(acid->effect.sense, MR_BELOW);
    const struct mr_step *pump = &s->steps[acid->blocked];
    assert_false(pump->entered);
    assert_int_equal(pump->action.every, MR_S);
    assert_string_equal(s->players[0].name, "idle");
    assert_int_equal(s->players[0].nplays, 0);
    assert_int_equal(s->npromises, 3);
    assert_float_equal(s->promises[0].hi, 20, 0);
    assert_true(isinf(s->promises[1].hi));
    assert_int_equal(s->score.nchecks, s->nkeeps);
    mr_content_free(c);
}

static void event(void **state)
{
    struct mr_content *c = load("content/events/nineteen");
    (void)state;
    assert_int_equal(c->event->nteams, 19);
    assert_ptr_equal(c->event->rounds[0].scenario, c->scenario);
    assert_int_equal(c->event->rounds[0].lasts, 15 * MR_MIN);
    assert_true(c->event->secret_seed);
    mr_content_free(c);
}

/* The packed files load again, from memory alone, to the same content. */
static void packing(void **state)
{
    struct mr_content *c = load("content/events/demo/event.yaml");
    size_t cap = mr_content_packed_size(c);
    uint8_t *bytes = malloc(cap);
    (void)state;
    assert_non_null(bytes);
    struct mr_writer w = mr_writer(bytes, cap);
    mr_content_pack(c, &w);
    assert_false(w.full);
    size_t n = 0;
    struct mr_content_file *files = mr_content_unpack(mr_written(&w), &n);
    assert_non_null(files);
    assert_int_equal(n, c->nfiles);
    struct mr_diags *diags = mr_diags_create();
    struct mr_content *again = mr_content_load_files(files, n, diags);
    assert_non_null(again);
    free(files);
    assert_memory_equal(again->hash, c->hash, MR_CONTENT_HASH);
    assert_int_equal(again->event->nteams, 3);
    assert_memory_equal(again->site->topology.nodes[0].mac, c->site->topology.nodes[0].mac, 6);
    for (size_t cut = 0; cut < w.n; cut += 997) { /* no prefix of it is a pack */
        assert_null(mr_content_unpack(mr_slice(bytes, cut), &n));
    }
    mr_diags_destroy(diags);
    mr_content_free(again);
    mr_content_free(c);
    free(bytes);
}

static void schemas(void **state)
{
    static const char *const wrong[] = {
        "{",
        "[]",
        "{\"oneOf\": []}",
        "{\"$ref\": \"#/$defs/a\"}",
        "{\"pattern\": \"(\"}",
        "{\"properties\": {\"a\": {\"types\": 1}}}",
        "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"$ref\": \"#/$defs/a\"}}}",
    };
    char why[200];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why[0] = '\0';
        assert_null(mr_schema_create(wrong[i], strlen(wrong[i]), why, sizeof why));
        assert_true(why[0] != '\0');
    }
}

static size_t errors_of(const char *schema, const char *text)
{
    char why[200];
    struct mr_schema *s = mr_schema_create(schema, strlen(schema), why, sizeof why);
    struct mr_pool *pool = mr_pool_create();
    struct mr_diags *diags = mr_diags_create();
    assert_non_null(s);
    struct mr_yaml *y = mr_yaml_parse(pool, "t", text, strlen(text), diags);
    assert_non_null(y);
    bool good = mr_schema_check(s, y, "t", text, strlen(text), diags);
    size_t n = diags->errors;
    assert_int_equal(good, n == 0);
    mr_diags_destroy(diags);
    mr_pool_destroy(pool);
    mr_schema_destroy(s);
    return n;
}

/* Types as the core schema of YAML 1.2 (10.3.2) and JSON Schema's validation vocabulary have them. */
static void validation(void **state)
{
    (void)state;
    assert_int_equal(errors_of("{\"type\": \"integer\"}", "12"), 0);
    assert_int_equal(errors_of("{\"type\": \"integer\"}", "1.5"), 1);
    assert_int_equal(errors_of("{\"type\": \"number\"}", "-12"), 0);
    assert_int_equal(errors_of("{\"type\": \"number\"}", "1e3"), 0);
    assert_int_equal(errors_of("{\"type\": \"string\"}", "'12'"), 0);
    assert_int_equal(errors_of("{\"type\": \"string\"}", "12"), 1);
    assert_int_equal(errors_of("{\"type\": \"string\"}", "true"), 1);
    assert_int_equal(errors_of("{\"type\": \"string\"}", "off"), 0);
    assert_int_equal(errors_of("{\"type\": \"boolean\"}", "true"), 0);
    assert_int_equal(errors_of("{\"type\": \"null\"}", "~"), 0);
    assert_int_equal(errors_of("{\"type\": [\"string\", \"null\"]}", "~"), 0);
    assert_int_equal(errors_of("{\"type\": \"integer\", \"minimum\": 3, \"maximum\": 5}", "6"), 1);
    assert_int_equal(errors_of("{\"type\": \"array\", \"minItems\": 2, \"items\": {\"type\": \"integer\"}}", "[1, a]"), 1);
    assert_int_equal(errors_of("{\"type\": \"array\", \"maxItems\": 1}", "[1, 2]"), 1);
    assert_int_equal(errors_of("{\"required\": [\"a\", \"b\"]}", "{c: 1}"), 2);
    assert_int_equal(errors_of("{\"properties\": {\"a\": {}}, \"additionalProperties\": false}", "{a: 1, b: 2, c: 3}"), 2);
    assert_int_equal(errors_of("{\"propertyNames\": {\"pattern\": \"^x\"}}", "{xa: 1, b: 2}"), 1);
    assert_int_equal(errors_of("{\"patternProperties\": {\"^x\": {\"type\": \"integer\"}}}", "{xa: q, b: q}"), 1);
    assert_int_equal(errors_of("{\"minProperties\": 1, \"maxProperties\": 1}", "{a: 1, b: 2}"), 1);
    assert_int_equal(
        errors_of("{\"anyOf\": [{\"type\": \"integer\"}, {\"type\": \"array\", \"items\": {\"type\": \"integer\"}}]}",
                  "[1, a, b]"),
        2);
    assert_int_equal(errors_of("{\"enum\": [\"a\", \"b\"]}", "c"), 1);
    assert_int_equal(errors_of("{\"const\": \"a\"}", "b"), 1);
    assert_int_equal(errors_of("{\"type\": \"string\", \"maxLength\": 2}", "abc"), 1);
    assert_int_equal(errors_of("{\"items\": {\"$ref\": \"#/$defs/n\"}, \"$defs\": {\"n\": {\"type\": \"integer\"}}}", "[a, b]"),
                     2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas),  cmocka_unit_test(validation), cmocka_unit_test(site),    cmocka_unit_test(wires_and_tags),
        cmocka_unit_test(scenario), cmocka_unit_test(event),      cmocka_unit_test(packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
