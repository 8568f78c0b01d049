// SPDX-License-Identifier: GPL-2.0-or-later
// ports.h - published ports: from what -p asks to addresses, numbers and reserved sockets
#pragma once

#include "engine/state/state.h"
#include "engine/wire/ports_places.h"

/* The addresses one binding stands for. has_ipv6: the host has it. */
size_t ports_host_addresses(const struct engine *engine, const struct container *container,
			    const struct port_binding *binding, bool has_ipv6,
			    struct addr ret_addrs[static 2]);
struct ports_asked {
	const struct port_binding *binding;
	struct addr addrs[2]; /* of ports_host_addresses() */
	size_t n_addrs;
	struct ports_places *places; /* of the change */
};
/* None of the binding's ports is the host's, so there is none to choose. */
bool ports_are_routed(const struct container *container, const struct ports_asked *asked);
/* One host port on all addresses of a binding, or on none of them: -EEXIST where somebody has it.
 * error NULL: no words are wanted, which take a search; nor is anything waited for. */
int ports_take_everywhere(struct engine *engine, struct container *container,
			  const struct ports_asked *asked, uint16_t host_port, struct error *error);
/* A socket for a port of the host that is no container's. -EEXIST: somebody has it. */
int ports_hold(struct engine *engine, const struct port *port, struct error *error);
/* Closes the reservations of ports[first..n) and forgets them. */
void ports_release(struct engine *engine, struct container *container, size_t first);
/* A relayed port that was given up is the resolver's to close: comes back when it has, or after
 * RELAY_CLOSE_S. */
void ports_wait_free(struct engine *engine, const struct port *port);
/* Where err says that somebody has a port: it may be such a relay. */
bool ports_may_be_free_soon(const struct engine *engine, int err);
/* After a restart: takes the sockets again. What cannot be had is logged the first time, and owed
 * where it may be had later. */
void ports_rebind(struct container *container, bool again);
/* Moves the ports that go behind the others, which keep their order; goes is asked about each once,
 * in order. Returns how many stay. */
size_t ports_move_behind(struct container *container,
			 bool (*goes)(const struct container *container, size_t i,
				      const void *data),
			 const void *data);
/* Where a port of the container leads with the endpoints it has now; false, and unchanged, when
 * there is no way in. */
bool ports_lead(const struct container *container, struct port *port);
/* A published port becomes what it is to be: it leads elsewhere, or nowhere (a target of family 0),
 * and then it is reserved no more. Reserved anew where NAT gives way to a relay, or a relay to NAT.
 */
void ports_redirect(struct engine *engine, struct container *container, size_t i,
		    const struct port *to);
/* Reserves a port with a target, and makes it one of the container's. */
int ports_take(struct engine *engine, struct container *container, struct ports_places *places,
	       const struct port *port, struct error *error);
/* A port read from the store, without a socket yet. Its record does not say that it is reserved by
 * who asked for it, but what was asked for does: ports_asked_reserved() finds those. 0 or -ENOMEM.
 */
int ports_restore(struct container *container, const struct port *port,
		  const struct port_index *reserved);
int ports_asked_reserved(const struct container *container, struct port_index *index);
