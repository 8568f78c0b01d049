// SPDX-License-Identifier: GPL-2.0-or-later
// connect.c - what changes on a container that is attached: its networks, its ports, lost links
#include "engine/change/change.h"
#include "engine/plan/steps.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A container that stays changes in three ways here: it joins a network,
 * leaves one, or gets back links that were lost. Joining is the plan of an attach over the one
 * new endpoint. Leaving has a point of no return: the record says first that the endpoint is an
 * intent, which can fail and then nothing has happened; all after that must succeed or is owed.
 *
 * Default routes and files have no words in the record. A mark (plan/marks.c) stands from before
 * the record is touched until they are as the record says, so that a start in between makes them
 * again. */

/* Makes links that are lost, and repairs those that are there. again: the container runs and is set
 * up; otherwise a start does this, and sets up everything afterwards. */
static int make_missing(struct engine *engine, struct container *container, int netns_fd,
			bool again, struct error *error)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		/* One that is yet to come is moved and named by somebody else. */
		if (!link_is_wired(endpoint) || endpoint_is_to_come(endpoint))
			continue;
		if (builder_link_is_there(engine, endpoint)) {
			/* A start may find the link as it was made, before it was set up:
			 * repaired is what it should be in any case. */
			if (!again) /* a netd that was killed in the middle of this made it */
				err = builder_repair_link(engine, endpoint, error);
			continue;
		}
		/* The index belonged to the link that is lost, and may be another link's soon. */
		endpoints_forget_port(endpoint);
		err = builder_link(engine, endpoint, netns_fd, error);
		if (err == 0 && again)
			err = inside_setup_again(engine, container, netns_fd, endpoint, error);
	}
	return err;
}

/* For a start: the container's record says that it is up, and its links may be lost or half
 * made. */
int connect_make_links(struct engine *engine, struct container *container, struct error *error)
{
	_cleanup_close_ int netns_fd = container_open_netns(container, error);
	int err;

	if (netns_fd < 0)
		return netns_fd;
	/* Links first, then the whole inside once: default routes need all of them. */
	err = make_missing(engine, container, netns_fd, false, error);
	return err < 0 ? err : inside_setup(engine, container, netns_fd, 0, error);
}

/* For a comparison: netd runs, and somebody has removed links. */
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

/* Makes what the record has no words for follow the record: default routes, the view, the files. It
 * cannot fail; it owes what it could not do, and is called again then. It does no harm when
 * everything is right already. */
void connect_settle(struct engine *engine, struct container *container)
{
	struct error error;
	int netns_fd = container_open_netns(container, &error);
	/* Every other failure may pass, and is owed. */
	bool owes = netns_fd < 0 && netns_fd != -ENOENT; /* without a netns it is about to go */

	if (netns_fd >= 0 && inside_default_routes(container, netns_fd, &error) < 0)
		owes = true;
	services_settle(engine, container);
	cleanup_close(&netns_fd);
	/* The view and the files are independent: one that fails does not keep the other back. */
	names_view(engine, container);
	names_flush(engine);
	if (!owes && files_write(engine, container, &error) < 0)
		owes = true;
	if (owes) {
		log_warn("container %s: %s; it is tried again", container->spec.name, error.text);
		later_owe(engine, container, OWED_SETTLING);
	}
	files_links(engine, container);
	/* While something is owed the mark stays, so that a start finishes it. */
	if (!owes)
		end_change(engine, container);
}

/* The plan of an attach, over one endpoint. On failure the container is as it was. */
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
	/* The host's namespace is shared, so netd cannot take a container out of it or put it
	 * there later. */
	if (network->spec.kind->in_host || container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "cannot connect container to host network - container must be "
				 "created in host network mode");
	if (!container_is_awaited(container)) {
		/* The path may lead to another namespace by now: the descriptor is compared
		 * before it is used. */
		netns_fd = container_open_netns(container, error);
		if (netns_fd < 0)
			return netns_fd;
		/* A link of an earlier disconnect may still be inside, with the name that this
		 * one is to have. */
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
	/* Ports that are parked come back with the first network that has a way in. */
	plan.reopens = true;
	err = container_make_room(container, 1, error);
	if (err == 0)
		err = container_add_endpoint(engine, container, spec, error);
	/* Set even when the lines above failed: connect_settle below takes it away again. */
	begin_change(engine, container);
	if (err == 0)
		err = plan_apply(&plan, error);
	if (err < 0) {
		/* The endpoint goes before the container is settled: routes and files are then as
		 * they were. */
		container_drop_endpoints(container, plan.first_endpoint);
		/* As after a disconnect: what was made is gone when the caller hears so. */
		(void)sweep_netns(engine, container->netns_inode, NULL); /* comes again */
		connect_settle(engine, container);
		return err;
	}
	end_change(engine, container);
	/* Its first published port changes what its links on the other networks have to do
	 * (link_isolates). */
	if (plan.first_port == 0 && container->n_ports > 0)
		link_port_modes(engine, container); /* of the networks it was on before, too */
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "connect",
					 .container = container->spec.name,
					 .network = network->spec.name }),
		  "event=connect name=%s network=%s", container->spec.name, network->spec.name);
	return 0;
}

