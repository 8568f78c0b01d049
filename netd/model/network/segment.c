// SPDX-License-Identifier: GPL-2.0-or-later
// segment.c - what follows from a segment's number: its bridge's alias and addresses
#include "model/network/segment.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A network with more containers than one bridge has ports for consists of several bridges, its
 * segments. Segment 0 is the bridge that every network has; the others get their names, aliases and
 * addresses from their numbers alone.
 *
 * The alias of segment 3 of "blue" ends in ", segment 3". */
#define TAIL ", segment "

/* The alias is written to the kernel, and read after a restart: it says whose bridge it is. The
 * number stands at the end, where it is looked for. */
void segment_alias(const struct network *network, uint32_t number,
		   char ret_alias[static SEGMENT_ALIAS_MAX + 1])
{
	char tail[24] = "";
	int room;

	if (number > 0)
		(void)snprintf(tail, sizeof(tail), TAIL "%u", number); /* fits: 20 */
	/* A name that is too long is cut, never the number: it says which segment this is after a
	 * restart. */
	room = SEGMENT_ALIAS_MAX - (int)(sizeof(NETWORK_ALIAS) - 1 + strlen(tail));
	(void)snprintf(ret_alias, SEGMENT_ALIAS_MAX + 1, NETWORK_ALIAS "%.*s%s", room,
		       network->spec.name, tail);
}

/* Each message about a bridge asks this, and each comparison asks it of all: so nothing is printed
 * for the first segment of a network, which is nearly every one. The result is that of comparing
 * with segment_alias(). */
bool segment_has_alias(const struct network *network, uint32_t number, const char *alias)
{
	const size_t begin = sizeof(NETWORK_ALIAS) - 1;
	char whole[SEGMENT_ALIAS_MAX + 1];

	if (number == 0 && strlen(network->spec.name) <= SEGMENT_ALIAS_MAX - begin)
		return strncmp(alias, NETWORK_ALIAS, begin) == 0 &&
		       strcmp(alias + begin, network->spec.name) == 0;
	segment_alias(network, number, whole);
	return strcmp(alias, whole) == 0;
}

/* 0: the first segment, or no alias of a segment. A number that no network can have is none. */
uint32_t segment_of_alias(const char *alias)
{
	const char *tail = NULL;
	unsigned int number;
	int len = 0;

	/* The last: a network is called as people like. */
	for (const char *at = alias; (at = strstr(at, TAIL)); at++)
		tail = at;
	if (!tail || sscanf(tail, TAIL "%2u%n", &number, &len) != 1 || tail[len] ||
	    number >= SEGMENTS_MAX)
		return 0;
	return number;
}

/* The network's id and the number in hexadecimal, within the 15 bytes that the kernel allows. */
void segment_name(const struct network *network, uint32_t number,
		  char ret_name[static IFNAME_LEN_MAX + 1])
{
	(void)snprintf(ret_name, IFNAME_LEN_MAX + 1, "br-%.10s.%x", network->spec.id,
		       number % SEGMENTS_MAX); /* fits: 15 */
}
static_assert(SEGMENTS_MAX <= 16, "the number is one digit of a name");

/* NULL: the network may have several segments. Otherwise why it may not. The sentence is for a
 * person whose network is full. */
const char *segment_why_alone(const struct network *network)
{
	const struct network_spec *spec = &network->spec;

	if (spec->no_addresses)
		return "others give its containers their addresses";
	if (spec->n_sources > 0)
		return "its containers send from addresses that are not their own";
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct prefix addr = network_bridge_addr(spec, family_af(family));

		if (network_has(spec, family) && !addr_is_set(&addr.addr))
			return "its bridge has no address";
	}
	return NULL;
}

/* aside: ports that are promised and not made yet. */
bool segment_is_full(const struct network *network, uint32_t number, size_t aside)
{
	const uint32_t room = number == 0 ? SEGMENT_FIRST_PORTS : SEGMENT_PORTS;

	return network->segments[number].n_ports + aside >= room;
}

/* -ENOSPC: the network is full. 0 and the number of a segment, which may be one that has no bridge
 * yet. */
int segment_choose(const struct network *network, uint32_t *ret_number)
{
	/* The first that has room: places that became free are filled before a bridge is made. */
	for (uint32_t number = 0; number < SEGMENTS_MAX; number++) {
		if (segment_is_full(network, number, 0))
			continue;
		*ret_number = number;
		return 0;
	}
	return -ENOSPC;
}

/* What the bridge of that segment has as its address. All bridges of a network have the gateway's
 * address, so a container finds it on each of them. */
struct prefix segment_addr(const struct network *network, uint32_t number, uint8_t family)
{
	struct prefix addr = network_bridge_addr(&network->spec, family);

	/* The first bridge has the subnet. The others have the address alone, or there would be
	 * several routes for one subnet. */
	if (number > 0 && addr_is_set(&addr.addr))
		addr.len = addr_bits(&addr.addr);
	return addr;
}
