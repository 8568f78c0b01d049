// SPDX-License-Identifier: GPL-2.0-or-later
// ports.c - published ports: from what -p asks to addresses, numbers and reserved sockets
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/wire/wire.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A binding is what was asked for (-p 8080:80), a port is what came of it:
 * one place of the host (protocol, address, number) that leads to one address of the container.
 * On every address, a binding is two ports, one of each family; a range is many.
 *
 * A place is reserved by a bound socket, and the kernel is the judge: a second bind fails,
 * whoever tries, netd or any other program. With NAT the socket only holds the place and hears
 * nothing; with the relay it listens, and the resolver gets a duplicate. What has no socket (a
 * place that the caller holds himself, a port at the container's own address, a parked one) is
 * judged by looking at all ports there are (ports_places.c).
 *
 * The three arrays (ports, fds, relays) are parallel: the same index is the same port in each.
 * They grow together and are swapped together. */

/* The container that publishes this place, for the sentence; only on the way to an error. asking
 * may not be in the engine's table yet, and may ask for one place twice; NULL: nobody's container
 * asks. NULL: it is no container, so some other program has the place. */
static const struct container *publisher(const struct engine *engine,
					 const struct container *asking, const struct port *port)
{
	for (size_t i = 0; i < engine->n_containers; i++)
		if (ports_places_one_has(engine->containers[i], port))
			return engine->containers[i];
	return asking && ports_places_one_has(asking, port) ? asking
							    : ports_held_holder(engine, port);
}

/* Three arrays with room for n ports each. One that has grown stays so when the next one cannot.
 * -ENOMEM leaves all three arrays usable, with the room that they had. */
static int make_room(struct container *container, size_t n)
{
	struct container_runtime *runtime = runtime_of(container);
	size_t room = runtime->room_ports, room_fds = room, room_relays = room;
	struct port *ports = grow(container->ports, &room, n, sizeof(*ports));
	int *fds = grow(runtime->fds, &room_fds, n, sizeof(*fds));
	uint32_t *relays = grow(runtime->relays, &room_relays, n, sizeof(*relays));

	/* What has grown is kept even when another one could not: realloc(3) has freed the old
	 * block. */
	container->ports = ports ? ports : container->ports;
	runtime->fds = fds ? fds : runtime->fds;
	runtime->relays = relays ? relays : runtime->relays;
	if (!ports || !fds || !relays)
		return -ENOMEM;
	runtime->room_ports = room;
	return 0;
}

/* Takes fd over on success. Room is made one port at a time, but grow doubles it. */
static int append_port(struct container *container, const struct port *port, int fd)
{
	struct container_runtime *runtime = runtime_of(container);
	size_t at = container->n_ports;

	/* Behind the check of the number asked for, for one binding may become two ports. */
	if (at >= PORT_PLACES_MAX)
		return -E2BIG;
	if (make_room(container, at + 1) < 0)
		return -ENOMEM;
	container->ports[at] = *port;
	runtime->fds[at] = fd;
	runtime->relays[at] = 0;
	container->n_ports++;
	return 0;
}

/* 0: no container has it, nor a service. Otherwise a sentence that names who does and the way out.
 */
static int refuse_published(const struct engine *engine, const struct container *container,
			    const struct port *port, struct error *error)
{
	const struct container *other = publisher(engine, container, port);
	const char *service = ingress_publisher(engine, port);

	if (service)
		return error_because(
			error, ERROR_REASON_PORT_IN_USE,
			error_set(error, ERROR_CONFLICT,
				  "port %u/%s on %s is already published by service %s: choose "
				  "another port, or `netctl service update --publish-rm %u %s` it "
				  "there",
				  port->host_port, port_protocol_name(port->protocol),
				  ADDR_STR(&port->host_addr), service, port->host_port, service));
	if (!other)
		return 0;
	return error_because(
		error, ERROR_REASON_PORT_IN_USE,
		error_set(error, ERROR_CONFLICT,
			  "port %u/%s on %s is already published by container %s: choose another "
			  "port, or `netctl port rm %s` it there",
			  port->host_port, port_protocol_name(port->protocol),
			  ADDR_STR(&port->host_addr), other->spec.name, other->spec.name));
}

/* The caller's own socket keeps all others out but those netd publishes for. Ahead of a change
 * there is no socket to be had for it, and the change asks again. A port that the caller has bound
 * himself cannot be reserved by a bind of netd's. The tables are looked at instead. */
static int check_reserved(const struct engine *engine, const struct container *container,
			  struct ports_places *places, const struct port *port, struct error *error)
{
	if (port->host_addr.family != port->target.family)
		return error_set(error, ERROR_INVALID,
				 "port %u/%s on %s cannot lead to %s: that takes a relay, and who "
				 "asked for the port holds it already",
				 port->host_port, port_protocol_name(port->protocol),
				 ADDR_STR(&port->host_addr), ADDR_STR(&port->target));
	/* Ahead of a change only sockets count. */
	if (places->is_ahead || !ports_places_may_clash(places, engine, container, port))
		return 0;
	return refuse_published(engine, container, port, error);
}

/* The descriptor, or a negative errno; -EEXIST: somebody has the place. One for the relay listens,
 * one for NAT does not. */
static int reserve(const struct engine *engine, const struct port *port, struct error *error)
{
	return engine->door->host_ports.reserve(port->protocol, &port->host_addr, port->host_port,
						!port_needs_relay(port), error);
}

/* A relay was given up a moment ago, and the resolver may still hold its socket. */
bool ports_may_be_free_soon(const struct engine *engine, int err)
{
	return err == -EEXIST && engine_now_s() - engine->wire->relay_gone_at < RELAY_CLOSE_S;
}

/* A relay's socket is the resolver's to close. Who publishes a port again at once, as a container
 * that is restarted does, waits for that. waits is for callers who want exactly this port. One who
 * only tries numbers goes on to the next. The sentence is made by another try, since looking for
 * the holder of a port means a walk over /proc. */
static int reserve_socket(struct engine *engine, const struct port *port, bool waits,
			  struct error *error)
{
	int64_t deadline_ms = deadline_after((unsigned int)(RELAY_CLOSE_S * 1000));
	/* A socket that was reserved ahead of the change, for exactly this port, costs nothing
	 * more. */
	int fd = ports_held_take(engine, port);

	if (ports_held_misled(engine)) /* the rest would only be in the way */
		ports_release(engine, engine->wire->at_hand->scratch, 0);
	if (fd < 0)
		fd = reserve(engine, port, NULL);
	/* Closed in turns: a port that was given up a moment ago may still have its socket. This
	 * one is closed now, out of order. */
	if (fd == -EEXIST && turns_free_place(engine, port))
		fd = reserve(engine, port, NULL);
	/* Polling, because nobody tells when the resolver has closed its duplicate. RELAY_CLOSE_S
	 * bounds it. */
	while (waits && ports_may_be_free_soon(engine, fd) &&
	       deadline_pause(deadline_ms, RELAY_CLOSE_STEP_US))
		fd = reserve(engine, port, NULL);
	if (fd < 0 && error) /* once more for the words, which take a search */
		fd = reserve(engine, port, error);
	return fd;
}

/* EEXIST by the kernel may be a program's place, a container's or a service's. All but the first
 * can be named. */
int ports_hold(struct engine *engine, const struct port *port, struct error *error)
{
	int fd = reserve_socket(engine, port, error != NULL, error), err;

	if (fd >= 0 || !error)
		return fd;
	err = refuse_published(engine, NULL, port, error);
	return err < 0 ? err : fd;
}

/* Whoever is told that a port is given up may want it for himself. */
void ports_wait_free(struct engine *engine, const struct port *port)
{
	int fd = reserve_socket(engine, port, true, NULL);

	cleanup_close(&fd);
}

/* fd is the container's only on success. The index of places follows the array, for the next port
 * of the same change is judged by it. */
static int add_port(struct container *container, struct ports_places *places,
		    const struct port *port, int fd, struct error *error)
{
	int err = append_port(container, port, fd);

	if (err == -E2BIG)
		return error_set(error, ERROR_INVALID,
				 "container %s publishes more than %d ports (on every address of "
				 "both families each is two, of which %d are the most)",
				 container->spec.name, PORTS_PER_CONTAINER_MAX, PORT_PLACES_MAX);
	if (err < 0)
		return error_system(error, err, "cannot publish ports");
	ports_places_add(places, port);
	return 0;
}

/* Takes one place for the container. Exactly one of three cases: at the container's own address (no
 * socket), held by the caller (no socket), or bound here. error may be NULL: then nothing is waited
 * for and nothing is said. */
int ports_take(struct engine *engine, struct container *container, struct ports_places *places,
	       const struct port *port, struct error *error)
{
	int err, fd = -1;

	if (port_is_routed(port))
		return add_port(container, places, port, -1, error);
	if (port->reserved) {
		err = check_reserved(engine, container, places, port, error);
		if (err < 0)
			return err;
	} else {
		fd = reserve_socket(engine, port, error != NULL, error);
		/* Without a place for the sentence nobody waits for one: the caller tries the
		 * next number. */
		if (fd < 0 && !error)
			return fd;
		/* EEXIST by the kernel may be a program's or a container's place. Only the latter
		 * can be named. */
		if (fd < 0) {
			err = refuse_published(engine, container, port, error);
			return err < 0 ? err : fd;
		}
	}
	err = add_port(container, places, port, fd, error);
	if (err < 0)
		cleanup_close(&fd);
	return err;
}

/* The addresses one binding stands for: the given one, the network's or the daemon's default, or
 * every address of both families. No address of the host is looked up: these are what a socket is
 * bound to. */
size_t ports_host_addresses(const struct engine *engine, const struct container *container,
			    const struct port_binding *binding, bool has_ipv6,
			    struct addr ret_addrs[static 2])
{
	/* The endpoint by which the port will be reached decides about the network's default
	 * address. */
	const struct endpoint *endpoint4 = container_gateway_endpoint(container, AF_INET);
	const struct endpoint *endpoint6 = container_gateway_endpoint(container, AF_INET6);
	const struct endpoint *endpoint = endpoint4 ? endpoint4 : endpoint6;
	size_t n = 0;

	if (addr_is_set(&binding->host_addr)) {
		ret_addrs[n++] = binding->host_addr;
		return n;
	}
	/* In this order: the binding's own address, the network's, the daemon's, every address. */
	for (enum family family = 0; endpoint && family < FAMILY_N; family++)
		if (addr_is_set(&endpoint->network->spec.host_binding[family]))
			ret_addrs[n++] = endpoint->network->spec.host_binding[family];
	if (n == 0 && addr_is_set(&engine->config->default_bind4))
		ret_addrs[n++] = engine->config->default_bind4;
	if (n > 0)
		return n;
	/* Two ports and not one IPv6 socket for both: NAT is per family, and so are the sets of
	 * the table. */
	ret_addrs[n++] = (struct addr) { .family = AF_INET };
	if (has_ipv6 && (binding->protocol != IPPROTO_SCTP || endpoint6)) /* no relay for SCTP */
		ret_addrs[n++] = (struct addr) { .family = AF_INET6 };
	return n;
}

/* Where a port leads: to the endpoint that is the container's way in. Links of internal networks
 * are none. */
static int choose_target(const struct container *container, const struct port_binding *binding,
			 const struct addr *host_addr, struct addr *ret_target, struct error *error)
{
	const enum family family = family_of(host_addr->family);
	const enum family across = family == FAMILY_4 ? FAMILY_6 : FAMILY_4;
	const struct endpoint *own = container_gateway_endpoint(container, family_af(family));
	const struct endpoint *other = container_gateway_endpoint(container, family_af(across));

	/* The container's address of the same family is reached by NAT; one of the other family
	 * only by the relay, which moves bytes between two sockets and does not know SCTP. */
	if (own) {
		*ret_target = own->ip[family];
	} else if (other && binding->protocol != IPPROTO_SCTP) {
		*ret_target = other->ip[across];
	} else {
		return error_set(error, ERROR_INVALID,
				 "cannot publish %u/%s: container %s is on no network with a way "
				 "in (host, none and internal networks have none)",
				 binding->container_port, port_protocol_name(binding->protocol),
				 container->spec.name);
	}
	return 0;
}

/* On a routed network the container's own address is reached from outside. A published port is then
 * only an opening in the table; the host's addresses and port numbers have no part in it. */

/* --- networks that others route to ------------------------------------------------------------ */

/* The network on which ports of a family are published, when it is routed; else NULL. */
static const struct network *routed_network(const struct container *container, uint8_t family)
{
	const struct endpoint *endpoint = container_gateway_endpoint(container, family);
	const struct network *network = endpoint ? endpoint->network : NULL;

	return network && network_gateway_mode(&network->spec, family) == GATEWAY_MODE_ROUTED
		       ? network
		       : NULL;
}

/* The port becomes one at the container's own address. */
static void route_port(struct port *port)
{
	port->host_addr = port->target;
	port->host_port = port->container_port;
	port->reserved = false;
}

/* Two host ports of one container port are the same where the host has none. */
static int publish_routed(struct container *container, const struct ports_asked *asked,
			  struct port *port, const struct network *network, struct error *error)
{
	const struct port_binding *binding = asked->binding;

	/* An address of the host would be asked for in vain, so this is refused and not passed
	 * over. */
	if (addr_is_set(&binding->host_addr))
		return error_set(error, ERROR_INVALID,
				 "cannot publish %u/%s on %s: network %s is routed, so its ports "
				 "are reached at the container's own address by everybody: leave "
				 "the address out",
				 port->container_port, port_protocol_name(port->protocol),
				 ADDR_STR(&binding->host_addr), network->spec.name);
	if (port->target.family != port->host_addr.family)
		return 0; /* the other family's address of the host, which has no part in it */
	route_port(port);
	return ports_places_has(asked->places, container, port)
		       ? 0
		       : add_port(container, asked->places, port, -1, error);
}

/* Whether the whole binding is of this kind: then no host port is chosen for it. */
bool ports_are_routed(const struct container *container, const struct ports_asked *asked)
{
	struct addr target = { 0 };

	for (size_t i = 0; i < asked->n_addrs; i++)
		if (choose_target(container, asked->binding, &asked->addrs[i], &target, NULL) < 0 ||
		    !routed_network(container, target.family))
			return false;
	return true;
}

/* One host port on all addresses of a binding. Either all of them are taken or none. On -EEXIST the
 * caller may come again with another number. */
int ports_take_everywhere(struct engine *engine, struct container *container,
			  const struct ports_asked *asked, uint16_t host_port, struct error *error)
{
	const struct port_binding *binding = asked->binding;
	size_t before = container->n_ports;
	int err = 0;

	for (size_t i = 0; err == 0 && i < asked->n_addrs; i++) {
		struct port port = {
			.protocol = binding->protocol,
			.host_addr = asked->addrs[i],
			.host_port = host_port,
			.container_port = binding->container_port,
			.reserved = binding->reserved,
		};

		const struct network *routed;

		err = choose_target(container, binding, &asked->addrs[i], &port.target, error);
		if (err < 0)
			break;
		routed = routed_network(container, port.target.family);
		err = routed ? publish_routed(container, asked, &port, routed, error)
			     : ports_take(engine, container, asked->places, &port, error);
	}
	/* Both families or none: a port that is published by half is found open by one client and
	 * closed by the next. */
	if (err < 0) {
		/* The index first, for the release cuts the ports off that it has to forget. */
		ports_places_remove(asked->places, container, before);
		ports_release(engine, container, before);
	}
	return err;
}

/* one_of: how many go with it. Gives up the socket or the relay of one port. The port itself stays
 * in the array, for the caller to cut off. */
static void let_go(struct engine *engine, const struct container *container, size_t i,
		   size_t one_of)
{
	struct container_runtime *runtime = runtime_of(container);
	uint32_t relay = runtime->relays[i];
	int fd = runtime->fds[i];

	runtime->relays[i] = 0;
	runtime->fds[i] = -1;
	/* Many are closed in turns. The descriptors belong to that room from now on. */
	if (one_of > PORTS_FEW && (relay || fd >= 0)) {
		turns_give_up(engine, &container->ports[i], fd, relay);
		return;
	}
	if (relay)
		relayed_give_up(engine, relay, &container->ports[i]);
	cleanup_close(&fd);
}

/* Cuts the arrays to first. Their room stays, for a container that published once does so again.
 * Cannot fail: what takes long is done later, in turns. */
void ports_release(struct engine *engine, struct container *container, size_t first)
{
	for (size_t i = first; i < container->n_ports; i++)
		let_go(engine, container, i, container->n_ports - first);
	container->n_ports = first;
}

/* The three arrays together, so that one index stays one port. */
static void swap_ports(struct container *container, size_t i, size_t k)
{
	struct container_runtime *runtime = runtime_of(container);
	struct port port = container->ports[i];
	int fd = runtime->fds[i];
	uint32_t relay = runtime->relays[i];

	container->ports[i] = container->ports[k];
	container->ports[k] = port;
	runtime->fds[i] = runtime->fds[k];
	runtime->fds[k] = fd;
	runtime->relays[i] = runtime->relays[k];
	runtime->relays[k] = relay;
}

/* Moves those that go to the end of the arrays, from where they can be cut off or recorded
 * together. Returns how many stay. */
size_t ports_move_behind(struct container *container,
			 bool (*goes)(const struct container *container, size_t i,
				      const void *data),
			 const void *data)
{
	/* Stable for those that stay, so records keep their order. The ports that go are swapped
	 * behind in any order. */
	size_t n_stay = 0;

	/* What is swapped to i was asked about already. */
	for (size_t i = 0; i < container->n_ports; i++)
		if (!goes(container, i, data))
			swap_ports(container, n_stay++, i);
	return n_stay;
}

/* Also of one that is parked: the address it was published at is a container's, or was. */
static bool was_routed(const struct container *container, const struct port *port)
{
	const struct engine *engine = runtime_of(container)->engine;
	uint8_t family = port->host_addr.family;

	if (port_is_routed(port))
		return true;
	/* A parked port has no target to compare with. Its host address tells: it is one of a
	 * routed network's subnet, and not the gateway, which is the host's own. */
	for (size_t i = 0; !addr_is_set(&port->target) && i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;
		const struct subnet *subnet = &spec->subnet[family_of(family)];

		if (network_gateway_mode(spec, family) == GATEWAY_MODE_ROUTED &&
		    addr_is_set(&subnet->prefix.addr) &&
		    prefix_contains(&subnet->prefix, &port->host_addr) &&
		    !addr_equal(&subnet->gateway, &port->host_addr))
			return true;
	}
	return false;
}

/* True when the port can lead somewhere as it was asked for. A port never changes its sort, NAT
 * or routed, by itself: the address that its users know would change with it. */
bool ports_lead(const struct container *container, struct port *port)
{
	const struct port_binding binding = {
		.protocol = port->protocol,
		.container_port = port->container_port,
	};
	bool routed = was_routed(container, port);
	struct addr target = { 0 };

	if (choose_target(container, &binding, &port->host_addr, &target, NULL) < 0 ||
	    (routed && target.family != port->host_addr.family) ||
	    routed != (routed_network(container, target.family) != NULL))
		return false;
	if (port->reserved && port->host_addr.family != target.family)
		return false; /* that takes a relay, which takes the socket that its holder has */
	port->target = target;
	if (routed)
		route_port(port);
	return true;
}

/* The port leads elsewhere from now on (a container has joined or left a network). It cannot fail,
 * for the change is past its last point of return. */
void ports_redirect(struct engine *engine, struct container *container, size_t i,
		    const struct port *to)
{
	struct container_runtime *runtime = runtime_of(container);
	struct port *port = &container->ports[i];
	bool held = runtime->fds[i] >= 0 || runtime->relays[i];
	bool leads = addr_is_set(&to->target);
	struct error error;

	/* What NAT needs is a socket that is bound, what the relay needs is one that listens. */
	if (held && (!leads || port_needs_relay(to) != port_needs_relay(port))) {
		/* Many at once when it leads nowhere, for then all of them go. */
		let_go(engine, container, i, leads ? 1 : container->n_ports);
		if (leads)
			runtime->fds[i] = reserve_socket(engine, to, true, &error);
		/* The port goes on without a socket. Its users notice nothing where it leads by
		 * NAT. */
		if (leads && runtime->fds[i] < 0)
			log_warn("container %s: %s", container->spec.name, error.text);
	}
	*port = *to;
}

/* Which of a container's places its caller holds himself. Records of ports do not say it; the
 * recorded request does. */
int ports_asked_reserved(const struct container *container, struct port_index *index)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < container->spec.n_ports; i++) {
		const struct port_binding *binding = &container->spec.ports[i];
		const struct port port = {
			.protocol = binding->protocol,
			.host_addr = binding->host_addr,
			.host_port = binding->host_port,
		};

		if (binding->reserved)
			err = port_index_add(index, &port);
	}
	return err;
}

