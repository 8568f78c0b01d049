// SPDX-License-Identifier: GPL-2.0-or-later
// test_bandwidth.c - limits of bandwidth out of their text, and as a token bucket
#include "model/container/bandwidth.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct bandwidth read_ok(const char *text)
{
	struct bandwidth bandwidth = { 0 };
	struct error error = { 0 };

	if (bandwidth_read(text, &bandwidth, &error) < 0)
		fail_msg("'%s': %s", text, error.text);
	return bandwidth;
}

static void both_ways_are_read_in_any_order_and_unit(void **state)
{
	struct bandwidth bandwidth = read_ok("in=10mbit,out=5Mbit");

	(void)state;
	assert_int_equal(bandwidth.way[BANDWIDTH_IN].rate_bits, 10000000);
	assert_int_equal(bandwidth.way[BANDWIDTH_OUT].rate_bits, 5000000);
	bandwidth = read_ok("out-burst=80000,out=5k,in=1g,in-burst=8Kbit");
	assert_int_equal(bandwidth.way[BANDWIDTH_IN].rate_bits, 1000000000);
	assert_int_equal(bandwidth.way[BANDWIDTH_IN].burst_bits, 8000);
	assert_int_equal(bandwidth.way[BANDWIDTH_OUT].rate_bits, 5000);
	assert_int_equal(bandwidth.way[BANDWIDTH_OUT].burst_bits, 80000);
	assert_int_equal(read_ok("in=2500bit").way[BANDWIDTH_IN].rate_bits, 2500);
	assert_int_equal(read_ok("in=1000gbit").way[BANDWIDTH_IN].rate_bits, 1000000000000);
}

static void no_limit_is_said_by_nothing_and_by_a_word(void **state)
{
	struct bandwidth bandwidth = read_ok("");

	(void)state;
	assert_false(bandwidth_is_set(&bandwidth));
	bandwidth = read_ok("none");
	assert_false(bandwidth_is_set(&bandwidth));
	bandwidth = read_ok("out=5mbit");
	assert_true(bandwidth_is_set(&bandwidth));
	assert_false(bandwidth_limits(&bandwidth, BANDWIDTH_IN));
	assert_true(bandwidth_limits(&bandwidth, BANDWIDTH_OUT));
}

static void what_is_no_limit_is_refused_with_the_part_that_is_wrong(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{ "10mbit", "'10mbit' is none of in, out" },
		{ "up=10mbit", "'up=10mbit' is none of" },
		{ "in=10mbit,", "'' is none of" },
		{ ",", "'' is none of" },
		{ "none,in=1mbit", "'none' is none of" },
		{ "inn=1mbit", "'inn=1mbit' is none of" },
		{ "in-bursts=1mbit,in=1mbit", "'in-bursts=1mbit' is none of" },
		{ "in=", "'in=' is no number of bits" },
		{ "in=mbit", "'in=mbit' is no number" },
		{ "in=10mb", "'in=10mb' is no number" },
		{ "in=10mbps", "'in=10mbps' is no number" },
		{ "in=-1", "'in=-1' is no number" },
		{ "in=1.5mbit", "'in=1.5mbit' is no number" },
		{ "in=10 mbit", "is no number" },
		{ "in=1001gbit", "is no number" },
		{ "in=99999999999999999999999999999999", "is no number" },
		{ "in=0", "'in=0' is less than 1000bit, which is the least: leave it out" },
		{ "in=999", "is less than 1000bit" },
		{ "in=1mbit,in=2mbit", "in is given twice" },
		{ "out-burst=1mbit", "out-burst says nothing without out: give both" },
		{ "out=1mbit,in-burst=1mbit", "in-burst says nothing without in" },
		{ "in=1gbit,in-burst=40gbit", "in-burst is more than 4 GiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bandwidth bandwidth = { .way[BANDWIDTH_IN] = { 4711, 4712 } };
		struct error error = { 0 };

		if (bandwidth_read(bad[i].text, &bandwidth, &error) != -EINVAL)
			fail_msg("'%s' was taken", bad[i].text);
		if (!strstr(error.text, bad[i].word))
			fail_msg("'%s': %s", bad[i].text, error.text);
		assert_int_equal(bandwidth.way[BANDWIDTH_IN].rate_bits, 4711);
	}
}

static void a_text_has_a_length(void **state)
{
	char text[BANDWIDTH_LEN_MAX + 2] = "in=";
	struct bandwidth bandwidth;
	struct error error;

	(void)state;
	memset(text + 3, '0', sizeof(text) - 4);
	memcpy(text + BANDWIDTH_LEN_MAX - 4, "1000", 5);
	assert_int_equal(read_ok(text).way[BANDWIDTH_IN].rate_bits, 1000);
	memcpy(text + BANDWIDTH_LEN_MAX - 4, "01000", 6);
	assert_int_equal(bandwidth_read(text, &bandwidth, &error), -EINVAL);
	assert_non_null(strstr(error.text, "is longer than 127 characters: in=10mbit"));
}

static struct bandwidth_bucket bucket(uint64_t rate, uint64_t burst, uint32_t mtu)
{
	return bandwidth_bucket(&(struct bandwidth_limit) { rate, burst }, mtu);
}

static void a_bucket_holds_what_goes_through_while_a_timer_is_late(void **state)
{
	struct bandwidth_bucket wide = bucket(100000000, 0, 1500);

	(void)state;
	assert_int_equal(wide.rate, 12500000 * 1514ULL / 1480); /* with the headers */
	assert_int_equal(wide.burst, wide.rate / 20);		/* 50 ms */
	assert_int_equal(wide.queue, 2 * wide.burst);		/* and as much waits */
	assert_int_equal(bucket(0, 0, 1500).rate, 0);
	assert_int_equal(bucket(0, 0, 1500).queue, 0);
}

static void no_bucket_is_smaller_than_a_frame(void **state)
{
	struct bandwidth_bucket narrow = bucket(8000, 0, 1500);

	(void)state;
	assert_int_equal(narrow.rate, 1022);
	assert_int_equal(narrow.burst, 4 * 1518);
	assert_int_equal(narrow.queue, 4 * 1518 + 32768);
	assert_int_equal(bucket(8000, 800, 9000).burst, 9018);
	assert_int_equal(bucket(8000, 800, 0).burst, 1518);
}

static void a_burst_that_was_asked_for_is_taken_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(bucket(8000000, 800000, 1500).burst, 100000);
	assert_int_equal(bucket(8000000, 800000, 1500).queue, 100000 + 1022972 / 20);
}

static void what_the_kernel_cannot_count_is_cut(void **state)
{
	struct bandwidth_bucket all = bucket(1000000000000, 34359738360, 1500);

	(void)state;
	assert_int_equal(all.rate, 125000000000 * 1514ULL / 1480);
	assert_int_equal(all.burst, UINT32_MAX);
	assert_int_equal(all.queue, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_are_read_in_any_order_and_unit),
		cmocka_unit_test(no_limit_is_said_by_nothing_and_by_a_word),
		cmocka_unit_test(what_is_no_limit_is_refused_with_the_part_that_is_wrong),
		cmocka_unit_test(a_text_has_a_length),
		cmocka_unit_test(a_bucket_holds_what_goes_through_while_a_timer_is_late),
		cmocka_unit_test(no_bucket_is_smaller_than_a_frame),
		cmocka_unit_test(a_burst_that_was_asked_for_is_taken_as_it_is),
		cmocka_unit_test(what_the_kernel_cannot_count_is_cut),
	};

	return cmocka_run_group_tests_name("bandwidth", tests, NULL, NULL);
}
