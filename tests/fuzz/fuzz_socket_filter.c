// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_socket_filter.c - any bytes as a program at a socket: it ends, and says of less no more
#include "diag/socket_filter.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules_packet packet = {
		.known = RULES_KNOWS_SRC | RULES_KNOWS_DST | RULES_KNOWS_SPORT | RULES_KNOWS_DPORT |
			 RULES_KNOWS_TCP_FLAGS,
		.protocol = size % 2 ? IPPROTO_TCP : IPPROTO_UDP,
		.src = { .family = AF_INET, .bytes = { 10, 61, 0, 2 } },
		.dst = { .family = AF_INET, .bytes = { 10, 61, 0, 3 } },
		.sport = 40000,
		.dport = 80,
		.tcp_flags = 2,
	};
	size_t len = size / 8 * 8;
	uint8_t *program = malloc(len + 1);
	enum socket_filter all, less;

	if (!program)
		return 0;
	memcpy(program, data, len);
	all = socket_filter_run(program, len, &packet);
	packet.known &= ~(uint32_t)(RULES_KNOWS_SPORT | RULES_KNOWS_SRC);
	less = socket_filter_run(program, len, &packet);
	/* Who knows less of the packet may doubt, and not say the contrary. */
	assert(less == SOCKET_FILTER_UNKNOWN || less == all);
	free(program);
	return 0;
}
