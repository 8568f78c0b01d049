// SPDX-License-Identifier: GPL-2.0-or-later
// bench_dns.h - the question that the benchmark programs ask a DNS server
#pragma once

#include "bench.h"

#include <string.h>

#define BENCH_QUESTION_MAX 512

/* Returns the length of a question for the IPv4 address of name. */
static inline size_t bench_question(const char *name, uint16_t id,
				    uint8_t message[static BENCH_QUESTION_MAX])
{
	static const uint8_t head[12] = { 0, 0, 1, 0, 0, 1 }, tail[5] = { 0, 0, 1, 0, 1 };
	uint8_t *at = message + sizeof(head);

	memcpy(message, head, sizeof(head));
	message[0] = (uint8_t)(id >> 8);
	message[1] = (uint8_t)id;
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len > 63 || (size_t)(at - message) + len + 8 > BENCH_QUESTION_MAX)
			exit(2);
		*at++ = (uint8_t)len;
		memcpy(at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	memcpy(at, tail, sizeof(tail));
	return (size_t)(at - message) + sizeof(tail);
}

/* Whether it answers, and with a record. */
static inline bool bench_is_good(const uint8_t *message, size_t len)
{
	return len > 12 && (message[3] & 15) == 0 && message[7] > 0;
}
