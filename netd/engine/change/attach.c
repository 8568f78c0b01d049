// SPDX-License-Identifier: GPL-2.0-or-later
// attach.c - a container comes and goes
#include "engine/change/change.h"
#include "engine/plan/steps.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "model/container/endpoint_sysctl.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/request/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. An attach is find, check and plan. A container of that name or id that is
 * there already is compared with the request, and nothing is done when both are the same. A new one
 * is a struct that nobody can find until the plan has ended; the plan (plan/steps.c) does the work
 * and undoes it when a step fails. Nothing is recorded or changed in the kernel before the plan
 * begins, so each refusal here leaves everything as it was, except that dead containers in the way
 * are detached. */

/* The spec moves into the container; engine_attach gives it back when the attach fails. */
static int take_spec(struct container_spec *from, struct container *container, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);

	/* Before the spec is filled in: what is kept is what was asked. */
	runtime->asked = asked_text(from);
	if (!runtime->asked)
		return error_system(error, -ENOMEM, "cannot attach %s", from->name);
	/* The spec's memory passes to the container. When the attach fails, engine_attach passes
	 * it back, so the caller always frees exactly one. */
	container->spec = take_struct(*from);
	if (!container->spec.id[0])
		tables_random_id(container->spec.id);
	if (!container->spec.hostname[0])
		(void)snprintf(container->spec.hostname, sizeof(container->spec.hostname), "%.*s",
			       ID_SHORT_LEN, container->spec.id);
	(void)clock_gettime(CLOCK_REALTIME, &container->created);
	return 0;
}

/* On any of its interfaces. */
static bool is_on(const struct container *container, const struct network *network)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->network == network)
			return true;
	return false;
}

/* *near: where the last one was found. Ports stand in the order of the bindings, so that the next
 * is close behind it. Whether one of these ports is what the binding asked for. */
static bool is_among(const struct port *ports, size_t n, const struct port_binding *binding,
		     size_t *near)
{
	for (size_t tried = 0; tried < n; tried++) {
		/* From the place of the last hit on, once around: in the usual order each look is
		 * one step, and any order is right. */
		size_t i = (*near + tried) % n;

		/* A routed port has no place of the host, so any number that was asked for fits. */
		if (ports[i].protocol == binding->protocol &&
		    ports[i].container_port == binding->container_port &&
		    (!binding->host_port || port_is_routed(&ports[i]) ||
		     (ports[i].host_port >= binding->host_port &&
		      ports[i].host_port <= binding->host_port_end))) {
			*near = i;
			return true;
		}
	}
	return false;
}

/* Ports that are parked were not taken back: they return with a network. */
static bool still_publishes(const struct container *container, const struct port_binding *binding,
			    size_t *near)
{
	const struct container_runtime *runtime = runtime_of(container);

	return is_among(container->ports, container->n_ports, binding, near) ||
	       is_among(runtime->parked, runtime->n_parked, binding, near);
}

/* What was asked for once may have been taken away by others since. Giving it back is not for a
 * caller who asks again because he has got no answer; nor is an answer that says it is there. */
static int refuse_lessened(struct engine *engine, const struct container_spec *spec,
			   const struct container *container, struct error *error)
{
	/* All bindings share one position, since their ports stand in the same order. */
	size_t near = 0;

	for (size_t i = 0; i < spec->n_endpoints; i++) {
		const char *ref = spec->endpoints[i].network;
		const struct network *network = map_get_str(engine->network_by_id,
							    spec->endpoints[i].network_id);

		if (!network || !is_on(container, network))
			return error_set(
				error, ERROR_CONFLICT,
				"container %s is attached in this way, but was disconnected "
				"from network %s since: connect it again (`netctl network "
				"connect %s %s`), or detach it first",
				container->spec.name, ref, ref, container->spec.name);
	}
	for (size_t i = 0; i < spec->n_ports; i++) {
		const struct port_binding *binding = &spec->ports[i];

		if (!still_publishes(container, binding, &near))
			return error_set(
				error, ERROR_CONFLICT,
				"container %s is attached in this way, but its port %u/%s was "
				"taken back since: publish it again (`netctl port add`), or "
				"detach it first",
				container->spec.name, binding->container_port,
				port_protocol_name(binding->protocol));
	}
	return 0;
}

