// SPDX-License-Identifier: GPL-2.0-or-later
// test_endpoint_sysctl.c - settings of one interface out of their list
#include "model/container/endpoint_sysctl.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_list_is_read_one_by_one(void **state)
{
	const char *rest =
		"net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.neigh.IFNAME.app_solicit=3 4";
	char path[ENDPOINT_SYSCTL_PATH_MAX];
	struct endpoint_sysctl sysctl;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(endpoint_sysctl_next(&rest, &sysctl, &error), 1);
	assert_string_equal(endpoint_sysctl_path(&sysctl, "eth0", path),
			    "net/ipv4/conf/eth0/log_martians");
	assert_string_equal(sysctl.value, "1");
	assert_int_equal(endpoint_sysctl_next(&rest, &sysctl, &error), 1);
	assert_string_equal(endpoint_sysctl_path(&sysctl, "fifteen-letters", path),
			    "net/ipv6/neigh/fifteen-letters/app_solicit");
	assert_string_equal(sysctl.value, "3 4");
	assert_int_equal(endpoint_sysctl_next(&rest, &sysctl, &error), 0);
}

static void what_is_no_setting_of_an_interface_is_refused(void **state)
{
	static const char *const bad[] = {
		",",
		"net.ipv4.ip_forward=1",
		"net.ipv4.conf.all.forwarding=1",
		"net.ipv4.conf.eth0.log_martians=1",
		"net.ipv4.conf.IFNAME.log_martians",
		"net.ipv4.conf.IFNAME.log_martians=",
		"net.ipv4.conf.IFNAME.=1",
		"net.ipv4.conf.IFNAME.a/../../b=1",
		"net.ipv4.conf.IFNAME.a.b=1",
		"net.ipv4.conf.IFNAME.a=1\n2",
		"net.ipx.conf.IFNAME.input=1",
		"kernel.shmmax=1",
		"=",
		"net.ipv4.conf.IFNAME.a=1,x",
		"net.ipv4.conf.IFNAME.sixty-four-letters-are-one-more-than-there-is-room-for-in-a-"
		"word-=1",
		"net.ipv4.conf.IFNAME.a=sixty-four-letters-are-one-more-than-there-is-room-for-in-"
		"a-value",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct endpoint_sysctl sysctl;
		struct error error = { 0 };
		const char *rest = bad[i];
		int more;

		while ((more = endpoint_sysctl_next(&rest, &sysctl, &error)) > 0)
			continue;
		if (more == 0)
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(more, -EINVAL);
		assert_non_null(strstr(error.text, "unrecognised network interface sysctl '"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_one_by_one),
		cmocka_unit_test(what_is_no_setting_of_an_interface_is_refused),
	};

	return cmocka_run_group_tests_name("endpoint_sysctl", tests, NULL, NULL);
}
