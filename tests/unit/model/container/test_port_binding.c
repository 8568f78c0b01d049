// SPDX-License-Identifier: GPL-2.0-or-later
// test_port_binding.c - the syntax of -p and of PortBindings
#include "model/container/port_binding.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "model/container/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "ADDR HOST-END CONTAINER/PROTO", as a line. */
static void print_binding(const struct port_binding *binding, char *text, size_t size)
{
	(void)snprintf(text, size, "[%s] %u-%u %u/%s", ADDR_STR(&binding->host_addr),
		       binding->host_port, binding->host_port_end, binding->container_port,
		       port_protocol_name(binding->protocol));
}

static int parse(const char *text, struct port_binding **bindings, size_t *n, struct error *error)
{
	_cleanup_free_ char *exact = strdup(text);

	return port_binding_parse(exact, bindings, n, error);
}

static void each_form_of_p_is_understood(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "80", "[] 0-0 80/tcp" },
		{ "80/udp", "[] 0-0 80/udp" },
		{ "80/SCTP", "[] 0-0 80/sctp" },
		{ "8080:80", "[] 8080-8080 80/tcp" },
		{ "0:80", "[] 0-0 80/tcp" },
		{ ":80", "[] 0-0 80/tcp" },
		{ "65535:65535", "[] 65535-65535 65535/tcp" },
		{ "1:1", "[] 1-1 1/tcp" },
		{ "8000-8010:80", "[] 8000-8010 80/tcp" },
		{ "8000-8000:80", "[] 8000-8000 80/tcp" },
		{ "127.0.0.1:8080:80/tcp", "[127.0.0.1] 8080-8080 80/tcp" },
		{ "0.0.0.0:8080:80", "[0.0.0.0] 8080-8080 80/tcp" },
		{ "127.0.0.1::80", "[127.0.0.1] 0-0 80/tcp" },
		{ "127.0.0.1:80", "[127.0.0.1] 0-0 80/tcp" },
		{ "[::1]:8080:80/udp", "[::1] 8080-8080 80/udp" },
		{ "[::1]::80", "[::1] 0-0 80/tcp" },
		{ "[::1]:80", "[::1] 0-0 80/tcp" },
		{ "[::]:8000-8001:80", "[::] 8000-8001 80/tcp" },
		{ "127.0.0.1:8000-8010:80", "[127.0.0.1] 8000-8010 80/tcp" },
		{ "::80", "[] 0-0 80/tcp" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct port_binding *bindings = NULL;
		struct error error = { 0 };
		char text[128];
		size_t n = 0;

		if (parse(cases[i].text, &bindings, &n, &error) < 0)
			fail_msg("%s", error.text);
		assert_int_equal(n, 1);
		print_binding(bindings, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
	}
}

static void ranges_of_one_length_go_together(void **state)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	size_t n = 0;
	char text[128];

	(void)state;
	assert_int_equal(port_binding_parse("10.0.0.1:8000-8002:80-82/udp", &bindings, &n, NULL),
			 0);
	assert_int_equal(n, 3);
	print_binding(&bindings[0], text, sizeof(text));
	assert_string_equal(text, "[10.0.0.1] 8000-8000 80/udp");
	print_binding(&bindings[2], text, sizeof(text));
	assert_string_equal(text, "[10.0.0.1] 8002-8002 82/udp");
	/* appended, each with a port of its own choice */
	assert_int_equal(port_binding_parse("90-91", &bindings, &n, NULL), 0);
	assert_int_equal(n, 5);
	print_binding(&bindings[4], text, sizeof(text));
	assert_string_equal(text, "[] 0-0 91/tcp");
}