/* Attached already? 1: the same way; 0: not at all; else the conflict. What is dead makes room. The
 * check for repeated requests. It is the first thing of each attach. */
static int find_former(struct engine *engine, struct container_spec *spec,
		       struct container **ret_container, struct error *error)
{
	/* The name first: it is what callers ask for. The id is asked for by some, and must be
	 * free as well. */
	struct container *former = map_get_str(engine->container_by_name, spec->name);
	int same;

	if (!former && spec->id[0])
		former = map_get_str(engine->container_by_id, spec->id);
	if (!former)
		return 0;
	/* A container whose end nobody has noticed yet is in nobody's way. */
	if (alive_is_dead(former)) {
		int err = engine_detach(engine, former->spec.id, error);

		/* The name may have been one's and the id be another's, so the look begins again.
		 * It ends, for each round detaches one container. */
		return err < 0 ? err : find_former(engine, spec, ret_container, error);
	}
	same = asked_same(engine, runtime_of(former)->asked, spec);
	if (same < 0)
		return error_system(error, same, "cannot attach %s", spec->name);
	if (same) {
		int err = refuse_lessened(engine, spec, former, error);

		if (err < 0)
			return err;
		*ret_container = former;
		return 1;
	}
	return error_because(
		error, ERROR_REASON_CONTAINER_IN_USE,
		error_set(error, ERROR_CONFLICT,
			  "%s %s is in use by container %s (%.12s), which is attached in another "
			  "way: "
			  "detach it first (`netctl detach %s`), or choose another",
			  strcmp(former->spec.name, spec->name) == 0 ? "the name" : "the id",
			  strcmp(former->spec.name, spec->name) == 0 ? spec->name : spec->id,
			  former->spec.name, former->spec.id, former->spec.name));
}

/* Which netns may be wired: host mode wants ours, everything else another one that is nobody's. The
 * namespace is known by its inode: a path and a process may lead to one and the same. */
static int check_netns(struct engine *engine, const struct container *container,
		       struct error *error)
{
	const char *where = container->spec.netns_path ? container->spec.netns_path : "";
	bool own = container->netns_inode == engine->door->netns.self_inode();
	struct container *other;

	/* The message names the path, or the process where there is no path. */
	if (container->host_mode && !own)
		return error_set(error, ERROR_INVALID,
				 "container %s: on network host nothing is wired, so its network "
				 "namespace must be the host's own, and %s%s is another",
				 container->spec.name, where, *where ? "" : "that of its process");
	if (container->host_mode)
		return 0;
	if (own)
		return error_set(error, ERROR_INVALID,
				 "container %s: its network namespace is the host's own: only the "
				 "network host allows that",
				 container->spec.name);
	/* One namespace is one container's. Two would both set its routes and its name server. */
	other = map_get(engine->container_by_netns, &container->netns_inode,
			sizeof(container->netns_inode));
	/* Whoever had it is gone, and another has got the namespace, or its number. */
	if (other && alive_is_dead(other))
		return engine_detach(engine, other->spec.id, error);
	if (other)
		return error_because(
			error, ERROR_REASON_NETNS_IN_USE,
			error_set(error, ERROR_CONFLICT,
				  "container %s: its network namespace belongs to container %s "
				  "already",
				  container->spec.name, other->spec.name));
	return 0;
}

/* On failure the container is as unknown as before, and the caller frees it. netns_fd stays open
 * until the plan has ended: it is what holds the namespace meanwhile. */
