// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json_ports.c - the ports of a container, as a tree and as text without one
#include "model/show/docker_json.h"

#include "base/cleanup.h"
#include "model/container/port.h"
#include "model/show/docker_json_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *docker_json_ports_key(const struct port *port, char buffer[static 16])
{
	(void)snprintf(buffer, 16, "%u/%s", port->container_port,
		       port_protocol_name(port->protocol));
	return buffer;
}

json_t *docker_json_ports(const struct container *container)
{
	json_t *object = json_object();
	int err = 0;

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct port *port = &container->ports[i];
		json_t *binding = json_object(), *bindings;
		char key[16], host_port[8];

		(void)snprintf(host_port, sizeof(host_port), "%u", port->host_port);
		err |= docker_json_set_text(binding, "HostIp", ADDR_STR(&port->host_addr));
		err |= docker_json_set_text(binding, "HostPort", host_port);
		bindings = json_object_get(object, docker_json_ports_key(port, key));
		if (!bindings) {
			bindings = json_array();
			err |= json_object_set_new(object, key, bindings);
		}
		err |= json_array_append_new(bindings, binding);
	}
	return docker_json_whole(object, err);
}

/* Thousands of ports are published in one request and are its answer. A tree of them is fifty
 * thousand small allocations, as much work as telling the kernel about them. */

/* Ports of one container port and protocol stand in one array, at the place of the first: each is
 * chained to the one before it that has both in common. Indices are one higher, 0 ends. */
struct chains {
	uint32_t *next; /* by port */
	uint32_t *last; /* by key: the end of its chain */
	bool *is_first; /* by port */
};

enum { N_KEYS = 3 * (UINT16_MAX + 1) };

static size_t port_index(const struct port *port)
{
	size_t protocol = port->protocol == IPPROTO_TCP ? 0 : port->protocol == IPPROTO_UDP ? 1 : 2;

	return protocol * (UINT16_MAX + 1) + port->container_port;
}

static void chain_ports(const struct container *container, struct chains *chains)
{
	for (size_t i = 0; i < container->n_ports; i++) {
		uint32_t *last = &chains->last[port_index(&container->ports[i])];

		if (*last == 0)
			chains->is_first[i] = true;
		else
			chains->next[*last - 1] = (uint32_t)i + 1;
		*last = (uint32_t)i + 1;
	}
}

static void put_chain(const struct container *container, const struct chains *chains, size_t i,
		      struct buf *buf)
{
	const struct port *port = &container->ports[i];

	buf_printf(buf, "\"%u/%s\":[", port->container_port, port_protocol_name(port->protocol));
	for (;; buf_puts(buf, ",")) {
		buf_printf(buf, "{\"HostIp\":\"%s\",\"HostPort\":\"%u\"}",
			   ADDR_STR(&port->host_addr), port->host_port);
		if (chains->next[i] == 0)
			break;
		i = chains->next[i] - 1;
		port = &container->ports[i];
	}
	buf_puts(buf, "]");
}

int docker_json_ports_text(const struct container *container, struct buf *buf)
{
	/* Of the large one only the pages are ever there that hold a port. */
	_cleanup_free_ uint32_t *last = calloc(N_KEYS, sizeof(*last));
	_cleanup_free_ uint32_t *next = calloc(container->n_ports + 1, sizeof(*next));
	_cleanup_free_ bool *is_first = calloc(container->n_ports + 1, sizeof(*is_first));
	struct chains chains = { next, last, is_first };
	const char *comma = "";

	if (!last || !next || !is_first)
		return -ENOMEM;
	chain_ports(container, &chains);
	buf_puts(buf, "{");
	for (size_t i = 0; i < container->n_ports; i++) {
		if (!is_first[i])
			continue;
		buf_puts(buf, comma);
		put_chain(container, &chains, i, buf);
		comma = ",";
	}
	buf_puts(buf, "}");
	return buf->err;
}
