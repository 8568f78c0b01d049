// SPDX-License-Identifier: GPL-2.0-or-later
// facts_sample.c - facts with something in every list
#include "facts_sample.h"

#include "base/cleanup.h"
#include "diag/facts_answers.h"

#include <errno.h>
#include <string.h>

/* A list of copies of one item. */
#define FILL(owner, list, n, ...)                                                                  \
	({                                                                                         \
		(owner)->list = calloc(n, sizeof(*(owner)->list));                                 \
		for (size_t fill = 0; (owner)->list && fill < (n); fill++)                         \
			(owner)->list[fill] = (__typeof__(*(owner)->list))__VA_ARGS__;             \
		(owner)->n_##list = (owner)->list ? (n) : 0;                                       \
		(owner)->list != NULL;                                                             \
	})

static struct addr addr(const char *text)
{
	struct addr addr = { 0 };

	(void)addr_parse(text, &addr);
	return addr;
}

static struct prefix prefix(const char *text)
{
	struct prefix prefix = { 0 };

	(void)prefix_parse(text, &prefix);
	return prefix;
}

static bool fill_belief(struct facts *facts)
{
	struct facts_network *network;
	struct facts_container *container;

	if (!FILL(facts, networks, 2,
		  { .name = "blue",
		    .driver = "bridge",
		    .subnet = { prefix("10.61.0.0/24"), prefix("fd61::/64") },
		    .gateway = { addr("10.61.0.1") },
		    .mtu = 1500,
		    .icc = true,
		    .masquerade = { true, false } }) ||
	    !FILL(facts, containers, 1,
		  { .name = "db", .id = "0123456789ab", .space = "0123456789ab", .pid = 4711 }))
		return false;
	network = &facts->networks[0];
	network->bridges = calloc(1, sizeof(*network->bridges));
	if (!network->bridges)
		return false;
	network->n_bridges = 1;
	memcpy(network->bridges[0], "br-blue", 8);
	if (!FILL(network, services, 1,
		  { .name = "web", .addr = { addr("10.61.0.200") }, .knows_far = true }) ||
	    !FILL(&network->services[0], ports, 2, { IPPROTO_TCP, 80, 8080, 8000 }) ||
	    !FILL(&network->services[0], far, 2,
		  { .name = "web-2",
		    .host = "b",
		    .addr = { addr("10.61.0.66"), addr("fd61::42") },
		    .tunnel = addr("192.0.2.11"),
		    .mac = { { 2, 0, 0, 0, 0, 7 } } }) ||
	    !FILL(&network->services[0], refused, 1,
		  { .host = "b",
		    .protocol = IPPROTO_TCP,
		    .port = 8000,
		    .why = "port 8000/tcp is in use by python3" }))
		return false;
	container = &facts->containers[0];
	if (!FILL(container, names, 2, NULL) || !FILL(container, services, 1, NULL) ||
	    !FILL(container, endpoints, 1,
		  { .network = "blue",
		    .ifname = "eth0",
		    .addr = { prefix("10.61.0.3/24") },
		    .mac = { { 2, 66, 1, 2, 3, 4 } } }) ||
	    !FILL(container, ports, 1,
		  { .host = addr("0.0.0.0"), .host_port = 8080, .port = 80, .count = 3 }))
		return false;
	container->names[0] = strdup("database");
	container->names[1] = strdup("a \"b\" \\ \n\x01 \xc3\xa4"); /* all that is escaped */
	container->services[0] = strdup("web");
	return container->names[0] && container->names[1] && container->services[0];
}

