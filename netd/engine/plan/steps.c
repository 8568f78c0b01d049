// SPDX-License-Identifier: GPL-2.0-or-later
// steps.c - plans: applied in order, undone from the end
#include "engine/plan/steps.h"
#include "engine/plan/plan.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>

/* Theory of operation. A plan is a container, which part of it is meant, and a table of steps.
 * first_endpoint and first_port say where the part begins: an attach is the whole from 0, a
 * connect the endpoints behind those that are there, a port add no endpoint and the ports behind.
 * Steps are applied in order. When one fails, it and all before it are undone in reverse order,
 * so an undo has to cope with a step that was never applied, or applied by half: it looks at what
 * is there (a state, a number of published ports, a descriptor) and not at what was planned.
 *
 * Taking down is the undo of all steps. So there is one code for a failure in the middle and for
 * a detach, and the tests of the one are tests of the other.
 *
 * The order is that of what may be seen. Addresses and ports are claimed in memory first, for
 * they may be refused. The record comes before the kernel, so that nothing is in the kernel which
 * no record knows. Sources are let in before there is a link that could send, and names are told
 * when everything behind them works. */

/* --- host ports ------------------------------------------------------------------------------- */

/* A container that comes back takes its parked ports; all others get what their bindings ask
 * for. */
static int reserve(struct plan *plan, struct error *error)
{
	if (plan->reopens)
		return ports_unpark(plan->engine, plan->container, error);
	return ports_resolve(plan->engine, plan->container, plan->bindings, plan->n_bindings,
			     error);
}

/* Ports that lead to an address of nobody's are parked by the next start, too (recover.c). */
static void park_again(struct plan *plan)
{
	struct error error;

	/* No port came back to this plan, so none has to be parked again. */
	if (plan->first_port == plan->container->n_ports)
		return;
	ports_park_again(plan->engine, plan->container, plan->first_port);
	if (plan_record_ports(plan->engine, plan->container, &error) < 0) {
		log_warn("container %s: %s; it is tried again", plan->container->spec.name,
			 error.text);
		later_owe(plan->engine, plan->container, OWED_RECORD);
	}
}

void plan_undo_reserve(struct plan *plan)
{
	/* Ports of this plan alone are closed, and their numbers are free. Parked ones stay the
	 * container's. */
	if (plan->reopens)
		park_again(plan);
	else
		ports_release(plan->engine, plan->container, plan->first_port);
}

/* --- sources ---------------------------------------------------------------------------------- */

/* netd's table lets in the addresses of these endpoints. Until then a packet of theirs is dropped
 * as forged. */
static int admit(struct plan *plan, struct error *error)
{
	return rules_admit(plan->engine, plan->container, plan->first_endpoint, error);
}

/* Runs after the links are undone (the last step is undone first), so no packet of a container that
 * still has its link is taken for a forged one. */
static void undo_admit(struct plan *plan)
{
	rules_expel(plan->engine, plan->container, plan->first_endpoint);
}

/* --- links ------------------------------------------------------------------------------------ */

/* A veth pair for each endpoint, one end in the bridge and the other in the container's
 * namespace. */
static int links(struct plan *plan, struct error *error)
{
	plan_foreach(plan, endpoint)
	{
		int err = 0;

		/* The state is set before the link is made: an undo looks at it, and a link that
		 * was made by half must be seen. */
		endpoint_enter(endpoint, ENDPOINT_PLUMBING);
		/* Without a namespace a link can only be made when its other end is to be in the
		 * host's. */
		if (link_is_wired(endpoint) &&
		    (endpoint_is_to_come(endpoint) || !container_is_awaited(plan->container)))
			err = builder_link(plan->engine, endpoint, plan->netns_fd, error);
		if (err < 0) {
			error_prefix(error, "container %s on network %s",
				     endpoint->container->spec.name, endpoint->network->spec.name);
			return err;
		}
	}
	return 0;
}

/* The host's end is retired, and the kernel deletes the other with it (veth(4)). A namespace that
 * is gone took both. */
static void undo_links(struct plan *plan)
{
	plan_foreach(plan, endpoint)
	{
		if (endpoint->state == ENDPOINT_PLUMBING || endpoint->state == ENDPOINT_UP)
			endpoint_enter(endpoint, ENDPOINT_UNDOING);
		if (endpoint->host_ifindex)
			link_retire(plan->engine, endpoint);
		/* The host's route does not go with a link that lies in a namespace which ended,
		 * for it leads into the bridge. */
		else { /* the link went with its netns, while netd was down */
			host_way_end(plan->engine, endpoint);
			shaping_end(plan->engine, endpoint);
		}
	}
}

