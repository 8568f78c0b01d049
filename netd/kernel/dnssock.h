// SPDX-License-Identifier: GPL-2.0-or-later
// dnssock.h - the resolver's sockets inside a container: 127.0.0.11, UDP and TCP on one port
#pragma once

#include "base/error.h"

#include <stdint.h>

/* In the current netns, whose lo must be up. port 0: the kernel picks one that both protocols have
 * free; another: that one or -EADDRINUSE. Port 53 itself stays the container's: the redirect of
 * nft_dns_redirect leads here. The descriptors are the caller's. */
int dnssock_open(uint16_t port, int *ret_udp, int *ret_tcp, uint16_t *ret_port,
		 struct error *error);
