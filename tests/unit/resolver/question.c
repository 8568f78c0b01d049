// SPDX-License-Identifier: GPL-2.0-or-later
// question.c - a stub resolver in a test's hands: build, send, wait, look at the answer
#include "tests/unit/resolver/question.h"

#include "base/wire.h"
#include "tests/unit/resolver/process.h"

#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void put_name(struct wire *wire, const char *name)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		wire_put_u8(wire, (uint8_t)len);
		wire_put_bytes(wire, name, len);
		name += len;
		name += *name == '.';
	}
	wire_put_u8(wire, 0);
}

size_t question_build(const struct question *question, uint8_t *ret_message, size_t size)
{
	struct wire wire = wire_writer(ret_message, size);

	wire_put_u16(&wire, question->id);
	wire_put_u16(&wire, 0x0100);
	wire_put_u16(&wire, 1);
	wire_put_u32(&wire, 0);
	wire_put_u16(&wire, question->edns_size > 0 ? 1 : 0);
	put_name(&wire, question->name);
	wire_put_u16(&wire, question->type);
	wire_put_u16(&wire, 1);
	if (question->edns_size > 0) {
		wire_put_u8(&wire, 0);
		wire_put_u16(&wire, 41);
		wire_put_u16(&wire, question->edns_size);
		wire_put_u32(&wire, 0);
		wire_put_u16(&wire, 0);
	}
	assert_int_equal(wire.err, 0);
	return wire.pos;
}

static void skip_name(struct wire *wire)
{
	uint8_t len;

	while ((len = wire_u8(wire)) != 0) {
		if (len >= 0xc0) {
			(void)wire_u8(wire);
			return;
		}
		(void)wire_view(wire, len);
	}
}

static void read_record(struct wire *wire, struct answer *answer)
{
	const uint8_t *data;
	uint16_t type, len;

	skip_name(wire);
	type = wire_u16(wire);
	(void)wire_u16(wire);
	answer->ttl_s = wire_u32(wire);
	len = wire_u16(wire);
	data = wire_view(wire, len);
	if (data != NULL && type == TYPE_A && len == 4)
		inet_ntop(AF_INET, data, answer->address, sizeof(answer->address));
	if (data != NULL && type == TYPE_AAAA && len == 16)
		inet_ntop(AF_INET6, data, answer->address, sizeof(answer->address));
}

void answer_read(struct answer *answer, size_t len)
{
	struct wire wire = wire_reader(answer->data, len);
	uint16_t flags;

	answer->len = len;
	answer->address[0] = '\0';
	answer->id = wire_u16(&wire);
	flags = wire_u16(&wire);
	answer->rcode = flags & 0x0f;
	answer->tc = (flags & 0x0200) != 0;
	answer->aa = (flags & 0x0400) != 0;
	(void)wire_u16(&wire);
	answer->n_answers = wire_u16(&wire);
	(void)wire_u32(&wire);
	skip_name(&wire);
	(void)wire_u32(&wire);
	if (answer->n_answers > 0)
		read_record(&wire, answer);
	assert_int_equal(wire.err, 0);
}

static int client(uint16_t port, int type)
{
	struct sockaddr_in server = { .sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&server, sizeof(server)), 0);
	return fd;
}

int client_udp(uint16_t port)
{
	return client(port, SOCK_DGRAM);
}

int client_tcp(uint16_t port)
{
	return client(port, SOCK_STREAM);
}

static bool wait_readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout_ms) == 1;
}

void receive_udp(int fd, struct answer *answer, int timeout_ms)
{
	ssize_t len = 0;

	answer->len = 0;
	answer->address[0] = '\0';
	if (wait_readable(fd, timeout_ms))
		len = recv(fd, answer->data, sizeof(answer->data), MSG_DONTWAIT);
	if (len > 0)
		answer_read(answer, (size_t)len);
}

static bool read_all(int fd, uint8_t *data, size_t len, int timeout_ms)
{
	for (size_t pos = 0; pos < len;) {
		ssize_t n = wait_readable(fd, timeout_ms) ? read(fd, data + pos, len - pos) : 0;

		if (n <= 0)
			return false;
		pos += (size_t)n;
	}
	return true;
}

void receive_tcp(int fd, struct answer *answer, int timeout_ms)
{
	uint8_t head[2];
	size_t len;

	answer->len = 0;
	answer->address[0] = '\0';
	if (!read_all(fd, head, sizeof(head), timeout_ms))
		return;
	len = (size_t)head[0] << 8 | head[1];
	if (read_all(fd, answer->data, len, timeout_ms))
		answer_read(answer, len);
}

void send_udp(int fd, const struct question *question)
{
	uint8_t message[512];
	size_t len = question_build(question, message, sizeof(message));

	assert_int_equal(send(fd, message, len, 0), len);
}

void send_tcp(int fd, const struct question *question)
{
	uint8_t message[512];
	size_t len = question_build(question, message + 2, sizeof(message) - 2);

	message[0] = (uint8_t)(len >> 8);
	message[1] = (uint8_t)len;
	assert_int_equal(send(fd, message, len + 2, MSG_NOSIGNAL), len + 2);
}

static struct answer last;

static const struct answer *ask(uint16_t port, const struct question *question, bool tcp)
{
	int fd = tcp ? client_tcp(port) : client_udp(port);
	uint64_t start_ms = now_ms();

	(tcp ? send_tcp : send_udp)(fd, question);
	(tcp ? receive_tcp : receive_udp)(fd, &last, 6000);
	last.waited_ms = now_ms() - start_ms;
	close(fd);
	if (last.len > 0)
		assert_int_equal(last.id, question->id);
	return &last;
}

const struct answer *ask_udp(uint16_t port, const char *name, uint16_t type)
{
	struct question question = { .id = (uint16_t)rand(), .name = name, .type = type };

	return ask(port, &question, false);
}

const struct answer *ask_tcp(uint16_t port, const char *name, uint16_t type)
{
	struct question question = { .id = (uint16_t)rand(), .name = name, .type = type };

	return ask(port, &question, true);
}
