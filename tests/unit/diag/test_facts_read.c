// SPDX-License-Identifier: GPL-2.0-or-later
// test_facts_read.c - a document of facts that is read and written is the same; a wrong one is told
// where
#include "diag/facts_json.h"
#include "facts_sample.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/each_allocation.h"

/* A copy of exactly that size, so that a byte too far is seen. */
static int read_text(const char *text, struct facts *facts, struct error *error)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*facts = (struct facts) { 0 };
	err = facts_read(copy, len, facts, error);
	free(copy);
	return err;
}

static void what_is_written_is_read_and_written_the_same(void **state)
{
	struct facts facts, again;
	struct buf first = { 0 }, second = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(facts_sample(&facts), 0);
	facts_write(&facts, &first);
	assert_int_equal(read_text(first.data, &again, &error), 0);
	facts_write(&again, &second);
	assert_string_equal(first.data, second.data);
	assert_int_equal(again.n_spaces, 2);
	assert_memory_equal(facts.spaces[0]->links, again.spaces[0]->links,
			    sizeof(struct facts_link));
	assert_memory_equal(facts.spaces[0]->ruleset, again.spaces[0]->ruleset, 256);
	buf_done(&first);
	buf_done(&second);
	facts_done(&facts);
	facts_done(&again);
}

static void answers_are_found_by_their_question(void **state)
{
	struct facts facts, again;
	struct buf text = { 0 };
	struct facts_way_asked asked = { .protocol = 6, .dport = 5432 };
	const struct facts_space *host;

	(void)state;
	assert_int_equal(facts_sample(&facts), 0);
	facts_write(&facts, &text);
	assert_int_equal(read_text(text.data, &again, NULL), 0);
	host = facts_space(&again, "host");
	assert_int_equal(addr_parse("10.61.0.3", &asked.dst), 0);
	assert_int_equal(facts_ask_way(&again, host, &asked)->oif, 7);
	asked.dport++;
	assert_int_equal(facts_ask_way(&again, host, &asked)->err, -ENODATA);
	assert_string_equal(
		facts_ask_owner(&again, host, &(struct facts_owner_asked) { 9 })->process,
		"postgres");
	buf_done(&text);
	facts_done(&facts);
	facts_done(&again);
}

