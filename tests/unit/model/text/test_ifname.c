// SPDX-License-Identifier: GPL-2.0-or-later
// test_ifname.c - which names an interface may have
#include "model/text/ifname.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void interface_names_are_those_of_the_kernel(void **state)
{
	static const char *const good[] = { "a", "eth0", "br-0123456789ab", "x.100", "@veth", "é" };
	static const char *const bad[] = {
		"",	"0123456789abcdef",
		".",	"..",
		"a/b",	"a:b",
		"a b",	"a\tb",
		"a\nb", "br%d",
		"all",	"default",
		"lo",	"a\x7f",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(ifname_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(ifname_is_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interface_names_are_those_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
