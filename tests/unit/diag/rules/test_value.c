// SPDX-License-Identifier: GPL-2.0-or-later
// test_value.c - bytes are written as nft(8) writes them
#include "dump.h"

#include "diag/rules/value.h"

static void expect(enum value_kind kind, const char *bytes, size_t len, const char *want)
{
	struct buf buf = { 0 };

	value_print(&buf, kind, (const uint8_t *)bytes, len);
	assert_string_equal(buf.data, want);
	buf_done(&buf);
}

static void each_kind_has_its_way(void **state)
{
	(void)state;
	expect(VALUE_HEX, "\x01\xff", 2, "0x01ff");
	expect(VALUE_NUMBER, "\0\x50", 2, "80");
	expect(VALUE_HOST, "\5\0\0\0", 4, "5");
	expect(VALUE_HOST_HEX, "\x10\0\0\0", 4, "0x10");
	expect(VALUE_NAME, "eth0\0\0\0\0\0\0\0\0\0\0\0\0", 16, "\"eth0\"");
	expect(VALUE_NAME, "eth", 3, "\"eth*\"");
	expect(VALUE_NAME, "\1\0", 2, "\"?\"");
	expect(VALUE_ADDRESS, "\x0a\0\0\1", 4, "10.0.0.1");
	expect(VALUE_ADDRESS, "\x0a\0\0", 3, "0x0a0000");
	expect(VALUE_MAC, "\2\0\0\0\0\1", 6, "02:00:00:00:00:01");
	expect(VALUE_PROTOCOL, "\x11", 1, "udp");
	expect(VALUE_PROTOCOL, "\xfe", 1, "254");
	expect(VALUE_NFPROTO, "\x0a", 1, "ipv6");
	expect(VALUE_ETHERTYPE, "\x08\x06", 2, "arp");
	expect(VALUE_CT_STATE, "\x06\0\0\0", 4, "established,related");
	expect(VALUE_CT_STATE, "\0\0\0\0", 4, "0x0");
	expect(VALUE_CT_STATUS, "\x20\0\0\0", 4, "dnat");
	expect(VALUE_CT_DIRECTION, "\1", 1, "reply");
	expect(VALUE_TCP_FLAGS, "\x12", 1, "syn,ack");
	expect(VALUE_ICMP, "\x08", 1, "echo-request");
	expect(VALUE_ICMP6, "\x87", 1, "nd-neighbor-solicit");
	expect(VALUE_PKTTYPE, "\0", 1, "host");
	expect(VALUE_ADDRESS_TYPE, "\2\0\0\0", 4, "local");
}

static void a_prefix_has_no_holes(void **state)
{
	(void)state;
	assert_int_equal(value_prefix((const uint8_t *)"\xff\xff\0\0", 4), 16);
	assert_int_equal(value_prefix((const uint8_t *)"\xff\xf8\0\0", 4), 13);
	assert_int_equal(value_prefix((const uint8_t *)"\xff\0\xff\0", 4), -1);
	assert_int_equal(value_prefix((const uint8_t *)"\0\0\0\0", 4), 0);
}

static void verdicts_have_words(void **state)
{
	static const struct {
		int32_t code;
		const char *want;
	} cases[] = {
		{ NF_ACCEPT, "accept" },  { NF_DROP, "drop" },	  { NF_QUEUE | 5 << 16, "queue" },
		{ NFT_RETURN, "return" }, { NFT_BREAK, "break" }, { NFT_CONTINUE, "continue" },
		{ NFT_JUMP, "jump x" },	  { NFT_GOTO, "goto x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verdict verdict = { .code = cases[i].code, .name = (char[]) { "x" } };
		struct buf buf = { 0 };

		value_verdict(&buf, &verdict);
		assert_string_equal(buf.data, cases[i].want);
		buf_done(&buf);
	}
}

static void protocols_have_names(void **state)
{
	(void)state;
	assert_string_equal(value_protocol(6), "tcp");
	assert_null(value_protocol(255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_way),
		cmocka_unit_test(a_prefix_has_no_holes),
		cmocka_unit_test(verdicts_have_words),
		cmocka_unit_test(protocols_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
