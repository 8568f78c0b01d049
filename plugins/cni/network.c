// SPDX-License-Identifier: GPL-2.0-or-later
// network.c - from a CNI configuration to the network netd is asked to make
#include "plugins/cni/network.h"
#include "plugins/cni/bandwidth.h"

#include "base/cleanup.h"
#include "base/family.h"
#include "base/limits.h"
#include "model/network/network_options.h"
#include "model/text/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* On a network that was made for a configuration: which one. */
#define LABEL_NETWORK "io.netd.cni.network"

/* A new key that describes a network belongs here as well as in read_wishes(), or an ADD does not
 * make the network that has only this key. */
const char *const network_keys[] = { "subnet",	  "subnet6",	 "gateway", "gateway6",
				     "ipRange",	  "ipv6",	 "bridge",  "mtu",
				     "internal",  "icc",	 "ipMasq",  "ipam",
				     "isGateway", "options",	 "labels",  "portIsolation",
				     "driver",	  "macspoofchk", NULL };

/* Theory of operation. A configuration may describe the network (subnet, bridge, mtu …) in the
 * words of the reference plugins. It is translated into a request of Docker's shape, and a key that
 * asks for something netd does not do is refused by name, with what to do instead; to pass over it
 * would give a container less than its administrator believes. Keys that ask for nothing (false, 0,
 * empty) are let through, for runtimes write them.
 *
 * The keys have three origins: netd's own words, those of the reference bridge plugin, and the
 * "ipam" section of host-local. subnet and subnet6 win over the ipam section. bridge, mtu and
 * ipMasq win over the same things in options. */

/* The value does not count: "ipv6": false describes a network, too. But "macspoofchk": false is the
 * default of the reference plugin, which says nothing about a network of somebody's. */
bool network_is_described(const json_t *config)
{
	for (const char *const *key = network_keys; *key; key++) {
		const json_t *value = json_object_get(config, *key);

		if (value && !(json_is_false(value) && strcmp(*key, "macspoofchk") == 0))
			return true;
	}
	return false;
}

/* --- what netd does not do -------------------------------------------------------------------- */

/* Each function here returns 0, or -EINVAL with CNI_UNSUPPORTED_FIELD, the key, the value and what
 * to do instead. */

/* text is cut at 100 characters, so that the advice behind it has room. */
static int unsupported(struct cni_error *error, const char *key, const json_t *value,
		       const char *instead)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	return cni_fail(error, CNI_UNSUPPORTED_FIELD, "unsupported field %s = %.100s: %s", key,
			text ? text : "?", instead);
}

/* Values that Go programs write for members that nobody has set. */
static bool says_nothing(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_integer(value) && json_integer_value(value) == 0) ||
	       (json_is_string(value) && !*json_string_value(value)) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

/* ranges is [[{"subnet", "rangeStart", ...}, ...], ...]: sets of ranges. What has another shape
 * gives no elements here. */
static int check_ranges(const json_t *ranges, struct cni_error *error)
{
	size_t i, j;
	json_t *set, *range;

	json_array_foreach ((json_t *)ranges, i, set) {
		json_array_foreach (set, j, range) {
			const json_t *start = json_object_get(range, "rangeStart");

			if (!says_nothing(start))
				return unsupported(error, "ipam.ranges[].rangeStart", start,
						   "say ipRange, a prefix within the subnet");
		}
		/* A set is several ranges of one family, of which host-local takes any. */
		if (json_array_size(set) > 1)
			return unsupported(error, "ipam.ranges[]", set,
					   "netd has one subnet for each family");
	}
	return 0;
}

/* The container would lack a route to anywhere else. */
static int check_routes(const json_t *routes, struct cni_error *error)
{
	size_t i;
	json_t *route;

	json_array_foreach ((json_t *)routes, i, route) {
		const char *to = json_string_value(json_object_get(route, "dst"));

		/* netd sets these anyway, so they ask for nothing more. */
		if (!to || (strcmp(to, "0.0.0.0/0") != 0 && strcmp(to, "::/0") != 0))
			return unsupported(
				error, "ipam.routes", route,
				"netd sets the default routes; the route-override or sbr "
				"plugin can follow in the chain");
	}
	return 0;
}

/* The members of a section without a type are checked all the same. */
static int check_ipam(const json_t *ipam, struct cni_error *error)
{
	const json_t *type = json_object_get(ipam, "type");
	const char *name = json_string_value(type);
	int err;

	/* Addresses by DHCP or by a file of somebody else's: netd gives them out itself. */
	if (name && *name && strcmp(name, "host-local") != 0 && strcmp(name, "netd") != 0)
		return unsupported(error, "ipam.type", type, "netd gives out the addresses itself");
	err = check_ranges(json_object_get(ipam, "ranges"), error);
	return err < 0 ? err : check_routes(json_object_get(ipam, "routes"), error);
}

