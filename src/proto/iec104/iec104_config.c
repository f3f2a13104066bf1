/* iec104_config.c - content and settings of a station: what products do unless told otherwise, what makes no sense, who may do
 * what. */
#include "proto/iec104/iec104_core.h"

const struct mr_iec104_personality mr_iec104_default_personality = {
    .params = {12, 8, 15 * MR_S, 10 * MR_S, 20 * MR_S},
    .connections = 4,
    .events = 1000,
    .pack_events = true,
    .broadcast = true,
    .end_of_init = true,
    .act_term = true,
    .unknown_ioa = MR_IEC104_COT_UNKNOWN_IOA,
    .mirror_unknown = true,
    .clock_sync = true,
    .select_timeout = 30 * MR_S,
    .short_pulse = 500 * MR_MS,
    .long_pulse = 2 * MR_S,
    .feedback_timeout = 10 * MR_S,
};

static const struct mr_field access_fields[] = {
    MR_FIELD(struct mr_iec104_access, network, MR_U32),
    MR_FIELD(struct mr_iec104_access, mask, MR_U32),
    MR_FIELD(struct mr_iec104_access, rights, MR_U8),
};
static const struct mr_type access_type = MR_TYPE("iec104_access", struct mr_iec104_access, access_fields);
static const struct mr_field range_fields[] = {
    MR_FIELD(struct mr_iec104_range, first, MR_U32),
    MR_FIELD(struct mr_iec104_range, last, MR_U32),
};
static const struct mr_type range_type = MR_TYPE("iec104_range", struct mr_iec104_range, range_fields);
static const struct mr_field settings_fields[] = {
    MR_FIELD(struct mr_iec104_settings, access_list, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, one_controller, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, read_only, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, select_all, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, clock_locked, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, control_list, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, type_list, MR_BOOL),
    MR_FIELD(struct mr_iec104_settings, command_age, MR_I64),
    MR_FIELD(struct mr_iec104_settings, naccess, MR_U32),
    MR_VARIABLE_SUBS(struct mr_iec104_settings, access, naccess, &access_type),
    MR_FIELD(struct mr_iec104_settings, ncontrols, MR_U32),
    MR_VARIABLE_SUBS(struct mr_iec104_settings, controls, ncontrols, &range_type),
    MR_ARRAY(struct mr_iec104_settings, types, MR_U8),
};
const struct mr_type mr_iec104_settings_type = MR_TYPE("iec104_settings", struct mr_iec104_settings, settings_fields);

void mr_iec104_settings_init(struct mr_iec104_settings *s)
{
    memset(s, 0, sizeof *s);
}

void mr_iec104_allow_type(struct mr_iec104_settings *s, uint8_t type)
{
    s->types[type / 8 % sizeof s->types] |= (uint8_t)(1u << type % 8);
}

uint8_t mr_iec104_rights(const struct mr_iec104_settings *s, uint32_t client)
{
    if (!s->access_list) {
        return MR_IEC104_MAY_READ | MR_IEC104_MAY_CONTROL;
    }
    uint8_t rights = 0;
    for (uint32_t i = 0; i < s->naccess; i++) {
        if (((client ^ s->access[i].network) & s->access[i].mask) == 0) {
            rights |= s->access[i].rights;
        }
    }
    return rights;
}

static bool known_tag(const struct mr_iec104_point *p)
{
    return p->tag == 0 || ((p->tag == 3 || p->tag == 7) && mr_iec104_with_time(p->type, p->tag) != 0);
}

static bool measured(uint8_t type)
{
    return type == MR_IEC104_M_ME_NA_1 || type == MR_IEC104_M_ME_NB_1 || type == MR_IEC104_M_ME_NC_1 ||
           type == MR_IEC104_M_ME_ND_1;
}

static bool inside(const struct mr_iec104_config *c, const struct mr_place *p)
{
    return mr_place_inside(c->image, p);
}

