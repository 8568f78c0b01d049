// SPDX-License-Identifier: GPL-2.0-or-later
// load_api.c - drives netd's API over one connection and times every request
//
// usage: load_api SOCKET attach PREFIX N     attaches N containers whose namespaces are PREFIX1 …
// PREFIXN
//        load_api SOCKET detach PREFIX N     detaches them, then waits until their links are gone
//        load_api SOCKET networks N          creates N networks, then removes them
//        load_api SOCKET ports CONTAINER N   publishes N ports in one request, then takes them
//        back;
//                                            medians of five rounds
#include "bench_api.h"

#include <net/if.h>
#include <poll.h>

#define ROUNDS 5
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

static void attach(const char *prefix, int n, double *times)
{
	for (int i = 0; i < n; i++) {
		(void)snprintf(
			body, BODY_MAX,
			"{\"Name\":\"bench%d\",\"NetnsPath\":\"%s%d\",\"Networks\":{\"bench\":{}},"
			"\"PortBindings\":{\"80/"
			"tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"%d\"}]}}",
			i + 1, prefix, i + 1, 10000 + i);
		times[i] = bench_api_call("POST", "/netd/v1/containers", body, 201);
	}
	printf("{\"n\": %d, ", n);
	bench_print("attach", times, (size_t)n);
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

	bench_api_connect(argv[1]);
	body = bench_alloc(1, BODY_MAX);
	if (strcmp(argv[2], "attach") == 0)
		attach(argv[3], n, times);
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
