/* cmd_plc.c - millrace plc: compile, run, disassemble, compare and format programs of IEC 61131-3. */
#include "cli/args.h"
#include "cli/commands.h"

#include "base/maths.h"
#include "plc/online.h"
#include "plc/tools.h"
#include "plc/xml/plcopen.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX  64
#define SETS_MAX   256
#define FILE_BYTES ((size_t)8 << 20)
#define SCANS_MAX  1000000000LL

static const char usage_text[] =
    "usage: millrace plc compile FILE...\n"
    "       millrace plc run FILE... --for T --scan S [--set VAR=VALUE]... [--json]\n"
    "       millrace plc disassemble FILE...\n"
    "       millrace plc diff A B\n"
    "       millrace plc blocks FILE... [--out DIR]\n"
    "       millrace plc format FILE [--write]\n"
    "       millrace plc library\n"
    "\n"
    "  FILE is text of IEC 61131-3, a project in PLCopen XML, or one of TwinCAT's (.TcPOU, .TcDUT); messages\n"
    "  about XML's logic give the lines of its text, which 'format' prints\n"
    "  compile      checks a project of one or more files and says how large it is\n"
    "  run          runs it for T of virtual time, scanning every S; then prints its variables\n"
    "  --set        sets a variable before the first scan: a number, TRUE, FALSE, T#5s or a text\n"
    "  --json       one JSON object: scans, time_s, state, fault, variables by full path\n"
    "  disassemble  prints the byte code\n"
    "  diff         prints the lines of logic that differ, unit by unit; status 1 where some do. Of two\n"
    "               blocks (FILE.mrb) also whether their byte code differs\n"
    "  blocks       lists the blocks of a project, as a controller has them, or those in FILE.mrb;\n"
    "  --out        writes each to DIR/CLASSNUMBER.mrb, as it is uploaded and downloaded\n"
    "  format       prints the source laid out anew, or --write it back to its file\n"
    "  library      prints the reference of standard functions and function blocks\n";

struct options {
    const char *files[FILES_MAX];
    size_t nfiles;
    const char *sets[SETS_MAX];
    size_t nsets;
    const char *out;
    mr_ns length, scan;
    bool json, write;
};

struct sources {
    struct mr_plc_source items[FILES_MAX];
    size_t n;
    bool xml; /* one of them was */
};

static int wrong(const char *text, const char *what)
{
    (void)fprintf(stderr, "millrace plc: %s%s%s; 'millrace plc --help' says how\n", text, what ? " " : "", what ? what : "");
    return 2;
}

static int parse_duration(const char *option, const char *text, mr_ns *out)
{
    if (!text || mr_duration_parse(text, out) != MR_OK || *out < 0) {
        return wrong(option, "takes a time such as 10s or 100ms");
    }
    return 0;
}

static int parse(int argc, char **argv, struct options *o)
{
    for (int i = 0; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        int bad = 0;
        if (strcmp(argv[i], "--for") == 0) {
            bad = parse_duration("--for", next, &o->length);
            i++;
        } else if (strcmp(argv[i], "--scan") == 0) {
            bad = parse_duration("--scan", next, &o->scan);
            i++;
        } else if (strcmp(argv[i], "--set") == 0) {
            if (!next || !strchr(next, '=') || o->nsets == SETS_MAX) {
                return wrong("--set takes VAR=VALUE", NULL);
            }
            o->sets[o->nsets++] = next;
            i++;
        } else if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--write") == 0) {
            o->write = true;
        } else if (strcmp(argv[i], "--out") == 0 && i + 1 < argc) {
            o->out = argv[++i];
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            return wrong("there is no option", argv[i]);
        } else if (o->nfiles < FILES_MAX) {
            o->files[o->nfiles++] = argv[i];
        }
        if (bad) {
            return bad;
        }
    }
    return o->nfiles == 0 ? wrong("a FILE is missing", NULL) : 0;
}

static bool read_file(const char *path, struct mr_plc_source *out)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f) {
        (void)fprintf(stderr, "%s:1:1: error: %s\n", path, strerror(errno));
        return false;
    }
    char *text = malloc(FILE_BYTES + 1);
    MR_ASSERT(text != NULL);
    size_t n = fread(text, 1, FILE_BYTES + 1, f);
    bool good = !ferror(f) && n <= FILE_BYTES;
    if (!good) {
        (void)fprintf(stderr, "%s:1:1: error: %s\n", path, ferror(f) ? strerror(errno) : "larger than a source file may be");
    }
    if (f != stdin) {
        (void)fclose(f);
    }
    *out = (struct mr_plc_source){path, text, n};
    /* cppcheck-suppress memleak ; free_sources() frees the text */
    return good;
}

