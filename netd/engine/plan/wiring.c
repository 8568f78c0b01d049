// SPDX-License-Identifier: GPL-2.0-or-later
// wiring.c - plans: applied in order, undone from the end
#include "engine/plan/wiring.h"
#include "engine/plan/plan.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>

/* --- host ports ------------------------------------------------------------------------------- */

static int reserve(struct wiring *wiring, struct error *error)
{
	if (wiring->reopens)
		return ports_unpark(wiring->engine, wiring->container, error);
	return ports_resolve(wiring->engine, wiring->container, wiring->bindings,
			     wiring->n_bindings, error);
}

/* Ports that lead to an address of nobody's are parked by the next start, too (recover.c). */
static void park_again(struct wiring *wiring)
{
	struct error error;

	if (wiring->first_port == wiring->container->n_ports)
		return;
	ports_park_again(wiring->engine, wiring->container, wiring->first_port);
	if (wiring_record_ports(wiring->engine, wiring->container, &error) < 0) {
		log_warn("container %s: %s; it is tried again", wiring->container->spec.name,
			 error.text);
		later_owe(wiring->engine, wiring->container, OWED_RECORD);
	}
}

void wiring_undo_reserve(struct wiring *wiring)
{
	if (wiring->reopens)
		park_again(wiring);
	else
		ports_release(wiring->engine, wiring->container, wiring->first_port);
}

void wiring_rename_port(struct engine *engine, const struct endpoint *endpoint)
{
	char alias[WIRING_ALIAS_MAX];
	struct error error;
	int err = 0;

	wiring_alias(endpoint, alias);
	if (endpoint->host_ifindex)
		err = engine->door->links.alias(engine->rtnl, endpoint->host_ifindex, alias,
						&error);
	if (err < 0)
		log_warn("container %s: %s", endpoint->container->spec.name, error.text);
	if (error_is_passing(err))
		later_owe(engine, endpoint->container, OWED_ALIASES);
}

/* --- sources ---------------------------------------------------------------------------------- */

static int admit(struct wiring *wiring, struct error *error)
{
	return rules_admit(wiring->engine, wiring->container, wiring->first_endpoint, error);
}

static void undo_admit(struct wiring *wiring)
{
	rules_expel(wiring->engine, wiring->container, wiring->first_endpoint);
}

/* --- links ------------------------------------------------------------------------------------ */

/* ICC off is two things: the forward chain drops what goes from a bridge back into it, and ports do
 * not reach each other as frames. What is published is to be reached by neighbours through the host
 * all the same. Where packets within a bridge pass the IP tables, a packet whose destination is
 * changed to an address on its own bridge stays a frame, from port to port
 * (net/bridge/br_netfilter_hooks.c): so there the port of a container that publishes is not
 * isolated, and the forward chain alone keeps the others out. */
bool wiring_isolates(const struct endpoint *endpoint)
{
	return !endpoint->network->spec.icc &&
	       !(wiring_reflects(endpoint) && door_of(endpoint->container)->bridges.filter());
}

void wiring_port_modes(struct engine *engine, const struct container *container)
{
	struct error error;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->host_ifindex &&
		    engine->door->veths.set_modes(engine->rtnl, endpoint->host_ifindex,
						  wiring_isolates(endpoint),
						  wiring_reflects(endpoint), &error) < 0) {
			log_warn("container %s: %s", container->spec.name, error.text);
			later_resync(engine);
		}
	}
}

void wiring_alias(const struct endpoint *endpoint, char ret_alias[static WIRING_ALIAS_MAX])
{
	(void)snprintf(ret_alias, WIRING_ALIAS_MAX, "%.120s on %.120s",
		       endpoint->container->spec.name, endpoint->network->spec.name);
}

static struct rtnl_veth veth_of(const struct endpoint *endpoint, int netns_fd,
				char ret_alias[static WIRING_ALIAS_MAX])
{
	const struct network *network = endpoint->network;
	bool to_come = endpoint_is_to_come(endpoint);

	wiring_alias(endpoint, ret_alias);
	return (struct rtnl_veth) {
		.host_name = endpoint->host_ifname,
		.peer_name = to_come ? endpoint->spec.handover : endpoint->ifname,
		.netns_fd = to_come ? door_of(endpoint->container)->netns.self_fd() : netns_fd,
		.master = network->ifindex,
		.master_name = network->spec.bridge,
		.mtu = endpoint->mtu,
		.mac = endpoint->mac,
		.isolated = wiring_isolates(endpoint),
		.hairpin = wiring_reflects(endpoint),
		.alias = ret_alias,
	};
}

