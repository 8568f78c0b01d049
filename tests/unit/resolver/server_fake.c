// SPDX-License-Identifier: GPL-2.0-or-later
// server_fake.c - an upstream DNS server that behaves as a test says
#include "tests/unit/resolver/server_fake.h"

#include "base/wire.h"
#include "tests/unit/resolver/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define N_LONG 200 /* records of the answer that does not fit a datagram */

static size_t question_end(const uint8_t *message, size_t len)
{
	size_t at = 12;

	while (at < len && message[at] != 0)
		at += message[at] + 1u;
	return at + 5;
}

static void put_records(struct wire *wire, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		wire_put_u16(wire, 0xc00c);
		wire_put_u16(wire, 1);
		wire_put_u16(wire, 1);
		wire_put_u32(wire, 60);
		wire_put_u16(wire, 4);
		wire_put_u32(wire, 0xc0000201 + i);
	}
}

/* Returns the length of the answer, 0: none. */
static size_t answer(enum fake_manner manner, bool tcp, const uint8_t *query, size_t len,
		     uint8_t *ret_reply, size_t size)
{
	struct wire wire = wire_writer(ret_reply, size);
	size_t end = question_end(query, len);
	uint16_t flags = 0x8180;
	unsigned n = 1;

	if (manner == FAKE_SILENT || end > len)
		return 0;
	if (manner == FAKE_KEEPS && memcmp(query + 13, "keep", 4) == 0)
		return 0;
	if (manner == FAKE_SERVFAIL)
		flags |= 2, n = 0;
	else if (manner == FAKE_REFUSED)
		flags |= 5, n = 0;
	else if (manner == FAKE_FORMERR)
		flags |= 1, n = 0;
	else if (manner == FAKE_NO_EDNS && query[11] != 0)
		flags |= 1, n = 0;
	else if (manner == FAKE_ONE_FAMILY && query[end - 3] == 28)
		flags |= 5, n = 0;
	else if (manner == FAKE_CUTS && !tcp)
		flags |= 0x0200, n = 0;
	else if (manner == FAKE_CUTS)
		n = N_LONG;
	wire_put_bytes(&wire, query, 2);
	wire_put_u16(&wire, flags);
	wire_put_u16(&wire, 1);
	wire_put_u16(&wire, (uint16_t)n);
	wire_put_u32(&wire, 0);
	wire_put_bytes(&wire, query + 12, end - 12);
	if (manner == FAKE_LIES)
		ret_reply[13] ^= 1;
	put_records(&wire, n);
	return wire.err == 0 ? wire.pos : 0;
}

static void pause_ms(int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	if (ms > 0)
		nanosleep(&time, NULL);
}

static void serve_udp(struct fake *fake)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	uint8_t query[2048], reply[8192];
	ssize_t len = recvfrom(fake->udp, query, sizeof(query), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
	size_t reply_len;

	if (len <= 0)
		return;
	if (fake->n_udp < FAKE_FROM_MAX)
		fake->from[fake->n_udp] = ntohs(((struct sockaddr_in *)&from)->sin_port);
	fake->n_udp++;
	pause_ms(fake->delay_ms);
	reply_len = answer(fake->manner, false, query, (size_t)len, reply, sizeof(reply));
	if (reply_len > 0)
		sendto(fake->udp, reply, reply_len, 0, (struct sockaddr *)&from, from_len);
}

static void serve_tcp(struct fake *fake)
{
	uint8_t query[2048], reply[8192];
	int fd = accept(fake->tcp, NULL, NULL);
	ssize_t len;
	size_t reply_len;

	if (fd < 0)
		return;
	len = recv(fd, query, sizeof(query), 0);
	if (len > 2) {
		fake->n_tcp++;
		reply_len = answer(fake->manner, true, query + 2, (size_t)len - 2, reply + 2,
				   sizeof(reply) - 2);
		reply[0] = (uint8_t)(reply_len >> 8);
		reply[1] = (uint8_t)reply_len;
		if (reply_len > 0)
			reply_len += 2;
		if (fake->n_shut > 0) {
			fake->n_shut--;
			reply_len = reply_len < fake->shut_at ? reply_len : fake->shut_at;
		}
		if (reply_len > 0)
			send(fd, reply, reply_len, MSG_NOSIGNAL);
	}
	/* Closed with something unread, it would reset the connection, and what it sent with it. */
	shutdown(fd, SHUT_WR);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval) { .tv_sec = 1 },
		   sizeof(struct timeval));
	while (recv(fd, query, sizeof(query), 0) > 0)
		;
	close(fd);
}

static void *run(void *data)
{
	struct fake *fake = data;
	struct pollfd fds[2] = { { .fd = fake->udp, .events = POLLIN },
				 { .fd = fake->tcp, .events = POLLIN } };

	while (!fake->stop) {
		if (poll(fds, 2, 20) <= 0)
			continue;
		if (fds[0].revents != 0)
			serve_udp(fake);
		if (fds[1].revents != 0)
			serve_tcp(fake);
	}
	return NULL;
}

void fake_start(struct fake *fake, enum fake_manner manner)
{
	*fake = (struct fake) { .tcp = -1 };
	while (fake->tcp < 0) {
		fake->port = 0;
		fake->udp = loopback_socket(AF_INET, SOCK_DGRAM, &fake->port);
		fake->tcp = loopback_socket(AF_INET, SOCK_STREAM, &fake->port);
		if (fake->tcp < 0)
			close(fake->udp);
	}
	assert_int_equal(
		setsockopt(fake->udp, SOL_SOCKET, SO_RCVBUFFORCE, &(int) { 8 << 20 }, sizeof(int)),
		0);
	fake->manner = (int)manner;
	assert_int_equal(pthread_create(&fake->thread, NULL, run, fake), 0);
}

void fake_stop(struct fake *fake)
{
	fake->stop = true;
	pthread_join(fake->thread, NULL);
	close(fake->udp);
	close(fake->tcp);
}
