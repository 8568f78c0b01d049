// SPDX-License-Identifier: GPL-2.0-or-later
// spec_equal.h - whether two specs are one, field by field: for tests of what is written and read
#pragma once

#include "model/container/container.h"
#include "model/network/network.h"

#include <stdlib.h>
#include <string.h>

/* Every field of the structures counts, so a field that the writer forgets shows as soon as a test
 * fills it: JSON that was written twice would be equal without it. */

static inline bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static inline bool same_strings(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	bool same = n_a == n_b;

	for (size_t i = 0; same && i < n_a; i++)
		same = strcmp(a[i], b[i]) == 0;
	return same;
}

static inline bool same_links(const struct link *a, size_t n_a, const struct link *b, size_t n_b)
{
	bool same = n_a == n_b;

	for (size_t i = 0; same && i < n_a; i++)
		same = strcmp(a[i].container, b[i].container) == 0 &&
		       strcmp(a[i].alias, b[i].alias) == 0;
	return same;
}

/* Absent and empty mean the same. */
static inline bool same_map(const json_t *a, const json_t *b)
{
	return json_object_size(a) == 0 ? json_object_size(b) == 0 : json_equal(a, b);
}

static inline bool same_addr(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && (a->family == 0 || addr_equal(a, b));
}

static inline bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return same_addr(&a->addr, &b->addr) && (a->addr.family == 0 || a->len == b->len);
}

static inline bool same_endpoint_spec(const struct endpoint_spec *a, const struct endpoint_spec *b)
{
	bool same = same_text(a->network, b->network) && same_text(a->network_id, b->network_id) &&
		    same_addr(&a->ip[FAMILY_4], &b->ip[FAMILY_4]) &&
		    same_addr(&a->ip[FAMILY_6], &b->ip[FAMILY_6]) &&
		    a->n_link_local == b->n_link_local && a->has_mac == b->has_mac &&
		    memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0;

	for (size_t i = 0; same && i < a->n_link_local; i++)
		same = same_addr(&a->link_local[i], &b->link_local[i]);
	return same && same_strings(a->aliases, a->n_aliases, b->aliases, b->n_aliases) &&
	       same_links(a->links, a->n_links, b->links, b->n_links) &&
	       a->gw_priority == b->gw_priority && same_text(a->ifname, b->ifname) &&
	       same_text(a->host_ifname, b->host_ifname) && same_text(a->handover, b->handover) &&
	       a->metric == b->metric && a->no_default_route == b->no_default_route &&
	       a->answer_one == b->answer_one && a->another == b->another &&
	       same_map(a->driver_opts, b->driver_opts);
}

static inline bool same_binding(const struct port_binding *a, const struct port_binding *b)
{
	return a->protocol == b->protocol && same_addr(&a->host_addr, &b->host_addr) &&
	       a->host_port == b->host_port && a->host_port_end == b->host_port_end &&
	       a->container_port == b->container_port && a->reserved == b->reserved;
}

static inline bool is_one_key(const struct port_binding *a, const struct port_binding *b)
{
	return a->container_port == b->container_port && a->protocol == b->protocol;
}

/* PortBindings is an object: those of one container port are in order, the ports are not. Each is
 * looked for behind the last that was found of its port. */
static inline bool same_ports(const struct port_binding *a, size_t n_a,
			      const struct port_binding *b, size_t n_b)
{
	bool same = n_a == n_b, *taken = calloc(n_b + 1, sizeof(*taken));

	for (size_t i = 0; taken && same && i < n_a; i++) {
		size_t k = 0;

		while (k < n_b && (taken[k] || !is_one_key(&a[i], &b[k])))
			k++;
		same = k < n_b && same_binding(&a[i], &b[k]);
		if (same)
			taken[k] = true;
	}
	same &= taken != NULL;
	free(taken);
	return same;
}

