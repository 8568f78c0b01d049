// SPDX-License-Identifier: GPL-2.0-or-later
// test_host.c - unix:// and ssh:// taken apart
#include "client/host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void same(const char *got, const char *want)
{
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void parts_of_a_host_are_found(void **state)
{
	static const struct {
		const char *text;
		bool ssh;
		const char *path, *user, *name, *port;
	} cases[] = {
		{ "unix:///run/netd/netd.sock", false, "/run/netd/netd.sock", NULL, NULL, NULL },
		{ "ssh://box", true, NULL, NULL, "box", NULL },
		{ "ssh://box/", true, NULL, NULL, "box", NULL },
		{ "ssh://ann@box:2222/run/n d.sock", true, "/run/n d.sock", "ann", "box", "2222" },
		{ "ssh://[fd00::1]:22", true, NULL, NULL, "fd00::1", "22" },
		{ "ssh://ann@[fe80::1%eth0]", true, NULL, "ann", "fe80::1%eth0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client_host host;
		struct error error = { 0 };

		assert_int_equal(client_host_parse(cases[i].text, &host, &error), 0);
		assert_int_equal(host.ssh, cases[i].ssh);
		same(host.text, cases[i].text);
		same(host.path, cases[i].path);
		same(host.user, cases[i].user);
		same(host.name, cases[i].name);
		same(host.port, cases[i].port);
		client_host_done(&host);
	}
}

static void what_is_no_host_is_refused_by_name(void **state)
{
	static const char *const cases[] = {
		"",
		"tcp://box:1",
		"/run/netd/netd.sock",
		"unix://netd.sock",
		"unix://",
		"ssh://",
		"ssh://-oProxyCommand=reboot",
		"ssh://-l@box",
		"ssh://a b",
		"ssh://box;reboot",
		"ssh://box:",
		"ssh://box:0",
		"ssh://box:65536",
		"ssh://box:22x",
		"ssh://[fd00::1",
		"ssh://[fd00::1]x",
		"ssh://@box",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client_host host;
		struct error error = { 0 };

		if (client_host_parse(cases[i], &host, &error) != -EINVAL)
			fail_msg("accepted: %s", cases[i]);
		assert_non_null(strstr(error.text, cases[i]));
	}
}

static void socket_path_has_the_kernels_length_and_no_more(void **state)
{
	char text[7 + 109] = "unix:///";
	struct client_host host;
	struct error error = { 0 };

	(void)state;
	memset(text + 8, 'x', 106);
	assert_int_equal(client_host_parse(text, &host, &error), 0); /* 107 */
	client_host_done(&host);
	text[8 + 106] = 'x';
	assert_int_equal(client_host_parse(text, &host, &error), -EINVAL);
	assert_non_null(strstr(error.text, "107"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_host_are_found),
		cmocka_unit_test(what_is_no_host_is_refused_by_name),
		cmocka_unit_test(socket_path_has_the_kernels_length_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
