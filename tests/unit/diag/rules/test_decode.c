// SPDX-License-Identifier: GPL-2.0-or-later
// test_decode.c - what is understood of a dump, and that the rest is never taken for nothing
#include "dump.h"

#include "base/cleanup.h"
#include "diag/rules/decode_expr.h"
#include "tests/each_allocation.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
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

/* Each expression as it is understood, or known by name; the last one is what the test adds to. */
static const struct {
	const char *name;
	struct attr attrs[6];
} understood[] = {
	{ "meta", { U32(NFTA_META_KEY, NFT_META_MARK), U32(NFTA_META_DREG, 1) } },
	{ "payload",
	  { U32(NFTA_PAYLOAD_DREG, 1), U32(NFTA_PAYLOAD_BASE, 1), U32(NFTA_PAYLOAD_OFFSET, 12),
	    U32(NFTA_PAYLOAD_LEN, 4) } },
	{ "ct", { U32(NFTA_CT_KEY, NFT_CT_STATE), U32(NFTA_CT_DREG, 1) } },
	{ "exthdr",
	  { U32(NFTA_EXTHDR_DREG, 1), U8(NFTA_EXTHDR_TYPE, 44), U32(NFTA_EXTHDR_FLAGS, 1),
	    U32(NFTA_EXTHDR_LEN, 1) } },
	{ "fib",
	  { U32(NFTA_FIB_DREG, 1), U32(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE),
	    U32(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR) } },
	{ "rt", { U32(NFTA_RT_DREG, 1), U32(NFTA_RT_KEY, NFT_RT_CLASSID) } },
	{ "bitwise",
	  { U32(NFTA_BITWISE_SREG, 1), U32(NFTA_BITWISE_DREG, 1), U32(NFTA_BITWISE_LEN, 4),
	    VALUE(NFTA_BITWISE_MASK, "\0\0\0\0"), VALUE(NFTA_BITWISE_XOR, "\0\0\0\0") } },
	{ "byteorder",
	  { U32(NFTA_BYTEORDER_SREG, 1), U32(NFTA_BYTEORDER_DREG, 1), U32(NFTA_BYTEORDER_OP, 0),
	    U32(NFTA_BYTEORDER_LEN, 2), U32(NFTA_BYTEORDER_SIZE, 2) } },
	{ "cmp",
	  { U32(NFTA_CMP_SREG, 1), U32(NFTA_CMP_OP, NFT_CMP_NEQ), VALUE(NFTA_CMP_DATA, "\1") } },
	{ "range",
	  { U32(NFTA_RANGE_SREG, 1), U32(NFTA_RANGE_OP, NFT_RANGE_NEQ),
	    VALUE(NFTA_RANGE_FROM_DATA, "\1"), VALUE(NFTA_RANGE_TO_DATA, "\2") } },
	{ "lookup", { TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, 1) } },
	{ "match", { TEXT(1, "comment"), U32(2, 0), RAW(3, "x", 1) } },
	{ "immediate", { U32(NFTA_IMMEDIATE_DREG, 1), VALUE(NFTA_IMMEDIATE_DATA, "\0\0\0\0") } },
	{ "nat",
	  { U32(NFTA_NAT_TYPE, NFT_NAT_SNAT), U32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	    U32(NFTA_NAT_REG_ADDR_MIN, 1) } },
	{ "masq", { U32(NFTA_MASQ_FLAGS, 0) } },
	{ "redir", { U32(NFTA_REDIR_FLAGS, 0) } },
	{ "reject", { U32(NFTA_REJECT_TYPE, NFT_REJECT_TCP_RST) } },
	{ "notrack", { { 0 } } },
	{ "queue", { U8(1, 0) } },
	{ "target", { TEXT(1, "MARK"), U32(2, 2), RAW(3, "\0\0\0\0\0\0\0\0", 8) } },
	{ "counter", { U32(3, 1) } },
	{ "log", { TEXT(2, "p") } },
	{ "last", { U32(1, 1) } },
	{ "dup", { U32(1, 1) } },
	{ "flow_offload", { TEXT(1, "f") } },
	{ "limit", { U32(3, 1) } },
	{ "quota", { U32(2, 0) } },
	{ "connlimit", { U32(1, 5) } },
	{ "dynset", { TEXT(NFTA_DYNSET_SET_NAME, "s") } },
	{ "numgen", { U32(1, 1) } },
	{ "hash", { U32(2, 1) } },
	{ "socket", { U32(2, 1) } },
	{ "osf", { U32(1, 1) } },
	{ "xfrm", { U32(1, 1) } },
	{ "tunnel", { U32(2, 1) } },
	{ "inner", { U32(1, 1) } },
	{ "objref", { U32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER) } },
	{ "tproxy", { U32(1, 1) } },
	{ "synproxy", { U32(1, 1) } },
	{ "fwd", { U32(1, 1) } },
};

