// SPDX-License-Identifier: GPL-2.0-or-later
// test_facts_write.c - what the document of facts looks like, and what is not in it
#include "diag/facts_json.h"
#include "diag/facts_shape.h"
#include "facts_sample.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "diag/facts_answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(const struct facts *facts, const char *wanted)
{
	struct buf text = { 0 };

	facts_write(facts, &text);
	assert_int_equal(text.err, 0);
	assert_string_equal(text.data, wanted);
	buf_done(&text);
}

static void nothing_known_is_a_version(void **state)
{
	(void)state;
	assert_written(&(struct facts) { 0 }, "{\"Version\":1}\n");
}

static void what_is_zero_is_left_out_and_items_have_lines(void **state)
{
	struct facts facts = { .source = "netd", .generation = UINT64_MAX };
	struct facts_space *host = facts_add_space(&facts, "host");
	struct facts_addr addrs[2] = { { .ifindex = 1 }, { .ifindex = 2, .flags = 128 } };

	(void)state;
	assert_int_equal(prefix_parse("127.0.0.1/8", &addrs[0].prefix), 0);
	host->addrs = addrs;
	host->n_addrs = 2;
	assert_written(&facts, "{\"Version\":1,\"Source\":\"netd\","
			       "\"Generation\":9223372036854775807,\n"
			       " \"Spaces\":[\n"
			       "  {\"Key\":\"host\",\n"
			       "   \"Addresses\":[\n"
			       "    {\"Link\":1,\"Address\":\"127.0.0.1/8\"},\n"
			       "    {\"Link\":2,\"Flags\":128}]}]}\n");
	host->addrs = NULL;
	host->n_addrs = 0;
	facts_done(&facts);
}

static void answers_are_sorted_by_question(void **state)
{
	struct facts facts = { 0 };
	struct facts_answered *owner = calloc(1, sizeof(*owner)), *way = calloc(1, sizeof(*way));

	(void)state;
	*owner = (struct facts_answered) { .kind = FACTS_KIND_OWNER, .owner.asked.inode = 5 };
	*way = (struct facts_answered) { .kind = FACTS_KIND_WAY, .space = "host" };
	way->way.answer = (struct facts_way) { .err = -101, .oif = 3 };
	assert_int_equal(facts_keep(&facts, owner), 0);
	assert_int_equal(facts_keep(&facts, way), 0);
	assert_written(&facts, "{\"Version\":1,\n"
			       " \"Asked\":{\n"
			       "  \"Ways\":[\n"
			       "   {\"Space\":\"host\",\"Answer\":{\"Err\":-101,\"Link\":3}}],\n"
			       "  \"Owners\":[\n"
			       "   {\"Inode\":5}]}}\n");
	facts_done(&facts);
}

/* Names of links and processes are any bytes. */
static void text_that_is_no_utf8_has_question_marks(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "plain", "plain" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc3", "?" },
		{ "\x80z\xff", "?z?" },
		{ "\xc0\xaf", "??" },		/* a slash in two bytes */
		{ "\xe0\x80\xaf", "???" },	/* and in three */
		{ "\xed\xa0\x80", "???" },	/* half a pair */
		{ "\xf4\x90\x80\x80", "????" }, /* beyond the last character */
		{ "\xf8\x88\x80\x80\x80", "?????" },
		{ "a\tb\"c\\d\x7f", "a\\u0009b\\\"c\\\\d\x7f" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts facts = { 0 };
		char wanted[128];

		memcpy(facts.kernel, cases[i].text, strlen(cases[i].text) + 1);
		(void)snprintf(wanted, sizeof(wanted), "{\"Version\":1,\"Kernel\":\"%s\"}\n",
			       cases[i].wanted);
		assert_written(&facts, wanted);
	}
}

static void the_document_is_json(void **state)
{
	struct facts facts;
	struct buf text = { 0 };
	json_t *json;

	(void)state;
	assert_int_equal(facts_sample(&facts), 0);
	facts_write(&facts, &text);
	assert_int_equal(json_parse_record(text.data, text.len, &json, NULL), 0);
	assert_int_equal(json_array_size(json_object_get(json, "Spaces")), 2);
	json_decref(json);
	buf_done(&text);
	facts_done(&facts);
}

/* Members that no key stands for would be lost by a document. What a compiler leaves between two
 * members is smaller than the second. */
static void check_cover(const struct shape *shape, size_t from, size_t to)
{
	bool is_covered[32768] = { false };
	size_t gap = 0;

	assert_true(shape->size <= sizeof(is_covered));
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct shape_field *field = &shape->fields[i];
		bool is_pointer = field->kind == SHAPE_BASE64 || field->kind >= SHAPE_TEXTS;
		size_t size = is_pointer ? sizeof(void *) : field->size * field->count;

		if (field->kind == SHAPE_OBJECT) {
			size = field->shape->size;
			check_cover(field->shape, 0, size);
		} else if (field->kind == SHAPE_LIST || field->kind == SHAPE_POINTERS) {
			/* What was made of a picture is no part of it. */
			if (from == 0)
				check_cover(field->shape, 0,
					    field->shape->size == sizeof(struct facts_space)
						    ? offsetof(struct facts_space, decoded)
						    : field->shape->size);
		}
		memset(is_covered + field->offset, true, size);
		if (field->n_offset)
			memset(is_covered + field->n_offset, true, sizeof(size_t));
	}
	for (size_t i = from; i < to; i++) {
		gap = is_covered[i] ? 0 : gap + 1;
		assert_true(gap < 8);
	}
}

static void every_member_has_a_key(void **state)
{
	(void)state;
	/* source comes before the others, and whom to ask is nobody's to know */
	check_cover(&facts_shape, 0, offsetof(struct facts, source));
	for (enum facts_kind kind = 0; kind < FACTS_N_KINDS; kind++)
		check_cover(&facts_shape_asked[kind], sizeof(struct facts_answered),
			    sizeof(struct facts_answered));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known_is_a_version),
		cmocka_unit_test(what_is_zero_is_left_out_and_items_have_lines),
		cmocka_unit_test(answers_are_sorted_by_question),
		cmocka_unit_test(text_that_is_no_utf8_has_question_marks),
		cmocka_unit_test(the_document_is_json),
		cmocka_unit_test(every_member_has_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
