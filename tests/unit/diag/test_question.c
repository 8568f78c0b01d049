// SPDX-License-Identifier: GPL-2.0-or-later
// test_question.c - A and B as a person writes them, and who that is
#include "diag/question.h"

#include "diag/belief.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_form_of_b_is_taken_apart(void **state)
{
	static const struct {
		const char *written, *text;
		enum diag_kind kind;
		uint16_t port;
		uint8_t protocol;
	} cases[] = {
		{ "db", "db", DIAG_OF_CONTAINER, 0, 0 },
		{ "db:5432", "db", DIAG_OF_CONTAINER, 5432, IPPROTO_TCP },
		{ "db:5432/tcp", "db", DIAG_OF_CONTAINER, 5432, IPPROTO_TCP },
		{ "db:53/udp", "db", DIAG_OF_CONTAINER, 53, IPPROTO_UDP },
		{ "db/icmp", "db", DIAG_OF_CONTAINER, 0, IPPROTO_ICMP },
		{ "db:/icmp", "db", DIAG_OF_CONTAINER, 0, IPPROTO_ICMP },
		{ "[fd00::3]:/icmp", "fd00::3", DIAG_OF_ADDRESS, 0, IPPROTO_ICMP },
		{ "netns:/run/netns/x:/icmp", "netns:/run/netns/x", DIAG_OF_NETNS, 0,
		  IPPROTO_ICMP },
		{ "10.61.0.3:80", "10.61.0.3", DIAG_OF_ADDRESS, 80, IPPROTO_TCP },
		{ "fd00::3", "fd00::3", DIAG_OF_ADDRESS, 0, 0 },
		{ "fd00::3/icmp", "fd00::3", DIAG_OF_ADDRESS, 0, IPPROTO_ICMP },
		{ "[fd00::3]:80", "fd00::3", DIAG_OF_ADDRESS, 80, IPPROTO_TCP },
		{ "[fd00::3]", "fd00::3", DIAG_OF_ADDRESS, 0, 0 },
		{ "host:80", "host", DIAG_OF_HOST, 80, IPPROTO_TCP },
		{ "outside:192.0.2.1:443", "outside:192.0.2.1", DIAG_OF_OUTSIDE, 443, IPPROTO_TCP },
		{ "outside:[2001:db8::1]:53/udp", "outside:2001:db8::1", DIAG_OF_OUTSIDE, 53,
		  IPPROTO_UDP },
		{ "pid:12:80", "pid:12", DIAG_OF_PROCESS, 80, IPPROTO_TCP },
		{ "pid:12", "pid:12", DIAG_OF_PROCESS, 0, 0 },
		{ "netns:/run/netns/x:80/udp", "netns:/run/netns/x", DIAG_OF_NETNS, 80,
		  IPPROTO_UDP },
		{ "netns:/run/netns/udp", "netns:/run/netns/udp", DIAG_OF_NETNS, 0, 0 },
		{ "netns:/run/a:b/c", "netns:/run/a:b/c", DIAG_OF_NETNS, 0, 0 },
		{ "example.com:443", "example.com", DIAG_OF_CONTAINER, 443, IPPROTO_TCP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question question;
		struct error error = { 0 };

		if (question_parse("web", cases[i].written, &question, &error) < 0)
			fail_msg("%s: %s", cases[i].written, error.text);
		assert_string_equal(question.to.text, cases[i].text);
		assert_int_equal(question.to.kind, cases[i].kind);
		assert_int_equal(question.to.port, cases[i].port);
		assert_int_equal(question.to.protocol, cases[i].protocol);
	}
}

static void what_makes_no_sense_is_one_sentence(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} cases[] = {
		{ "web", "db:0", "ports are numbers from 1 to 65535" },
		{ "web", "db:65536", "'db:65536' asks for port '65536'" },
		{ "web", "db:", "asks for port ''" },
		{ "web", "db:http", "asks for port 'http'" },
		{ "web", "db:80/sctp", "protocol 'sctp'" },
		{ "web", "db/udp", "without a port" },
		{ "web", "db:80/icmp", "ICMP, which has none" },
		{ "web", "", "B is empty" },
		{ "", "db", "A is empty" },
		{ "web", ":80", "B is empty" },
		{ "web", "pid:x", "no process id" },
		{ "web", "pid:99999999999", "no process id" },
		{ "web", "netns:x", "begins with a slash" },
		{ "web", "outside:db", "'db' is no IPv4 or IPv6 address" },
		{ "web", "a b", "is none of" },
		{ "web:80", "db", "only B has one" },
		{ "we\nb", "db", "A has characters" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question question;
		struct error error = { 0 };

		assert_int_equal(question_parse(cases[i].from, cases[i].to, &question, &error),
				 -EINVAL);
		if (!strstr(error.text, cases[i].says) || strchr(error.text, '\n'))
			fail_msg("%s %s: %s", cases[i].from, cases[i].to, error.text);
	}
}

static struct facts a_host(void)
{
	static const char text[] =
		"{\"Networks\":[{\"Id\":\"n\",\"Name\":\"blue\",\"Bridge\":\"br\",\"Subnets\":["
		"{\"Subnet\":\"10.61.0.0/"
		"24\"}],\"Services\":[{\"Name\":\"shop\",\"Ip\":\"10.61.0.200\"},"
		"{\"Name\":\"db\",\"Ip\":\"10.61.0.201\"},{\"Name\":\"six\",\"Ip6\":\"fd00::9\"}]}]"
		",\"Containers\":["
		"{\"Id\":\"aaaa1111\",\"Name\":\"web\",\"NetnsInode\":5,\"Endpoints\":["
		"{\"Network\":\"n\",\"Ip\":\"10.61.0.2\",\"Names\":[\"web\",\"www\"]}]},"
		"{\"Id\":\"aaaa2222\",\"Name\":\"db\",\"Endpoints\":["
		"{\"Network\":\"n\",\"Ip\":\"10.61.0.3\",\"Names\":[\"db\"]}]},"
		"{\"Id\":\"\",\"Name\":\"pid:12\",\"NetnsInode\":9}]}";
	struct facts facts = { 0 };

	assert_int_equal(belief_read(text, strlen(text), &facts, NULL), 0);
	return facts;
}

static int resolve(const struct facts *facts, const char *from, const char *to,
		   struct diag_verdict *verdict, struct error *error)
{
	struct question question;

	assert_int_equal(question_parse(from, to, &question, error), 0);
	return question_resolve(&question, facts, verdict, error);
}

static void a_service_is_found_where_no_container_is_called_so(void **state)
{
	static const char *const refs[][2] = {
		{ "shop", "10.61.0.200" },
		{ "SHOP.blue", "10.61.0.200" },
		{ "six", "fd00::9" },
		{ "shop.red", "" },
		{ "sho", "" },
		{ "shops", "" },
		{ "db", "" }, /* the container */
	};
	struct facts facts = a_host();
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		struct diag_verdict *verdict = calloc(1, sizeof(*verdict));

		assert_non_null(verdict);
		assert_int_equal(resolve(&facts, "web", refs[i][0], verdict, NULL), 0);
		assert_string_equal(verdict->to.name, refs[i][0]);
		assert_string_equal(ADDR_STR(&verdict->to.addr), refs[i][1]);
		if (refs[i][1][0])
			assert_int_equal(verdict->to.kind, DIAG_OF_ADDRESS);
		verdict_done(verdict);
		/* A service sends nothing. */
		*verdict = (struct diag_verdict) { 0 };
		if (refs[i][1][0])
			assert_int_equal(resolve(&facts, refs[i][0], "db", verdict, &error),
					 -ENOENT);
		verdict_done(verdict);
		free(verdict);
	}
	belief_done(&facts);
}

