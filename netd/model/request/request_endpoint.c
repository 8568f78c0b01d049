// SPDX-License-Identifier: GPL-2.0-or-later
// request_endpoint.c - EndpointSettings: one network of a container, as asked for
#include "model/request/request.h"

#include "base/cleanup.h"
#include "base/family.h"
#include "model/container/endpoint_route.h"
#include "model/container/endpoint_sysctl.h"
#include "model/network/network_options.h"
#include "model/network/service.h"
#include "model/request/request_links.h"
#include "model/text/field.h"
#include "model/text/ifname.h"
#include "model/text/known_options.h"
#include "model/text/name.h"

#include <errno.h>
#include <limits.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Docker's EndpointSettings come with create, connect and netd's own attach,
 * and are decoded here alone. Syntax is checked while decoding; whether the network can do what
 * is asked (its subnets, its driver) is found out later, when the network is known. What netd
 * adds to Docker's fields is in DriverOpts under names of its own: Docker's clients hand those
 * through unchanged. */

/* Docker's clients show errors of settings as they come. The line behind it says which setting is
 * meant. */
#define BAD_SETTINGS "invalid endpoint settings:\n" /* Docker's prefix */
#define BAD_MAC BAD_SETTINGS "invalid MAC address: %s"

/* The address that is wanted on this network. The family that the key is for is the only one that
 * is taken. 0, or the error is set. */
static int decode_address(const struct field_scope *ipam, enum family family, struct addr *addr)
{
	const char *text = "";
	struct addr parsed;
	int err = field_text(ipam, endpoint_ip_key[family], &text);

	/* "" is what Docker's clients send for "not said". */
	if (err < 0 || !*text)
		return err;
	if (addr_parse(text, &parsed) < 0 || parsed.family != family_af(family))
		return error_set(ipam->error, ERROR_INVALID, BAD_SETTINGS "invalid %s address: %s",
				 family_name(family), text);
	*addr = parsed;
	return 0;
}

/* The room for them is LINK_LOCAL_MAX, which field_strings() has looked at. 0, or the error is
 * set. */
static int add_link_local(const struct field_scope *ipam, const char *text,
			  struct endpoint_spec *spec)
{
	struct addr addr;

	/* Only link-local ones: others would be outside of the subnet. */
	if (addr_parse(text, &addr) < 0 || !addr_is_link_local(&addr))
		return error_set(ipam->error, ERROR_INVALID,
				 BAD_SETTINGS "invalid link-local IP address: %s", text);
	/* The kernel would refuse the second one (EEXIST), half-way through the attach. */
	for (size_t i = 0; i < spec->n_link_local; i++)
		if (addr_equal(&spec->link_local[i], &addr))
			return error_set(ipam->error, ERROR_INVALID,
					 BAD_SETTINGS "link-local IP address %s is given twice",
					 text);
	spec->link_local[spec->n_link_local++] = addr;
	return 0;
}

/* Addresses beside the network's own, for programs that speak on the link alone. 0, or the error is
 * set. */
static int decode_link_local(const struct field_scope *ipam, struct endpoint_spec *spec)
{
	char **texts = NULL;
	size_t n = 0;
	int err = field_strings(ipam, "LinkLocalIPs", LINK_LOCAL_MAX, &texts, &n);

	for (size_t i = 0; i < n && err == 0; i++)
		err = add_link_local(ipam, texts[i], spec);
	/* field_strings() may have filled some before it failed. */
	field_strings_free(texts, n);
	return err;
}

/* Docker has all of them in IPAMConfig. A body without it asks for nothing. */
static int decode_addresses(const struct field_scope *settings, struct endpoint_spec *spec)
{
	struct field_scope ipam;
	int err = field_object(settings, "IPAMConfig", &ipam);

	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = decode_address(&ipam, family, &spec->ip[family]);
	return err < 0 ? err : decode_link_local(&ipam, spec);
}

/* A group's MAC is nobody's. Other oddities are found when the options are checked. So one is
 * refused that no frame could be sent from. */
static int decode_mac(const struct field_scope *settings, struct endpoint_spec *spec)
{
	const char *text = "";
	int err = field_text(settings, "MacAddress", &text);

	if (err < 0 || !*text)
		return err;
	if (mac_parse(text, &spec->mac) < 0 || mac_is_multicast(&spec->mac))
		return error_set(settings->error, ERROR_INVALID, BAD_MAC, text);
	spec->has_mac = true;
	return 0;
}

