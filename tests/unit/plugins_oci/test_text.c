// SPDX-License-Identifier: GPL-2.0-or-later
// test_text.c - lists in one annotation, and reading that ends
#include "plugins/oci/text.h"

#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void lists(const char *text, const char *want)
{
	json_t *list = oci_list(text);
	char *printed = json_dumps(list, JSON_COMPACT);

	assert_string_equal(printed, want);
	free(printed);
	json_decref(list);
}

static void words_stand_between_commas_and_white_space(void **state)
{
	(void)state;
	lists(NULL, "[]");
	lists("", "[]");
	lists(" ,\t\n,", "[]");
	lists("web", "[\"web\"]");
	lists("web,db", "[\"web\",\"db\"]");
	lists(", web ,\r\n db,,x", "[\"web\",\"db\",\"x\"]");
	lists("a:b=c;d", "[\"a:b=c;d\"]");
}

static void what_is_no_utf8_is_no_list(void **state)
{
	(void)state;
	assert_null(oci_list("web,\xff"));
}

static void a_state_is_read_to_its_end(void **state)
{
	struct buf text = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "{}", 2), 2);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(oci_read_all(ends[0], &text), 0);
	assert_int_equal(text.len, 2);
	assert_memory_equal(text.data, "{}", 2);
	assert_int_equal(close(ends[0]), 0);
	buf_done(&text);
	assert_int_equal(oci_read_all(-1, &text), -EBADF);
	buf_done(&text);
}

/* The decoder refuses what is too long, so a little more than that is enough. */
static void what_never_ends_is_not_read_for_ever(void **state)
{
	int fd = memfd_create("endless", MFD_CLOEXEC);
	struct buf text = { 0 };

	(void)state;
	assert_int_equal(ftruncate(fd, 4L * API_BODY_MAX), 0);
	assert_int_equal(oci_read_all(fd, &text), 0);
	assert_true(text.len > API_BODY_MAX);
	assert_true(text.len <= API_BODY_MAX + 16384);
	assert_int_equal(close(fd), 0);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_stand_between_commas_and_white_space),
		cmocka_unit_test(what_is_no_utf8_is_no_list),
		cmocka_unit_test(a_state_is_read_to_its_end),
		cmocka_unit_test(what_never_ends_is_not_read_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