static void a_container_is_found_by_whatever_it_is_called(void **state)
{
	static const char *const refs[] = { "web", "aaaa1111", "aaaa1", "www", "WWW", "10.61.0.2" };
	struct facts facts = a_host();

	(void)state;
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		struct diag_verdict *verdict = calloc(1, sizeof(*verdict));

		assert_non_null(verdict);
		assert_int_equal(resolve(&facts, "db", refs[i], verdict, NULL), 0);
		assert_int_equal(verdict->to.kind, DIAG_OF_CONTAINER);
		assert_string_equal(verdict->to.name, "web");
		assert_string_equal(verdict->to.space, "aaaa1111");
		assert_int_equal(verdict->to.netns, 5);
		/* An address that was written is the one that is asked about. */
		assert_int_equal(addr_is_set(&verdict->to.addr), i == 5);
		verdict_done(verdict);
		free(verdict);
	}
	belief_done(&facts);
}

static void nobody_and_too_many_are_told_apart(void **state)
{
	struct diag_verdict *verdict = calloc(1, sizeof(*verdict));
	struct facts facts = a_host();
	struct error error = { 0 };

	(void)state;
	assert_non_null(verdict);
	assert_int_equal(resolve(&facts, "web", "example.com:443", verdict, &error), 0);
	assert_int_equal(verdict->to.kind, DIAG_NOBODY);
	assert_string_equal(verdict->to.name, "example.com");
	verdict_done(verdict);
	assert_int_equal(resolve(&facts, "nobody", "db", verdict, &error), -ENOENT);
	assert_non_null(strstr(error.text, "nobody"));
	verdict_done(verdict);
	assert_int_equal(resolve(&facts, "web", "aaaa", verdict, &error), -EINVAL);
	assert_non_null(strstr(error.text, "2 containers"));
	verdict_done(verdict);
	free(verdict);
	belief_done(&facts);
}

