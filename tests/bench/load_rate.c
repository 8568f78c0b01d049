// SPDX-License-Identifier: GPL-2.0-or-later
// load_rate.c - how long a DNS server takes for an answer when it is asked so many times a second
//
// usage: load_rate ADDRESS PORT NAME MILLISECONDS RATE…
// Questions are due at even distances, whether those before are answered or not, and an answer's
// time counts from when its question was due. Prints an array with an object for each rate.
#include "bench_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define IDS 65536
#define BATCH 32
#define REST_US 3e5 /* that is waited for the last answers */

/* When the question with an id was due; 0: it is answered, or was never asked. */
static double due_us[IDS];

static int open_socket(const char *address, int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), size = 1 << 22;

	if (inet_pton(AF_INET, address, &addr.sin_addr) != 1 || sock < 0 ||
	    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		bench_die(address);
	(void)setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return sock;
}

/* Returns how many answers there were; their times are put behind times. */
static size_t hear(int sock, double *times)
{
	static struct mmsghdr messages[BATCH];
	static uint8_t bytes[BATCH][2048];
	static struct iovec parts[BATCH];
	size_t n_answered = 0;

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec) { bytes[i], sizeof(bytes[i]) };
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	int n = recvmmsg(sock, messages, BATCH, 0, NULL);
	double now_us = bench_now_us();

	for (int i = 0; i < n; i++) {
		unsigned id = (unsigned)bytes[i][0] << 8 | bytes[i][1];

		if (!bench_is_good(bytes[i], messages[i].msg_len) || due_us[id] == 0)
			continue;
		times[n_answered++] = now_us - due_us[id];
		due_us[id] = 0;
	}
	return n_answered;
}

static void look_until(int sock, double until_us)
{
	struct pollfd ready = { .fd = sock, .events = POLLIN };
	double left_us = until_us - bench_now_us();
	struct timespec left = { .tv_sec = (time_t)(left_us / 1e6) };

	if (left_us <= 0)
		return;
	left.tv_nsec = (long)((left_us - (double)left.tv_sec * 1e6) * 1e3);
	(void)ppoll(&ready, 1, &left, NULL);
}

static void load(int sock, const char *name, double milliseconds, double rate, const char *before)
{
	size_t n = (size_t)(rate * milliseconds / 1e3), sent = 0, answered = 0;
	double *times = bench_alloc(n, sizeof(*times));
	uint8_t question[BENCH_QUESTION_MAX];
	size_t len = bench_question(name, 0, question);
	double start = bench_now_us() + 1e3, end = start + (double)n / rate * 1e6 + REST_US;

	memset(due_us, 0, sizeof(due_us));
	while (answered < n && bench_now_us() < end) {
		double due = start + (double)sent / rate * 1e6;

		if (sent < n && due <= bench_now_us()) {
			due_us[sent % IDS] = due;
			question[0] = (uint8_t)(sent >> 8);
			question[1] = (uint8_t)sent;
			(void)send(sock, question, len, 0); /* what does not go is lost */
			sent++;
			if (sent % 8 != 0)
				continue;
		} else {
			look_until(sock, sent < n ? due : end);
		}
		answered += hear(sock, times + answered);
	}
	qsort(times, answered, sizeof(*times), bench_compare);
	printf("%s{\"rate\": %.0f, \"asked\": %zu, \"answered\": %zu, \"p50_us\": %.1f, "
	       "\"p99_us\": "
	       "%.1f}",
	       before, rate, sent, answered, answered ? times[answered / 2] : 0,
	       answered ? times[answered * 99 / 100] : 0);
	free(times);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	int sock = open_socket(argv[1], bench_number(argc, argv, 2, 53));

	(void)prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 5; i < argc; i++)
		load(sock, argv[3], bench_number(argc, argv, 4, 1000),
		     bench_number(argc, argv, i, 1000), i > 5 ? ", " : "[");
	printf("]\n");
	return 0;
}
