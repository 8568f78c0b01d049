// SPDX-License-Identifier: GPL-2.0-or-later
// create.c - the command create: what Podman 6 leaves to netavark when it makes a network
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "client/calls.h"
#include "model/ipam/ipam_base.h"
#include "model/ipam/ipam_choose.h"
#include "model/ipam/subnet.h"
#include "model/network/network.h"
#include "model/network/network_options.h"
#include "model/text/field.h"
#include "model/text/ifname.h"
#include "model/text/name.h"
#include "plugins/netavark/create_check.h"
#include "plugins/netavark/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Theory of operation. Since Podman 6 a network is checked and completed by the helper: it gets the
 * network as the user wants it, what is used already, and some options, and prints the completed
 * network, which Podman then stores in its own file. Nothing is made in netd here: a network of
 * Podman's comes to netd with its first container (setup.c). netd is asked only which subnets it
 * has, so that Podman's choice avoids them. The answers to mistakes carry netavark's words where
 * Podman looks for them.
 *
 * The order of the steps is in complete(). Each step reads the request (network, used, options) and
 * writes to out, a copy. So a failure leaves nothing to take back. */

/* Of a chosen subnet, as stateless address configuration needs it (RFC 4291, 2.5.1). */
#define IPV6_LEN 64

/* State of one call. Scopes are borrowed from the request. */
struct create {
	/* used: names, interfaces and subnets that Podman knows. options: how Podman wants it
	 * chosen. */
	struct field_scope network, used, options;
	json_t *out; /* the network, being completed */
	/* Owned. Subnets that a chosen one must avoid. */
	struct prefix *used_subnets;
	size_t n_used, room_used;
	/* Whether a subnet that was given must be free, too. */
	bool check_used;
	struct error *error;
};

/* --- names ------------------------------------------------------------------------------------ */

/* used.names is an object by name. */
static int check_name(const struct create *create)
{
	const char *name = "";
	/* An absent name stays "", which name_check() refuses. */
	struct field_scope names;
	int err;

	if ((err = field_text(&create->network, "name", &name)) < 0 ||
	    (err = field_object(&create->used, "names", &names)) < 0 ||
	    (err = name_check("network", name, create->error)) < 0)
		return err;
	/* Podman looks for the last words (--ignore). */
	if (json_object_get(names.object, name))
		return error_set(create->error, ERROR_CONFLICT,
				 "network name %s already used: network already exists", name);
	return 0;
}

/* The result may also be other than 0 without an error set, for want of memory: see
 * verb_create(). */
static int check_driver(const struct create *create)
{
	const char *driver = "bridge", *ipam_driver = "host-local";
	struct field_scope ipam;
	int err;

	if ((err = field_text(&create->network, "driver", &driver)) < 0 ||
	    (err = field_object(&create->network, "ipam_options", &ipam)) < 0 ||
	    (err = field_text(&ipam, "driver", &ipam_driver)) < 0)
		return err;
	if (strcmp(driver, "bridge") != 0)
		return error_set(create->error, ERROR_NOT_IMPLEMENTED,
				 "driver %s: netd wires bridge networks only, for now", driver);
	if (strcmp(ipam_driver, "host-local") != 0)
		return error_set(create->error, ERROR_NOT_IMPLEMENTED,
				 "IPAM driver %s: netd's networks need Podman's own (host-local)",
				 ipam_driver);
	/* Both are written out, as netavark does, since Podman shows what it stored. */
	return json_object_set_new(create->out, "driver", json_string(driver)) |
	       json_object_set_new(create->out, "ipam_options",
				   json_pack("{s:s}", "driver", ipam_driver));
}

/* Docker's names for what Podman says in other words: its compatible API passes them on. What was
 * given in Podman's own words is replaced. */
static int rename_options(struct create *create)
{
	const char *mtu = network_options_key(NETWORK_OPTION_MTU);
	const char *bridge = network_options_key(NETWORK_OPTION_BRIDGE);
	json_t *options = json_object_get(create->out, "options"), *value;
	int err = 0;

	if ((value = json_object_get(options, mtu))) {
		err |= json_object_set(options, "mtu", value);
		err |= json_object_del(options, mtu);
	}
	/* It moves to its own field: Podman's list shows it there, and interface_is_used()
	 * compares it. */
	if ((value = json_object_get(options, bridge))) {
		err |= json_object_set(create->out, "network_interface", value);
		err |= json_object_del(options, bridge);
	}
	create->network.object = create->out; /* what is looked at from here on */
	return err ? field_no_memory(create->error) : 0;
}

