/* enip_device.c - settings, state, events, and the index of a device's tags by name. */
#include "proto/enip/enip_device.h"

#include "proto/enip/enip_serve.h"
#include "proto/enip/enip_tags.h"

const struct mr_enip_personality mr_enip_default_personality = {
    .logix = true,
    .chassis = true,
    .run_idle_header = true,
    .connection_max = MR_ENIP_CONNECTION_MAX,
    .rpi_min = 2 * MR_MS,
    .partial = 30 * MR_S,
    .memory = 1u << 20,
};

static const struct mr_field access_fields[] = {
    MR_FIELD(struct mr_enip_access, network, MR_U32),
    MR_FIELD(struct mr_enip_access, mask, MR_U32),
    MR_FIELD(struct mr_enip_access, rights, MR_U8),
};
static const struct mr_type access_type = MR_TYPE("enip_access", struct mr_enip_access, access_fields);

static const struct mr_field settings_fields[] = {
    MR_FIELD(struct mr_enip_settings, access_list, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, write_protected, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, browse_off, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, mode_off, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, reset_off, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, clock_off, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, io_off, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, silent, MR_BOOL),
    MR_FIELD(struct mr_enip_settings, key, MR_U8),
    MR_FIELD(struct mr_enip_settings, naccess, MR_U32),
    MR_VARIABLE_SUBS(struct mr_enip_settings, access, naccess, &access_type),
};
const struct mr_type mr_enip_settings_type = MR_TYPE("enip_settings", struct mr_enip_settings, settings_fields);

static const struct mr_field event_fields[] = {
    MR_FIELD(struct mr_enip_event, kind, MR_U8),       MR_FIELD(struct mr_enip_event, service, MR_U8),
    MR_FIELD(struct mr_enip_event, others, MR_U16),    MR_FIELD(struct mr_enip_event, class_id, MR_U16),
    MR_FIELD(struct mr_enip_event, attribute, MR_U16), MR_FIELD(struct mr_enip_event, instance, MR_U32),
    MR_FIELD(struct mr_enip_event, tag, MR_U32),       MR_FIELD(struct mr_enip_event, element, MR_U32),
    MR_FIELD(struct mr_enip_event, count, MR_U32),     MR_FIELD(struct mr_enip_event, client, MR_U32),
};
static const struct mr_type event_type = MR_TYPE("enip_event", struct mr_enip_event, event_fields);

static const struct mr_field state_fields[] = {
    MR_FIELD(struct mr_enip_state, running, MR_BOOL),
    MR_FIELD(struct mr_enip_state, locked, MR_BOOL),
    MR_FIELD(struct mr_enip_state, faulted, MR_BOOL),
    MR_FIELD(struct mr_enip_state, summer_time, MR_BOOL),
    MR_FIELD(struct mr_enip_state, clock, MR_U64),
    MR_FIELD(struct mr_enip_state, next_session, MR_U32),
    MR_FIELD(struct mr_enip_state, next_connection, MR_U32),
    MR_FIELD(struct mr_enip_state, inactivity_s, MR_U16),
    MR_FIELD(struct mr_enip_state, nused, MR_U16),
    MR_FIELD(struct mr_enip_state, nevents, MR_U32),
    MR_VARIABLE_SUBS(struct mr_enip_state, events, nevents, &event_type),
};
const struct mr_type mr_enip_state_type = MR_TYPE("enip_state", struct mr_enip_state, state_fields);

