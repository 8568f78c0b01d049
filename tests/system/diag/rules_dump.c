// SPDX-License-Identifier: GPL-2.0-or-later
// rules_dump.c - the ruleset of the namespace that a test tool runs in, as the kernel sends it
#include "rules_dump.h"

#include "diag/rules/tlv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr head;
	struct nfgenmsg gen;
	uint8_t attributes[1024];
};

static int sock(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0) {
		perror("netlink");
		exit(1);
	}
	return fd;
}

static void begin(struct request *request, uint16_t type, uint16_t flags, uint8_t family)
{
	memset(request, 0, sizeof(*request));
	request->head.nlmsg_len = NLMSG_LENGTH(sizeof(request->gen));
	request->head.nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	request->head.nlmsg_flags = NLM_F_REQUEST | flags;
	request->gen.nfgen_family = family;
}

static struct nlattr *put(struct request *request, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr =
		(struct nlattr *)((uint8_t *)request + NLMSG_ALIGN(request->head.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len > 0)
		memcpy(attr + 1, data, len);
	request->head.nlmsg_len = (uint32_t)((uint8_t *)attr - (uint8_t *)request) +
				  NLA_ALIGN(attr->nla_len);
	return attr;
}

static void put_text(struct request *request, uint16_t type, const char *text)
{
	(void)put(request, type, text, strlen(text) + 1);
}

static void end(struct request *request, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((uint8_t *)request + request->head.nlmsg_len - (uint8_t *)nest);
}

/* Packets are traced by a table of rules.py, which is none of the rulesets that are compared. In
 * every message of nftables attribute 1 is the name of the table. */
static bool is_marking(const struct nlmsghdr *head)
{
	size_t skip = sizeof(*head) + sizeof(struct nfgenmsg);
	struct tlv_set set;
	char table[256];

	if (head->nlmsg_len < skip)
		return false;
	tlv_read((struct tlv) { .data = (const uint8_t *)head + skip,
				.len = head->nlmsg_len - skip },
		 &set);
	return tlv_text(&set, NFTA_TABLE_NAME, table, sizeof(table)) &&
	       strcmp(table, "marking") == 0;
}

/* All messages of the answer go into buf; 0, or the errno that the kernel sent. */
static int talk(struct request *request, struct buf *buf)
{
	static _Alignas(struct nlmsghdr) uint8_t bytes[1 << 17];
	int fd = sock();

	if (send(fd, request, request->head.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		struct nlmsghdr *head;

		if (n < 0)
			return -errno;
		for (size_t at = 0; at + sizeof(*head) <= (size_t)n;
		     at += NLMSG_ALIGN(head->nlmsg_len)) {
			head = (struct nlmsghdr *)(bytes + at);
			if (head->nlmsg_type == NLMSG_DONE)
				return 0;
			if (head->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(head))->error;
			if (!is_marking(head))
				buf_append(buf, head, NLMSG_ALIGN(head->nlmsg_len));
			if (!(request->head.nlmsg_flags & NLM_F_DUMP))
				return 0;
		}
	}
}

static void dump(struct buf *buf, uint16_t type)
{
	struct request request;

	begin(&request, type, NLM_F_DUMP, NFPROTO_UNSPEC);
	if (talk(&request, buf) < 0 || buf->err < 0) {
		perror("dump");
		exit(1);
	}
}

/* Sets are dumped with the family of their table only. */
static void dump_elements(struct buf *buf, const uint8_t *sets, size_t len)
{
	for (size_t at = 0; at < len;) {
		struct nlmsghdr head;
		struct nfgenmsg gen;
		struct request request;
		struct tlv_set set;
		char table[256], name[256];

		memcpy(&head, sets + at, sizeof(head));
		memcpy(&gen, sets + at + sizeof(head), sizeof(gen));
		tlv_read((struct tlv) { .data = sets + at + sizeof(head) + sizeof(gen),
					.len = head.nlmsg_len - sizeof(head) - sizeof(gen) },
			 &set);
		at += NLMSG_ALIGN(head.nlmsg_len);
		if (!tlv_text(&set, NFTA_SET_TABLE, table, sizeof(table)) ||
		    !tlv_text(&set, NFTA_SET_NAME, name, sizeof(name)))
			exit(1);
		begin(&request, NFT_MSG_GETSETELEM, NLM_F_DUMP, gen.nfgen_family);
		put_text(&request, NFTA_SET_ELEM_LIST_TABLE, table);
		put_text(&request, NFTA_SET_ELEM_LIST_SET, name);
		if (talk(&request, buf) < 0)
			exit(1);
	}
}

void rules_dump(struct buf *ret_messages, bool with_elements)
{
	struct buf sets = { 0 };

	dump(ret_messages, NFT_MSG_GETTABLE);
	dump(ret_messages, NFT_MSG_GETCHAIN);
	dump(&sets, NFT_MSG_GETSET);
	buf_append(ret_messages, sets.data, sets.len);
	if (with_elements)
		dump_elements(ret_messages, (const uint8_t *)sets.data, sets.len);
	dump(ret_messages, NFT_MSG_GETRULE);
	buf_done(&sets);
}

static void read_verdict(const struct tlv_set *data, struct facts_element *answer)
{
	struct tlv_set verdict;
	uint32_t code;

	tlv_inside(data, NFTA_DATA_VERDICT, &verdict);
	if (!tlv_u32(&verdict, NFTA_VERDICT_CODE, &code))
		return;
	answer->has_verdict = true;
	answer->verdict = (int32_t)code;
	(void)tlv_text(&verdict, NFTA_VERDICT_CHAIN, answer->chain, sizeof(answer->chain));
}

static void read_element(const uint8_t *bytes, size_t len, struct facts_element *answer)
{
	struct tlv_set outer, element, data;
	struct tlv list, item;
	uint16_t type;
	size_t head = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);

	tlv_read((struct tlv) { .data = bytes + head, .len = len - head }, &outer);
	list = outer.of[NFTA_SET_ELEM_LIST_ELEMENTS];
	if (!tlv_next(&list, &item, &type))
		return;
	tlv_read(item, &element);
	tlv_inside(&element, NFTA_SET_ELEM_DATA, &data);
	read_verdict(&data, answer);
	if (data.of[NFTA_DATA_VALUE].data) {
		answer->data_len = data.of[NFTA_DATA_VALUE].len;
		memcpy(answer->data, data.of[NFTA_DATA_VALUE].data, answer->data_len);
	}
	answer->err = 0;
}

void rules_dump_element(const struct facts_element_asked *asked, struct facts_element *answer)
{
	struct request request;
	struct nlattr *list, *element, *key;
	struct buf buf = { 0 };
	uint32_t catchall = htonl(2);

	memset(answer, 0, sizeof(*answer));
	begin(&request, NFT_MSG_GETSETELEM, 0, asked->family);
	put_text(&request, NFTA_SET_ELEM_LIST_TABLE, asked->table);
	put_text(&request, NFTA_SET_ELEM_LIST_SET, asked->set);
	list = put(&request, NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED, NULL, 0);
	element = put(&request, NFTA_LIST_ELEM | NLA_F_NESTED, NULL, 0);
	if (asked->key_len > 0) {
		key = put(&request, NFTA_SET_ELEM_KEY | NLA_F_NESTED, NULL, 0);
		(void)put(&request, NFTA_DATA_VALUE, asked->key, asked->key_len);
		end(&request, key);
	} else {
		(void)put(&request, NFTA_SET_ELEM_FLAGS, &catchall, sizeof(catchall));
	}
	end(&request, element);
	end(&request, list);
	answer->err = talk(&request, &buf);
	if (answer->err == 0) {
		answer->err = -ENODATA;
		read_element((const uint8_t *)buf.data, buf.len, answer);
	} else if (answer->err != -ENOENT) {
		answer->err = -ENODATA;
	}
	buf_done(&buf);
}