/* The bridge is there then, with its subnet. Of the network as the user wants it. */
static bool is_unmanaged(const struct create *create)
{
	const json_t *options = json_object_get(create->out, "options");

	return strcmp(calls_text(options, "mode"), "unmanaged") == 0;
}

/* Interfaces that are taken, as Podman has counted them. */
static bool interface_is_used(const struct create *create, const char *name)
{
	const json_t *used = json_object_get(create->used.object, "interfaces");
	size_t i;
	json_t *other;

	json_array_foreach ((json_t *)used, i, other)
		if (json_is_string(other) && strcmp(json_string_value(other), name) == 0)
			return true;
	return false;
}

/* Sets network_interface: the one that was given, or the first that is free. */
static int choose_interface(const struct create *create)
{
	const char *name = "", *prefix = "podman";
	char chosen[IFNAME_LEN_MAX + 1];
	int err;

	if ((err = field_text(&create->network, "network_interface", &name)) < 0 ||
	    (err = field_text(&create->options, "default_interface_name", &prefix)) < 0)
		return err;
	if (*name && !ifname_is_valid(name))
		return field_error(&create->network, "network_interface",
				   "must be an interface name");
	/* An unmanaged bridge is in use by intention. */
	if (*name && !is_unmanaged(create) && interface_is_used(create, name))
		return error_set(create->error, ERROR_CONFLICT, "bridge name %s already in use",
				 name);
	/* The bound keeps the search short. */
	for (int i = 0; !*name && i < NETAVARK_USED_MAX; i++) {
		int len = snprintf(chosen, sizeof(chosen), "%s%d", prefix, i);

		/* A longer number makes the name no shorter, so looking on is vain. */
		if (len >= (int)sizeof(chosen) || !ifname_is_valid(chosen))
			break;
		if (!interface_is_used(create, chosen))
			return json_object_set_new(create->out, "network_interface",
						   json_string(chosen));
	}
	return *name ? 0
		     : error_set(create->error, ERROR_INVALID,
				 "could not find free bridge name: none of %s0, %s1, … is valid "
				 "and free",
				 prefix, prefix);
}

/* --- subnets ---------------------------------------------------------------------------------- */

/* Subnets are kept without host bits, as a comparison needs them. */

/* The array grows by grow(), which keeps it on failure. */
static int add_used(struct create *create, const char *text)
{
	struct prefix prefix, *grown;

	if (prefix_parse(text, &prefix) < 0)
		return 0; /* what is no subnet is in nobody's way */
	grown = grow(create->used_subnets, &create->room_used, create->n_used + 1, sizeof(*grown));
	if (!grown)
		return field_no_memory(create->error);
	create->used_subnets = grown;
	prefix.addr = prefix_first(&prefix);
	grown[create->n_used++] = prefix;
	return 0;
}

/* What Podman knows: its own networks, and the routes of the host. */
static int read_used(struct create *create)
{
	const json_t *used = NULL;
	size_t i;
	json_t *text;
	int err = field_array(&create->used, "subnets", NETAVARK_USED_MAX, &used);

	json_array_foreach ((json_t *)used, i, text)
		if (err == 0 && json_is_string(text))
			err = add_used(create, json_string_value(text));
	return err;
}

/* client: NULL where netd does not answer. */
static int read_used_in_netd(struct create *create, struct client *client)
{
	json_auto_t *networks = NULL;
	json_t *network, *config;
	struct error ignored;
	size_t i, k;
	int err = 0;

	/* Without an answer only the avoiding is lost: netd itself refuses a clash when the
	 * network comes to it. */
	if (!client || calls_json(client, "GET", "/networks", NULL, &networks, &ignored) < 0)
		return 0;
	json_array_foreach (networks, i, network) {
		const json_t *configs = json_object_get(json_object_get(network, "IPAM"), "Config");

		json_array_foreach ((json_t *)configs, k, config)
			if (err == 0)
				err = add_used(create, calls_text(config, "Subnet"));
	}
	return err;
}

/* {"base": "10.89.0.0/16", "size": 24}: subnets of this size, cut from base. */
static int read_pool(const struct field_scope *pool, struct ipam_base *ret_base)
{
	struct prefix prefix;
	const char *text = "";
	json_int_t size = 0;
	int err;

	if ((err = field_text(pool, "base", &text)) < 0)
		return err;
	if (prefix_parse(text, &prefix) < 0)
		return field_error(pool, "base", "must be a subnet");
	prefix.addr = prefix_first(&prefix);
	/* A piece must not be larger than the base it is cut from. */
	err = field_integer(pool, "size", prefix.len, addr_bits(&prefix.addr), &size);
	if (err == 0)
		*ret_base = (struct ipam_base) { prefix, (uint8_t)size };
	return err;
}

