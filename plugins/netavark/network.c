// SPDX-License-Identifier: GPL-2.0-or-later
// network.c - a network of Podman's as netd is asked to make it, and compared with one that netd
// has
#include "plugins/netavark/network.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/family.h"
#include "base/limits.h"
#include "client/calls.h"
#include "model/ipam/subnet.h"
#include "model/network/network.h"
#include "model/network/network_dns.h"
#include "model/network/network_options.h"
#include "plugins/netavark/bridge_options.h"

#include <stdio.h>
#include <string.h>

/* Below this a subnet is too small to be cut into Podman's part and netd's. Eight addresses at the
 * least: with fewer, one half has no room beside network, gateway and broadcast. */
#define SPLIT_BITS_MIN 3

/* Theory of operation. A network of Podman's is in Podman's files; netd gets it with its first
 * container and labels it transient, so that it goes with its last one. Therefore each setup has
 * one of three cases: netd has no such network (network_body() makes it), netd has an equal one
 * (network_compare() agrees), or netd has another one of this name. The last is refused unless it
 * is an empty leftover of an older form of the same network (network_is_leftover()).
 *
 * What must be equal, and why: Podman's IPAM has chosen addresses by its own view of the network.
 * On a network with another subnet or gateway such a container would be cut off. */

/* "" where neither has it. Borrowed. */
const char *network_option(const struct input_network *network, const char *key)
{
	/* An option of the container's own wins over the network's. */
	const char *own = calls_text(network->endpoint_options, key);

	return *own ? own : calls_text(network->options, key);
}

bool network_option_is_true(const struct input_network *network, const char *key)
{
	const char *text = network_option(network, key);

	return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

bool network_has_names(const struct input_network *network)
{
	/* Podman says dns_enabled = false for its default network. netd resolves there too, as
	 * for Docker's bridge. It says so for a network without IPAM, too. */
	return network->dns_enabled || network->spans ||
	       strcmp(network->id, NETWORK_DEFAULT_ID) == 0;
}

bool network_is_unmanaged(const struct input_network *network)
{
	return strcmp(calls_text(network->options, "mode"), "unmanaged") == 0;
}

/* --- what netd does not do -------------------------------------------------------------------- */

/* Refused with ERROR_NOT_IMPLEMENTED, in one form: the network, what it wants, and why not. */

/* value: "" where the sentence needs none. */
static int refuse(const struct input_network *network, struct error *error, const char *what,
		  const char *value, const char *instead)
{
	return error_set(error, ERROR_NOT_IMPLEMENTED, "network %s: %s%s%s: %s", network->name,
			 what, *value ? " " : "", value, instead);
}

/* What containers leave with, for each family; as Podman calls it, and as netd does. */
static const struct outbound {
	const char *key;
	enum network_option option;
} outbounds[FAMILY_N] = {
	[FAMILY_4] = { "outbound_addr4", NETWORK_OPTION_SNAT4 },
	[FAMILY_6] = { "outbound_addr6", NETWORK_OPTION_SNAT6 },
};

/* In netd's spelling; "": whatever the way out has. As with netavark there is nothing to it where
 * nothing of the family leaves. */
static const char *outbound_of(const struct input_network *network, enum family family,
			       char buffer[static ADDR_STR_MAX])
{
	const char *text = calls_text(network->options, outbounds[family].key);
	const struct input_subnet *subnet = &network->subnet[family];
	struct addr addr;

	/* An address that does not parse was refused by check_outbound(). */
	if (network->internal || !addr_is_set(&subnet->prefix.addr) || addr_parse(text, &addr) < 0)
		return "";
	return addr_print(&addr, buffer);
}

/* Where this is false the attach needs no look at the network before (setup.c). */
bool network_has_outbound(const struct input_network *network)
{
	char buffer[ADDR_STR_MAX];

	for (enum family family = 0; family < FAMILY_N; family++)
		if (*outbound_of(network, family, buffer))
			return true;
	return false;
}

/* For each family an address of that family, and of the network alone. */
static int check_outbound(const struct input_network *network, struct error *error)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct outbound *outbound = &outbounds[family];
		const char *text = calls_text(network->options, outbound->key);
		struct addr addr;

		if (*calls_text(network->endpoint_options, outbound->key))
			return error_set(error, ERROR_NOT_IMPLEMENTED,
					 "network %s: option %s of one container: all of a network "
					 "leave with the same address: make it an option of the "
					 "network",
					 network->name, outbound->key);
		if (*text && (addr_parse(text, &addr) < 0 || addr.family != family_af(family)))
			return error_set(error, ERROR_INVALID,
					 "network %s: option %s = %s: an %s address is wanted",
					 network->name, outbound->key, text, family_name(family));
	}
	return 0;
}

