// SPDX-License-Identifier: GPL-2.0-or-later
// protocol.c - protocols above IP, by the words that a person uses
#include "base/protocol.h"

#include "base/cleanup.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

/* The words are those of ports, rules and questions alike. */

/* Of two with one word the first is the word's. */
static const struct {
	const char *name;
	uint8_t protocol;
} protocols[] = {
	{ "tcp", IPPROTO_TCP },	  { "udp", IPPROTO_UDP },     { "sctp", IPPROTO_SCTP },
	{ "icmp", IPPROTO_ICMP }, { "icmp", IPPROTO_ICMPV6 },
};

/* NULL: there is no word for it, and the number is shown. */
const char *protocol_name(uint8_t protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].name;
	return NULL;
}

/* 0: unknown. */
uint8_t protocol_number(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(protocols); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return protocols[i].protocol;
	return 0;
}
