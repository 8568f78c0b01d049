// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint.c - endpoints: their memory, states, ways out and names
#include "model/container/endpoint.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "model/container/container.h"
#include "model/text/field.h"
#include "model/text/name.h"

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

/* Docker's keys, for requests and for what is shown. */
const char *const endpoint_ip_key[FAMILY_N] = { "IPv4Address", "IPv6Address" };

/* Reserved may go at once, since the kernel was not touched; whatever the kernel has seen must be
 * undone first. An endpoint found in the store at start begins in the state written there. Each row
 * is the set of states that may follow, a bit for each. */
static const unsigned int endpoint_next[ENDPOINT_N_STATES] = {
	[ENDPOINT_RESERVED] = BIT(ENDPOINT_PLUMBING) | BIT(ENDPOINT_UNDOING) | BIT(ENDPOINT_GONE),
	[ENDPOINT_PLUMBING] = BIT(ENDPOINT_UP) | BIT(ENDPOINT_UNDOING),
	[ENDPOINT_UP] = BIT(ENDPOINT_UNDOING),
	[ENDPOINT_UNDOING] = BIT(ENDPOINT_GONE),
	[ENDPOINT_GONE] = 0,
};

/* The only place where a state changes. */
void endpoint_enter(struct endpoint *endpoint, enum endpoint_state state)
{
	assert(endpoint->state < ENDPOINT_N_STATES && state < ENDPOINT_N_STATES);
	/* A state that is skipped would leave something in the kernel that nobody undoes. That is a
	 * fault of netd's, so it ends here and the next start cleans up. */
	assert(endpoint_next[endpoint->state] & BIT(state));
	log_debug("endpoint %.12s: %s -> %s", endpoint->id, endpoint_state_name[endpoint->state],
		  endpoint_state_name[state]);
	endpoint->state = state;
}

/* Half a list may be freed: what was not read is NULL. NULL is accepted. */
void endpoint_links_free(struct link *links, size_t n)
{
	for (size_t i = 0; links && i < n; i++) {
		free(links[i].container);
		free(links[i].alias);
	}
	free(links);
}

/* Zeroed afterwards, so a second call does nothing. */
void endpoint_spec_done(struct endpoint_spec *spec)
{
	free(spec->network);
	field_strings_free(spec->aliases, spec->n_aliases);
	endpoint_links_free(spec->links, spec->n_links);
	json_decref(spec->driver_opts);
	*spec = (struct endpoint_spec) { 0 };
}

/* 0 or -ENOMEM. */
static int text_copy(const char *from, char **ret_copy)
{
	/* NULL is a text that was not asked for. */
	if (!from)
		return 0;
	*ret_copy = strdup(from);
	return *ret_copy ? 0 : -ENOMEM;
}

/* The count is set first, so that the cleanup frees what is there. 0 or -ENOMEM. */
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

/* As aliases_copy(): a link has two texts, and either may be missing. 0 or -ENOMEM. */
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

/* Either a whole copy or none: the cleanup frees a half one. */
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

/* Kept as text in the driver options, and parsed when they are needed. "": none were asked for. The
 * text stays the spec's. */
const char *endpoint_sysctls(const struct endpoint_spec *spec)
{
	const char *text = json_string_value(json_object_get(spec->driver_opts, ENDPOINT_SYSCTLS));

	return text ? text : "";
}

/* The same for routes. */
const char *endpoint_routes(const struct endpoint_spec *spec)
{
	const char *text =
		json_string_value(json_object_get(spec->driver_opts, NETD_OPTION_ROUTES));

	return text ? text : "";
}

/* --- default route and names --- */

/* Both are needed: an address to send from, and a gateway to send by. Which of several networks
 * gives the default route is decided elsewhere, among those with a way out. */
bool endpoint_has_way_out(const struct endpoint *endpoint, uint8_t family)
{
	const struct addr gateway = network_gateway(&endpoint->network->spec, family_of(family));

	return addr_is_set(&endpoint->ip[family_of(family)]) && addr_is_set(&gateway);
}

/* names has room for all that an endpoint can have (ALIASES_MAX and three). An empty name is
 * none. */
static void add_name(const char *name, const char **names, size_t *n)
{
	if (name[0] == '\0')
		return;
	for (size_t i = 0; i < *n; i++) {
		/* DNS names have no case (RFC 4343), so these would be two records of one name. */
		if (strcasecmp(names[i], name) == 0)
			return;
	}
	names[(*n)++] = name;
}

/* The number of names. They are good as long as the container is and is not renamed. */
size_t endpoint_dns_names(const struct endpoint *endpoint, const char **ret_names)
{
	struct container *container = endpoint->container;
	size_t n = 0;

	/* Kept in the container, because the names are pointers that outlive this call. */
	name_short_id(container->spec.id, container->short_id);
	/* The container's own name comes first: it is what a PTR question is answered with. */
	add_name(container->spec.name, ret_names, &n);
	for (size_t i = 0; i < endpoint->spec.n_aliases && i < ALIASES_MAX; i++)
		add_name(endpoint->spec.aliases[i], ret_names, &n);
	add_name(container->short_id, ret_names, &n);
	add_name(container->spec.hostname, ret_names, &n);
	return n;
}
