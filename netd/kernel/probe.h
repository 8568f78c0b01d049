// SPDX-License-Identifier: GPL-2.0-or-later
// probe.h - one real connection out of a network namespace, and who answered it
#pragma once

#include "base/addr.h"
#include "diag/verdict.h"

#include <stdbool.h>
#include <stdint.h>

struct probe_asked {
	int netns_fd; /* whose socket it is */
	struct addr addr;
	uint16_t port;
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	unsigned int patience_ms;
	/* Both NULL: nobody watches. The port that it will come from is told before a packet is
	 * made, of an echo request its number; a negative errno ends it there. Not called where no
	 * port is free. */
	int (*before)(uint16_t port, void *data);
	/* Called when watch_fd can be read: true when it has been seen how it ends, and the rest of
	 * the time need not be waited for. */
	bool (*is_seen)(void *data);
	int watch_fd;
	void *data;
};

/* TCP connects, and resets before a byte is sent; UDP sends one empty datagram, and silence says
 * nothing there. Fills outcome, by and ms. 0, or why no socket could be made. */
int probe_connect(const struct probe_asked *asked, struct diag_probe *ret_probe);

/* probe_echo.c. An echo request of ICMP, which needs CAP_NET_RAW, and when that is answered one as
 * large as the way takes; port and protocol are not looked at. Fills also large, large_bytes and
 * large_by. 0, or why no socket could be made. */
int probe_echo(const struct probe_asked *asked, struct diag_probe *ret_probe);