/* Its link goes, if it has one. One that was never whole is among the dying, and what netd does not
 * know of is, too. */
static void retire_link(struct engine *engine, struct endpoint *endpoint)
{
	struct error error;

	/* The link may have gone with its netns already. */
	if (endpoint->host_ifindex &&
	    engine->door->links.doom(engine->rtnl, endpoint->host_ifindex, &error) < 0) {
		log_warn("%s: %s; it is tried again", endpoint->host_ifname, error.text);
		sweep_stubborn(engine, endpoint);
	} else {
		sweep_doomed(engine, endpoint);
	}
	endpoint->host_ifindex = 0;
}

int wiring_make_link(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		     struct error *error)
{
	char alias[WIRING_ALIAS_MAX];
	struct rtnl_veth veth;
	int err;

	endpoint->mtu = endpoint->network->spec.mtu;
	veth = veth_of(endpoint, netns_fd, alias);
	err = engine->door->veths.create(engine->rtnl, &veth, &endpoint->host_ifindex, error);
	if (err == -EEXIST && endpoint->spec.host_ifname[0]) {
		sweep_now(engine); /* the name may be its own, of a moment ago */
		err = engine->door->veths.create(engine->rtnl, &veth, &endpoint->host_ifindex,
						 error);
	}
	if (err == 0)
		announce_endpoint(engine, endpoint);
	else
		retire_link(engine, endpoint);
	return err;
}

int wiring_repair_link(struct engine *engine, const struct endpoint *endpoint, struct error *error)
{
	char alias[WIRING_ALIAS_MAX];
	const struct rtnl_veth veth = veth_of(endpoint, -1, alias);

	return engine->door->veths.repair(engine->rtnl, &veth, endpoint->host_ifindex, error);
}

static int links(struct wiring *wiring, struct error *error)
{
	wiring_foreach(wiring, endpoint)
	{
		int err = 0;

		endpoint_enter(endpoint, ENDPOINT_PLUMBING);
		if (wiring_is_wired(endpoint) &&
		    (endpoint_is_to_come(endpoint) || !container_is_awaited(wiring->container)))
			err = wiring_make_link(wiring->engine, endpoint, wiring->netns_fd, error);
		if (err < 0) {
			error_prefix(error, "container %s on network %s",
				     endpoint->container->spec.name, endpoint->network->spec.name);
			return err;
		}
	}
	return 0;
}

static void undo_links(struct wiring *wiring)
{
	wiring_foreach(wiring, endpoint)
	{
		if (endpoint->state == ENDPOINT_PLUMBING || endpoint->state == ENDPOINT_UP)
			endpoint_enter(endpoint, ENDPOINT_UNDOING);
		if (endpoint->host_ifindex)
			retire_link(wiring->engine, endpoint);
	}
}

/* --- inside ----------------------------------------------------------------------------------- */

static int inside(struct wiring *wiring, struct error *error)
{
	struct container *container = wiring->container;
	int err = 0;

	if (container->host_mode || container_is_awaited(container))
		return 0;
	err = inside_setup(wiring->engine, container, wiring->netns_fd, wiring->first_endpoint,
			   error);
	/* A second network with a higher priority takes the default route over. */
	if (err == 0 && !wiring->whole)
		err = inside_default_routes(container, wiring->netns_fd, error);
	return err;
}

static void undo_inside(struct wiring *wiring)
{
	struct container_runtime *runtime = runtime_of(wiring->container);
	struct error error;
	int err;

	if (!wiring->whole || !runtime->inside)
		return;
	err = wiring->engine->door->rules.unredirect(runtime->inside, &error);
	if (err < 0)
		log_warn("container %s: %s; it is tried again", wiring->container->spec.name,
			 error.text);
	sweep_close_later(wiring->engine, runtime->inside, err < 0);
	runtime->inside = NULL;
}

/* --- publishing ------------------------------------------------------------------------------- */

int wiring_publish(struct wiring *wiring, struct error *error)
{
	struct container *container = wiring->container;
	int err = rules_publish(wiring->engine, container, wiring->first_port, error);

	if (err == 0) {
		/* An old flow to the port would go on to where it led before: moby#8795. */
		flows_forget(wiring->engine, container->ports + wiring->first_port,
			     container->n_ports - wiring->first_port);
		runtime_of(container)->n_published = container->n_ports;
	}
	return err;
}

void wiring_undo_publish(struct wiring *wiring)
{
	struct container *container = wiring->container;
	struct container_runtime *runtime = runtime_of(container);

	if (runtime->n_published <= wiring->first_port)
		return; /* publish failed, and took back what it did */
	rules_unpublish(wiring->engine, container, wiring->first_port);
	flows_forget(wiring->engine, container->ports + wiring->first_port,
		     container->n_ports - wiring->first_port);
	runtime->n_published = wiring->first_port;
}

