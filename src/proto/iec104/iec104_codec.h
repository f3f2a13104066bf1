/* iec104_codec.h - what IEC 60870-5-104 stations share: APDUs (104, clause 5), ASDU headers, type identifications and information
 * elements (60870-5-101, 7.2 and 7.3, as 104, clause 8 selects them), binary time 2a.
 *
 * Sizes are those that 104 fixes: cause of transmission 2 bytes (with originator), common address 2, object address 3. Numbers
 * are little-endian. */
#ifndef MR_PROTO_IEC104_CODEC_H
#define MR_PROTO_IEC104_CODEC_H

#include "base/bytes.h"
#include "base/time.h"

#define MR_IEC104_PORT      2404
#define MR_IEC104_APCI      6
#define MR_IEC104_ASDU_MAX  249 /* the length byte counts four control bytes too and ends at 253 */
#define MR_IEC104_APDU_MAX  (MR_IEC104_APCI + MR_IEC104_ASDU_MAX)
#define MR_IEC104_HEADER    6 /* of an ASDU */
#define MR_IEC104_IOA       3
#define MR_IEC104_IOA_MAX   0xFFFFFFu
#define MR_IEC104_BROADCAST 0xFFFFu
#define MR_IEC104_SEQUENCES 32768u /* 15 bits */

/* --- APCI ------------------------------------------------------------------------------------------------------------------- */

enum mr_iec104_format { MR_IEC104_I, MR_IEC104_S, MR_IEC104_U };
/* First control byte of a U format. */
enum mr_iec104_u {
    MR_IEC104_STARTDT_ACT = 0x07,
    MR_IEC104_STARTDT_CON = 0x0B,
    MR_IEC104_STOPDT_ACT = 0x13,
    MR_IEC104_STOPDT_CON = 0x23,
    MR_IEC104_TESTFR_ACT = 0x43,
    MR_IEC104_TESTFR_CON = 0x83,
};
struct mr_iec104_apdu {
    enum mr_iec104_format format;
    uint8_t u;            /* U */
    uint16_t ns, nr;      /* I; S has nr */
    struct mr_slice asdu; /* I */
};
/* A whole APDU, from its start byte on; false where it is none (a length that does not fit its format, an unknown U). */
bool mr_iec104_apdu_decode(struct mr_slice bytes, struct mr_iec104_apdu *a);
void mr_iec104_write_i(struct mr_writer *w, uint16_t ns, uint16_t nr, struct mr_slice asdu);
void mr_iec104_write_s(struct mr_writer *w, uint16_t nr);
void mr_iec104_write_u(struct mr_writer *w, enum mr_iec104_u u);

/* --- types ------------------------------------------------------------------------------------------------------------------ */

