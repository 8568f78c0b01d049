// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_service.h - a service of a network that spans hosts, as its record in etcd says it
#pragma once

#include "model/cluster/cluster_record.h"
#include "model/network/service.h"

/* The record of a service on the network of this id. */
void cluster_service_record(const struct service_spec *spec, const char *net,
			    struct cluster_record *ret_record);
/* What a record of the kind CLUSTER_SVC says, as somebody would ask for it; its network is left
 * open, for a record has an id. The addresses are all that it has: none is to be chosen. -EINVAL:
 * no netd makes such a service. */
int cluster_service_spec(const struct cluster_record *record, struct service_spec *ret_spec,
			 struct error *error);
/* Whether a record is that of the service. */
bool cluster_service_is(const struct cluster_record *record, const struct service_spec *spec,
			const char *net);

/* The services that a container's labels name, into its record: those that may be names of any, and
 * CLUSTER_SERVICES_MAX of them. False: there are more. */
bool cluster_service_named(const json_t *labels, struct cluster_end *end);
