// SPDX-License-Identifier: GPL-2.0-or-later
// dump.c - rulesets for tests, as the kernel would send them, one message after the other
#include "dump.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

static void pad(struct dump *dump)
{
	while (dump->buf.len % NLA_ALIGNTO != 0)
		buf_append(&dump->buf, "", 1);
}

static size_t open_attr(struct dump *dump, uint16_t type)
{
	struct nlattr head = { .nla_type = type };
	size_t at = dump->buf.len;

	buf_append(&dump->buf, &head, sizeof(head));
	return at;
}

static void close_attr(struct dump *dump, size_t at)
{
	uint16_t len = (uint16_t)(dump->buf.len - at);

	memcpy(dump->buf.data + at + offsetof(struct nlattr, nla_len), &len, sizeof(len));
	pad(dump);
}

static void put(struct dump *dump, uint16_t type, const void *data, size_t len)
{
	size_t at = open_attr(dump, type);

	buf_append(&dump->buf, data, len);
	close_attr(dump, at);
}

static void put_text(struct dump *dump, uint16_t type, const char *text)
{
	put(dump, type, text, strlen(text) + 1);
}

static void put_u32(struct dump *dump, uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(dump, type, &value, sizeof(value));
}

static void begin(struct dump *dump, uint16_t type)
{
	struct nlmsghdr head = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type) };
	struct nfgenmsg gen = { .nfgen_family = dump->family };

	dump->message = dump->buf.len;
	buf_append(&dump->buf, &head, sizeof(head));
	buf_append(&dump->buf, &gen, sizeof(gen));
}

static void finish(struct dump *dump)
{
	uint32_t len = (uint32_t)(dump->buf.len - dump->message);

	memcpy(dump->buf.data + dump->message, &len, sizeof(len));
}

void dump_table(struct dump *dump, uint8_t family, const char *name)
{
	dump->family = family;
	dump->table = name;
	begin(dump, NFT_MSG_NEWTABLE);
	put_text(dump, NFTA_TABLE_NAME, name);
	put_u32(dump, NFTA_TABLE_FLAGS, 0);
	finish(dump);
}

void dump_chain(struct dump *dump, const char *name)
{
	begin(dump, NFT_MSG_NEWCHAIN);
	put_text(dump, NFTA_CHAIN_TABLE, dump->table);
	put_text(dump, NFTA_CHAIN_NAME, name);
	finish(dump);
}

