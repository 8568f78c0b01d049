// SPDX-License-Identifier: GPL-2.0-or-later
// port_binding.h - the syntax of -p and of Docker's PortBindings
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One -p as asked for. Ranges are kept whole here and resolved one by one into struct port. */
struct port_binding {
	uint8_t protocol;	/* IPPROTO_TCP, _UDP, _SCTP */
	struct addr host_addr;	/* family 0: every address of both families */
	uint16_t host_port;	/* 0: netd picks one */
	uint16_t host_port_end; /* equal to host_port unless a range of candidates for ONE
				 * container port was given */
	uint16_t container_port;
	bool reserved; /* whoever asks holds the host port with a socket of its own, or
			* is about to: netd takes none, which would be in its way */
};

/* Parses one -p: [HOSTADDR:][HOSTPORTS:]PORTS[/PROTO], where HOSTADDR is an IPv4 address or an IPv6
 * address in brackets and PORTS is N or N-M. Ranges of equal length expand one to one; a host range
 * for a single container port is a choice. Appends to *bindings (realloc), which the caller frees.
 * ERROR_INVALID names the text and what is wrong with it. */
int port_binding_parse(const char *text, struct port_binding **bindings, size_t *n_bindings,
		       struct error *error);

/* Docker's HostConfig.PortBindings: {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}; HostPort ""
 * or "0" is a free port, "8000-8010" a choice. netd's own addition to an entry is "Reserved": true,
 * for one host port that the caller holds itself. Appends likewise. */
int port_binding_from_json(const json_t *object, struct port_binding **bindings, size_t *n_bindings,
			   struct error *error);
