/* load_loader.h - inside the loader: where files come from, how mistakes are told, how members of a map are taken. Everything it
 * builds lies in one pool, which the finished mr_content owns. */
#ifndef MR_SITE_LOAD_LOADER_H
#define MR_SITE_LOAD_LOADER_H

#include "site/load.h"
#include "site/load_pool.h"
#include "site/yaml.h"

#define MR_LOAD_FILES    512  /* of one content */
#define MR_LOAD_PROGRAMS 4096 /* as many as a site has devices */

enum mr_file_kind {
    MR_FILE_SITE,
    MR_FILE_SCENARIO,
    MR_FILE_EVENT,
    MR_FILE_PERSONALITY,
    MR_FILE_PLAYER,
    MR_FILE_PAGE,
    MR_FILE_TAGS,
    MR_FILE_ALARMS,
    MR_FILE_SERVICES,
    MR_FILE_IEC104,
    MR_FILE_DNP3,
    MR_FILE_KINDS
};

/* A folder, as messages name it and as the content's own paths do. */
struct mr_place_of_files {
    const char *shown, *path;
};

/* A YAML file that its schema has accepted. */
struct mr_doc {
    const char *shown; /* for messages */
    const char *text;
    size_t n;
    struct mr_place_of_files dir;
    const struct mr_yaml *root;
};

struct mr_loader {
    struct mr_pool *pool;
    struct mr_diags *diags;
    const char *root;                    /* the content folder, as messages name it */
    const struct mr_content_file *given; /* files in memory; NULL: from the disk */
    size_t ngiven;
    struct mr_content_file files[MR_LOAD_FILES];
    const char *shown[MR_LOAD_FILES];
    size_t nfiles;
    struct mr_plc_program *programs[MR_LOAD_PROGRAMS];
    size_t nprograms;
    const struct mr_personality **personalities;
    size_t npersonalities;
    const struct mr_site **sites;
    size_t nsites;
};

/* ---- files (load_files.c) ---- */

/* Reads a file once. NULL where there is none: the caller says so. */
const struct mr_content_file *mr_load_read(struct mr_loader *l, const char *shown, const char *path);
/* Why mr_load_read() gave none, in words. */
const char *mr_load_unread(const struct mr_loader *l, const char *shown);
struct mr_place_of_files mr_load_join(struct mr_loader *l, struct mr_place_of_files dir, const char *name);
/* Names of the files in a folder that end in `.ext`, without that, sorted. */
size_t mr_load_list(struct mr_loader *l, struct mr_place_of_files dir, const char *ext, const char *const **names);
/* Reads, parses and checks a YAML file. NULL where `diags` then says why. `asked_by` (may be NULL) and `at`: who names it. */
const struct mr_doc *mr_load_doc(struct mr_loader *l, struct mr_place_of_files file, enum mr_file_kind kind,
                                 const struct mr_doc *asked_by, const struct mr_yaml *at);
/* A text file that a document names, relative to it. NULL where `diags` then says why. */
const struct mr_content_file *mr_load_text(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at,
                                           struct mr_place_of_files *where);
/* The kind of a file by its root's first key; MR_FILE_KINDS where it is none. */
enum mr_file_kind mr_load_kind(const struct mr_yaml *root);
const char *mr_load_kind_name(enum mr_file_kind k);
/* A file that is compiled in: "schemas/site.schema.json". */
struct mr_slice mr_load_builtin(const char *name);

/* ---- mistakes ---- */

void mr_load_wrong(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void mr_load_warn(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "; did you mean 'x'?" where one of `n` records of `stride` bytes, each beginning with a `const char *`, is near; or "". */
const char *mr_load_near(struct mr_loader *l, const char *word, const void *records, size_t n, size_t stride);
/* "no zone is called 'x'; did you mean 'y'?" */
void mr_load_unknown(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *what, const char *word,
                     const void *records, size_t n, size_t stride);

/* ---- members of a map, of a form that the schema has checked ---- */

const char *mr_get_text(const struct mr_yaml *map, const char *key, const char *otherwise);
mr_ns mr_get_duration(const struct mr_yaml *map, const char *key, mr_ns otherwise);
uint32_t mr_get_integer(const struct mr_yaml *map, const char *key, uint32_t otherwise);
double mr_get_number(const struct mr_yaml *map, const char *key, double otherwise);
bool mr_get_switch(const struct mr_yaml *map, const char *key, bool otherwise); /* on, off, true, false */
struct mr_text mr_get_title(struct mr_loader *l, const struct mr_yaml *map, const char *key, struct mr_text otherwise);
char *mr_load_copy(struct mr_loader *l, const char *text);
/* A node that is one value or a list of them: the first of it; go on by `next`. *n counts them. */
const struct mr_yaml *mr_one_or_list(const struct mr_yaml *y, size_t *n);

/* A quantity for something called `name` that is measured in `unit`; a bool is on or off. False, and said, where it is none. */
bool mr_load_quantity(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *name, const char *unit,
                      bool is_bool, double *out);
bool mr_load_range(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *name, const char *unit,
                   double *lo, double *hi);

/* ---- the parts ---- */

struct mr_site *mr_load_site(struct mr_loader *l, struct mr_place_of_files file, const struct mr_doc *by,
                             const struct mr_yaml *at);
struct mr_scenario *mr_load_scenario(struct mr_loader *l, struct mr_place_of_files file, const struct mr_doc *by,
                                     const struct mr_yaml *at);
struct mr_event_plan *mr_load_event(struct mr_loader *l, struct mr_place_of_files file);
/* A make of which nothing is known. */
struct mr_personality *mr_load_plain(struct mr_loader *l);
const struct mr_personality *mr_load_personality(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at);
/* "content/sites/NAME/site.yaml" and the like, seen from the content folder. */
struct mr_place_of_files mr_load_named(struct mr_loader *l, const char *folder, const char *name, const char *file);

/* A site in the making: the loader's view with writable parts. */
struct mr_site_draft {
    const struct mr_doc *doc;
    struct mr_site *site;
    struct mr_zone *zones;
    struct mr_node *nodes;
    struct mr_device *devices;
    const struct mr_yaml **device_nodes; /* the YAML of each device */
    struct mr_tag *tags;
    bool partial; /* something that others refer to could not be loaded: what follows from that alone is not told */
};
void mr_load_network(struct mr_loader *l, struct mr_site_draft *s); /* load_network.c: zones, nodes */
void mr_load_devices(struct mr_loader *l, struct mr_site_draft *s); /* load_device.c: kind, make, cards */
void mr_load_serves(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d,
                    const struct mr_yaml *serves);                   /* load_serve.c */
void mr_load_settings(struct mr_loader *l, struct mr_site_draft *s); /* load_settings.c */
void mr_load_served_points(struct mr_loader *l, struct mr_site_draft *s);
/* What single protocols have of their own (load_iec104.c and the like): options, then points, once programs are compiled. */
void mr_load_modbus(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y);
void mr_load_iec104(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y);
void mr_load_iec104_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                           const struct mr_yaml *y);
void mr_load_dnp3(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y);
void mr_load_dnp3_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                         const struct mr_yaml *y);
void mr_load_enip(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y);
void mr_load_enip_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                         const struct mr_yaml *y);
/* load_enip_tags.c: the program's variables as tags, their structures as templates; `only` (may be NULL) names those that are
 * wanted. */
