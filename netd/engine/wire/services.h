// SPDX-License-Identifier: GPL-2.0-or-later
// services.h - the way to services inside containers, and who stands behind them
#pragma once

#include "engine/state/state.h"
#include "model/network/service.h"

/* A service that is its network's is there for all of this host's containers, or is not any more.
 * Whoever carries its name stands behind it. On failure everything is as before. */
int services_add(struct engine *engine, struct service *service, struct error *error);
void services_drop(struct engine *engine, struct service *service);
/* It has other ports, or another affinity, than before. */
void services_change(struct engine *engine, const struct service *service,
		     const struct service_spec *before);

/* Others stand behind a service than did, in one family: all containers of its network are led so.
 */
void services_tell(struct engine *engine, const struct service *service, enum family family,
		   const struct addr *was, size_t n_was);

/* The table inside of a container that comes. Of a thousand services it leads to the first at once,
 * and to the others in turns with everybody else (engine_n_left). */
int services_enter(struct engine *engine, struct container *container, struct error *error);

/* An endpoint that is up stands behind the services that its container names, and all containers of
 * their networks find it there; or does not any more, which copes with one that never did. */
void services_join(struct engine *engine, const struct endpoint *endpoint);
void services_part(struct engine *engine, const struct endpoint *endpoint);

/* The end of a start: containers of before, and what an earlier netd has left in them. */
void services_start(struct engine *engine);
