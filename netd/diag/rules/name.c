// SPDX-License-Identifier: GPL-2.0-or-later
// name.c - how nft(8) calls what expressions are about
#include "diag/rules/name.h"

#include "base/cleanup.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Words of nft(8), for sentences and for printed rules. The tables follow
 * the kernel's enums, so a key is an index. A key beyond the table is a newer kernel's, and
 * gets no name; whoever asks then prints a number or the expression's own name. */

/* By NFT_META_*. */
static const char *const metas[] = {
	"meta length",	"meta protocol", "meta priority", "meta mark",	  "iif",
	"oif",		"iifname",	 "oifname",	  "iiftype",	  "oiftype",
	"meta skuid",	"meta skgid",	 "meta nftrace",  "rtclassid",	  "meta secmark",
	"meta nfproto", "meta l4proto",	 "meta ibrname",  "meta obrname", "meta pkttype",
	"meta cpu",	"iifgroup",	 "oifgroup",	  "meta cgroup",  "meta random",
	"meta ipsec",	"meta iifkind",	 "meta oifkind",  "meta ibrpvid", "meta ibrvproto",
	"meta time",	"meta day",	 "meta hour",	  "meta sdif",	  "meta sdifname",
};

/* By NFT_CT_*. */
static const char *const cts[] = {
	"ct state",	 "ct direction", "ct status",	 "ct mark",  "ct secmark",
	"ct expiration", "ct helper",	 "ct l3proto",	 "ct saddr", "ct daddr",
	"ct protocol",	 "ct proto-src", "ct proto-dst", "ct label", "ct packets",
	"ct bytes",	 "ct avgpkt",	 "ct zone",	 "ct event", "ct ip saddr",
	"ct ip daddr",	 "ct ip6 saddr", "ct ip6 daddr", "ct id",
};

/* A field of a header, by its place. The first that fits is taken, so "th sport" stands behind
 * the protocols that have a name for it. */
static const struct field {
	uint32_t base, offset, len;
	uint8_t protocol; /* of the transport header; 0: any */
	uint8_t family;	  /* of the network header: 4, 6, or 0 for any */
	const char *name;
} fields[] = {
	/* Offsets and lengths in bytes, from the beginning of the header that base names. */
	{ NFT_PAYLOAD_LL_HEADER, 0, 6, 0, 0, "ether daddr" },
	{ NFT_PAYLOAD_LL_HEADER, 6, 6, 0, 0, "ether saddr" },
	{ NFT_PAYLOAD_LL_HEADER, 12, 2, 0, 0, "ether type" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 1, 1, 0, 4, "ip tos" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 2, 2, 0, 4, "ip length" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 2, 0, 4, "ip id" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 2, 0, 4, "ip frag-off" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 8, 1, 0, 4, "ip ttl" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 9, 1, 0, 4, "ip protocol" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 12, 4, 0, 4, "ip saddr" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 16, 4, 0, 4, "ip daddr" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 2, 0, 6, "ip6 length" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 1, 0, 6, "ip6 nexthdr" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 7, 1, 0, 6, "ip6 hoplimit" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 8, 16, 0, 6, "ip6 saddr" },
	{ NFT_PAYLOAD_NETWORK_HEADER, 24, 16, 0, 6, "ip6 daddr" },
	/* The same place has another name in each protocol. */
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, IPPROTO_TCP, 0, "tcp sport" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, IPPROTO_TCP, 0, "tcp dport" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, IPPROTO_TCP, 0, "tcp flags" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, IPPROTO_UDP, 0, "udp sport" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, IPPROTO_UDP, 0, "udp dport" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 4, 2, IPPROTO_UDP, 0, "udp length" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, IPPROTO_ICMP, 0, "icmp type" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, IPPROTO_ICMP, 0, "icmp code" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, IPPROTO_ICMPV6, 0, "icmpv6 type" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, IPPROTO_ICMPV6, 0, "icmpv6 code" },
	/* Ports stand at one place in TCP, UDP and SCTP. */
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, 0, 0, "th sport" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0, 0, "th dport" },
};

/* By what the kernel sent as a key. NULL: newer than the table. */
const char *name_meta(uint32_t key)
{
	return key < ARRAY_SIZE(metas) ? metas[key] : NULL;
}

/* The same for conntrack's keys. The direction is not in the name: rules_print.c puts it in. */
const char *name_ct(uint32_t key)
{
	return key < ARRAY_SIZE(cts) ? cts[key] : NULL;
}

/* is_six says which network header it is. NULL: no field begins and ends there. */
const char *name_field(uint32_t base, uint32_t offset, uint32_t len, bool is_six, uint8_t protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];

		if (field->base != base || field->offset != offset || field->len != len)
			continue;
		/* A header of the other family has another field there. */
		if (field->family && (field->family == 6) != is_six)
			continue;
		/* A rule that names no protocol gets the general names at the end. */
		if (field->protocol && field->protocol != protocol)
			continue;
		return field->name;
	}
	return NULL;
}

/* The most telling name that there is: the field, the reason of the doubt, the expression. */
const char *name_expr(const struct expr *expr, char *buffer, size_t size)
{
	const char *name = NULL;

	if (expr->kind == EXPR_META || expr->kind == EXPR_META_SET)
		name = name_meta(expr->key);
	else if (expr->kind == EXPR_CT || expr->kind == EXPR_CT_SET)
		name = name_ct(expr->key);
	else if (expr->kind == EXPR_PAYLOAD)
		name = name_field(expr->base, expr->offset, expr->len, false, 0);
	if (!name)
		/* The doubt's text says more than the expression's name. */
		name = expr->doubt ? expr->doubt : expr->name;
	/* The name of a match alone would read like a field: "tcp", "mark". */
	if (expr->kind == EXPR_MATCH || expr->kind == EXPR_TARGET)
		(void)snprintf(buffer, size, "%s %s", expr->kind == EXPR_MATCH ? "match" : "target",
			       expr->name);
	else
		(void)snprintf(buffer, size, "%s", name);
	return buffer;
}