/* An endpoint has one address of each family, and a port leads to one of them. */
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
	/* Counted first, for most networks that go lead no port, and then nothing has to be
	 * copied. */
	for (size_t i = 0; i < container->n_ports; i++)
		n_gone += targets(&container->ports[i], gone);
	if (n_gone == 0)
		return 0;
	ports = calloc(container->n_ports, sizeof(*ports));
	/* Room for parking is made while the disconnect can still be refused. */
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

/* Those that lead nowhere now. They are told of while there is memory to gather them. Events have
 * the ports as they were published, so this comes before they are parked. */
static void tell_aimless(struct engine *engine, const struct container *container)
{
	_cleanup_free_ struct port *aimless = calloc(container->n_ports + 1, sizeof(*aimless));
	size_t n = 0;

	for (size_t i = 0; aimless && i < container->n_ports; i++)
		if (!addr_is_set(&container->ports[i].target))
			aimless[n++] = container->ports[i];
	if (aimless)
		events_ports(engine, "unpublish", container, aimless, n);
}

/* The ports become what the record says of them already. Cannot fail: the record is written. */
static void redirect(struct engine *engine, struct container *container, const struct port *ports)
{
	struct plan all = {
		.netns_fd = -1,
		.engine = engine,
		.container = container,
		.first_endpoint = container->n_endpoints,
	};
	struct error error;

	/* All rules of the container are taken out and put in again: which of them changed is not
	 * worth finding out. */
	plan_undo_publish(&all);
	for (size_t i = 0; i < container->n_ports; i++)
		ports_redirect(engine, container, i, &ports[i]);
	tell_aimless(engine, container);
	ports_park_aimless(container);
	if (plan_publish(&all, &error) < 0) {
		/* The container has left already. The table is made anew until it is right. */
		log_error("container %s: %s", container->spec.name, error.text);
		rules_repair_soon(engine);
	}
	relayed_share(engine, container, 0);
}

/* No memory is needed, so this cannot fail. */
static void move_endpoint_last(struct container *container, size_t i)
{
	struct endpoint *endpoint = container->endpoints[i];

	memmove(&container->endpoints[i], &container->endpoints[i + 1],
		(container->n_endpoints - i - 1) * sizeof(struct endpoint *));
	container->endpoints[container->n_endpoints - 1] = endpoint;
}

/* The inverse of move_endpoint_last. */
static void move_endpoint_back(struct container *container, size_t i)
{
	struct endpoint *endpoint = container->endpoints[container->n_endpoints - 1];

	memmove(&container->endpoints[i + 1], &container->endpoints[i],
		(container->n_endpoints - i - 1) * sizeof(struct endpoint *));
	container->endpoints[i] = endpoint;
}

/* Takes endpoint i away. It either fails and has changed nothing, or succeeds. */
static int disconnect(struct engine *engine, struct container *container, size_t i,
		      struct error *error)
{
	struct plan plan = { .netns_fd = -1, .engine = engine, .container = container };
	struct endpoint *endpoint = container->endpoints[i];
	_cleanup_free_ struct port *ports = NULL;
	int err;

	/* At the end of the array it is outside of what all other code sees as the container's
	 * networks, while it still exists to be undone. */
	move_endpoint_last(container, i);
	container->n_endpoints--;
	err = ports_without(container, endpoint, &ports, error);
	/* Before the record: from here on a start has to settle the container. */
	begin_change(engine, container);
	if (err == 0)
		err = plan_record_going(engine, endpoint, ports, error);
	if (err == 0 && ports)
		redirect(engine, container, ports);
	/* Back among them, for the undo walks over the container's endpoints. */
	container->n_endpoints++;
	if (err < 0) {
		move_endpoint_back(container, i);
		end_change(engine, container);
		return err;
	}
	plan.first_endpoint = container->n_endpoints - 1;
	plan.first_port = container->n_ports;
	/* The point of no return was the record. An undo does not fail. */
	plan_undo(&plan);
	container_drop_endpoints(container, container->n_endpoints - 1);
	link_port_modes(engine, container); /* some may have gone with the network */
	/* The container lives on and looks: its interface is gone when the caller hears so. */
	(void)sweep_netns(engine, container->netns_inode, NULL); /* comes again */
	connect_settle(engine, container);
	return 0;
}

/* force: what is not there, or not connected, is no failure. The words are Docker's where Docker
 * has them. */
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
		log_about(LOG_LEVEL_INFO,
			  &((struct log_about) { .code = "disconnect",
						 .container = container->spec.name,
						 .network = network->spec.name }),
			  "event=disconnect name=%s network=%s", container->spec.name,
			  network->spec.name);
		return 0;
	}
	if (force)
		return 0;
	return error_set(error, ERROR_INTERNAL, "container %s is not connected to network %s%s%s",
			 container->spec.name, network->spec.name, *ifname ? "@" : "", ifname);
}
