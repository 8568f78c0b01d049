// SPDX-License-Identifier: GPL-2.0-or-later
// relayed.c - ports that the resolver relays: their sockets are shared with it, and taken back
#include "engine/wire/wire.h"

/* Theory of operation. A port that needs the relay has its listening socket here and a duplicate
 * in the resolver. Its number names it in messages; 0 means that the resolver does not know it.
 * The plumber keeps its own duplicate, so connections that come while one resolver is replaced by
 * another wait in the socket's queue. */

/* The message that shares a relay or takes it back. The descriptor is duplicated into it, and stays
 * the caller's. */
static void send_relay(struct engine *engine, enum ipc_type type, uint32_t number,
		       const struct port *port, int fd)
{
	struct ipc_relay body = {
		.number = number,
		.protocol = port->protocol,
		.listen = port->host_addr,
		.listen_port = port->host_port,
		.target = port->target,
		.target_port = port->container_port,
	};
	struct wire wire = resolver_link_begin(engine->tell->link);

	ipc_put_relay(&wire, type, &body);
	resolver_link_send(engine->tell->link, &wire, &fd, fd >= 0 ? 1 : 0);
}

/* Shares one port, or says anew where it leads. */
static void relayed_share_one(struct engine *engine, const struct container *container, size_t i,
			      int fd)
{
	struct container_runtime *runtime = runtime_of(container);

	if (!engine->tell->link)
		return;
	/* The number and the descriptor go together, once. Later messages only change where the
	 * port leads. */
	if (runtime->relays[i] == 0)
		runtime->relays[i] = ++engine->last_number;
	else
		fd = -1; /* it has that */
	send_relay(engine, IPC_RELAY, runtime->relays[i], &container->ports[i], fd);
}

/* Only a message: nobody knows when the resolver has acted upon it. relay_gone_at is the bound for
 * whoever wants the port next. */
void relayed_give_up(struct engine *engine, uint32_t number, const struct port *port)
{
	if (engine->tell->link)
		send_relay(engine, IPC_RELAY_GONE, number, port, -1);
	/* ports_may_be_free_soon waits a little for the resolver to close its end. */
	engine->wire->relay_gone_at = engine_now_s();
}

/* Shares the sockets of relayed ports with the resolver. */
void relayed_share(struct engine *engine, const struct container *container, size_t first)
{
	struct container_runtime *runtime = runtime_of(container);

	for (size_t i = first; engine->tell->link && i < container->n_ports; i++) {
		if (!port_needs_relay(&container->ports[i]))
			continue;
		if (runtime->fds[i] < 0 && runtime->relays[i] == 0)
			continue; /* the port could not be reserved again after a restart */
		relayed_share_one(engine, container, i, runtime->fds[i]);
	}
}

/* The resolver does not know of it yet. */
static bool is_new_relay(const struct container *container, size_t i)
{
	const struct container_runtime *runtime = runtime_of(container);

	return runtime->fds[i] >= 0 && runtime->relays[i] == 0 &&
	       port_needs_relay(&container->ports[i]);
}

/* What comes to a socket waits in it until it is shared. */
void relayed_share_new(struct engine *engine, const struct container *container, size_t first)
{
	size_t n = 0;

	for (size_t i = first; engine->tell->link && i < container->n_ports; i++) {
		if (!is_new_relay(container, i))
			continue;
		/* More than a few are handed over in turns, after the change. The descriptor is
		 * bound and listens already, so clients wait and are not refused. */
		if (n++ == PORTS_FEW) {
			struct container_runtime *runtime = runtime_of(container);

			engine->wire->n_left++;
			/* The first number counts: what was left before it stays ahead of it. */
			if (runtime->new_relays == 0)
				runtime->new_relays = engine->wire->n_left;
			turns_start(engine);
			return;
		}
		relayed_share_one(engine, container, i, runtime_of(container)->fds[i]);
	}
}

/* A turn of handing over. new_relays becomes 0 when none is left. */
static void share_more(struct engine *engine, const struct container *container, double ends_s)
{
	struct container_runtime *runtime = runtime_of(container);

	for (size_t i = 0; engine->tell->link && i < container->n_ports; i++) {
		if (!is_new_relay(container, i))
			continue;
		if (engine_now_s() >= ends_s)
			return;
		relayed_share_one(engine, container, i, runtime->fds[i]);
	}
	runtime->new_relays = 0; /* a resolver that is yet to come is told everything */
}

/* The container whose relays wait for the longest time. NULL: none do. */
static const struct container *first_to_share(const struct engine *engine)
{
	const struct container *first = NULL;

	for (size_t i = 0; i < engine->n_containers; i++) {
		const struct container *container = engine->containers[i];
		uint64_t number = runtime_of(container)->new_relays;

		/* The smallest number was left first. */
		if (number != 0 && (!first || number < runtime_of(first)->new_relays))
			first = container;
	}
	return first;
}

/* UINT64_MAX: nothing is left of this sort. */
uint64_t relayed_first_left(const struct engine *engine)
{
	const struct container *first = first_to_share(engine);

	return first ? runtime_of(first)->new_relays : UINT64_MAX;
}

void relayed_turn(struct engine *engine, double ends_s)
{
	const struct container *first = first_to_share(engine);

	if (!first)
		return;
	share_more(engine, first, ends_s);
	/* Sent messages count for questions only when the number of them is published. */
	names_flush(engine);
}
