// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json_ports.c - what a container publishes, as text
#include "model/show/docker_json.h"

#include "base/cleanup.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/show/docker_json_parts.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A container publishes thousands of ports, and each is told several times
 * when it is shown. A tree of them is a hundred thousand small allocations, ten times the work of
 * the text itself. So they are written as text, and the tree around them has none of them
 * (docker_json_text.c). Nothing of it needs an escape: it is numbers, addresses and protocols. */

/* All ports of one container port and protocol, which is a key of the text, stand in one array. To
 * find them they are sorted by key and place: what has a key in common is then side by side. A
 * table by port would be found faster, and is as large for one port as for all: each container
 * that is attached or shown would pay for it. */
struct keyed {
	uint32_t rank; /* of the key, in the order of their texts */
	uint32_t item;
};

/* The three arrays have a place for each port, and are freed by chains_done(). */
struct chains {
	struct keyed *sorted; /* by key, then by place */
	uint32_t *next;	      /* by item: the next of its key, one higher; 0: it is the last */
	bool *is_first;	      /* by item: nobody before it has its key */
};

/* The place of "80/tcp" among all such texts. Digits are compared from the left, and a key goes
 * on with a slash, which is before all digits: so 8 comes before 80, and 80 before 9. The rank
 * is a number that compares as the texts do. */
static uint32_t rank_of(uint8_t protocol, uint16_t container_port)
{
	/* In the order of their names: sctp, tcp, udp. */
	uint32_t name = protocol == IPPROTO_SCTP ? 0 : protocol == IPPROTO_TCP ? 1 : 2;
	uint32_t rank = 0, power = 10000; /* the longest port has five digits */

	while (power > 1 && container_port < power)
		power /= 10;
	for (unsigned int i = 0; i < 5; i++) {
		/* 11 values for each of five places: no digit, which is the end of the number, and
		 * ten digits. All of it is less than 2^32. */
		rank = rank * 11 + (power > 0 ? container_port / power % 10 + 1 : 0);
		power /= 10;
	}
	return rank * 3 + name;
}

/* For qsort(3). */
static int compare_keyed(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	/* Ports of one key stay in the order in which they were asked for. qsort(3) alone promises
	 * no order of equals. */
	return x->item < y->item ? -1 : x->item > y->item;
}

/* On an error chains_done() frees what is there. 0 or -ENOMEM. Everything is zero: no port is
 * first, and none has a next one. */
static int chains_init(struct chains *chains, size_t n)
{
	/* One more, because calloc(3) of nothing may return NULL. */
	chains->sorted = calloc(n + 1, sizeof(*chains->sorted));
	chains->next = calloc(n + 1, sizeof(*chains->next));
	chains->is_first = calloc(n + 1, sizeof(*chains->is_first));
	return chains->sorted && chains->next && chains->is_first ? 0 : -ENOMEM;
}

/* What is NULL was not made. */
static void chains_done(struct chains *chains)
{
	free(chains->sorted);
	free(chains->next);
	free(chains->is_first);
}

/* i is the port's place in the container's list. The rank is made once for each port, and not at
 * each comparison. All ports are added before chains_link() is called once. */
static void chains_add(struct chains *chains, size_t i, uint8_t protocol, uint16_t container_port)
{
	chains->sorted[i] = (struct keyed) { rank_of(protocol, container_port), (uint32_t)i };
}

/* After the last of n was added. So is_first and next follow from neighbours in the order. Walking
 * `next` from a first port visits all ports of its key, in their order. */
static void chains_link(struct chains *chains, size_t n)
{
	qsort(chains->sorted, n, sizeof(*chains->sorted), compare_keyed);
	for (size_t i = 0; i < n; i++) {
		const struct keyed *keyed = &chains->sorted[i];

		if (i == 0 || keyed[-1].rank != keyed->rank)
			chains->is_first[keyed->item] = true;
		else
			chains->next[keyed[-1].item] = keyed->item + 1;
	}
}

/* The chains of a container's published ports. 0 or -ENOMEM; chains_done() is called in either
 * case. */