void mr_load_enip_tags(struct mr_loader *l, const struct mr_device *d, struct mr_enip_plan *out, const struct mr_yaml *only);
/* The file that `points:` names; NULL where there is none, or `diags` says what is wrong with it. */
const struct mr_doc *mr_load_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *y,
                                    enum mr_file_kind kind);
/* Points in a list, each as many times as its `count` says. */
uint32_t mr_load_count(const struct mr_yaml *list);
/* False, and said, where the image has not so many bytes from a place on. */
bool mr_load_stretch(struct mr_loader *l, const struct mr_doc *d, const struct mr_plc_program *program, const struct mr_yaml *at,
                     const struct mr_place *from, uint32_t bytes);
/* "%MD4", a variable, or an array of `count` elements, as places one after the other. False, and said, where it is none. */
bool mr_load_place(struct mr_loader *l, const struct mr_doc *d, const struct mr_plc_program *program, const struct mr_yaml *at,
                   uint32_t count, struct mr_place *out);
void mr_load_programs(struct mr_loader *l, struct mr_site_draft *s);  /* load_plc.c */
void mr_load_tags(struct mr_loader *l, struct mr_site_draft *s);      /* load_tags.c */
void mr_load_terminals(struct mr_loader *l, struct mr_site_draft *s); /* load_plc.c: wires and links */
/* The protocol by which a device is asked: `over` where the author says so, else the usual one. NULL, and said at `at` or `over`
 * why, where it serves none such. */
const struct mr_serve *mr_load_over(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d,
                                    const struct mr_yaml *at, const struct mr_yaml *over);
void mr_load_stations(struct mr_loader *l, struct mr_site_draft *s); /* load_station.c: polls, alarms, pages */
void mr_load_router(struct mr_loader *l, struct mr_site_draft *s);   /* load_router.c */
/* Rules as written in a list, expanded: at most `cap` from out[*n] on; notes may be NULL. */
void mr_load_rules(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *list,
                   struct mr_fw_rule *out, struct mr_rule_note *notes, uint32_t *n, uint32_t cap);
enum mr_fw_action mr_load_verdict(const char *word);
/* A card in `zone`: checks the address, makes the MAC. */
void mr_load_node(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *zone,
                  const struct mr_yaml *address, struct mr_node *nodes, uint16_t *nnodes, const char *name, uint16_t device,
                  const struct mr_personality *make);

/* A scenario in the making. */
struct mr_scenario_draft {
    const struct mr_doc *doc;
    struct mr_scenario *s;
    struct mr_step *steps;
};
/* A file's name for itself is that of its folder, by which others ask for it. */
void mr_load_check_name(struct mr_loader *l, const struct mr_doc *d, const char *key, const struct mr_yaml *asked);
uint16_t mr_load_tag_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at,
                        const char *name);
uint16_t mr_load_device_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at);
int mr_load_var_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at);
/* {tag, above | below | is}; false, and said, where it is wrong. */
bool mr_load_condition(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *map,
                       struct mr_condition *out);
bool mr_load_technique(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at);
uint16_t mr_load_step_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_scenario *s, const struct mr_yaml *at);
void mr_load_campaign(struct mr_loader *l, struct mr_scenario_draft *d); /* load_campaign.c */
void mr_load_action(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *y,
                    struct mr_action *a);                               /* load_action.c */
void mr_load_score(struct mr_loader *l, struct mr_scenario_draft *d);   /* load_score.c */
void mr_load_players(struct mr_loader *l, struct mr_scenario_draft *d); /* load_player.c */

#endif
