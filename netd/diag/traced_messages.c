// SPDX-License-Identifier: GPL-2.0-or-later
// traced_messages.c - messages of the kernel on rules that packets meet, read for one flow
#include "diag/traced_messages.h"

#include "diag/rules/tlv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

/* Theory of operation. The kernel tells the packets that anybody has marked, of all flows of the
 * namespace, and those of two processors by turns. A packet is of this flow if it has its port, and
 * what is told of it later has no header more, but the same number. */

/* The last packets, in a ring. Numbers of the trace are the kernel's and may come again. */
static struct traced_packet *find_packet(struct traced_reading *reading, uint32_t id)
{
	for (size_t i = 0; i < reading->n_packets && i < NFT_TRACE_PACKETS; i++)
		if (reading->packets[i].id == id)
			return &reading->packets[i];
	return NULL;
}

/* One protocol for a person, two for the kernel. */
static bool is_echo(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* As far as its header is told. A message without a header is of a packet that is known by its
 * number. */
static bool is_of_protocol(const struct tlv_set *attrs, uint8_t protocol)
{
	const struct tlv *network = &attrs->of[NFTA_TRACE_NETWORK_HEADER];
	uint8_t found;

	/* The shortest head of IPv4; the version is in the first four bits. */
	if (network->len < 20)
		return true;
	found = network->data[network->data[0] >> 4 == 6 ? 6 : 9];
	return found == protocol || (is_echo(found) && is_echo(protocol));
}

/* Whether the packet has the flow's port, or is its echo. *ret_is_answer is set where it has
 * one of them. */
static bool is_of_flow(const struct traced_reading *reading, const struct tlv *transport,
		       bool *ret_is_answer)
{
	uint16_t ports[2], id;

	/* An echo has an id in the place of ports. */
	if (is_echo(reading->protocol)) {
		if (transport->len < 8)
			return false;
		memcpy(&id, transport->data + 4, sizeof(id));
		*ret_is_answer = transport->data[0] == ICMP_ECHOREPLY ||
				 transport->data[0] == ICMP6_ECHO_REPLY;
		return ntohs(id) == reading->port;
	}
	/* Source and destination port are the first four bytes of both protocols. */
	if (transport->len < sizeof(ports))
		return false;
	memcpy(ports, transport->data, sizeof(ports));
	*ret_is_answer = ntohs(ports[0]) != reading->port;
	return ntohs(ports[0]) == reading->port || ntohs(ports[1]) == reading->port;
}

/* NULL: it is of another flow. */
static const struct traced_packet *take_packet(struct traced_reading *reading,
					       const struct tlv_set *attrs)
{
	const struct tlv *transport = &attrs->of[NFTA_TRACE_TRANSPORT_HEADER];
	struct traced_packet *packet;
	bool is_answer = false;
	uint32_t id = 0;

	(void)tlv_u32(attrs, NFTA_TRACE_ID, &id);
	packet = find_packet(reading, id);
	/* NAT may have changed the port of one that is known. */
	if (!is_of_protocol(attrs, reading->protocol) ||
	    !is_of_flow(reading, transport, &is_answer))
		return packet;
	if (!packet)
		packet = &reading->packets[reading->n_packets++ % NFT_TRACE_PACKETS];
	*packet = (struct traced_packet) { .id = id, .is_answer = is_answer };
	return packet;
}

/* It is only shown: a longer one is cut. The bytes are the kernel's, but the message is read as
 * a stranger's. */
static void take_name(const struct tlv_set *attrs, unsigned int type, char *ret_name, size_t size)
{
	const struct tlv *name = &attrs->of[type];
	size_t len = name->data ? strnlen((const char *)name->data, name->len) : 0;

	len = len < size ? len : size - 1;
	if (len > 0)
		memcpy(ret_name, name->data, len);
	ret_name[len] = '\0';
}

/* A policy decides by itself, a rule with a verdict of its own, which may name a chain. */
static void take_decision(const struct tlv_set *attrs, struct traced_rule *rule)
{
	struct tlv_set verdict;
	uint32_t code = 0;

	if (rule->is_policy) {
		(void)tlv_u32(attrs, NFTA_TRACE_POLICY, &code);
	} else {
		tlv_inside(attrs, NFTA_TRACE_VERDICT, &verdict);
		(void)tlv_u32(&verdict, NFTA_VERDICT_CODE, &code);
		take_name(&verdict, NFTA_VERDICT_CHAIN, rule->target, sizeof(rule->target));
	}
	rule->verdict = (int32_t)code;
}

/* Also used for followed packets. Returns false for the end of a chain, which is no rule. */
bool traced_messages_rule(uint8_t family, const struct tlv_set *attrs, struct traced_rule *rule)
{
	uint32_t type = 0;

	*rule = (struct traced_rule) { .family = family };
	(void)tlv_u32(attrs, NFTA_TRACE_TYPE, &type);
	take_name(attrs, NFTA_TRACE_TABLE, rule->table, sizeof(rule->table));
	take_name(attrs, NFTA_TRACE_CHAIN, rule->chain, sizeof(rule->chain));
	rule->is_policy = type == NFT_TRACETYPE_POLICY;
	(void)tlv_u64(attrs, NFTA_TRACE_RULE_HANDLE, &rule->handle);
	take_decision(attrs, rule);
	return type != NFT_TRACETYPE_RETURN;
}

/* All tables of netd's tracers begin so, whosever process they are of. */
bool traced_messages_marks(const struct traced_rule *rule)
{
	return strncmp(rule->table, TRACED_TABLE, strlen(TRACED_TABLE)) == 0;
}

/* One message of the kernel. */
static int take(void *data, uint8_t family, const struct tlv_set *attrs)
{
	struct traced_reading *reading = data;
	struct traced_rule rule;
	bool is_rule = traced_messages_rule(family, attrs, &rule);
	/* Also of a rule that only marks: the port is told in the first message of a chain. */
	const struct traced_packet *packet = take_packet(reading, attrs);

	if (!packet || !is_rule || traced_messages_marks(&rule))
		return 0;
	rule.netns = reading->netns;
	rule.is_answer = packet->is_answer;
	return traced_rules_add(reading->rules, &rule);
}

/* Walks over messages. A length that does not fit ends it with -EBADMSG: behind that nothing
 * can be trusted. */
int traced_messages_each(const void *messages, size_t len,
			 int (*each)(void *data, uint8_t family, const struct tlv_set *attrs),
			 void *data)
{
	const size_t head_size = NLMSG_ALIGN(sizeof(struct nlmsghdr));
	const uint8_t *at = messages;
	int err = 0;

	while (len > 0 && err == 0) {
		struct nlmsghdr head;
		struct nfgenmsg header;
		struct tlv_set attrs;
		size_t whole;

		if (len < sizeof(head))
			return -EBADMSG;
		memcpy(&head, at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len)
			return -EBADMSG;
		/* Other messages of the group are passed over. */
		if (head.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) &&
		    head.nlmsg_len >= head_size + sizeof(header)) {
			memcpy(&header, at + head_size, sizeof(header));
			tlv_read(
				(struct tlv) { .data = at + head_size + sizeof(header),
					       .len = head.nlmsg_len - head_size - sizeof(header) },
				&attrs);
			err = each(data, header.nfgen_family, &attrs);
		}
		whole = NLMSG_ALIGN((size_t)head.nlmsg_len);
		whole = whole < len ? whole : len; /* the last one may lack its padding */
		at += whole;
		len -= whole;
	}
	return err;
}

int traced_messages_read(struct traced_reading *reading, const void *messages, size_t len)
{
	return traced_messages_each(messages, len, take, reading);
}
