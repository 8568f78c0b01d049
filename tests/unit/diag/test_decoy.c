// SPDX-License-Identifier: GPL-2.0-or-later
// test_decoy.c - drops that mean nothing are told from losses
#include "diag/decoy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void copies_and_ends_are_no_losses(void **state)
{
	(void)state;
	assert_true(decoy_is("OTHERHOST", "ip_rcv_core", -1, false));
	assert_true(decoy_is("", "ip_rcv_core.isra.0", -1, false));
	assert_true(decoy_is("NO_SOCKET", "ping_rcv", 0, false));
	assert_true(decoy_is("NOT_SPECIFIED", "ip6_mc_input", 135, true));
	assert_true(decoy_is("NETFILTER_DROP", "nf_hook_slow", 5, false));
	assert_true(decoy_is("NETFILTER_DROP", "nf_hook_slow", 137, true));
}

static void losses_are_losses(void **state)
{
	(void)state;
	assert_false(decoy_is("NETFILTER_DROP", "nf_hook_slow", -1, false));
	assert_false(decoy_is("NETFILTER_DROP", "nf_hook_slow", 5, true));
	assert_false(decoy_is("NETFILTER_DROP", "nf_hook_slow", 8, false));
	assert_false(decoy_is("NO_SOCKET", "tcp_v4_rcv", -1, false));
	assert_false(decoy_is("IP_INHDR", "ip_rcv_core", -1, false));
	assert_false(decoy_is("", "", -1, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_and_ends_are_no_losses),
		cmocka_unit_test(losses_are_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