/* Called by ADD, and by STATUS, which tells the same before a pod is started. */
int network_check_keys(const struct cni_call *call, struct cni_error *error)
{
	static const struct {
		const char *key, *instead;
	} foreign[] = {
		{ "vlan", "netd's bridges carry no VLANs" },
		{ "vlanTrunk", "netd's bridges carry no VLANs" },
		{ "disableContainerInterface", "netd brings interfaces up" },
	};
	char bandwidth[CNI_BANDWIDTH_ROOM];

	/* Only whether it can be read: container_settings() makes use of it. */
	if (cni_bandwidth(call->json, bandwidth, error) < 0)
		return -EINVAL;
	if (!says_nothing(cni_capability(call, "ipRanges")))
		return unsupported(error, "runtimeConfig.ipRanges",
				   cni_capability(call, "ipRanges"),
				   "give the subnet in the configuration");
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		const json_t *value = json_object_get(call->json, foreign[i].key);

		if (!says_nothing(value))
			return unsupported(error, foreign[i].key, value, foreign[i].instead);
	}
	return check_ipam(json_object_get(call->json, "ipam"), error);
}

/* --- the body --------------------------------------------------------------------------------- */

/* The request to netd. Functions that return int give 0, or other than 0 without memory; the caller
 * looks at it once, at the end. */

/* configs is IPAM.Config of the body. "": not given. */
static int add_subnet(json_t *configs, const char *subnet, const char *gateway, const char *range)
{
	json_t *config;
	int err;

	/* A gateway or range without a subnet is netd's to refuse, in its own words. */
	if (!*subnet && !*gateway && !*range)
		return 0;
	config = json_pack("{s:s}", "Subnet", subnet);
	err = json_array_append_new(configs, config);
	if (*gateway)
		err |= json_object_set_new(config, "Gateway", json_string(gateway));
	if (*range)
		err |= json_object_set_new(config, "IPRange", json_string(range));
	return err;
}

/* "" where it is missing or no string. Borrowed. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A host-local configuration as people have it: "subnet" in the ipam itself, or ranges, one set for
 * each family. netd tells the families apart by the subnets. */
static int add_host_local(json_t *configs, const json_t *ipam)
{
	const json_t *ranges = json_object_get(ipam, "ranges");
	/* add_subnet() adds nothing for an ipam without a subnet. */
	int err = add_subnet(configs, text_of(ipam, "subnet"), text_of(ipam, "gateway"), "");

	for (size_t i = 0; i < json_array_size(ranges); i++) {
		/* The first of each set: check_ranges has refused those with more. */
		const json_t *range = json_array_get(json_array_get(ranges, i), 0);

		err |= add_subnet(configs, text_of(range, "subnet"), text_of(range, "gateway"), "");
	}
	return err;
}

/* The keys of netd's and of the bridge plugin as they were read. Texts are borrowed from the
 * configuration, "" if they are missing; options and labels are owned. */
struct wishes {
	const char *subnets[FAMILY_N], *gateways[FAMILY_N], *range, *bridge, *driver;
	bool ipv6, internal, gateway_wanted, masquerade, icc, isolated, anti_spoof;
	json_int_t mtu;
	json_t *options, *labels;
};

/* The keys of both families. -EINVAL with the reason in the scope's error. */
static int read_each(const struct field_scope *scope, const char *const keys[FAMILY_N],
		     const char *ret_texts[FAMILY_N])
{
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++) {
		ret_texts[family] = "";
		err = field_text(scope, keys[family], &ret_texts[family]);
	}
	return err;
}

/* What a key does not say keeps the value that network_body() has put there. On failure options and
 * labels may be set already, and are the caller's all the same. */
static int read_wishes(const struct field_scope *scope, struct wishes *wishes)
{
	static const char *const subnet_keys[FAMILY_N] = { "subnet", "subnet6" };
	static const char *const gateway_keys[FAMILY_N] = { "gateway", "gateway6" };
	int err;

	if ((err = read_each(scope, subnet_keys, wishes->subnets)) < 0 ||
	    (err = read_each(scope, gateway_keys, wishes->gateways)) < 0 ||
	    (err = field_text(scope, "ipRange", &wishes->range)) < 0 ||
	    (err = field_text(scope, "bridge", &wishes->bridge)) < 0 ||
	    (err = field_text(scope, "driver", &wishes->driver)) < 0 ||
	    (err = field_bool(scope, "ipv6", &wishes->ipv6)) < 0 ||
	    (err = field_bool(scope, "internal", &wishes->internal)) < 0 ||
	    (err = field_bool(scope, "isGateway", &wishes->gateway_wanted)) < 0 ||
	    (err = field_bool(scope, "ipMasq", &wishes->masquerade)) < 0 ||
	    (err = field_bool(scope, "icc", &wishes->icc)) < 0 ||
	    (err = field_bool(scope, "portIsolation", &wishes->isolated)) < 0 ||
	    (err = field_bool(scope, "macspoofchk", &wishes->anti_spoof)) < 0 ||
	    (err = field_integer(scope, "mtu", 0, MTU_MAX, &wishes->mtu)) < 0 ||
	    (err = field_string_map(scope, "options", &wishes->options)) < 0)
		return err;
	return field_string_map(scope, "labels", &wishes->labels);
}