/* One row a type: name, number, form of its element, time tag, direction, and what bases on it. The one list of types. */
#define MR_IEC104_TYPES(X)                                                                                                       \
    X(M_SP_NA_1, 1, SIQ, 0, MONITOR)                                                                                             \
    X(M_SP_TA_1, 2, SIQ, 3, MONITOR)                                                                                             \
    X(M_DP_NA_1, 3, DIQ, 0, MONITOR)                                                                                             \
    X(M_DP_TA_1, 4, DIQ, 3, MONITOR)                                                                                             \
    X(M_ST_NA_1, 5, VTI, 0, MONITOR)                                                                                             \
    X(M_ST_TA_1, 6, VTI, 3, MONITOR)                                                                                             \
    X(M_BO_NA_1, 7, BSI, 0, MONITOR)                                                                                             \
    X(M_BO_TA_1, 8, BSI, 3, MONITOR)                                                                                             \
    X(M_ME_NA_1, 9, NVA, 0, MONITOR)                                                                                             \
    X(M_ME_TA_1, 10, NVA, 3, MONITOR)                                                                                            \
    X(M_ME_NB_1, 11, SVA, 0, MONITOR)                                                                                            \
    X(M_ME_TB_1, 12, SVA, 3, MONITOR)                                                                                            \
    X(M_ME_NC_1, 13, R32, 0, MONITOR)                                                                                            \
    X(M_ME_TC_1, 14, R32, 3, MONITOR)                                                                                            \
    X(M_IT_NA_1, 15, BCR, 0, MONITOR)                                                                                            \
    X(M_IT_TA_1, 16, BCR, 3, MONITOR)                                                                                            \
    X(M_EP_TA_1, 17, SEP, 3, MONITOR)                                                                                            \
    X(M_EP_TB_1, 18, SPE, 3, MONITOR)                                                                                            \
    X(M_EP_TC_1, 19, OCI, 3, MONITOR)                                                                                            \
    X(M_PS_NA_1, 20, SCD, 0, MONITOR)                                                                                            \
    X(M_ME_ND_1, 21, NVA_BARE, 0, MONITOR)                                                                                       \
    X(M_SP_TB_1, 30, SIQ, 7, MONITOR)                                                                                            \
    X(M_DP_TB_1, 31, DIQ, 7, MONITOR)                                                                                            \
    X(M_ST_TB_1, 32, VTI, 7, MONITOR)                                                                                            \
    X(M_BO_TB_1, 33, BSI, 7, MONITOR)                                                                                            \
    X(M_ME_TD_1, 34, NVA, 7, MONITOR)                                                                                            \
    X(M_ME_TE_1, 35, SVA, 7, MONITOR)                                                                                            \
    X(M_ME_TF_1, 36, R32, 7, MONITOR)                                                                                            \
    X(M_IT_TB_1, 37, BCR, 7, MONITOR)                                                                                            \
    X(M_EP_TD_1, 38, SEP, 7, MONITOR)                                                                                            \
    X(M_EP_TE_1, 39, SPE, 7, MONITOR)                                                                                            \
    X(M_EP_TF_1, 40, OCI, 7, MONITOR)                                                                                            \
    X(C_SC_NA_1, 45, SCO, 0, COMMAND)                                                                                            \
    X(C_DC_NA_1, 46, DCO, 0, COMMAND)                                                                                            \
    X(C_RC_NA_1, 47, RCO, 0, COMMAND)                                                                                            \
    X(C_SE_NA_1, 48, NVA_QOS, 0, COMMAND)                                                                                        \
    X(C_SE_NB_1, 49, SVA_QOS, 0, COMMAND)                                                                                        \
    X(C_SE_NC_1, 50, R32_QOS, 0, COMMAND)                                                                                        \
    X(C_BO_NA_1, 51, BSI_BARE, 0, COMMAND)                                                                                       \
    X(C_SC_TA_1, 58, SCO, 7, COMMAND)                                                                                            \
    X(C_DC_TA_1, 59, DCO, 7, COMMAND)                                                                                            \
    X(C_RC_TA_1, 60, RCO, 7, COMMAND)                                                                                            \
    X(C_SE_TA_1, 61, NVA_QOS, 7, COMMAND)                                                                                        \
    X(C_SE_TB_1, 62, SVA_QOS, 7, COMMAND)                                                                                        \
    X(C_SE_TC_1, 63, R32_QOS, 7, COMMAND)                                                                                        \
    X(C_BO_TA_1, 64, BSI_BARE, 7, COMMAND)                                                                                       \
    X(M_EI_NA_1, 70, COI, 0, MONITOR)                                                                                            \
    X(C_IC_NA_1, 100, QOI, 0, SYSTEM)                                                                                            \
    X(C_CI_NA_1, 101, QCC, 0, SYSTEM)                                                                                            \
    X(C_RD_NA_1, 102, NONE, 0, SYSTEM)                                                                                           \
    X(C_CS_NA_1, 103, NONE, 7, SYSTEM)                                                                                           \
    X(C_TS_NA_1, 104, FBP, 0, SYSTEM)                                                                                            \
    X(C_RP_NA_1, 105, QRP, 0, SYSTEM)                                                                                            \
    X(C_TS_TA_1, 107, TSC, 7, SYSTEM)                                                                                            \
    X(P_ME_NA_1, 110, NVA_QPM, 0, PARAMETER)                                                                                     \
    X(P_ME_NB_1, 111, SVA_QPM, 0, PARAMETER)                                                                                     \
    X(P_ME_NC_1, 112, R32_QPM, 0, PARAMETER)                                                                                     \
    X(P_AC_NA_1, 113, QPA, 0, PARAMETER)

