// SPDX-License-Identifier: GPL-2.0-or-later
// bench_dns_answer.c - what one local answer costs in dns_answer: nanoseconds and, by callgrind,
// instructions
#include "bench.h"

#include "dns/answer.h"
#include "dns/msg.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Child: this program under callgrind, which counts inside dns_answer only. */
static void exec_callgrind(const char *self, const char *out, size_t which)
{
	char file[64], number[16];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)snprintf(file, sizeof(file), "--callgrind-out-file=%s", out);
	(void)snprintf(number, sizeof(number), "%zu", which);
	(void)dup2(null, STDERR_FILENO);
	execlp("valgrind", "valgrind", "--tool=callgrind", "--toggle-collect=dns_answer", file,
	       self, number, (char *)NULL);
	_exit(127);
}

/* 0: there is no valgrind here. */
static unsigned long count_instructions(const char *self, size_t which)
{
	char out[] = "/tmp/bench_dns_answer.XXXXXX", line[256];
	unsigned long total = 0;
	int fd = mkstemp(out), status = -1;
	pid_t pid = fork();

	if (fd < 0 || pid < 0)
		bench_die("callgrind");
	if (pid == 0)
		exec_callgrind(self, out, which);
	(void)waitpid(pid, &status, 0);
	FILE *file = fdopen(fd, "r");

	while (file && status == 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, "totals:", 7) == 0 || strncmp(line, "summary:", 8) == 0)
			total = strtoul(strchr(line, ':') + 1, NULL, 10);
	if (file)
		(void)fclose(file);
	(void)unlink(out);
	return total / COUNTED;
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

/* usage: bench_dns_answer            all scenarios
 *        bench_dns_answer NUMBER     that scenario a thousand times, for callgrind */
int main(int argc, char **argv)
{
	struct dns_table *table = make_table();
	size_t n = sizeof(scenarios) / sizeof(scenarios[0]);

	if (argc > 1)
		(void)answer_often(table, &scenarios[(size_t)bench_number(argc, argv, 1, 0) % n],
				   COUNTED);
	for (size_t i = 0; argc == 1 && i < n; i++) {
		printf("{\"bench\": \"dns_answer\", \"case\": \"%s\", \"ns\": %.0f, "
		       "\"instructions\": %lu}\n",
		       scenarios[i].what, measure_ns(table, &scenarios[i]),
		       count_instructions(argv[0], i));
		(void)fflush(stdout);
	}
	dns_table_free(table);
	return 0;
}
