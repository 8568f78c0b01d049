// SPDX-License-Identifier: GPL-2.0-or-later
// load_many.c - many containers that ask a DNS server, each as fast as it is answered
//
// usage: load_many PREFIX FIRST LAST ADDRESS PORT NAME [IN-FLIGHT]
// Of namespaces PREFIX and FIRST to LAST: a socket in each, with so many
// questions in flight. Runs until it is told to end (SIGTERM); then it prints how many were
// answered.
#include "bench_dns.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 32
#define PATIENCE_US 2e5 /* who has heard nothing for so long asks anew */

struct asker {
	int sock;
	double heard_us;
};

static uint8_t question[BENCH_QUESTION_MAX];
static size_t question_len;
static volatile sig_atomic_t is_over;

static void end(int signal)
{
	(void)signal;
	is_over = 1;
}

static void enter(const char *prefix, int number)
{
	char path[256];
	int netns;

	(void)snprintf(path, sizeof(path), "%s%d", prefix, number);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || setns(netns, CLONE_NEWNET) < 0)
		bench_die(path);
	(void)close(netns);
}

static int open_socket(const char *address, int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (inet_pton(AF_INET, address, &addr.sin_addr) != 1 || sock < 0 ||
	    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		bench_die(address);
	return sock;
}

static void ask(const struct asker *asker, int n)
{
	static struct mmsghdr messages[BATCH];
	static struct iovec part;

	part = (struct iovec) { question, question_len };
	for (int i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &part, .msg_iovlen = 1 };
	for (; n > 0; n -= BATCH)
		(void)sendmmsg(asker->sock, messages, (unsigned)(n < BATCH ? n : BATCH), 0);
}

/* Returns how many answers there were. */
static int hear(struct asker *asker)
{
	static struct mmsghdr messages[BATCH];
	static uint8_t bytes[BATCH][2048];
	static struct iovec parts[BATCH];

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec) { bytes[i], sizeof(bytes[i]) };
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	int n = recvmmsg(asker->sock, messages, BATCH, 0, NULL), good = 0;

	for (int i = 0; i < n; i++)
		good += bench_is_good(bytes[i], messages[i].msg_len);
	asker->heard_us = bench_now_us();
	if (n > 0)
		ask(asker, n);
	return good;
}

static void ask_anew(struct asker *askers, int n, int in_flight)
{
	double now_us = bench_now_us();

	for (int i = 0; i < n; i++) {
		if (now_us - askers[i].heard_us < PATIENCE_US)
			continue;
		askers[i].heard_us = now_us;
		ask(&askers[i], in_flight);
	}
}

int main(int argc, char **argv)
{
	if (argc < 7)
		return 2;
	int first = bench_number(argc, argv, 2, 1), n = bench_number(argc, argv, 3, 1) - first + 1;
	int in_flight = bench_number(argc, argv, 7, 64), epoll = epoll_create1(EPOLL_CLOEXEC);
	struct asker *askers = bench_alloc((size_t)n, sizeof(*askers));
	struct sigaction action = { .sa_handler = end };
	struct epoll_event events[BATCH];
	double start, looked_us = 0;
	long good = 0;

	question_len = bench_question(argv[6], 1, question);
	if (epoll < 0 || sigaction(SIGTERM, &action, NULL) < 0)
		bench_die("epoll");
	for (int i = 0; i < n; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };

		enter(argv[1], first + i);
		askers[i].sock = open_socket(argv[4], bench_number(argc, argv, 5, 53));
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, askers[i].sock, &event) < 0)
			bench_die("epoll_ctl");
	}
	start = bench_now_us();
	while (!is_over) {
		if (bench_now_us() - looked_us > PATIENCE_US) {
			looked_us = bench_now_us();
			ask_anew(askers, n, in_flight);
		}
		int ready = epoll_wait(epoll, events, BATCH, 50);

		for (int i = 0; i < ready; i++)
			good += hear(&askers[events[i].data.u32]);
	}
	printf("{\"containers\": %d, \"answered\": %ld, \"per_second\": %.0f}\n", n, good,
	       (double)good / (bench_now_us() - start) * 1e6);
	return good > 0 ? 0 : 1;
}