enum mr_iec104_type {
#define X(name, number, form, time, direction) MR_IEC104_##name = number,
    MR_IEC104_TYPES(X)
#undef X
};

/* What an element is made of: a value of a kind, and a byte or bits that qualify it (101, 7.2.6). */
enum mr_iec104_value {
    MR_IEC104_V_NONE,
    MR_IEC104_V_UINT,   /* states, bit strings, qualifiers */
    MR_IEC104_V_STEP,   /* -64 to 63; bit 7 of the bits: transient */
    MR_IEC104_V_INT,    /* scaled value, 16 bits */
    MR_IEC104_V_COUNT,  /* counter reading, 32 bits with sign */
    MR_IEC104_V_NORMAL, /* -1 to 1 - 2^-15, 16 bits */
    MR_IEC104_V_REAL,
};
enum mr_iec104_direction { MR_IEC104_MONITOR = 1, MR_IEC104_COMMAND, MR_IEC104_SYSTEM, MR_IEC104_PARAMETER };

struct mr_iec104_form {
    uint8_t value;      /* enum mr_iec104_value */
    uint8_t bytes;      /* of the value */
    uint8_t value_mask; /* of a single byte that value and qualifier share; 0: all of it */
    uint8_t interval;   /* bytes of CP16Time2a (events of protection equipment) between qualifier and time tag */
    bool qualifier;     /* a byte after the value: QDS, QOS, QPM, the sequence byte of a counter */
};
struct mr_iec104_info {
    const char *name; /* "M_SP_NA_1" */
    const struct mr_iec104_form *form;
    uint8_t time;      /* bytes of the time tag: 0, 3 or 7 */
    uint8_t direction; /* enum mr_iec104_direction; 0 for a type that is not known */
    uint8_t size;      /* of element and time tag, without object address */
};
/* Never NULL. Types 120 to 127, file transfer, are among the unknown. */
const struct mr_iec104_info *mr_iec104_info(uint8_t type);
/* The same element with a time tag of 0, 3 or 7 bytes, or 0 where there is none. */
uint8_t mr_iec104_with_time(uint8_t type, uint8_t time);

/* Quality descriptor (101, 7.2.6.3); SIQ and DIQ have its upper four bits, VTI's transient bit is bit 7 of its own byte. */
enum mr_iec104_quality {
    MR_IEC104_OV = 0x01,
    MR_IEC104_BL = 0x10,
    MR_IEC104_SB = 0x20,
    MR_IEC104_NT = 0x40,
    MR_IEC104_IV = 0x80,
};
#define MR_IEC104_SELECT 0x80 /* S/E of a command's qualifier */

/* --- ASDU ------------------------------------------------------------------------------------------------------------------- */

enum mr_iec104_cause {
    MR_IEC104_COT_PERIODIC = 1,
    MR_IEC104_COT_BACKGROUND = 2,
    MR_IEC104_COT_SPONTANEOUS = 3,
    MR_IEC104_COT_INITIALIZED = 4,
    MR_IEC104_COT_REQUEST = 5,
    MR_IEC104_COT_ACT = 6,
    MR_IEC104_COT_ACT_CON = 7,
    MR_IEC104_COT_DEACT = 8,
    MR_IEC104_COT_DEACT_CON = 9,
    MR_IEC104_COT_ACT_TERM = 10,
    MR_IEC104_COT_RETURN_REMOTE = 11,
    MR_IEC104_COT_RETURN_LOCAL = 12,
    MR_IEC104_COT_INTERROGATED = 20, /* station; 21 to 36 by group */
    MR_IEC104_COT_COUNTERS = 37,     /* general; 38 to 41 by group */
    MR_IEC104_COT_UNKNOWN_TYPE = 44,
    MR_IEC104_COT_UNKNOWN_CAUSE = 45,
    MR_IEC104_COT_UNKNOWN_CA = 46,
    MR_IEC104_COT_UNKNOWN_IOA = 47,
};
#define MR_IEC104_CAUSE_MASK 0x3F
#define MR_IEC104_NEGATIVE   0x40
#define MR_IEC104_TEST       0x80