/* Called by setup for a network of a request, and by create for one that has options only. */
int network_check_options(const struct input_network *network, struct error *error)
{
	static const struct {
		const char *key, *instead;
	} foreign[] = {
		{ "vlan", "netd's bridges carry no VLANs" },
		{ "vrf", "netd puts no bridge into a VRF" },
	};
	int err;

	/* endpoint options count as well, since network_option() looks there first. */
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		const char *value = network_option(network, foreign[i].key);
		char what[64];

		if (!*value)
			continue;
		(void)snprintf(what, sizeof(what), "option %s =", foreign[i].key);
		return refuse(network, error, what, value, foreign[i].instead);
	}
	/* What is refused for a reason of ours comes first: the general check would take the key
	 * for valid. */
	if ((err = check_outbound(network, error)) < 0)
		return err;
	err = bridge_options_check(network->name, network->options, error);
	/* Both places are checked, so that a mistake in one is found even when the other wins. */
	return err < 0 ? err
		       : bridge_options_check(network->name, network->endpoint_options, error);
}

/* Nobody gives addresses, or somebody inside: a client of DHCP, say. */
bool network_has_no_ipam(const struct input_network *network)
{
	return strcmp(network->ipam, "none") == 0;
}

/* In order: what the network is, how it gives addresses, what the container gets, the options. */
int network_check(const struct input_network *network, struct error *error)
{
	if (*network->driver && strcmp(network->driver, "bridge") != 0)
		return refuse(network, error, "driver", network->driver,
			      "netd wires bridge networks only, for now");
	if (*network->ipam && strcmp(network->ipam, "host-local") != 0 &&
	    !network_has_no_ipam(network))
		return refuse(network, error, "IPAM driver", network->ipam,
			      "Podman's own IPAM (host-local) has to choose an address, or nobody "
			      "(none)");
	/* Refused here and not while decoding: teardown must read such a request, too. */
	if (network->more_subnets || network->more_ips)
		return refuse(network, error, "several subnets of one family", "",
			      "a network of netd's has one of each");
	if (!addr_is_set(&network->ip[FAMILY_4]) && !addr_is_set(&network->ip[FAMILY_6]) &&
	    !network_has_no_ipam(network))
		return error_set(error, ERROR_INVALID, "network %s: static_ips has no address",
				 network->name);
	return network_check_options(network, error);
}

/* --- the body --------------------------------------------------------------------------------- */

/* The functions that return objects give new references, NULL without memory; those that return int
 * give 0, or other than 0 without memory. */

/* Podman gives an internal network no gateway, and its first address to a container. The bridge
 * needs one all the same: the last one, which Podman comes to last. subnet must be set, or the
 * result is not used. */
static struct addr gateway_of(const struct input_subnet *subnet)
{
	struct addr first, last;

	if (addr_is_set(&subnet->gateway))
		return subnet->gateway;
	subnet_usable(&subnet->prefix, &first, &last);
	return last;
}

/* Whoever comes through another door gets its address from netd. It is to choose where Podman does
 * not: from the half without Podman's lease range, or, as Podman counts upwards, from the upper.
 * false: netd chooses in all of the subnet. */
static bool choose_range(const struct input_subnet *subnet, struct prefix *ret_range)
{
	struct prefix lower = { subnet->prefix.addr, (uint8_t)(subnet->prefix.len + 1) };
	struct prefix upper = lower;
	struct addr end = prefix_last(&lower);

	/* The upper half begins behind the last address of the lower one. */
	if (subnet->prefix.len + SPLIT_BITS_MIN > addr_bits(&subnet->prefix.addr) ||
	    !addr_add(&end, 1, &upper.addr))
		return false;
	if (!addr_is_set(&subnet->lease_last) || prefix_contains(&lower, &subnet->lease_last))
		*ret_range = upper;
	else if (prefix_contains(&upper, &subnet->lease_first))
		*ret_range = lower;
	else
		return false; /* Podman's range is in both */
	return true;
}

/* Adds nothing for a family that the network does not have. */
static int add_subnet(json_t *configs, const struct input_subnet *subnet)
{
	struct addr gateway = gateway_of(subnet);
	struct prefix range;
	json_t *config;
	int err;

	if (!addr_is_set(&subnet->prefix.addr))
		return 0;
	config = json_pack("{s:s, s:s}", "Subnet", PREFIX_STR(&subnet->prefix), "Gateway",
			   ADDR_STR(&gateway));
	err = json_array_append_new(configs, config);
	/* Without a range netd chooses in the whole subnet. It knows which addresses are in use
	 * on the network, and avoids them. */
	if (err == 0 && choose_range(subnet, &range))
		err = json_object_set_new(config, "IPRange", json_string(PREFIX_STR(&range)));
	return err;
}

