// SPDX-License-Identifier: GPL-2.0-or-later
// segment.c - what follows from a segment's number: its bridge's alias and addresses
#include "model/network/segment.h"

#include <stdio.h>
#include <string.h>

void segment_alias(const struct network *network, uint32_t number,
		   char ret_alias[static SEGMENT_ALIAS_MAX + 1])
{
	char tail[24] = "";
	int room;

	if (number > 0)
		(void)snprintf(tail, sizeof(tail), ", segment %u", number); /* fits: 20 */
	room = SEGMENT_ALIAS_MAX - (int)(sizeof(NETWORK_ALIAS) - 1 + strlen(tail));
	(void)snprintf(ret_alias, SEGMENT_ALIAS_MAX + 1, NETWORK_ALIAS "%.*s%s", room,
		       network->spec.name, tail);
}

struct prefix segment_addr(const struct network *network, uint32_t number, uint8_t family)
{
	struct prefix addr = network_bridge_addr(&network->spec, family);

	if (number > 0 && addr_is_set(&addr.addr))
		addr.len = addr_bits(&addr.addr);
	return addr;
}