static int chain_ports(struct chains *chains, const struct container *container)
{
	if (chains_init(chains, container->n_ports) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < container->n_ports; i++)
		chains_add(chains, i, container->ports[i].protocol,
			   container->ports[i].container_port);
	chains_link(chains, container->n_ports);
	return 0;
}

/* A text with addresses in it: thousands of ports are at one. comma is empty before the first key.
 * One text that is being written. The buffer is the caller's. */
struct writer {
	struct buf *buf;
	struct addr addr;
	char addr_text[ADDR_STR_MAX];
	const char *comma;
};

/* The text of the last address is kept: printing it costs more than all the rest. Ports of a range
 * have one address, one after the other. An address has nothing that needs an escape in JSON. */
static void put_addr(struct writer *writer, const char *before, const struct addr *addr)
{
	if (!writer->addr_text[0] || !addr_equal(addr, &writer->addr)) {
		(void)addr_print(addr, writer->addr_text);
		writer->addr = *addr;
	}
	buf_puts(writer->buf, before);
	buf_puts(writer->buf, writer->addr_text);
}

/* A port has no sign and at most five digits. `before` is written as it is. */
static void put_number(struct writer *writer, const char *before, unsigned int number)
{
	buf_puts(writer->buf, before);
	buf_put_number(writer->buf, number);
}

/* "80/tcp": and what follows. The comma stands before every key but the first. */
static void put_key(struct writer *writer, unsigned int port, uint8_t protocol, const char *behind)
{
	buf_puts(writer->buf, writer->comma);
	put_number(writer, "\"", port);
	buf_puts(writer->buf, "/");
	buf_puts(writer->buf, port_protocol_name(protocol));
	buf_puts(writer->buf, behind);
	writer->comma = ",";
}

/* One place at the host. HostPort is a text in Docker's API, and a number in its list. It is one
 * object of Docker's PortBinding. */
static void put_port(struct writer *writer, const struct port *port)
{
	put_addr(writer, "{\"HostIp\":\"", &port->host_addr);
	put_number(writer, "\",\"HostPort\":\"", port->host_port);
	buf_puts(writer->buf, "\"}");
}

/* Docker's Ports: a key for each container port, with all places that lead to it. The keys are in
 * the order in which they were asked for first. 0 or -ENOMEM. */
int docker_json_ports(const struct container *container, struct buf *buf)
{
	_cleanup_(chains_done) struct chains chains = { 0 };
	struct writer writer = { .buf = buf, .comma = "" };
	const struct port *ports = container->ports;

	if (chain_ports(&chains, container) < 0)
		return -ENOMEM;
	buf_puts(buf, "{");
	for (size_t i = 0; i < container->n_ports; i++) {
		if (!chains.is_first[i])
			continue;
		put_key(&writer, ports[i].container_port, ports[i].protocol, "\":[");
		put_port(&writer, &ports[i]);
		for (size_t next = chains.next[i]; next > 0; next = chains.next[next - 1]) {
			buf_puts(buf, ",");
			put_port(&writer, &ports[next - 1]);
		}
		buf_puts(buf, "]");
	}
	buf_puts(buf, "}");
	return buf->err;
}

/* Docker's ExposedPorts: the keys alone. The value of each is an empty object, as Go has a set. 0
 * or -ENOMEM. */
int docker_json_exposed(const struct container *container, struct buf *buf)
{
	_cleanup_(chains_done) struct chains chains = { 0 };
	struct writer writer = { .buf = buf, .comma = "" };
	const struct port *ports = container->ports;

	if (chain_ports(&chains, container) < 0)
		return -ENOMEM;
	buf_puts(buf, "{");
	for (size_t i = 0; i < container->n_ports; i++)
		if (chains.is_first[i])
			put_key(&writer, ports[i].container_port, ports[i].protocol, "\":{}");
	buf_puts(buf, "}");
	return buf->err;
}

/* Docker's list, which has no keys. PublicPort is there for each, since netd lists what is
 * published. 0 or -ENOMEM. */
