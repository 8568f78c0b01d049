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

/* All ports of one container port and protocol stand in one array, at the place of the first.
 * Each is chained to the one before it that has both in common. Indices are one higher, 0 ends. */
struct chains {
	uint32_t *next; /* by item */
	uint32_t *last; /* by key: the end of its chain */
	bool *is_first; /* by item */
};

enum { N_KEYS = 3 * (UINT16_MAX + 1) };

static size_t key_of(uint8_t protocol, uint16_t container_port)
{
	size_t number = protocol == IPPROTO_TCP ? 0 : protocol == IPPROTO_UDP ? 1 : 2;

	return number * (UINT16_MAX + 1) + container_port;
}

static int chains_init(struct chains *chains, size_t n)
{
	/* The large array takes memory only for those of its pages that hold a port. */
	chains->last = calloc(N_KEYS, sizeof(*chains->last));
	chains->next = calloc(n + 1, sizeof(*chains->next));
	chains->is_first = calloc(n + 1, sizeof(*chains->is_first));
	return chains->last && chains->next && chains->is_first ? 0 : -ENOMEM;
}

static void chains_done(struct chains *chains)
{
	free(chains->last);
	free(chains->next);
	free(chains->is_first);
}

/* The next item, the ith, has that key. */
static void chains_add(struct chains *chains, size_t i, size_t key)
{
	uint32_t *last = &chains->last[key];

	if (*last == 0)
		chains->is_first[i] = true;
	else
		chains->next[*last - 1] = (uint32_t)i + 1;
	*last = (uint32_t)i + 1;
}

static int chain_ports(struct chains *chains, const struct container *container)
{
	if (chains_init(chains, container->n_ports) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < container->n_ports; i++)
		chains_add(
			chains, i,
			key_of(container->ports[i].protocol, container->ports[i].container_port));
	return 0;
}

/* A text with addresses in it: thousands of ports are at one. */
struct writer {
	struct buf *buf;
	struct addr addr;
	char addr_text[ADDR_STR_MAX];
	const char *comma;
};

static void put_addr(struct writer *writer, const char *before, const struct addr *addr)
{
	if (!writer->addr_text[0] || !addr_equal(addr, &writer->addr)) {
		(void)addr_print(addr, writer->addr_text);
		writer->addr = *addr;
	}
	buf_puts(writer->buf, before);
	buf_puts(writer->buf, writer->addr_text);
}

static void put_number(struct writer *writer, const char *before, unsigned int number)
{
	buf_puts(writer->buf, before);
	buf_put_number(writer->buf, number);
}

/* "80/tcp": and what follows. */
static void put_key(struct writer *writer, unsigned int port, uint8_t protocol, const char *behind)
{
	buf_puts(writer->buf, writer->comma);
	put_number(writer, "\"", port);
	buf_puts(writer->buf, "/");
	buf_puts(writer->buf, port_protocol_name(protocol));
	buf_puts(writer->buf, behind);
	writer->comma = ",";
}

static void put_port(struct writer *writer, const struct port *port)
{
	put_addr(writer, "{\"HostIp\":\"", &port->host_addr);
	put_number(writer, "\",\"HostPort\":\"", port->host_port);
	buf_puts(writer->buf, "\"}");
}

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

static int chain_bindings(struct chains *chains, const struct container_spec *spec)
{
	if (chains_init(chains, spec->n_ports) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < spec->n_ports; i++)
		chains_add(chains, i,
			   key_of(spec->ports[i].protocol, spec->ports[i].container_port));
	return 0;
}

/* The key of the ith, which is the first that has it, and the array of all that have it. */
static void put_bindings(struct writer *writer, const struct chains *chains,
			 const struct port_binding *asked, size_t i)
{
	put_key(writer, asked[i].container_port, asked[i].protocol, "\":[");
	put_binding(writer, &asked[i]);
	for (size_t next = chains->next[i]; next > 0; next = chains->next[next - 1]) {
		buf_puts(writer->buf, ",");
		put_binding(writer, &asked[next - 1]);
	}
	buf_puts(writer->buf, "]");
}

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

/* The number behind n in the order of their texts: 0, 1, 10, 100, 1000, 10000, 10001, … A key goes
 * on with a slash, which is before all digits. 0: n was the last. */
static unsigned int next_by_text(unsigned int n)
{
	if (n == 0)
		return 1;
	if (n * 10 <= UINT16_MAX)
		return n * 10;
	while (n % 10 == 9 || n == UINT16_MAX)
		n /= 10;
	return n > 0 ? n + 1 : 0;
}

int docker_json_bindings_sorted(const struct container_spec *spec, struct buf *buf)
{
	static const uint8_t protocols[] = { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP };
	_cleanup_(chains_done) struct chains chains = { 0 };
	_cleanup_free_ uint32_t *first = calloc(N_KEYS, sizeof(*first)); /* by key, one higher */
	struct writer writer = { .buf = buf, .comma = "" };
	unsigned int n = 0;

	if (!first || chain_bindings(&chains, spec) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < spec->n_ports; i++)
		if (chains.is_first[i])
			first[key_of(spec->ports[i].protocol, spec->ports[i].container_port)] =
				(uint32_t)i + 1;
	buf_puts(buf, "{");
	do {
		for (size_t p = 0; p < ARRAY_SIZE(protocols); p++) {
			uint32_t i = first[key_of(protocols[p], (uint16_t)n)];

			if (i > 0)
				put_bindings(&writer, &chains, spec->ports, i - 1);
		}
		n = next_by_text(n);
	} while (n > 0);
	buf_puts(buf, "}");
	return buf->err;
}
