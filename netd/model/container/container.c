// SPDX-License-Identifier: GPL-2.0-or-later
// container.c - containers and endpoints: their memory, states, default route and names
#include "model/container/container.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <netd.h>
#include <string.h>
#include <strings.h>

#define BIT(n) (1U << (n))

const char *const endpoint_state_name[ENDPOINT_N_STATES] = {
	[ENDPOINT_RESERVED] = "reserved", [ENDPOINT_PLUMBING] = "plumbing", [ENDPOINT_UP] = "up",
	[ENDPOINT_UNDOING] = "undoing",	  [ENDPOINT_GONE] = "gone",
};

/* Reserved may go at once, since the kernel was not touched; whatever the kernel has seen must be
 * undone first. An endpoint found in the store at start begins in the state written there. */
static const unsigned int endpoint_next[ENDPOINT_N_STATES] = {
	[ENDPOINT_RESERVED] = BIT(ENDPOINT_PLUMBING) | BIT(ENDPOINT_UNDOING) | BIT(ENDPOINT_GONE),
	[ENDPOINT_PLUMBING] = BIT(ENDPOINT_UP) | BIT(ENDPOINT_UNDOING),
	[ENDPOINT_UP] = BIT(ENDPOINT_UNDOING),
	[ENDPOINT_UNDOING] = BIT(ENDPOINT_GONE),
	[ENDPOINT_GONE] = 0,
};

void endpoint_enter(struct endpoint *endpoint, enum endpoint_state state)
{
	assert(endpoint->state < ENDPOINT_N_STATES && state < ENDPOINT_N_STATES);
	assert(endpoint_next[endpoint->state] & BIT(state));
	log_debug("endpoint %.12s: %s -> %s", endpoint->id, endpoint_state_name[endpoint->state],
		  endpoint_state_name[state]);
	endpoint->state = state;
}

/* --- memory --- */

static void strings_done(char **strings, size_t n)
{
	for (size_t i = 0; strings && i < n; i++)
		free(strings[i]);
	free(strings);
}

static void links_done(struct link *links, size_t n)
{
	for (size_t i = 0; links && i < n; i++) {
		free(links[i].container);
		free(links[i].alias);
	}
	free(links);
}

void endpoint_spec_done(struct endpoint_spec *spec)
{
	free(spec->network);
	strings_done(spec->aliases, spec->n_aliases);
	links_done(spec->links, spec->n_links);
	json_decref(spec->driver_opts);
	*spec = (struct endpoint_spec) { 0 };
}

void container_spec_done(struct container_spec *spec)
{
	free(spec->netns_path);
	json_decref(spec->labels);
	for (size_t i = 0; spec->endpoints && i < spec->n_endpoints; i++)
		endpoint_spec_done(&spec->endpoints[i]);
	free(spec->endpoints);
	free(spec->ports);
	links_done(spec->links, spec->n_links);
	strings_done(spec->extra_hosts, spec->n_extra_hosts);
	strings_done(spec->dns, spec->n_dns);
	strings_done(spec->dns_search, spec->n_dns_search);
	strings_done(spec->dns_options, spec->n_dns_options);
	*spec = (struct container_spec) { 0 };
}

static int text_copy(const char *from, char **ret_copy)
{
	if (!from)
		return 0;
	*ret_copy = strdup(from);
	return *ret_copy ? 0 : -ENOMEM;
}

