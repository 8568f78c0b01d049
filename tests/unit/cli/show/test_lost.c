// SPDX-License-Identifier: GPL-2.0-or-later
// test_lost.c - losses of a container as a list with its sum, and within 80 columns
#include "cli/show/lost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER                                                                                     \
	"{\"Losses\":[{\"Counter\":\"Udp.RcvbufErrors\",\"Packets\":12,\"Say\":\"no room in the "  \
	"receive buffer of a UDP socket: its program reads too slowly\"}]}"

static void what_the_interface_has_dropped_is_one_of_them(void **state)
{
	struct traffic_row row = { .received = { .dropped = 2 }, .sent = { .dropped = 1 } };
	json_t *answer = json_loads(ANSWER, 0, NULL), *losses = lost_of(&row, answer);
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(json_array_size(losses), 2);
	lost_screen("web", losses, &out);
	assert_string_equal(
		out.data,
		"\n"
		"web has lost 15 packets that the kernel counts\n"
		"        12  no room in the receive buffer of a UDP socket: its program reads too\n"
		"            slowly (Udp.RcvbufErrors)\n"
		"         3  at the interface, for a reason that the kernel does not keep\n"
		"            (dropped)\n"
		"why, of what is lost from now on: netctl drops web\n");
	buf_done(&out);
	json_decref(losses);
	json_decref(answer);
}

static void nothing_is_said_to_be_nothing(void **state)
{
	json_t *losses = lost_of(&(struct traffic_row) { 0 }, NULL);
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(json_array_size(losses), 0);
	lost_screen("web", losses, &out);
	assert_string_equal(out.data, "\nweb has lost nothing that the kernel counts\n");
	buf_done(&out);
	json_decref(losses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_interface_has_dropped_is_one_of_them),
		cmocka_unit_test(nothing_is_said_to_be_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
