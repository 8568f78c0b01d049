// SPDX-License-Identifier: GPL-2.0-or-later
// reset.c - all that netd made on this host is taken back
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "model/network/tunnel.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. A reset is what a detach of everybody and the removal of every network are,
 * those from the start among them; then the table goes, and the host forwards as it did before.
 * Files are not the engine's: whoever has made the two directories removes what is in them.
 *
 * It goes by the records, for they alone lead into the containers' namespaces. Where these are
 * damaged there is only what the kernel shows: links by their aliases (engine_reset_links), after
 * which a start with no records finds nothing that it would have to answer for. */

/* Names one of them, for a person to know what is meant. */
static int refuse_attached(const struct engine *engine, struct error *error)
{
	return error_set(error, ERROR_CONFLICT,
			 "%zu container%s attached (%.64s): detach %s first, or use --force",
			 engine->n_containers, engine->n_containers == 1 ? " is" : "s are",
			 engine->containers[0]->spec.name,
			 engine->n_containers == 1 ? "it" : "them");
}

int engine_reset(struct engine *engine, bool force, struct error *error)
{
	int err = 0;

	if (engine->n_containers > 0 && !force)
		return refuse_attached(engine, error);
	/* From the end, for each takes its place in the array along. */
	while (err == 0 && engine->n_containers > 0)
		err = engine_detach(engine, engine->containers[engine->n_containers - 1]->spec.id,
				    error);
	/* The rows stay in the store, which is removed as a file. */
	while (err == 0 && engine->n_networks > 0) {
		struct network *network = engine->networks[engine->n_networks - 1];

		networks_unmake(engine, network);
		network_free(network);
	}
	if (err < 0)
		return err;
	ingress_settle(engine); /* of services that went with their networks */
	sweep_now(engine);
	forwarding_reset(engine);
	return engine->door->rules.remove(engine->nft, error);
}

static bool is_ours(const struct rtnl_link *link)
{
	return strncmp(link->alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0 ||
	       strncmp(link->alias, TUNNEL_ALIAS, strlen(TUNNEL_ALIAS)) == 0 ||
	       (strcmp(link->kind, "veth") == 0 && sweep_has_our_alias(link) &&
		sweep_has_our_name(link)) ||
	       (strcmp(link->kind, "ifb") == 0 && sweep_has_our_alias(link) &&
		shaping_is_name(link->name));
}

int engine_reset_links(const struct door *door, size_t *ret_n, struct error *error)
{
	struct rtnl_link *links = NULL;
	struct rtnl *rtnl = NULL;
	size_t n = 0;
	int err = door->links.open(&rtnl, error);

	*ret_n = 0;
	if (err < 0)
		return err;
	err = door->links.all(rtnl, &links, &n, error);
	for (size_t i = 0; err == 0 && i < n; i++) {
		if (!is_ours(&links[i]))
			continue;
		err = door->links.remove(rtnl, links[i].ifindex, error);
		*ret_n += err == 0;
	}
	free(links);
	door->links.close(rtnl);
	return err;
}
