// SPDX-License-Identifier: GPL-2.0-or-later
// test_decode.c - what is understood of a dump, and that the rest is never taken for nothing
#include "dump.h"

#include "base/cleanup.h"
#include "tests/each_allocation.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

static void begin(struct dump *dump)
{
	dump_table(dump, NFPROTO_IPV4, "t");
	dump_base(dump, "f", "filter", NF_INET_FORWARD, 0, NF_ACCEPT);
}

/* One rule of one expression and "drop": what becomes of a packet, and why it is not known. */
static void run_one(const char *name, const struct attr *attrs, enum rules_verdict verdict,
		    const char *what)
{
	struct dump dump = { 0 };
	struct rules_packet packet = dump_packet();
	struct rules_result result;
	struct rules *rules;

	begin(&dump);
	dump_rule(&dump, "f", "why");
	dump_expr(&dump, name, attrs);
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	rules = dump_decode(&dump);
	result = dump_forward(rules, &packet, NULL);
	assert_int_equal(result.verdict, verdict);
	if (what) {
		assert_int_equal(result.n_doubts, 1);
		assert_string_equal(result.doubts[0].what, what);
		assert_string_equal(result.doubts[0].comment, "why");
		assert_int_equal(result.doubts[0].handle, 1);
		assert_true(result.doubts[0].decides);
	} else {
		assert_int_equal(result.n_doubts, 0);
	}
	rules_result_done(&result);
	rules_free(rules);
	dump_done(&dump);
}
#define RUN(name, verdict, what, ...)                                                              \
	run_one((name), (const struct attr[]) { __VA_ARGS__, { 0 } }, (verdict), (what))

static void an_expression_that_nobody_knows_is_named(void **state)
{
	(void)state;
	RUN("flux", RULES_UNKNOWN, "flux", U32(1, 1));
	RUN("inner", RULES_UNKNOWN, "inner", U32(1, 1));
	RUN("synproxy", RULES_UNKNOWN, "synproxy", U32(1, 1));
	RUN("limit", RULES_UNKNOWN, "limit", U32(3, 5));
	RUN("quota", RULES_UNKNOWN, "quota", U32(2, 0));
	RUN("connlimit", RULES_UNKNOWN, "connlimit", U32(1, 5));
	RUN("counter", RULES_DROP, NULL, U32(3, 5));
}

static void one_attribute_more_makes_a_rule_unknown(void **state)
{
	(void)state;
	RUN("counter", RULES_UNKNOWN, "counter: attribute 9", U32(9, 1));
	RUN("bitwise", RULES_UNKNOWN, "bitwise: attribute 8", U32(1, 1), U32(2, 1), U32(3, 4),
	    VALUE(4, "\0\0\0\0"), VALUE(5, "\0\0\0\0"), U32(8, 2));
	RUN("meta", RULES_UNKNOWN, "meta: attribute 4", U32(NFTA_META_KEY, NFT_META_MARK),
	    U32(NFTA_META_DREG, 1), U32(4, 1));
	RUN("immediate", RULES_UNKNOWN, "immediate: attribute 40", U32(NFTA_IMMEDIATE_DREG, 1),
	    VALUE(NFTA_IMMEDIATE_DATA, "\0\0\0\0"), U32(40, 0));
	RUN("notrack", RULES_UNKNOWN, "notrack: attribute 1", U32(1, 0));
}

