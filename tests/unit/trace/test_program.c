// SPDX-License-Identifier: GPL-2.0-or-later
// test_program.c - programs read no argument that a tracepoint lacks, and end
#include "trace/program.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct program_maps maps = {
	.netns = 11,
	.address = 12,
	.flow = 13,
	.events = 14,
};

static struct layout layout_of(int n_dropped)
{
	return (struct layout) {
		.skb_network_header = 180,
		.n_arguments = { [LAYOUT_DROPPED] = n_dropped,
				 [LAYOUT_RECEIVED] = 1,
				 [LAYOUT_SENT] = 2,
				 [LAYOUT_RESET] = 3,
				 [LAYOUT_ICMP] = 3 },
	};
}

/* The highest argument that is loaded: register 9 has them. */
static int last_argument(const struct insns *insns)
{
	int last = -1;

	for (size_t i = 0; i < insns->n; i++) {
		const struct bpf_insn *insn = &insns->at[i];

		if (insn->code == (BPF_LDX | BPF_MEM | BPF_DW) && insn->src_reg == BPF_REG_9 &&
		    insn->off / 8 > last)
			last = insn->off / 8;
	}
	return last;
}

static size_t n_uses(const struct insns *insns, int map_fd)
{
	size_t n = 0;

	for (size_t i = 0; i < insns->n; i++)
		n += insns->at[i].code == (BPF_LD | BPF_DW | BPF_IMM) && insns->at[i].imm == map_fd;
	return n;
}

static void no_argument_is_read_that_there_is_not(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (int n = 2; n <= 4; n++) {
		const struct layout layout = layout_of(n);

		assert_int_equal(program_trace(PROGRAM_FLOW, LAYOUT_DROPPED, &layout, &maps, insns),
				 0);
		assert_int_equal(last_argument(insns), n - 1);
	}
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		const struct layout layout = layout_of(3);

		assert_int_equal(program_trace(PROGRAM_FLOW, point, &layout, &maps, insns), 0);
		assert_true(last_argument(insns) < layout.n_arguments[point]);
	}
	free(insns);
}

static void whoever_is_reported_was_looked_up(void **state)
{
	const struct layout layout = layout_of(4);
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		assert_int_equal(program_trace(PROGRAM_FLOW, point, &layout, &maps, insns), 0);
		assert_int_equal(n_uses(insns, maps.netns), 1);
		/* And once more where a record is lost. */
		assert_int_equal(n_uses(insns, maps.flow), 2);
		assert_int_equal(n_uses(insns, maps.address), 2);
		assert_int_equal(n_uses(insns, maps.events), 1);
	}
	free(insns);
}

static void programs_end_and_stay_within_themselves(void **state)
{
	const struct layout layout = layout_of(4);
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		assert_int_equal(program_trace(PROGRAM_FLOW, point, &layout, &maps, insns), 0);
		assert_int_equal(insns->at[insns->n - 1].code, BPF_JMP | BPF_EXIT);
		for (size_t i = 0; i < insns->n; i++) {
			const struct bpf_insn *insn = &insns->at[i];

			if (BPF_CLASS(insn->code) != BPF_JMP || BPF_OP(insn->code) >= BPF_CALL)
				continue;
			assert_true(insn->off >= 0);
			assert_true(i + 1 + (size_t)insn->off < insns->n);
		}
	}
	free(insns);
}

/* Fields that the kernel lets be read are: calls are left for what is no field. */
static void fields_are_read_without_a_call(void **state)
{
	struct layout layout = layout_of(4);
	struct insns *insns = calloc(1, sizeof(*insns));
	size_t n[2];

	(void)state;
	assert_non_null(insns);
	for (int is_direct = 0; is_direct < 2; is_direct++) {
		layout.is_direct = is_direct;
		assert_int_equal(program_trace(PROGRAM_FLOW, LAYOUT_SENT, &layout, &maps, insns),
				 0);
		n[is_direct] = 0;
		for (size_t i = 0; i < insns->n; i++)
			n[is_direct] += insns->at[i].code == (BPF_JMP | BPF_CALL);
	}
	/* Two pointers to the namespace and its number, with two more by the socket; where the
	 * header is, how long the packet, and the number of the link. */
	assert_int_equal(n[0] - n[1], 8);
	free(insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_argument_is_read_that_there_is_not),
		cmocka_unit_test(whoever_is_reported_was_looked_up),
		cmocka_unit_test(fields_are_read_without_a_call),
		cmocka_unit_test(programs_end_and_stay_within_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
