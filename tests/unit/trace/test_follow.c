// SPDX-License-Identifier: GPL-2.0-or-later
// test_follow.c - a packet is the container's by what the maps have, and what NAT hides is noted
// where it comes in
#include "trace/follow.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct program_maps maps = { 11, 12, 13, 14, 15, 16, 17, 18, 19 };
static const struct layout layout = {
	.skb_network_header = 180,
	.n_arguments = { [LAYOUT_DROPPED] = 4,
			 [LAYOUT_RECEIVED] = 1,
			 [LAYOUT_SENT] = 2,
			 [LAYOUT_RESET] = 3,
			 [LAYOUT_ICMP] = 3 },
};

static size_t n_calls(const struct insns *insns, int map_fd, int32_t helper)
{
	size_t n = 0;

	for (size_t i = 0; i < insns->n; i++) {
		if (insns->at[i].code != (BPF_LD | BPF_DW | BPF_IMM) || insns->at[i].imm != map_fd)
			continue;
		/* The map, and then its key and value, stand right before the call. */
		for (size_t k = i + 1; k < insns->n; k++)
			if (insns->at[k].code == (BPF_JMP | BPF_CALL)) {
				n += insns->at[k].imm == helper;
				break;
			}
	}
	return n;
}

static void each_map_is_asked_where_a_packet_is_read(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		size_t n = point == LAYOUT_DROPPED ? 2 : 1; /* one that is dropped, at two places */

		assert_int_equal(program_trace(PROGRAM_FOLLOW, point, &layout, &maps, insns), 0);
		assert_int_equal(n_calls(insns, maps.netns, BPF_FUNC_map_lookup_elem), 1);
		assert_int_equal(n_calls(insns, maps.address, BPF_FUNC_map_lookup_elem), 2 * n);
		assert_int_equal(n_calls(insns, maps.published, BPF_FUNC_map_lookup_elem), 2 * n);
		assert_int_equal(n_calls(insns, maps.seen, BPF_FUNC_map_lookup_elem), n);
		/* In both directions. */
		assert_int_equal(n_calls(insns, maps.tuples, BPF_FUNC_map_update_elem), 2 * n);
		/* Of both ends, and both that an error quotes: in its own namespace, elsewhere,
		 * and where it is published. */
		assert_int_equal(n_calls(insns, maps.peer, BPF_FUNC_map_lookup_elem), 12 * n);
	}
	free(insns);
}

static void only_what_comes_in_is_noted(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	for (enum layout_point point = 0; point < LAYOUT_N_POINTS; point++) {
		assert_int_equal(program_trace(PROGRAM_FOLLOW, point, &layout, &maps, insns), 0);
		assert_int_equal(n_calls(insns, maps.seen, BPF_FUNC_map_update_elem),
				 point == LAYOUT_RECEIVED ? 2 : 0);
	}
	free(insns);
}

static void who_follows_a_connection_has_no_more_maps(void **state)
{
	struct insns *insns = calloc(1, sizeof(*insns));

	(void)state;
	assert_non_null(insns);
	assert_int_equal(program_trace(PROGRAM_FLOW, LAYOUT_SENT, &layout, &maps, insns), 0);
	assert_int_equal(n_calls(insns, maps.published, BPF_FUNC_map_lookup_elem), 0);
	assert_int_equal(n_calls(insns, maps.tuples, BPF_FUNC_map_update_elem), 0);
	free(insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_map_is_asked_where_a_packet_is_read),
		cmocka_unit_test(only_what_comes_in_is_noted),
		cmocka_unit_test(who_follows_a_connection_has_no_more_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
