// SPDX-License-Identifier: GPL-2.0-or-later
// builder.h - what a kind of network makes in the kernel: for its networks, and for who is on them
#pragma once

#include "engine/state/state.h"
#include "model/rules/ruleset.h"

/* The host's routes, read once where a change asks for them several times. */
struct host_routes {
	struct rtnl_route *items;
	size_t n;
};

/* Theory of operation. What is true of a kind without a kernel is its row in the model
 * (model/network/kind.h). What it makes is a builder: a row of functions in a file of its own
 * (builder_bridge.c), which the table in builder.c lists. Changes, plans and repairs call the
 * functions below, which find the network's builder. A kind without one makes nothing, and so does
 * a builder without a function. */
struct builder {
	const struct network_kind *kind;

	/* Fills in what was left to netd, and refuses what this host has no place for. routes: NULL
	 * where they are not at hand. */
	int (*settle)(struct engine *engine, struct network_spec *spec,
		      const struct host_routes *routes, struct error *error);
	/* Makes what a network consists of, or changes what is there to be as it should. What is
	 * made by half when that fails goes with the next sweep. */
	int (*make)(struct engine *engine, struct network *network, struct error *error);
	/* The same, with what somebody took that the kernel itself had made, and its name. */
	int (*repair)(struct engine *engine, struct network *network, struct error *error);
	/* Takes it away. What fails is tried again later. */
	void (*unmake)(struct engine *engine, struct network *network);

	/* An endpoint's interface, in this namespace, with nothing set up inside. On an error there
	 * is none. */
	int (*link)(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		    struct error *error);
	/* What somebody did to what there is of it on the host, as the end of a sentence; NULL: it
	 * is as it should be. */
	const char *(*link_differs)(const struct endpoint *endpoint, const struct rtnl_link *link);
	/* It is put right. */
	int (*repair_link)(struct engine *engine, const struct endpoint *endpoint,
			   struct error *error);
	/* The host and the neighbours learn whose the endpoint's addresses are now. */
	void (*announce)(struct engine *engine, const struct endpoint *endpoint);

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
int builder_repair(struct engine *engine, struct network *network, struct error *error);
void builder_unmake(struct engine *engine, struct network *network);
int builder_link(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		 struct error *error);
const char *builder_link_differs(const struct engine *engine, const struct endpoint *endpoint,
				 const struct rtnl_link *link);
int builder_repair_link(struct engine *engine, const struct endpoint *endpoint,
			struct error *error);
void builder_announce(struct engine *engine, const struct endpoint *endpoint);
void builder_elems(const struct engine *engine, struct ruleset_elems *elems,
		   const struct network *network);
void builder_sources(const struct engine *engine, struct ruleset_elems *elems,
		     const struct endpoint *at, const struct endpoint *of);

/* For builders: the MTU of the link with the default route; 1500 without one. Reads the routes
 * where they are NULL. Fails for what passes alone. */
int builder_uplink_mtu(struct engine *engine, const struct host_routes *routes, uint32_t *ret_mtu,
		       struct error *error);
