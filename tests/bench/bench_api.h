// SPDX-License-Identifier: GPL-2.0-or-later
// bench_api.h - one connection to netd's API, for the benchmark programs that time its requests
#pragma once

#include "bench.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BENCH_REPLY_MAX (4 << 20)

static int bench_api_sock = -1;
static char *bench_api_reply;

static inline void bench_api_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	bench_api_sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bench_api_sock < 0 ||
	    connect(bench_api_sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		bench_die(path);
	bench_api_reply = bench_alloc(1, BENCH_REPLY_MAX);
}

/* The clock of netd's process. Whoever called listen(2) is the peer. */
static inline clockid_t bench_api_clock(void)
{
	struct ucred netd;
	socklen_t size = sizeof(netd);
	clockid_t clock;

	if (getsockopt(bench_api_sock, SOL_SOCKET, SO_PEERCRED, &netd, &size) < 0 ||
	    clock_getcpuclockid(netd.pid, &clock) != 0)
		bench_die("the clock of netd's process");
	return clock;
}

static inline void bench_api_send(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(bench_api_sock, data, len);

		if (n < 0)
			bench_die("write");
		data += n;
		len -= (size_t)n;
	}
}

/* The whole answer is read: status, headers, and Content-Length bytes. netd sends no other framing
 * for what is asked here. */
static inline int bench_api_receive(void)
{
	char *reply = bench_api_reply;
	size_t len = 0, wanted = 0;

	while (wanted == 0 || len < wanted) {
		ssize_t n = read(bench_api_sock, reply + len, BENCH_REPLY_MAX - 1 - len);

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

/* The time one request takes. Another class of status than wanted ends the benchmark. */
static inline double bench_api_call(const char *method, const char *path, const char *json,
				    int status)
{
	char head[512];
	size_t len = strlen(json);
	double start = bench_now_us();
	int n = snprintf(head, sizeof(head),
			 "%s %s HTTP/1.1\r\nHost: netd\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n\r\n",
			 method, path, len);

	bench_api_send(head, (size_t)n);
	bench_api_send(json, len);
	int got = bench_api_receive();

	if (got / 100 != status / 100) {
		fprintf(stderr, "%s %s: %s\n", method, path, bench_api_reply);
		exit(1);
	}
	return bench_now_us() - start;
}
