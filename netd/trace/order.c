// SPDX-License-Identifier: GPL-2.0-or-later
// order.c - what netd-trace is told by whoever started it, a line each
#include "trace/order.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/protocol.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Orders are lines of text from whoever started the tracer: a word, and what
 * belongs to it. Every one is decoded here, completely, or refused; nothing of a line is used
 * before.
 *
 * The grammar stands in the sentence of order_read(). A word that is not known is refused and not
 * passed over: whoever sent it believes that it counts. */

/* Decimal, as the kernel writes it. -EINVAL also for one above max, or 0. All of the text must be a
 * number. *ret_number may be written on failure. */
static int read_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	/* strtoul(3) tells an overflow by errno alone. */
	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	return errno != 0 || *end || *ret_number == 0 || *ret_number > max ? -EINVAL : 0;
}

/* What stands behind the word and a space; NULL: the line begins otherwise. The rest of the line is
 * one argument or more. */
static const char *behind(const char *line, const char *word)
{
	size_t len = strlen(word);

	return strncmp(line, word, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

/* A protocol's word and what stands behind it; NULL: it is none of those. *ret_protocol is set in
 * any case. */
static const char *behind_protocol(const char *text, uint8_t *ret_protocol)
{
	static const char *const words[] = { "tcp", "udp", "icmp" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *rest = behind(text, words[i]);

		*ret_protocol = protocol_number(words[i]);
		if (rest)
			return rest;
	}
	return NULL;
}

/* flow tcp|udp|icmp PORT. Of icmp it is the id. *order is filled as far as the text was good;
 * order_read() throws it away otherwise. */
static int read_flow(const char *text, struct order *order)
{
	const char *port = behind_protocol(text, &order->protocol);
	unsigned long number;
	int err = port ? read_number(port, UINT16_MAX, &number) : -EINVAL;

	order->kind = ORDER_FLOW;
	if (err == 0)
		order->port = (uint16_t)number;
	return err;
}

/* published tcp|udp ADDRESS PORT. Ports are published of TCP and UDP alone. */
static int read_published(const char *text, struct order *order)
{
	const char *rest = behind_protocol(text, &order->protocol);
	char addr[64];
	unsigned long number;
	size_t len;
	int err;

	order->kind = ORDER_PUBLISHED;
	len = rest ? strcspn(rest, " ") : 0;
	if (!rest || order->protocol == IPPROTO_ICMP || rest[len] != ' ' || len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, rest, len);
	addr[len] = '\0';
	err = addr_parse(addr, &order->addr);
	if (err == 0)
		err = read_number(rest + len + 1, UINT16_MAX, &number);
	if (err == 0)
		order->port = (uint16_t)number;
	return err;
}

/* only tcp|udp|icmp. text is one word. */
static int read_protocol(const char *text, struct order *order)
{
	order->kind = ORDER_ONLY;
	order->protocol = protocol_number(text);
	/* Of others netd publishes no ports, and knows no packet by name. */
	return order->protocol == 0 || order->protocol == IPPROTO_SCTP ? -EINVAL : 0;
}

/* An inode, as /proc/PID/ns/net has it. Inodes of namespaces have 32 bits in the kernel. */
static int read_netns(enum order_kind kind, const char *text, struct order *order)
{
	unsigned long number;
	int err = read_number(text, UINT32_MAX, &number);

	order->kind = kind;
	if (err == 0)
		order->netns = (uint32_t)number;
	return err;
}

/* port N. 0 is no port. */
static int read_port(const char *text, struct order *order)
{
	unsigned long number;
	int err = read_number(text, UINT16_MAX, &number);

	order->kind = ORDER_PORT;
	if (err == 0)
		order->port = (uint16_t)number;
	return err;
}

/* bytes N. Who wants more than there can be gets what there is. */
static int read_bytes(const char *text, struct order *order)
{
	unsigned long number;
	int err = read_number(text, UINT32_MAX, &number);

	order->kind = ORDER_BYTES;
	if (err == 0)
		order->n_bytes = number < TRACE_BYTES_MAX ? (uint32_t)number : TRACE_BYTES_MAX;
	return err;
}

/* *ret_order is written on success only. line is one order, without its line feed. */
int order_read(const char *line, struct order *ret_order, struct error *error)
{
	struct order order = { .kind = ORDER_GO };
	const char *rest;
	int err = -EINVAL;

	/* The two words without an argument. */
	if (strcmp(line, "go") == 0 || strcmp(line, "tell") == 0) {
		order.kind = *line == 'g' ? ORDER_GO : ORDER_TELL;
		err = 0;
	} else if ((rest = behind(line, "netns"))) {
		err = read_netns(ORDER_NETNS, rest, &order);
	} else if ((rest = behind(line, "forget"))) {
		err = read_netns(ORDER_FORGET, rest, &order);
	} else if ((rest = behind(line, "own"))) {
		err = read_netns(ORDER_OWN, rest, &order);
	} else if ((rest = behind(line, "address")) || (rest = behind(line, "peer"))) {
		order.kind = *line == 'a' ? ORDER_ADDRESS : ORDER_PEER;
		err = addr_parse(rest, &order.addr);
	} else if ((rest = behind(line, "published"))) {
		err = read_published(rest, &order);
	} else if ((rest = behind(line, "only"))) {
		err = read_protocol(rest, &order);
	} else if ((rest = behind(line, "port"))) {
		err = read_port(rest, &order);
	} else if ((rest = behind(line, "bytes"))) {
		err = read_bytes(rest, &order);
	} else if ((rest = behind(line, "flow"))) {
		err = read_flow(rest, &order);
	}
	if (err < 0)
		return error_set(
			error, ERROR_INVALID,
			"\"%.60s\" is no order: netns INODE, address ADDRESS, flow "
			"tcp|udp|icmp PORT, own INODE, published tcp|udp ADDRESS PORT, only "
			"tcp|udp|icmp, port N, peer ADDRESS, go, tell, forget INODE, or "
			"bytes N",
			line);
	*ret_order = order;
	return 0;
}
