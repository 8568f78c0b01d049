// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_bench.c - what each step of an attach and a detach costs
#include "base/cleanup.h"
#include "kernel/netns.h"
#include "rtnl_tool.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { STEP_LINK, STEP_INSIDE, STEP_ATTACH, STEP_DOOM, N_STEPS };

struct bench {
	struct rtnl *rtnl;
	int n, bridge;
	bool ipv6;
	int *netns, *ifindex;
	double *us[N_STEPS];
	struct rtnl_inside setup;
	struct error error;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts. What else runs on the machine moves a mean, and hardly this. */
static double median(double *us, int n)
{
	qsort(us, (size_t)n, sizeof(*us), compare);
	return us[n / 2];
}

static int inside(void *data)
{
	struct bench *bench = data;
	_cleanup_(rtnl_closep) struct rtnl *rtnl = NULL;
	int err = rtnl_open(&rtnl, &bench->error);

	return err < 0 ? err : rtnl_inside_setup(rtnl, &bench->setup, &bench->error);
}

static int attach(struct bench *bench, int i)
{
	char name[IFNAME_LEN_MAX + 1], mac[MAC_STR_MAX];
	struct rtnl_veth veth = {
		.host_name = name,
		.peer_name = "eth0",
		.netns_fd = bench->netns[i],
		.master = bench->bridge,
		.master_name = "bench0",
		.mtu = 1500,
		.isolated = false,
		.hairpin = true,
		.alias = "0123456789ab on bench",
	};
	double start = now_us(), middle, end;

	snprintf(name, sizeof(name), "nv%d", i);
	snprintf(mac, sizeof(mac), "02:42:0a:c8:%02x:%02x", (i >> 8) & 0xff, i & 0xff);
	mac_parse(mac, &veth.mac);
	if (rtnl_veth_create(bench->rtnl, &veth, &bench->ifindex[i], &bench->error) < 0)
		return -1;
	middle = now_us();
	addr_add(&bench->setup.gateway[FAMILY_4], (uint64_t)i + 1,
		 &bench->setup.addr[FAMILY_4].addr);
	if (bench->ipv6)
		addr_add(&bench->setup.gateway[FAMILY_6], (uint64_t)i + 1,
			 &bench->setup.addr[FAMILY_6].addr);
	if (netns_run(bench->netns[i], inside, bench) < 0)
		return -1;
	end = now_us();
	bench->us[STEP_LINK][i] = middle - start;
	bench->us[STEP_INSIDE][i] = end - middle;
	bench->us[STEP_ATTACH][i] = end - start;
	return 0;
}

static int make_bridge(struct bench *bench)
{
	struct rtnl_bridge bridge = {
		.name = "bench0", .mtu = 1500, .ipv6 = bench->ipv6, .alias = "netd network bench"
	};
	double start = now_us();

	mac_parse("02:42:00:00:00:01", &bridge.mac);
	prefix_parse("10.200.0.1/16", &bridge.addr[FAMILY_4]);
	prefix_parse("fd00:200::1/64", &bridge.addr[FAMILY_6]);
	bench->setup = (struct rtnl_inside) { .ifname = "eth0",
					      .addr[FAMILY_4] = bridge.addr[FAMILY_4],
					      .gateway[FAMILY_4] = bridge.addr[FAMILY_4].addr,
					      .ipv6 = bench->ipv6 };
	if (bench->ipv6) {
		bench->setup.addr[FAMILY_6] = bridge.addr[FAMILY_6];
		bench->setup.gateway[FAMILY_6] = bridge.addr[FAMILY_6].addr;
	}
	if (rtnl_bridge_ensure(bench->rtnl, &bridge, &bench->bridge, &bench->error) < 0)
		return -1;
	printf("bridge us=%.0f\n", now_us() - start);
	return 0;
}

static int make_namespaces(struct bench *bench)
{
	struct rlimit limit = { 65536, 65536 };

	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < bench->n; i++) {
		if (unshare(CLONE_NEWNET) < 0)
			return -1;
		bench->netns[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (bench->netns[i] < 0)
			return -1;
	}
	return setns(netns_self_fd(), CLONE_NEWNET);
}

static int bench_run(struct bench *bench)
{
	int n = bench->n, tenth = n / 10;
	double start;

	if (make_namespaces(bench) < 0 || make_bridge(bench) < 0)
		return -1;
	start = now_us();
	for (int i = 0; i < n; i++)
		if (attach(bench, i) < 0)
			return -1;
	printf("attach n=%d mean_us=%.0f first10%%=%.0f last10%%=%.0f\n", n, (now_us() - start) / n,
	       median(bench->us[STEP_ATTACH], tenth),
	       median(bench->us[STEP_ATTACH] + n - tenth, tenth));
	for (int i = 0; i < n; i++) {
		start = now_us();
		if (rtnl_link_doom(bench->rtnl, bench->ifindex[i], &bench->error) < 0)
			return -1;
		bench->us[STEP_DOOM][i] = now_us() - start;
	}
	printf("attach_us p50=%.0f (link %.0f, inside %.0f) doom p50=%.0f\n",
	       median(bench->us[STEP_ATTACH], n), median(bench->us[STEP_LINK], n),
	       median(bench->us[STEP_INSIDE], n), median(bench->us[STEP_DOOM], n));
	start = now_us();
	if (rtnl_link_sweep(bench->rtnl, &bench->error) < 0)
		return -1;
	printf("sweep mean_us=%.0f\n", (now_us() - start) / n);
	return 0;
}

int tool_bench(struct rtnl *rtnl, char **argv)
{
	struct bench bench = { .rtnl = rtnl, .n = atoi(argv[0]) };
	int err;

	if (bench.n <= 0)
		return 2;
	bench.ipv6 = argv[1] && strcmp(argv[1], "v6") == 0;
	bench.netns = calloc((size_t)bench.n, sizeof(*bench.netns));
	bench.ifindex = calloc((size_t)bench.n, sizeof(*bench.ifindex));
	for (int i = 0; i < N_STEPS; i++)
		bench.us[i] = calloc((size_t)bench.n, sizeof(*bench.us[i]));
	err = bench_run(&bench);
	for (int i = 0; i < N_STEPS; i++)
		free(bench.us[i]);
	for (int i = 0; i < bench.n; i++)
		if (bench.netns[i] > 0)
			(void)close(bench.netns[i]);
	free(bench.ifindex);
	free(bench.netns);
	return err < 0 ? tool_fail(&bench.error) : 0;
}

int tool_fill(struct rtnl *rtnl, char **argv)
{
	char host[IFNAME_LEN_MAX + 1], peer[IFNAME_LEN_MAX + 1];
	struct rtnl_veth veth = { .host_name = host,
				  .peer_name = peer,
				  .netns_fd = netns_self_fd(),
				  .master_name = argv[0] };
	struct error error = { 0 };
	struct rtnl_link bridge;
	int ifindex, n = atoi(argv[1]);

	if (rtnl_link_by_name(rtnl, argv[0], &bridge, &error) < 0)
		return 2;
	veth.master = bridge.ifindex;
	for (int i = 0; i < n; i++) {
		snprintf(host, sizeof(host), "fh%d", i);
		snprintf(peer, sizeof(peer), "fp%d", i);
		if (rtnl_veth_create(rtnl, &veth, &ifindex, &error) < 0) {
			printf("%d ports\n", i);
			return tool_fail(&error);
		}
		if (rtnl_link_doom(rtnl, ifindex, &error) < 0) /* so that one sweep clears up */
			return tool_fail(&error);
	}
	printf("%d ports\n", n);
	return 0;
}
