// SPDX-License-Identifier: GPL-2.0-or-later
// services.h - the way to services inside containers, and who stands behind them
#pragma once

#include "engine/state/state.h"
#include "model/network/service.h"

/* The table inside a container becomes what the services of its networks are; one that never had
 * any has none. Nothing for one without a namespace, or whose namespace was not entered. */
int services_inside(struct engine *engine, struct container *container, struct error *error);
/* The same where nobody can be told: what fails is owed. */
void services_settle(struct engine *engine, struct container *container);
/* At the end of a container, before its socket is given up. Failures are logged. */
void services_leave_inside(struct engine *engine, struct container *container);

/* A service that is its network's is there for all of this host's containers, or is not any more.
 * Whoever carries its name stands behind it. On failure everything is as before. */
int services_add(struct engine *engine, struct service *service, struct error *error);
void services_drop(struct engine *engine, struct service *service);

/* Others stand behind a service than did, in one family: all containers of its network are led so.
 */
void services_tell(struct engine *engine, const struct service *service, enum family family,
		   const struct addr *was, size_t n_was);

/* An endpoint that is up stands behind the services that its container names, and all containers of
 * their networks find it there; or does not any more, which copes with one that never did. */
void services_join(struct engine *engine, const struct endpoint *endpoint);
void services_part(struct engine *engine, const struct endpoint *endpoint);

/* An earlier netd may have left a table in a container that this one has not made one in. */
void services_recall(struct engine *engine, struct container *container);
/* The end of a start: containers of before, and what an earlier netd has left in them. */
void services_start(struct engine *engine);
