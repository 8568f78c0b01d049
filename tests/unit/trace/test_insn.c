// SPDX-License-Identifier: GPL-2.0-or-later
// test_insn.c - instructions are what the kernel calls them, and jumps lead where they should
#include "trace/insn.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct insns *new_insns(void)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	assert_non_null(insns);
	return insns;
}

/* Eight bytes as the kernel reads them: code, registers, offset, value. */
static void is_insn(const struct bpf_insn *insn, const char *bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	assert_memory_equal(insn, bytes, 8);
#else
	(void)bytes;
	assert_true(insn->code != 0);
#endif
}

static void instructions_have_the_kernels_numbers(void **state)
{
	struct insns *insns = new_insns();

	(void)state;
	insn_move(insns, BPF_REG_6, BPF_REG_1);
	insn_set(insns, BPF_REG_0, -1);
	insn_alu(insns, BPF_ADD, BPF_REG_2, -8);
	insn_add(insns, BPF_REG_8, BPF_REG_1);
	insn_from_network(insns, BPF_REG_1, 32);
	insn_load(insns, INSN_U64, BPF_REG_3, BPF_REG_10, -16);
	insn_store(insns, INSN_U16, BPF_REG_10, -2, BPF_REG_4);
	insn_store_value(insns, INSN_U32, BPF_REG_10, -4, 7);
	insn_call(insns, 113);
	insn_exit(insns);
	assert_int_equal(insn_finish(insns), 0);
	assert_int_equal(insns->n, 10);
	is_insn(&insns->at[0], "\xbf\x16\x00\x00\x00\x00\x00\x00");
	is_insn(&insns->at[1], "\xb7\x00\x00\x00\xff\xff\xff\xff");
	is_insn(&insns->at[2], "\x07\x02\x00\x00\xf8\xff\xff\xff");
	is_insn(&insns->at[3], "\x0f\x18\x00\x00\x00\x00\x00\x00");
	is_insn(&insns->at[4], "\xdc\x01\x00\x00\x20\x00\x00\x00");
	is_insn(&insns->at[5], "\x79\xa3\xf0\xff\x00\x00\x00\x00");
	is_insn(&insns->at[6], "\x6b\x4a\xfe\xff\x00\x00\x00\x00");
	is_insn(&insns->at[7], "\x62\x0a\xfc\xff\x07\x00\x00\x00");
	is_insn(&insns->at[8], "\x85\x00\x00\x00\x71\x00\x00\x00");
	is_insn(&insns->at[9], "\x95\x00\x00\x00\x00\x00\x00\x00");
	free(insns);
}

static void a_map_takes_two_instructions(void **state)
{
	struct insns *insns = new_insns();

	(void)state;
	insn_map(insns, BPF_REG_1, 5);
	assert_int_equal(insns->n, 2);
	is_insn(&insns->at[0], "\x18\x11\x00\x00\x05\x00\x00\x00");
	assert_int_equal(insns->at[1].code, 0);
	free(insns);
}

static void jumps_are_counted_from_behind_them(void **state)
{
	struct insns *insns = new_insns();
	insn_label near = insn_new_label(insns), far = insn_new_label(insns);

	(void)state;
	insn_jump_if(insns, BPF_JEQ, BPF_REG_1, 4, near);
	insn_jump_if_reg(insns, BPF_JNE, BPF_REG_1, BPF_REG_2, far);
	insn_place(insns, near);
	insn_jump(insns, far);
	insn_set(insns, BPF_REG_0, 0);
	insn_place(insns, far);
	insn_exit(insns);
	assert_int_equal(insn_finish(insns), 0);
	is_insn(&insns->at[0], "\x15\x01\x01\x00\x04\x00\x00\x00");
	is_insn(&insns->at[1], "\x5d\x21\x02\x00\x00\x00\x00\x00");
	is_insn(&insns->at[2], "\x05\x00\x01\x00\x00\x00\x00\x00");
	free(insns);
}

static void a_jump_to_nowhere_is_a_mistake(void **state)
{
	struct insns *insns = new_insns();

	(void)state;
	insn_jump(insns, insn_new_label(insns));
	insn_exit(insns);
	assert_int_equal(insn_finish(insns), -EINVAL);
	free(insns);
}

static void a_jump_back_is_a_mistake(void **state)
{
	struct insns *insns = new_insns();
	insn_label label = insn_new_label(insns);

	(void)state;
	insn_place(insns, label);
	insn_set(insns, BPF_REG_0, 0);
	insn_jump(insns, label);
	assert_int_equal(insn_finish(insns), -EINVAL);
	free(insns);
}

static void a_label_has_one_place(void **state)
{
	struct insns *insns = new_insns();
	insn_label label = insn_new_label(insns);

	(void)state;
	insn_jump(insns, label);
	insn_place(insns, label);
	insn_exit(insns);
	insn_place(insns, label);
	assert_int_equal(insn_finish(insns), -EINVAL);
	free(insns);
}

static void what_is_too_long_is_told(void **state)
{
	struct insns *insns = new_insns();
	insn_label label;

	(void)state;
	for (size_t i = 0; i < TRACE_INSNS_MAX; i++)
		insn_exit(insns);
	assert_int_equal(insn_finish(insns), 0);
	insn_exit(insns);
	assert_int_equal(insn_finish(insns), -E2BIG);
	assert_int_equal(insns->n, TRACE_INSNS_MAX);
	free(insns);
	insns = new_insns();
	for (size_t i = 0; i <= TRACE_LABELS_MAX; i++)
		label = insn_new_label(insns);
	insn_place(insns, label);
	assert_true(insn_finish(insns) < 0);
	free(insns);
	insns = new_insns();
	label = insn_new_label(insns);
	for (size_t i = 0; i <= TRACE_JUMPS_MAX; i++)
		insn_jump(insns, label);
	insn_place(insns, label);
	assert_int_equal(insn_finish(insns), -E2BIG);
	free(insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_have_the_kernels_numbers),
		cmocka_unit_test(a_map_takes_two_instructions),
		cmocka_unit_test(jumps_are_counted_from_behind_them),
		cmocka_unit_test(a_jump_to_nowhere_is_a_mistake),
		cmocka_unit_test(a_jump_back_is_a_mistake),
		cmocka_unit_test(a_label_has_one_place),
		cmocka_unit_test(what_is_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