int docker_json_port_list(const struct container *container, struct buf *buf)
{
	struct writer writer = { .buf = buf };

	buf_puts(buf, "[");
	for (size_t i = 0; i < container->n_ports; i++) {
		const struct port *port = &container->ports[i];

		buf_puts(buf, i > 0 ? "," : "");
		put_addr(&writer, "{\"IP\":\"", &port->host_addr);
		put_number(&writer, "\",\"PrivatePort\":", port->container_port);
		put_number(&writer, ",\"PublicPort\":", port->host_port);
		buf_puts(buf, ",\"Type\":\"");
		buf_puts(buf, port_protocol_name(port->protocol));
		buf_puts(buf, "\"}");
	}
	buf_puts(buf, "]");
	return buf->err;
}

/* --- as they were asked for ------------------------------------------------------------------- */

/* As it was asked for: any port is "", a choice is a range. Reserved is a key of netd's own:
 * somebody holds that port for the container. */
static void put_binding(struct writer *writer, const struct port_binding *binding)
{
	struct buf *buf = writer->buf;

	put_addr(writer, "{\"HostIp\":\"", &binding->host_addr);
	buf_puts(buf, "\",\"HostPort\":\"");
	if (binding->host_port_end > binding->host_port) {
		buf_put_number(buf, binding->host_port);
		put_number(writer, "-", binding->host_port_end);
	} else if (binding->host_port) {
		buf_put_number(buf, binding->host_port);
	}
	buf_puts(buf, binding->reserved ? "\",\"Reserved\":true}" : "\"}");
}

/* The same chains, over what was asked for. What was asked for has ranges, each of which is one
 * entry. 0 or -ENOMEM. */
static int chain_bindings(struct chains *chains, const struct container_spec *spec)
{
	if (chains_init(chains, spec->n_ports) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < spec->n_ports; i++)
		chains_add(chains, i, spec->ports[i].protocol, spec->ports[i].container_port);
	chains_link(chains, spec->n_ports);
	return 0;
}

/* The key of the ith, which is the first that has it, and the array of all that have it. */
static void put_bindings(struct writer *writer, const struct chains *chains,
			 const struct port_binding *asked, size_t i)
{
	put_key(writer, asked[i].container_port, asked[i].protocol, "\":[");
	put_binding(writer, &asked[i]);
	/* The numbers are one higher than the place, so that 0 can be the end. */
	for (size_t next = chains->next[i]; next > 0; next = chains->next[next - 1]) {
		buf_puts(writer->buf, ",");
		put_binding(writer, &asked[next - 1]);
	}
	buf_puts(writer->buf, "]");
}

/* In the order in which they were asked for. Clients compare what they have asked for with it. */
int docker_json_bindings(const struct container *container, struct buf *buf)
{
	_cleanup_(chains_done) struct chains chains = { 0 };
	struct writer writer = { .buf = buf, .comma = "" };
	const struct container_spec *spec = &container->spec;

	if (chain_bindings(&chains, spec) < 0)
		return -ENOMEM;
	buf_puts(buf, "{");
	for (size_t i = 0; i < spec->n_ports; i++)
		if (chains.is_first[i])
			put_bindings(&writer, &chains, spec->ports, i);
	buf_puts(buf, "}");
	return buf->err;
}

/* In the order of the keys' texts, for a record that is compared byte by byte. The record says
 * the same when the same was asked for in another order. */
int docker_json_bindings_sorted(const struct container_spec *spec, struct buf *buf)
{
	_cleanup_(chains_done) struct chains chains = { 0 };
	struct writer writer = { .buf = buf, .comma = "" };

	if (chain_bindings(&chains, spec) < 0)
		return -ENOMEM;
	buf_puts(buf, "{");
	for (size_t i = 0; i < spec->n_ports; i++) {
		uint32_t item = chains.sorted[i].item;

		if (chains.is_first[item])
			put_bindings(&writer, &chains, spec->ports, item);
	}
	buf_puts(buf, "}");
	return buf->err;
}
