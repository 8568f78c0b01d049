// SPDX-License-Identifier: GPL-2.0-or-later
// ingress.h - published ports of services: reserved on this host, and led to who stands behind them
#pragma once

#include "engine/state/state.h"
#include "model/network/service.h"

/* Reserves what of the service's ports is published and not reserved yet: all of it, or none, and
 * the error says who has one. Nothing leads there yet. The service need not be its network's. */
int ingress_reserve(struct engine *engine, const struct service *service, struct error *error);
/* Whether this host could publish what the service is about to: its ports are kept for it for a
 * moment. The error says who has one. */
int ingress_try(struct engine *engine, const struct service *service,
		const struct service_spec *spec, struct error *error);
/* The table as networks have services now. On failure it is owed, and what there was stays. */
int ingress_lead(struct engine *engine, struct error *error);
/* Ports that no service publishes any more are given up, others reserved, and all of them led as
 * services are. Cannot fail: what cannot be had is logged once, and tried again each second. */
void ingress_settle(struct engine *engine);
/* The ports on bridges of its network's containers, some of which stand behind a service that has
 * become one that is published, or none any more. */
void ingress_reflect(struct engine *engine, const struct service *service);
/* Somebody stands behind a service, or does not any more. */
void ingress_follow(struct engine *engine, const struct service *service);

/* The service that has the port; NULL: none has. */
const char *ingress_publisher(const struct engine *engine, const struct port *port);

/* Ports that services publish (NULL: all of them) and this host has not. An error of each ends it,
 * and is returned. */
int ingress_refused(const struct engine *engine, const char *service,
		    int (*each)(const struct engine_refused *refused, void *data), void *data);

/* Whether somebody has changed the table, where others can: 1, and it is made anew unless it is
 * dry; 0; or negative errno, and the error is set. */
int ingress_compare(struct engine *engine, bool dry, struct error *error);
/* The table is left to the host: nobody owns it. */
void ingress_leave(struct engine *engine);
void ingress_start(struct engine *engine);
/* The end of a start: what an earlier netd has left. Before anybody is given addresses. */
void ingress_recall(struct engine *engine);
void ingress_stop(struct engine *engine);
