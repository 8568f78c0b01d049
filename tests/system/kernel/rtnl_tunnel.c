// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_tunnel.c - tunnels between hosts and the entries that lead through them
#include "base/cleanup.h"
#include "kernel/rtnl_far.h"
#include "kernel/rtnl_vxlan.h"
#include "rtnl_tool.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int index_of(const char *name)
{
	unsigned int index = if_nametoindex(name);

	if (index == 0) {
		fprintf(stderr, "no link %s\n", name);
		exit(2);
	}
	return (int)index;
}

static void addr_of(const char *text, struct addr *ret_addr)
{
	if (strcmp(text, "-") != 0 && addr_parse(text, ret_addr) < 0)
		exit(2);
}

/* vxlan NAME VNI LOCAL MTU MAC BRIDGE [isolated] */
int tool_vxlan(struct rtnl *rtnl, char **argv)
{
	struct rtnl_vxlan vxlan = {
		.name = argv[0],
		.vni = (uint32_t)atoi(argv[1]),
		.mtu = (uint32_t)atoi(argv[3]),
		.master = index_of(argv[5]),
		.isolated = argv[6] && strcmp(argv[6], "isolated") == 0,
		.alias = "netd tunnel test",
	};
	struct error error = { 0 };
	struct rtnl_link link;
	int ifindex;

	addr_of(argv[2], &vxlan.local);
	if (mac_parse(argv[4], &vxlan.mac) < 0)
		return 2;
	if (rtnl_vxlan_ensure(rtnl, &vxlan, &ifindex, &error) < 0)
		return tool_fail(&error);
	if (rtnl_link_by_index(rtnl, ifindex, &link, &error) < 0)
		return tool_fail(&error);
	printf("%d vni=%u local=%s%s%s group=%u\n", ifindex, link.vni, ADDR_STR(&link.tunnel),
	       link.port & RTNL_PORT_FIXED ? " fixed" : "",
	       link.port & RTNL_PORT_ISOLATED ? " isolated" : "", link.group);
	return 0;
}

/* far put|take TUNNEL BRIDGE MAC HOST|- ADDR4|- ADDR6|- */
int tool_far(struct rtnl *rtnl, char **argv)
{
	struct rtnl_far far = { 0 };
	struct error error = { 0 };
	bool put = strcmp(argv[0], "put") == 0;

	if (mac_parse(argv[3], &far.mac) < 0)
		return 2;
	addr_of(argv[4], &far.host);
	addr_of(argv[5], &far.addr[FAMILY_4]);
	addr_of(argv[6], &far.addr[FAMILY_6]);
	if ((put ? rtnl_far_put : rtnl_far_take)(rtnl, index_of(argv[1]), index_of(argv[2]), &far,
						 1, &error) < 0)
		return tool_fail(&error);
	return 0;
}

/* fars TUNNEL BRIDGE: a line for each entry */
int tool_fars(struct rtnl *rtnl, char **argv)
{
	static const char *const parts[] = { "tunnel", "port", "neighbour" };
	_cleanup_free_ struct rtnl_far_entry *entries = NULL;
	struct error error = { 0 };
	size_t n;

	if (rtnl_far_all(rtnl, index_of(argv[0]), index_of(argv[1]), &entries, &n, &error) < 0)
		return tool_fail(&error);
	for (size_t i = 0; i < n; i++)
		printf("%s %s %s\n", parts[entries[i].part], MAC_STR(&entries[i].mac),
		       ADDR_STR(&entries[i].addr));
	return 0;
}

static double now_ms(void)
{
	struct timespec t;

	/* Of a processor: other programs do not count. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Containers of 10.9.0.0/16 and fd09::/64, on one of a hundred hosts each. */
static struct rtnl_far *make_many(size_t n)
{
	struct rtnl_far *fars = calloc(n, sizeof(*fars));

	for (size_t i = 0; fars && i < n; i++) {
		const uint8_t high = (uint8_t)(i >> 8), low = (uint8_t)i;

		fars[i].mac = (struct mac) { { 2, 0x42, 10, 9, high, low } };
		fars[i].host = (struct addr) { AF_INET, { 192, 0, 2, (uint8_t)(100 + i % 100) } };
		fars[i].addr[FAMILY_4] = (struct addr) { AF_INET, { 10, 9, high, low } };
		fars[i].addr[FAMILY_6] = (struct addr) { AF_INET6, { 0xfd, 9 } };
		fars[i].addr[FAMILY_6].bytes[14] = high;
		fars[i].addr[FAMILY_6].bytes[15] = low;
	}
	return fars;
}

/* fill TUNNEL BRIDGE N: puts N, lists them and takes them; how long each took */
int tool_far_many(struct rtnl *rtnl, char **argv)
{
	const int tunnel = index_of(argv[0]), bridge = index_of(argv[1]);
	const size_t n = (size_t)atoi(argv[2]);
	_cleanup_free_ struct rtnl_far *fars = make_many(n);
	_cleanup_free_ struct rtnl_far_entry *entries = NULL;
	struct error error = { 0 };
	size_t n_entries;
	double start = now_ms(), put, listed;

	if (!fars || rtnl_far_put(rtnl, tunnel, bridge, fars, n, &error) < 0)
		return tool_fail(&error);
	put = now_ms();
	if (rtnl_far_all(rtnl, tunnel, bridge, &entries, &n_entries, &error) < 0)
		return tool_fail(&error);
	listed = now_ms();
	if (rtnl_far_take(rtnl, tunnel, bridge, fars, n, &error) < 0)
		return tool_fail(&error);
	printf("entries=%zu put_ms=%.0f list_ms=%.0f take_ms=%.0f\n", n_entries, put - start,
	       listed - put, now_ms() - listed);
	return 0;
}
