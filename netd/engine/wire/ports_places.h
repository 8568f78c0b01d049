// SPDX-License-Identifier: GPL-2.0-or-later
// ports_places.h - which places are taken, for the time of one change
#pragma once

#include "engine/state/state.h"
#include "model/container/port_index.h"

struct ports_places {
	struct port_index own;	  /* of the container's ports; kept as they come and go */
	struct port_index others; /* of all other containers', and of those that wait */
	bool has_own, has_others; /* made when first needed */
	bool is_few;		  /* there is no index: all ports are looked at */
	bool is_ahead;		  /* of a change, which decides again */
};

/* Zero bytes are not enough. n_asked: how many ports are, about. */
void ports_places_init(struct ports_places *places, size_t n_asked, bool is_ahead);
void ports_places_done(struct ports_places *places);
/* The container has one more; ports[first..n) are about to be released. */
void ports_places_add(struct ports_places *places, const struct port *port);
void ports_places_remove(struct ports_places *places, const struct container *container,
			 size_t first);
/* As ports_places_one_has(), and whether the container has a port at that very place. */
bool ports_places_publishes(struct ports_places *places, const struct container *container,
			    const struct port *port);
bool ports_places_has(struct ports_places *places, const struct container *container,
		      const struct port *port);
/* False: no container, this one and those that wait included, publishes that place. */
bool ports_places_may_clash(struct ports_places *places, const struct engine *engine,
			    const struct container *container, const struct port *port);

bool ports_places_one_has(const struct container *container, const struct port *port);
