// SPDX-License-Identifier: GPL-2.0-or-later
// test_run.c - rules in their order, jumps and where they come back to
#include "dump.h"

#include <stdio.h>
#include <string.h>

static struct dump dump;
static struct rules *rules;

static int begin(void **state)
{
	(void)state;
	memset(&dump, 0, sizeof(dump));
	dump_table(&dump, NFPROTO_IPV4, "t");
	dump_base(&dump, "f", "filter", NF_INET_FORWARD, 0, NF_ACCEPT);
	dump_chain(&dump, "x");
	dump_chain(&dump, "y");
	return 0;
}

static int end(void **state)
{
	(void)state;
	rules_free(rules);
	dump_done(&dump);
	return 0;
}

static void rule(const char *chain, uint16_t port, int32_t code, const char *to)
{
	dump_rule(&dump, chain, NULL);
	if (port)
		dump_port(&dump, IPPROTO_TCP, port);
	dump_verdict(&dump, code, to);
	dump_end(&dump);
}

/* The handles of the rules that matched, as text. */
static void expect(const char *want, enum rules_verdict verdict)
{
	struct rules_packet packet = dump_packet();
	struct rules_result result;
	char got[100] = "";

	rules = dump_decode(&dump);
	result = dump_forward(rules, &packet, NULL);
	for (size_t i = 0; i < result.n_steps; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%llu ",
			       (unsigned long long)result.steps[i].handle);
	assert_string_equal(got, want);
	assert_int_equal(result.verdict, verdict);
	rules_result_done(&result);
}

static void a_jump_comes_back_behind_itself(void **state)
{
	(void)state;
	rule("f", 80, NFT_JUMP, "x");	  /* 1 */
	rule("f", 81, NF_DROP, NULL);	  /* 2 */
	rule("f", 80, NF_DROP, NULL);	  /* 3 */
	rule("x", 0, NFT_CONTINUE, NULL); /* 4 */
	rule("x", 22, NF_ACCEPT, NULL);	  /* 5 */
	expect("1 4 3 ", RULES_DROP);
}

static void a_goto_does_not_come_back(void **state)
{
	(void)state;
	rule("f", 0, NFT_JUMP, "x"); /* 1 */
	rule("f", 0, NF_DROP, NULL); /* 2 */
	rule("x", 0, NFT_GOTO, "y"); /* 3 */
	rule("x", 0, NF_ACCEPT, NULL);
	rule("y", 0, NFT_CONTINUE, NULL); /* 5 */
	expect("1 3 5 2 ", RULES_DROP);
}

static void return_in_a_base_chain_is_its_policy(void **state)
{
	(void)state;
	rule("f", 0, NFT_RETURN, NULL);
	rule("f", 0, NF_DROP, NULL);
	expect("1 0 ", RULES_ACCEPT);
}

static void return_in_a_chain_goes_back(void **state)
{
	(void)state;
	rule("f", 0, NFT_JUMP, "x");
	rule("f", 0, NF_DROP, NULL);
	rule("x", 0, NFT_RETURN, NULL);
	rule("x", 0, NF_ACCEPT, NULL);
	expect("1 3 2 ", RULES_DROP);
}

static void break_is_as_if_the_rule_did_not_match(void **state)
{
	(void)state;
	rule("f", 0, NFT_BREAK, NULL);
	rule("f", 0, NF_DROP, NULL);
	expect("2 ", RULES_DROP);
}

static void a_jump_to_nowhere_is_not_followed(void **state)
{
	(void)state;
	rule("f", 0, NFT_JUMP, "nowhere");
	expect("1 ", RULES_UNKNOWN);
}

static void a_queue_is_a_programs_to_decide(void **state)
{
	(void)state;
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "queue", RAW(NFTA_QUEUE_NUM, "\0\1", 2));
	dump_end(&dump);
	expect("1 ", RULES_QUEUE);
}

static void numbers_are_computed_and_compared(void **state)
{
	(void)state;
	/* (mark & 0xf0) << 4 == 0x100, byte for byte the other way round */
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "immediate", U32(NFTA_IMMEDIATE_DREG, 2),
	     VALUE(NFTA_IMMEDIATE_DATA, "\x12\0\0\0"));
	EXPR(&dump, "bitwise", U32(1, 2), U32(2, 1), U32(3, 4), VALUE(4, "\xf0\0\0\0"),
	     VALUE(5, "\0\0\0\0"));
	EXPR(&dump, "bitwise", U32(1, 1), U32(2, 1), U32(3, 4), U32(6, NFT_BITWISE_LSHIFT),
	     VALUE(7, "\4\0\0\0"));
	EXPR(&dump, "byteorder", U32(1, 1), U32(2, 1), U32(3, 0), U32(4, 4), U32(5, 4));
	dump_compare(&dump, NFT_CMP_EQ, "\0\0\1\0", 4);
	EXPR(&dump, "range", U32(NFTA_RANGE_SREG, 1), U32(NFTA_RANGE_OP, NFT_RANGE_EQ),
	     VALUE(NFTA_RANGE_FROM_DATA, "\0\0\0\1"), VALUE(NFTA_RANGE_TO_DATA, "\0\0\1\1"));
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	expect("1 ", RULES_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(a_jump_comes_back_behind_itself),
		TEST(a_goto_does_not_come_back),
		TEST(return_in_a_base_chain_is_its_policy),
		TEST(return_in_a_chain_goes_back),
		TEST(break_is_as_if_the_rule_did_not_match),
		TEST(a_jump_to_nowhere_is_not_followed),
		TEST(a_queue_is_a_programs_to_decide),
		TEST(numbers_are_computed_and_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
