// SPDX-License-Identifier: GPL-2.0-or-later
// result.c - from netd's container to a CNI result, in the version asked for
#include "plugins/cni/result.h"

#include "base/cleanup.h"
#include "client/calls.h"
#include "model/network/network_options.h"

#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The result says what there is inside: interfaces, addresses, routes,
 * servers. It is put together with that of the plugins before (prevResult), which is kept as it is.
 * Versions differ in details: before 1.0.0 an address says its family, and an interface has an MTU
 * from 1.1.0 on.
 *
 * The lists of a result refer to each other by position: an address names its interface by the
 * index in "interfaces". The plugins before this one have put their own in front, so the index is
 * taken after the append. */

/* The name is the same on each call, and does not have to be kept. "" without an id. It fits: two
 * characters and twelve. */
void result_host_ifname(const json_t *settings, char ret_name[static 16])
{
	const char *id = calls_text(settings, "EndpointID");

	(void)snprintf(ret_name, 16, "%s%.12s", *id ? "nd" : "", id);
}

/* The name that was asked for in either spelling of the option, else the one that netd makes of the
 * network's id, as Docker does. */
void result_bridge(const json_t *network, char ret_name[static 16])
{
	const json_t *options = json_object_get(network, "Options");
	const char *id = calls_text(network, "Id");
	const char *name = calls_text(options, network_options_key(NETWORK_OPTION_BRIDGE));

	if (!*name)
		name = calls_text(options, network_options_short_key(NETWORK_OPTION_BRIDGE));
	if (*name)
		(void)snprintf(ret_name, 16, "%s", name);
	else
		(void)snprintf(ret_name, 16, "%s%.12s", *id ? "br-" : "", id);
}

/* --- interfaces ------------------------------------------------------------------------------- */

/* Functions that return objects give new references, or NULL without memory. */

/* "": the member is left out. The host's interfaces have no sandbox, and a runtime tells them from
 * the container's by that. */