/* --- files and names -------------------------------------------------------------------------- */

static int files(struct wiring *wiring, struct error *error)
{
	return files_write(wiring->engine, wiring->container, error);
}

static void undo_files(struct wiring *wiring)
{
	if (wiring->whole)
		files_remove(wiring->engine, wiring->container);
}

static int names(struct wiring *wiring, struct error *error)
{
	(void)error;
	names_view(wiring->engine, wiring->container);
	wiring_foreach(wiring, endpoint) names_endpoint(wiring->engine, endpoint, false);
	relayed_share_new(wiring->engine, wiring->container, wiring->first_port);
	names_flush(wiring->engine);
	return 0;
}

static void undo_names(struct wiring *wiring)
{
	wiring_foreach(wiring, endpoint) names_endpoint(wiring->engine, endpoint, true);
	if (wiring->whole)
		names_view_gone(wiring->engine, wiring->container);
	names_flush(wiring->engine);
}

/* --- the end ---------------------------------------------------------------------------------- */

static int finish(struct wiring *wiring, struct error *error)
{
	int err = 0;

	later_look(wiring->engine, wiring->container);
	if (!container_is_awaited(wiring->container) && wiring->whole)
		err = alive_watch(wiring->engine, wiring->container, error);
	if (err == 0 && wiring->whole &&
	    tables_add_container(wiring->engine, wiring->container) < 0)
		err = error_system(error, -ENOMEM, "cannot attach %s",
				   wiring->container->spec.name);
	if (err == 0)
		err = wiring_record_up(wiring, error);
	if (err < 0)
		return err;
	wiring_foreach(wiring, endpoint)
	{
		endpoint_enter(endpoint, ENDPOINT_UP);
		events_network(wiring->engine, "connect", endpoint->network, wiring->container);
	}
	files_links(wiring->engine, wiring->container);
	return 0;
}

static void undo_finish(struct wiring *wiring)
{
	if (wiring->whole) {
		alive_unwatch(wiring->engine, wiring->container);
		tables_drop_container(wiring->engine, wiring->container);
	}
	wiring_foreach(wiring, endpoint) if (endpoint->state == ENDPOINT_UP)
		events_network(wiring->engine, "disconnect", endpoint->network, wiring->container);
}

/* --- the plans -------------------------------------------------------------------------------- */

struct step {
	const char *name;
	int (*apply)(struct wiring *wiring, struct error *error);
	void (*undo)(struct wiring *wiring);
};

static const struct step attach_steps[] = {
	{ "claim addresses", wiring_claim, wiring_undo_claim },
	{ "reserve host ports", reserve, wiring_undo_reserve },
	{ "record the intent", wiring_record, wiring_undo_record },
	{ "let its addresses in", admit, undo_admit },
	{ "make links", links, undo_links },
	{ "set up inside", inside, undo_inside },
	{ "publish ports", wiring_publish, wiring_undo_publish },
	{ "write files", files, undo_files },
	{ "tell the names", names, undo_names },
	{ "finish", finish, undo_finish },
};

static const struct step port_steps[] = {
	{ "reserve host ports", reserve, wiring_undo_reserve },
	{ "record the intent", wiring_record, wiring_undo_record },
	{ "publish ports", wiring_publish, wiring_undo_publish },
	{ "tell the names", names, undo_names },
};

static void undo_steps(struct wiring *wiring, const struct step *steps, size_t n)
{
	while (n-- > 0) {
		log_debug("container %s: undo %s", wiring->container->spec.name, steps[n].name);
		steps[n].undo(wiring);
	}
}

static int apply_steps(struct wiring *wiring, const struct step *steps, size_t n,
		       struct error *error)
{
	for (size_t i = 0; i < n; i++) {
		int err;

		log_debug("container %s: %s", wiring->container->spec.name, steps[i].name);
		err = steps[i].apply(wiring, error);
		if (err < 0) {
			undo_steps(wiring, steps, i + 1);
			return err;
		}
	}
	return 0;
}

int wiring_apply(struct wiring *wiring, struct error *error)
{
	return apply_steps(wiring, attach_steps, ARRAY_SIZE(attach_steps), error);
}

void wiring_undo(struct wiring *wiring)
{
	undo_steps(wiring, attach_steps, ARRAY_SIZE(attach_steps));
}

int wiring_apply_ports(struct wiring *wiring, struct error *error)
{
	return apply_steps(wiring, port_steps, ARRAY_SIZE(port_steps), error);
}
