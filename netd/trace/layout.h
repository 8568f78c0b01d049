// SPDX-License-Identifier: GPL-2.0-or-later
// layout.h - what the programs have to know about the running kernel
#pragma once

#include "base/error.h"
#include "trace/btf.h"

#include <stdbool.h>
#include <stdint.h>

/* The tracepoints that a packet comes by. */
enum layout_point {
	LAYOUT_DROPPED,	 /* kfree_skb: somebody threw it away */
	LAYOUT_RECEIVED, /* netif_receive_skb: it came in by a link */
	LAYOUT_SENT,	 /* net_dev_start_xmit: a link is given it */
	LAYOUT_RESET,	 /* tcp_send_reset: it is answered by a reset */
	LAYOUT_ICMP,	 /* icmp_send: it is answered by an ICMP error; since 6.1 or so */
	LAYOUT_N_POINTS,
};
extern const char *const layout_point_name[LAYOUT_N_POINTS];

/* Of a tuple of connection tracking, which has 40 bytes and more fields behind these. */
#define LAYOUT_TUPLE_SIZE 40

/* Offsets in bytes. They differ between kernels, and between builds of one. */
struct layout {
	uint32_t skb_dev, skb_head, skb_network_header, skb_data, skb_sk, skb_len, skb_data_len;
	uint32_t device_net, device_index, device_name;
	uint32_t net_inode;
	uint32_t sock_net;
	/* Of connection tracking, which a kernel may be without: where a packet has its connection,
	 * where that has the first of its two tuples, and how far behind that the second is; and
	 * where a tuple has its ends. has_connections: all of them are known. */
	uint32_t skb_connection, connection_tuples, tuple_step;
	uint32_t tuple_from, tuple_from_port, tuple_to, tuple_to_port;
	bool has_connections;
	int n_arguments[LAYOUT_N_POINTS]; /* of the tracepoint; 0: this kernel does not have it */
	uint32_t type[LAYOUT_N_POINTS];	  /* in the kernel's BTF, that has them */
	/* Fields are read as a program in C would, which the kernel checks against its types when
	 * it takes the program, instead of by a call for each. */
	bool is_direct;
	/* A function of the kernel (6.2) that has memory of no type be read as an IPv4 header in
	 * the same way; 0: it does not have it. */
	uint32_t cast_function, cast_type;
};

/* Less that not every kernel has, in a program that this one refused; false: there is no less. */
bool layout_plainer(struct layout *layout);

/* Whether kfree_skb says why (5.17), and not only where. */
bool layout_gives_reasons(const struct layout *layout);

/* ERROR_UNAVAILABLE: the kernel lacks something without which nothing can be traced. */
int layout_read(const struct btf *btf, struct layout *ret_layout, struct error *error);