/* --- inside ----------------------------------------------------------------------------------- */

/* Works in the container's namespace, by the descriptor that the plan holds: a path could lead to
 * another namespace by now. */
static int inside(struct plan *plan, struct error *error)
{
	struct container *container = plan->container;
	int err = 0;

	/* There is nothing inside to set up: the namespace is the host's own, or yet to come
	 * (await.c). */
	if (container->host_mode || container_is_awaited(container))
		return 0;
	err = inside_setup(plan->engine, container, plan->netns_fd, plan->first_endpoint, error);
	if (err == 0)
		err = services_enter(plan->engine, container, error);
	/* A second network with a higher priority takes the default route over. */
	if (err == 0 && !plan->whole)
		err = inside_default_routes(container, plan->netns_fd, error);
	return err;
}

/* Addresses and routes inside go with the link. Only the redirect to the resolver is the
 * container's own. */
static void undo_inside(struct plan *plan)
{
	struct container_runtime *runtime = runtime_of(plan->container);
	struct error error;
	int err;

	/* The redirect belongs to the container, not to one of its networks. */
	if (!plan->whole || !runtime->inside)
		return;
	services_leave_inside(plan->engine, plan->container);
	err = plan->engine->door->rules.unredirect(runtime->inside, &error);
	if (err < 0)
		log_warn("container %s: %s; it is tried again", plan->container->spec.name,
			 error.text);
	/* The socket is kept until the next sweep: to close it now would wait for a grace period,
	 * in which the table's deletion is carried out. */
	sweep_close_later(plan->engine, runtime->inside, err < 0);
	runtime->inside = NULL;
}

/* --- publishing ------------------------------------------------------------------------------- */

/* n_published says to plan_undo_publish how far it came. */
int plan_publish(struct plan *plan, struct error *error)
{
	struct container *container = plan->container;
	int err = rules_publish(plan->engine, container, plan->first_port, error);

	if (err == 0) {
		/* An old flow to the port would go on to where it led before: moby#8795. After the
		 * rules, for a flow that is forgotten earlier would be made again by the next
		 * packet, along the old rule. */
		flows_forget(plan->engine, container->ports + plan->first_port,
			     container->n_ports - plan->first_port);
		runtime_of(container)->n_published = container->n_ports;
	}
	return err;
}

void plan_undo_publish(struct plan *plan)
{
	struct container *container = plan->container;
	struct container_runtime *runtime = runtime_of(container);

	if (runtime->n_published <= plan->first_port)
		return; /* publish failed, and took back what it did */
	/* Rules first, again: the flow must not be made anew by a packet that still finds the
	 * rule. */
	rules_unpublish(plan->engine, container, plan->first_port);
	flows_forget(plan->engine, container->ports + plan->first_port,
		     container->n_ports - plan->first_port);
	runtime->n_published = plan->first_port;
}

/* --- files and names -------------------------------------------------------------------------- */

/* All files are written even if only a network came: each network adds lines to hosts. */
static int files(struct plan *plan, struct error *error)
{
	return files_write(plan->engine, plan->container, error);
}

/* Other containers' hosts files are put right by the change itself (files_links). */
static void undo_files(struct plan *plan)
{
	/* The folder goes with the container. A network that leaves has its files written again
	 * by connect_settle. */
	if (plan->whole)
		files_remove(plan->engine, plan->container);
}

/* Comes after all that may fail in the kernel, so that nobody is given an address which does not
 * answer. */
static int names(struct plan *plan, struct error *error)
{
	/* Nothing here can fail: a resolver that does not take a message is replaced, and told
	 * everything anew. */
	(void)error;
	names_view(plan->engine, plan->container);
	plan_foreach(plan, endpoint)
	{
		names_endpoint(plan->engine, endpoint, false);
		services_join(plan->engine, endpoint);
	}
	relayed_share_new(plan->engine, plan->container, plan->first_port);
	/* Before the reply: who asks after it finds the names. */
	names_flush(plan->engine);
	return 0;
}

/* In the inverse order: names go before the view. From the flush on, nobody is sent to an address
 * that is about to be free. */
