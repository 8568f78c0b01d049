// SPDX-License-Identifier: GPL-2.0-or-later
// services_inside.h - the table that leads one container to services
#pragma once

#include "engine/state/state.h"
#include "kernel/nft_services.h"

/* The table inside a container becomes what the services of its networks are; one that never had
 * any has none. Nothing for one without a namespace, or whose namespace was not entered. */
int services_inside(struct engine *engine, struct container *container, struct error *error);
/* The same for a container that comes: of a thousand services its table leads to the first alone,
 * in the order of its endpoints, their networks' services and families. *ret_n_first says to how
 * many; SIZE_MAX: to all. */
int services_begin_inside(struct engine *engine, struct container *container, size_t *ret_n_first,
			  struct error *error);
/* By a second interface on a network it is no other network. */
bool services_is_first_on(const struct endpoint *endpoint);
/* As services_inside where nobody can be told: what fails is owed. */
void services_settle(struct engine *engine, struct container *container);
/* Who stands behind services, or which there are, has changed as the views say, and so does the
 * table inside. On failure it may be either, and is to be made anew. */
int services_change_inside(struct engine *engine, struct container *container,
			   const struct nft_service *views, size_t n, struct error *error);
/* At the end of a container, before its socket is given up. Failures are logged. */
void services_leave_inside(struct engine *engine, struct container *container);

/* Whether others can change the table inside. */
bool services_are_open(const struct container *container);
/* Whether somebody has: 1; then it is right again, unless dry, which may not know that it was. 0:
 * it is as it should be, or cannot be looked at. Or an error: it could not be made right. */
int services_compare(struct engine *engine, struct container *container, bool dry,
		     struct error *error);

/* An earlier netd may have left a table in a container that this one has not made one in. */
void services_recall(struct engine *engine, struct container *container);