/* Podman's own labels are kept, so that netd's list can be filtered by them. */
static json_t *labels_of(const struct input_network *network)
{
	json_t *labels = network->labels ? json_copy((json_t *)network->labels) : json_object();
	_cleanup_(buf_done) struct buf servers = { 0 };
	size_t i;
	json_t *server;
	int err = json_object_set_new(labels, NETWORK_LABEL, json_string(network->name));

	/* netd removes a transient network with its last container: Podman knows nothing of
	 * netd's copy and would never remove it. */
	err |= json_object_set_new(labels, NETWORK_LABEL_TRANSIENT, json_string("true"));
	json_array_foreach ((json_t *)network->dns_servers, i, server)
		/* Labels hold text, so the list is joined. The order is that of preference. */
		buf_printf(&servers, "%s%s", i > 0 ? "," : "", json_string_value(server));
	if (servers.len > 0)
		err |= servers.err |
		       json_object_set_new(labels, DNS_LABEL, json_string(servers.data));
	if (err == 0)
		return labels;
	json_decref(labels);
	return NULL;
}

/* Podman takes any address, and netd refuses the whole network for one that nobody can ask from
 * everywhere on it. Containers have it in a list of their own all the same (DNS_LABEL). */
bool network_takes_server(const char *text)
{
	struct addr addr;

	return network_dns_read(text, &addr, NULL) == 0;
}

/* As far as netd has room. */
static json_t *servers_of(const struct input_network *network)
{
	json_t *servers = json_array(), *server;
	size_t i;
	int err = 0;

	json_array_foreach ((json_t *)network->dns_servers, i, server)
		if (json_array_size(servers) < DNS_SERVERS_MAX &&
		    network_takes_server(json_string_value(server)))
			err |= json_array_append(servers, server);
	if (err == 0)
		return servers;
	json_decref(servers);
	return NULL;
}

/* Takes the value. */
static int put_option(json_t *options, enum network_option option, json_t *value)
{
	return json_object_set_new(options, network_options_key(option), value);
}

/* Options that are not here need nothing of netd: their values were checked, and they are of the
 * endpoint or have no meaning here. */
static json_t *options_of(const struct input_network *network)
{
	const char *mtu = calls_text(network->options, "mtu");
	/* netd's own, for which netavark has none; it judges the value. */
	const char *held = calls_text(network->options,
				      network_options_key(NETWORK_OPTION_ANTI_SPOOF));
	json_t *options = json_object();
	char addr[ADDR_STR_MAX];
	int err = 0;

	if (*network->interface)
		err |= put_option(options, NETWORK_OPTION_BRIDGE, json_string(network->interface));
	if (*mtu)
		err |= put_option(options, NETWORK_OPTION_MTU, json_string(mtu));
	if (*held)
		err |= put_option(options, NETWORK_OPTION_ANTI_SPOOF, json_string(held));
	for (enum family family = 0; family < FAMILY_N; family++)
		if (*outbound_of(network, family, addr))
			err |= put_option(options, outbounds[family].option, json_string(addr));
	if (err == 0)
		return options;
	json_decref(options);
	return NULL;
}

/* In lower case only, as netd writes ids. Another one is left out, and netd makes its own. */
static bool is_id(const char *text)
{
	return strlen(text) == ID_LEN && strspn(text, "0123456789abcdef") == ID_LEN;
}

