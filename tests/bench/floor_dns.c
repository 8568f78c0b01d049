// SPDX-License-Identifier: GPL-2.0-or-later
// floor_dns.c - answers every question with one fixed address record: the least work a server can
// do. What comes by TCP is read and thrown away, within the limits that netd has for that
//
// usage: floor_dns ADDRESS PORT [one]     runs until it is killed
// one: a question is read, answered, and only then the next is read, by UDP alone, as the simplest
// of servers does it; else as many as there are go together.
#include "bench.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define QUESTION_MAX 512

static uint8_t bytes[BATCH][QUESTION_MAX + 16];
static struct sockaddr_in peers[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

static int open_socket(const char *address, int port, int flags)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | flags, 0), size = 1 << 22;

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

/* When a connection last said something, by its descriptor; 0: there is none. */
static double active_us[DNS_TCP_CLIENTS_PER_VIEW_MAX + 64];
static int n_clients;

static void watch(int epoll, int what, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (epoll_ctl(epoll, what, fd, &event) < 0)
		bench_die("epoll_ctl");
}

static int listen_socket(const char *address, int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	(void)setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (inet_pton(AF_INET, address, &addr.sin_addr) != 1 || sock < 0 ||
	    bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(sock, DNS_TCP_BACKLOG) < 0)
		bench_die(address);
	return sock;
}

static void take_client(int epoll, int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (fd >= (int)(sizeof(active_us) / sizeof(active_us[0]))) {
		close(fd);
		return;
	}
	active_us[fd] = bench_now_us();
	watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
	if (++n_clients == DNS_TCP_CLIENTS_PER_VIEW_MAX) /* the rest waits to be accepted */
		watch(epoll, EPOLL_CTL_MOD, listening, 0);
}

static void drop_client(int epoll, int listening, int fd)
{
	close(fd);
	active_us[fd] = 0;
	if (n_clients-- == DNS_TCP_CLIENTS_PER_VIEW_MAX)
		watch(epoll, EPOLL_CTL_MOD, listening, EPOLLIN);
}

static void read_client(int epoll, int listening, int fd)
{
	uint8_t thrown_away[RESOLVER_QUERY_MAX];
	ssize_t len = recv(fd, thrown_away, sizeof(thrown_away), 0);

	if (len > 0)
		active_us[fd] = bench_now_us();
	else if (len == 0 || errno != EAGAIN)
		drop_client(epoll, listening, fd);
}

static void drop_idle(int epoll, int listening)
{
	static double looked_us;
	double now_us = bench_now_us();

	if (now_us - looked_us < 1e6)
		return;
	looked_us = now_us;
	for (int fd = 0; fd < (int)(sizeof(active_us) / sizeof(active_us[0])); fd++)
		if (active_us[fd] > 0 && now_us - active_us[fd] > DNS_TCP_IDLE_MS * 1e3)
			drop_client(epoll, listening, fd);
}

static void answer_batch(int sock)
{
	int n;

	prepare();
	n = recvmmsg(sock, messages, BATCH, 0, NULL);
	for (int i = 0; i < n; i++)
		answer(bytes[i], &parts[i], messages[i].msg_len);
	if (n > 0)
		(void)sendmmsg(sock, messages, (unsigned)n, 0);
}

static _Noreturn void answer_one_by_one(int sock)
{
	struct sockaddr_in from;
	struct iovec part;

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t len = recvfrom(sock, bytes[0], QUESTION_MAX, 0, (struct sockaddr *)&from,
				       &size);

		if (len < 0)
			continue;
		answer(bytes[0], &part, (size_t)len);
		(void)sendto(sock, bytes[0], part.iov_len, 0, (struct sockaddr *)&from, size);
	}
}

int main(int argc, char **argv)
{
	const char *address = argc > 1 ? argv[1] : "127.0.0.1";
	int port = bench_number(argc, argv, 2, 5300);

	if (argc > 3 && strcmp(argv[3], "one") == 0)
		answer_one_by_one(open_socket(address, port, 0));
	int sock = open_socket(address, port, SOCK_NONBLOCK);
	int listening = listen_socket(address, port);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;

	if (epoll < 0)
		bench_die("epoll");
	watch(epoll, EPOLL_CTL_ADD, sock, EPOLLIN);
	watch(epoll, EPOLL_CTL_ADD, listening, EPOLLIN);
	for (;;) {
		int n = epoll_wait(epoll, &event, 1, n_clients > 0 ? 1000 : -1);

		if (n < 0 && errno != EINTR)
			bench_die("epoll_wait");
		if (n > 0 && event.data.fd == sock)
			answer_batch(sock);
		else if (n > 0 && event.data.fd == listening)
			take_client(epoll, listening);
		else if (n > 0)
			read_client(epoll, listening, event.data.fd);
		if (n_clients > 0)
			drop_idle(epoll, listening);
	}
}