/* The socket is missing here, for a record has none. ports_rebind gets it when all records are
 * read. A port as it was recorded, at a start. It is published in the table before its socket is
 * bound again. */
int ports_restore(struct container *container, const struct port *port,
		  const struct port_index *reserved)
{
	struct port restored = *port, anywhere = *port;

	anywhere.host_addr = (struct addr) { 0 }; /* as a binding without an address has it */
	restored.reserved = port_index_has(reserved, port) || port_index_has(reserved, &anywhere);
	return append_port(container, &restored, -1);
}

/* Binds again what a netd before had bound. A place that somebody took in between costs the
 * reservation, not the port: the rules still lead to the container. again says that this is a later
 * try. */
void ports_rebind(struct container *container, bool again)
{
	struct container_runtime *runtime = runtime_of(container);
	struct error error;

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct port *port = &container->ports[i];

		/* What needs no socket, has one, or is the resolver's already. */
		if (port->reserved || port_is_routed(port) || runtime->fds[i] >= 0 ||
		    runtime->relays[i])
			continue;
		runtime->fds[i] = runtime->engine->door->host_ports.reserve(
			port->protocol, &port->host_addr, port->host_port, !port_needs_relay(port),
			&error);
		if (runtime->fds[i] >= 0)
			continue;
		/* The first failure is told. The tries of every second after that are not. */
		if (!again)
			log_warn("container %s: %s; the port goes on leading to the container",
				 container->spec.name, error.text);
		/* Somebody else may have the port for a while; a mistake of the port itself would
		 * not go away. */
		if (error_is_passing(runtime->fds[i]) || error.kind == ERROR_UNAVAILABLE)
			later_owe(runtime->engine, container, OWED_SOCKETS);
		runtime->fds[i] = -1;
	}
}
