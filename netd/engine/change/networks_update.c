// SPDX-License-Identifier: GPL-2.0-or-later
// networks_update.c - another name, other labels or name servers for a network that exists
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/log.h"
#include "model/network/network_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The new values and the old ones change places (swap). The record is written
 * from the new ones; when that fails, they change places again. Only when the record is written do
 * others follow: aliases, comments of rules, the resolver. None of these can refuse the change. */

static int check(struct engine *engine, const struct network *network,
		 const struct network_update *update, struct network_dns *ret_dns,
		 struct error *error)
{
	const struct network *other = map_get_str(engine->network_by_name, update->name);
	int err;

	if (network->predefined || networks_is_predefined(update->name))
		return error_set(error, ERROR_FORBIDDEN,
				 "operation is not permitted on predefined %s network ",
				 network->predefined ? network->spec.name : update->name);
	if (other && other != network)
		return error_because(error, ERROR_REASON_NETWORK_EXISTS,
				     error_set(error, ERROR_CONFLICT,
					       "network with name %s already exists",
					       update->name));
	err = network_dns_apply(&network->spec.dns, &update->dns, network->spec.name, ret_dns,
				error);
	if (err < 0)
		return err;
	return network_check_dns(&network->spec, ret_dns, error);
}

/* What the network has and what it is to have change places. The update then holds what the network
 * had, and frees it; the servers are what the update comes to. */
static void swap(struct network_spec *spec, struct network_update *update, struct network_dns *dns)
{
	struct network_dns had = spec->dns;
	char name[sizeof(spec->name)];
	json_t *labels = spec->labels;

	spec->dns = *dns;
	*dns = had;
	if (update->name[0]) {
		memcpy(name, spec->name, sizeof(name));
		memcpy(spec->name, update->name, sizeof(name));
		memcpy(update->name, name, sizeof(name));
	}
	if (update->labels) {
		spec->labels = update->labels;
		update->labels = labels;
	}
}

/* A bridge and its ports have their network's name in their alias; another one there is drift. What
 * cannot be set is drift, which the comparison repairs. */
static void tell_bridge(struct engine *engine, struct network *network)
{
	struct error error;

	if (builder_repair_all(engine, network, &error) < 0)
		log_warn("network %s: its bridge does not have the new name: %s",
			 network->spec.name, error.text);
	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		link_rename(engine, endpoint);
}

/* Questions that are on their way end at the servers that they were sent to; those that come behind
 * this go to the new ones. */
static void tell_servers(struct engine *engine, const struct network *network)
{
	list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network) {
		struct container *container = endpoint->container;

		/* Servers of its own come instead, and a second interface brings no others. */
		if (container->spec.n_dns == 0 &&
		    container_endpoint_on(container, network, "") == endpoint) {
			names_view(engine, container);
			engine->above->changed(engine, container);
		}
	}
}

/* An empty name and labels of NULL mean: as they are. */
int engine_network_update(struct engine *engine, const char *ref, struct network_update *update,
			  struct error *error)
{
	struct network *network;
	struct network_dns dns;
	int err = engine_network_find(engine, ref, &network, error);

	if (err == 0)
		err = networks_check_no_restore(engine, error);
	if (err == 0)
		err = check(engine, network, update, &dns, error);
	/* The second name leads to the network before the record is written: this can fail, and
	 * the removal of a name cannot. */
	if (err == 0 && update->name[0] &&
	    map_set_str(engine->network_by_name, update->name, network) < 0)
		err = error_system(error, -ENOMEM, "cannot rename network %s", network->spec.name);
	if (err < 0)
		return err;
	swap(&network->spec, update, &dns);
	err = networks_keep(engine, network, error);
	if (err < 0)
		swap(&network->spec, update, &dns);
	/* Of the two names that lead to it, the one it has not. */
	if (strcmp(update->name, network->spec.name) != 0)
		(void)map_remove_str(engine->network_by_name, update->name);
	if (err < 0)
		return err;
	/* What has the name in the kernel follows, and failures are drift, which the comparison
	 * repairs. */
	if (update->name[0] && strcmp(update->name, network->spec.name) != 0) {
		tell_bridge(engine, network);
		rules_relabel_network(engine, network);
	}
	log_info("event=network-update name=%s id=%.12s", network->spec.name, network->spec.id);
	names_network(engine, network, false);
	/* dns is what the network had. Nobody's view changes by another name or label. */
	if (!network_dns_equal(&dns, &network->spec.dns))
		tell_servers(engine, network);
	names_flush(engine);
	return 0;
}