/* Takes the value. */
static int put_option(json_t *options, enum network_option option, json_t *value)
{
	return json_object_set_new(options, network_options_key(option), value);
}

/* Adds to options, which may have these keys already: the bridge plugin's words win. */
static int set_options(const json_t *config, const struct wishes *wishes)
{
	json_t *options = wishes->options;
	int err = 0;

	if (*wishes->bridge)
		err |= put_option(options, NETWORK_OPTION_BRIDGE, json_string(wishes->bridge));
	if (wishes->mtu)
		err |= put_option(options, NETWORK_OPTION_MTU,
				  json_sprintf("%" JSON_INTEGER_FORMAT, wishes->mtu));
	/* A value that is given is written whatever it is: false is a wish, too. */
	if (json_object_get(config, "ipMasq"))
		err |= put_option(options, NETWORK_OPTION_MASQUERADE,
				  json_string(wishes->masquerade ? "true" : "false"));
	/* netd knows one switch for traffic between containers. Both keys mean it. */
	if (!wishes->icc || wishes->isolated)
		err |= put_option(options, NETWORK_OPTION_ICC, json_string("false"));
	/* More than the bridge plugin does, which compares MACs and no addresses. */
	if (wishes->anti_spoof)
		err |= put_option(options, NETWORK_OPTION_ANTI_SPOOF, json_string("true"));
	return err;
}

/* A bridge of the reference plugin that is no gateway is one without a way out. NULL: no memory. */
static json_t *body_of(const struct cni_call *call, const struct wishes *wishes)
{
	json_t *configs = json_array(), *body;
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		err |= add_subnet(configs, wishes->subnets[family], wishes->gateways[family],
				  family == FAMILY_4 ? wishes->range : "");
	/* The plugin's own keys replace those of the ipam section. */
	if (json_array_size(configs) == 0)
		err |= add_host_local(configs, json_object_get(call->json, "ipam"));
	err |= set_options(call->json, wishes);
	err |= json_object_set_new(wishes->labels, LABEL_NETWORK, json_string(call->name));
	body = json_pack("{s:s, s:s*, s:b, s:O, s:O, s:{s:O}}", "Name", call->network, "Driver",
			 *wishes->driver ? wishes->driver : NULL, "Internal",
			 wishes->internal || !wishes->gateway_wanted, "Options", wishes->options,
			 "Labels", wishes->labels, "IPAM", "Config", configs);
	/* Not set otherwise, so that netd decides by the subnets. */
	if (wishes->ipv6)
		err |= json_object_set_new(body, "EnableIPv6", json_true());
	json_decref(configs);
	if (err == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* A network of netd's with the option, by either of its keys: what netd has taken for it and is no
 * "no" is a yes. */
static bool has_anti_spoof(const json_t *network)
{
	const json_t *options = json_object_get(network, "Options");
	const json_t *value = json_object_get(options,
					      network_options_key(NETWORK_OPTION_ANTI_SPOOF));

	if (!value)
		value = json_object_get(options,
					network_options_short_key(NETWORK_OPTION_ANTI_SPOOF));
	return value && !strchr("0fF", json_string_length(value) ? *json_string_value(value) : '1');
}

bool network_wants_guard(const struct cni_call *call)
{
	return json_is_true(json_object_get(call->json, "macspoofchk"));
}

/* A network that is there is left as it is, and a container that is to be held is not put where
 * nobody holds it. */
int network_check_guard(const struct cni_call *call, const json_t *network, struct cni_error *error)
{
	if (!network_wants_guard(call) || has_anti_spoof(network))
		return 0;
	return cni_fail(error, CNI_UNSUPPORTED_FIELD,
			"unsupported field macspoofchk = true: network %s is there without it "
			"(remove it, and let it be made from this configuration or by `netctl "
			"network create -o anti-spoof`)",
			call->network);
}

/* *ret_body is the caller's. Used for the making, and as a check without it. */
int network_body(const struct cni_call *call, json_t **ret_body, struct cni_error *error)
{
	/* Values of keys that are not given. A configuration that says nothing gets a network with
	 * a way out, in which containers reach each other. */
	struct wishes wishes = {
		.range = "", .bridge = "", .driver = "", .gateway_wanted = true, .icc = true
	};
	struct error cause;
	struct field_scope scope;
	json_t *body = NULL;
	int err = network_check_keys(call, error);

	if (err < 0)
		return err;
	if (field_scope_init(call->json, "", &cause, &scope) < 0 ||
	    read_wishes(&scope, &wishes) < 0)
		err = cni_fail(error, CNI_BAD_CONFIG, "%s", cause.text);
	else
		body = body_of(call, &wishes);
	if (err == 0 && !body)
		err = cni_fail(error, CNI_INTERNAL, "no memory");
	/* Both may be NULL, or set although the reading failed. */
	json_decref(wishes.options);
	json_decref(wishes.labels);
	if (err == 0)
		*ret_body = body;
	return err;
}
