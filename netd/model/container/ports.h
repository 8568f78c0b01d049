// SPDX-License-Identifier: GPL-2.0-or-later
// ports.h - the syntax of -p and of Docker's PortBindings
#pragma once

#include "base/error.h"
#include "model/container/container.h"

/* Parses one -p: [HOSTADDR:][HOSTPORTS:]PORTS[/PROTO], where HOSTADDR is an IPv4 address or an IPv6
 * address in brackets and PORTS is N or N-M. Ranges of equal length expand one to one; a host range
 * for a single container port is a choice. Appends to *bindings (realloc), which the caller frees.
 * ERROR_INVALID names the text and what is wrong with it. */
int ports_parse(const char *text, struct port_binding **bindings, size_t *n_bindings,
		struct error *error);

/* Docker's HostConfig.PortBindings: {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}; HostPort ""
 * or "0" is a free port, "8000-8010" a choice. netd's own addition to an entry is "Reserved": true,
 * for one host port that the caller holds itself. Appends likewise. */
int ports_from_json(const json_t *object, struct port_binding **bindings, size_t *n_bindings,
		    struct error *error);

const char *protocol_name(uint8_t protocol);		     /* "tcp", "udp", "sctp" */
int protocol_parse(const char *text, uint8_t *ret_protocol); /* 0 or -EINVAL */
