// SPDX-License-Identifier: GPL-2.0-or-later
// request.h - API request bodies to structs: the one door through which a stranger's JSON enters
#pragma once

#include "base/error.h"
#include "model/container/container.h"
#include "model/network/network.h"

#include <jansson.h>

/* Every decoder takes a JSON object (depth and size were bounded when it was parsed), ignores
 * unknown fields, and checks the type of the ones it knows: ERROR_INVALID names the field and what
 * was wanted. On failure nothing is left to free. On success the caller owns *ret_. */

/* POST /networks/create. Runs network_options_decode and network_check_spec too. */
int request_network_create(const json_t *body, struct network_spec *ret_spec, struct error *error);
/* PUT /netd/v1/networks/{id}: Name, Labels, Dns, DnsDrop and DnsAdd, all optional.
 * network_update_done frees. */
int request_network_update(const json_t *body, struct network_update *ret_update,
			   struct error *error);

/* An EndpointSettings object (may be null), for the network called name. Reads IPAMConfig, Links,
 * Aliases, MacAddress, DriverOpts (com.docker.network.endpoint.ifname and .sysctls), GwPriority. */
int request_endpoint(const char *network, const json_t *settings, struct endpoint_spec *ret_spec,
		     struct error *error);

/* For what is asked for anew: ERROR_INVALID names an option of the driver that nobody knows
 * (known_options.h). Not part of decoding, as what was accepted once is to be read for ever. */
int request_endpoint_check_options(const struct endpoint_spec *spec, struct error *error);

/* POST /networks/{id}/connect: Container and EndpointConfig. ret_container is malloced. */
int request_connect(const char *network, const json_t *body, char **ret_container,
		    struct endpoint_spec *ret_spec, struct error *error);

/* POST /networks/{id}/disconnect */
int request_disconnect(const json_t *body, char **ret_container, bool *ret_force,
		       struct error *error);

/* POST /netd/v1/containers: Name, Id, NetnsPath or Pid, Hostname, Domainname, Labels, Networks
 * (object in order, or array of {Name, …EndpointSettings}), PortBindings, Links
 * ("container:alias"), ExtraHosts, Dns, DnsSearch, DnsOptions. No network given: "bridge". */
int request_container(const json_t *body, struct container_spec *ret_spec, struct error *error);

/* POST /netd/v1/containers/{id}/ports and its DELETE: {"PortBindings": {…}}. */
int request_ports(const json_t *body, struct port_binding **ret_ports, size_t *ret_n,
		  struct error *error);

/* PUT /netd/v1/containers/{id}/names: {"Id", "Name", "Dns", "Networks": {NETWORK: {Aliases,
 * Links}}}, all optional. container_names_done frees. */
int request_names(const json_t *body, struct container_names *ret_names, struct error *error);

/* POST /netd/v1/services: Name, Network, Ports ([{Protocol, Port, Target}]), IPv4Address and
 * IPv6Address, Affinity ("client" or "none"). Network may be missing: a record has none. */
int request_service(const json_t *body, struct service_spec *ret_spec, struct error *error);
/* PUT /netd/v1/services/{name}: Ports and Affinity, as there; what is given of them replaces what
 * the spec has. On failure the spec is as it was. */
int request_service_update(const json_t *body, struct service_spec *spec, struct error *error);

/* POST /swarm/init and /swarm/join: the bodies of POST /netd/v1/cluster/init and join that ask for
 * the same, in *ret_body, which is the caller's. ERROR_NOT_IMPLEMENTED: what netd has not is asked
 * for. */
int request_swarm_init(const json_t *body, json_t **ret_body, struct error *error);
int request_swarm_join(const json_t *body, json_t **ret_body, struct error *error);
