// SPDX-License-Identifier: GPL-2.0-or-later
// bench_dns_answer.c - what one local answer costs in dns_answer: nanoseconds and, by callgrind,
// instructions
#include "bench_count.h"

#include "dns/answer.h"
#include "dns/msg.h"

#define N_CONTAINERS 1000
#define N_NETWORKS 10
#define COUNTED 1000 /* answers under callgrind */

static const uint32_t networks[] = { 2, 3, 4 };
static const struct dns_view view = { .networks = networks, .n_networks = 3, .forward = true };

struct scenario {
	const char *what, *name;
	uint16_t type;
	bool edns;
};

static const struct scenario scenarios[] = {
	{ "A", "container-501", DNS_TYPE_A, false },
	{ "A with EDNS", "container-501", DNS_TYPE_A, true },
	{ "A in the third network", "container-503", DNS_TYPE_A, false },
	{ "NAME.NETWORK", "container-501.network-2", DNS_TYPE_A, true },
	{ "A of 20 addresses", "shared", DNS_TYPE_A, true },
	{ "AAAA: NODATA", "container-501", DNS_TYPE_AAAA, false },
	{ "PTR", "246.1.0.10.in-addr.arpa", DNS_TYPE_PTR, false },
	{ "unknown: NXDOMAIN", "nobody", DNS_TYPE_A, false },
	{ "forwarded", "www.example.org", DNS_TYPE_A, true },
};

static void add(struct dns_table *table, uint32_t network, const char *name, const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0 || dns_table_add(table, network, name, &addr, true) < 0)
		bench_die("dns_table_add");
}

/* A thousand containers spread over ten networks, with a name and an id each. */
static struct dns_table *make_table(void)
{
	struct dns_table *table = dns_table_new();
	char name[64], addr[32];

	if (!table)
		bench_die("dns_table_new");
	for (uint32_t i = 1; i <= N_NETWORKS; i++) {
		(void)snprintf(name, sizeof(name), "network-%u", i);
		if (dns_table_network(table, i, name, false) < 0)
			bench_die("dns_table_network");
	}
	for (uint32_t i = 0; i < N_CONTAINERS; i++) {
		uint32_t network = i % N_NETWORKS + 1;

		(void)snprintf(addr, sizeof(addr), "10.0.%u.%u", i / 255, i % 255 + 1);
		(void)snprintf(name, sizeof(name), "container-%u", i);
		add(table, network, name, addr);
		(void)snprintf(name, sizeof(name), "%012x", i * 2654435761u);
		add(table, network, name, addr);
		if (i < 20)
			add(table, 2, "shared", addr);
	}
	return table;
}

static size_t make_query(const struct scenario *scenario, uint8_t *out, size_t size)
{
	struct dns_name name;
	struct dns_query query = { .id = 1,
				   .flags = DNS_FLAG_RD,
				   .type = scenario->type,
				   .class = DNS_CLASS_IN,
				   .edns = scenario->edns,
				   .udp_size = 1232 };

	if (dns_name_from_text(scenario->name, &name) < 0)
		bench_die(scenario->name);
	query.name = name.wire;
	query.name_len = name.len;
	return dns_query_write(&query, out, size);
}

static size_t answer_often(const struct dns_table *table, const struct scenario *scenario, size_t n)
{
	struct dns_policy policy = { .ttl_s = 5 };
	struct dns_question question;
	uint8_t query[512], reply[DNS_UDP_EDNS_SIZE];
	size_t query_len = make_query(scenario, query, sizeof(query)), len = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		policy.random = (uint32_t)i * 2654435761u;
		dns_answer(table, &view, &policy, query, query_len, reply, sizeof(reply), &len,
			   &question);
		sum += len;
	}
	return sum;
}

static double measure_ns(const struct dns_table *table, const struct scenario *scenario)
{
	const size_t n = 300000;
	double best = 1e12;

	for (int round = 0; round < 5; round++) {
		double start = bench_now_us();

		(void)answer_often(table, scenario, n);
		double ns = (bench_now_us() - start) * 1e3 / (double)n;

		best = ns < best ? ns : best;
	}
	return best;
}

/* usage: bench_dns_answer                  all cases, in nanoseconds and instructions
 *        bench_dns_answer instructions     without the nanoseconds
 *        bench_dns_answer NUMBER           that case a thousand times, for callgrind */
int main(int argc, char **argv)
{
	struct dns_table *table = make_table();
	size_t n = sizeof(scenarios) / sizeof(scenarios[0]);

	if (bench_is_counted(argc, argv)) {
		(void)answer_often(table, &scenarios[(size_t)bench_number(argc, argv, 1, 0) % n],
				   COUNTED);
		n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		printf("{\"bench\": \"dns_answer\", \"case\": \"%s\", ", scenarios[i].what);
		if (!bench_counts_only(argc, argv))
			printf("\"ns\": %.0f, ", measure_ns(table, &scenarios[i]));
		printf("\"instructions\": %lu}\n", bench_count(argv[0], "dns_answer", i) / COUNTED);
		(void)fflush(stdout);
	}
	dns_table_free(table);
	return 0;
}