static void put_base(struct dump *dump, const char *name, const char *type, uint32_t hook,
		     int32_t priority, uint32_t policy, const char *link)
{
	size_t nest;

	begin(dump, NFT_MSG_NEWCHAIN);
	put_text(dump, NFTA_CHAIN_TABLE, dump->table);
	put_text(dump, NFTA_CHAIN_NAME, name);
	nest = open_attr(dump, NFTA_CHAIN_HOOK | NLA_F_NESTED);
	put_u32(dump, NFTA_HOOK_HOOKNUM, hook);
	put_u32(dump, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	if (link)
		put_text(dump, NFTA_HOOK_DEV, link);
	close_attr(dump, nest);
	put_u32(dump, NFTA_CHAIN_POLICY, policy);
	put_text(dump, NFTA_CHAIN_TYPE, type);
	finish(dump);
}

void dump_base(struct dump *dump, const char *name, const char *type, uint32_t hook,
	       int32_t priority, uint32_t policy)
{
	put_base(dump, name, type, hook, priority, policy, NULL);
}

void dump_chain_at(struct dump *dump, const char *name, uint32_t hook, const char *link)
{
	put_base(dump, name, "filter", hook, 0, NF_ACCEPT, link);
}

void dump_rule(struct dump *dump, const char *chain, const char *comment)
{
	uint8_t handle[8] = { 0 }, data[64];

	begin(dump, NFT_MSG_NEWRULE);
	put_text(dump, NFTA_RULE_TABLE, dump->table);
	put_text(dump, NFTA_RULE_CHAIN, chain);
	handle[7] = (uint8_t)++dump->handle;
	put(dump, NFTA_RULE_HANDLE, handle, sizeof(handle));
	if (comment) {
		data[0] = 0;
		data[1] = (uint8_t)(strlen(comment) + 1);
		memcpy(data + 2, comment, data[1]);
		put(dump, NFTA_RULE_USERDATA, data, 2U + data[1]);
	}
	dump->exprs = open_attr(dump, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED);
}

static void put_attr(struct dump *dump, const struct attr *attr)
{
	size_t nest, inner;
	uint8_t byte = (uint8_t)attr->number;

	switch (attr->kind) {
	case 'u':
		put_u32(dump, attr->type, attr->number);
		break;
	case 'b':
		put(dump, attr->type, &byte, 1);
		break;
	case 't':
		put_text(dump, attr->type, attr->bytes);
		break;
	case 'r':
		put(dump, attr->type, attr->bytes, attr->len);
		break;
	case 'v':
		nest = open_attr(dump, attr->type | NLA_F_NESTED);
		put(dump, NFTA_DATA_VALUE, attr->bytes, attr->len);
		close_attr(dump, nest);
		break;
	default:
		nest = open_attr(dump, attr->type | NLA_F_NESTED);
		inner = open_attr(dump, NFTA_DATA_VERDICT | NLA_F_NESTED);
		put_u32(dump, NFTA_VERDICT_CODE, attr->number);
		if (attr->bytes)
			put_text(dump, NFTA_VERDICT_CHAIN, attr->bytes);
		close_attr(dump, inner);
		close_attr(dump, nest);
		break;
	}
}

void dump_expr(struct dump *dump, const char *name, const struct attr *attrs)
{
	size_t item = open_attr(dump, NFTA_LIST_ELEM | NLA_F_NESTED), data;

	put_text(dump, NFTA_EXPR_NAME, name);
	data = open_attr(dump, NFTA_EXPR_DATA | NLA_F_NESTED);
	for (; attrs->kind; attrs++)
		put_attr(dump, attrs);
	close_attr(dump, data);
	close_attr(dump, item);
}

void dump_end(struct dump *dump)
{
	close_attr(dump, dump->exprs);
	finish(dump);
}

void dump_set(struct dump *dump, const char *name, uint32_t flags, uint32_t key_len,
	      uint32_t data_len)
{
	begin(dump, NFT_MSG_NEWSET);
	put_text(dump, NFTA_SET_TABLE, dump->table);
	put_text(dump, NFTA_SET_NAME, name);
	put_u32(dump, NFTA_SET_FLAGS, flags);
	put_u32(dump, NFTA_SET_KEY_LEN, key_len);
	put_u32(dump, NFTA_SET_DATA_LEN, data_len);
	finish(dump);
}

void dump_element(struct dump *dump, const char *set, const void *key, const void *end, size_t len,
		  uint32_t flags, struct attr data)
{
	size_t list, item;

	begin(dump, NFT_MSG_NEWSETELEM);
	put_text(dump, NFTA_SET_ELEM_LIST_TABLE, dump->table);
	put_text(dump, NFTA_SET_ELEM_LIST_SET, set);
	list = open_attr(dump, NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED);
	item = open_attr(dump, NFTA_LIST_ELEM | NLA_F_NESTED);
	if (key)
		put_attr(dump, &(struct attr) { 'v', NFTA_SET_ELEM_KEY, 0, key, len });
	if (end)
		put_attr(dump, &(struct attr) { 'v', NFTA_SET_ELEM_KEY_END, 0, end, len });
	if (flags)
		put_u32(dump, NFTA_SET_ELEM_FLAGS, flags);
	if (data.kind)
		put_attr(dump, &data);
	put(dump, NFTA_SET_ELEM_USERDATA, "\0\4own", 6);
	close_attr(dump, item);
	close_attr(dump, list);
	finish(dump);
}

void dump_compare(struct dump *dump, uint32_t op, const void *value, size_t len)
{
	EXPR(dump, "cmp", U32(NFTA_CMP_SREG, 1), U32(NFTA_CMP_OP, op),
	     { 'v', NFTA_CMP_DATA, 0, value, len });
}

void dump_port(struct dump *dump, uint8_t protocol, uint16_t port)
{
	uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	EXPR(dump, "meta", U32(NFTA_META_KEY, NFT_META_L4PROTO), U32(NFTA_META_DREG, 1));
	dump_compare(dump, NFT_CMP_EQ, &protocol, 1);
	EXPR(dump, "payload", U32(NFTA_PAYLOAD_DREG, 1),
	     U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER), U32(NFTA_PAYLOAD_OFFSET, 2),
	     U32(NFTA_PAYLOAD_LEN, 2));
	dump_compare(dump, NFT_CMP_EQ, bytes, sizeof(bytes));
}

void dump_verdict(struct dump *dump, int32_t code, const char *chain)
{
	EXPR(dump, "immediate", U32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT),
	     VERDICT(NFTA_IMMEDIATE_DATA, code, chain));
}

struct rules *dump_decode(struct dump *dump)
{
	struct rules *rules = NULL;

	assert_int_equal(dump->buf.err, 0);
	assert_int_equal(rules_decode(dump->buf.data, dump->buf.len, &rules), 0);
	return rules;
}

void dump_done(struct dump *dump)
{
	buf_done(&dump->buf);
}

struct rules_packet dump_packet(void)
{
	return (struct rules_packet) {
		.known = RULES_KNOWS_ALL,
		.protocol = IPPROTO_TCP,
		.src = { AF_INET, { 10, 1, 0, 2 } },
		.dst = { AF_INET, { 10, 2, 0, 3 } },
		.sport = 4000,
		.dport = 80,
		.tcp_flags = TH_SYN,
		.ttl = 63,
		.length = 60,
		.iif = { .index = 2, .name = "eth0", .kind = "veth", .type = 1 },
		.oif = { .index = 3, .name = "eth1", .kind = "veth", .type = 1 },
	};
}

struct rules_result dump_forward(const struct rules *rules, const struct rules_packet *packet,
				 const struct rules_ask *ask)
{
	struct rules_result result;

	assert_int_equal(rules_hook(rules, NFPROTO_IPV4, NF_INET_FORWARD, packet, ask, &result), 0);
	return result;
}
