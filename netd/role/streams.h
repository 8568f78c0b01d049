// SPDX-License-Identifier: GPL-2.0-or-later
// streams.h - the seal of a role that speaks TLS over TCP and does nothing else
#pragma once

#include "role/seal.h"

/* Connections as OpenSSL, and libcurl over it, make them, of both families. bind(2) and listen(2)
 * are missing on purpose: the only sockets such a role hears at are those that the plumber hands
 * over. Nor is there a socket for a host's inside (netlink, unix, raw), a datagram, or a file. */
extern const struct seal streams_seal;
