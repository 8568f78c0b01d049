// SPDX-License-Identifier: GPL-2.0-or-later
// segment.h - what follows from a segment's number: its bridge's alias and addresses
#pragma once

#include "model/network/network.h"

/* What the alias of a bridge of netd's begins with. */
#define NETWORK_ALIAS "netd network "
#define SEGMENT_ALIAS_MAX 255 /* IFALIASZ less the NUL */

/* "netd network NAME", and behind that of a segment after the first ", segment N", by which a start
 * knows it again: so it is there whatever the length of the name. */
void segment_alias(const struct network *network, uint32_t number,
		   char ret_alias[static SEGMENT_ALIAS_MAX + 1]);

/* Whether an alias is the one above. */
bool segment_has_alias(const struct network *network, uint32_t number, const char *alias);

/* The number in an alias as above; 0: of a first segment, or of something else. */
uint32_t segment_of_alias(const char *alias);

/* What a bridge after the first is called: "br-", ten characters of the network's id, the number.
 */
void segment_name(const struct network *network, uint32_t number,
		  char ret_name[static IFNAME_LEN_MAX + 1]);

/* Why the network can have no second segment, as the rest of a sentence; NULL: it can. */
const char *segment_why_alone(const struct network *network);
/* The first segment with a free port, that is there or may be made. -ENOSPC: there is none. */
int segment_choose(const struct network *network, uint32_t *ret_number);
/* Whether as many of its ports are taken as it is to have, this many aside. */
bool segment_is_full(const struct network *network, uint32_t number, size_t aside);

/* The gateway's address at its bridge; family 0: none. The first has the subnet, and the way to
 * whoever is in another is a route of his own: so the others have the address alone. */
struct prefix segment_addr(const struct network *network, uint32_t number, uint8_t family);
