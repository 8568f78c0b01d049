// SPDX-License-Identifier: GPL-2.0-or-later
// test_error.c - sentences, their class and their length
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_kind_has_a_status_and_an_errno(void **state)
{
	static const struct {
		int code, status;
	} want[ERROR_N_KINDS] = {
		[ERROR_INVALID] = { -EINVAL, 400 },
		[ERROR_FORBIDDEN] = { -EPERM, 403 },
		[ERROR_NOT_FOUND] = { -ENOENT, 404 },
		[ERROR_CONFLICT] = { -EEXIST, 409 },
		[ERROR_TOO_LARGE] = { -E2BIG, 413 },
		[ERROR_INTERNAL] = { -EIO, 500 },
		[ERROR_NOT_IMPLEMENTED] = { -EOPNOTSUPP, 501 },
		[ERROR_UNAVAILABLE] = { -ENOSPC, 503 },
	};

	(void)state;
	for (unsigned int kind = 0; kind < ERROR_N_KINDS; kind++) {
		struct error error = { 0 };

		assert_int_equal(error_set(&error, kind, "no %s", "x"), want[kind].code);
		assert_int_equal(error.code, want[kind].code);
		assert_int_equal(error.kind, kind);
		assert_string_equal(error.text, "no x");
		assert_int_equal(error_http_status(kind), want[kind].status);
		assert_int_equal(error_set(NULL, kind, "unread"), want[kind].code);
	}
}

static void a_system_error_ends_in_its_reason(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(error_system(&error, -ENODEV, "bridge %s", "br0"), -ENODEV);
	assert_string_equal(error.text, "bridge br0: No such device");
	assert_int_equal(error.kind, ERROR_INTERNAL);
	assert_int_equal(error_system(NULL, -ENODEV, "x"), -ENODEV);
}

static void a_reason_has_a_word_and_a_kind_stands_in_for_it(void **state)
{
	struct error error = { 0 };

	(void)state;
	for (int reason = 1; reason < ERROR_N_REASONS; reason++) {
		assert_int_equal(error_because(&error, (enum error_reason)reason,
					       error_set(&error, ERROR_CONFLICT, "x")),
				 -EEXIST);
		assert_int_equal(error_reason_find(error_word(&error)), reason);
	}
	(void)error_set(&error, ERROR_CONFLICT, "another");
	assert_int_equal(error.reason, ERROR_REASON_NONE);
	assert_string_equal(error_word(&error), "conflict");
	error.reason = ERROR_REASON_CONNECTED;
	(void)error_system(&error, -EIO, "x");
	assert_string_equal(error_word(&error), "internal");
	assert_int_equal(error_reason_find("conflict"), ERROR_REASON_NONE);
	assert_int_equal(error_reason_find(""), ERROR_REASON_NONE);
	assert_int_equal(error_because(NULL, ERROR_REASON_CONNECTED, -EPERM), -EPERM);
}

static void a_prefix_goes_before_the_text(void **state)
{
	struct error error = { 0 };

	(void)state;
	(void)error_set(&error, ERROR_INVALID, "bad");
	error_prefix(&error, "network %s", "a");
	assert_string_equal(error.text, "network a: bad");
	error_prefix(NULL, "x");
}

static void long_texts_are_cut_and_terminated(void **state)
{
	char longest[2 * ERROR_TEXT_MAX];
	struct error error;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	(void)error_set(&error, ERROR_INVALID, "%s", longest);
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	error_prefix(&error, "%s", "front");
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	assert_memory_equal(error.text, "front: xxx", 10);
	error_prefix(&error, "%s", longest);
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
	(void)error_system(&error, -ENODEV, "%s", longest);
	assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
}

static void what_may_succeed_in_a_moment_is_told_from_what_will_not(void **state)
{
	(void)state;
	assert_true(error_is_passing(-ENOMEM));
	assert_true(error_is_passing(-EMFILE));
	assert_false(error_is_passing(-ENOENT));
	assert_false(error_is_passing(0));
	for (enum error_kind kind = 0; kind < ERROR_N_KINDS; kind++)
		assert_false(error_is_passing(error_set(NULL, kind, "x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_a_status_and_an_errno),
		cmocka_unit_test(a_system_error_ends_in_its_reason),
		cmocka_unit_test(a_reason_has_a_word_and_a_kind_stands_in_for_it),
		cmocka_unit_test(a_prefix_goes_before_the_text),
		cmocka_unit_test(long_texts_are_cut_and_terminated),
		cmocka_unit_test(what_may_succeed_in_a_moment_is_told_from_what_will_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
