// SPDX-License-Identifier: GPL-2.0-or-later
// far_blocks.c - the blocks of addresses that this host has of networks that span hosts
#include "engine/change/change.h"

#include "base/log.h"
#include "model/cluster/cluster_block.h"
#include "model/ipam/ipam.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. A block is this host's when its record says so, and from then on the pool
 * of the network gives its addresses. Records and networks come in any order, so both look for the
 * other. */

/* A block of another host's stays closed, and one of a network that is not here opens with it
 * (far_blocks_open_all). */
void far_blocks_open(struct engine *engine, const struct cluster_record *record)
{
	enum family family = family_of(record->key.block.family);
	struct network *network = map_get_str(engine->network_by_id, record->key.net);
	const struct prefix *subnet = network ? &network->spec.subnet[family].prefix : NULL;
	struct prefix block;

	if (!network || !network->pool[family] || strcmp(record->holder, engine->far->host) != 0 ||
	    !prefix_contains(subnet, &record->key.block))
		return;
	block = cluster_block_of(subnet, &record->key.block);
	/* The block stays closed. The record is told again by the next herald. */
	if (ipam_open(network->pool[family], &block) < 0)
		log_warn("network %s: no memory for a block of addresses", network->spec.name);
}

void far_blocks_open_all(struct engine *engine, struct network *network)
{
	struct cluster_record *record = malloc(sizeof(*record));
	size_t cursor = 0;

	/* Without memory they are opened when they are told again. */
	while (record && cluster_state_next(engine->far->records, CLUSTER_BLOCK, &cursor, record))
		if (strcmp(record->key.net, network->spec.id) == 0)
			far_blocks_open(engine, record);
	free(record);
}
