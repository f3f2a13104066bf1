/* station.h - operator station (HMI) and historian: devices that know only what they polled over the wire. The HMI raises alarms
 * on that and sends operators' commands by the same path; the historian keeps series.
 *
 * A station does not see the process: a controller that lies, or a link that is cut, looks to it as it would really look. */
#ifndef MR_DEVICE_STATION_H
#define MR_DEVICE_STATION_H

#include "device/link.h"

enum mr_quality { MR_QUALITY_NEVER, MR_QUALITY_GOOD, MR_QUALITY_STALE };

struct mr_station;
struct mr_station *mr_station_create(struct mr_env *env, struct mr_links *links, uint16_t device);
void mr_station_start(struct mr_station *s);

/* Tells all that it shows once more, for a console that has lost it. */
void mr_station_show(struct mr_station *s);

/* The last value that was polled of a tag of the site; its quality, NEVER where this station does not poll it. */
enum mr_quality mr_station_value(const struct mr_station *s, uint16_t tag, double *value);
/* Who waits for the answers of commands; set when the site is built. */
enum mr_asker { MR_ASKER_PEOPLE, MR_ASKER_CHECKS, MR_ASKER_PAGE, MR_ASKERS };
/* Called once for each command with MR_OK or why it did not work. */
typedef void mr_station_done_fn(void *ctx, uint32_t token, enum mr_err err);
void mr_station_answer_to(struct mr_station *s, enum mr_asker asker, mr_station_done_fn *done, void *ctx);
/* Commands a tag through its controller. MR_E_NOT_FOUND: not polled here; MR_E_DENIED: not writable; MR_E_RANGE; MR_E_FULL: too
 * many commands wait. Otherwise `asker` is told the outcome, perhaps before this returns. */
enum mr_err mr_station_command(struct mr_station *s, uint16_t tag, double value, enum mr_asker asker, uint32_t token);

/* After a load: false where commands or values cannot be so. */
bool mr_station_check(const struct mr_station *s);

/* An operator has seen the alarms of a tag that stand. MR_E_NOT_FOUND where none does, or all are acknowledged. */
enum mr_err mr_station_acknowledge(struct mr_station *s, uint16_t tag);

/* Historian: the series of a tag between two site times as lines "seconds,value\n", finest tier that reaches back far enough, at
 * most what `w` holds. MR_E_NOT_FOUND where it is not kept here. */
enum mr_err mr_station_series(const struct mr_station *s, uint16_t tag, mr_ns from, mr_ns to, struct mr_writer *w);

#endif