static const struct mr_field connection_fields[] = {
    MR_FIELD(struct mr_enip_connection, live, MR_BOOL),       MR_FIELD(struct mr_enip_connection, kind, MR_U8),
    MR_FIELD(struct mr_enip_connection, session, MR_U32),     MR_FIELD(struct mr_enip_connection, client, MR_U32),
    MR_FIELD(struct mr_enip_connection, serial, MR_U16),      MR_FIELD(struct mr_enip_connection, vendor, MR_U16),
    MR_FIELD(struct mr_enip_connection, originator, MR_U32),  MR_FIELD(struct mr_enip_connection, o_t_id, MR_U32),
    MR_FIELD(struct mr_enip_connection, t_o_id, MR_U32),      MR_FIELD(struct mr_enip_connection, o_t_rpi_us, MR_U32),
    MR_FIELD(struct mr_enip_connection, t_o_rpi_us, MR_U32),  MR_FIELD(struct mr_enip_connection, o_t_size, MR_U16),
    MR_FIELD(struct mr_enip_connection, t_o_size, MR_U16),    MR_FIELD(struct mr_enip_connection, multiplier, MR_U8),
    MR_FIELD(struct mr_enip_connection, multicast, MR_BOOL),  MR_FIELD(struct mr_enip_connection, started, MR_BOOL),
    MR_FIELD(struct mr_enip_connection, run, MR_BOOL),        MR_FIELD(struct mr_enip_connection, heard, MR_I64),
    MR_FIELD(struct mr_enip_connection, due, MR_I64),         MR_FIELD(struct mr_enip_connection, sequence_out, MR_U32),
    MR_FIELD(struct mr_enip_connection, sequence_in, MR_U32), MR_FIELD(struct mr_enip_connection, count_out, MR_U16),
    MR_FIELD(struct mr_enip_connection, count_in, MR_U16),    MR_FIELD(struct mr_enip_connection, consumed, MR_U16),
    MR_FIELD(struct mr_enip_connection, produced, MR_U16),    MR_FIELD(struct mr_enip_connection, peer_ip, MR_U32),
    MR_FIELD(struct mr_enip_connection, peer_port, MR_U16),
};
const struct mr_type mr_enip_connection_type =
    MR_TYPE_LIVE("enip_connection", struct mr_enip_connection, connection_fields, live);

void mr_enip_settings_init(struct mr_enip_settings *s)
{
    memset(s, 0, sizeof *s);
}

void mr_enip_state_init(struct mr_enip_state *s)
{
    memset(s, 0, sizeof *s);
    s->running = true;
    s->inactivity_s = 120; /* Volume 2, 5-4.3.13 */
}

uint8_t mr_enip_rights(const struct mr_enip_settings *s, uint32_t client)
{
    uint8_t rights = 0;
    if (!s->access_list) {
        return MR_ENIP_MAY_ALL;
    }
    for (uint32_t i = 0; i < s->naccess && i < MR_ENIP_ACCESS_MAX; i++) {
        if ((client & s->access[i].mask) == (s->access[i].network & s->access[i].mask)) {
            rights |= s->access[i].rights;
        }
    }
    return rights;
}

void mr_enip_report(struct mr_enip_device *d, struct mr_enip_event ev)
{
    struct mr_enip_state *s = d->state;
    if (s->nevents < MR_ENIP_EVENTS) {
        s->events[s->nevents++] = ev;
    } else if (s->events[MR_ENIP_EVENTS - 1].others < UINT16_MAX) {
        s->events[MR_ENIP_EVENTS - 1].others++;
    }
}

bool mr_enip_next_event(struct mr_enip_device *d, struct mr_enip_event *ev)
{
    struct mr_enip_state *s = d->state;
    if (s->nevents == 0) {
        return false;
    }
    *ev = s->events[0];
    s->nevents--;
    memmove(s->events, s->events + 1, s->nevents * sizeof s->events[0]);
    return true;
}

/* --- the index -------------------------------------------------------------------------------------------------------------- */

/* A place of the hash table: open addressing, at most half full. */
struct mr_enip_slot {
    uint32_t hash;
    uint32_t tag; /* index + 1; 0: free */
};

/* Names are without case: FNV-1a over characters with the bit of lower-case letters set. A tag of a program goes by
 * "Program:Main.Pump". */
#define HASH_BEGIN 2166136261u

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static uint32_t hash_on(uint32_t h, struct mr_slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        h = (h ^ (name.p[i] | 0x20u)) * 16777619u;
    }
    return h;
}

