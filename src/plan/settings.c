/* settings.c - the security settings that devices know: names, types, and how a value is read. One reading for the author's file
 * and for a team's command. */
#include "plan/site.h"

#include "plan/values.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OF(kind) (1U << MR_SERVE_##kind)

static const struct {
    const char *name; /* "password." is completed by the account */
    enum mr_setting_type type;
    unsigned of;       /* protocols that bring it */
    const char *usual; /* where the author gives none; NULL: it must be given */
    uint32_t min, max; /* of a number, of each of several; of a text's length */
} settings[MR_SETTING_IDS] = {
    [MR_SET_WRITE_PROTECT] = {"write-protect", MR_SETTING_SWITCH, OF(MODBUS) | OF(S7) | OF(ENIP), "off", 0, 0},
    [MR_SET_KEY] = {"key-switch", MR_SETTING_CHOICE, OF(S7) | OF(ENIP), "remote", 0, 0},
    [MR_SET_MODBUS] = {"modbus", MR_SETTING_SWITCH, OF(MODBUS), "on", 0, 0},
    [MR_SET_MODBUS_ACCESS_LIST] = {"modbus-access-list", MR_SETTING_ADDRESSES, OF(MODBUS), "any", 0, 0},
    [MR_SET_MODBUS_WRITE_LIST] = {"modbus-write-list", MR_SETTING_ADDRESSES, OF(MODBUS), "any", 0, 0},
    [MR_SET_MODBUS_RATE] = {"modbus-rate", MR_SETTING_NUMBER, OF(MODBUS), "0", 0, 100000},
    [MR_SET_MODBUS_FUNCTIONS] = {"modbus-functions", MR_SETTING_NUMBERS, OF(MODBUS), "any", 1, 63},
    [MR_SET_S7] = {"s7", MR_SETTING_SWITCH, OF(S7), "on", 0, 0},
    [MR_SET_S7_ACCESS_LIST] = {"s7-access-list", MR_SETTING_ADDRESSES, OF(S7), "any", 0, 0},
    [MR_SET_S7_WRITE_LIST] = {"s7-write-list", MR_SETTING_ADDRESSES, OF(S7), "any", 0, 0},
    [MR_SET_S7_PROTECTION] = {"s7-protection", MR_SETTING_NUMBER, OF(S7), "1", 1, 3},
    [MR_SET_S7_PASSWORD] = {"s7-password", MR_SETTING_TEXT, OF(S7), "", 0, 8},
    [MR_SET_S7_PUT_GET] = {"s7-put-get", MR_SETTING_SWITCH, OF(S7), "on", 0, 0},
    [MR_SET_IEC104] = {"iec104", MR_SETTING_SWITCH, OF(IEC104), "on", 0, 0},
    [MR_SET_IEC104_ACCESS_LIST] = {"iec104-access-list", MR_SETTING_ADDRESSES, OF(IEC104), "any", 0, 0},
    [MR_SET_IEC104_CONTROL_LIST] = {"iec104-control-list", MR_SETTING_ADDRESSES, OF(IEC104), "any", 0, 0},
    [MR_SET_IEC104_CONTROLS] = {"iec104-controls", MR_SETTING_SWITCH, OF(IEC104), "on", 0, 0},
    [MR_SET_IEC104_SELECT] = {"iec104-select", MR_SETTING_SWITCH, OF(IEC104), "off", 0, 0},
    [MR_SET_IEC104_ONE_MASTER] = {"iec104-one-master", MR_SETTING_SWITCH, OF(IEC104), "off", 0, 0},
    [MR_SET_IEC104_CLOCK] = {"iec104-clock", MR_SETTING_SWITCH, OF(IEC104), "on", 0, 0},
    [MR_SET_DNP3] = {"dnp3", MR_SETTING_SWITCH, OF(DNP3), "on", 0, 0},
    [MR_SET_DNP3_ACCESS_LIST] = {"dnp3-access-list", MR_SETTING_ADDRESSES, OF(DNP3), "any", 0, 0},
    [MR_SET_DNP3_CONTROL_LIST] = {"dnp3-control-list", MR_SETTING_ADDRESSES, OF(DNP3), "any", 0, 0},
    [MR_SET_DNP3_CONTROLS] = {"dnp3-controls", MR_SETTING_SWITCH, OF(DNP3), "on", 0, 0},
    [MR_SET_DNP3_MASTERS_ONLY] = {"dnp3-masters-only", MR_SETTING_SWITCH, OF(DNP3), "off", 0, 0},
    [MR_SET_DNP3_UNSOLICITED] = {"dnp3-unsolicited", MR_SETTING_SWITCH, OF(DNP3), "on", 0, 0},
    [MR_SET_DNP3_FUNCTIONS] = {"dnp3-functions", MR_SETTING_NUMBERS, OF(DNP3), "any", 1, 63},
    [MR_SET_DNP3_RESTART] = {"dnp3-restart", MR_SETTING_SWITCH, OF(DNP3), "on", 0, 0},
    [MR_SET_DNP3_AUTHENTICATION] = {"dnp3-authentication", MR_SETTING_SWITCH, OF(DNP3), "off", 0, 0},
    [MR_SET_DNP3_KEY] = {"dnp3-key", MR_SETTING_TEXT, OF(DNP3), "", 0, 64},
    [MR_SET_ENIP] = {"enip", MR_SETTING_SWITCH, OF(ENIP), "on", 0, 0},
    [MR_SET_ENIP_ACCESS_LIST] = {"enip-access-list", MR_SETTING_ADDRESSES, OF(ENIP), "any", 0, 0},
    [MR_SET_ENIP_WRITE_LIST] = {"enip-write-list", MR_SETTING_ADDRESSES, OF(ENIP), "any", 0, 0},
    [MR_SET_ENIP_BROWSE] = {"enip-browse", MR_SETTING_SWITCH, OF(ENIP), "on", 0, 0},
    [MR_SET_ENIP_MODE] = {"enip-mode-change", MR_SETTING_SWITCH, OF(ENIP), "on", 0, 0},
    [MR_SET_ENIP_RESET] = {"enip-reset", MR_SETTING_SWITCH, OF(ENIP), "on", 0, 0},
    [MR_SET_ENIP_IO] = {"enip-io", MR_SETTING_SWITCH, OF(ENIP), "on", 0, 0},
    [MR_SET_HTTP] = {"http", MR_SETTING_SWITCH, OF(HTTP), "on", 0, 0},
    [MR_SET_HTTP_ACCESS_LIST] = {"http-access-list", MR_SETTING_ADDRESSES, OF(HTTP), "any", 0, 0},
    [MR_SET_LOGIN_LOCKOUT] = {"login-lockout", MR_SETTING_NUMBER, OF(HTTP), "0", 0, 100},
    [MR_SET_PASSWORD] = {"password.", MR_SETTING_TEXT, 0, NULL, 1, 31},
};

