// SPDX-License-Identifier: GPL-2.0-or-later
// connect.c - what changes on a container that is attached: its networks, its ports, lost links
#include "engine/change/change.h"
#include "engine/plan/steps.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int make_missing(struct engine *engine, struct container *container, int netns_fd,
			bool again, struct error *error)
{
	struct rtnl_link link;
	int err = 0;

	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		if (!link_is_wired(endpoint) || endpoint_is_to_come(endpoint))
			continue;
		if (engine->door->links.by_index(engine->rtnl, endpoint->host_ifindex, &link,
						 NULL) == 0) {
			if (!again) /* a netd that was killed in the middle of this made it */
				err = builder_repair_link(engine, endpoint, error);
			continue;
		}
		endpoint->host_ifindex = 0;
		err = builder_link(engine, endpoint, netns_fd, error);
		if (err == 0 && again)
			err = inside_setup_again(engine, container, netns_fd, endpoint, error);
	}
	return err;
}

int connect_make_links(struct engine *engine, struct container *container, struct error *error)
{
	_cleanup_close_ int netns_fd = container_open_netns(container, error);
	int err;

	if (netns_fd < 0)
		return netns_fd;
	err = make_missing(engine, container, netns_fd, false, error);
	return err < 0 ? err : inside_setup(engine, container, netns_fd, 0, error);
}

int connect_repair_links(struct engine *engine, struct container *container, struct error *error)
{
	_cleanup_close_ int netns_fd = container_open_netns(container, error);

	return netns_fd < 0 ? netns_fd : make_missing(engine, container, netns_fd, true, error);
}

/* From before the record is touched until what it has no words for is as it says. */
static void begin_change(const struct engine *engine, const struct container *container)
{
	(void)marks_set(engine, MARK_CHANGING, container->spec.id, ""); /* as good as it can be */
}

static void end_change(struct engine *engine, const struct container *container)
{
	marks_unset(engine, MARK_CHANGING, container->spec.id, "");
}

void connect_settle(struct engine *engine, struct container *container)
{
	struct error error;
	int netns_fd = container_open_netns(container, &error);
	bool owes = netns_fd < 0 && netns_fd != -ENOENT; /* without a netns it is about to go */

	if (netns_fd >= 0 && inside_default_routes(container, netns_fd, &error) < 0)
		owes = true;
	cleanup_close(&netns_fd);
	names_view(engine, container);
	names_flush(engine);
	if (!owes && files_write(engine, container, &error) < 0)
		owes = true;
	if (owes) {
		log_warn("container %s: %s; it is tried again", container->spec.name, error.text);
		later_owe(engine, container, OWED_SETTLING);
	}
	files_links(engine, container);
	if (!owes)
		end_change(engine, container);
}

int engine_connect(struct engine *engine, const char *ref, const struct endpoint_spec *spec,
		   struct error *error)
{
	struct plan plan = { .netns_fd = -1, .engine = engine };
	struct container *container;
	struct network *network;
	_cleanup_close_ int netns_fd = -1;
	int err = engine_network_find(engine, spec->network, &network, error);

	if (err == 0)
		err = engine_container_find(engine, ref, &container, error);
	if (err < 0)
		return err;
	if (network->spec.kind->in_host || container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "cannot connect container to host network - container must be "
				 "created in host network mode");
	if (!container_is_awaited(container)) {
		netns_fd = container_open_netns(container, error);
		if (netns_fd < 0)
			return netns_fd;
		err = sweep_netns(engine, container->netns_inode, error);
		if (err < 0) {
			error_prefix(error, "container %s", container->spec.name);
			return err;
		}
	}
	plan.container = container;
	plan.first_endpoint = container->n_endpoints;
	plan.first_port = container->n_ports;
	plan.netns_fd = netns_fd;
	plan.reopens = true;
	err = container_make_room(container, 1, error);
	if (err == 0)
		err = container_add_endpoint(engine, container, spec, error);
	begin_change(engine, container);
	if (err == 0)
		err = plan_apply(&plan, error);
	if (err < 0) {
		container_drop_endpoints(container, plan.first_endpoint);
		/* As after a disconnect: what was made is gone when the caller hears so. */
		(void)sweep_netns(engine, container->netns_inode, NULL); /* comes again */
		connect_settle(engine, container);
		return err;
	}
	end_change(engine, container);
	if (plan.first_port == 0 && container->n_ports > 0)
		link_port_modes(engine, container); /* of the networks it was on before, too */
	log_info("event=connect name=%s network=%s", container->spec.name, network->spec.name);
	return 0;
}

static bool targets(const struct port *port, const struct endpoint *endpoint)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_equal(&port->target, &endpoint->ip[family]))
			return true;
	return false;
}

