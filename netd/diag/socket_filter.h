// SPDX-License-Identifier: GPL-2.0-or-later
// socket_filter.h - a classic BPF program at a socket, run on the head of a packet nobody has sent
#pragma once

#include "diag/rules/rules.h"

#include <stddef.h>
#include <stdint.h>

enum socket_filter {
	SOCKET_FILTER_PASSES,
	SOCKET_FILTER_DROPS,
	SOCKET_FILTER_UNKNOWN, /* it hangs on what nobody knows, or is no program of this kind */
};

/* program: instructions as SO_GET_FILTER gives them (struct sock_filter, of this machine). packet:
 * as it arrives at the socket, TCP or UDP. A datagram that is cut short passes. */
enum socket_filter socket_filter_run(const uint8_t *program, size_t len,
				     const struct rules_packet *packet);
