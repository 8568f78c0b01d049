// SPDX-License-Identifier: GPL-2.0-or-later
// order.h - what netd-trace is told by whoever started it, a line each
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*	netns 4026532187	packets of that namespace are reported
 *	address 10.61.0.2	and of them those from or to that address,
 *	flow tcp 40200		of that port; without it all packets
 *	go			the programs have been told: from now on lines come
 */
enum order_kind { ORDER_NETNS, ORDER_ADDRESS, ORDER_FLOW, ORDER_GO };

struct order {
	enum order_kind kind;
	uint32_t netns;
	struct addr addr;
	uint8_t protocol;
	uint16_t port;
};

/* A line without its newline. ERROR_INVALID. */
int order_read(const char *line, struct order *ret_order, struct error *error);