static void undo_names(struct plan *plan)
{
	plan_foreach(plan, endpoint)
	{
		services_part(plan->engine, endpoint);
		names_endpoint(plan->engine, endpoint, true);
	}
	if (plan->whole)
		names_view_gone(plan->engine, plan->container);
	names_flush(plan->engine);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* For those who listen to events; a part without ports tells nothing. */
static void tell_ports(const struct plan *plan, const char *action)
{
	const struct container *container = plan->container;

	events_ports(plan->engine, action, container, container->ports + plan->first_port,
		     container->n_ports - plan->first_port);
}

/* After this step the caller is told that it succeeded. */
static int finish(struct plan *plan, struct error *error)
{
	int err = 0;

	/* Awaited: the look for the namespace starts here. */
	later_look(plan->engine, plan->container);
	if (!container_is_awaited(plan->container) && plan->whole)
		err = alive_watch(plan->engine, plan->container, error);
	/* From here on others find the container. What comes after may still fail, and then it is
	 * dropped again. */
	if (err == 0 && plan->whole && tables_add_container(plan->engine, plan->container) < 0)
		err = error_system(error, -ENOMEM, "cannot attach %s", plan->container->spec.name);
	/* The record says "up" last of all. A netd that is killed before this leaves an intent,
	 * which the next start undoes. */
	if (err == 0)
		err = plan_record_up(plan, error);
	if (err < 0)
		return err;
	plan_foreach(plan, endpoint)
	{
		endpoint_enter(endpoint, ENDPOINT_UP);
		events_network(plan->engine, "connect", endpoint->network, plan->container);
	}
	tell_ports(plan, "publish");
	/* Others' hosts files. A failure there is owed, and no reason to fail this change. */
	files_links(plan->engine, plan->container);
	return 0;
}

/* The states of the endpoints are left as they are, for the undos that follow look at them. */
static void undo_finish(struct plan *plan)
{
	bool was_up = false;

	/* Others stop finding it before its parts go. */
	if (plan->whole) {
		alive_unwatch(plan->engine, plan->container);
		tables_drop_container(plan->engine, plan->container);
	}
	plan_foreach(plan, endpoint) was_up |= endpoint->state == ENDPOINT_UP;
	/* What was told to be published. */
	if (was_up)
		tell_ports(plan, "unpublish");
	plan_foreach(plan, endpoint) if (endpoint->state == ENDPOINT_UP)
		events_network(plan->engine, "disconnect", endpoint->network, plan->container);
}

/* --- the plans -------------------------------------------------------------------------------- */

/* undo has no result. What cannot be undone is logged and owed, because there is nobody who could
 * do more about it. */
struct step {
	const char *name;
	int (*apply)(struct plan *plan, struct error *error);
	void (*undo)(struct plan *plan);
};

/* For an attach and a connect, and from the end for a detach and a disconnect. */
static const struct step attach_steps[] = {
	{ "claim addresses", plan_claim, plan_undo_claim },
	{ "reserve host ports", reserve, plan_undo_reserve },
	{ "record the intent", plan_record, plan_undo_record },
	{ "let its addresses in", admit, undo_admit },
	{ "make links", links, undo_links },
	{ "set up inside", inside, undo_inside },
	{ "publish ports", plan_publish, plan_undo_publish },
	{ "write files", files, undo_files },
	{ "tell the names", names, undo_names },
	{ "finish", finish, undo_finish },
};

/* A port add touches no address, no link and no file. It has no "finish": the container is in the
 * tables already, and its endpoints are up. */
static const struct step port_steps[] = {
	{ "reserve host ports", reserve, plan_undo_reserve },
	{ "record the intent", plan_record, plan_undo_record },
	{ "publish ports", plan_publish, plan_undo_publish },
	{ "tell the names", names, undo_names },
};

/* The last step first. */
static void undo_steps(struct plan *plan, const struct step *steps, size_t n)
{
	while (n-- > 0) {
		log_debug("container %s: undo %s", plan->container->spec.name, steps[n].name);
		steps[n].undo(plan);
	}
}

static int apply_steps(struct plan *plan, const struct step *steps, size_t n, struct error *error)
{
	for (size_t i = 0; i < n; i++) {
		int err;

		log_debug("container %s: %s", plan->container->spec.name, steps[i].name);
		err = steps[i].apply(plan, error);
		if (err < 0) {
			/* The failed step itself is undone as well, for it may have done a part. */
			undo_steps(plan, steps, i + 1);
			return err;
		}
	}
	return 0;
}

int plan_apply(struct plan *plan, struct error *error)
{
	return apply_steps(plan, attach_steps, ARRAY_SIZE(attach_steps), error);
}

void plan_undo(struct plan *plan)
{
	undo_steps(plan, attach_steps, ARRAY_SIZE(attach_steps));
}

/* The event comes after all steps: what is told has happened. */
int plan_apply_ports(struct plan *plan, struct error *error)
{
	int err = apply_steps(plan, port_steps, ARRAY_SIZE(port_steps), error);

	if (err == 0)
		tell_ports(plan, "publish");
	return err;
}
