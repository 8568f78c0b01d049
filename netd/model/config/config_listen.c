// SPDX-License-Identifier: GPL-2.0-or-later
// config_listen.c - where metrics are served, as it is written
#include "model/config/config_listen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. Grammar of what is read: PORT, ADDRESS:PORT, or [IPV6]:PORT. A port
 * alone is served on 127.0.0.1, because metrics name containers and are nobody else's business
 * unless that is said. */

/* Digits alone: strtoul(3) would take signs and spaces. *ret_port is only good where the result is
 * true. */
static bool read_port(const char *text, uint16_t *ret_port)
{
	size_t len = strlen(text);
	unsigned long port;

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
		return false;
	port = strtoul(text, NULL, 10);
	*ret_port = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* The last colon divides: an IPv6 address has others before it. */
static bool read_both(const char *text, struct addr *ret_addr, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool is_bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
	char host[ADDR_STR_MAX];

	if (!read_port(colon ? colon + 1 : text, ret_port))
		return false;
	if (len == 0) /* everybody's only where that is said */
		return addr_parse("127.0.0.1", ret_addr) == 0;
	if (is_bracketed) {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	(void)snprintf(host, sizeof(host), "%.*s", (int)len, text);
	/* Without brackets the last group of an IPv6 address would be the port. */
	return addr_parse(host, ret_addr) == 0 && is_bracketed == (ret_addr->family == AF_INET6);
}

/* One sentence for all that can be wrong, with both forms. 0, or the error is set. */
int config_listen_parse(const char *text, struct addr *ret_addr, uint16_t *ret_port,
			struct error *error)
{
	if (read_both(text, ret_addr, ret_port))
		return 0;
	return error_set(error, ERROR_INVALID,
			 "\"%.64s\" is no address and port such as \"127.0.0.1:9323\" or "
			 "\"[::1]:9323\"",
			 text);
}
