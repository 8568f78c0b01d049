// SPDX-License-Identifier: GPL-2.0-or-later
// ports_choose.c - which host ports bindings get that name none, or name a range to choose from
#include "engine/wire/wire.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Theory of operation. All bindings of one call that choose from the same ports of the same
 * addresses go on one walk over them: the next looks behind the place where the last found its own,
 * for what lies before is taken. So each port is tried once at the most, however many are asked
 * for, and nobody is asked who holds a port unless that is the answer.
 *
 * A walk over free ports starts where nobody can guess. A few leave gaps behind them; many stand
 * side by side, which the store and whoever reads a list hold in one row. */

/* A prime, so a walk visits every port of a range that is no multiple of it exactly once. */
#define FREE_PORT_STEP 7
/* Up to so many bindings a walk leaves gaps; above, ports stand side by side. */
#define FREE_PORT_FEW 64

/* n is never 0: a range has at least one port. */
static unsigned int random_below(unsigned int n)
{
	uint16_t number = 0;

	/* A number below 65,536 modulo n is not quite uniform. It need not be: the start only has
	 * to be hard to guess and to differ between calls. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = 0; /* any start is right */
	return number % n;
}

/* Where the range is a multiple of the step, one by one: each port is looked at once. A walk over
 * the host's ephemeral range (ip_local_port_range), without what the host keeps back. */
static int start_free(const struct engine *engine, struct port_walks *walks, struct port_walk *walk,
		      struct error *error)
{
	/* Read once for all bindings of a call: the host's reserved ports are a file of /proc,
	 * and may be a long list. */
	if (!walks->has_kept_back &&
	    engine->door->host_ports.reserved_by_host(&walks->kept_back) < 0)
		return error_system(error, -ENOMEM, "cannot find a free port");
	walks->has_kept_back = true;
	engine->door->host_ports.ephemeral_range(&walk->first, &walk->last);
	walk->n = walk->last - walk->first + 1U;
	walk->step = walks->n_bindings > FREE_PORT_FEW || walk->n % FREE_PORT_STEP == 0
			     ? 1
			     : FREE_PORT_STEP;
	walk->offset = random_below(walk->n);
	return 0;
}

/* Bindings that choose from the same ports share a walk. The container's port has no part in it. */
static bool is_for(const struct port_walk *walk, const struct port_binding *binding)
{
	return walk->n > 0 && walk->protocol == binding->protocol &&
	       walk->host_port == binding->host_port &&
	       walk->host_port_end == binding->host_port_end &&
	       addr_equal(&walk->host_addr, &binding->host_addr);
}

/* The walk of this binding, which goes on where it stopped, or a new one in the place of the
 * oldest. */
static int find_walk(const struct engine *engine, struct port_walks *walks,
		     const struct port_binding *binding, struct port_walk **ret_walk,
		     struct error *error)
{
	struct port_walk *walk;

	for (size_t i = 0; i < PORT_WALKS; i++) {
		*ret_walk = &walks->walks[i];
		if (is_for(*ret_walk, binding))
			return 0;
	}
	/* Fewer walks than bindings with different ranges only cost time: a walk that was
	 * forgotten starts again at its beginning. */
	walk = *ret_walk = &walks->walks[walks->next++ % PORT_WALKS];
	*walk = (struct port_walk) {
		.protocol = binding->protocol,
		.host_addr = binding->host_addr,
		.host_port = binding->host_port,
		.host_port_end = binding->host_port_end,
		.first = binding->host_port,
		.last = binding->host_port_end,
		.step = 1,
	};
	if (binding->host_port == 0)
		return start_free(engine, walks, walk, error);
	walk->n = binding->host_port_end - binding->host_port + 1U;
	return 0;
}

/* True: *ret_port is the next to try. Each port comes once. False: the walk is at its end. */
static bool walk_on(const struct port_walks *walks, struct port_walk *walk, uint16_t *ret_port)
{
	while (walk->i < walk->n) {
		/* The arithmetic is in unsigned int: first + n stays below 131,072. */
		*ret_port =
			(uint16_t)(walk->first + (walk->offset + walk->i++ * walk->step) % walk->n);
		/* A range was asked for by number, and who asks for a number gets it. What the
		 * host keeps back is only kept from the free choice. */
		if (walk->host_port != 0 || !portset_has(&walks->kept_back, *ret_port)) {
			walk->n_tried++;
			return true;
		}
	}
	return false;
}

