// SPDX-License-Identifier: GPL-2.0-or-later
// test_lookup_json.c - questions from text, answers to JSON
#include "api/handlers/lookup_json.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void questions_are_made_of_name_and_type(void **state)
{
	static const struct {
		const char *name, *type;
		uint16_t want_type;
		const char *want; /* wire format */
	} cases[] = {
		{ "web", NULL, 1, "\3web" },
		{ "web.", "", 1, "\3web" },
		{ "Web.net", "aaaa", 28, "\3Web\3net" },
		{ "a", "TYPE65", 65, "\1a" },
		{ "a", "https", 65, "\1a" },
		{ "10.1.0.2", NULL, 12,
		  "\1"
		  "2\1"
		  "0\1"
		  "1\2"
		  "10\7in-addr\4arpa" },
		{ "10.1.0.2", "PTR", 12,
		  "\1"
		  "2\1"
		  "0\1"
		  "1\2"
		  "10\7in-addr\4arpa" },
		{ "10.1.0.2", "A", 1,
		  "\2"
		  "10\1"
		  "1\1"
		  "0\1"
		  "2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct lookup_question question;
		struct error error;

		assert_int_equal(
			lookup_json_question(cases[i].name, cases[i].type, &question, &error), 0);
		assert_int_equal(question.type, cases[i].want_type);
		assert_int_equal(question.name.len, strlen(cases[i].want) + 1);
		assert_memory_equal(question.name.wire, cases[i].want, question.name.len);
	}
}

static void an_ipv6_address_is_turned_into_nibbles(void **state)
{
	struct lookup_question question;
	struct error error;

	(void)state;
	assert_int_equal(lookup_json_question("fd00::1", NULL, &question, &error), 0);
	assert_int_equal(question.type, DNS_TYPE_PTR);
	assert_int_equal(question.name.len, 74);
	assert_memory_equal(question.name.wire,
			    "\1"
			    "1\1"
			    "0\1"
			    "0",
			    6);
}

static void bad_questions_are_named(void **state)
{
	static const char *const cases[][3] = {
		{ "a..b", NULL, "a..b is not a domain name" },
		{ "web", "WEIRD", "unknown record type WEIRD" },
		{ "web", "TYPE0", "unknown record type TYPE0" },
		{ "web", "TYPE65536", "unknown record type TYPE65536" },
		{ "web", "TYPE1x", "unknown record type TYPE1x" },
	};
	char long_name[400];
	struct lookup_question question;
	struct error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(lookup_json_question(cases[i][0], cases[i][1], &question, &error),
				 -EINVAL);
		assert_string_equal(error.text, cases[i][2]);
	}
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(lookup_json_question(long_name, NULL, &question, &error), -EINVAL);
}

static void the_query_asks_for_recursion_with_edns(void **state)
{
	struct lookup_question question;
	uint8_t query[DNS_UDP_PLAIN_MAX];
	struct dns_query read;
	struct error error;
	size_t len;

	(void)state;
	assert_int_equal(lookup_json_question("web", "AAAA", &question, &error), 0);
	len = lookup_json_query(&question, query, sizeof(query));
	assert_int_equal(dns_query_read(query, len, &read), 0);
	assert_int_equal(read.type, DNS_TYPE_AAAA);
	assert_int_equal(read.flags, DNS_FLAG_RD);
	assert_true(read.edns);
	assert_int_equal(read.udp_size, DNS_UDP_EDNS_SIZE);
}

static void one_for_the_cache_alone_wants_no_recursion(void **state)
{
	struct lookup_question question;
	uint8_t query[DNS_UDP_PLAIN_MAX];
	struct dns_query read;
	struct error error;

	(void)state;
	assert_int_equal(lookup_json_question("web.test", "A", &question, &error), 0);
	question.cached = true;
	assert_int_equal(
		dns_query_read(query, lookup_json_query(&question, query, sizeof(query)), &read),
		0);
	assert_int_equal(read.flags, 0);
}

/* An answer to web/TYPE with one record of that type and data, its owner a pointer. */
static size_t make_answer(uint16_t type, const void *data, uint16_t len, uint8_t *out)
{
	static const uint8_t head[] = { 0, 1, 0x81, 0x83, 0,   1,   0,	 1, 0,
					0, 0, 0,    3,	  'w', 'e', 'b', 0 };
	const uint8_t middle[] = { (uint8_t)(type >> 8),
				   (uint8_t)type,
				   0,
				   1,
				   0xc0,
				   12,
				   (uint8_t)(type >> 8),
				   (uint8_t)type,
				   0,
				   1,
				   0,
				   0,
				   0,
				   5,
				   (uint8_t)(len >> 8),
				   (uint8_t)len };

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), middle, sizeof(middle));
	if (len > 0)
		memcpy(out + sizeof(head) + sizeof(middle), data, len);
	return sizeof(head) + sizeof(middle) + len;
}

static int encode(uint16_t type, const uint8_t *answer, size_t len, json_t **ret_json)
{
	struct lookup_question question;
	struct error error;
	_cleanup_free_ uint8_t *copy = malloc(len ? len : 1); /* exact, for the sanitizer */

	assert_non_null(copy);
	memcpy(copy, answer, len);
	assert_int_equal(lookup_json_question("web", "A", &question, &error), 0);
	question.type = type;
	return lookup_json_answer(&question, copy, len, ret_json);
}

