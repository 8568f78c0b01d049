// SPDX-License-Identifier: GPL-2.0-or-later
// load_dns.c - asks a DNS server for one name, a fixed number of questions in flight, and counts
// answers
//
// usage: load_dns ADDRESS PORT NAME QUESTIONS [IN-FLIGHT]
#include "bench_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define BATCH 32
#define PATIENCE_MS 200 /* answers that took longer are counted as lost and asked anew */

static uint8_t question[BENCH_QUESTION_MAX];
static size_t question_len;

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

static int send_some(int sock, int wanted)
{
	static struct mmsghdr messages[BATCH];
	static uint8_t copies[BATCH][sizeof(question)];
	static struct iovec parts[BATCH];
	static uint16_t id;
	int n = wanted < BATCH ? wanted : BATCH;

	for (int i = 0; i < n; i++) {
		memcpy(copies[i], question, question_len);
		copies[i][0] = (uint8_t)(++id >> 8);
		copies[i][1] = (uint8_t)id;
		parts[i] = (struct iovec) { copies[i], question_len };
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	n = sendmmsg(sock, messages, (unsigned)n, 0);
	return n < 0 ? 0 : n;
}

/* Counts answers that carry a record. */
static int receive_some(int sock, int *good)
{
	static struct mmsghdr messages[BATCH];
	static uint8_t bytes[BATCH][2048];
	static struct iovec parts[BATCH];

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec) { bytes[i], sizeof(bytes[i]) };
		messages[i].msg_hdr = (struct msghdr) { .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	int n = recvmmsg(sock, messages, BATCH, 0, NULL);

	for (int i = 0; i < n; i++)
		*good += bench_is_good(bytes[i], messages[i].msg_len);
	return n < 0 ? 0 : n;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	int sock = open_socket(argv[1], bench_number(argc, argv, 2, 53)), in_flight = 0;
	int total = bench_number(argc, argv, 4, 100000), window = bench_number(argc, argv, 5, 64);
	int sent = 0, answered = 0, good = 0, lost = 0;
	double start = bench_now_us();

	question_len = bench_question(argv[3], 0, question);
	while (answered + lost < total) {
		int left = total - sent, room = window - in_flight;

		while (room > 0 && left > 0) {
			int n = send_some(sock, room < left ? room : left);

			if (n == 0)
				break;
			sent += n;
			in_flight += n;
			room -= n;
			left -= n;
		}
		struct pollfd ready = { .fd = sock, .events = POLLIN };

		if (poll(&ready, 1, PATIENCE_MS) == 0) {
			lost += in_flight;
			in_flight = 0;
		}
		int n = receive_some(sock, &good);

		answered += n;
		in_flight -= n < in_flight ? n : in_flight;
	}
	printf("{\"asked\": %d, \"answered\": %d, \"good\": %d, \"lost\": %d, \"per_second\": "
	       "%.0f, \"cpu_us\": %.0f}\n",
	       sent, answered, good, lost, answered / (bench_now_us() - start) * 1e6,
	       bench_spent_us(CLOCK_PROCESS_CPUTIME_ID));
	return good > 0 ? 0 : 1;
}
