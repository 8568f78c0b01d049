// SPDX-License-Identifier: GPL-2.0-or-later
// nft_trace.h - which rules of nftables the packets of one flow meet in a network namespace
#pragma once

#include "base/addr.h"
#include "diag/traced.h"

#include <stdint.h>

struct nft_trace_asked {
	int netns_fd;
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP of either family */
	uint16_t port;	  /* of who asks; the id of its echo requests */
	struct addr from, to;
	/* One of the two addresses must be the packet's; false: NAT has made others of them. */
	bool by_address;
	/* Links that rules are bound to, which come before all others. */
	const char (*links)[FACTS_IFNAME];
	size_t n_links;
};

/* Has the kernel mark packets of that flow by tables of its own, which are gone with the socket,
 * however that is closed. Returns the socket, the caller's to close, or -errno: -EOPNOTSUPP where
 * the kernel has no tables that belong to a process (before 5.12). *ret_links_err: 0, or why rules
 * that are bound to those links are not told. */
int nft_trace_open(const struct nft_trace_asked *asked, int *ret_links_err);

/* What the kernel has said of that flow until now, in order; without the rules that only mark.
 * protocol, port: as asked, by which packets are told from those that others have marked. netns:
 * noted with each rule. 0 or -errno, and what came before is there: -ENOBUFS when it was too much;
 * -EPROTO when others than the kernel send to the socket again and again; -EBADMSG. */
int nft_trace_read(int fd, uint64_t netns, uint8_t protocol, uint16_t port,
		   struct traced_rules *rules);
