// SPDX-License-Identifier: GPL-2.0-or-later
// ports.h - host ports reserved with bound sockets, and who holds one that is taken
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "model/container/portset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Loads the filter that all reserved sockets share, while this process may: netd gives bpf(2) up.
 * Without it each socket gets one of its own. */
void ports_init(void);
/* Binds (and for TCP listens on) a host address and port in the current netns, IPV6_V6ONLY for
 * IPv6, so that others get EADDRINUSE. With drop, a filter keeps the socket from ever completing a
 * handshake or receiving. Returns the descriptor, which the caller closes. A port in use:
 * ERROR_CONFLICT "port 8080/tcp on 0.0.0.0 is in use by nginx (pid 4711)"; where the holder cannot
 * be found the sentence says so. */
int ports_reserve(uint8_t protocol, const struct addr *addr, uint16_t port, bool drop,
		  struct error *error);
/* Finds the program that holds a port: walks /proc/net/{tcp,udp}{,6} and /proc/PID/fd. Fills text
 * "name (pid N)"; -ENOENT when not found. */
int ports_holder(uint8_t protocol, const struct addr *addr, uint16_t port, char *ret_text,
		 size_t size);
/* The range from which free ports are taken: net.ipv4.ip_local_port_range. */
void ports_ephemeral_range(uint16_t *ret_first, uint16_t *ret_last);
/* Those that the administrator keeps from being found by anybody, net.ipv4.ip_local_reserved_ports,
 * which rules over both families. Empty where it cannot be read; -ENOMEM. */
int ports_reserved_by_host(struct portset *ret_set);
