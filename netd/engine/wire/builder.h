// SPDX-License-Identifier: GPL-2.0-or-later
// builder.h - what a kind of network makes in the kernel: for its networks, and for who is on them
#pragma once

#include "engine/state/state.h"
#include "engine/wire/present.h"
#include "engine/wire/uplink.h"
#include "model/rules/ruleset.h"

/* Theory of operation. What is true of a kind without a kernel is its row in the model
 * (model/network/kind.h). What it makes is a builder: a row of functions in a file of its own
 * (builder_bridge.c), which the table in builder.c lists. Changes, plans and repairs call the
 * functions below, which find the network's builder. A kind without one makes nothing, and so does
 * a builder without a function.
 *
 * What a network is on the host is made of segments, which the model numbers; a kind that knows
 * nothing of them has the one with the number 0. The comparison (keep/resync.c) walks over
 * segments, endpoints and routes, and asks the builder of each whether it is as it should be. What
 * the kernel tells of (keep/drift.c) has no network yet: every builder is asked whether it is of
 * its kind. */
struct builder {
	const struct network_kind *kind;
	const char *segment; /* what a segment is called in a sentence; NULL: there are none */

	/* Fills in what was left to netd, and refuses what this host has no place for. routes: NULL
	 * where they are not at hand. */
	int (*settle)(struct engine *engine, struct network_spec *spec,
		      const struct host_routes *routes, struct error *error);
	/* Makes what a network consists of, or changes what is there to be as it should. What is
	 * made by half when that fails goes with the next sweep. */
	int (*make)(struct engine *engine, struct network *network, struct error *error);
	/* What somebody did to a segment, as the end of a sentence; NULL: it is as it should be. */
	const char *(*differs)(const struct engine *engine, const struct network *network,
			       uint32_t number, const struct present *present);
	/* It is made as by make, with what somebody took that the kernel itself had made, and its
	 * name. */
	int (*repair)(struct engine *engine, struct network *network, uint32_t number,
		      struct error *error);
	/* Takes it away. What fails is tried again later. */
	void (*unmake)(struct engine *engine, struct network *network);

	/* An endpoint's interface, in this namespace, with nothing set up inside. On an error there
	 * is none. */
	int (*link)(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		    struct error *error);
	/* There is nothing of it on the host, where something should be. */
	bool (*link_is_lost)(const struct endpoint *endpoint, const struct present *present);
	/* Whether there is, asked for this endpoint alone. */
	bool (*link_is_there)(struct engine *engine, const struct endpoint *endpoint);
	/* Whether a link with this master (0: none) is where the endpoint's belongs. One that is
	 * not is told of by another message. */
	bool (*link_is_in_place)(const struct endpoint *endpoint, int master);
	/* What somebody did to what there is of it on the host, as the end of a sentence; NULL: it
	 * is as it should be. present: NULL where a message about the link is all that is known. */
	const char *(*link_differs)(const struct endpoint *endpoint, const struct rtnl_link *link,
				    const struct present *present);
	/* It is put right. */
	int (*repair_link)(struct engine *engine, struct endpoint *endpoint, struct error *error);
	/* The host and the neighbours learn whose the endpoint's addresses are now. */
	void (*announce)(struct engine *engine, const struct endpoint *endpoint);

	/* The kernel tells of a link. What somebody did to it, as the end of a sentence; NULL: it
	 * is as it should be, or no segment's. */
	const char *(*told)(const struct engine *engine, const struct rtnl_link *link);
	/* The kernel tells that something is gone. Whether it was a segment's, or was the host's
	 * way to one or to an endpoint. */
	bool (*lost)(struct engine *engine, const struct rtnl_event *event);

	/* Whether the host has routes to endpoints of the network, or to several of them at once.
	 */
	bool (*routes_hosts)(const struct network *network);
	/* The one to this endpoint alone; NULL: it has none, or needs none. */
	const struct rtnl_route *(*route)(const struct endpoint *endpoint, enum family family,
					  const struct present *present);
	/* Those that several endpoints share, one after the other: *at is 0 at first. false: there
	 * are no more. */
	bool (*shared_route)(const struct network *network, size_t *at,
			     struct rtnl_route *ret_route);
	/* One of them is missing, and is made; everybody is reached meanwhile as before. */
	int (*share_route)(struct engine *engine, const struct network *network,
			   const struct rtnl_route *route, struct error *error);
	/* Whether such a route can be nobody's but netd's. */
	bool (*owns_route)(const struct engine *engine, const struct rtnl_route *route);
	/* Whether it is one to a single endpoint, right, and not needed beside a shared one. */
	bool (*spare_route)(const struct network *network, const struct rtnl_route *route);

	/* The elements of a network in the nftables table. */
	void (*elems)(struct ruleset_elems *elems, const struct network *network);
	/* The addresses of an endpoint as sources at its network, or at another of its container.
	 */
	void (*sources)(struct ruleset_elems *elems, const struct endpoint *at,
			const struct endpoint *of);
};

/* All builders that there are, NULL behind them: what engine->wire->builders is. */
extern const struct builder *const builder_rows[];

int builder_settle(struct engine *engine, struct network_spec *spec,
		   const struct host_routes *routes, struct error *error);
int builder_make(struct engine *engine, struct network *network, struct error *error);
const char *builder_segment(const struct engine *engine, const struct network *network);
const char *builder_differs(const struct engine *engine, const struct network *network,
			    uint32_t number, const struct present *present);
int builder_repair(struct engine *engine, struct network *network, uint32_t number,
		   struct error *error);
/* All segments of it. One that cannot be repaired is no reason to leave the others as they are. */
int builder_repair_all(struct engine *engine, struct network *network, struct error *error);
void builder_unmake(struct engine *engine, struct network *network);
int builder_link(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		 struct error *error);
bool builder_link_is_lost(const struct engine *engine, const struct endpoint *endpoint,
			  const struct present *present);
/* True where nothing is made that could be missing. */
bool builder_link_is_there(struct engine *engine, const struct endpoint *endpoint);
bool builder_link_is_in_place(const struct engine *engine, const struct endpoint *endpoint,
			      int master);
const char *builder_link_differs(const struct engine *engine, const struct endpoint *endpoint,
				 const struct rtnl_link *link, const struct present *present);
int builder_repair_link(struct engine *engine, struct endpoint *endpoint, struct error *error);
void builder_announce(struct engine *engine, const struct endpoint *endpoint);
const char *builder_told(const struct engine *engine, const struct rtnl_link *link);
bool builder_lost(struct engine *engine, const struct rtnl_event *event);
bool builder_routes_hosts(const struct engine *engine, const struct network *network);
const struct rtnl_route *builder_route(const struct engine *engine, const struct endpoint *endpoint,
				       enum family family, const struct present *present);
bool builder_shared_route(const struct engine *engine, const struct network *network, size_t *at,
			  struct rtnl_route *ret_route);
int builder_share_route(struct engine *engine, const struct network *network,
			const struct rtnl_route *route, struct error *error);
bool builder_owns_route(const struct engine *engine, const struct rtnl_route *route);
bool builder_spare_route(const struct engine *engine, const struct rtnl_route *route);
void builder_elems(const struct engine *engine, struct ruleset_elems *elems,
		   const struct network *network);
void builder_sources(const struct engine *engine, struct ruleset_elems *elems,
		     const struct endpoint *at, const struct endpoint *of);