static bool fill_lists(struct facts_space *space)
{
	return FILL(space, links, 2,
		    { .ifindex = 7,
		      .name = "veth0",
		      .kind = "veth",
		      .flags = 0x1043,
		      .mtu = 1500,
		      .is_port = true,
		      .brport = { .state = 3, .flood = true },
		      .qdisc = "tbf",
		      .qdisc_drops = 1ULL << 40 }) &&
	       FILL(space, addrs, 1, { 7, prefix("10.61.0.1/24"), 0x80 }) &&
	       FILL(space, routes, 3, { .dst = prefix("0.0.0.0/0"), .table = 254, .type = 1 }) &&
	       FILL(space, rules, 1,
		    { .priority = 32766,
		      .table = 254,
		      .suppress_prefix = -1,
		      .dport = { 80, 90 },
		      .uid = { 0, UINT32_MAX } }) &&
	       FILL(space, neighbours, 1, { 7, addr("fe80::1"), { { 2 } }, 0x40, true }) &&
	       FILL(space, entries, 1, { 7, 3, { { 2, 66 } }, addr("192.0.2.11"), 1, 0x80, 2 }) &&
	       FILL(space, sockets, 1,
		    { .protocol = 6, .state = 10, .addr = addr("127.0.0.1"), .port = 5432 }) &&
	       FILL(space, values, 2, { "net.ipv4.ip_forward", -1 }) &&
	       FILL(space, policies, 1, { .dst = prefix("10.9.0.0/16"), .action = 1 }) &&
	       FILL(space, legacy, 1, NULL);
}

static bool fill_space(struct facts *facts, const char *key)
{
	struct facts_space *space = facts_add_space(facts, key);

	if (!space || !fill_lists(space))
		return false;
	space->netns = 4026531840;
	space->legacy[0] = strdup("ip filter");
	space->ruleset = malloc(256);
	if (!space->legacy[0] || !space->ruleset)
		return false;
	for (int i = 0; i < 256; i++)
		space->ruleset[i] = (uint8_t)i;
	space->ruleset_len = 256;
	memcpy(space->hosts, "127.0.0.1 localhost\n", 21);
	return facts_missing(space, "policies", -EPERM) == 0;
}

static bool keep(struct facts *facts, const struct facts_answered *answered)
{
	struct facts_answered *copy = malloc(sizeof(*copy));

	if (copy)
		*copy = *answered;
	return copy && facts_keep(facts, copy) == 0;
}

static bool fill_answers(struct facts *facts)
{
	const struct facts_answered answers[] = {
		{ .kind = FACTS_KIND_WAY,
		  .space = "host",
		  .way = { { .dst = addr("10.61.0.3"), .protocol = 6, .dport = 5432 },
			   { .oif = 7, .matched = prefix("10.61.0.0/24") } } },
		{ .kind = FACTS_KIND_WAY,
		  .space = "host",
		  .way = { { .dst = addr("192.0.2.1") }, { .err = -ENETUNREACH } } },
		{ .kind = FACTS_KIND_TAKER,
		  .space = "0123456789ab",
		  .taker = { { .protocol = 6, .dport = 5432 },
			     { .socket = { .port = 5432, .inode = 9 } } } },
		{ .kind = FACTS_KIND_ELEMENT,
		  .space = "host",
		  .element = { { .family = 2,
				 .table = "netd",
				 .set = "a",
				 .key = { 10, 0xff },
				 .key_len = 4 },
			       { .has_verdict = true, .verdict = -3, .chain = "c" } } },
		{ .kind = FACTS_KIND_FLOW,
		  .space = "host",
		  .flow = { { .protocol = 17 }, { .err = -ENOENT } } },
		{ .kind = FACTS_KIND_OWNER,
		  .space = "host",
		  .owner = { { 9 }, { .pid = 4711, .process = "postgres", .state = 'S' } } },
		{ .kind = FACTS_KIND_ELSEWHERE,
		  .space = "0123456789ab",
		  .elsewhere = { { .pid = 4711, .protocol = 6, .port = 80 },
				 { .netns = 4026532001, .pid = 4712, .process = "nginx" } } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (!keep(facts, &answers[i]))
			return false;
	return true;
}

int facts_sample(struct facts *ret_facts)
{
	*ret_facts = (struct facts) { .source = "netd", .generation = 12, .kernel = "6.18.0" };
	return fill_belief(ret_facts) && fill_space(ret_facts, "host") &&
			       fill_space(ret_facts, "0123456789ab") && fill_answers(ret_facts)
		       ? 0
		       : -ENOMEM;
}
