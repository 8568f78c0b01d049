// SPDX-License-Identifier: GPL-2.0-or-later
// port.h - a published port as it exists
#pragma once

#include "base/addr.h"

#include <stdbool.h>
#include <stdint.h>

/* A published port as it exists: one family, one host port. */
struct port {
	uint8_t protocol;
	struct addr host_addr; /* 0.0.0.0 or :: for every address of the family */
	uint16_t host_port;
	uint16_t container_port;
	struct addr target; /* the endpoint's address it leads to; may be of the other family,
			     * and then only the relay serves it */
	bool reserved;	    /* by whoever asked for it: no socket of ours, so no relay */
};

/* Published at the container's own address, which its network's gateway mode lets others route to:
 * host_addr and host_port are the target and the container's port, and the host has no part in it.
 */
static inline bool port_is_routed(const struct port *port)
{
	return addr_equal(&port->host_addr, &port->target);
}

/* Needs the relay (::1, or a target of the other family)? */
static inline bool port_needs_relay(const struct port *port)
{
	/* No packet from ::1 can be sent to another host, so NAT cannot serve it; nor can NAT
	 * change the family. [::] covers ::1. */
	if (port->protocol != IPPROTO_TCP && port->protocol != IPPROTO_UDP)
		return false;
	if (port_is_routed(port))
		return false;
	if (port->reserved || !addr_is_set(&port->target)) /* nowhere to listen, or to lead */
		return false;
	return port->host_addr.family == AF_INET6 || port->host_addr.family != port->target.family;
}

/* Who has one cannot have the other: the same number of one protocol and family, at one address or
 * at every address for either. */
bool port_clash(const struct port *a, const struct port *b);
/* The same number of one protocol at the same address, and at no other. */
bool port_same_place(const struct port *a, const struct port *b);

const char *port_protocol_name(uint8_t protocol);		  /* "tcp", "udp", "sctp" */
int port_protocol_parse(const char *text, uint8_t *ret_protocol); /* 0 or -EINVAL */