/* The doubt that such a rule leaves, or "": it is understood. */
static void doubt_of(const char *name, const struct attr *attrs, char *ret_what, size_t size)
{
	struct rules_packet packet = dump_packet();
	struct dump dump = { 0 };
	struct rules_result result;
	struct rules *rules;

	begin(&dump);
	dump_set(&dump, "s", 0, 4, 0);
	dump_rule(&dump, "f", NULL);
	EXPR(&dump, "immediate", U32(NFTA_IMMEDIATE_DREG, 1),
	     VALUE(NFTA_IMMEDIATE_DATA, "\0\0\0\0"));
	dump_expr(&dump, name, attrs);
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	rules = dump_decode(&dump);
	result = dump_forward(rules, &packet, NULL);
	(void)snprintf(ret_what, size, "%s", result.n_doubts > 0 ? result.doubts[0].what : "");
	/* A doubt about a rule that may drop is one about the verdict. */
	if (result.n_doubts > 0)
		assert_int_equal(result.verdict, RULES_UNKNOWN);
	rules_result_done(&result);
	rules_free(rules);
	dump_done(&dump);
}

static void assert_is_doubted(const char *name, const struct attr *attrs, const char *why)
{
	char what[96], wanted[96];

	(void)snprintf(wanted, sizeof(wanted), "%s: %s", name, why);
	doubt_of(name, attrs, what, sizeof(what));
	/* Of what is unknown as it is the name is enough. */
	if (strcmp(what, wanted) != 0 && strcmp(what, name) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", name, what, wanted);
}

static void each_expression_with_one_attribute_more_is_unknown(void **state)
{
	size_t n = 0;

	(void)state;
	for (; decode_expr_name(n); n++) {
		struct attr attrs[8] = { 0 };
		size_t n_attrs = 0;

		if (n == ARRAY_SIZE(understood) || strcmp(understood[n].name, decode_expr_name(n)))
			fail_msg("%s has no row here", decode_expr_name(n));
		for (; n_attrs < 6 && understood[n].attrs[n_attrs].kind; n_attrs++)
			attrs[n_attrs] = understood[n].attrs[n_attrs];
		attrs[n_attrs] = (struct attr)U32(21, 1);
		assert_is_doubted(decode_expr_name(n), attrs, "attribute 21");
		attrs[n_attrs].type = 301;
		assert_is_doubted(decode_expr_name(n), attrs, "attribute 301");
	}
	assert_int_equal(n, ARRAY_SIZE(understood));
}

/* Of these nothing is read, for they do nothing, or nobody knows what they load. */
static bool is_read(const char *name)
{
	static const char *const names[] = { "counter", "last",	  "dup", "queue", "numgen",
					     "hash",	"socket", "osf", "xfrm",  "tunnel" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return false;
	return true;
}

/* What a number means that is longer or shorter than it was is not known, be it optional or not. */
static void each_number_of_another_length_is_unknown(void **state)
{
	size_t n_tried = 0;

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(understood); n++)
		for (size_t at = 0; at < 6 && understood[n].attrs[at].kind; at++) {
			struct attr attrs[8] = { 0 };

			memcpy(attrs, understood[n].attrs, sizeof(understood[n].attrs));
			if ((attrs[at].kind != 'u' && attrs[at].kind != 'b') ||
			    !is_read(understood[n].name))
				continue;
			attrs[at] = (struct attr)RAW(attrs[at].type, "\0\0\0\0\0\0\0\1", 8);
			assert_is_doubted(understood[n].name, attrs,
					  "values that are not understood");
			n_tried++;
		}
	assert_true(n_tried > 30);
}

static void a_flag_of_tomorrow_makes_a_rule_unknown(void **state)
{
	(void)state;
	RUN("masq", RULES_UNKNOWN, "masq: values that are not understood",
	    U32(NFTA_MASQ_FLAGS, 1 << 20));
	RUN("redir", RULES_UNKNOWN, "redir: values that are not understood",
	    U32(NFTA_REDIR_FLAGS, 1 << 20));
	RUN("nat", RULES_UNKNOWN, "nat: values that are not understood",
	    U32(NFTA_NAT_TYPE, NFT_NAT_SNAT), U32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	    U32(NFTA_NAT_REG_ADDR_MIN, 1), U32(NFTA_NAT_FLAGS, 1 << 20));
	RUN("lookup", RULES_UNKNOWN, "lookup: values that are not understood",
	    TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, 1), U32(NFTA_LOOKUP_FLAGS, 2));
	RUN("objref", RULES_UNKNOWN, "objref: attribute 9",
	    U32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER), U32(9, 1));
}

