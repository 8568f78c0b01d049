// SPDX-License-Identifier: GPL-2.0-or-later
// test_symbol.c - functions by places within them
#include "trace/symbol.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "0000000000000000 A fixed_percpu_data\n"
			   "ffffffff81000300 T nf_hook_slow\n"
			   "ffffffff81000100 T ip_rcv\n"
			   "ffffffff81000100 t ip_rcv_alias\n"
			   "ffffffff81000350 d some_data\n"
			   "ffffffffc0000000 t br_handle_frame\t[bridge]\n";

static void feed(struct symbols *symbols, size_t step)
{
	for (size_t i = 0; i < sizeof(text) - 1; i += step)
		symbol_feed(symbols, text + i,
			    sizeof(text) - 1 - i < step ? sizeof(text) - 1 - i : step);
	symbol_end(symbols);
}

static void a_place_is_in_the_function_below_it(void **state)
{
	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		struct symbols symbols = { 0 };

		symbol_ask(&symbols, 0xffffffff81000360);
		symbol_ask(&symbols, 0xffffffff81000100);
		symbol_ask(&symbols, 0xffffffffc0000010);
		symbol_ask(&symbols, 0xffffffff80000000);
		assert_string_equal(symbol_name(&symbols, 0xffffffff81000360), "");
		feed(&symbols, step);
		assert_string_equal(symbol_name(&symbols, 0xffffffff81000360), "nf_hook_slow");
		assert_string_equal(symbol_name(&symbols, 0xffffffff81000100), "ip_rcv");
		assert_string_equal(symbol_name(&symbols, 0xffffffffc0000010), "br_handle_frame");
		assert_string_equal(symbol_name(&symbols, 0xffffffff80000000), "");
	}
}

static void what_is_known_stays(void **state)
{
	struct symbols symbols = { 0 };

	(void)state;
	symbol_ask(&symbols, 0xffffffff81000360);
	feed(&symbols, 7);
	symbol_ask(&symbols, 0xffffffff81000360);
	assert_int_equal(symbols.n, symbols.n_known);
	symbol_ask(&symbols, 0xffffffff81000110);
	feed(&symbols, 7);
	assert_string_equal(symbol_name(&symbols, 0xffffffff81000360), "nf_hook_slow");
	assert_string_equal(symbol_name(&symbols, 0xffffffff81000110), "ip_rcv");
}

static void hidden_addresses_have_no_names(void **state)
{
	static const char hidden[] = "0000000000000000 T ip_rcv\n0000000000000000 t nf_hook_slow";
	struct symbols symbols = { 0 };

	(void)state;
	symbol_ask(&symbols, 0xffffffff81000360);
	symbol_feed(&symbols, hidden, sizeof(hidden) - 1);
	symbol_end(&symbols);
	assert_string_equal(symbol_name(&symbols, 0xffffffff81000360), "");
}

static void more_than_fit_have_no_names(void **state)
{
	struct symbols symbols = { 0 };
	char line[2048];

	(void)state;
	for (uint64_t i = 0; i < 2 * TRACE_SYMBOLS_MAX; i++)
		symbol_ask(&symbols, 0xffffffff81000300 + i);
	assert_int_equal(symbols.n, TRACE_SYMBOLS_MAX);
	memset(line, 'f', sizeof(line)); /* a line that has no end */
	symbol_feed(&symbols, line, sizeof(line));
	symbol_end(&symbols);
	assert_string_equal(symbol_name(&symbols, 0xffffffff81000300), "");
}

/* Who tells it before would tell it by two names. */
static void a_place_that_came_later_is_looked_up_first(void **state)
{
	struct symbols symbols = { 0 };

	(void)state;
	symbol_ask(&symbols, 1000);
	assert_false(symbol_is_settled(&symbols, 1000));
	symbol_end(&symbols);
	assert_true(symbol_is_settled(&symbols, 1000));
	symbol_ask(&symbols, 1001);
	assert_false(symbol_is_settled(&symbols, 1001));
	for (uint64_t i = 0; i < TRACE_SYMBOLS_MAX; i++)
		symbol_ask(&symbols, 2000 + i);
	assert_false(symbol_is_settled(&symbols, 5000));
	symbol_end(&symbols);
	assert_true(symbol_is_settled(&symbols, 1001));
	assert_true(symbol_is_settled(&symbols, 5000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_in_the_function_below_it),
		cmocka_unit_test(what_is_known_stays),
		cmocka_unit_test(hidden_addresses_have_no_names),
		cmocka_unit_test(more_than_fit_have_no_names),
		cmocka_unit_test(a_place_that_came_later_is_looked_up_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
