// SPDX-License-Identifier: GPL-2.0-or-later
// floor_dns.c - answers every question with one fixed address record: the least work a server can
// do
//
// usage: floor_dns ADDRESS PORT     runs until it is killed
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define BATCH 64
#define QUESTION_MAX 512

static uint8_t bytes[BATCH][QUESTION_MAX + 16];
static struct sockaddr_in peers[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

static int open_socket(const char *address, int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), size = 1 << 22;

	if (inet_pton(AF_INET, address, &addr.sin_addr) != 1 || sock < 0 ||
	    bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		bench_die(address);
	(void)setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return sock;
}

static void prepare(void)
{
	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec) { bytes[i], QUESTION_MAX };
		messages[i].msg_hdr = (struct msghdr) { .msg_name = &peers[i],
							.msg_namelen = sizeof(peers[i]),
							.msg_iov = &parts[i],
							.msg_iovlen = 1 };
	}
}

/* Appends the record behind the first question; whatever else the message held is overwritten. */
static void answer(uint8_t *message, struct iovec *part, size_t len)
{
	static const uint8_t record[16] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1 };
	size_t pos = 12;

	message[2] |= 0x84;
	message[7] = 1;
	message[11] = 0;
	while (pos < len && message[pos])
		pos += message[pos] + 1u;
	pos += 5;
	if (pos > QUESTION_MAX)
		pos = QUESTION_MAX;
	memcpy(message + pos, record, sizeof(record));
	part->iov_len = pos + sizeof(record);
}

int main(int argc, char **argv)
{
	int sock = open_socket(argc > 1 ? argv[1] : "127.0.0.1", bench_number(argc, argv, 2, 5300));
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, sock, &event) < 0)
		bench_die("epoll");
	for (;;) {
		if (epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR)
			bench_die("epoll_wait");
		prepare();
		int n = recvmmsg(sock, messages, BATCH, 0, NULL);

		for (int i = 0; i < n; i++)
			answer(bytes[i], &parts[i], messages[i].msg_len);
		if (n > 0)
			(void)sendmmsg(sock, messages, (unsigned)n, 0);
	}
}