/* One attribute more in the message that was written last. */
static void add_stranger(struct dump *dump)
{
	const struct nlattr head = { NLA_HDRLEN + 4, 28 };
	uint32_t len;

	buf_append(&dump->buf, &head, sizeof(head));
	buf_append(&dump->buf, "\0\0\0\1", 4);
	len = (uint32_t)(dump->buf.len - dump->message);
	memcpy(dump->buf.data + dump->message, &len, sizeof(len));
}

enum place { NOWHERE, AT_TABLE, AT_BASE, AT_CHAIN, AT_SET, AT_ELEMENT, AT_RULE };

/* A drop behind a jump, unless the set has the source; what is added at that place. */
static enum rules_verdict with_stranger_at(enum place place)
{
	static const uint8_t other[4] = { 10, 9, 9, 9 };
	struct rules_packet packet = dump_packet();
	struct dump dump = { 0 };
	struct rules_result result;
	enum rules_verdict verdict;
	struct rules *rules;

#define HERE(at)                                                                                   \
	if (place == (at))                                                                         \
	add_stranger(&dump)
	dump_table(&dump, NFPROTO_IPV4, "t");
	HERE(AT_TABLE);
	dump_base(&dump, "f", "filter", NF_INET_FORWARD, 0, NF_ACCEPT);
	HERE(AT_BASE);
	dump_chain(&dump, "c");
	HERE(AT_CHAIN);
	dump_set(&dump, "s", 0, 4, 0);
	HERE(AT_SET);
	dump_element(&dump, "s", other, NULL, 4, 0, (struct attr) { 0 });
	HERE(AT_ELEMENT);
	dump_rule(&dump, "f", NULL);
	dump_verdict(&dump, NFT_JUMP, "c");
	dump_end(&dump);
	dump_rule(&dump, "c", NULL);
	EXPR(&dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER), U32(NFTA_PAYLOAD_OFFSET, 12),
	     U32(NFTA_PAYLOAD_LEN, 4));
	EXPR(&dump, "lookup", TEXT(NFTA_LOOKUP_SET, "s"), U32(NFTA_LOOKUP_SREG, 1),
	     U32(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV));
	dump_verdict(&dump, NF_DROP, NULL);
	dump_end(&dump);
	HERE(AT_RULE);
#undef HERE
	rules = dump_decode(&dump);
	result = dump_forward(rules, &packet, NULL);
	verdict = result.verdict;
	rules_result_done(&result);
	rules_free(rules);
	dump_done(&dump);
	return verdict;
}

static void one_attribute_more_anywhere_makes_a_verdict_unknown(void **state)
{
	(void)state;
	assert_int_equal(with_stranger_at(NOWHERE), RULES_DROP);
	for (enum place place = AT_TABLE; place <= AT_RULE; place++)
		if (with_stranger_at(place) != RULES_UNKNOWN)
			fail_msg("place %d: it is ignored", place);
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
		cmocka_unit_test(each_expression_with_one_attribute_more_is_unknown),
		cmocka_unit_test(each_number_of_another_length_is_unknown),
		cmocka_unit_test(a_flag_of_tomorrow_makes_a_rule_unknown),
		cmocka_unit_test(one_attribute_more_anywhere_makes_a_verdict_unknown),
		cmocka_unit_test(a_value_that_makes_no_sense_makes_a_rule_unknown),
		cmocka_unit_test(a_rule_that_is_cut_off_is_unknown),
		cmocka_unit_test(what_is_no_message_of_nftables_is_refused),
		cmocka_unit_test(without_memory_nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
