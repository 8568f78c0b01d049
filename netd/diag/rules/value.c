// SPDX-License-Identifier: GPL-2.0-or-later
// value.c - bytes of a rule as nft(8) would write them
#include "diag/rules/value.h"

#include "base/addr.h"
#include "base/cleanup.h"

#include <linux/if_ether.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The same bytes mean different things: a port, a mark, a name.
 * value_kind() says by the expression what they are, and value_print() writes them as nft(8)
 * does. Header fields are in the order of the wire, and what meta and ct load is in that of the
 * host. What has no known form is written in hexadecimal, so nothing is ever left out. Names are
 * those that nft(8) prints, so that a rule can be compared with its listing.
 *
 * All of it is for people's eyes. Bytes come from rules that anybody with the right may have
 * made, or from a file, so no length is taken for granted and no byte reaches a terminal as it
 * is. */

/* A number's name, or a bit's. */
struct word {
	uint32_t value;
	const char *name;
};

/* The tables have the names that occur in rules of a host; a number that is not here is printed
 * as one. */
static const struct word protocols[] = {
	{ IPPROTO_ICMP, "icmp" }, { IPPROTO_IGMP, "igmp" },	  { IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },	  { IPPROTO_DCCP, "dccp" },	  { IPPROTO_GRE, "gre" },
	{ IPPROTO_ESP, "esp" },	  { IPPROTO_AH, "ah" },		  { IPPROTO_ICMPV6, "ipv6-icmp" },
	{ IPPROTO_SCTP, "sctp" }, { IPPROTO_UDPLITE, "udplite" },
};
/* The two families that a packet can be of where a rule asks. */
static const struct word nfprotos[] = { { NFPROTO_IPV4, "ipv4" }, { NFPROTO_IPV6, "ipv6" } };
/* By the number in the Ethernet header, in the order of the host. */
static const struct word ethertypes[] = {
	{ ETH_P_IP, "ip" },
	{ ETH_P_IPV6, "ip6" },
	{ ETH_P_ARP, "arp" },
	{ ETH_P_8021Q, "8021q" },
};
/* Bits, of which a rule may ask for several. In the order in which nft(8) lists them. */
static const struct word states[] = {
	{ NF_CT_STATE_INVALID_BIT, "invalid" },
	{ NF_CT_STATE_BIT(IP_CT_ESTABLISHED), "established" },
	{ NF_CT_STATE_BIT(IP_CT_RELATED), "related" },
	{ NF_CT_STATE_BIT(IP_CT_NEW), "new" },
	{ NF_CT_STATE_UNTRACKED_BIT, "untracked" },
};
/* Bits of a flow's status (IPS_* of nf_conntrack_common.h). */
static const struct word statuses[] = {
	{ IPS_EXPECTED, "expected" }, { IPS_SEEN_REPLY, "seen-reply" },
	{ IPS_ASSURED, "assured" },   { IPS_CONFIRMED, "confirmed" },
	{ IPS_SRC_NAT, "snat" },      { IPS_DST_NAT, "dnat" },
	{ IPS_DYING, "dying" },
};
/* IP_CT_DIR_ORIGINAL and IP_CT_DIR_REPLY. */
static const struct word directions[] = { { 0, "original" }, { 1, "reply" } };
/* The two upper bits came with ECN (RFC 3168). */
static const struct word tcp_flags[] = {
	{ TH_FIN, "fin" }, { TH_SYN, "syn" }, { TH_RST, "rst" }, { TH_PUSH, "psh" },
	{ TH_ACK, "ack" }, { TH_URG, "urg" }, { 0x40, "ecn" },	 { 0x80, "cwr" },
};
/* Types of RFC 792 that rules of a host ask for. */
static const struct word icmp_types[] = {
	{ 0, "echo-reply" },   { 3, "destination-unreachable" }, { 5, "redirect" },
	{ 8, "echo-request" }, { 11, "time-exceeded" },		 { 12, "parameter-problem" },
};
/* Types of RFC 4443, and of neighbour discovery (RFC 4861). */
static const struct word icmp6_types[] = {
	{ 1, "destination-unreachable" }, { 2, "packet-too-big" },
	{ 3, "time-exceeded" },		  { 4, "parameter-problem" },
	{ 128, "echo-request" },	  { 129, "echo-reply" },
	{ 133, "nd-router-solicit" },	  { 134, "nd-router-advert" },
	{ 135, "nd-neighbor-solicit" },	  { 136, "nd-neighbor-advert" },
	{ 137, "nd-redirect" },
};
/* PACKET_HOST and those that follow it, of linux/if_packet.h. */
static const struct word pkttypes[] = {
	{ 0, "host" },
	{ 1, "broadcast" },
	{ 2, "multicast" },
	{ 3, "other" },
};
/* RTN_UNICAST and those that follow it, of linux/rtnetlink.h. */
static const struct word address_types[] = {
	{ 1, "unicast" },   { 2, "local" },	{ 3, "broadcast" },   { 4, "anycast" },
	{ 5, "multicast" }, { 6, "blackhole" }, { 7, "unreachable" }, { 8, "prohibit" },
};

