// SPDX-License-Identifier: GPL-2.0-or-later
// test_counter.c - what a capture that comes by says of itself is kept, whatever else it has
#include "capture/counter.h"
#include "capture/pcapng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A capture of two interfaces with these comments. */
static void count(const char *interface_comment, const char *statistics_comment,
		  struct counter *ret_counter)
{
	struct buf buf = { 0 };

	pcapng_put_section(&buf, "netd");
	pcapng_put_interface(&buf, &(struct pcapng_interface) { .name = "a" });
	pcapng_put_interface(
		&buf, &(struct pcapng_interface) { .name = "b", .comment = interface_comment });
	pcapng_put_statistics(&buf, &(struct pcapng_statistics) { .dropped = 3 });
	pcapng_put_statistics(&buf, &(struct pcapng_statistics) { .interface = 1,
								  .dropped = 5,
								  .comment = statistics_comment });
	assert_int_equal(buf.err, 0);
	*ret_counter = (struct counter) { 0 };
	counter_feed(ret_counter, buf.data, buf.len);
	assert_true(counter_is_complete(ret_counter));
	buf_done(&buf);
}

static void a_capture_that_has_all_says_nothing(void **state)
{
	struct counter counter;

	(void)state;
	count(NULL, NULL, &counter);
	assert_string_equal(counter.comment, "");
	assert_string_equal(counter.missing, "");
	assert_int_equal(counter.n_dropped, 8);
}

static void what_it_lacks_from_the_beginning_and_what_since_are_two_things(void **state)
{
	struct counter counter;

	(void)state;
	count("it gives no reasons", NULL, &counter);
	assert_string_equal(counter.comment, "it gives no reasons");
	assert_string_equal(counter.missing, "");
	count(NULL, "it ended", &counter);
	assert_string_equal(counter.comment, "");
	assert_string_equal(counter.missing, "it ended");
	/* How many those are nobody knows. */
	assert_int_equal(counter.n_dropped, 3);
	count("it gives no reasons", "it ended", &counter);
	assert_string_equal(counter.comment, "it gives no reasons");
	assert_string_equal(counter.missing, "it ended");
}

static void what_comes_cannot_act_on_a_terminal(void **state)
{
	struct counter counter;

	(void)state;
	count("a\033[2Jb", "c\nd\xc3\xa4", &counter);
	assert_string_equal(counter.comment, "a?[2Jb");
	assert_string_equal(counter.missing, "c?d??");
}

/* Behind it there is no room for the numbers, and they are passed over. */
static void the_longest_comment_is_kept_whole_and_a_longer_one_is_none(void **state)
{
	char text[CAPTURE_COMMENT_MAX + 2];
	struct counter counter;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	count(text, text, &counter);
	assert_string_equal(counter.comment, "");
	assert_string_equal(counter.missing, "");
	text[CAPTURE_COMMENT_MAX] = '\0';
	count(text, text, &counter);
	assert_string_equal(counter.comment, text);
	assert_string_equal(counter.missing, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_that_has_all_says_nothing),
		cmocka_unit_test(what_it_lacks_from_the_beginning_and_what_since_are_two_things),
		cmocka_unit_test(what_comes_cannot_act_on_a_terminal),
		cmocka_unit_test(the_longest_comment_is_kept_whole_and_a_longer_one_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