static void what_is_wrong_with_p_is_said(void **state)
{
	static const char *const cases[][2] = {
		{ "", "container port \"\" is neither a number nor a range" },
		{ "http", "container port \"http\" is neither a number nor a range" },
		{ "80x", "container port \"80x\" is neither a number nor a range" },
		{ "-80", "container port \"-80\" is neither a number nor a range" },
		{ "80-", "container port \"80-\" is neither a number nor a range" },
		{ "80-81-82", "container port \"80-81-82\" is neither a number nor a range" },
		{ "80:", "container port \"\" is neither a number nor a range" },
		{ " 80", "container port \" 80\" is neither a number nor a range" },
		{ "0", "container port 0 does not exist" },
		{ "0-5", "container port range \"0-5\" starts at 0" },
		{ "65536", "container port \"65536\" is over 65535" },
		{ "1-65536", "container port \"1-65536\" is over 65535" },
		{ "4294967376", "container port \"4294967376\" is over 65535" },
		{ "82-80", "container port range \"82-80\" ends before it starts" },
		{ "80/icmp", "protocol \"icmp\" is none of tcp, udp, sctp" },
		{ "80/", "protocol \"\" is none of tcp, udp, sctp" },
		{ "80/tcp/udp", "container port \"80/tcp\" is neither a number nor a range" },
		{ "8000-8002:80-81", "3 host ports cannot lead to 2 container ports" },
		{ "8000:80-81", "1 host ports cannot lead to 2 container ports" },
		{ "x:80", "host port \"x\" is neither a number nor a range" },
		{ "65536:80", "host port \"65536\" is over 65535" },
		{ "0-9:80", "host port range \"0-9\" starts at 0" },
		{ "1.2.3:80:80", "\"1.2.3\" is not an IP address" },
		{ "localhost:80:80", "\"localhost\" is not an IP address" },
		{ "224.0.0.1:80:80", "the multicast address 224.0.0.1 cannot be listened on" },
		{ "::1:80:80", "too many parts (an IPv6 address is written in brackets)" },
		{ "1.1.1.1:1.1.1.1:80:80",
		  "too many parts (an IPv6 address is written in brackets)" },
		{ "[::1]:1.1.1.1:80:80",
		  "too many parts (an IPv6 address is written in brackets)" },
		{ "[::1]", "\"]:\" must follow the address that \"[\" opens" },
		{ "[::1", "\"]:\" must follow the address that \"[\" opens" },
		{ "[::1]80", "\"]:\" must follow the address that \"[\" opens" },
		{ "[1.2.3.4]:80:80", "only an IPv6 address is written in brackets" },
		{ "[]:80:80", "only an IPv6 address is written in brackets" },
		{ "[::g]:80:80", "\"::g\" is not an IP address" },
		{ "[fe80::1%eth0]:80:80", "\"fe80::1%eth0\" is not an IP address" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct port_binding *bindings = NULL;
		struct error error = { 0 };
		char want[256];
		size_t n = 0;

		assert_int_equal(parse(cases[i][0], &bindings, &n, &error), -EINVAL);
		(void)snprintf(want, sizeof(want), "invalid port \"%s\": %s", cases[i][0],
			       cases[i][1]);
		assert_string_equal(error.text, want);
		assert_int_equal(n, 0);
	}
}

static void no_more_ports_than_the_limit_are_published(void **state)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	struct error error = { 0 };
	size_t n = 0;

	(void)state;
	assert_int_equal(port_binding_parse("1-16384:1-16384", &bindings, &n, &error), 0);
	assert_int_equal(n, PORTS_PER_CONTAINER_MAX);
	assert_int_equal(port_binding_parse("1", &bindings, &n, &error), -EINVAL);
	assert_string_equal(error.text, "invalid port \"1\": more than 16384 ports are published");
	assert_int_equal(n, PORTS_PER_CONTAINER_MAX);
	n = 0;
	assert_int_equal(port_binding_parse("1-16385", &bindings, &n, &error), -EINVAL);
	assert_int_equal(n, 0);
}

/* --- PortBindings --- */

static int from_text(const char *text, struct port_binding **bindings, size_t *n,
		     struct error *error)
{
	json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);
	int err;

	assert_non_null(object);
	err = port_binding_from_json(object, bindings, n, error);
	json_decref(object);
	return err;
}

