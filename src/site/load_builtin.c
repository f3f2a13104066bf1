/* load_builtin.c - files of content/ that belong to the engine, taken in when it is built: the schemas and the names of services.
 * So a checker needs no content folder to know what is right, and core needs no disk. */
#include "site/load_loader.h"

#include <string.h>

/* .incbin keeps a file's bytes as they are; BUILTIN_DIR comes from CMakeLists.txt, which also says what to build again. */
#define BUILTIN(symbol, path)                                                                                                    \
    __asm__(".section .rodata\n"                                                                                                 \
            "mr_builtin_" #symbol ":\n.incbin \"" BUILTIN_DIR "/" path "\"\n"                                                    \
            "mr_builtin_" #symbol "_end:\n.byte 0\n"                                                                             \
            ".previous\n");                                                                                                      \
    extern const uint8_t symbol[] __asm__("mr_builtin_" #symbol);                                                                \
    extern const uint8_t symbol##_end[] __asm__("mr_builtin_" #symbol "_end");

BUILTIN(site, "schemas/site.schema.json")
BUILTIN(scenario, "schemas/scenario.schema.json")
BUILTIN(event, "schemas/event.schema.json")
BUILTIN(personality, "schemas/personality.schema.json")
BUILTIN(player, "schemas/player.schema.json")
BUILTIN(page, "schemas/hmi-page.schema.json")
BUILTIN(tags, "schemas/tags.schema.json")
BUILTIN(alarms, "schemas/alarms.schema.json")
BUILTIN(iec104, "schemas/iec104-points.schema.json")
BUILTIN(dnp3, "schemas/dnp3-points.schema.json")
BUILTIN(services_schema, "schemas/services.schema.json")
BUILTIN(services, "services.yaml")

struct mr_slice mr_load_builtin(const char *name)
{
    static const struct {
        const char *name;
        const uint8_t *begin, *end;
    } files[] = {
        {"schemas/site.schema.json", site, site_end},
        {"schemas/scenario.schema.json", scenario, scenario_end},
        {"schemas/event.schema.json", event, event_end},
        {"schemas/personality.schema.json", personality, personality_end},
        {"schemas/player.schema.json", player, player_end},
        {"schemas/hmi-page.schema.json", page, page_end},
        {"schemas/tags.schema.json", tags, tags_end},
        {"schemas/alarms.schema.json", alarms, alarms_end},
        {"schemas/iec104-points.schema.json", iec104, iec104_end},
        {"schemas/dnp3-points.schema.json", dnp3, dnp3_end},
        {"schemas/services.schema.json", services_schema, services_schema_end},
        {"services.yaml", services, services_end},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return mr_slice(files[i].begin, (size_t)(files[i].end - files[i].begin));
        }
    }
    return mr_slice("", 0);
}
