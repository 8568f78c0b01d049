// SPDX-License-Identifier: GPL-2.0-or-later
// link.h - the veth pair of an endpoint, and the port that it has on its network's bridge
#pragma once

#include "engine/wire/present.h"

#include <stdio.h>

static inline bool link_is_wired(const struct endpoint *endpoint)
{
	return endpoint->network->spec.kind->wired;
}

/* "CONTAINER on NETWORK", as its port is called for people, and known again by after a crash. */
#define LINK_ALIAS_MAX 256

/* What `ip link` shows beside the link. A name of full length is cut, so that both names fit. */
static inline void link_alias(const struct endpoint *endpoint,
			      char ret_alias[static LINK_ALIAS_MAX])
{
	(void)snprintf(ret_alias, LINK_ALIAS_MAX, "%.120s on %.120s",
		       endpoint->container->spec.name, endpoint->network->spec.name);
}

/* Its container or its network has another name now. What fails is logged. */
void link_rename(struct engine *engine, const struct endpoint *endpoint);

/* What its network's bridge makes of its port. */
bool link_isolates(const struct endpoint *endpoint);

/* One of its own for an endpoint that is_wired. On an error there is none. */
int link_make(struct engine *engine, struct endpoint *endpoint, int netns_fd, struct error *error);
/* Its host end is not there. */
bool link_is_lost(const struct endpoint *endpoint, const struct present *present);
/* It is there; the kernel is asked for it alone. */
bool link_is_there(struct engine *engine, const struct endpoint *endpoint);
/* Whether a port with this master is in a bridge of the endpoint's network. */
bool link_is_in_place(const struct endpoint *endpoint, int master);
/* What somebody did to its host end or, where it is known what is present, to the host's route to
 * it, as the end of a sentence; NULL: it is as it should be. */
const char *link_differs(const struct endpoint *endpoint, const struct rtnl_link *link,
			 const struct present *present);
/* Its host end as link_make made it. */
int link_repair(struct engine *engine, struct endpoint *endpoint, struct error *error);
/* It goes, if there is one. What cannot be done now the sweep does. */
void link_retire(struct engine *engine, struct endpoint *endpoint);
/* The container has begun or ceased to publish: its bridge ports are to be so. */
void link_port_modes(struct engine *engine, const struct container *container);