/* A project in XML becomes its text. */
static bool read_project(struct mr_plc_source *s)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    struct mr_diags *d = mr_diags_create();
    MR_ASSERT(to != NULL && d != NULL);
    bool good = mr_plc_from_xml(s, to, d);
    (void)fclose(to);
    mr_diags_print(d, stderr);
    mr_diags_destroy(d);
    free((void *)(uintptr_t)s->text);
    s->text = text;
    s->n = n;
    return good;
}

static void free_sources(struct sources *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free((void *)(uintptr_t)s->items[i].text);
    }
}

static bool read_sources(const struct options *o, struct sources *s)
{
    bool good = true;
    for (size_t i = 0; i < o->nfiles; i++) {
        good = read_file(o->files[i], &s->items[i]) && good;
        s->n += s->items[i].text ? 1 : 0;
        if (!s->items[i].text) {
            break;
        }
        if (good && mr_plc_is_xml(&s->items[i])) {
            good = read_project(&s->items[i]);
            s->xml = true;
        }
    }
    return good;
}

static struct mr_plc_program *compile(const struct options *o, bool check_only)
{
    struct sources s = {.n = 0};
    struct mr_plc_program *p = NULL;
    if (read_sources(o, &s)) {
        struct mr_diags *d = mr_diags_create();
        MR_ASSERT(d != NULL);
        struct mr_plc_options options = {o->scan, check_only};
        p = mr_plc_compile_with(s.items, s.n, &options, d);
        mr_diags_print(d, stderr);
        mr_diags_destroy(d);
    }
    free_sources(&s);
    return p;
}

static int cmd_compile(const struct options *o)
{
    struct mr_plc_program *p = compile(o, true);
    if (!p) {
        return 1;
    }
    (void)printf("%s: %u units, %u instructions, %u bytes of data, %u variables, %u tasks\n", o->files[0], p->nblocks - p->ntasks,
                 p->ncode, p->memory_size, p->nsymbols, p->ntasks);
    mr_plc_program_destroy(p);
    return 0;
}

static int cmd_disassemble(const struct options *o)
{
    struct mr_plc_program *p = compile(o, false);
    if (!p) {
        return 1;
    }
    mr_plc_disassemble(p, stdout);
    mr_plc_program_destroy(p);
    return 0;
}

/* ---- run ---- */

static bool parse_value(const char *text, double *out)
{
    if (strcasecmp(text, "TRUE") == 0 || strcasecmp(text, "FALSE") == 0) {
        *out = strcasecmp(text, "TRUE") == 0;
        return true;
    }
    mr_ns t;
    if ((text[0] == 'T' || text[0] == 't') && text[1] == '#' && mr_duration_parse(text + 2, &t) == MR_OK) {
        *out = (double)t / 1e9;
        return true;
    }
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0';
}

static int set_variable(struct mr_plc *c, const char *text)
{
    char name[512];
    const char *eq = strchr(text, '=');
    size_t n = (size_t)(eq - text);
    mr_str_copy(name, n + 1 < sizeof name ? n + 1 : sizeof name, text);
    const struct mr_plc_symbol *s = mr_plc_symbol_find(mr_plc_program_of(c), name);
    if (!s) {
        (void)fprintf(stderr, "millrace plc: the program has no variable '%s'\n", name);
        return 1;
    }
    double v;
    if (mr_plc_set_text(c, s, eq + 1)) {
        return 0;
    }
    if (!parse_value(eq + 1, &v) || !mr_plc_set(c, s, v)) {
        (void)fprintf(stderr, "millrace plc: '%s' is no value of %s, which is %s\n", eq + 1, name, s->type_name);
        return 1;
    }
    return 0;
}

/* The decimal number of the fewest digits that is the same REAL: 0.1, not 0.100000001. */
static double shortest(double v)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        if ((float)strtod(text, NULL) == (float)v) {
            break;
        }
    }
    return strtod(text, NULL);
}

static json_t *json_value(const struct mr_plc *c, const struct mr_plc_symbol *s)
{
    char text[8192];
    if (mr_plc_get_text(c, s, text, sizeof text)) {
        json_t *j = json_string(text);
        return j ? j : json_stringn("", 0); /* bytes that are no UTF-8 */
    }
    double v = mr_plc_get(c, s);
    if (s->type == MR_VT_BOOL) {
        return json_boolean(v != 0);
    }
    if (s->type != MR_VT_REAL && s->type != MR_VT_LREAL && s->type != MR_VT_TIME && v > -9e15 && v < 9e15) {
        return json_integer((json_int_t)v);
    }
    json_t *j = json_real(s->type == MR_VT_REAL ? shortest(v) : v);
    return j ? j : json_null(); /* infinite, or no number */
}

