// SPDX-License-Identifier: GPL-2.0-or-later
// transport_ssh.h - a stream to netd on another host, through an ssh of the caller's
#pragma once

#include "client/transport.h"

/* Starts ssh(1) for a host with ssh set; its pid and the stream are transport_close's to end.
 * Whether it arrives is known with the first answer only. ERROR_UNAVAILABLE: it was not even
 * started. */
int transport_ssh_open(const struct client_host *host, struct transport *ret_transport,
		       struct error *error);