static void port_bindings_are_read(void **state)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	static const char *const want[] = {
		"[] 8080-8080 80/tcp", "[127.0.0.1] 8081-8081 80/tcp", "[::1] 0-0 53/udp",
		"[] 0-0 90/tcp",       "[] 9000-9010 91/sctp",	       "[] 0-0 92/tcp",
		"[] 7000-7000 70/tcp", "[] 7001-7001 71/tcp",
	};
	struct error error = { 0 };
	char text[128];
	size_t n = 0;

	(void)state;
	if (from_text("{\"80/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"8080\"},"
		      "              {\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8081\"}],"
		      " \"53/udp\": [{\"HostIp\": \"::1\", \"HostPort\": \"0\"}],"
		      " \"90\": [{}], \"91/sctp\": [{\"HostPort\": \"9000-9010\"}],"
		      " \"92/tcp\": [{\"HostIp\": null, \"HostPort\": null}],"
		      " \"93/tcp\": null, \"94/tcp\": [],"
		      " \"70-71/tcp\": [{\"HostPort\": \"7000-7001\"}]}",
		      &bindings, &n, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(n, ARRAY_SIZE(want));
	for (size_t i = 0; i < n; i++) {
		print_binding(&bindings[i], text, sizeof(text));
		assert_string_equal(text, want[i]);
	}
}

static void a_port_may_be_held_by_who_asks(void **state)
{
	struct port_binding *bindings = NULL;
	size_t n = 0;
	struct error error = { 0 };

	(void)state;
	if (from_text("{\"80/tcp\": [{\"HostPort\": \"8080\", \"Reserved\": true},"
		      "              {\"HostPort\": \"8081\", \"Reserved\": false},"
		      "              {\"HostPort\": \"8082\", \"Reserved\": null}]}",
		      &bindings, &n, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(n, 3);
	assert_true(bindings[0].reserved);
	assert_false(bindings[1].reserved);
	assert_false(bindings[2].reserved);
	free(bindings);
}

static void no_port_bindings_are_fine(void **state)
{
	struct port_binding *bindings = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(port_binding_from_json(NULL, &bindings, &n, NULL), 0);
	assert_int_equal(from_text("null", &bindings, &n, NULL), 0);
	assert_int_equal(from_text("{}", &bindings, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_null(bindings);
}

static void a_bad_port_binding_is_refused_whole(void **state)
{
	static const char *const cases[][2] = {
		{ "[]", "PortBindings must be an object" },
		{ "{\"80/tcp\": {}}", "invalid port \"80/tcp\": its value must be an array" },
		{ "{\"80/tcp\": [\"8080\"]}",
		  "invalid port \"80/tcp\": an entry must be an object" },
		{ "{\"80/tcp\": [null]}", "invalid port \"80/tcp\": an entry must be an object" },
		{ "{\"80/tcp\": [{\"HostPort\": 8080}]}",
		  "invalid port \"80/tcp\": HostPort must be a string" },
		{ "{\"80/tcp\": [{\"HostPort\": \"8080\", \"Reserved\": 1}]}",
		  "invalid port \"80/tcp\": Reserved must be a boolean" },
		{ "{\"80/tcp\": [{\"HostPort\": \"80-81\", \"Reserved\": true}]}",
		  "invalid port \"80/tcp\": what is reserved is one host port, so HostPort must be "
		  "one" },
		{ "{\"80/tcp\": [{\"Reserved\": true}]}",
		  "invalid port \"80/tcp\": what is reserved is one host port, so HostPort must be "
		  "one" },
		{ "{\"80/tcp\": [{\"HostIp\": 1}]}",
		  "invalid port \"80/tcp\": HostIp must be a string" },
		{ "{\"80/tcp\": [{\"HostIp\": \"[::1]\"}]}",
		  "invalid port \"80/tcp\": \"[::1]\" is not an IP address" },
		{ "{\"80/x\": []}",
		  "invalid port \"80/x\": protocol \"x\" is none of tcp, udp, sctp" },
		{ "{\"0/tcp\": []}", "invalid port \"0/tcp\": container port 0 does not exist" },
		{ "{\"80\": [{\"HostPort\": \"1\"}], \"81\": [{\"HostPort\": \"x\"}]}",
		  "invalid port \"81\": host port \"x\" is neither a number nor a range" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct port_binding *bindings = NULL;
		struct error error = { 0 };
		size_t n = 0;

		assert_int_equal(from_text(cases[i][0], &bindings, &n, &error), -EINVAL);
		assert_string_equal(error.text, cases[i][1]);
		assert_int_equal(n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_p_is_understood),
		cmocka_unit_test(ranges_of_one_length_go_together),
		cmocka_unit_test(what_is_wrong_with_p_is_said),
		cmocka_unit_test(no_more_ports_than_the_limit_are_published),
		cmocka_unit_test(port_bindings_are_read),
		cmocka_unit_test(a_port_may_be_held_by_who_asks),
		cmocka_unit_test(no_port_bindings_are_fine),
		cmocka_unit_test(a_bad_port_binding_is_refused_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