static int attach_new(struct engine *engine, struct container *container, struct error *error)
{
	const struct container_spec *spec = &container->spec;
	_cleanup_close_ int netns_fd = -1;
	struct plan plan = {
		.netns_fd = -1,
		.engine = engine,
		.container = container,
		.bindings = spec->ports,
		.n_bindings = spec->n_ports,
		.whole = true,
	};
	/* Room for all before the first is added: adding cannot fail half-way for want of
	 * memory. */
	int err = container_make_room(container, spec->n_endpoints, error);

	for (size_t i = 0; err == 0 && i < spec->n_endpoints; i++)
		err = container_add_endpoint(engine, container, &spec->endpoints[i], error);
	if (err < 0)
		return err;
	netns_fd = inside_open_netns(container, &container->netns_inode, error);
	/* A caller that waits for the namespace (NetnsWait) has named a path at which there is
	 * none yet. */
	if (netns_fd < 0 && !spec->netns_wait) {
		error_prefix(error, "container %s", spec->name);
		return netns_fd;
	}
	/* Without a namespace the check is made when it comes (await.c). */
	err = netns_fd < 0 ? 0 : check_netns(engine, container, error);
	if (err < 0)
		return err;
	/* What was detached from this netns a moment ago may still be in it. */
	err = sweep_netns(engine, container->netns_inode, error);
	if (err < 0) {
		error_prefix(error, "container %s", spec->name);
		return err;
	}
	/* Borrowed: the plan does not close it. */
	plan.netns_fd = netns_fd;
	return plan_apply(&plan, error);
}

/* The caller keeps his spec when this fails, and has given it away when it succeeds with
 * *ret_created. When the container was there already, the spec stays his, too. */
int engine_attach(struct engine *engine, struct container_spec *spec,
		  struct container **ret_container, bool *ret_created, struct error *error)
{
	struct container *container = NULL;
	int err;

	/* Before anything else: which networks are meant is decided by what the names lead to
	 * now. */
	asked_networks(engine, spec);
	err = find_former(engine, spec, &container, error);
	if (err != 0) {
		if (err < 0)
			return err;
		*ret_container = container;
		*ret_created = false;
		return 0;
	}
	/* From here on everything that fails ends in the block below, which gives the spec back
	 * to the caller. */
	container = container_new(engine);
	if (!container)
		return error_system(error, -ENOMEM, "cannot attach %s", spec->name);
	err = take_spec(spec, container, error);
	if (err == 0)
		err = attach_new(engine, container, error);
	if (err < 0) {
		/* An empty name says that the spec never moved into the container. */
		if (container->spec.name[0])
			*spec = container->spec;
		container->spec = (struct container_spec) { 0 };
		container_free(container);
		return err;
	}
	/* Each endpoint has a copy. The list in the spec would be the same again, for the
	 * container's whole life. */
	container_forget_endpoint_specs(container);
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "attach", .container = container->spec.name }),
		  "event=attach name=%s id=%.12s networks=%zu ports=%zu", container->spec.name,
		  container->spec.id, container->n_endpoints, container->n_ports);
	events_container(engine, "start", container);
	*ret_container = container;
	*ret_created = true;
	return 0;
}

/* Cannot fail. Whatever the kernel or the disk refuses is owed, and tried again by others. The
 * container's object is still there when this returns. */
void attach_take_down(struct engine *engine, struct container *container)
{
	struct plan plan = {
		.netns_fd = -1, .engine = engine, .container = container, .whole = true
	};
	const char *id = container->spec.id;

	(void)marks_set(engine, MARK_DETACHED, id, ""); /* without it a start takes the rest back */
	/* In the order opposite to the attach: names and ports go first, addresses last. */
	plan_undo(&plan);
	/* After the undo, so that others' files no longer name it. */
	files_links(engine, container);
	/* When the record could not be removed, the mark has to stay: it says to a start what the
	 * record does not. */
	if (!forget_is_pending(engine, id))
		marks_unset(engine, MARK_DETACHED, id, "");
}

/* For callers, and for containers that have ended. Frees the container. */
int engine_detach(struct engine *engine, const char *ref, struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	ref += *ref == '/'; /* as engine_container_find reads it */
	/* Detaching what is gone is asked for often, and a short name may begin a stranger's id. */
	if (strcmp(container->spec.name, ref) != 0 && strlen(ref) < ID_SHORT_LEN)
		return error_because(
			error, ERROR_REASON_CONTAINER_NOT_FOUND,
			error_set(error, ERROR_NOT_FOUND, "No such container: %s", ref));
	attach_take_down(engine, container);
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "detach", .container = container->spec.name }),
		  "event=detach name=%s id=%.12s", container->spec.name, container->spec.id);
	events_container(engine, "die", container);
	container_free(container);
	return 0;
}
