// SPDX-License-Identifier: GPL-2.0-or-later
// tap.h - what passes an interface, in a ring of the kernel (TPACKET_V3 of packet(7))
#pragma once

#include "base/error.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap_asked {
	const char *ifname;
	/* The interface's own filter, which it has before the first packet. */
	const struct sock_filter *code;
	size_t n_code;
	size_t ring_size; /* bytes; CAPTURE_BLOCKS_MIN blocks at the least */
	/* A bridge shows frames that it hands from port to port in this mode only. It ends with the
	 * socket, however that comes. */
	bool is_promiscuous;
};

/* Zeroed, with fd -1, it is none. */
struct tap {
	int fd; /* readable when a block is full, or the interface is gone */
	uint8_t *ring;
	size_t n_blocks;
	size_t next; /* block that is handed over next */
	uint32_t mtu;
	uint64_t received, dropped; /* so far: tap_count() */
};

/* In the network namespace whose descriptor that is; takes CAP_NET_RAW, and CAP_SYS_ADMIN to go
 * there and back (netns.h). ERROR_NOT_FOUND: there is no such interface, or it is none that carries
 * Ethernet. */
int tap_open(int netns_fd, const struct tap_asked *asked, struct tap *ret_tap, struct error *error);
void tap_close(struct tap *tap);

/* The block that is next; NULL: the kernel still has it. */
const void *tap_block(const struct tap *tap);
/* Gives it back. */
void tap_release(struct tap *tap);
/* Adds what the kernel has counted since the last time. */
void tap_count(struct tap *tap);
/* Whether the interface is gone for good; one that is down may come up again. For when poll(2) has
 * reported an error, which it takes away. */
bool tap_is_gone(const struct tap *tap);