static const struct mr_field address_fields[] = {
    MR_FIELD(struct mr_fw_match, ip, MR_U32),
    MR_FIELD(struct mr_fw_match, mask, MR_U32),
};
static const struct mr_type address_type = MR_TYPE("address", struct mr_fw_match, address_fields);

static const struct mr_field value_fields[] = {
    MR_FIELD(struct mr_setting_value, on, MR_BOOL),
    MR_FIELD(struct mr_setting_value, number, MR_U32),
    MR_FIELD(struct mr_setting_value, numbers, MR_U64),
    MR_FIELD(struct mr_setting_value, naddresses, MR_U32),
    MR_VARIABLE_SUBS(struct mr_setting_value, addresses, naddresses, &address_type),
    MR_ARRAY(struct mr_setting_value, text, MR_U8),
};
const struct mr_type mr_setting_value_type = MR_TYPE("setting", struct mr_setting_value, value_fields);

const char *mr_setting_id_name(enum mr_setting_id id)
{
    return settings[id].name;
}

enum mr_setting_type mr_setting_type(enum mr_setting_id id)
{
    return settings[id].type;
}

void mr_setting_bounds(enum mr_setting_id id, uint32_t *min, uint32_t *max)
{
    *min = settings[id].min;
    *max = settings[id].max;
}

const char *mr_setting_shown(const struct mr_setting *s, const char *value)
{
    return settings[s->id].type == MR_SETTING_TEXT ? "(changed)" : value;
}

/* In the order of enum mr_plc_key. */
const char *mr_setting_word(enum mr_setting_id id, size_t i)
{
    static const char *const keys[] = {"run", "remote", "program"};
    return id == MR_SET_KEY && i < sizeof keys / sizeof keys[0] ? keys[i] : NULL;
}

bool mr_setting_of(enum mr_setting_id id, enum mr_serve_kind kind)
{
    return (settings[id].of >> kind & 1) != 0;
}

const char *mr_setting_usual(enum mr_setting_id id)
{
    return settings[id].usual;
}

enum mr_setting_id mr_serve_switch(enum mr_serve_kind kind)
{
    static const enum mr_setting_id of[MR_SERVE_KINDS] = {
        [MR_SERVE_MODBUS] = MR_SET_MODBUS, [MR_SERVE_S7] = MR_SET_S7,     [MR_SERVE_IEC104] = MR_SET_IEC104,
        [MR_SERVE_DNP3] = MR_SET_DNP3,     [MR_SERVE_ENIP] = MR_SET_ENIP, [MR_SERVE_HTTP] = MR_SET_HTTP,
    };
    return of[kind];
}

enum mr_setting_id mr_serve_access(enum mr_serve_kind kind)
{
    static const enum mr_setting_id of[MR_SERVE_KINDS] = {
        [MR_SERVE_MODBUS] = MR_SET_MODBUS_ACCESS_LIST, [MR_SERVE_S7] = MR_SET_S7_ACCESS_LIST,
        [MR_SERVE_IEC104] = MR_SET_IEC104_ACCESS_LIST, [MR_SERVE_DNP3] = MR_SET_DNP3_ACCESS_LIST,
        [MR_SERVE_ENIP] = MR_SET_ENIP_ACCESS_LIST,     [MR_SERVE_HTTP] = MR_SET_HTTP_ACCESS_LIST,
    };
    return of[kind];
}

