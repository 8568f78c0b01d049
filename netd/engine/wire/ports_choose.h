// SPDX-License-Identifier: GPL-2.0-or-later
// ports_choose.h - the host ports of bindings that name none, or a range to choose from
#pragma once

#include "engine/state/state.h"
#include "engine/wire/ports_places.h"
#include "model/container/portset.h"

/* The ports of some bindings, chosen and reserved; on failure none. */
int ports_resolve(struct engine *engine, struct container *container,
		  const struct port_binding *bindings, size_t n_bindings, struct error *error);

/* Over the ports that bindings choose from; see there. */
struct port_walk {
	uint8_t protocol;
	struct addr host_addr;
	uint16_t host_port, host_port_end; /* of the bindings; 0: any free port */
	uint16_t first, last;
	unsigned int n, step, offset; /* n 0: no walk */
	unsigned int i, n_tried;
};

/* Protocols and addresses come in turns, so more than one goes on. */
#define PORT_WALKS 8

struct port_walks {
	struct port_walk walks[PORT_WALKS];
	unsigned int next;
	size_t n_bindings;  /* of the whole call */
	double turn_ends_s; /* of engine_now_s(): then others have their turn; 0: never */
	bool has_ipv6;	    /* the host has it */
	bool has_kept_back;
	struct portset kept_back; /* by net.ipv4.ip_local_reserved_ports */
	struct ports_places places;
};

/* walks.places is the caller's to end. is_ahead: of a change that will ask again. */
void ports_choose_init(struct port_walks *walks, size_t n_bindings, bool is_ahead);
/* One binding's. -EINPROGRESS: the turn is over, and the walk goes on with the next call. */
int ports_choose(struct engine *engine, struct container *container,
		 const struct port_binding *binding, struct port_walks *walks, struct error *error);