static void print_json(struct mr_plc *c, const struct options *o, long long scans)
{
    static const char *const states[] = {"stopped", "running", "faulted"};
    const char *where;
    enum mr_plc_fault fault = mr_plc_fault(c, &where);
    json_t *root = json_object();
    json_object_set_new(root, "scans", json_integer(scans));
    json_object_set_new(root, "time_s", json_real((double)o->length / 1e9));
    json_object_set_new(root, "state", json_string(states[mr_plc_state(c)]));
    json_object_set_new(root, "fault",
                        fault == MR_PLC_OK ? json_null()
                                           : json_pack("{s:s, s:s}", "reason", mr_plc_fault_name(fault), "where", where));
    json_t *variables = json_object();
    const struct mr_plc_symbol *s;
    size_t n = mr_plc_symbols(mr_plc_program_of(c), &s);
    for (size_t i = 0; i < n; i++) {
        if (s[i].type != MR_VT_OTHER) {
            json_object_set_new(variables, s[i].name, json_value(c, &s[i]));
        }
    }
    json_object_set_new(root, "variables", variables);
    (void)json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
    (void)putchar('\n');
    json_decref(root);
}

static void print_text(struct mr_plc *c, long long scans)
{
    const char *where;
    enum mr_plc_fault fault = mr_plc_fault(c, &where);
    (void)printf("%lld scans, %s%s%s\n", scans, fault == MR_PLC_OK ? "running" : mr_plc_fault_name(fault),
                 fault == MR_PLC_OK ? "" : " in ", where);
    const struct mr_plc_symbol *s;
    size_t n = mr_plc_symbols(mr_plc_program_of(c), &s);
    for (size_t i = 0; i < n; i++) {
        if (s[i].type == MR_VT_OTHER) {
            continue;
        }
        json_t *j = json_value(c, &s[i]);
        char *v = json_dumps(j, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        json_decref(j);
        (void)printf("%-32s %s\n", s[i].name, v ? v : "?");
        free(v);
    }
}

static int cmd_run(const struct options *o)
{
    if (o->length <= 0 || o->scan <= 0) {
        return wrong("run needs --for T and --scan S, both above 0", NULL);
    }
    if (o->length / o->scan > SCANS_MAX) {
        return wrong("that is too many scans", NULL);
    }
    struct mr_plc_program *p = compile(o, false);
    if (!p) {
        return 1;
    }
    struct mr_arena *arena = mr_arena_create((size_t)64 << 20);
    struct mr_plc *c = arena ? mr_plc_create(arena, p, "plc") : NULL;
    MR_ASSERT(c != NULL);
    mr_plc_start(c, MR_PLC_COLD, 0);
    int status = 0;
    for (size_t i = 0; i < o->nsets && status == 0; i++) {
        status = set_variable(c, o->sets[i]);
    }
    long long scans = 0;
    for (mr_ns t = 0; t < o->length && status == 0 && mr_plc_state(c) == MR_PLC_RUNNING; t += o->scan) {
        mr_plc_scan(c, t);
        scans++;
    }
    if (status == 0) {
        if (o->json) {
            print_json(c, o, scans);
        } else {
            print_text(c, scans);
        }
        status = mr_plc_state(c) == MR_PLC_FAULTED ? 1 : 0;
    }
    mr_arena_destroy(arena);
    mr_plc_program_destroy(p);
    return status;
}

/* ---- diff, format ---- */

static bool is_block(const struct mr_plc_source *s)
{
    struct mr_plc_block b;
    return mr_plc_block_read(mr_slice(s->text, s->n), &b, NULL, 0) == MR_OK;
}

/* Says what the bytes of two blocks differ in; and leaves their source in `s`. False where nothing does. */
static bool diff_blocks(struct sources *s)
{
    unsigned differs = mr_plc_block_compare(mr_slice(s->items[0].text, s->items[0].n), mr_slice(s->items[1].text, s->items[1].n));
    (void)printf("%s%s%s%s", differs & MR_PLC_DIFFERS_UNIT ? "not the same unit\n" : "",
                 differs & MR_PLC_DIFFERS_LAYOUT ? "compiled with another configuration\n" : "",
                 differs & MR_PLC_DIFFERS_CODE ? "byte code differs\n" : "",
                 differs & MR_PLC_DIFFERS_CODE && !(differs & MR_PLC_DIFFERS_SOURCE) ? "but their source is the same\n" : "");
    for (size_t i = 0; i < 2; i++) {
        struct mr_slice source = mr_plc_block_source(mr_slice(s->items[i].text, s->items[i].n));
        char *text = malloc(source.n + 1);
        MR_ASSERT(text != NULL);
        if (source.n > 0) {
            memcpy(text, source.p, source.n);
        }
        text[source.n] = '\0';
        free((char *)(uintptr_t)s->items[i].text);
        s->items[i].text = text;
        s->items[i].n = source.n;
    }
    return differs != 0;
}

static int cmd_diff(const struct options *o)
{
    if (o->nfiles != 2) {
        return wrong("diff takes two files", NULL);
    }
    struct sources s = {.n = 0};
    int status = 1;
    if (read_sources(o, &s)) {
        bool differ = is_block(&s.items[0]) && is_block(&s.items[1]) && diff_blocks(&s);
        struct mr_diags *d = mr_diags_create();
        MR_ASSERT(d != NULL);
        status = mr_plc_diff(&s.items[0], &s.items[1], stdout, d) == 0 && !differ ? 0 : 1;
        mr_diags_print(d, stderr);
        mr_diags_destroy(d);
    }
    free_sources(&s);
    return status;
}

static int write_back(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(text, 1, n, f) == n;
    good = f && fclose(f) == 0 && good;
    if (!good) {
        (void)fprintf(stderr, "%s:1:1: error: %s\n", path, strerror(errno));
    }
    return good ? 0 : 1;
}

/* ---- blocks ---- */

static bool put_block(const struct options *o, struct mr_slice bytes)
{
    struct mr_plc_block b;
    char why[128];
    if (mr_plc_block_read(bytes, &b, why, sizeof why) != MR_OK) {
        return wrong("no block:", why) == 0;
    }
    (void)printf("%-3s %5u  %-14s %-32s %7u bytes, %6u of code  ", mr_plc_class_name(b.cls), b.number, b.kind, b.name, b.size,
                 b.code_size);
    for (size_t i = 0; i < 8; i++) {
        (void)printf("%02x", b.hash[i]);
    }
    (void)printf("%s%s\n", b.author[0] ? "  by " : "", b.author);
    if (!o->out) {
        return true;
    }
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s%u.mrb", o->out, mr_plc_class_name(b.cls), b.number);
    return write_back(path, (const char *)bytes.p, bytes.n) == 0;
}

static int cmd_blocks(const struct options *o)
{
    struct sources s = {.n = 0};
    bool good = o->nfiles > 0 && read_sources(o, &s);
    if (good && is_block(&s.items[0])) {
        for (size_t i = 0; i < s.n; i++) {
            good = put_block(o, mr_slice(s.items[i].text, s.items[i].n)) && good;
        }
        free_sources(&s);
        return good ? 0 : 1;
    }
    free_sources(&s);
    struct mr_plc_program *p = good ? compile(o, false) : NULL;
    for (size_t i = 0; p && i < mr_plc_program_blocks(p); i++) {
        good = put_block(o, mr_plc_program_block(p, i)) && good;
    }
    mr_plc_program_destroy(p);
    return p && good ? 0 : 1;
}

static int cmd_format(const struct options *o)
{
    struct sources s = {.n = 0};
    int status = 1;
    if (o->nfiles != 1) {
        return wrong("format takes one file", NULL);
    }
    if (read_sources(o, &s)) {
        struct mr_diags *d = mr_diags_create();
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);
        MR_ASSERT(d != NULL && f != NULL);
        bool good = mr_plc_format(&s.items[0], true, f, d);
        (void)fclose(f);
        if (good && o->write && s.xml) {
            status = wrong("--write would put text in the place of the XML of", o->files[0]);
        } else if (good) {
            status = o->write ? write_back(o->files[0], text, n) : (fwrite(text, 1, n, stdout) == n ? 0 : 1);
        }
        mr_diags_print(d, stderr);
        mr_diags_destroy(d);
        free(text);
    }
    free_sources(&s);
    return status;
}

int mr_cmd_plc(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const struct options *o);
    } commands[] = {
        {"compile", cmd_compile}, {"run", cmd_run},       {"disassemble", cmd_disassemble},
        {"diff", cmd_diff},       {"format", cmd_format}, {"blocks", cmd_blocks},
    };
    if (mr_args_help(argc, argv)) {
        (void)fputs(usage_text, stdout);
        return 0;
    }
    if (argc < 2) {
        (void)fputs(usage_text, stderr);
        return 2;
    }
    if (strcmp(argv[1], "library") == 0) {
        mr_plc_reference(stdout);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            struct options o = {.nfiles = 0};
            int bad = parse(argc - 2, argv + 2, &o);
            return bad ? bad : commands[i].run(&o);
        }
    }
    return wrong("there is no command", argv[1]);
}
