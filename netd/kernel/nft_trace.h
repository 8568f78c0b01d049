// SPDX-License-Identifier: GPL-2.0-or-later
// nft_trace.h - which rules of nftables the packets of one flow meet in a network namespace
#pragma once

#include "base/addr.h"
#include "base/family.h"
#include "diag/traced.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packets that have all of this. */
struct nft_trace_match {
	enum family family;
	uint8_t protocol;	     /* IPPROTO_*; 0: any */
	uint16_t from_port, to_port; /* 0: any */
	uint16_t echo_id;	     /* of an echo request or its answer; 0: any */
	struct addr from, to;	     /* family 0: any */
};

struct nft_trace_asked {
	int netns_fd;
	const struct nft_trace_match *matches; /* what has one of them is marked */
	size_t n;
	bool behind_nat; /* also what has one only when NAT has made another of it */
	/* Links that rules are bound to, which come before all others. */
	const char (*links)[FACTS_IFNAME];
	size_t n_links;
};

/* Has the kernel mark these packets by tables of its own, which are gone with the socket,
 * however that is closed. Returns the socket, the caller's to close, or -errno: -EOPNOTSUPP where
 * the kernel has no tables that belong to a process (before 5.12). *ret_links_err: 0, or why rules
 * that are bound to those links are not told. */
int nft_trace_open(const struct nft_trace_asked *asked, int *ret_links_err);

/* What the kernel has said until now: take() for each piece, of several messages of netlink. 0 or
 * -errno: -ENOBUFS when it was too much, and some is missing; -EPROTO when others than the kernel
 * send to the socket again and again; or what take() returned, which ends it. */
int nft_trace_take(int fd, int (*take)(void *data, const void *messages, size_t len), void *data);

/* What the kernel has said of that flow until now, in order; without the rules that only mark.
 * protocol, port: as asked, by which packets are told from those that others have marked. netns:
 * noted with each rule. 0 or -errno, and what came before is there: as above, or -EBADMSG. */
int nft_trace_read(int fd, uint64_t netns, uint8_t protocol, uint16_t port,
		   struct traced_rules *rules);