__attribute__((format(printf, 3, 4))) static enum mr_err say(char *why, size_t cap, const char *fmt, ...)
{
    if (why) {
        va_list args;
        va_start(args, fmt);
        (void)vsnprintf(why, cap, fmt, args);
        va_end(args);
    }
    return MR_E_INVALID;
}

static enum mr_err read_addresses(const struct mr_site *s, const char *text, struct mr_setting_value *out, char *why, size_t cap)
{
    char word[64];
    if (strcmp(text, "none") == 0) {
        return MR_OK;
    }
    for (const char *at = text + strspn(text, " ,"); *at; at += strspn(at, " ,")) {
        size_t n = strcspn(at, " ,");
        if (n >= sizeof word) {
            return say(why, cap, "'%.20s...' is too long for a name or address", at);
        }
        memcpy(word, at, n);
        word[n] = '\0';
        if (out->naddresses == MR_SETTING_ADDRESSES_MAX) {
            return say(why, cap, "more than %d addresses", MR_SETTING_ADDRESSES_MAX);
        }
        if (!mr_site_match(s, word, &out->addresses[out->naddresses])) {
            return say(why, cap, "'%s' is no device, zone, address or prefix of the site; or use any, none", word);
        }
        out->naddresses++;
        at += n;
    }
    return out->naddresses > 0 ? MR_OK : say(why, cap, "expected any, none, or names and addresses");
}

static enum mr_err read_number(const char *text, uint32_t min, uint32_t max, uint32_t *out, char *why, size_t cap)
{
    size_t n = strspn(text, "0123456789");
    unsigned long x = n > 0 && n < 10 ? strtoul(text, NULL, 10) : ULONG_MAX;
    if (text[n] != '\0' || x < min || x > max) {
        return say(why, cap, "expected a whole number from %u to %u", min, max);
    }
    *out = (uint32_t)x;
    return MR_OK;
}

/* any, none, or numbers with blanks or commas between them. */
static enum mr_err read_numbers(const char *text, uint32_t min, uint32_t max, uint64_t *out, char *why, size_t cap)
{
    bool any = strcmp(text, "any") == 0, none = strcmp(text, "none") == 0;
    *out = any ? UINT64_MAX : 0;
    for (const char *at = text + strspn(text, " ,"); !any && !none && *at; at += strspn(at, " ,")) {
        size_t n = strspn(at, "0123456789");
        unsigned long x = n > 0 && n < 10 ? strtoul(at, NULL, 10) : ULONG_MAX;
        at += n;
        if (strcspn(at, " ,") > 0 || x < min || x > max) {
            *out = 0;
            break;
        }
        *out |= 1ull << x;
    }
    return *out != 0 || none ? MR_OK : say(why, cap, "expected any, none, or whole numbers from %u to %u", min, max);
}

static enum mr_err read_choice(enum mr_setting_id id, const char *text, uint32_t *out, char *why, size_t cap)
{
    const char *word;
    for (uint32_t i = 0; (word = mr_setting_word(id, i)) != NULL; i++) {
        if (strcmp(word, text) == 0) {
            *out = i;
            return MR_OK;
        }
    }
    return say(why, cap, "expected %s, %s or %s", mr_setting_word(id, 0), mr_setting_word(id, 1), mr_setting_word(id, 2));
}

static bool is_key(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    return text[n] == '\0' && (n == 0 || n == 32 || n == 64);
}

enum mr_err mr_setting_parse(const struct mr_site *s, enum mr_setting_id id, const char *text, struct mr_setting_value *out,
                             char *why, size_t cap)
{
    struct mr_setting_value v = {0};
    enum mr_err err = MR_OK;
    switch (settings[id].type) {
    case MR_SETTING_SWITCH:
        v.on = strcmp(text, "on") == 0;
        err = v.on || strcmp(text, "off") == 0 ? MR_OK : say(why, cap, "expected on or off");
        break;
    case MR_SETTING_NUMBER:
        err = read_number(text, settings[id].min, settings[id].max, &v.number, why, cap);
        break;
    case MR_SETTING_ADDRESSES:
        err = read_addresses(s, text, &v, why, cap);
        break;
    case MR_SETTING_NUMBERS:
        err = read_numbers(text, settings[id].min, settings[id].max, &v.numbers, why, cap);
        break;
    case MR_SETTING_CHOICE:
        err = read_choice(id, text, &v.number, why, cap);
        break;
    case MR_SETTING_TEXT:
        if (strlen(text) < settings[id].min || strlen(text) > settings[id].max) {
            err = say(why, cap, "expected a text of %u to %u bytes", settings[id].min, settings[id].max);
        } else if (id == MR_SET_DNP3_KEY && !is_key(text)) {
            err = say(why, cap, "expected a key of 16 or 32 bytes as hexadecimal digits, or nothing");
        } else {
            mr_str_copy(v.text, sizeof v.text, text);
        }
        break;
    }
    if (err == MR_OK) {
        *out = v;
    }
    return err;
}
