// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_dns_answer.c - any query against a small table: a reply that parses, fits, and is for the
// asker
#include "dns/answer.h"
#include "dns/msg.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct dns_table *table;

static void add(uint32_t network, const char *name, const char *text)
{
	struct addr addr;

	assert(addr_parse(text, &addr) == 0);
	assert(dns_table_add(table, network, name, &addr, true) == 0);
}

static void make_table(void)
{
	char text[32];

	table = dns_table_new();
	assert(table);
	assert(dns_table_network(table, 1, "net", false) == 0);
	assert(dns_table_network(table, 2, "a.b", true) == 0);
	add(1, "web", "10.0.0.2");
	add(1, "web", "fd00::2");
	add(2, "x.y", "10.1.0.2");
	for (int i = 0; i < 300; i++) {
		(void)snprintf(text, sizeof(text), "10.2.%d.%d", i / 100, i % 100);
		add(2, "many", text);
	}
}

static size_t limit_of(const struct dns_query *query, bool tcp)
{
	if (tcp)
		return DNS_TCP_MAX;
	if (!query->edns || query->udp_size < DNS_UDP_PLAIN_MAX)
		return DNS_UDP_PLAIN_MAX;
	return query->udp_size > DNS_UDP_MAX ? DNS_UDP_MAX : query->udp_size;
}

static void check_records(const uint8_t *reply, size_t len, const struct dns_query *query)
{
	struct dns_record record;
	struct dns_msg msg;
	size_t n_opts = 0;
	int err;

	assert(dns_msg_open(&msg, reply, len) == 0);
	assert(msg.name_len == query->name_len);
	assert(memcmp(msg.name, query->name, query->name_len + 4) == 0);
	while ((err = dns_msg_next(&msg, &record)) > 0) {
		assert(dns_msg_data_valid(&msg, &record));
		if (record.type == DNS_TYPE_OPT) {
			assert(msg.section == DNS_SECTION_ADDITIONAL && record.name.len == 1);
			n_opts++;
		}
	}
	assert(err == 0 && wire_left(&msg.wire) == 0);
	assert(n_opts == query->edns || (n_opts == 0 && query->do_bit && query->algorithms));
}

/* size: of the buffer. */
static void check_reply(const uint8_t *data, size_t data_len, const uint8_t *reply, size_t len,
			size_t size, bool tcp)
{
	struct dns_query query;
	size_t limit;

	assert(dns_query_read(data, data_len, &query) != -EPROTO);
	limit = limit_of(&query, tcp);
	assert(len >= DNS_HEADER_SIZE && len <= size && len <= limit);
	assert(memcmp(data, reply, 2) == 0 && reply[2] & 0x80);
	assert((reply[2] & 0x79) == (data[2] & 0x79)); /* opcode and RD */
	if (query.name)
		check_records(reply, len, &query);
	else
		assert(reply[5] == 0 && len <= DNS_HEADER_SIZE + DNS_OPT_SIZE);
	assert((reply[2] & 2) == 0); /* what does not fit is left out without TC */
}

static void check_verdict(const uint8_t *data, size_t len, const struct dns_view *view,
			  const struct dns_policy *policy, size_t size)
{
	struct dns_question question = { .name_len = 0 };
	uint8_t *reply = malloc(size > 0 ? size : 1); /* exact, so that a byte too far is seen */
	size_t reply_len = 0;

	assert(reply);
	switch (dns_answer(table, view, policy, data, len, reply, size, &reply_len, &question)) {
	case DNS_VERDICT_REPLY:
		check_reply(data, len, reply, reply_len, size, policy->tcp);
		break;
	case DNS_VERDICT_FORWARD:
		assert(view->forward);
		assert(question.name_len >= 1 && question.name_len <= DNS_NAME_MAX);
		assert(dns_name_equal(question.name, data + DNS_HEADER_SIZE, question.name_len));
		assert(question.udp_size >= 512 && question.udp_size <= DNS_UDP_MAX);
		reply_len = dns_answer_error(data, len, DNS_RCODE_SERVFAIL, 0, reply, size);
		if (reply_len > 0)
			check_reply(data, len, reply, reply_len, size, policy->tcp);
		break;
	case DNS_VERDICT_DROP:
		assert(len < DNS_HEADER_SIZE || data[2] & 0x80 ||
		       size < 12 + 255 + 4 + 11 + 6 + 54);
		break;
	case DNS_VERDICT_N:
		abort();
	}
	free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t networks[] = { 1, 2 };
	static const struct dns_link links[] = {
		{ .alias = "db", .target = "x.y" },
		{ .alias = "a.b", .addr = { .family = AF_INET, .bytes = { 10 } } }
	};
	struct dns_view view = {
		.networks = networks, .n_networks = 2, .links = links, .n_links = 1
	};
	struct dns_policy policy = { .ttl_s = 5 };

	if (!table)
		make_table();
	if (size < 3)
		return 0;
	view.forward = data[0] & 1;
	view.all = data[0] & 2;
	policy.forward_single = data[0] & 4;
	policy.tcp = data[0] & 8;
	policy.random = data[1] * 0x01010101u;
	check_verdict(data + 2, size - 2, &view, &policy, DNS_TCP_MAX);
	check_verdict(data + 2, size - 2, &view, &policy, (size_t)data[1] * 4);
	return 0;
}
