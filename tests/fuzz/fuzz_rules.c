// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_rules.c - any bytes as a ruleset: what is read is walked to an end, and can be printed
#include "diag/rules/rules.h"

#include <assert.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct facts_element *element(void *data, const struct facts_element_asked *asked)
{
	static struct facts_element answer;

	(void)data;
	assert(asked->key_len <= sizeof(asked->key));
	answer = (struct facts_element) { .has_verdict = asked->key[0] & 1,
					  .verdict = -(asked->key[0] & 7),
					  .data_len = asked->key_len };
	return &answer;
}

static bool fib(void *data, const struct rules_fib_asked *asked, struct rules_fib *ret_fib)
{
	(void)data;
	*ret_fib = (struct rules_fib) { .type = RTN_LOCAL, .oif = asked->ifindex };
	return asked->addr.bytes[3] & 1;
}

static bool address(void *data, const struct rules_link *link, const struct addr *to,
		    struct addr *ret_addr)
{
	(void)data;
	(void)link;
	*ret_addr = *to;
	return true;
}

static void check_result(const struct rules_result *result)
{
	char text[120];

	assert(result->verdict < RULES_N_VERDICTS);
	for (size_t i = 0; i < result->n_steps; i++) {
		assert(result->steps[i].table && result->steps[i].chain);
		(void)rules_print(result->steps[i].rule, text, sizeof(text));
		assert(memchr(text, '\0', sizeof(text)));
	}
	for (size_t i = 0; i < result->n_doubts; i++)
		assert(memchr(result->doubts[i].what, '\0', sizeof(result->doubts[i].what)));
}

static void check_hook(const struct rules *rules, uint8_t pf, unsigned int hook,
		       const struct rules_packet *packet, const struct rules_ask *ask)
{
	struct rules_result result;
	struct rules_packet answer;
	int err = rules_hook(rules, pf, hook, packet, ask, &result);

	if (err < 0) {
		assert(err == -E2BIG);
		return;
	}
	check_result(&result);
	rules_answer(&result.packet, &answer);
	rules_result_done(&result);
}

static struct rules_packet packet_of(uint8_t family, uint8_t protocol)
{
	struct rules_packet packet = { .known = RULES_KNOWS_ALL & ~(uint32_t)RULES_KNOWS_UID,
				       .protocol = protocol,
				       .sport = 4000,
				       .dport = 80,
				       .ttl = 64,
				       .length = 60,
				       .has_macs = true };

	packet.src.family = packet.dst.family = family;
	packet.src.bytes[0] = packet.dst.bytes[0] = 10;
	packet.dst.bytes[3] = 1;
	packet.iif = (struct rules_link) { .index = 2, .name = "v0", .type = 1 };
	packet.oif = (struct rules_link) { .index = 3, .name = "v1", .type = 1 };
	return packet;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t pfs[] = { NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_BRIDGE, NFPROTO_ARP,
				       NFPROTO_NETDEV };
	struct rules_ask ask = { .element = element, .fib = fib, .address = address };
	struct rules *rules;

	if (rules_decode(data, size, &rules) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(pfs); i++) {
		uint8_t family = pfs[i] == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
		struct rules_packet tcp = packet_of(family, IPPROTO_TCP);
		struct rules_packet icmp = packet_of(family, IPPROTO_ICMP);

		icmp.known = 0;
		tcp.arp_op = pfs[i] == NFPROTO_ARP;
		for (unsigned int hook = 0; hook <= NF_INET_NUMHOOKS; hook++) {
			check_hook(rules, pfs[i], hook, &tcp, &ask);
			check_hook(rules, pfs[i], hook, &icmp, NULL);
		}
	}
	rules_free(rules);
	return 0;
}