/* Names that the container has on this network alone. Each is at most as long as a name in DNS. */
static int decode_aliases(const struct field_scope *settings, struct endpoint_spec *spec)
{
	int err = field_strings(settings, "Aliases", ALIASES_MAX, &spec->aliases, &spec->n_aliases);

	for (size_t i = 0; i < spec->n_aliases && err == 0; i++) {
		/* A space or a line break would become two words in lists of names. */
		if (!name_is_word(spec->aliases[i], NAME_LEN_MAX))
			err = field_error(settings, "Aliases", "must hold names without spaces");
	}
	return err;
}

/* option: which of the three names is meant. The text stays the spec's; the name is a copy. */
static int decode_ifname(const struct field_scope *settings, const struct endpoint_spec *spec,
			 const char *option, char ret_ifname[static IFNAME_LEN_MAX + 1])
{
	const char *text = json_string_value(json_object_get(spec->driver_opts, option));

	/* No option, no name: netd chooses one. */
	if (!text)
		return 0;
	if (!ifname_is_valid(text))
		return error_set(settings->error, ERROR_INVALID,
				 BAD_SETTINGS "invalid interface name: %s", text);
	(void)snprintf(ret_ifname, IFNAME_LEN_MAX + 1, "%s", text); /* its length was checked */
	return 0;
}

/* The metric of the default route by this interface. 0 would be the kernel's own default, and
 * is refused as no choice. */
static int decode_metric(const struct field_scope *settings, struct endpoint_spec *spec)
{
	const char *text =
		json_string_value(json_object_get(spec->driver_opts, NETD_OPTION_METRIC));
	unsigned long long metric = 0;
	char *end = NULL;

	if (!text)
		return 0;
	/* strtoull(3) would take blanks and a minus, and turn -1 into a large number. */
	if (*text >= '0' && *text <= '9')
		metric = strtoull(text, &end, 10); /* what is too large becomes the largest */
	if (!end || *end || metric == 0 || metric > UINT32_MAX)
		return error_set(settings->error, ERROR_INVALID,
				 BAD_SETTINGS "invalid metric of the default route: %s", text);
	spec->metric = (uint32_t)metric;
	return 0;
}

/* The options are strings, so a truth is a word. Other words for a truth are refused, since the
 * options are netd's own. 0, or the error is set. Without the option *value stays as it was. */
static int decode_bool(const struct field_scope *settings, const struct endpoint_spec *spec,
		       const char *option, bool *value)
{
	const char *text = json_string_value(json_object_get(spec->driver_opts, option));

	if (!text)
		return 0;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return error_set(settings->error, ERROR_INVALID,
				 BAD_SETTINGS "%s must be true or false", option);
	*value = strcmp(text, "true") == 0;
	return 0;
}

/* The option says "true" for the usual case. 0, or the error is set. */
static int decode_default_route(const struct field_scope *settings, struct endpoint_spec *spec)
{
	bool wanted = true;
	int err = decode_bool(settings, spec, NETD_OPTION_DEFAULT_ROUTE, &wanted);

	spec->no_default_route = !wanted;
	return err;
}

/* Parsed here to be refused early, and again when they are set. The texts are kept as they were
 * given. 0, or the error is set. */
static int check_routes(const struct field_scope *settings, const struct endpoint_spec *spec)
{
	const char *rest = endpoint_routes(spec);
	struct endpoint_route route;
	int n = 0, more;

	while ((more = endpoint_route_next(&rest, &route, settings->error)) > 0)
		if (++n > ROUTES_PER_ENDPOINT_MAX)
			return error_set(settings->error, ERROR_INVALID,
					 BAD_SETTINGS "more than %d routes",
					 ROUTES_PER_ENDPOINT_MAX);
	return more;
}

/* All that is about routes. The default route comes first, for routes may take its place. 0, or the
 * error is set. */
static int decode_route_opts(const struct field_scope *settings, struct endpoint_spec *spec)
{
	int err = decode_metric(settings, spec);

	if (err == 0)
		err = decode_default_route(settings, spec);
	return err < 0 ? err : check_routes(settings, spec);
}

/* This container's own wish, over the network's. Without the option the network's own answer holds.
 * 0, or the error is set. */
static int decode_alias_answer(const struct field_scope *settings, struct endpoint_spec *spec)
{
	const char *text =
		json_string_value(json_object_get(spec->driver_opts, NETD_OPTION_ALIAS_ANSWER));

	if (text && !network_options_alias_answer(text, &spec->answer_one))
		return error_set(settings->error, ERROR_INVALID,
				 BAD_SETTINGS NETD_OPTION_ALIAS_ANSWER " must be all or one");
	return 0;
}

/* As check_routes(). They are not set before the namespace is known. 0, or the error is set. */
static int check_sysctls(const struct endpoint_spec *spec, struct error *error)
{
	const char *rest = endpoint_sysctls(spec);
	struct endpoint_sysctl sysctl;
	int more;

	/* Looked at one after another; the parser itself refuses what is not allowed. */
	while ((more = endpoint_sysctl_next(&rest, &sysctl, error)) > 0)
		continue;
	if (more < 0)
		error_prefix(error, "invalid endpoint settings");
	return more;
}