/* A failure of web/A with an OPT of these options. */
static json_t *failure(const char *options, uint16_t len)
{
	uint8_t answer[64] = { 0, 1, 0x81, 0x82, 0, 1, 0, 0,  0, 0,   0, 1, 3, 'w', 'e', 'b',
			       0, 0, 1,	   0,	 1, 0, 0, 41, 4, 208, 0, 0, 0, 0,   0 };
	json_t *json;

	answer[31] = (uint8_t)len;
	memcpy(answer + 32, options, len);
	assert_int_equal(encode(DNS_TYPE_A, answer, 32U + len, &json), 0);
	return json;
}

static void what_more_an_answer_says_of_its_failure_is_told(void **state)
{
	json_t *json = failure("\0\12\0\1x\0\17\0\2\0\26", 11);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "Status")), "SERVFAIL");
	assert_int_equal(json_integer_value(json_object_get(json, "ExtendedError")), 22);
	json_decref(json);
	/* None, and one that is cut off. */
	json = failure("", 0);
	assert_null(json_object_get(json, "ExtendedError"));
	json_decref(json);
	json = failure("\0\17\0\2\0", 5);
	assert_null(json_object_get(json, "ExtendedError"));
	json_decref(json);
}

static void each_type_has_its_master_file_form(void **state)
{
	static const struct {
		uint16_t type;
		const char *data;
		uint16_t len;
		const char *type_text, *text;
	} cases[] = {
		{ 1, "\12\1\0\2", 4, "A", "10.1.0.2" },
		{ 28, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, "AAAA", "fd00::1" },
		{ 5, "\1a\300\14", 4, "CNAME", "a.web" },
		{ 12, "\0", 1, "PTR", "." },
		{ 2, "\3n.s\0", 5, "NS", "n\\.s" },
		{ 39, "\2\1\\\0", 4, "DNAME", "\\001\\\\" },
		{ 15, "\0\12\300\14", 4, "MX", "10 web" },
		{ 33, "\0\1\0\2\0\120\300\14", 8, "SRV", "1 2 80 web" },
		{ 6, "\300\14\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 23, "SOA",
		  "web . 1 2 3 4 5" },
		{ 16, "\2a\"\1\7", 5, "TXT", "\"a\\\"\" \"\\007\"" },
		{ 16, "\0", 1, "TXT", "\"\"" },
		{ 65, "\0\1\0", 3, "HTTPS", "\\# 3 000100" },
		{ 4711, "", 0, "TYPE4711", "\\# 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t answer[512];
		size_t len = make_answer(cases[i].type, cases[i].data, cases[i].len, answer);
		json_t *json, *record;

		assert_int_equal(encode(cases[i].type, answer, len, &json), 0);
		record = json_array_get(json_object_get(json, "Answers"), 0);
		assert_string_equal(json_string_value(json_object_get(record, "Name")), "web");
		assert_string_equal(json_string_value(json_object_get(record, "Type")),
				    cases[i].type_text);
		assert_string_equal(json_string_value(json_object_get(record, "Data")),
				    cases[i].text);
		assert_int_equal(json_integer_value(json_object_get(record, "TTL")), 5);
		assert_string_equal(json_string_value(json_object_get(json, "Status")), "NXDOMAIN");
		json_decref(json);
	}
}

static void data_shorter_than_its_type_is_malformed(void **state)
{
	static const struct {
		uint16_t type;
		const char *data;
		uint16_t len;
	} cases[] = {
		{ 1, "\12\1\0", 3 }, { 28, "\0\0\0\0", 4 },	{ 5, "\3a", 2 },
		{ 5, "\300\60", 2 }, { 15, "\0\12", 2 },	{ 33, "\0\1\0\2\0", 5 },
		{ 16, "\5ab", 3 },   { 6, "\300\14\0\0\0", 5 }, { 5, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t answer[512];
		size_t len = make_answer(cases[i].type, cases[i].data, cases[i].len, answer);
		json_t *json;

		assert_int_equal(encode(cases[i].type, answer, len, &json), -EBADMSG);
	}
}

static void every_cut_of_an_answer_is_malformed(void **state)
{
	uint8_t answer[512];
	size_t len = make_answer(1, "\12\1\0\2", 4, answer);
	json_t *json;

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(encode(1, answer, cut, &json), -EBADMSG);
}

static void the_answer_to_something_else_is_refused(void **state)
{
	uint8_t answer[512];
	size_t len = make_answer(1, "\12\1\0\2", 4, answer);
	json_t *json;

	(void)state;
	assert_int_equal(encode(28, answer, len, &json), -EBADMSG);
	answer[13] = 'x';
	assert_int_equal(encode(1, answer, len, &json), -EBADMSG);
	answer[13] = 'W'; /* another spelling is the same name */
	assert_int_equal(encode(1, answer, len, &json), 0);
	json_decref(json);
	answer[2] = 0; /* a question */
	assert_int_equal(encode(1, answer, len, &json), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_made_of_name_and_type),
		cmocka_unit_test(an_ipv6_address_is_turned_into_nibbles),
		cmocka_unit_test(bad_questions_are_named),
		cmocka_unit_test(the_query_asks_for_recursion_with_edns),
		cmocka_unit_test(one_for_the_cache_alone_wants_no_recursion),
		cmocka_unit_test(what_more_an_answer_says_of_its_failure_is_told),
		cmocka_unit_test(each_type_has_its_master_file_form),
		cmocka_unit_test(data_shorter_than_its_type_is_malformed),
		cmocka_unit_test(every_cut_of_an_answer_is_malformed),
		cmocka_unit_test(the_answer_to_something_else_is_refused),
	};

	return cmocka_run_group_tests_name("lookup_json", tests, NULL, NULL);
}