/* The container's ports as they are when an endpoint that it has no more, as far as it says, is
 * gone: what led there leads to the next way in, or nowhere. NULL: nothing led there. Malloced. */
static int ports_without(struct container *container, const struct endpoint *gone,
			 struct port **ret_ports, struct error *error)
{
	size_t n_gone = 0;
	struct port *ports;

	*ret_ports = NULL;
	for (size_t i = 0; i < container->n_ports; i++)
		n_gone += targets(&container->ports[i], gone);
	if (n_gone == 0)
		return 0;
	ports = calloc(container->n_ports, sizeof(*ports));
	if (!ports || ports_parked_room(container, n_gone) < 0) {
		free(ports);
		return error_system(error, -ENOMEM, "cannot disconnect container %s",
				    container->spec.name);
	}
	memcpy(ports, container->ports, container->n_ports * sizeof(*ports));
	for (size_t i = 0; i < container->n_ports; i++)
		if (targets(&ports[i], gone) && !ports_lead(container, &ports[i]))
			ports[i].target = (struct addr) { 0 };
	*ret_ports = ports;
	return 0;
}

/* The ports become what the record says of them already. */
static void redirect(struct engine *engine, struct container *container, const struct port *ports)
{
	struct plan all = {
		.netns_fd = -1,
		.engine = engine,
		.container = container,
		.first_endpoint = container->n_endpoints,
	};
	struct error error;

	plan_undo_publish(&all);
	for (size_t i = 0; i < container->n_ports; i++)
		ports_redirect(engine, container, i, &ports[i]);
	ports_park_aimless(container);
	if (plan_publish(&all, &error) < 0) {
		log_error("container %s: %s", container->spec.name, error.text);
		rules_repair_soon(engine);
	}
	relayed_share(engine, container, 0);
}

static void move_endpoint_last(struct container *container, size_t i)
{
	struct endpoint *endpoint = container->endpoints[i];

	memmove(&container->endpoints[i], &container->endpoints[i + 1],
		(container->n_endpoints - i - 1) * sizeof(struct endpoint *));
	container->endpoints[container->n_endpoints - 1] = endpoint;
}

static void move_endpoint_back(struct container *container, size_t i)
{
	struct endpoint *endpoint = container->endpoints[container->n_endpoints - 1];

	memmove(&container->endpoints[i + 1], &container->endpoints[i],
		(container->n_endpoints - i - 1) * sizeof(struct endpoint *));
	container->endpoints[i] = endpoint;
}

static int disconnect(struct engine *engine, struct container *container, size_t i,
		      struct error *error)
{
	struct plan plan = { .netns_fd = -1, .engine = engine, .container = container };
	struct endpoint *endpoint = container->endpoints[i];
	_cleanup_free_ struct port *ports = NULL;
	int err;

	move_endpoint_last(container, i);
	container->n_endpoints--;
	err = ports_without(container, endpoint, &ports, error);
	begin_change(engine, container);
	if (err == 0)
		err = plan_record_going(engine, endpoint, ports, error);
	if (err == 0 && ports)
		redirect(engine, container, ports);
	container->n_endpoints++;
	if (err < 0) {
		move_endpoint_back(container, i);
		end_change(engine, container);
		return err;
	}
	plan.first_endpoint = container->n_endpoints - 1;
	plan.first_port = container->n_ports;
	plan_undo(&plan);
	container_drop_endpoints(container, container->n_endpoints - 1);
	link_port_modes(engine, container); /* some may have gone with the network */
	/* The container lives on and looks: its interface is gone when the caller hears so. */
	(void)sweep_netns(engine, container->netns_inode, NULL); /* comes again */
	connect_settle(engine, container);
	return 0;
}

int engine_disconnect(struct engine *engine, const char *network_ref, const char *ref, bool force,
		      struct error *error)
{
	struct container *container;
	const struct endpoint *endpoint;
	struct network *network;
	const char *ifname;
	int err = engine_network_find_at(engine, network_ref, &network, &ifname, error);

	if (err == 0)
		err = engine_container_find(engine, ref, &container, error);
	if (err < 0)
		return force && err == -ENOENT ? 0 : err;
	if (container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "cannot disconnect container from host network - container was "
				 "created in host network mode");
	endpoint = container_endpoint_on(container, network, ifname);
	for (size_t i = 0; i < container->n_endpoints; i++) {
		if (container->endpoints[i] != endpoint)
			continue;
		err = disconnect(engine, container, i, error);
		if (err < 0)
			return err;
		log_info("event=disconnect name=%s network=%s", container->spec.name,
			 network->spec.name);
		return 0;
	}
	if (force)
		return 0;
	return error_set(error, ERROR_INTERNAL, "container %s is not connected to network %s%s%s",
			 container->spec.name, network->spec.name, *ifname ? "@" : "", ifname);
}
