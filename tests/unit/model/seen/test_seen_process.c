// SPDX-License-Identifier: GPL-2.0-or-later
// test_seen_process.c - what a process uses, out of what proc(5) says
#include "model/seen/seen_process.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct seen_process_units units = { .ticks_per_s = 100,
						 .page_bytes = 4096,
						 .booted = { 1000, 990000000 } };

static void its_numbers_stand_behind_its_name(void **state)
{
	/* state and ten numbers; utime, stime; six numbers; starttime, vsize, rss; others */
	static const char text[] = "77 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 17 18 "
				   "1201 8192000 500 99 98\n";
	struct seen_process process = { .name = "netd" };

	(void)state;
	assert_int_equal(seen_process_parse(text, &units, &process), 0);
	assert_int_equal(process.cpu_us, 3000000);
	assert_int_equal(process.virtual_bytes, 8192000);
	assert_int_equal(process.resident_bytes, 500 * 4096);
	/* 12.01 s after the boot */
	assert_int_equal(process.started.tv_sec, 1013);
	assert_int_equal(process.started.tv_nsec, 0);
	assert_string_equal(process.name, "netd");
}

static void what_is_cut_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"77 (netd",
		"77 (netd) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 17 18 1201 8192000",
		"77 (netd) S 1 2 3 4 5 6 7 8 9 10 x 50 13 14 15 16 17 18 1201 8192000 500",
	};
	struct seen_process process = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(seen_process_parse(texts[i], &units, &process), -EBADMSG);
}

static void what_the_kernel_does_not_say_is_left_out(void **state)
{
	struct seen_process process = {
		.name = "netd", .pid = 7, .cpu_us = 1, .started = { 2, 5000000 }
	};
	struct buf out = { 0 };

	(void)state;
	seen_process_write(&out, &process);
	assert_string_equal(out.data, "{\"Name\":\"netd\",\"Pid\":7,\"CpuMicroseconds\":1,"
				      "\"ResidentBytes\":0,\"VirtualBytes\":0,"
				      "\"StartedMilliseconds\":2005}");
	process.n_fds = 9;
	buf_done(&out);
	seen_process_write(&out, &process);
	assert_string_equal(out.data,
			    "{\"Name\":\"netd\",\"Pid\":7,\"CpuMicroseconds\":1,"
			    "\"ResidentBytes\":0,\"VirtualBytes\":0,\"OpenDescriptors\":9,"
			    "\"StartedMilliseconds\":2005}");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_numbers_stand_behind_its_name),
		cmocka_unit_test(what_is_cut_is_refused),
		cmocka_unit_test(what_the_kernel_does_not_say_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
