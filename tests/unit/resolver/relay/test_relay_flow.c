// SPDX-License-Identifier: GPL-2.0-or-later
// test_relay_flow.c - what the flows of all relays have in common: room until they are closed
#include "resolver/relay/relay_flow.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_ENDINGS (RELAY_CLOSE_TURN + 1) /* more than one look's */

static unsigned n_closed;

static void on_closed(struct relay_ending *ending)
{
	(void)ending;
	n_closed++;
}

/* A bound of flows is one of descriptors, and those of a flow that is over are there until it is
 * closed. */
static void a_flow_that_is_over_takes_room_until_it_is_closed(void **state)
{
	struct relay_ending endings[N_ENDINGS];
	struct relays relays = { .n_flows = RELAY_FLOWS_MAX };
	struct relay relay = { .relays = &relays };

	(void)state;
	relays.loop = ev_loop_new(EVFLAG_AUTO);
	relay_flow_init(&relays);
	for (size_t i = 0; i < N_ENDINGS; i++) {
		endings[i].close = on_closed;
		relay_flow_end(&relays, &endings[i]);
	}
	assert_false(relay_flow_has_room(&relay));
	for (int i = 0; n_closed == 0 && i < 10; i++)
		ev_run(relays.loop, EVRUN_NOWAIT);
	assert_int_equal(n_closed, RELAY_CLOSE_TURN);
	assert_int_equal(relays.n_flows, RELAY_FLOWS_MAX - RELAY_CLOSE_TURN);
	assert_true(relay_flow_has_room(&relay));
	ev_run(relays.loop, 0); /* until nothing is left */
	assert_int_equal(n_closed, N_ENDINGS);
	assert_int_equal(relays.n_flows, RELAY_FLOWS_MAX - N_ENDINGS);
	ev_loop_destroy(relays.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_that_is_over_takes_room_until_it_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
