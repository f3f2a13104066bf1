/* enip_unit.h - the station `t` that unit tests of EtherNet/IP talk to, made anew for each, with its client registered. */
#ifndef MR_TEST_ENIP_UNIT_H
#define MR_TEST_ENIP_UNIT_H

#include "support/enip_hex.h"

static struct enip_station t;

static int setup(void **state)
{
    (void)state;
    enip_station_init(&t);
    enip_register(&t);
    return 0;
}

static struct mr_enip_event event(void)
{
    struct mr_enip_event ev;
    assert_true(mr_enip_server_next(&t.server, &ev));
    assert_int_equal(ev.client, ENIP_CLIENT);
    return ev;
}

#endif