/* NULL: the number has no name here. */
static const char *find(const struct word *words, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].value == value)
			return words[i].name;
	return NULL;
}

/* A number without a name is better than none. The number is in decimal, as nft(8) prints it. */
static void put_word(struct buf *buf, const struct word *words, size_t n, uint32_t value)
{
	const char *name = find(words, n, value);

	if (name)
		buf_puts(buf, name);
	else
		buf_printf(buf, "%u", value);
}

/* Bits that are left over stand at the end, so that nothing is hidden. */
static void put_bits(struct buf *buf, const struct word *words, size_t n, uint32_t value)
{
	const char *between = "";

	for (size_t i = 0; i < n; i++) {
		if (!(value & words[i].value))
			continue;
		buf_printf(buf, "%s%s", between, words[i].name);
		between = ",";
		/* What has been named is taken away; what is left has no name. */
		value &= ~words[i].value;
	}
	/* Also for 0, which has no bits. */
	if (value || !*between)
		buf_printf(buf, "%s0x%x", between, value);
}

/* With the length of the table, which has to be an array here. */
#define WORD(words, value) put_word(buf, words, ARRAY_SIZE(words), (value))
#define BITS(words, value) put_bits(buf, words, ARRAY_SIZE(words), (value))

/* The longest number that a header has is 8 bytes. Bytes behind that are left out. */
static uint64_t big(const uint8_t *bytes, size_t len)
{
	/* The wire has the most significant byte first. */
	uint64_t value = 0;

	for (size_t i = 0; i < len && i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* A number of the host, from as many bytes as there are. Fewer bytes than four are filled up
 * with zeros behind them. */
static uint32_t host(const uint8_t *bytes, size_t len)
{
	uint32_t value = 0;

	memcpy(&value, bytes, len < sizeof(value) ? len : sizeof(value));
	return value;
}

/* In the order of the bytes, without a meaning. */
static void put_hex(struct buf *buf, const uint8_t *bytes, size_t len)
{
	buf_puts(buf, "0x");
	for (size_t i = 0; i < len; i++)
		buf_printf(buf, "%02x", bytes[i]);
}

/* Four bytes are IPv4, sixteen IPv6, and anything else is no address. */
static void put_address(struct buf *buf, const uint8_t *bytes, size_t len)
{
	/* The family is a guess until the length is checked below. */
	struct addr addr = { .family = len == 4 ? AF_INET : AF_INET6 };

	if (len != 4 && len != 16) {
		put_hex(buf, bytes, len);
		return;
	}
	memcpy(addr.bytes, bytes, len);
	buf_puts(buf, ADDR_STR(&addr));
}

/* A name that is shorter than all of it is the beginning of one. Bytes that are no letters
 * become "?". nft(8) compares as many bytes as a name with an asterisk has. */
static void put_name(struct buf *buf, const uint8_t *bytes, size_t len)
{
	/* A name that fills all of its bytes has no NUL. */
	size_t n = strnlen((const char *)bytes, len);

	buf_puts(buf, "\"");
	for (size_t i = 0; i < n; i++)
		buf_printf(buf, "%c", bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '?');
	buf_puts(buf, n == len && len < IFNAMSIZ ? "*\"" : "\"");
}

/* A copy, because the bytes need not be aligned. */
static void put_mac(struct buf *buf, const uint8_t *bytes)
{
	struct mac mac;

	memcpy(&mac, bytes, sizeof(mac));
	buf_puts(buf, MAC_STR(&mac));
}

/* Kinds whose numbers have names. false: it is none of them. Kinds with one byte look at the
 * first alone, as the kernel loads them. */
static bool put_named(struct buf *buf, enum value_kind kind, const uint8_t *bytes, size_t len)
{
	switch (kind) {
	case VALUE_PROTOCOL:
		WORD(protocols, bytes[0]);
		return true;
	case VALUE_NFPROTO:
		WORD(nfprotos, bytes[0]);
		return true;
	case VALUE_ETHERTYPE:
		/* As it was read from the header, or as meta gives it: both are in the order of
		 * the wire. */
		WORD(ethertypes, (uint32_t)big(bytes, len));
		return true;
	case VALUE_CT_STATE:
		/* conntrack's own numbers, which are the host's. */
		BITS(states, host(bytes, len));
		return true;
	case VALUE_CT_STATUS:
		BITS(statuses, host(bytes, len));
		return true;
	case VALUE_CT_DIRECTION:
		WORD(directions, bytes[0]);
		return true;
	case VALUE_TCP_FLAGS:
		BITS(tcp_flags, bytes[0]);
		return true;
	case VALUE_ICMP:
		WORD(icmp_types, bytes[0]);
		return true;
	case VALUE_ICMP6:
		WORD(icmp6_types, bytes[0]);
		return true;
	case VALUE_PKTTYPE:
		WORD(pkttypes, bytes[0]);
		return true;
	case VALUE_ADDRESS_TYPE:
		WORD(address_types, host(bytes, len));
		return true;
	default:
		return false;
	}
}

/* Kinds with names first, then those with a form, then hexadecimal. A length of 0 has nothing
 * that could be named. */
void value_print(struct buf *buf, enum value_kind kind, const uint8_t *bytes, size_t len)
{
	if (len > 0 && put_named(buf, kind, bytes, len))
		return;
	if (kind == VALUE_NUMBER)
		buf_printf(buf, "%llu", (unsigned long long)big(bytes, len));
	else if (kind == VALUE_HOST)
		buf_printf(buf, "%u", host(bytes, len));
	else if (kind == VALUE_HOST_HEX)
		buf_printf(buf, "0x%x", host(bytes, len));
	else if (kind == VALUE_NAME)
		put_name(buf, bytes, len);
	else if (kind == VALUE_ADDRESS)
		put_address(buf, bytes, len);
	else if (kind == VALUE_MAC && len == sizeof(struct mac))
		put_mac(buf, bytes);
	else
		put_hex(buf, bytes, len);
}

/* NULL: it has no name here. */
const char *value_protocol(uint8_t protocol)
{
	return find(protocols, ARRAY_SIZE(protocols), protocol);
}

/* Names are texts, marks are written in hexadecimal as people set them; all else is a number of
 * the host. */
static enum value_kind meta_kind(uint32_t key)
{
	switch (key) {
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
	case NFT_META_BRI_IIFNAME:
	case NFT_META_BRI_OIFNAME:
	case NFT_META_IIFKIND:
	case NFT_META_OIFKIND:
	case NFT_META_SDIFNAME:
		return VALUE_NAME;
	/* One byte each, by the numbers of the headers. */
	case NFT_META_L4PROTO:
		return VALUE_PROTOCOL;
	case NFT_META_NFPROTO:
		return VALUE_NFPROTO;
	case NFT_META_PROTOCOL:
		return VALUE_ETHERTYPE;
	case NFT_META_MARK:
		return VALUE_HOST_HEX;
	case NFT_META_PKTTYPE:
		return VALUE_PKTTYPE;
	default:
		return VALUE_HOST;
	}
}

/* What ct loads. Addresses and ports are in the order of the wire. The default is a number such
 * as a zone or a timeout. */
static enum value_kind ct_kind(uint32_t key)
{
	switch (key) {
	case NFT_CT_STATE:
		return VALUE_CT_STATE;
	case NFT_CT_STATUS:
		return VALUE_CT_STATUS;
	case NFT_CT_DIRECTION:
		return VALUE_CT_DIRECTION;
	case NFT_CT_MARK:
		return VALUE_HOST_HEX;
	case NFT_CT_PROTOCOL:
		return VALUE_PROTOCOL;
	case NFT_CT_L3PROTOCOL:
		return VALUE_NFPROTO;
	/* Ports, which conntrack keeps in the order of the wire. */
	case NFT_CT_PROTO_SRC:
	case NFT_CT_PROTO_DST:
		return VALUE_NUMBER;
	case NFT_CT_SRC:
	case NFT_CT_DST:
	case NFT_CT_SRC_IP:
	case NFT_CT_DST_IP:
	case NFT_CT_SRC_IP6:
	case NFT_CT_DST_IP6:
		return VALUE_ADDRESS;
	default:
		return VALUE_HOST;
	}
}

/* By the field's name. All others are plain numbers. The names are those that name_field()
 * gives. */
static enum value_kind field_kind(const char *name)
{
	static const struct {
		const char *name;
		enum value_kind kind;
	} kinds[] = {
		{ "ether saddr", VALUE_MAC },	   { "ether daddr", VALUE_MAC },
		{ "ether type", VALUE_ETHERTYPE }, { "ip protocol", VALUE_PROTOCOL },
		{ "ip6 nexthdr", VALUE_PROTOCOL }, { "ip saddr", VALUE_ADDRESS },
		{ "ip daddr", VALUE_ADDRESS },	   { "ip6 saddr", VALUE_ADDRESS },
		{ "ip6 daddr", VALUE_ADDRESS },	   { "tcp flags", VALUE_TCP_FLAGS },
		{ "icmp type", VALUE_ICMP },	   { "icmpv6 type", VALUE_ICMP6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return VALUE_NUMBER;
}

/* Only what people compare by eye is given its own form; all else is hexadecimal. name: of the
 * field, where it has one. */
enum value_kind value_kind(const struct expr *expr, const char *name)
{
	switch (expr->kind) {
	case EXPR_META:
	case EXPR_META_SET:
		return meta_kind(expr->key);
	case EXPR_CT:
	case EXPR_CT_SET:
		return ct_kind(expr->key);
	case EXPR_PAYLOAD:
		return name ? field_kind(name) : VALUE_HEX;
	case EXPR_FIB:
		return expr->key == NFT_FIB_RESULT_ADDRTYPE  ? VALUE_ADDRESS_TYPE
		       : expr->key == NFT_FIB_RESULT_OIFNAME ? VALUE_NAME
							     : VALUE_HOST;
	default:
		return VALUE_HEX;
	}
}

/* A queue's number stands above the verdict, so it is masked. A name that is missing means a
 * chain that was not in the ruleset. */
void value_verdict(struct buf *buf, const struct verdict *verdict)
{
	static const struct word words[] = {
		{ NF_DROP, "drop" },
		{ NF_ACCEPT, "accept" },
		{ NF_QUEUE, "queue" },
	};

	/* Verdicts of nftables are negative; those of netfilter are not, and may carry a number
	 * above. */
	switch (verdict->code) {
	case NFT_CONTINUE:
		buf_puts(buf, "continue");
		break;
	case NFT_BREAK:
		buf_puts(buf, "break");
		break;
	case NFT_RETURN:
		buf_puts(buf, "return");
		break;
	case NFT_JUMP:
		buf_printf(buf, "jump %s", verdict->name ? verdict->name : "?");
		break;
	case NFT_GOTO:
		buf_printf(buf, "goto %s", verdict->name ? verdict->name : "?");
		break;
	default:
		WORD(words, (uint32_t)verdict->code & NF_VERDICT_MASK);
		break;
	}
}

/* -1: the ones are not all in front. A mask of zeros is a prefix of 0. */
int value_prefix(const uint8_t *mask, size_t len)
{
	/* how many ones stand in front */
	size_t n = 0;

	while (n < len * 8 && mask[n / 8] & 0x80 >> n % 8)
		n++;
	for (size_t i = n; i < len * 8; i++)
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	return (int)n;
}