static void hosts_addresses_and_processes_are_known(void **state)
{
	struct diag_verdict *verdict = calloc(1, sizeof(*verdict));
	struct facts facts = a_host();
	struct facts_space *host = facts_add_space(&facts, "host");

	(void)state;
	assert_non_null(verdict);
	assert_non_null(host);
	host->addrs = calloc(1, sizeof(*host->addrs));
	host->n_addrs = 1;
	assert_int_equal(prefix_parse("192.0.2.9/24", &host->addrs[0].prefix), 0);
	assert_int_equal(resolve(&facts, "host", "192.0.2.9:80", verdict, NULL), 0);
	assert_int_equal(verdict->from.kind, DIAG_OF_HOST);
	assert_string_equal(verdict->from.space, "host");
	assert_int_equal(verdict->to.kind, DIAG_OF_HOST);
	assert_true(addr_is_set(&verdict->to.addr));
	verdict_done(verdict);
	assert_int_equal(resolve(&facts, "pid:12", "192.0.2.77", verdict, NULL), 0);
	assert_int_equal(verdict->from.kind, DIAG_OF_PROCESS);
	assert_int_equal(verdict->from.netns, 9);
	assert_int_equal(verdict->to.kind, DIAG_OF_ADDRESS);
	verdict_done(verdict);
	free(verdict);
	facts_done(&facts);
}

static void all_listeners_are_asked_for_without_a_port(void **state)
{
	static const struct {
		const char *to;
		bool is_good;
	} cases[] = {
		{ "db", true },	       { "host", true },
		{ "10.61.0.3", true }, { "pid:12", true },
		{ "db:80", false },    { "db:53/udp", false },
		{ "db/icmp", false },  { "outside:192.0.2.1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question question;
		struct error error = { 0 };

		assert_int_equal(question_parse("web", cases[i].to, &question, NULL), 0);
		assert_int_equal(question_check_all(&question, &error) == 0, cases[i].is_good);
		assert_int_equal(error.text[0] == '\0', cases[i].is_good);
	}
}

static void a_list_is_taken_one_by_one(void **state)
{
	static const char *const bad[] = { "", ",web", "web,", "web,,db", "web:80" };
	const char *list = "web,outside:192.0.2.1,host";
	struct question_end end;

	(void)state;
	assert_int_equal(question_take(&list, &end, NULL), 0);
	assert_string_equal(end.text, "web");
	assert_int_equal(question_take(&list, &end, NULL), 0);
	assert_int_equal(end.kind, DIAG_OF_OUTSIDE);
	assert_int_equal(question_take(&list, &end, NULL), 0);
	assert_int_equal(end.kind, DIAG_OF_HOST);
	assert_string_equal(list, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int err;

		list = bad[i];
		do
			err = question_take(&list, &end, NULL);
		while (err == 0 && *list);
		assert_true(err < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_b_is_taken_apart),
		cmocka_unit_test(what_makes_no_sense_is_one_sentence),
		cmocka_unit_test(a_service_is_found_where_no_container_is_called_so),
		cmocka_unit_test(a_container_is_found_by_whatever_it_is_called),
		cmocka_unit_test(nobody_and_too_many_are_told_apart),
		cmocka_unit_test(hosts_addresses_and_processes_are_known),
		cmocka_unit_test(all_listeners_are_asked_for_without_a_port),
		cmocka_unit_test(a_list_is_taken_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