json_t *network_body(const struct input_network *network)
{
	json_t *configs = json_array(), *body;
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		err |= add_subnet(configs, &network->subnet[family]);
	/* Nothing is packed yet, so the array has no other owner. */
	if (err != 0) {
		json_decref(configs);
		return NULL;
	}
	/* Failures inside of labels_of() and options_of() are NULL here, which makes json_pack()
	 * fail as a whole. */
	body = json_pack("{s:s, s:s, s:b, s:b, s:b, s:o, s:o, s:{s:o}}", "Name", network->name,
			 "Driver", "bridge", "Internal", network->internal, "EnableIPv4",
			 addr_is_set(&network->subnet[FAMILY_4].prefix.addr), "EnableIPv6",
			 addr_is_set(&network->subnet[FAMILY_6].prefix.addr), "Labels",
			 labels_of(network), "Options", options_of(network), "IPAM", "Config",
			 configs);
	/* Podman's id becomes netd's, so both call the network the same. */
	if (body && is_id(network->id))
		err |= json_object_set_new(body, "Id", json_string(network->id));
	/* For those whom others than Podman put on the network, too. Without names on it nobody
	 * asks netd, which refuses them then. */
	if (body && json_array_size(network->dns_servers) > 0 && network_has_names(network) &&
	    !network_has_no_ipam(network))
		err |= json_object_set_new(body, "Dns", servers_of(network));
	/* The driver "null" of Docker: netd gives out no addresses on the network. */
	if (body && network_has_no_ipam(network))
		err |= json_object_set_new(json_object_get(body, "IPAM"), "Driver",
					   json_string("null"));
	if (err == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* --- a network that is there ------------------------------------------------------------------ */

/* there: as netd shows it, by GET /networks/{ref}. */

/* NULL: the network has no subnet of this family. Borrowed. */
static const json_t *config_of(const json_t *there, enum family family)
{
	const json_t *configs = json_object_get(json_object_get(there, "IPAM"), "Config");
	size_t i;
	json_t *config;

	json_array_foreach ((json_t *)configs, i, config) {
		bool six = strchr(calls_text(config, "Subnet"), ':') != NULL;

		if (six == (family == FAMILY_6))
			return config;
	}
	return NULL;
}

bool network_has_four(const json_t *there)
{
	return config_of(there, FAMILY_4) != NULL;
}

/* Texts are compared, since netd and this program write a subnet in one form. */
static int compare_family(const struct input_network *network, enum family family,
			  const json_t *there, struct error *error)
{
	const struct input_subnet *subnet = &network->subnet[family];
	const json_t *config = config_of(there, family);
	const char *has = calls_text(config, "Subnet"), *gateway = calls_text(config, "Gateway");
	const char *wanted = PREFIX_STR(&subnet->prefix);

	if (!addr_is_set(&subnet->prefix.addr))
		wanted = "";
	if (strcmp(has, wanted) != 0)
		return error_set(error, ERROR_CONFLICT,
				 "network %s is %s%s in netd and %s%s in Podman: give one of them "
				 "another name, or make them equal",
				 network->name, *has ? has : "without ",
				 *has ? "" : family_name(family), *wanted ? wanted : "without ",
				 *wanted ? "" : family_name(family));
	/* An internal network of Podman's has no gateway, and netd's own choice is right for it. */
	if (addr_is_set(&subnet->gateway) && strcmp(gateway, ADDR_STR(&subnet->gateway)) != 0)
		return error_set(error, ERROR_CONFLICT,
				 "network %s has the gateway %s in netd and %s in Podman: give one "
				 "of them another name, or make them equal",
				 network->name, gateway, ADDR_STR(&subnet->gateway));
	return 0;
}

/* Where Podman says nothing, the address of netd's network holds. The addresses are compared as
 * such: IPv6 has several spellings. */
static int compare_outbound(const struct input_network *network, const json_t *there,
			    struct error *error)
{
	const json_t *options = json_object_get(there, "Options");

	for (enum family family = 0; family < FAMILY_N; family++) {
		char buffer[ADDR_STR_MAX];
		const enum network_option option = outbounds[family].option;
		const char *wanted = outbound_of(network, family, buffer);
		const char *has = calls_text(options, network_options_key(option));
		struct addr addr, wanted_addr;

		/* Docker's users may have said it in the short form. */
		if (!*has)
			has = calls_text(options, network_options_short_key(option));
		if (!*wanted ||
		    (addr_parse(has, &addr) == 0 && addr_parse(wanted, &wanted_addr) == 0 &&
		     addr_equal(&addr, &wanted_addr)))
			continue;
		return error_set(error, ERROR_CONFLICT,
				 "network %s: containers leave with %s in netd and with %s in "
				 "Podman (option %s): give one of the networks another name, or "
				 "make them equal",
				 network->name, *has ? has : "the address of the way out", wanted,
				 outbounds[family].key);
	}
	return 0;
}

bool network_spans(const json_t *there)
{
	return strcmp(calls_text(there, "Driver"), "overlay") == 0;
}

/* 0, or ERROR_CONFLICT with both values and what to do. */
int network_compare(const struct input_network *network, const json_t *there, struct error *error)
{
	const char *driver = calls_text(there, "Driver");
	int err = 0;

	if (network_spans(there))
		return network_has_no_ipam(network)
			       ? compare_outbound(network, there, error)
			       : error_set(error, ERROR_CONFLICT,
					   "network %s spans hosts, and netd gives its addresses: "
					   "make it in Podman with --ipam-driver none",
					   network->name);
	/* The subnets and the outbound address must be equal. Labels and the MTU may differ:
	 * nobody loses a connection for them. */
	if (strcmp(driver, "bridge") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "network %s is netd's own (driver %s): give Podman's another name",
				 network->name, driver);
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = compare_family(network, family, there, error);
	return err < 0 ? err : compare_outbound(network, there, error);
}

/* A network of this label that differs was made for a network of Podman's that has been made anew
 * since. */
bool network_is_leftover(const struct input_network *network, const json_t *there)
{
	const char *made_for = calls_text(json_object_get(there, "Labels"), NETWORK_LABEL);

	/* The label proves that it was made here. Without containers nobody uses it. */
	return strcmp(made_for, network->name) == 0 &&
	       json_object_size(json_object_get(there, "Containers")) == 0;
}