bool mr_enip_same_name(struct mr_slice a, struct mr_slice b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

static const char *program_of(const struct mr_enip_device *d, const struct mr_enip_tag *t)
{
    return t->program > 0 ? d->programs[t->program - 1] : "";
}

uint32_t mr_enip_lookup(const struct mr_enip_device *d, struct mr_slice program, struct mr_slice name)
{
    uint32_t h = hash_on(program.n > 0 ? hash_on(hash_on(HASH_BEGIN, program), mr_slice(".", 1)) : HASH_BEGIN, name);
    for (uint32_t i = h & (d->nindex - 1); d->index[i].tag != 0; i = (i + 1) & (d->nindex - 1)) {
        const struct mr_enip_tag *t = &d->tags[d->index[i].tag - 1];
        if (d->index[i].hash == h && mr_enip_same_name(name, mr_slice_str(t->name)) &&
            mr_enip_same_name(program, mr_slice_str(program_of(d, t)))) {
            return d->index[i].tag - 1;
        }
    }
    return MR_ENIP_NO_TAG;
}

uint32_t mr_enip_find_tag(const struct mr_enip_device *d, struct mr_slice name)
{
    static const char prefix[] = "program:";
    const uint8_t *dot = name.n > 0 ? memchr(name.p, '.', name.n) : NULL;
    if (!dot || name.n < sizeof prefix || !mr_enip_same_name(mr_slice(name.p, sizeof prefix - 1), mr_slice_str(prefix))) {
        return mr_enip_lookup(d, mr_slice(NULL, 0), name);
    }
    size_t n = (size_t)(dot - name.p);
    return mr_enip_lookup(d, mr_slice(name.p, n), mr_slice(dot + 1, name.n - n - 1));
}

static uint32_t index_places(uint32_t ntags)
{
    uint32_t n = 4;
    while (n < 2 * ntags) {
        n *= 2;
    }
    return n;
}

size_t mr_enip_index_bytes(const struct mr_enip_device *d)
{
    return index_places(d->ntags) * sizeof *d->index + ((size_t)d->ntags + 1) * sizeof *d->address;
}

uint32_t mr_enip_tag_elements(const struct mr_enip_tag *t)
{
    uint32_t n = 1;
    for (size_t i = 0; i < 3 && t->dims[i] > 0; i++) {
        n *= t->dims[i];
    }
    return n;
}

uint16_t mr_enip_tag_element_bytes(const struct mr_enip_tag *t)
{
    return t->structure ? t->structure->bytes : (uint16_t)mr_cip_type_bytes(t->type);
}

/* Eight bytes a member, and names: the structure's with ";n" and two letters of each member after it, each ended by a zero. */
size_t mr_enip_definition_bytes(const struct mr_enip_template *t)
{
    size_t n = strlen(t->name) + 3;
    for (uint16_t i = 0; i < t->nmembers; i++) {
        n += 8 + 2 + strlen(t->members[i].name) + 1;
    }
    return n;
}

uint32_t mr_enip_template_places(const struct mr_enip_template *t)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < t->nmembers && !t->text; i++) {
        const struct mr_enip_member *m = &t->members[i];
        uint32_t each = m->structure ? (m->count > 0 ? m->count : 1u) * mr_enip_template_places(m->structure) : 1;
        n += m->host ? 0 : each;
    }
    return t->text ? 1 : n;
}

/* A DINT and as many SINTs as there are bytes after it, less padding. */
static bool is_text(const struct mr_enip_template *s)
{
    return s->nmembers == 2 && s->members[0].type == MR_CIP_DINT && s->members[0].count == 0 && s->members[0].offset == 0 &&
           s->members[1].type == MR_CIP_SINT && s->members[1].count > 0 && s->members[1].offset == 4;
}

/* A structure's members lie inside it, and it is not too deep. */
static bool structure_fits(const struct mr_enip_template *s, unsigned depth)
{
    bool ok = depth < MR_ENIP_NEST_MAX && mr_enip_definition_bytes(s) <= MR_ENIP_DEFINITION_MAX && s->bytes > 0 &&
              s->bytes % 4 == 0 && s->bytes <= MR_ENIP_STRUCTURE_MAX && s->id > 0 && s->id <= 0xFFF && (!s->text || is_text(s));
    for (uint16_t i = 0; i < s->nmembers && ok; i++) {
        const struct mr_enip_member *m = &s->members[i];
        size_t one = m->structure ? m->structure->bytes : mr_cip_type_bytes(m->type);
        size_t bytes = one * (m->count > 0 ? m->count : 1);
        ok = bytes > 0 && m->offset + bytes <= s->bytes && m->bit < 8 && (m->bools == 0 || m->type == MR_CIP_DWORD) &&
             (!m->structure || structure_fits(m->structure, depth + 1));
    }
    return ok;
}

bool mr_enip_template_fits(const struct mr_enip_template *t)
{
    return structure_fits(t, 0);
}

#define MEMORY_BEGIN 0x40000u    /* where tags lie in a controller's memory */
#define MEMORY_END   0xFFFFFFF0u /* addresses have 32 bits */