static inline bool same_container_spec(const struct container_spec *a,
				       const struct container_spec *b)
{
	bool same = same_text(a->name, b->name) && same_text(a->id, b->id) &&
		    same_text(a->hostname, b->hostname) &&
		    same_text(a->domainname, b->domainname) &&
		    same_text(a->netns_path, b->netns_path) && a->pid == b->pid &&
		    a->netns_wait == b->netns_wait && same_map(a->labels, b->labels) &&
		    a->n_endpoints == b->n_endpoints;

	for (size_t i = 0; same && i < a->n_endpoints; i++)
		same = same_endpoint_spec(&a->endpoints[i], &b->endpoints[i]);
	return same && same_ports(a->ports, a->n_ports, b->ports, b->n_ports) &&
	       same_links(a->links, a->n_links, b->links, b->n_links) &&
	       same_strings(a->extra_hosts, a->n_extra_hosts, b->extra_hosts, b->n_extra_hosts) &&
	       same_strings(a->dns, a->n_dns, b->dns, b->n_dns) &&
	       same_strings(a->dns_search, a->n_dns_search, b->dns_search, b->n_dns_search) &&
	       same_strings(a->dns_options, a->n_dns_options, b->dns_options, b->n_dns_options);
}

static inline const struct addr *aux_find(const struct subnet *subnet, const char *name)
{
	for (size_t i = 0; i < subnet->n_aux; i++)
		if (strcmp(subnet->aux[i].name, name) == 0)
			return &subnet->aux[i].addr;
	return NULL;
}

static inline bool same_subnet(const struct subnet *a, const struct subnet *b)
{
	bool same = same_prefix(&a->prefix, &b->prefix) && same_addr(&a->gateway, &b->gateway) &&
		    same_prefix(&a->range, &b->range) && a->n_aux == b->n_aux;

	for (size_t i = 0; same && i < a->n_aux; i++) {
		const struct addr *other = aux_find(b, a->aux[i].name);

		same = other && same_addr(&a->aux[i].addr, other);
	}
	return same;
}

/* What its options mean: all but the options themselves. */
static inline bool same_network_options(const struct network_spec *a, const struct network_spec *b)
{
	bool same = same_text(a->bridge, b->bridge) && a->mtu == b->mtu && a->icc == b->icc &&
		    a->masquerade == b->masquerade && a->answer_one == b->answer_one &&
		    same_addr(&a->host_binding[FAMILY_4], &b->host_binding[FAMILY_4]) &&
		    same_addr(&a->host_binding[FAMILY_6], &b->host_binding[FAMILY_6]) &&
		    same_text(a->ifname_prefix, b->ifname_prefix) &&
		    a->gateway_mode[FAMILY_4] == b->gateway_mode[FAMILY_4] &&
		    a->gateway_mode[FAMILY_6] == b->gateway_mode[FAMILY_6] &&
		    same_addr(&a->snat[FAMILY_4], &b->snat[FAMILY_4]) &&
		    same_addr(&a->snat[FAMILY_6], &b->snat[FAMILY_6]) &&
		    a->no_addresses == b->no_addresses && a->inhibit4 == b->inhibit4 &&
		    a->anti_spoof == b->anti_spoof && a->n_trusted == b->n_trusted;

	for (size_t i = 0; same && i < a->n_trusted; i++)
		same = same_text(a->trusted[i], b->trusted[i]);
	return same;
}

/* All but the id, which has a place of its own beside what was asked for. */
static inline bool same_network_spec(const struct network_spec *a, const struct network_spec *b)
{
	return same_text(a->name, b->name) && a->kind == b->kind &&
	       a->has[FAMILY_4] == b->has[FAMILY_4] && a->has[FAMILY_6] == b->has[FAMILY_6] &&
	       a->internal == b->internal && a->attachable == b->attachable &&
	       same_subnet(&a->subnet[FAMILY_4], &b->subnet[FAMILY_4]) &&
	       same_subnet(&a->subnet[FAMILY_6], &b->subnet[FAMILY_6]) &&
	       same_map(a->labels, b->labels) && same_map(a->options, b->options) &&
	       same_network_options(a, b);
}
