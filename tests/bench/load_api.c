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
#include "bench.h"

#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int sock;
static char *reply, *body;
#define ROUNDS 5
#define REPLY_MAX (4 << 20)
#define BODY_MAX (1 << 20)

static void connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		bench_die(path);
	reply = bench_alloc(1, REPLY_MAX);
	body = bench_alloc(1, BODY_MAX);
}

static void send_all(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(sock, data, len);

		if (n < 0)
			bench_die("write");
		data += n;
		len -= (size_t)n;
	}
}

/* The whole answer is read: status, headers, and Content-Length bytes. netd sends no other framing
 * for what is asked here. */
static int receive(void)
{
	size_t len = 0, wanted = 0;

	while (wanted == 0 || len < wanted) {
		ssize_t n = read(sock, reply + len, REPLY_MAX - 1 - len);

		if (n <= 0)
			bench_die("read");
		len += (size_t)n;
		reply[len] = '\0';
		char *end = strstr(reply, "\r\n\r\n"),
		     *length = strcasestr(reply, "\r\nContent-Length:");

		if (end && wanted == 0)
			wanted = (size_t)(end + 4 - reply) +
				 (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
	}
	return (int)strtol(reply + 9, NULL, 10);
}

static double call(const char *method, const char *path, const char *json, int status)
{
	char head[512];
	size_t len = strlen(json);
	double start = bench_now_us();
	int n = snprintf(head, sizeof(head),
			 "%s %s HTTP/1.1\r\nHost: netd\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n\r\n",
			 method, path, len);

	send_all(head, (size_t)n);
	send_all(json, len);
	int got = receive();

	if (got / 100 != status / 100) {
		fprintf(stderr, "%s %s: %s\n", method, path, reply);
		exit(1);
	}
	return bench_now_us() - start;
}

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
		times[i] = call("POST", "/netd/v1/containers", body, 201);
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
		times[i] = call("DELETE", path, "", 204);
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
		times[i] = call("POST", "/networks/create", body, 201);
	}
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "/networks/bench-net%d", i);
		removals[i] = call("DELETE", path, "", 204);
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
		on[i] = call("POST", path, body, 200);
		off[i] = call("DELETE", path, body, 200);
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

	connect_to(argv[1]);
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