static const char *check_point(const struct mr_iec104_config *c, const struct mr_iec104_point *p)
{
    const struct mr_iec104_info *info = mr_iec104_info(p->type);
    bool counter = p->type == MR_IEC104_M_IT_NA_1;
    if (info->direction != MR_IEC104_MONITOR || info->time != 0 || p->type == MR_IEC104_M_EI_NA_1) {
        return "a point's type is one in monitoring direction without time tag";
    }
    if (!known_tag(p)) {
        return "a point's type has no such time tag";
    }
    if (p->ca >= c->ncas || p->ioa == 0 || p->ioa > MR_IEC104_IOA_MAX) {
        return "a point's address is out of range";
    }
    if (p->group > (counter ? 4 : MR_IEC104_GROUPS)) {
        return "a point's group is out of range";
    }
    if (p->period < 0 || (p->period > 0 && !counter && !measured(p->type))) {
        return "only measured values and counters have a period";
    }
    if (!inside(c, &p->place) || (p->has_second && !inside(c, &p->second)) || (p->has_quality && !inside(c, &p->quality))) {
        return "a point lies outside the image";
    }
    return NULL;
}

static const char *check_command(const struct mr_iec104_config *c, const struct mr_iec104_command *k)
{
    if (k->type < MR_IEC104_C_SC_NA_1 || k->type > MR_IEC104_C_BO_NA_1) {
        return "a command's type is one of 45 to 51";
    }
    if (k->ca >= c->ncas || k->ioa == 0 || k->ioa > MR_IEC104_IOA_MAX) {
        return "a command's address is out of range";
    }
    if (k->feedback < -1 || k->feedback >= (int64_t)c->npoints) {
        return "a command's feedback is no point";
    }
    if (!k->test_only && (!inside(c, &k->place) || (k->has_second && !inside(c, &k->second)))) {
        return "a command lies outside the image";
    }
    return NULL;
}

static const char *check_personality(const struct mr_iec104_config *c)
{
    const struct mr_iec104_personality *p = c->personality;
    if (p->params.k == 0 || p->params.k > MR_IEC104_K_MAX || p->params.w == 0) {
        return "k or w is out of range";
    }
    if (p->params.t1 <= 0 || p->params.t2 <= 0 || p->params.t3 <= 0) {
        return "t1, t2 and t3 are longer than nothing";
    }
    if (p->asdu_max > MR_IEC104_ASDU_MAX || (p->asdu_max > 0 && p->asdu_max < 32)) {
        return "an ASDU has 32 to 249 bytes";
    }
    if (c->ncas == 0 || c->ncas > MR_IEC104_CAS_MAX || c->ngroups > MR_IEC104_REDUNDANCY || p->events == 0 ||
        p->connections == 0) {
        return "common addresses, redundancy groups, events or connections: too many, or none";
    }
    for (size_t i = 0; i < c->ncas; i++) {
        if (c->cas[i] == 0 || c->cas[i] == MR_IEC104_BROADCAST) {
            return "a common address is 1 to 65534";
        }
    }
    return c->npoints >= UINT16_MAX || c->ncommands >= UINT16_MAX ? "too many points or commands" : NULL;
}

static const char *check_periods(const struct mr_iec104_config *c)
{
    mr_ns seen[MR_IEC104_PERIODS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->npoints; i++) {
        size_t k = 0;
        while (k < n && seen[k] != c->points[i].period) {
            k++;
        }
        if (c->points[i].period > 0 && k == n) {
            if (n == MR_IEC104_PERIODS_MAX) {
                return "more than four different periods";
            }
            seen[n++] = c->points[i].period;
        }
    }
    return NULL;
}

static const char *check_unique(const struct mr_iec104_config *c)
{
    for (size_t i = 0; i < c->npoints; i++) {
        for (size_t k = 0; k < i; k++) {
            if (c->points[i].ioa == c->points[k].ioa && c->points[i].ca == c->points[k].ca) {
                return "two points have the same address";
            }
        }
    }
    for (size_t i = 0; i < c->ncommands; i++) {
        for (size_t k = 0; k < i; k++) {
            if (c->commands[i].ioa == c->commands[k].ioa && c->commands[i].ca == c->commands[k].ca) {
                return "two commands have the same address";
            }
        }
    }
    return NULL;
}

const char *mr_iec104_config_check(const struct mr_iec104_config *c)
{
    const char *wrong = check_personality(c);
    for (size_t i = 0; i < c->npoints && !wrong; i++) {
        wrong = check_point(c, &c->points[i]);
    }
    for (size_t i = 0; i < c->ncommands && !wrong; i++) {
        wrong = check_command(c, &c->commands[i]);
    }
    wrong = wrong ? wrong : check_periods(c);
    return wrong ? wrong : check_unique(c);
}
