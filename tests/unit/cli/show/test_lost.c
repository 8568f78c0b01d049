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

static json_int_t packets_at(const json_t *losses, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(losses, i), "Packets"));
}

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

static void what_a_limit_has_dropped_is_told_once(void **state)
{
	struct traffic_row row = { .received = { .dropped = 2 }, .sent = { .dropped = 8 } };
	json_t *answer = json_loads("{\"Losses\":[{\"Counter\":\"limit out eth0\",\"Packets\":7,"
				    "\"Say\":\"s\"}]}",
				    0, NULL);
	json_t *losses = lost_of(&row, answer);

	(void)state;
	assert_int_equal(json_array_size(losses), 2);
	assert_int_equal(packets_at(losses, 0), 7);
	assert_int_equal(packets_at(losses, 1), 3);
	json_decref(losses);
	/* It has dropped more since the interface was looked at. */
	row.sent.dropped = row.received.dropped = 1;
	losses = lost_of(&row, answer);
	assert_int_equal(json_array_size(losses), 1);
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
		cmocka_unit_test(what_a_limit_has_dropped_is_told_once),
		cmocka_unit_test(nothing_is_said_to_be_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