/* The numbers in the sentence say why there is no port: how many were tried, and how many the host
 * keeps back. */
static int refuse_full(const struct container *container, const struct port_binding *binding,
		       const struct port_walks *walks, const struct port_walk *walk,
		       struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE,
			 "no free port for %u/%s of container %s: %u tries between %u and %u, "
			 "where net.ipv4.ip_local_reserved_ports keeps %zu back",
			 binding->container_port, port_protocol_name(binding->protocol),
			 container->spec.name, walk->n_tried, walk->first, walk->last,
			 portset_count(&walks->kept_back, walk->first, walk->last));
}

/* Once for a call. Whether the host has IPv6 is asked once, too, so that all bindings of a call get
 * the same families. */
void ports_choose_init(struct port_walks *walks, size_t n_bindings, bool is_ahead)
{
	*walks = (struct port_walks) {
		.n_bindings = n_bindings,
		.has_ipv6 = access("/proc/net/if_inet6", F_OK) == 0,
	};
	ports_places_init(&walks->places, n_bindings, is_ahead);
}

/* Only a reservation ahead of a change has turns (ports_ahead.c). A change decides at once. */
static bool turn_is_over(const struct port_walks *walks)
{
	return walks->turn_ends_s > 0 && engine_now_s() >= walks->turn_ends_s;
}

/* One binding. -EINPROGRESS: the turn is over, come again. */
int ports_choose(struct engine *engine, struct container *container,
		 const struct port_binding *binding, struct port_walks *walks, struct error *error)
{
	struct ports_asked asked = { .binding = binding, .places = &walks->places };
	struct port_walk *walk;
	uint16_t port = binding->host_port;
	int err;

	asked.n_addrs = ports_host_addresses(engine, container, binding, walks->has_ipv6,
					     asked.addrs);
	/* One port and no choice, or no place of the host at all. */
	if ((binding->host_port != 0 && binding->host_port_end <= binding->host_port) ||
	    ports_are_routed(container, &asked))
		return ports_take_everywhere(engine, container, &asked, port, error);
	err = find_walk(engine, walks, binding, &walk, error);
	if (err < 0)
		return err;
	/* Found before, or taken by a walk that goes on behind it. */
	if (ports_held_chosen(engine, binding, &port) &&
	    ports_take_everywhere(engine, container, &asked, port, NULL) == 0)
		return 0;
	while (!turn_is_over(walks) && walk_on(walks, walk, &port)) {
		err = ports_take_everywhere(engine, container, &asked, port, NULL);
		if (err == 0)
			return 0;
		/* Taken means the next one. Any other failure would be the same for each of
		 * them. */
		if (err != -EEXIST) /* once more, for the words */
			return ports_take_everywhere(engine, container, &asked, port, error);
	}
	/* The turn is over, not the walk. The caller comes again and goes on where it stopped. */
	if (walk->i < walk->n)
		return -EINPROGRESS;
	if (binding->host_port == 0)
		return refuse_full(container, binding, walks, walk, error);
	/* A range of which none is free: the words are those for its last port, with who has it. */
	return ports_take_everywhere(engine, container, &asked, binding->host_port_end, error);
}

/* All bindings of a change, with whatever was reserved ahead. */
static int resolve(struct engine *engine, struct container *container,
		   const struct port_binding *bindings, size_t n_bindings, struct error *error)
{
	struct port_walks walks;
	size_t before = container->n_ports;
	int err = 0;

	ports_choose_init(&walks, n_bindings, false);
	ports_held_walks(engine, &walks);
	for (size_t i = 0; err == 0 && i < n_bindings; i++)
		err = ports_choose(engine, container, &bindings[i], &walks, error);
	ports_places_done(&walks.places);
	/* All or none of a call. */
	if (err < 0)
		ports_release(engine, container, before);
	return err;
}

/* A misled reservation has given up its sockets, so ports that seemed taken may have been its
 * own. */
int ports_resolve(struct engine *engine, struct container *container,
		  const struct port_binding *bindings, size_t n_bindings, struct error *error)
{
	int err = resolve(engine, container, bindings, n_bindings, error);

	/* What was passed over may be free again. */
	if (err < 0 && ports_held_misled(engine))
		err = resolve(engine, container, bindings, n_bindings, error);
	return err;
}
