// SPDX-License-Identifier: GPL-2.0-or-later
// test_pulse.c - a process that does not answer is hung, or only not scheduled
#include "model/health/pulse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

/* The number of the look at which something else than PULSE_WAIT is said; 0: never. */
static unsigned looks_until(enum pulse_verdict wanted, char state, uint64_t cpu_ms_a_look)
{
	struct pulse pulse = { 0 };
	struct pulse_look look = { .state = state, .cpu_ms = 5000 };

	for (unsigned n = 1; n <= 1000; n++) {
		enum pulse_verdict verdict = pulse_look(&pulse, &look);

		look.cpu_ms += cpu_ms_a_look;
		if (verdict == PULSE_WAIT)
			continue;
		assert_int_equal(verdict, wanted);
		return n;
	}
	return 0;
}

static void one_that_is_stopped_is_hung_at_the_second_look(void **state)
{
	(void)state;
	assert_int_equal(looks_until(PULSE_STOPPED, 'T', 0), 2);
	assert_int_equal(looks_until(PULSE_STOPPED, 't', 0), 2);
}

static void one_that_runs_without_answering_is_hung_when_it_has_had_the_time(void **state)
{
	(void)state;
	assert_int_equal(looks_until(PULSE_LOOPS, 'R', 200), 3); /* a processor for itself */
	assert_int_equal(looks_until(PULSE_LOOPS, 'R', 20), 16); /* a tenth of one */
	assert_int_equal(looks_until(PULSE_LOOPS, 'S', 100), 4); /* a loop of system calls */
}

static void one_that_waits_for_a_processor_is_not_hung(void **state)
{
	(void)state;
	assert_int_equal(looks_until(PULSE_WAIT, 'R', 0), 0);
}

static void one_that_sleeps_while_something_waits_for_it_is_hung(void **state)
{
	(void)state;
	assert_int_equal(looks_until(PULSE_BLOCKED, 'S', 0), 3);
	assert_int_equal(looks_until(PULSE_BLOCKED, 'D', 0), 25);
}

static void what_changes_between_two_looks_counts_anew(void **state)
{
	struct pulse pulse = { 0 };
	struct pulse_look stopped = { 'T', 0 }, sleeps = { 'S', 0 }, waits = { 'R', 0 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pulse_look(&pulse, &stopped), PULSE_WAIT);
		assert_int_equal(pulse_look(&pulse, &sleeps), PULSE_WAIT);
		assert_int_equal(pulse_look(&pulse, &sleeps), PULSE_WAIT);
		assert_int_equal(pulse_look(&pulse, &waits), PULSE_WAIT);
	}
}

static void the_kernels_line_is_read_whatever_the_name_is(void **state)
{
	struct pulse_look look;

	(void)state;
	assert_int_equal(pulse_parse("17 (netd) S 1 17 17 0 -1 4194560 9 8 7 6 250 130 0 0 20 0 1",
				     100, &look),
			 0);
	assert_int_equal(look.state, 'S');
	assert_int_equal(look.cpu_ms, 3800);
	assert_int_equal(pulse_parse("17 (a) R (b) 1) T 1 2 3 4 5 6 7 8 9 10 1 1", 1000, &look), 0);
	assert_int_equal(look.state, 'T');
	assert_int_equal(look.cpu_ms, 2);
}

static void what_is_no_such_line_is_refused(void **state)
{
	struct pulse_look look;

	(void)state;
	assert_int_equal(pulse_parse("", 100, &look), -EBADMSG);
	assert_int_equal(pulse_parse("17 (netd", 100, &look), -EBADMSG);
	assert_int_equal(pulse_parse("17 (netd) S 1 2 3", 100, &look), -EBADMSG);
	assert_int_equal(pulse_parse("17 (netd) S 1 2 3 4 5 6 7 8 9 10 x 1", 100, &look), -EBADMSG);
	assert_int_equal(pulse_parse("17 (netd) S 1 2 3 4 5 6 7 8 9 10 1 1", 0, &look), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_stopped_is_hung_at_the_second_look),
		cmocka_unit_test(one_that_runs_without_answering_is_hung_when_it_has_had_the_time),
		cmocka_unit_test(one_that_waits_for_a_processor_is_not_hung),
		cmocka_unit_test(one_that_sleeps_while_something_waits_for_it_is_hung),
		cmocka_unit_test(what_changes_between_two_looks_counts_anew),
		cmocka_unit_test(the_kernels_line_is_read_whatever_the_name_is),
		cmocka_unit_test(what_is_no_such_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
