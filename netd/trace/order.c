// SPDX-License-Identifier: GPL-2.0-or-later
// order.c - what netd-trace is told by whoever started it, a line each
#include "trace/order.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Decimal, as the kernel writes it. -EINVAL also for one above max, or 0. */
static int read_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	return errno != 0 || *end || *ret_number == 0 || *ret_number > max ? -EINVAL : 0;
}

/* What stands behind the word and a space; NULL: the line begins otherwise. */
static const char *behind(const char *line, const char *word)
{
	size_t len = strlen(word);

	return strncmp(line, word, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static int read_flow(const char *text, struct order *order)
{
	const char *port = behind(text, "tcp");
	unsigned long number;
	int err;

	order->kind = ORDER_FLOW;
	order->protocol = port ? IPPROTO_TCP : IPPROTO_UDP;
	if (!port)
		port = behind(text, "udp");
	err = port ? read_number(port, UINT16_MAX, &number) : -EINVAL;
	if (err == 0)
		order->port = (uint16_t)number;
	return err;
}

int order_read(const char *line, struct order *ret_order, struct error *error)
{
	struct order order = { .kind = ORDER_GO };
	const char *rest;
	unsigned long number;
	int err = -EINVAL;

	if (strcmp(line, "go") == 0) {
		err = 0;
	} else if ((rest = behind(line, "netns"))) {
		order.kind = ORDER_NETNS;
		err = read_number(rest, UINT32_MAX, &number);
		order.netns = err == 0 ? (uint32_t)number : 0;
	} else if ((rest = behind(line, "address"))) {
		order.kind = ORDER_ADDRESS;
		err = addr_parse(rest, &order.addr);
	} else if ((rest = behind(line, "flow"))) {
		err = read_flow(rest, &order);
	}
	if (err < 0)
		return error_set(error, ERROR_INVALID,
				 "\"%.60s\" is no order: netns INODE, address ADDRESS, flow "
				 "tcp|udp PORT, or go",
				 line);
	*ret_order = order;
	return 0;
}