/* bases has room for CONFIG_POOLS_MAX, which bounds the array. */
static int read_pools(const struct create *create, struct ipam_base *bases, size_t *ret_n)
{
	const json_t *pools = NULL;
	struct field_scope pool;
	size_t n = 0;
	int err = field_array(&create->options, "subnet_pools", CONFIG_POOLS_MAX, &pools);

	for (size_t i = 0; err == 0 && i < json_array_size(pools); i++) {
		err = field_element(&create->options, "subnet_pools", pools, i, &pool);
		if (err == 0)
			err = read_pool(&pool, &bases[n]);
		n += err == 0;
	}
	*ret_n = n;
	return err;
}

/* fd and 40 random bits, then the first subnet: RFC 4193, 3.2. Bytes: fd, five random ones, then
 * zero for the first of its 65536 subnets. */
static int random_ula(struct ipam_base *ret_base, struct error *error)
{
	struct prefix prefix = { .addr = { .family = AF_INET6, .bytes = { 0xfd } }, .len = 48 };

	/* A subnet of 40 random bits meets another one practically never. So what is in use hardly
	 * matters for IPv6. The length is exact: getrandom(2) gives up to 256 bytes without a
	 * break. */
	if (getrandom(prefix.addr.bytes + 1, 5, 0) != 5)
		return error_system(error, -errno, "choosing an IPv6 subnet");
	*ret_base = (struct ipam_base) { prefix, IPV6_LEN };
	return 0;
}

static int append_subnet(json_t *subnets, const struct prefix *prefix)
{
	return json_array_append_new(subnets, json_pack("{s:s}", "subnet", PREFIX_STR(prefix)));
}

/* Adds one subnet of the family to subnets. settle_subnet() then gives it a gateway. */
static int choose_subnet(struct create *create, uint8_t family, json_t *subnets)
{
	struct ipam_base bases[CONFIG_POOLS_MAX];
	struct prefix prefix;
	size_t n = 1;
	int err = family == AF_INET ? read_pools(create, bases, &n)
				    : random_ula(bases, create->error);

	if (err == 0)
		err = ipam_choose_subnet(bases, n, family, 0, create->used_subnets, create->n_used,
					 &prefix, create->error);
	return err < 0 ? err : append_subnet(subnets, &prefix);
}

/* For subnets that were given as well as for chosen ones, which are free already. */
static int check_free(const struct create *create, const struct prefix *prefix)
{
	for (size_t i = 0; create->check_used && i < create->n_used; i++)
		if (prefix_overlaps(prefix, &create->used_subnets[i]))
			return error_set(create->error, ERROR_CONFLICT,
					 "subnet %s is already used on the host or by another "
					 "config: %s",
					 PREFIX_STR(prefix), PREFIX_STR(&create->used_subnets[i]));
	return 0;
}

/* One that was given: canonical, free, with a gateway unless the network has no way out. *ret_six
 * tells the family. object is an element of the answer. */
static int settle_subnet(struct create *create, json_t *object, bool internal, bool *ret_six)
{
	struct subnet subnet = { 0 };
	struct field_scope scope;
	const char *text = "";
	int err;

	if ((err = field_scope_init(object, "network.subnets[]", create->error, &scope)) < 0 ||
	    (err = field_text(&scope, "subnet", &text)) < 0)
		return err;
	if (prefix_parse(text, &subnet.prefix) < 0)
		return field_error(&scope, "subnet", "must be a subnet such as 10.89.0.0/24");
	subnet.prefix.addr = prefix_first(&subnet.prefix);
	*ret_six = subnet.prefix.addr.family == AF_INET6;
	if ((err = check_free(create, &subnet.prefix)) < 0 ||
	    (err = create_check_subnet(&scope, &subnet.prefix, &subnet.gateway)) < 0)
		return err;
	/* The first address, as Podman's users expect it. */
	if (!addr_is_set(&subnet.gateway) && !internal)
		err = subnet_choose_gateway(&subnet, create->error);
	if (err == 0 && addr_is_set(&subnet.gateway))
		err = json_object_set_new(object, "gateway",
					  json_string(ADDR_STR(&subnet.gateway)));
	if (err == 0)
		err = json_object_set_new(object, "subnet",
					  json_string(PREFIX_STR(&subnet.prefix)));
	return err;
}

