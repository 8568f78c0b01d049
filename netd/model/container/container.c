// SPDX-License-Identifier: GPL-2.0-or-later
// container.c - containers: their memory, their endpoints, and which of these has the default route
#include "model/container/container.h"

#include "base/cleanup.h"
#include "model/text/field.h"

#include <netd.h>
#include <string.h>

void container_spec_done(struct container_spec *spec)
{
	free(spec->netns_path);
	json_decref(spec->labels);
	/* Half a spec is freed here, too: what was not read yet is NULL or 0. */
	for (size_t i = 0; spec->endpoints && i < spec->n_endpoints; i++)
		endpoint_spec_done(&spec->endpoints[i]);
	free(spec->endpoints);
	free(spec->ports);
	endpoint_links_free(spec->links, spec->n_links);
	field_strings_free(spec->extra_hosts, spec->n_extra_hosts);
	field_strings_free(spec->dns, spec->n_dns);
	field_strings_free(spec->dns_search, spec->n_dns_search);
	field_strings_free(spec->dns_options, spec->n_dns_options);
	*spec = (struct container_spec) { 0 };
}

/* ifname "": whichever interface it has on that network. */
struct endpoint *container_endpoint_on(const struct container *container,
				       const struct network *network, const char *ifname)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->network == network &&
		    (!*ifname || strcmp(endpoint->ifname, ifname) == 0))
			return endpoint;
	}
	return NULL;
}

bool container_is_handed_over(const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		/* One is enough: netd leaves interfaces and routes of such a container alone. */
		if (container->endpoints[i]->spec.handover[0])
			return true;
	return false;
}

/* An endpoint that leads beyond may be no way all the same: nobody wants to leave the container
 * by it, or nobody can come in by it. */
static bool is_closed(const struct endpoint *endpoint, bool out)
{
	return out ? endpoint->spec.no_default_route : !endpoint->network->spec.kind->published;
}

/* out: for packets that the container sends; otherwise for those that come to its published
 * ports. */
static struct endpoint *find_way(const struct container *container, uint8_t family, bool out)
{
	struct endpoint *best = NULL;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		if (!endpoint_has_way_out(endpoint, family) || is_closed(endpoint, out))
			continue;
		/* Larger only: of equals the first that was given keeps it. */
		if (!best || endpoint->spec.gw_priority > best->spec.gw_priority)
			best = endpoint;
	}
	return best;
}

/* Where published ports come in. */
struct endpoint *container_gateway_endpoint(const struct container *container, uint8_t family)
{
	return find_way(container, family, false);
}

/* Where its default route leads. */
struct endpoint *container_way_out(const struct container *container, uint8_t family)
{
	return find_way(container, family, true);
}

bool container_has_default_route_at(const struct endpoint *endpoint, uint8_t family)
{
	const struct endpoint_spec *spec = &endpoint->spec;

	/* An endpoint with a metric of its own has a default route beside others: the kernel
	 * takes the smaller metric. */
	return container_way_out(endpoint->container, family) == endpoint ||
	       (spec->metric > 0 && !spec->no_default_route &&
		endpoint_has_way_out(endpoint, family));
}

static bool has_address(const struct container *container, const struct addr *addr)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (addr_equal(&container->endpoints[i]->ip[family_of(addr->family)], addr))
			return true;
	return false;
}

/* NETD_DNS_ADDRESS inside the container is ours: the resolver would ask itself. */
static void put_own_dns(const struct container_spec *spec, struct network_dns *dns)
{
	struct addr addr;

	for (size_t i = 0; i < spec->n_dns; i++)
		if (strcmp(spec->dns[i], NETD_DNS_ADDRESS) != 0 &&
		    addr_parse(spec->dns[i], &addr) == 0)
			(void)network_dns_add(dns, &addr); /* there are no more than fit */
}

void container_dns(const struct container *container, struct network_dns *ret_dns)
{
	struct network_dns dns = { .n = 0 };

	put_own_dns(&container->spec, &dns);
	for (size_t i = 0; container->spec.n_dns == 0 && i < container->n_endpoints; i++) {
		const struct network_dns *of = &container->endpoints[i]->network->spec.dns;

		/* A server of the network may be a container of it, which would ask itself what it
		 * does not know. What is beyond the room is asked by nobody, as of resolv.conf. */
		for (size_t k = 0; k < of->n; k++)
			if (!has_address(container, &of->servers[k]))
				(void)network_dns_add(&dns, &of->servers[k]);
	}
	*ret_dns = dns;
}

/* What a change of names was asked with; the container keeps its own. */
void container_names_done(struct container_names *spec)
{
	for (size_t i = 0; i < spec->n_endpoints; i++)
		endpoint_spec_done(&spec->endpoints[i]);
	free(spec->endpoints);
	field_strings_free(spec->dns, spec->n_dns);
	*spec = (struct container_names) { 0 };
}