static bool tag_fits(const struct mr_enip_device *d, const struct mr_enip_tag *t)
{
    uint64_t n = 1;
    for (size_t i = 0; i < 3 && t->dims[i] > 0; i++) {
        n *= t->dims[i];
        if (n > 1u << 20) { /* far below where sums of sizes overflow */
            return false;
        }
    }
    if (t->structure && !mr_enip_template_fits(t->structure)) {
        return false;
    }
    uint64_t places = t->structure ? n * mr_enip_template_places(t->structure) : n;
    bool placed = t->nplaces == places || (!t->structure && t->nplaces == 1);
    return t->name && t->name[0] && strlen(t->name) <= MR_ENIP_TAG_NAME_MAX && t->program <= d->nprograms &&
           mr_enip_tag_element_bytes(t) > 0 && placed && (t->bools == 0 || t->type == MR_CIP_DWORD);
}

static const struct mr_field large_fields[] = {
    MR_FIELD(struct mr_enip_large, live, MR_BOOL),
    MR_FIELD(struct mr_enip_large, n, MR_U32),
    MR_VARIABLE(struct mr_enip_large, bytes, MR_U8, n),
};
const struct mr_type mr_enip_large_type = MR_TYPE_LIVE("enip_large", struct mr_enip_large, large_fields, live);

bool mr_enip_device_init(struct mr_enip_device *d, void *scratch)
{
    MR_ASSERT(d->personality->connection_max <= MR_ENIP_CONNECTION_MAX && d->nconnections <= MR_ENIP_CONNECTIONS_MAX);
    MR_ASSERT(d->personality->rpi_min > 0);
    d->index = scratch;
    d->nindex = index_places(d->ntags);
    d->address = (uint32_t *)(d->index + d->nindex);
    memset(d->index, 0, d->nindex * sizeof *d->index);
    uint64_t at = MEMORY_BEGIN;
    for (uint32_t k = 0; k < d->ntags; k++) {
        const struct mr_enip_tag *t = &d->tags[k];
        if (!tag_fits(d, t)) {
            return false;
        }
        struct mr_slice program = mr_slice_str(program_of(d, t)), name = mr_slice_str(t->name);
        if (mr_enip_lookup(d, program, name) != MR_ENIP_NO_TAG) {
            return false;
        }
        uint32_t h = hash_on(program.n > 0 ? hash_on(hash_on(HASH_BEGIN, program), mr_slice(".", 1)) : HASH_BEGIN, name);
        uint32_t i = h & (d->nindex - 1);
        while (d->index[i].tag != 0) {
            i = (i + 1) & (d->nindex - 1);
        }
        d->index[i] = (struct mr_enip_slot){h, k + 1};
        d->address[k] = (uint32_t)at;
        at += ((uint64_t)mr_enip_tag_elements(t) * mr_enip_tag_element_bytes(t) + 3) & ~(uint64_t)3;
        if (at > MEMORY_END) {
            return false;
        }
    }
    d->address[d->ntags] = (uint32_t)at;
    return true;
}

/* Volume 1, 5-2.2.1.5; the mode in bits 4 to 7 and the key in 12 and 13, as Logix controllers have them. */
uint16_t mr_enip_device_status(const struct mr_enip_device *d)
{
    enum { OWNED = 1, CONFIGURED = 4, NO_CONNECTIONS = 3 << 4, RUN = 6 << 4, IDLE = 7 << 4, FAULT = 0x0400 | 5 << 4 };
    static const uint16_t keys[] = {[MR_ENIP_KEY_REMOTE] = 3 << 12, [MR_ENIP_KEY_RUN] = 1 << 12, [MR_ENIP_KEY_PROGRAM] = 2 << 12};
    uint16_t status = 0;
    if (d->personality->logix) {
        unsigned mode = d->state->faulted ? FAULT : d->state->running ? RUN : IDLE;
        return (uint16_t)(mode | keys[d->settings->key % 3]);
    }
    bool any = false, run = false;
    for (uint16_t i = 0; i < d->nconnections; i++) {
        const struct mr_enip_connection *c = &d->connections[i];
        any = any || (c->live && c->kind != MR_ENIP_EXPLICIT);
        run = run || (c->live && c->kind == MR_ENIP_OWNER && c->run);
        status |= c->live && c->kind == MR_ENIP_OWNER ? OWNED : 0;
    }
    unsigned mode = d->state->faulted ? FAULT : run ? RUN : any ? IDLE : NO_CONNECTIONS;
    return (uint16_t)(status | CONFIGURED | mode);
}

/* Volume 1, 5-2.2.1.8 */
uint8_t mr_enip_device_state(const struct mr_enip_device *d)
{
    enum { OPERATIONAL = 3, MAJOR_FAULT = 5 };
    return d->state->faulted ? MAJOR_FAULT : OPERATIONAL;
}
