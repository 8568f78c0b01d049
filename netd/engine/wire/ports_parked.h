// SPDX-License-Identifier: GPL-2.0-or-later
// ports_parked.h - ports of a container that is on no network with a way in
#pragma once

#include "engine/state/state.h"

/* Room for n more, so that parking them cannot fail. */
int ports_parked_room(struct container *container, size_t n);
/* Takes the ports that lead nowhere out of the container's and parks them; there is room. */
void ports_park_aimless(struct container *container);
/* Parked ports for which there is a way in become the container's again, behind the others; or an
 * error, and all is as it was. */
int ports_unpark(struct engine *engine, struct container *container, struct error *error);
/* What the container publishes by other means is not waited for. */
void ports_unpark_published(struct container *container);
/* Takes that back: ports[first..n) are released and parked. */
void ports_park_again(struct engine *engine, struct container *container, size_t first);