/* The keys of DriverOpts that mean something, NULL-terminated. A key that is not in it is
 * refused for what is asked anew. */
static const char *const request_endpoint_options[] = {
	NETD_OPTION_IFNAME,	 ENDPOINT_SYSCTLS,	    NETD_OPTION_HANDOVER,
	NETD_OPTION_METRIC,	 NETD_OPTION_DEFAULT_ROUTE, NETD_OPTION_ROUTES,
	NETD_OPTION_HOST_IFNAME, NETD_OPTION_ALIAS_ANSWER,  NETD_OPTION_ANOTHER,
	SERVICE_LABEL,		 BANDWIDTH_LABEL,	    NULL
};

/* Called for what is asked for anew, and not for records: what was accepted once is read for ever.
 * 0, or the error is set. */
int request_endpoint_check_options(const struct endpoint_spec *spec, struct error *error)
{
	int err = known_options_check(spec->driver_opts, request_endpoint_options,
				      "a connection to a network", error);

	if (err == 0 && spec->has_mac && !mac_is_interface(&spec->mac))
		err = error_set(error, ERROR_INVALID, BAD_MAC, MAC_STR(&spec->mac));
	return err < 0 ? err : check_sysctls(spec, error);
}

/* Read here, so that a record has its limits when it is loaded. Without the option there are none,
 * unless the container's label says so (container_add_endpoint). */
static int decode_bandwidth(const struct field_scope *settings, struct endpoint_spec *spec)
{
	const char *text = json_string_value(json_object_get(spec->driver_opts, BANDWIDTH_LABEL));
	int err = text ? bandwidth_read(text, &spec->bandwidth, settings->error) : 0;

	if (err < 0)
		error_prefix(settings->error, "invalid endpoint settings: " BANDWIDTH_LABEL);
	return err;
}

/* Docker's clients pass these on without looking. The values are all texts. 0, or the error is
 * set. */
static int decode_driver_opts(const struct field_scope *settings, struct endpoint_spec *spec)
{
	int err = field_string_map(settings, "DriverOpts", &spec->driver_opts);

	if (err == 0)
		err = decode_ifname(settings, spec, NETD_OPTION_IFNAME, spec->ifname);
	if (err == 0)
		err = decode_ifname(settings, spec, NETD_OPTION_HANDOVER, spec->handover);
	if (err == 0)
		err = decode_ifname(settings, spec, NETD_OPTION_HOST_IFNAME, spec->host_ifname);
	if (err == 0)
		err = decode_route_opts(settings, spec);
	if (err == 0)
		err = decode_alias_answer(settings, spec);
	if (err == 0)
		err = decode_bandwidth(settings, spec);
	return err < 0 ? err : decode_bool(settings, spec, NETD_OPTION_ANOTHER, &spec->another);
}

/* Addresses first: they are what is most often wrong. The priority comes last; it is the only
 * number. 0, or the error is set. */
static int decode_settings(const struct field_scope *settings, struct endpoint_spec *spec)
{
	json_int_t priority = 0;
	int err;

	if ((err = decode_addresses(settings, spec)) < 0 ||
	    (err = decode_mac(settings, spec)) < 0 || (err = decode_aliases(settings, spec)) < 0 ||
	    (err = request_links(settings, "Links", &spec->links, &spec->n_links)) < 0 ||
	    (err = decode_driver_opts(settings, spec)) < 0 ||
	    (err = field_integer(settings, "GwPriority", INT_MIN, INT_MAX, &priority)) < 0)
		return err;
	spec->gw_priority = (int)priority;
	return 0;
}

/* path: how errors call this part of the body. It stands in front of each sentence about what is
 * wrong. 0 and a spec that is the caller's, or the error is set. */
int request_endpoint(const char *network, const json_t *settings, struct endpoint_spec *ret_spec,
		     struct error *error)
{
	struct endpoint_spec spec = { 0 };
	struct field_scope scope;
	char path[FIELD_PATH_MAX];
	int err;

	(void)snprintf(path, sizeof(path), "the settings for network %s",
		       network); /* cut is fine */
	err = field_scope_init(settings, path, error, &scope);
	if (err < 0)
		return err;
	*scope.path = '\0';
	spec.network = strdup(network);
	err = spec.network ? decode_settings(&scope, &spec) : field_no_memory(error);
	/* What was decoded so far is freed here, so the caller never has half a spec. */
	if (err < 0) {
		endpoint_spec_done(&spec);
		return err;
	}
	*ret_spec = spec;
	return 0;
}