static int aliases_copy(const struct endpoint_spec *from, struct endpoint_spec *to)
{
	if (from->n_aliases == 0)
		return 0;
	to->aliases = calloc(from->n_aliases, sizeof(*to->aliases));
	if (!to->aliases)
		return -ENOMEM;
	to->n_aliases = from->n_aliases; /* those not copied yet are NULL */
	for (size_t i = 0; i < from->n_aliases; i++) {
		if (text_copy(from->aliases[i], &to->aliases[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int links_copy(const struct endpoint_spec *from, struct endpoint_spec *to)
{
	if (from->n_links == 0)
		return 0;
	to->links = calloc(from->n_links, sizeof(*to->links));
	if (!to->links)
		return -ENOMEM;
	to->n_links = from->n_links;
	for (size_t i = 0; i < from->n_links; i++) {
		if (text_copy(from->links[i].container, &to->links[i].container) < 0 ||
		    text_copy(from->links[i].alias, &to->links[i].alias) < 0)
			return -ENOMEM;
	}
	return 0;
}

int endpoint_spec_copy(const struct endpoint_spec *from, struct endpoint_spec *ret_spec)
{
	_cleanup_(endpoint_spec_done) struct endpoint_spec copy = *from;

	/* Nothing may be shared with the original when the copy is freed half-way. */
	copy.network = NULL;
	copy.aliases = NULL;
	copy.links = NULL;
	copy.n_aliases = copy.n_links = 0;
	copy.driver_opts = NULL;
	if (text_copy(from->network, &copy.network) < 0 || aliases_copy(from, &copy) < 0 ||
	    links_copy(from, &copy) < 0)
		return -ENOMEM;
	if (from->driver_opts) {
		copy.driver_opts = json_deep_copy(from->driver_opts);
		if (!copy.driver_opts)
			return -ENOMEM;
	}
	*ret_spec = take_struct(copy);
	return 0;
}

/* --- what was asked for --- */

const char *endpoint_sysctls(const struct endpoint_spec *spec)
{
	const char *text = json_string_value(json_object_get(spec->driver_opts, ENDPOINT_SYSCTLS));

	return text ? text : "";
}

/* --- default route and names --- */

static bool has_way_out(const struct endpoint *endpoint, uint8_t family)
{
	const struct network_spec *spec = &endpoint->network->spec;
	const struct addr *own = family == AF_INET ? &endpoint->ip4 : &endpoint->ip6;
	const struct subnet *subnet = family == AF_INET ? &spec->subnet4 : &spec->subnet6;

	return !spec->internal && addr_is_set(own) && addr_is_set(&subnet->gateway);
}

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
		if (container->endpoints[i]->spec.handover[0])
			return true;
	return false;
}

static struct endpoint *find_way(const struct container *container, uint8_t family, bool out)
{
	struct endpoint *best = NULL;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		if (!has_way_out(endpoint, family) || (out && endpoint->spec.no_default_route))
			continue;
		if (!best || endpoint->spec.gw_priority > best->spec.gw_priority)
			best = endpoint;
	}
	return best;
}

struct endpoint *container_gateway_endpoint(const struct container *container, uint8_t family)
{
	return find_way(container, family, false);
}

struct endpoint *container_way_out(const struct container *container, uint8_t family)
{
	return find_way(container, family, true);
}

bool endpoint_has_default_route(const struct endpoint *endpoint, uint8_t family)
{
	const struct endpoint_spec *spec = &endpoint->spec;

	return container_way_out(endpoint->container, family) == endpoint ||
	       (spec->metric > 0 && !spec->no_default_route && has_way_out(endpoint, family));
}

const char *endpoint_routes(const struct endpoint_spec *spec)
{
	const char *text =
		json_string_value(json_object_get(spec->driver_opts, NETD_OPTION_ROUTES));

	return text ? text : "";
}

static void add_name(const char *name, const char **names, size_t *n)
{
	if (name[0] == '\0')
		return;
	for (size_t i = 0; i < *n; i++) {
		if (strcasecmp(names[i], name) == 0)
			return;
	}
	names[(*n)++] = name;
}

size_t endpoint_dns_names(const struct endpoint *endpoint, const char **ret_names)
{
	struct container *container = endpoint->container;
	size_t n = 0;

	id_short(container->spec.id, container->short_id);
	add_name(container->spec.name, ret_names, &n);
	for (size_t i = 0; i < endpoint->spec.n_aliases && i < ALIASES_MAX; i++)
		add_name(endpoint->spec.aliases[i], ret_names, &n);
	add_name(container->short_id, ret_names, &n);
	add_name(container->spec.hostname, ret_names, &n);
	return n;
}

void id_short(const char *id, char ret_short[static ID_SHORT_LEN + 1])
{
	size_t len = strnlen(id, ID_SHORT_LEN);

	memcpy(ret_short, id, len);
	ret_short[len] = '\0';
}
