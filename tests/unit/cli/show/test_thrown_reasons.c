// SPDX-License-Identifier: GPL-2.0-or-later
// test_thrown_reasons.c - why packets of a container are thrown away: added up from places
#include "cli/show/thrown_reasons.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void is_told(struct thrown_reasons *reasons, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);

	assert_non_null(line);
	assert_int_equal(thrown_reasons_take(reasons, line), 0);
	json_decref(line);
}

static void is_place(struct thrown_reasons *reasons, const char *container, const char *network,
		     const char *reason, const char *say, int packets)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "Container", container,
				 "Network", network, "Where", "inside", "Reason", reason, "Say",
				 say, "Packets", packets, "Total", 999);

	assert_non_null(line);
	assert_int_equal(thrown_reasons_take(reasons, line), 0);
	json_decref(line);
}

static void is_of(const struct thrown_reasons *reasons, const char *container, const char *network,
		  const char *want)
{
	char text[THROWN_REASONS_TEXT];

	assert_true(thrown_reasons_of(reasons, container, network, text));
	assert_string_equal(text, want);
}

static void the_reason_of_the_most_is_told_and_how_many_there_were_for_others(void **state)
{
	struct thrown_reasons reasons = { 0 };
	char text[THROWN_REASONS_TEXT];

	(void)state;
	is_place(&reasons, "web", "blue", "NO_SOCKET", "nobody listens there", 3);
	is_of(&reasons, "web", NULL, "3 thrown away: nobody listens there (NO_SOCKET)");
	/* Of two networks, and of two looks, it is the same reason. */
	is_place(&reasons, "web", "", "NO_SOCKET", "nobody listens there", 4);
	is_place(&reasons, "web", "blue", "NO_SOCKET", "nobody listens there", 1);
	is_place(&reasons, "web", "blue", "NETFILTER_DROP", "a rule", 7);
	is_of(&reasons, "web", NULL,
	      "8 thrown away: nobody listens there (NO_SOCKET); 7 for other reasons");
	is_of(&reasons, "web", "blue",
	      "7 thrown away: a rule (NETFILTER_DROP); 4 for other reasons");
	assert_false(thrown_reasons_of(&reasons, "web", "red", text));
	assert_false(thrown_reasons_of(&reasons, "we", NULL, text));
	thrown_reasons_done(&reasons);
}

static void a_reason_without_words_and_one_without_a_name_are_told(void **state)
{
	struct thrown_reasons reasons = { 0 };

	(void)state;
	is_place(&reasons, "a", "", "TCP_CSUM", "", 1);
	is_place(&reasons, "b", "", "", "", 2);
	is_told(&reasons, "{\"Container\":\"c\",\"Where\":\"inside\",\"Reason\":\"\","
			  "\"Function\":\"nf_hook_slow\",\"Packets\":5}");
	is_of(&reasons, "a", NULL, "1 thrown away: TCP_CSUM");
	is_of(&reasons, "b", NULL, "2 thrown away: the kernel does not say why");
	is_of(&reasons, "c", NULL, "5 thrown away: nf_hook_slow");
	thrown_reasons_done(&reasons);
}

static void what_means_nothing_and_what_is_no_containers_is_left_out(void **state)
{
	struct thrown_reasons reasons = { 0 };

	(void)state;
	is_told(&reasons,
		"{\"Container\":\"a\",\"Where\":\"inside\",\"Decoy\":true,\"Packets\":5}");
	is_told(&reasons, "{\"Where\":\"inside\",\"Packets\":5}");
	is_told(&reasons, "{\"Container\":7,\"Where\":\"inside\",\"Packets\":\"5\"}");
	is_told(&reasons, "{\"Container\":\"a\",\"Where\":\"inside\",\"Packets\":-5}");
	is_told(&reasons, "{\"Interval\":true,\"Packets\":5}");
	assert_int_equal(reasons.n, 0);
	thrown_reasons_done(&reasons);
}

static void why_nothing_is_counted_is_kept_until_it_is(void **state)
{
	struct thrown_reasons reasons = { 0 };

	(void)state;
	is_told(&reasons, "{\"Lacks\":\"no BPF\"}");
	assert_string_equal(reasons.lacks, "no BPF");
	assert_false(reasons.is_ready);
	is_told(&reasons, "{\"Interval\":true,\"Packets\":0}");
	assert_string_equal(reasons.lacks, "no BPF");
	is_told(&reasons, "{\"Ready\":true}");
	assert_string_equal(reasons.lacks, "");
	assert_true(reasons.is_ready);
	thrown_reasons_done(&reasons);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reason_of_the_most_is_told_and_how_many_there_were_for_others),
		cmocka_unit_test(a_reason_without_words_and_one_without_a_name_are_told),
		cmocka_unit_test(what_means_nothing_and_what_is_no_containers_is_left_out),
		cmocka_unit_test(why_nothing_is_counted_is_kept_until_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
