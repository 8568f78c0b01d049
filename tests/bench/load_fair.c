// SPDX-License-Identifier: GPL-2.0-or-later
// load_fair.c - one container that floods a DNS server, and another that asks it now and then
//
// usage: load_fair flood|outside|slow ADDRESS PORT NAME
//        load_fair ask ADDRESS PORT NAME QUESTIONS [GAP-US]
// flood: the same question as fast as it can be sent; outside: another name each time, N.NAME.
// slow: 400 connections on which questions come byte by byte. These run until they are killed. ask:
// one question, its answer, a gap, and so on; "{}" in NAME is the number of the question. Prints
// how long answers took.
#include "bench_dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 32
#define CONNECTIONS 400
#define PATIENCE_MS 2000

static int open_socket(int type, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)strtol(argv[3], NULL, 10)) };
	int sock = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, argv[2], &addr.sin_addr) != 1 || sock < 0)
		bench_die(argv[2]);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(sock);
		return -1;
	}
	return sock;
}

static void flood(char **argv, bool outside)
{
	static struct mmsghdr messages[BATCH];
	static uint8_t bytes[BATCH][BENCH_QUESTION_MAX];
	static struct iovec parts[BATCH];
	int sock = open_socket(SOCK_DGRAM, argv);
	char name[300];

	for (unsigned n = 0;; n++) {
		unsigned i = n % BATCH;

		if (outside)
			(void)snprintf(name, sizeof(name), "n%u.%s", n, argv[4]);
		else
			(void)snprintf(name, sizeof(name), "%s", argv[4]);
		parts[i] = (struct iovec) { bytes[i], bench_question(name, (uint16_t)n, bytes[i]) };
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
		if (i == BATCH - 1)
			(void)sendmmsg(sock, messages, BATCH, MSG_DONTWAIT);
	}
}

static void creep(char **argv)
{
	uint8_t message[2 + BENCH_QUESTION_MAX];
	size_t len = bench_question(argv[4], 1, message + 2) + 2, at[CONNECTIONS] = { 0 };
	int socks[CONNECTIONS];

	message[0] = (uint8_t)((len - 2) >> 8);
	message[1] = (uint8_t)(len - 2);
	memset(socks, -1, sizeof(socks));
	for (unsigned i = 0;; i = (i + 1) % CONNECTIONS) {
		if (socks[i] < 0) {
			socks[i] = open_socket(SOCK_STREAM, argv);
			at[i] = 0;
		}
		if (socks[i] < 0)
			continue;
		if (send(socks[i], message + at[i], 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
		    errno != EAGAIN) {
			close(socks[i]);
			socks[i] = -1;
		} else {
			at[i] = (at[i] + 1) % len;
		}
	}
}

static double ask_one(int sock, const char *pattern, unsigned n)
{
	const char *hole = strstr(pattern, "{}");
	uint8_t message[BENCH_QUESTION_MAX], answer[2048];
	struct pollfd ready = { .fd = sock, .events = POLLIN };
	char name[300];
	double start;
	size_t len;

	(void)snprintf(name, sizeof(name), "%s", pattern);
	if (hole)
		(void)snprintf(name, sizeof(name), "%.*s%u-%d%s", (int)(hole - pattern), pattern, n,
			       getpid(), hole + 2);
	len = bench_question(name, (uint16_t)n, message);
	start = bench_now_us();
	if (send(sock, message, len, 0) < 0)
		return PATIENCE_MS * 1000.0;
	while (poll(&ready, 1, PATIENCE_MS) > 0) {
		if (recv(sock, answer, sizeof(answer), 0) > 12 && memcmp(answer, message, 2) == 0 &&
		    (answer[3] & 15) == 0)
			return bench_now_us() - start;
	}
	return PATIENCE_MS * 1000.0;
}

static void ask(int argc, char **argv)
{
	unsigned n = (unsigned)bench_number(argc, argv, 5, 1000);
	unsigned gap_us = (unsigned)bench_number(argc, argv, 6, 200), n_lost = 0;
	double *times = calloc(n, sizeof(*times));
	int sock = open_socket(SOCK_DGRAM, argv);

	if (!times)
		bench_die("memory");
	for (unsigned i = 0; i < n; i++) {
		times[i] = ask_one(sock, argv[4], i);
		n_lost += times[i] >= PATIENCE_MS * 1000.0;
		usleep(gap_us);
	}
	qsort(times, n, sizeof(*times), bench_compare);
	printf("{\"n\": %u, \"lost\": %u, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f}\n",
	       n, n_lost, times[n / 2], times[n * 9 / 10], times[n * 99 / 100]);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	if (strcmp(argv[1], "ask") == 0)
		ask(argc, argv);
	else if (strcmp(argv[1], "slow") == 0)
		creep(argv);
	else
		flood(argv, strcmp(argv[1], "outside") == 0);
	return 0;
}