static void a_value_that_makes_no_sense_makes_a_rule_unknown(void **state)
{
	(void)state;
	RUN("cmp", RULES_UNKNOWN, "cmp: values that are not understood", U32(NFTA_CMP_SREG, 1),
	    U32(NFTA_CMP_OP, 77), VALUE(NFTA_CMP_DATA, "\0"));
	RUN("bitwise", RULES_UNKNOWN, "bitwise: values that are not understood", U32(1, 1),
	    U32(2, 1), U32(3, 4), U32(6, 9));
	RUN("payload", RULES_UNKNOWN, "payload: values that are not understood",
	    U32(NFTA_PAYLOAD_DREG, 1), U32(NFTA_PAYLOAD_LEN, 4));
	RUN("lookup", RULES_UNKNOWN, "a set that is not there", U32(NFTA_LOOKUP_SREG, 1),
	    TEXT(NFTA_LOOKUP_SET, "none"));
	RUN("reject", RULES_UNKNOWN, "reject: values that are not understood",
	    U32(NFTA_REJECT_TYPE, 7));
	RUN("nat", RULES_UNKNOWN, "nat: values that are not understood", U32(NFTA_NAT_TYPE, 3));
	RUN("fib", RULES_UNKNOWN, "fib: values that are not understood", U32(NFTA_FIB_DREG, 1));
	RUN("range", RULES_UNKNOWN, "range: values that are not understood",
	    U32(NFTA_RANGE_SREG, 1));
	RUN("byteorder", RULES_UNKNOWN, "byteorder: values that are not understood",
	    U32(NFTA_BYTEORDER_SREG, 1));
	RUN("match", RULES_UNKNOWN, "match: values that are not understood", U32(2, 0));
	RUN("objref", RULES_UNKNOWN, "objref: values that are not understood",
	    U32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_SYNPROXY));
	RUN("objref", RULES_DROP, NULL, U32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER));
}

static void a_rule_that_is_cut_off_is_unknown(void **state)
{
	struct dump dump = { 0 };
	struct rules_packet packet = dump_packet();
	struct rules_result result;
	struct rules *rules;
	uint16_t len = 200; /* more than there is */

	(void)state;
	begin(&dump);
	dump_rule(&dump, "f", NULL);
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	memcpy(dump.buf.data + dump.exprs + NLA_HDRLEN, &len, sizeof(len));
	rules = dump_decode(&dump);
	result = dump_forward(rules, &packet, NULL);
	assert_int_equal(result.verdict, RULES_UNKNOWN);
	assert_string_equal(result.doubts[0].what, "expressions that are cut off");
	rules_result_done(&result);
	rules_free(rules);
	dump_done(&dump);
}

static void what_is_no_message_of_nftables_is_refused(void **state)
{
	struct dump dump = { 0 };
	struct rules *rules;
	uint16_t type = NLMSG_DONE;

	(void)state;
	begin(&dump);
	assert_int_equal(rules_decode(dump.buf.data, dump.buf.len - 1, &rules), -EBADMSG);
	assert_int_equal(rules_decode(dump.buf.data, 7, &rules), -EBADMSG);
	memcpy(dump.buf.data + offsetof(struct nlmsghdr, nlmsg_type), &type, sizeof(type));
	assert_int_equal(rules_decode(dump.buf.data, dump.buf.len, &rules), 0);
	rules_free(rules);
	type = 0x0102;
	memcpy(dump.buf.data + offsetof(struct nlmsghdr, nlmsg_type), &type, sizeof(type));
	assert_int_equal(rules_decode(dump.buf.data, dump.buf.len, &rules), -EBADMSG);
	assert_int_equal(rules_decode("", 0, &rules), 0);
	rules_free(rules);
	rules_free(NULL);
	dump_done(&dump);
}

static struct dump everything;

static int decode_everything(void)
{
	struct rules *rules;
	int err = rules_decode(everything.buf.data, everything.buf.len, &rules);

	if (err == 0)
		rules_free(rules);
	return err;
}

static void without_memory_nothing_is_left_behind(void **state)
{
	(void)state;
	begin(&everything);
	dump_chain(&everything, "other");
	dump_set(&everything, "s", NFT_SET_MAP, 2, 4);
	dump_element(&everything, "s", "\0\x50", NULL, 2, 0,
		     (struct attr)VALUE(NFTA_SET_ELEM_DATA, "\1\2\3\4"));
	dump_rule(&everything, "f", "why");
	dump_port(&everything, 6, 80);
	EXPR(&everything, "flux", U32(1, 1));
	dump_verdict(&everything, NFT_JUMP, "other");
	dump_end(&everything);
	assert_int_equal(decode_everything(), 0);
	fail_each(decode_everything);
	dump_done(&everything);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_that_nobody_knows_is_named),
		cmocka_unit_test(one_attribute_more_makes_a_rule_unknown),
		cmocka_unit_test(a_value_that_makes_no_sense_makes_a_rule_unknown),
		cmocka_unit_test(a_rule_that_is_cut_off_is_unknown),
		cmocka_unit_test(what_is_no_message_of_nftables_is_refused),
		cmocka_unit_test(without_memory_nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
