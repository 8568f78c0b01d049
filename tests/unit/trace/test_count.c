// SPDX-License-Identifier: GPL-2.0-or-later
// test_count.c - the program that counts drops adds to one number, and reads no argument that there
// is not
#include "trace/count.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct program_maps maps = { .netns = 11, .flow = 13, .drops = 19 };

static size_t n_of(const struct insns *insns, uint8_t code)
{
	size_t n = 0;

	for (size_t i = 0; i < insns->n; i++)
		n += insns->at[i].code == code;
	return n;
}

/* That of the place, and that of drops for whose place there is no room. */
static void numbers_are_added_to_by_all_processors(void **state)
{
	const struct layout layout = { .n_arguments = { [LAYOUT_DROPPED] = 3 } };
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	assert_int_equal(count_program(&layout, &maps, insns), 0);
	assert_int_equal(n_of(insns, BPF_STX | BPF_XADD | BPF_DW), 2);
	assert_int_equal(insns->at[insns->n - 1].code, BPF_JMP | BPF_EXIT);
	free(insns);
}

static void no_argument_is_read_that_there_is_not(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (int n = 2; n <= 4; n++) {
		const struct layout layout = { .n_arguments = { [LAYOUT_DROPPED] = n } };

		assert_int_equal(count_program(&layout, &maps, insns), 0);
		for (size_t i = 0; i < insns->n; i++)
			if (insns->at[i].code == (BPF_LDX | BPF_MEM | BPF_DW) &&
			    insns->at[i].src_reg == BPF_REG_9)
				assert_true(insns->at[i].off / 8 < n);
	}
	free(insns);
}

/* The name is read where a number begins, and not for each drop. */
static void the_name_of_a_link_is_read_once(void **state)
{
	const struct layout layout = { .device_name = 77,
				       .is_direct = true,
				       .n_arguments = { [LAYOUT_DROPPED] = 3 } };
	struct insns *insns = calloc(1, sizeof(*insns));
	size_t name = 0, begin = 0;

	(void)state;
	assert_non_null(insns);
	assert_int_equal(count_program(&layout, &maps, insns), 0);
	for (size_t i = 0; i < insns->n; i++) {
		if (insns->at[i].code == (BPF_ALU64 | BPF_ADD | BPF_K) && insns->at[i].imm == 77)
			name = i;
		if (insns->at[i].code == (BPF_LD | BPF_DW | BPF_IMM) &&
		    insns->at[i].imm == maps.drops && begin == 0)
			begin = i;
	}
	assert_true(name > begin && begin > 0);
	free(insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_added_to_by_all_processors),
		cmocka_unit_test(the_name_of_a_link_is_read_once),
		cmocka_unit_test(no_argument_is_read_that_there_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
