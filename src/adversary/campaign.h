/* campaign.h - the adversary: the steps of a scenario's campaign carried out as real client traffic from an actor's own address.
 *
 * It acts only through the network interface and protocol clients, and reaches only what a scenario names: devices of the site. A
 * step begins when its window comes, or when another one leads to it; its outcome is read from the answers it got; then what the
 * author wrote under `worked` or `blocked` follows. Ground truth (STEP_BEGIN, STEP_END, EFFECT) is told as it happens. */
#ifndef MR_ADVERSARY_CAMPAIGN_H
#define MR_ADVERSARY_CAMPAIGN_H

#include "device/env.h"
#include "plan/scenario.h"

struct mr_campaign;
/* NULL where the arena is full. Content must outlive it. */
struct mr_campaign *mr_campaign_create(struct mr_env *env, const struct mr_scenario *scenario);
/* The scenario begins now: windows count from here. */
void mr_campaign_begin(struct mr_campaign *c);
/* Connections are lost: steps at work fail. */
void mr_campaign_reset(struct mr_campaign *c);
/* After a load: false where steps, connections or guessed logins cannot be so. */
bool mr_campaign_check(const struct mr_campaign *c);

#endif
