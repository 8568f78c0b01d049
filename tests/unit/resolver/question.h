// SPDX-License-Identifier: GPL-2.0-or-later
// question.h - a stub resolver in a test's hands: build, send, wait, look at the answer
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TYPE_A 1
#define TYPE_PTR 12
#define TYPE_AAAA 28

struct question {
	uint16_t id;
	const char *name;
	uint16_t type;
	uint16_t edns_size; /* 0: no EDNS */
};

struct answer {
	size_t len; /* 0: none came */
	uint16_t id;
	uint8_t rcode;
	bool tc, aa;
	uint16_t n_answers;
	uint32_t ttl_s;	  /* of the first */
	char address[64]; /* of the first, when it is A or AAAA */
	uint64_t waited_ms;
	uint8_t data[65535];
};

size_t question_build(const struct question *question, uint8_t *ret_message, size_t size);
void answer_read(struct answer *answer, size_t len);

/* A client socket connected to 127.0.0.1:port. */
int client_udp(uint16_t port);
int client_tcp(uint16_t port);
/* Waits timeout_ms at most; answer->len 0: nothing came, or the connection ended. */
void receive_udp(int fd, struct answer *answer, int timeout_ms);
void receive_tcp(int fd, struct answer *answer, int timeout_ms);
void send_udp(int fd, const struct question *question);
void send_tcp(int fd, const struct question *question);

/* Asks and waits for up to 6 s. The answer is good until the next. */
const struct answer *ask_udp(uint16_t port, const char *name, uint16_t type);
const struct answer *ask_tcp(uint16_t port, const char *name, uint16_t type);
