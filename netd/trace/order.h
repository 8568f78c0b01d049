// SPDX-License-Identifier: GPL-2.0-or-later
// order.h - what netd-trace is told by whoever started it, a line each
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*	netns 4026532187	packets of that namespace are reported
 *	address 10.61.0.2	and of them those from or to that address,
 *	flow tcp 40200		of that port, or `flow icmp 4711` of that number; without it
 *				all packets
 *	go			the programs have been told: from now on lines come
 *
 * Of who follows a container (--follow), whose addresses they are then:
 *
 *	own 4026532188		its namespace
 *	published tcp 192.0.2.10 8081	what leads to it, on the host
 *	only icmp		packets of that protocol
 *	port 80			of that port
 *	peer 10.61.0.3		to that address or from there, of several one
 *
 * Of who counts (--count):
 *
 *	tell		the numbers, as they are now
 *	forget 4026532188	that namespace has ended, and its numbers go
 *
 * Of who has dropped packets told with their bytes (--drops): netns is then one of which those from
 * or to an address are told, own one of which all are, and
 *
 *	bytes 128	how many bytes of each at the most, without which there are none
 */
enum order_kind {
	ORDER_NETNS,
	ORDER_ADDRESS,
	ORDER_FLOW,
	ORDER_GO,
	ORDER_OWN,
	ORDER_PUBLISHED,
	ORDER_ONLY,
	ORDER_PORT,
	ORDER_PEER,
	ORDER_TELL,
	ORDER_FORGET,
	ORDER_BYTES,
};

struct order {
	enum order_kind kind;
	uint32_t netns;
	struct addr addr;
	uint8_t protocol; /* IPPROTO_ICMP: of either family */
	uint16_t port;
	uint32_t n_bytes; /* 1 to TRACE_BYTES_MAX */
};

/* A line without its newline. ERROR_INVALID. */
int order_read(const char *line, struct order *ret_order, struct error *error);
