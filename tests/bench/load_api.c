// SPDX-License-Identifier: GPL-2.0-or-later
// load_api.c - drives netd's API over one connection and times every request
//
// usage: load_api SOCKET attach PREFIX N     attaches N containers whose namespaces are PREFIX1 …
// PREFIXN
//        load_api SOCKET attach PREFIX N BEHIND
//                                            those behind so many: PREFIX(BEHIND + 1) …
//        load_api SOCKET attach PREFIX N SOCKET NETNS
//                                            and one to a second netd, which has no other, between
//                                            them
//        load_api SOCKET detach PREFIX N     detaches them, then waits until their links are gone
//        load_api SOCKET networks N          creates N networks, then removes them
//        load_api SOCKET ports CONTAINER N   publishes N ports in one request, then takes them
//        back;
//                                            medians of five rounds
#include "bench_api.h"

#include <net/if.h>
#include <poll.h>

#define ROUNDS 5
#define BESIDE_EACH 8 /* attaches there is one to the second netd */
#define BODY_MAX (1 << 20)

static char *body;

static size_t count_links(void)
{
	struct if_nameindex *names = if_nameindex();
	size_t n = 0;

	while (names && names[n].if_index)
		n++;
	if_freenameindex(names);
	return n;
}

/* Returns what netd used of a processor. */
static double attach_one(clockid_t clock, int number, const char *netns, double *ret_time)
{
	double before = bench_spent_us(clock);

	(void)snprintf(body, BODY_MAX,
		       "{\"Name\":\"bench%d\",\"NetnsPath\":\"%s\",\"Networks\":{\"bench\":{}},"
		       "\"PortBindings\":{\"80/"
		       "tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"%d\"}]}}",
		       number, netns, 9999 + number);
	*ret_time = bench_api_call("POST", "/netd/v1/containers", body, 201);
	return bench_spent_us(clock) - before;
}

/* A second netd, on a host of its own, with one container after the other and never two: whatever
 * else the machine does meanwhile makes its attaches dearer, too. */
struct beside {
	const char *netns;
	int sock; /* -1: there is none */
	clockid_t clock;
	double *spent;
	size_t n;
};

static void swap(struct beside *beside)
{
	int sock = bench_api_sock;

	bench_api_sock = beside->sock;
	beside->sock = sock;
}

static void beside_open(struct beside *beside, const char *socket, size_t n)
{
	swap(beside);
	bench_api_connect(socket);
	beside->clock = bench_api_clock();
	swap(beside);
	beside->spent = bench_alloc(n, sizeof(*beside->spent));
}

static void beside_attach(struct beside *beside)
{
	double time;

	swap(beside);
	beside->spent[beside->n++] = attach_one(beside->clock, 1, beside->netns, &time);
	(void)bench_api_call("DELETE", "/netd/v1/containers/bench1", "", 204);
	swap(beside);
}

static void attach(const char *prefix, int behind, int n, double *times, struct beside *beside)
{
	double *spent = bench_alloc((size_t)n, sizeof(*spent));
	const clockid_t clock = bench_api_clock();
	char netns[128];

	for (int i = 0; i < n; i++) {
		(void)snprintf(netns, sizeof(netns), "%s%d", prefix, behind + i + 1);
		spent[i] = attach_one(clock, behind + i + 1, netns, &times[i]);
		if (beside->sock >= 0 && i % BESIDE_EACH == 0)
			beside_attach(beside);
	}
	printf("{\"n\": %d, ", n);
	bench_print_tenths("attach", times, (size_t)n);
	printf(", ");
	bench_print("attach", times, (size_t)n);
	printf(", ");
	bench_print_spent("attach", spent, (size_t)n);
	if (beside->n > 0) {
		printf(", ");
		bench_print_spent("beside", beside->spent, beside->n);
	}
	printf("}\n");
}

static void detach(int n, double *times)
{
	size_t links = count_links();
	double start = bench_now_us();
	char path[64];

	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "/netd/v1/containers/bench%d", i + 1);
		times[i] = bench_api_call("DELETE", path, "", 204);
	}
	double replied = bench_now_us() - start;

	while (count_links() > links - (size_t)n)
		(void)poll(NULL, 0, 1);
	double swept = bench_now_us() - start;

	printf("{\"n\": %d, ", n);
	bench_print("detach", times, (size_t)n);
	printf(", \"replied_ms\": %.1f, \"swept_ms\": %.1f, \"swept_us\": %.1f}\n", replied / 1e3,
	       swept / 1e3, swept / n);
}

static void networks(int n, double *times)
{
	double *removals = bench_alloc((size_t)n, sizeof(*removals));
	char path[64];

	for (int i = 0; i < n; i++) {
		(void)snprintf(body, BODY_MAX, "{\"Name\":\"bench-net%d\"}", i);
		times[i] = bench_api_call("POST", "/networks/create", body, 201);
	}
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "/networks/bench-net%d", i);
		removals[i] = bench_api_call("DELETE", path, "", 204);
	}
	printf("{\"n\": %d, ", n);
	bench_print("create", times, (size_t)n);
	printf(", ");
	bench_print("remove", removals, (size_t)n);
	printf("}\n");
}

static void ports(const char *container, int n)
{
	char path[128];
	int at = snprintf(body, BODY_MAX, "{\"PortBindings\":{");

	for (int i = 0; i < n; i++)
		at += snprintf(body + at, BODY_MAX - (size_t)at,
			       "%s\"%d/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"%d\"}]",
			       i ? "," : "", 20000 + i, 20000 + i);
	(void)snprintf(body + at, BODY_MAX - (size_t)at, "}}");
	(void)snprintf(path, sizeof(path), "/netd/v1/containers/%s/ports", container);
	double on[ROUNDS], off[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		on[i] = bench_api_call("POST", path, body, 200);
		off[i] = bench_api_call("DELETE", path, body, 200);
	}
	printf("{\"n\": %d, \"publish_ms\": %.2f, \"unpublish_ms\": %.2f}\n", n,
	       bench_median(on, ROUNDS) / 1e3, bench_median(off, ROUNDS) / 1e3);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int n = bench_number(argc, argv, strcmp(argv[2], "networks") == 0 ? 3 : 4, 200);
	double *times = bench_alloc((size_t)n, sizeof(*times));
	struct beside beside = { .netns = argc > 6 ? argv[6] : NULL, .sock = -1 };

	bench_api_connect(argv[1]);
	body = bench_alloc(1, BODY_MAX);
	if (argc > 6)
		beside_open(&beside, argv[5], (size_t)n);
	if (strcmp(argv[2], "attach") == 0)
		attach(argv[3], argc == 6 ? bench_number(argc, argv, 5, 0) : 0, n, times, &beside);
	else if (strcmp(argv[2], "detach") == 0)
		detach(n, times);
	else if (strcmp(argv[2], "networks") == 0)
		networks(n, times);
	else if (strcmp(argv[2], "ports") == 0)
		ports(argv[3], n);
	else
		return 2;
	return 0;
}
