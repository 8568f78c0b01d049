// SPDX-License-Identifier: GPL-2.0-or-later
// bench_change.c - what choosing an address and putting a change of the ruleset into messages cost:
// nanoseconds and, by callgrind, instructions
#include "bench_count.h"

#include "base/addr.h"
#include "kernel/nft_batch.h"
#include "model/container/container.h"
#include "model/ipam/ipam.h"
#include "model/network/network.h"
#include "model/rules/ruleset.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define COUNTED 1000	  /* changes under callgrind */
#define N_CONTAINERS 1000 /* that have an address already */

static struct network network = { .spec = { .name = "front",
					    .bridge = "br-front",
					    .icc = true,
					    .masquerade = true,
					    .has[FAMILY_4] = true,
					    .has[FAMILY_6] = true } };
static struct container container = { .spec.name = "web" };
static struct endpoint endpoint = { .network = &network, .container = &container };
static struct ipam_pool *pool;
static struct nft_batch batch;
static struct ruleset_elems elems;

static struct addr address(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0)
		bench_die(text);
	return addr;
}

static void make_world(void)
{
	struct addr taken;
	struct error error = { 0 };
	char name[32];

	network.spec.kind = kind_default();
	if (prefix_parse("10.1.0.0/16", &network.spec.subnet[FAMILY_4].prefix) < 0 ||
	    prefix_parse("fd00:1::/64", &network.spec.subnet[FAMILY_6].prefix) < 0 ||
	    ipam_pool_new(&network.spec.subnet[FAMILY_4], &pool) < 0)
		bench_die("ipam_pool_new");
	for (int i = 0; i < N_CONTAINERS; i++) {
		(void)snprintf(name, sizeof(name), "container-%d", i);
		if (ipam_alloc(pool, name, &taken, &error) < 0)
			bench_die("ipam_alloc");
	}
	endpoint.ip[FAMILY_4] = address("10.1.0.9");
	endpoint.ip[FAMILY_6] = address("fd00:1::9");
}

/* An address is chosen for somebody new, and given back. */
static void change_addresses(size_t i)
{
	struct addr addr;
	struct error error = { 0 };
	char name[32];

	(void)snprintf(name, sizeof(name), "new-%zu", i);
	if (ipam_alloc(pool, name, &addr, &error) < 0)
		bench_die("ipam_alloc");
	ipam_release(pool, &addr);
}

static void send_nowhere(void)
{
	nft_elem_append(&batch, RULESET_TABLE, &elems, true);
	if (batch.err || elems.err || batch.len == 0)
		bench_die("nft_elem_append");
	nft_batch_clear(&batch);
	elems.n = 0;
}

/* What an attach lets in and publishes: the addresses of an endpoint, and one port of each family.
 */
static void change_endpoint(size_t i)
{
	struct port port4 = { .protocol = IPPROTO_TCP,
			      .host_addr = address("0.0.0.0"),
			      .host_port = (uint16_t)(1024 + i),
			      .container_port = 80,
			      .target = endpoint.ip[FAMILY_4] };
	struct port port6 = port4;

	port6.host_addr = address("::");
	port6.target = endpoint.ip[FAMILY_6];
	ruleset_add_sources(&elems, &endpoint, &endpoint);
	ruleset_add_port(&elems, &port4, &container);
	ruleset_add_port(&elems, &port6, &container);
	send_nowhere();
}

/* What a new network puts into the table. */
static void change_network(size_t i)
{
	(void)i;
	ruleset_add_network(&elems, &network);
	send_nowhere();
}

static const struct {
	const char *what;
	void (*change)(size_t i);
} cases[] = {
	{ "address chosen and given back", change_addresses },
	{ "elements of an endpoint with a port", change_endpoint },
	{ "elements of a network", change_network },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

BENCH_COUNTED static void bench_change_often(size_t which, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cases[which].change(i);
}

static double measure_ns(size_t which)
{
	const size_t n = 30000;
	double best = 1e12;

	for (int round = 0; round < 5; round++) {
		double start = bench_now_us();

		bench_change_often(which, n);
		double ns = (bench_now_us() - start) * 1e3 / (double)n;

		best = ns < best ? ns : best;
	}
	return best;
}

/* usage: bench_change                  all cases, in nanoseconds and instructions
 *        bench_change instructions     without the nanoseconds
 *        bench_change NUMBER           that case a thousand times, for callgrind */
int main(int argc, char **argv)
{
	make_world();
	/* Once before, so that what grows has grown. */
	for (size_t i = 0; i < N_CASES; i++)
		cases[i].change(0);
	if (bench_is_counted(argc, argv))
		bench_change_often((size_t)bench_number(argc, argv, 1, 0) % N_CASES, COUNTED);
	for (size_t i = 0; !bench_is_counted(argc, argv) && i < N_CASES; i++) {
		printf("{\"bench\": \"change\", \"case\": \"%s\", ", cases[i].what);
		if (!bench_counts_only(argc, argv))
			printf("\"ns\": %.0f, ", measure_ns(i));
		printf("\"instructions\": %lu}\n",
		       bench_count(argv[0], "bench_change_often", i) / COUNTED);
		(void)fflush(stdout);
	}
	ruleset_elems_done(&elems);
	nft_batch_done(&batch);
	ipam_pool_free(pool);
	return 0;
}
