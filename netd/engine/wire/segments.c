// SPDX-License-Identifier: GPL-2.0-or-later
// segments.c - the bridges of a network in the kernel: made, put right, taken away
#include "engine/wire/wire.h"

#include "base/log.h"
#include "model/network/segment.h"

#include <stdio.h>
#include <string.h>

/* What the bridge should be, for making and for repairing it. It follows from the network and the
 * settings alone. */
static struct rtnl_bridge bridge_of(const struct engine *engine, const struct network *network,
				    uint32_t number, char ret_alias[static SEGMENT_ALIAS_MAX + 1])
{
	const struct network_spec *spec = &network->spec;

	segment_alias(network, number, ret_alias);
	return (struct rtnl_bridge) {
		.name = network_segment_name(network, number),
		.mtu = spec->mtu,
		/* From the network's id, so it is the same after a restart and on no other host.
		 * All segments share it: a container's gateway has one MAC wherever the container
		 * is. */
		.mac = mac_from_text(spec->id),
		.addr = { segment_addr(network, number, AF_INET),
			  segment_addr(network, number, AF_INET6) },
		.ipv6 = network_bridge_has_ipv6(spec),
		/* Between segments the host always forwards, whatever the network's other
		 * settings say. */
		.forward = network->last_segment > 0 ||
			   (engine->config->ip_forward && !spec->internal),
		.answers = network->last_segment > 0,
		.alias = ret_alias,
	};
}

/* Makes the bridge, or changes one that is there. Its index may be another one afterwards, so
 * settings are watched anew. */
int segments_ensure(struct engine *engine, struct network *network, uint32_t number,
		    struct error *error)
{
	char alias[SEGMENT_ALIAS_MAX + 1];
	const struct rtnl_bridge bridge = bridge_of(engine, network, number, alias);
	int err = engine->door->bridges.ensure(engine->rtnl, &bridge,
					       &network->segments[number].ifindex, error);

	if (err == 0)
		settings_watch(engine, network);
	return err;
}

/* As segments_ensure, and puts back what the kernel itself gives a new bridge and what somebody
 * took from this one. */
int segments_repair(struct engine *engine, struct network *network, uint32_t number,
		    struct error *error)
{
	char alias[SEGMENT_ALIAS_MAX + 1];
	const struct rtnl_bridge bridge = bridge_of(engine, network, number, alias);
	const struct segment *segment = &network->segments[number];
	struct rtnl_link link;
	int err = 0;

	/* The bridge is known by its index. A name that somebody changed is put back before
	 * anything else, for all rules match by name. */
	if (engine->door->links.by_index(engine->rtnl, segment->ifindex, &link, NULL) == 0 &&
	    strcmp(link.name, bridge.name) != 0)
		err = engine->door->links.rename(engine->rtnl, segment->ifindex, bridge.name,
						 error);
	if (err == 0)
		err = segments_ensure(engine, network, number, error);
	if (err == 0)
		err = engine->door->bridges.restore(engine->rtnl, &bridge, segment->ifindex, error);
	return err;
}

/* Deleting a bridge takes several grace periods, 30 ms and more, so that is put off: whoever hears
 * that the network is gone finds the name and the addresses free. */
void segments_unmake(struct engine *engine, struct network *network, uint32_t number)
{
	const struct prefix addr4 = segment_addr(network, number, AF_INET);
	struct segment *segment = &network->segments[number];
	struct error error;

	if (segment->ifindex == 0)
		return;
	/* The bridge goes down and gets another name, at once. Its deletion waits. */
	if (engine->door->bridges.doom(engine->rtnl, segment->ifindex, &addr4, &error) == 0)
		sweep_bridge(engine, segment->ifindex);
	else if (engine->door->links.remove(engine->rtnl, segment->ifindex, &error) < 0) {
		log_warn("%s; it is tried again", error.text);
		sweep_left(engine);
	}
	/* In no case is it ours to use any more: what could not be deleted is looked for as a
	 * stray. */
	segment->ifindex = 0;
}

static void note_last(struct network *network)
{
	/* Numbers may have gaps: a segment in the middle can become empty first. The last one
	 * bounds each walk. */
	network->last_segment = 0;
	for (uint32_t number = 1; number < SEGMENTS_MAX; number++)
		if (network_has_segment(network, number))
			network->last_segment = number;
}

/* From here on the network has this segment, though nothing of it is in the kernel yet. */
void segments_note(struct network *network, uint32_t number)
{
	segment_name(network, number, network->segments[number].ifname);
	note_last(network);
}

/* The number is free again. */
void segments_forget(struct network *network, uint32_t number)
{
	network->segments[number] = (struct segment) { 0 };
	note_last(network);
}