struct mr_iec104_asdu {
    uint8_t type;
    bool sequence; /* SQ: one address, then elements of consecutive ones */
    uint8_t count;
    uint8_t cause; /* without the two bits below */
    bool negative, test;
    uint8_t originator;
    uint16_t ca;
    struct mr_slice objects;
};
/* The header; false where it is cut short. Says nothing about the objects. */
bool mr_iec104_asdu_decode(struct mr_slice bytes, struct mr_iec104_asdu *a);
/* Whether `objects` is exactly what a known type, SQ and count ask for. */
bool mr_iec104_asdu_fits(const struct mr_iec104_asdu *a);
/* Header, and the objects as they are. */
void mr_iec104_asdu_encode(struct mr_writer *w, const struct mr_iec104_asdu *a);

/* Times count nanoseconds since 1970 in whatever zone the station's clock shows. */
struct mr_iec104_time {
    mr_ns unix_ns;
    bool invalid, summer;
};
/* An information object in the open. */
struct mr_iec104_object {
    uint32_t ioa;
    double value;      /* engineering reading of the element: 0/1, 0..3, -64..63, the 16, 24 or 32 bits, -1..1, a real */
    uint32_t bits;     /* the element's value as it stands on the wire, low byte first */
    uint8_t quality;   /* MONITOR: quality bits; of a counter its sequence byte; COMMAND, PARAMETER, SYSTEM: the qualifier */
    uint16_t interval; /* ms, events of protection equipment */
    struct mr_iec104_time time; /* of types with one; of 3-byte tags only minute and below count, from 1970 on */
};
/* The i-th object of an ASDU that fits; false past the last. */
bool mr_iec104_object_at(const struct mr_iec104_asdu *a, size_t i, struct mr_iec104_object *o);
/* Element and time tag, without address: from `value` (nearest, saturated, and then in monitoring direction with OV), or from
 * `bits` where it is a UINT or COUNT; quality or qualifier as given. */
void mr_iec104_element_encode(struct mr_writer *w, uint8_t type, const struct mr_iec104_object *o);
/* Address and element. */
void mr_iec104_object_encode(struct mr_writer *w, uint8_t type, const struct mr_iec104_object *o);

/* CP56Time2a and CP24Time2a (101, 7.2.6.18 and 19). Two digits of a year mean 1970 to 2069; 100 and more, which some masters
 * send, count from 1900. False for a date or time of day that does not exist. */
void mr_iec104_cp56_encode(uint8_t out[7], const struct mr_iec104_time *t);
bool mr_iec104_cp56_decode(const uint8_t in[7], struct mr_iec104_time *t);
void mr_iec104_cp24_encode(uint8_t out[3], const struct mr_iec104_time *t);
bool mr_iec104_cp24_decode(const uint8_t in[3], struct mr_iec104_time *t);

/* Qualifiers that have values of their own. */
#define MR_IEC104_QOI_STATION  20
#define MR_IEC104_QCC_GENERAL  5
#define MR_IEC104_QCC_FREEZE   0x40 /* FRZ: 1 freeze, 2 freeze and reset, 3 reset */
#define MR_IEC104_QRP_RESET    1
#define MR_IEC104_QRP_EVENTS   2
#define MR_IEC104_TEST_PATTERN 0x55AA

#endif
