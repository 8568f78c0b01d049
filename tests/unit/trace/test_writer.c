// SPDX-License-Identifier: GPL-2.0-or-later
// test_writer.c - what is on the stack of a program does not overlap, and is copied whole
#include "trace/writer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define STACK_SIZE 512 /* the kernel's */

static void what_is_on_the_stack_has_room(void **state)
{
	const struct {
		int at, size;
	} parts[] = { { NETNS, 8 },
		      { OWN, 8 },
		      { LINK, 8 },
		      { WORD, 8 },
		      { KEY, (int)sizeof(struct record_tuple) },
		      { VALUE, (int)sizeof(struct record_dropped) },
		      { FIRST, FIRST_SIZE },
		      { TYPED, 8 } };

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		assert_true(parts[i].at >= -STACK_SIZE && parts[i].at % 8 == 0);
		assert_true(parts[i].at + parts[i].size <= (i == 0 ? 0 : parts[i - 1].at));
	}
}

static void words_are_copied(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));
	const struct writer writer = { .insns = insns };

	(void)state;
	assert_non_null(insns);
	writer_copy(&writer, KEY, AT(from), 16);
	assert_int_equal(insns->n, 4);
	assert_int_equal(insns->at[2].src_reg, FRAME);
	assert_int_equal(insns->at[2].off, AT(from) + 8);
	assert_int_equal(insns->at[3].off, KEY + 8);
	free(insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_on_the_stack_has_room),
		cmocka_unit_test(words_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
