/* event.h - what a site says has happened. Scores, feeds and reviews are made of these alone.
 *
 * An event's identity is (site, sequence number of the input that caused it, index among that input's events): a replay gives
 * the same events with the same identities. */
#ifndef MR_SIM_EVENT_H
#define MR_SIM_EVENT_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

/* kind, name, and what its fields mean: subject | object | detail | number | value. Member and post say whose doing it was. */
#define MR_EVENT_LIST(X)                                                                                                         \
    X(BEGIN, "begin", "scenario | | | |")                                                                                        \
    X(STEP_BEGIN, "step-begin", "step | first target | technique, targets | actor's IPv4 | ")                                    \
    X(STEP_END, "step-end", "step | target device | why | outcome: 0 worked, 1 blocked, 2 failed | ")                            \
    X(EFFECT, "effect", "step | target tag or device | | 1 begins, 0 ends: the attacker's hold on the plant | ")                 \
    X(WATCH, "watch", "watch of the scenario | tag | | 1 in specification, 0 out | value")                                       \
    X(EXCESS, "excess", "safety band of the scenario | tag | | | integral of |x - band| / span over seconds since the last")     \
    X(DAMAGE, "damage", "damage of the process model | | | | ")                                                                  \
    X(ALARM, "alarm", "tag | HMI | LL, L, H, HH, stale | 1 raised, 0 gone | value")                                              \
    X(CHECK, "check", "operator function of the scenario | HMI | why | 1 worked, 0 failed | seconds it took")                    \
    X(RETRY, "retry", "hardening check | step | why | 1 the attack still works, 0 it does not | ")                               \
    X(FINDING, "finding", "technique | asset | actor and evidence | from, ns | to, ns")                                          \
    X(ACTION, "action", "verb | object | detail | 0, or an mr_err why it was refused | ")                                        \
    X(WRITE, "write", "device | place | client | function | first value")                                                        \
    X(LOGIN, "login", "device | account | client | 1 worked, 0 refused | ")                                                      \
    X(DENIED, "denied", "rule | from address | to address:port | IP protocol | packets since the last")                          \
    X(PLC, "plc", "device | POU and line | fault | state: 0 stopped, 1 running, 2 faulted | ")                                   \
    X(SETTING, "setting", "device | setting | new value | | ")                                                                   \
    X(LINK, "link", "device | | | 1 up, 0 down | ")                                                                              \
    X(PAUSE, "pause", "why | | | 1 paused, 0 resumed | ")                                                                        \
    X(PLATFORM, "platform", "what | | | | seconds that count against nobody")                                                    \
    X(QUARANTINE, "quarantine", "device | client | | sequence number of the input | ")                                           \
    X(ANSWER, "answer", "question | | answer | | ")                                                                              \
    X(END, "end", "scenario | | | |")

enum mr_event_kind {
#define X(name, text, fields) MR_EV_##name,
    MR_EVENT_LIST(X)
#undef X
        MR_EVENT_KINDS
};

#define MR_EVENT_NAME   48
#define MR_EVENT_DETAIL 256

struct mr_event {
    uint64_t input; /* sequence number of the input that caused it */
    uint32_t index; /* among that input's events */
    enum mr_event_kind kind;
    mr_ns at; /* site time */
    int64_t number;
    double value;
    char subject[MR_EVENT_NAME];
    char object[MR_EVENT_NAME];
    char member[MR_EVENT_NAME]; /* account, or "" where nobody's */
    char post[MR_EVENT_NAME];
    char detail[MR_EVENT_DETAIL];
};

const char *mr_event_name(enum mr_event_kind k);
const char *mr_event_fields(enum mr_event_kind k);
/* MR_EVENT_KINDS where unknown. */
enum mr_event_kind mr_event_kind_find(const char *name);
/* Binary form, for channels and files; at most MR_EVENT_BYTES. */
#define MR_EVENT_BYTES 600
void mr_event_encode(const struct mr_event *e, struct mr_writer *w);
enum mr_err mr_event_decode(struct mr_slice in, struct mr_event *e);

#endif
