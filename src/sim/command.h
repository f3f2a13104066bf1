/* command.h - what a person, or a simulated player, does to a site: a verb with named arguments. Recorded as an input, and
 * answered by an event of kind ACTION (or FINDING), so that scores need nothing else.
 *
 * verb       arguments                                         who
 * finding    technique, asset, actor, from (ns), to (ns), evidence   team
 * operate    hmi, tag, value                                   team: an operator's command, sent by the HMI over the wire
 * firewall   table (text of net/firewall.h: one rule a line)   team
 * setting    device, name, value                               team
 * restart    device, how (cold|warm)                           team
 * answer     question, answer                                  team
 * acknowledge  tag                                             team: alarms of the tag that stand
 * inject     var, fault (none|freeze|bias|value|stick), value  organiser
 * link       device, up (0|1)                                  organiser
 */
#ifndef MR_SIM_COMMAND_H
#define MR_SIM_COMMAND_H

#include "base/bytes.h"
#include "base/err.h"

#define MR_COMMAND_ARGS  12
#define MR_COMMAND_BYTES 65536

struct mr_command {
    struct mr_slice member; /* account */
    struct mr_slice post;
    struct mr_slice verb;
    uint32_t nargs;
    struct {
        struct mr_slice name, value;
    } args[MR_COMMAND_ARGS];
};

void mr_command_add(struct mr_command *c, const char *name, const char *value); /* texts must outlive `c` */
void mr_command_encode(const struct mr_command *c, struct mr_writer *w);
/* Slices point into `in`. */
enum mr_err mr_command_decode(struct mr_slice in, struct mr_command *c);
/* The argument as a string of at most cap-1 bytes; false where it is absent or too long. */
bool mr_command_arg(const struct mr_command *c, const char *name, char *buf, size_t cap);
bool mr_slice_is(struct mr_slice s, const char *text);

#endif