/* wants_six: the option ipv6_enabled. */
static int choose_missing(struct create *create, json_t *subnets, bool wants_six)
{
	bool four = false, six = false;
	size_t i;
	json_t *subnet;
	int err = 0;

	/* A subnet that was given decides its family. Whether the text is valid is
	 * settle_subnet()'s matter. */
	json_array_foreach (subnets, i, subnet) {
		bool colon = strchr(calls_text(subnet, "subnet"), ':') != NULL;

		six |= colon;
		four |= !colon;
	}
	/* IPv4 comes by default. A network with only IPv6 subnets given stays without it, unless
	 * both were asked for. */
	if (!four && (!six || wants_six))
		err = choose_subnet(create, AF_INET, subnets);
	if (err == 0 && !six && wants_six)
		err = choose_subnet(create, AF_INET6, subnets);
	return err;
}

/* Fills subnets and ipv6_enabled of the answer. */
static int settle_subnets(struct create *create)
{
	bool internal = false, wants_six = false, four = false, six = false;
	const json_t *given = NULL;
	json_t *subnets, *subnet;
	size_t i;
	int err;

	if ((err = field_bool(&create->network, "internal", &internal)) < 0 ||
	    (err = field_bool(&create->network, "ipv6_enabled", &wants_six)) < 0 ||
	    (err = field_bool(&create->options, "check_used_subnets", &create->check_used)) < 0 ||
	    (err = field_array(&create->network, "subnets", NETAVARK_SUBNETS_MAX, &given)) < 0)
		return err;
	/* The subnet of an unmanaged bridge is on the host already, and has to be. */
	create->check_used &= !is_unmanaged(create);
	subnets = given ? json_deep_copy(given) : json_array();
	/* The array is the network's now. What is set in `subnets` below appears in the answer. */
	if (json_object_set_new(create->out, "subnets", subnets) != 0)
		return field_no_memory(create->error);
	err = choose_missing(create, subnets, wants_six);
	json_array_foreach (subnets, i, subnet) {
		bool this_six = false;

		if (err == 0)
			err = settle_subnet(create, subnet, internal, &this_six);
		/* Refused here and not at the first start, when the network would be there
		 * already. */
		if (err == 0 && (this_six ? six : four))
			err = error_set(create->error, ERROR_NOT_IMPLEMENTED,
					"several subnets of one family: a network of netd's has "
					"one of each");
		/* err does not stop the loop, but nothing is done in the rest of it. */
		six |= this_six;
		four |= !this_six;
	}
	if (err == 0)
		err = json_object_set_new(create->out, "ipv6_enabled", json_boolean(six));
	return err;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* The two functions below put the steps in order, and free what they have made. */

/* Podman wants RFC 3339. A time that is there already stays. */
static int add_created(json_t *network)
{
	char text[32];
	time_t now = time(NULL);
	struct tm utc;

	if (json_object_get(network, "created"))
		return 0;
	(void)gmtime_r(&now, &utc); /* of a time in our age: cannot fail */
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_object_set_new(network, "created", json_string(text));
}

/* 0, or negative; or other than 0 without a sentence, for want of memory. */
static int complete(struct create *create, struct client *client)
{
	int err;

	/* The order matters: renaming moves options to where the next steps look, and the subnets
	 * are chosen when all that are in use are known. */
	if ((err = check_name(create)) < 0 || (err = check_driver(create)) < 0 ||
	    (err = rename_options(create)) < 0 || (err = create_check(&create->network)) < 0 ||
	    (err = choose_interface(create)) < 0 || (err = read_used(create)) < 0 ||
	    (err = read_used_in_netd(create, client)) < 0 || (err = settle_subnets(create)) < 0)
		return err;
	return add_created(create->out);
}

/* *ret_network is the caller's: the network itself, without the object around it. */
int verb_create(const char *text, size_t len, struct client *client, json_t **ret_network,
		struct error *error)
{
	struct create create = { .error = error };
	json_auto_t *json = NULL;
	struct field_scope body;
	int err = json_parse_body(text, len, &json, error);

	if (err < 0 || (err = field_scope_init(json, "", error, &body)) < 0 ||
	    (err = field_object(&body, "network", &create.network)) < 0 ||
	    (err = field_object(&body, "used", &create.used)) < 0 ||
	    (err = field_object(&body, "options", &create.options)) < 0)
		return err;
	if (!create.network.object)
		return field_error(&body, "network", "is required");
	/* A deep copy, since the request has to stay as it is while both are read. */
	create.out = json_deep_copy(create.network.object);
	err = create.out ? complete(&create, client) : -ENOMEM;
	free(create.used_subnets);
	if (err == 0) {
		*ret_network = create.out;
		return 0;
	}
	json_decref(create.out);
	/* A JSON function fails only for want of memory, and it sets no error. */
	return error->code ? err : field_no_memory(error);
}