static void unknown_keys_are_passed_over(void **state)
{
	struct facts facts;

	(void)state;
	assert_int_equal(
		read_text("{\"Version\":1,\"New\":{},\"Source\":\"elsewhere\",\"Kernel\":null,"
			  "\"Spaces\":[{\"Key\":\"host\",\"Links\":[{\"Color\":1}]}]}",
			  &facts, NULL),
		0);
	assert_null(facts.source);
	assert_int_equal(facts.spaces[0]->n_links, 1);
	facts_done(&facts);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "these are no facts of netctl explain: Version is missing" },
		{ "{}", "these are no facts of netctl explain: Version is missing" },
		{ "[]", "invalid JSON: an object is wanted" },
		{ "{\"Version\":2}", "facts of version 2 are not read: it has to be 1" },
		{ "{\"Version\":1,\"Spaces\":{}}", "Spaces is no list" },
		{ "{\"Version\":1,\"Spaces\":[7]}", "Spaces[0] is no object" },
		{ "{\"Version\":1,\"Spaces\":[{}]}", "Spaces[0] has no key" },
		{ "{\"Version\":1,\"Spaces\":[{\"Key\":\"a\"},{\"Key\":\"a\"}]}",
		  "Spaces[1] has the key of another one" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{},{\"Mtu\":-1}]}]}",
		  "Spaces[0].Links[1].Mtu is no number from 0 to 4294967295" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"Index\":2147483648}]}]}",
		  "Spaces[0].Links[0].Index is no number from -2147483648 to 2147483647" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"Stp\":256}]}]}",
		  "Spaces[0].Links[0].Stp is no number from 0 to 255" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"Name\":\"sixteen.letters.\"}]}]}",
		  "Spaces[0].Links[0].Name has more than 15 bytes" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"Name\":1}]}]}",
		  "Spaces[0].Links[0].Name is no text" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"Xdp\":1}]}]}",
		  "Spaces[0].Links[0].Xdp is neither true nor false" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"Mac\":\"02:42\"}]}]}",
		  "Spaces[0].Links[0].Mac is no MAC address" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"NfCall\":[true]}]}]}",
		  "Spaces[0].Links[0].NfCall is no list of two" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"NfCall\":[true,0]}]}]}",
		  "Spaces[0].Links[0].NfCall[1] is neither true nor false" },
		{ "{\"Version\":1,\"Spaces\":[{\"Links\":[{\"BridgePort\":[]}]}]}",
		  "Spaces[0].Links[0].BridgePort is no object" },
		{ "{\"Version\":1,\"Spaces\":[{\"Neighbours\":[{\"Address\":\"10.0\"}]}]}",
		  "Spaces[0].Neighbours[0].Address is no address" },
		{ "{\"Version\":1,\"Spaces\":[{\"Addresses\":[{\"Address\":\"10.0.0.1\"}]}]}",
		  "Spaces[0].Addresses[0].Address is no subnet" },
		{ "{\"Version\":1,\"Spaces\":[{\"Ruleset\":\"AAA\"}]}",
		  "Spaces[0].Ruleset is no base64" },
		{ "{\"Version\":1,\"Spaces\":[{\"Missing\":[\"a\",1]}]}",
		  "Spaces[0].Missing[1] is no text of a fitting length" },
		{ "{\"Version\":1,\"Networks\":[{\"Bridges\":[\"a\",1]}]}",
		  "Networks[0].Bridges[1] is no text" },
		{ "{\"Version\":1,\"Asked\":[]}", "Asked is no object" },
		{ "{\"Version\":1,\"Asked\":{\"Ways\":{}}}", "Asked.Ways is no list" },
		{ "{\"Version\":1,\"Asked\":{\"Ways\":[{},{}]}}",
		  "Asked.Ways[1] was asked before" },
		{ "{\"Version\":1,\"Asked\":{\"Ways\":[{\"Answer\":{\"Err\":1}}]}}",
		  "Asked.Ways[0].Answer.Err is no number from -4095 to 0" },
		{ "{\"Version\":1,\"Asked\":{\"Elements\":[{\"Key\":\"0\"}]}}",
		  "Asked.Elements[0].Key is no hexadecimal text of a fitting length" },
		{ "{\"Version\":1,\"Asked\":{\"Elements\":[{\"Key\":\"0G\"}]}}",
		  "Asked.Elements[0].Key is no hexadecimal text of a fitting length" },
		{ "{\"Version\":1,\"Asked\":{\"Owners\":[{\"Answer\":{\"State\":\"SS\"}}]}}",
		  "Asked.Owners[0].Answer.State is no letter" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		struct facts facts;

		assert_int_equal(read_text(cases[i].text, &facts, &error), -EINVAL);
		assert_string_equal(error.text, cases[i].why);
		assert_int_equal(facts.n_spaces, 0);
	}
}

static void more_than_is_taken_is_refused(void **state)
{
	struct buf text = { 0 };
	struct error error = { 0 };
	struct facts facts;

	(void)state;
	buf_puts(&text, "{\"Version\":1,\"Spaces\":[0");
	for (int i = 0; i < FACTS_SPACES_MAX; i++)
		buf_puts(&text, ",0");
	buf_puts(&text, "]}");
	assert_int_equal(read_text(text.data, &facts, &error), -E2BIG);
	assert_string_equal(error.text, "Spaces has more than 1024 items");
	buf_done(&text);
}

static struct buf sample; /* written before memory is short */

static int read_sample(void)
{
	struct facts facts = { 0 };
	int err = facts_read(sample.data, sample.len, &facts, NULL);

	facts_done(&facts);
	return err;
}

static void without_memory_nothing_is_read(void **state)
{
	struct facts facts;

	(void)state;
	assert_int_equal(facts_sample(&facts), 0);
	facts_write(&facts, &sample);
	facts_done(&facts);
	fail_each(read_sample);
	buf_done(&sample);
}

/* A host with ten thousand links has ten settings for each. */
static void settings_of_very_many_links_are_read(void **state)
{
	static const char value[] = "{\"Name\":\"net.ipv4.conf.v1.forwarding\",\"Value\":1}";
	struct facts facts = { 0 };
	struct buf text = { 0 };
	struct error error = { 0 };

	(void)state;
	buf_puts(&text, "{\"Version\":1,\"Spaces\":[{\"Key\":\"host\",\"Values\":[");
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "%s%s", i ? "," : "", value);
	buf_puts(&text, "]}]}");
	assert_int_equal(text.err, 0);
	assert_int_equal(facts_read(text.data, text.len, &facts, &error), 0);
	assert_int_equal(facts.spaces[0]->n_values, 100000);
	facts_done(&facts);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_and_written_the_same),
		cmocka_unit_test(settings_of_very_many_links_are_read),
		cmocka_unit_test(answers_are_found_by_their_question),
		cmocka_unit_test(unknown_keys_are_passed_over),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(more_than_is_taken_is_refused),
		cmocka_unit_test(without_memory_nothing_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
