// SPDX-License-Identifier: GPL-2.0-or-later
// port.c - published ports: their protocols, and which of them cannot be together
#include "model/container/port.h"

#include "base/cleanup.h"

#include <errno.h>
#include <strings.h>

/* The protocols that ports can be published of. */
static const struct {
	const char *name;
	uint8_t protocol;
} protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
};

/* "unknown" never stands in a record: other protocols are refused by the parser. */
const char *port_protocol_name(uint8_t protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	}
	return "unknown";
}

/* Case does not matter, as in Docker. */
int port_protocol_parse(const char *text, uint8_t *ret_protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcasecmp(protocols[i].name, text) == 0) {
			*ret_protocol = protocols[i].protocol;
			return 0;
		}
	}
	return -EINVAL;
}

bool port_clash(const struct port *a, const struct port *b)
{
	/* The kernel refuses two sockets of one port when either is bound to all addresses. */
	return a->protocol == b->protocol && a->host_port == b->host_port &&
	       a->host_addr.family == b->host_addr.family &&
	       (addr_is_any(&a->host_addr) || addr_is_any(&b->host_addr) ||
		addr_equal(&a->host_addr, &b->host_addr));
}

/* The very same place: the same socket could serve both. */
bool port_same_place(const struct port *a, const struct port *b)
{
	return a->protocol == b->protocol && a->host_port == b->host_port &&
	       addr_equal(&a->host_addr, &b->host_addr);
}