static json_t *interface(const struct cni_call *call, const char *name, const char *mac, int mtu,
			 const char *sandbox)
{
	json_t *object = json_pack("{s:s}", "name", name);
	int err = 0;

	if (*mac)
		err |= json_object_set_new(object, "mac", json_string(mac));
	if (mtu > 0 && call->version >= CNI_1_1_0)
		err |= json_object_set_new(object, "mtu", json_integer(mtu));
	if (*sandbox)
		err |= json_object_set_new(object, "sandbox", json_string(sandbox));
	if (err == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* Returns the index of the container's interface, or -1. */
static int add_interfaces(const struct cni_call *call, const json_t *settings,
			  const struct result_host_link *link, json_t *interfaces)
{
	int err = 0;

	/* The host's side comes first, as in the reference plugin, and the container's interface
	 * last: its index is the one that addresses name. */
	if (*link->bridge)
		err |= json_array_append_new(
			interfaces, interface(call, link->bridge, link->bridge_mac, link->mtu, ""));
	if (*link->name)
		err |= json_array_append_new(interfaces,
					     interface(call, link->name, link->mac, link->mtu, ""));
	err |= json_array_append_new(interfaces, interface(call, call->ifname,
							   calls_text(settings, "MacAddress"),
							   link->mtu, call->netns));
	return err == 0 ? (int)json_array_size(interfaces) - 1 : -1;
}

/* --- addresses and routes --------------------------------------------------------------------- */

/* 0, or other than 0 without memory. */

/* A family in the specification's words: in the results of before 1.0.0, and as a destination.
 * Indexed by family. */
static const char *const version_of[FAMILY_N] = { "4", "6" };
static const char *const everywhere[FAMILY_N] = { "0.0.0.0/0", "::/0" };

/* index: of the interface in the result. */
static int add_address(const struct cni_call *call, enum family family, const json_t *settings,
		       int index, json_t *ips)
{
	const struct calls_family *keys = &calls_family[family];
	const char *address = calls_text(settings, keys->address);
	const char *gateway = calls_text(settings, keys->gateway);
	json_int_t len = json_integer_value(json_object_get(settings, keys->prefix_len));
	json_t *ip;
	int err = 0;

	/* The interface has none of this family. */
	if (!*address)
		return 0;
	ip = json_object();
	if (call->version < CNI_1_0_0)
		err |= json_object_set_new(ip, "version", json_string(version_of[family]));
	err |= json_object_set_new(ip, "interface", json_integer(index));
	err |= json_object_set_new(ip, "address", json_sprintf("%s/%d", address, (int)len));
	if (*gateway)
		err |= json_object_set_new(ip, "gateway", json_string(gateway));
	return err | json_array_append_new(ips, ip);
}

/* 0 where it is missing, which is netd's default as well. */
static json_int_t priority_of(const json_t *settings)
{
	return json_integer_value(json_object_get(settings, "GwPriority"));
}

/* As netd decides it: the largest priority of those that have a way out, and of equals the first.
 *
 * gateway: the member with the gateway of the family in question. */
static bool has_default_route(const json_t *container, const json_t *settings, const char *gateway)
{
	const json_t *all = json_object_get(json_object_get(container, "NetworkSettings"),
					    "Networks");
	const json_t *best = NULL;
	const char *name;
	json_t *other;

	/* The order of the loop is that of the document, in which netd lists endpoints. */
	json_object_foreach ((json_t *)all, name, other)
		if (*calls_text(other, gateway) &&
		    (!best || priority_of(other) > priority_of(best)))
			best = other;
	return best == settings;
}

/* A result must not promise a route that another interface of the container has: CHECK would then
 * fail. */
static int add_route(enum family family, const json_t *container, const json_t *settings,
		     json_t *routes)
{
	const char *key = calls_family[family].gateway;

	if (!has_default_route(container, settings, key))
		return 0;
	return json_array_append_new(routes, json_pack("{s:s, s:s}", "dst", everywhere[family],
						       "gw", calls_text(settings, key)));
}

/* --- dns -------------------------------------------------------------------------------------- */

/* New references, or NULL without memory. */

/* Sets nothing if there is no list with elements, so an earlier one stays. */
static int copy_list(json_t *to, const char *to_key, const json_t *from, const char *key)
{
	json_t *list = json_object_get(from, key);

	return json_array_size(list) == 0 ? 0 : json_object_set(to, to_key, list);
}

/* The servers given are those netd itself asks: the container asks netd. */
static json_t *dns(const struct cni_call *call)
{
	const json_t *config = json_object_get(call->json, "dns"),
		     *asked = cni_capability(call, "dns");
	json_t *object = json_pack("{s:[s]}", "nameservers", NETD_DNS_ADDRESS);
	const char *domain = calls_text(config, "domain");
	int err = copy_list(object, "search", config, "search");

	err |= copy_list(object, "options", config, "options");
	/* What the runtime asked for replaces the configuration's. */
	err |= copy_list(object, "search", asked, "searches");
	err |= copy_list(object, "options", asked, "options");
	if (*domain)
		err |= json_object_set_new(object, "domain", json_string(domain));
	if (err == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* 0, or other than 0 without memory. */

/* The array called key in result, made if it is not there. Borrowed from result. NULL: no
 * memory. */
static json_t *list_in(json_t *result, const char *key)
{
	json_t *list = json_object_get(result, key);

	if (json_is_array(list))
		return list;
	list = json_array();
	return json_object_set_new(result, key, list) == 0 ? list : NULL;
}

/* result is empty, or a copy of prevResult with whatever the plugins before have said. */
static int fill(const struct cni_call *call, const json_t *container, const json_t *settings,
		const struct result_host_link *link, json_t *result)
{
	json_t *ips = list_in(result, "ips"), *routes = list_in(result, "routes");
	json_t *interfaces = list_in(result, "interfaces");
	int index, err = 0;

	if (!ips || !routes || !interfaces)
		return -1;
	index = add_interfaces(call, settings, link, interfaces);
	if (index < 0)
		return -1;
	for (enum family family = 0; family < FAMILY_N; family++) {
		err |= add_address(call, family, settings, index, ips);
		err |= add_route(family, container, settings, routes);
	}
	/* An interface without a default route has no routes to tell. An empty list of prevResult
	 * goes as well. */
	if (json_array_size(routes) == 0)
		err |= json_object_del(result, "routes");
	/* A plugin before us may have said who answers names; ours does, so ours is said. */
	err |= json_object_set_new(result, "dns", dns(call));
	return err | json_object_set_new(result, "cniVersion",
					 json_string(cni_version_name[call->version]));
}

/* *ret_result is the caller's. prevResult itself stays as it is. */
int result_build(const struct cni_call *call, const json_t *container, const json_t *settings,
		 const struct result_host_link *link, json_t **ret_result, struct cni_error *error)
{
	const json_t *previous = json_object_get(call->json, "prevResult");
	/* A deep copy, because fill() appends to lists inside. */
	json_t *result = json_is_object(previous) ? json_deep_copy(previous) : json_object();

	if (!result || fill(call, container, settings, link, result) != 0) {
		json_decref(result);
		return cni_fail(error, CNI_INTERNAL, "no memory");
	}
	*ret_result = result;
	return 0;
}

/* Written in the version of the question. It need not be one that this plugin knows. */
json_t *result_versions(const struct cni_call *call)
{
	const char *asked = json_string_value(json_object_get(call->json, "cniVersion"));
	json_t *versions = json_array();

	for (int i = 0; i < CNI_N_VERSIONS; i++)
		if (json_array_append_new(versions, json_string(cni_version_name[i])) < 0)
			break;
	return json_pack("{s:s, s:o}", "cniVersion",
			 asked && *asked ? asked : cni_version_name[CNI_N_VERSIONS - 1],
			 "supportedVersions", versions);
}

/* "details" is left out: the message has everything. */
json_t *result_error(const struct cni_call *call, const struct cni_error *error)
{
	return json_pack("{s:s, s:i, s:s}", "cniVersion", cni_version_name[call->version], "code",
			 (int)error->code, "msg", error->text);
}

/* --- CHECK ------------------------------------------------------------------------------------ */

/* CHECK holds two lists against each other. Each address that netd has must be promised, and the
 * numbers must agree. Then none is left over on either side. */

/* Index of the container's interface in prevResult, -1 for none. */
static json_int_t own_index(const struct cni_call *call, const json_t *previous)
{
	const json_t *interfaces = json_object_get(previous, "interfaces");
	size_t i;
	json_t *one;

	json_array_foreach ((json_t *)interfaces, i, one)
		/* Only the interface in a sandbox is the container's; one of the same name may be
		 * on the host. */
		if (*calls_text(one, "sandbox") &&
		    strcmp(calls_text(one, "name"), call->ifname) == 0)
			return (json_int_t)i;
	return -1;
}

/* index: of the interface. An address that names no interface belongs to any. */
static bool is_promised(const json_t *previous, json_int_t index, const char *address)
{
	const json_t *ips = json_object_get(previous, "ips");
	size_t i;
	json_t *ip;

	json_array_foreach ((json_t *)ips, i, ip) {
		const json_t *of = json_object_get(ip, "interface");

		/* The text is compared as it is, since this plugin wrote it at the ADD in the same
		 * way. */
		if ((!of || json_integer_value(of) == index) &&
		    strcmp(calls_text(ip, "address"), address) == 0)
			return true;
	}
	return false;
}

/* How many addresses prevResult has for the interface. Addresses without
 * an interface are not counted: they are another plugin's. */
static size_t count_promised(const json_t *previous, json_int_t index)
{
	const json_t *ips = json_object_get(previous, "ips");
	size_t i, n = 0;
	json_t *ip;

	json_array_foreach ((json_t *)ips, i, ip) {
		const json_t *of = json_object_get(ip, "interface");

		n += of && json_integer_value(of) == index;
	}
	return n;
}

/* 0, or -EINVAL with CNI_DIFFERS and the first difference. */
int result_check(const struct cni_call *call, const json_t *settings, struct cni_error *error)
{
	const json_t *previous = json_object_get(call->json, "prevResult");
	json_int_t index = own_index(call, previous);
	size_t n = 0;

	/* An ADD names the sandbox. A prevResult without it comes from another plugin. */
	if (index < 0)
		return cni_fail(error, CNI_DIFFERS, "prevResult has no interface %s in a sandbox",
				call->ifname);
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct calls_family *keys = &calls_family[family];
		const char *address = calls_text(settings, keys->address);
		char text[64];

		if (!*address)
			continue;
		(void)snprintf(
			text, sizeof(text), "%s/%d", address,
			(int)json_integer_value(json_object_get(settings, keys->prefix_len)));
		if (!is_promised(previous, index, text))
			return cni_fail(error, CNI_DIFFERS,
					"%s has %s in netd, which prevResult does not have",
					call->ifname, text);
		n++;
	}
	/* Addresses that netd does not know of were given by somebody else, or are not there any
	 * more. */
	if (count_promised(previous, index) > n)
		return cni_fail(error, CNI_DIFFERS,
				"prevResult has more addresses for %s than netd gave it",
				call->ifname);
	return 0;
}
