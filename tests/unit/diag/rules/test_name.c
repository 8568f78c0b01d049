// SPDX-License-Identifier: GPL-2.0-or-later
// test_name.c - expressions are called as nft(8) calls them
#include "dump.h"

#include "diag/rules/name.h"

static void keys_have_the_names_of_their_numbers(void **state)
{
	(void)state;
	assert_string_equal(name_meta(NFT_META_IIFNAME), "iifname");
	assert_string_equal(name_meta(NFT_META_MARK), "meta mark");
	assert_string_equal(name_meta(NFT_META_BRI_OIFNAME), "meta obrname");
	assert_string_equal(name_meta(NFT_META_PKTTYPE), "meta pkttype");
	assert_string_equal(name_meta(NFT_META_OIFKIND), "meta oifkind");
	assert_string_equal(name_meta(NFT_META_TIME_HOUR), "meta hour");
	assert_string_equal(name_meta(NFT_META_SDIFNAME), "meta sdifname");
	assert_null(name_meta(200));
	assert_string_equal(name_ct(NFT_CT_STATE), "ct state");
	assert_string_equal(name_ct(NFT_CT_LABELS), "ct label");
	assert_string_equal(name_ct(NFT_CT_DST_IP6), "ct ip6 daddr");
	assert_string_equal(name_ct(NFT_CT_ID), "ct id");
	assert_null(name_ct(200));
}

static void fields_are_those_of_the_protocol(void **state)
{
	(void)state;
	assert_string_equal(name_field(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, false, IPPROTO_TCP),
			    "tcp dport");
	assert_string_equal(name_field(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, false, IPPROTO_UDP),
			    "udp dport");
	assert_string_equal(name_field(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, false, 0), "th dport");
	assert_string_equal(name_field(NFT_PAYLOAD_NETWORK_HEADER, 16, 4, false, 0), "ip daddr");
	assert_string_equal(name_field(NFT_PAYLOAD_NETWORK_HEADER, 24, 16, true, 0), "ip6 daddr");
	assert_null(name_field(NFT_PAYLOAD_NETWORK_HEADER, 24, 16, false, 0));
	assert_null(name_field(NFT_PAYLOAD_NETWORK_HEADER, 3, 3, false, 0));
}

static void what_is_not_understood_keeps_the_name_of_its_reason(void **state)
{
	struct expr expr = { .kind = EXPR_STRANGE,
			     .name = "bitwise",
			     .doubt = "bitwise: attribute 8" };
	char text[40];

	(void)state;
	assert_string_equal(name_expr(&expr, text, sizeof(text)), "bitwise: attribute 8");
	expr = (struct expr) { .kind = EXPR_MATCH, .name = "recent" };
	assert_string_equal(name_expr(&expr, text, sizeof(text)), "match recent");
	expr.kind = EXPR_TARGET;
	assert_string_equal(name_expr(&expr, text, sizeof(text)), "target recent");
	expr = (struct expr) { .kind = EXPR_META, .name = "meta", .key = 200 };
	assert_string_equal(name_expr(&expr, text, sizeof(text)), "meta");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_have_the_names_of_their_numbers),
		cmocka_unit_test(fields_are_those_of_the_protocol),
		cmocka_unit_test(what_is_not_understood_keeps_the_name_of_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
