// SPDX-License-Identifier: GPL-2.0-or-later
// request_network.c - the bodies of POST /networks/create and PUT /netd/v1/networks/{id}
#include "model/request/request.h"
#include "model/text/field.h"

#include "base/cleanup.h"
#include "base/nearest.h"
#include "model/network/network_check.h"
#include "model/network/network_options.h"
#include "model/text/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A body is decoded into a network_spec and judged as far as that goes
 * without the rest of the world: syntax, what belongs together, values of options
 * (network_check.c). What needs the world, such as a free subnet or a name that is taken, comes
 * later, in the engine. What netd cannot do is refused and never passed over: a network that is
 * not what was asked for would be found out only by its traffic. */

/* Clients show the lines behind it as they are. */
#define BAD_CONFIG "invalid network config:\n" /* Docker's prefix for what is wrong inside IPAM */

/* The id is given only by netd's own records and plugins. It is checked as a name that goes into
 * files and messages. 0, or the error is set. */
static int decode_name(const struct field_scope *body, struct network_spec *spec)
{
	const char *name = "";
	int err = field_text(body, "Name", &name);

	if (err < 0)
		return err;
	err = name_check("network", name, body->error);
	if (err < 0)
		return err;
	(void)snprintf(spec->name, sizeof(spec->name), "%s", name); /* its length was checked */
	return field_id(body, spec->id);
}

/* nearest: the one that may be meant, or NULL; list: what there is, as a person would say it. It is
 * "not found", as Docker's answer to it is. It returns a negative errno always. */
static int no_such_driver(const struct field_scope *body, const char *kind, const char *name,
			  const char *nearest, const char *list)
{
	return error_set(body->error, ERROR_NOT_FOUND,
			 "%s driver \"%s\" not found: netd has %s%s%s%s", kind, name, list,
			 nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			 nearest ? "\"?" : "");
}

/* No driver is the default one. An unknown one is told with all that there are. 0, or the error is
 * set. The name is compared as it is, capitals included. */
static int decode_driver(const struct field_scope *body, struct network_spec *spec)
{
	struct nearest nearest;
	char list[KIND_LIST_MAX];
	const char *name = "";
	int err = field_text(body, "Driver", &name);

	if (err < 0)
		return err;
	if (!*name)
		return 0;
	if (kind_find(name)) {
		spec->kind = kind_find(name);
		return 0;
	}
	nearest = nearest_begin(name);
	/* Among all there are, so the sentence can say what was meant. */
	for (size_t i = 0; kind_at(i); i++)
		(void)nearest_look(&nearest, kind_at(i)->name);
	kind_list(list);
	return no_such_driver(body, "network", name, nearest.best, list);
}

/* What belongs to swarm, or to configuration networks, is refused in so many words: ignoring it
 * would make a network that is not what was asked for. 0, or the error is set. A member that has
 * its zero value is what Docker's clients always send, and asks for nothing. */
static int refuse_foreign(const struct field_scope *body, const struct network_kind *kind)
{
	const char *scope_name = "", *from = "";
	bool ingress = false, config_only = false;
	struct field_scope config_from;
	int err;

	if ((err = field_text(body, "Scope", &scope_name)) < 0 ||
	    (err = field_bool(body, "Ingress", &ingress)) < 0 ||
	    (err = field_bool(body, "ConfigOnly", &config_only)) < 0 ||
	    (err = field_object(body, "ConfigFrom", &config_from)) < 0 ||
	    (err = field_text(&config_from, "Network", &from)) < 0)
		return err;
	/* As Docker's daemon answers where there is no swarm; on one host there is none. */
	if (!kind->spans && (ingress || (*scope_name && strcmp(scope_name, "local") != 0)))
		return error_set(
			body->error, ERROR_FORBIDDEN,
			"This node is not a swarm manager. Networks of netd have the scope "
			"\"local\"");
	if (ingress)
		return error_set(body->error, ERROR_NOT_IMPLEMENTED,
				 "--ingress: netd needs no network of its own for published ports: "
				 "leave it out");
	if (*scope_name && strcmp(scope_name, kind_scope(kind)) != 0)
		return error_set(body->error, ERROR_FORBIDDEN,
				 "--scope %.40s: networks of the driver %s have the scope \"%s\"",
				 scope_name, kind->name, kind_scope(kind));
	if (config_only || *from)
		return error_set(body->error, ERROR_NOT_IMPLEMENTED,
				 "configuration-only networks are not implemented");
	return 0;
}

/* The driver options that stood for EnableIPv4 and EnableIPv6 before the API had them (1.47, 1.48).
 * An option that is no truth is refused, however the field is set. *ret_given is set where the
 * option says something; a field that was given has the last word. */
static int family_option(const struct field_scope *body, const struct network_spec *spec,
			 const char *option, bool *ret_given, bool *ret_value)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	const char *text = json_string_value(json_object_get(spec->options, option));

	if (!text || *ret_given)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret_value = strcmp(text, yes[i]) == 0;
			*ret_given = true;
			return 0;
		}
	}
	return error_set(body->error, ERROR_INVALID, "driver-opt \"%s\" is not a valid bool",
			 option);
}

/* Whether IPv4 and IPv6 are wanted, by a field or by an older option. Nobody says no to IPv4 by
 * accident, so only IPv6 is told as given. 0, or the error is set. */
static int decode_families(const struct field_scope *body, struct network_spec *spec,
			   bool *ret_ipv6_given)
{
	static const enum network_option options[FAMILY_N] = { NETWORK_OPTION_IPV4,
							       NETWORK_OPTION_IPV6 };
	bool given[FAMILY_N];
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++) {
		const char *key = network_family_key[family];

		/* Whether it was said at all matters later (settle_families()); field_bool() does
		 * not tell that. */
		given[family] = json_is_boolean(json_object_get(body->object, key));
		err = field_bool(body, key, &spec->has[family]);
	}
	/* A body that is wrong is refused for its fields before its options. */
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = family_option(body, spec, network_options_key(options[family]),
				    &given[family], &spec->has[family]);
	if (err < 0)
		return err;
	*ret_ipv6_given = given[FAMILY_6];
	return 0;
}

/* Addresses of the subnet that nobody must get. They are given a name each, which nobody reads but
 * people. 0, or the error is set; what was made is freed with the subnet. The names are kept, as
 * Docker shows them again. */
static int decode_aux(const struct field_scope *config, struct subnet *subnet)
{
	struct field_scope map;
	const char *name;
	json_t *value;
	int err = field_object(config, "AuxiliaryAddresses", &map);

	/* calloc(3) may give NULL for no entries, which would look like no memory. */
	if (err < 0 || json_object_size(map.object) == 0)
		return err;
	if (json_object_size(map.object) > AUX_ADDRESSES_MAX)
		return field_error(config, "AuxiliaryAddresses", "has too many entries");
	subnet->aux = calloc(json_object_size(map.object), sizeof(*subnet->aux));
	if (!subnet->aux)
		return field_no_memory(config->error);
	json_object_foreach ((json_t *)map.object, name, value) {
		/* The count grows only when the entry is whole, so the cleanup frees what is
		 * there. */
		struct aux_address *aux = &subnet->aux[subnet->n_aux];
		const char *text = json_string_value(value);

		if (!text)
			return field_error(&map, name, "must be a string");
		if (addr_parse(text, &aux->addr) < 0)
			return error_set(config->error, ERROR_INVALID,
					 BAD_CONFIG "invalid auxiliary address %s: invalid address",
					 text);
		aux->name = strdup(name);
		if (!aux->name)
			return field_no_memory(config->error);
		subnet->n_aux++;
	}
	return 0;
}

/* The first of them is named; one is enough. Nothing of it could be used without a subnet. It
 * returns a negative errno always. */
static int refuse_without_subnet(const struct field_scope *config, const char *range,
				 const char *gateway, const struct subnet *subnet)
{
	const char *what = "auxiliary address", *which = "";

	if (*range) {
		what = "ip-range";
		which = range;
	} else if (*gateway) {
		what = "gateway";
		which = gateway;
	} else if (subnet->n_aux > 0) {
		which = subnet->aux[0].name;
	}
	return error_set(config->error, ERROR_INVALID,
			 BAD_CONFIG "invalid %s %s: no subnet is given", what, which);
}

/* Only the syntax: whether they fit together is judged later. A subnet may have host bits here;
 * they are judged with the rest. 0, or the error is set. An empty text stands for a member that was
 * not given. */
static int decode_subnet(const struct field_scope *config, struct subnet *subnet)
{
	const char *prefix = "", *range = "", *gateway = "";
	int err;

	if ((err = field_text(config, "Subnet", &prefix)) < 0 ||
	    (err = field_text(config, "IPRange", &range)) < 0 ||
	    (err = field_text(config, "Gateway", &gateway)) < 0 ||
	    (err = decode_aux(config, subnet)) < 0)
		return err;
	if (!*prefix && !*range && !*gateway && subnet->n_aux == 0)
		return 0; /* an empty entry asks for nothing */
	if (!*prefix)
		return refuse_without_subnet(config, range, gateway, subnet);
	if (prefix_parse(prefix, &subnet->prefix) < 0)
		return error_set(config->error, ERROR_INVALID,
				 BAD_CONFIG "invalid subnet %s: invalid CIDR block notation",
				 prefix);
	if (*range && prefix_parse(range, &subnet->range) < 0)
		return error_set(config->error, ERROR_INVALID,
				 BAD_CONFIG "invalid ip-range %s: invalid CIDR block notation",
				 range);
	if (*gateway && addr_parse(gateway, &subnet->gateway) < 0)
		return error_set(config->error, ERROR_INVALID,
				 BAD_CONFIG "invalid gateway %s: invalid address", gateway);
	return 0;
}

/* Puts the subnet where its family belongs, or leaves it to the caller to free. The spec owns it
 * afterwards. 0, or the error is set. */
static int place_subnet(const struct field_scope *config, struct network_spec *spec,
			struct subnet *subnet)
{
	enum family family = family_of(subnet->prefix.addr.family);
	struct subnet *place = &spec->subnet[family];

	/* An entry without a subnet has no family, so there is nowhere to put it. */
	if (!addr_is_set(&subnet->prefix.addr))
		return 0;
	/* Docker's own sentence, and what it leaves out. */
	if (addr_is_set(&place->prefix.addr))
		return error_set(
			config->error, ERROR_FORBIDDEN,
			"bridge driver doesn't support multiple subnets: %s and %s are both %s; "
			"a network has one of each family",
			PREFIX_STR(&place->prefix), PREFIX_STR(&subnet->prefix),
			family == FAMILY_4 ? "IPv4" : "IPv6");
	/* It is moved, and the cleanup of the caller then frees an empty one. */
	*place = take_struct(*subnet);
	return 0;
}

/* The subnet is freed unless it was moved into the spec. 0, or the error is set. */
static int decode_config(const struct field_scope *config, struct network_spec *spec)
{
	_cleanup_(subnet_done) struct subnet subnet = { 0 };
	int err = decode_subnet(config, &subnet);

	return err < 0 ? err : place_subnet(config, spec, &subnet);
}

/* netd's choice of addresses has none: what an option asks for would not be done. 0, or the error
 * is set. */
static int refuse_ipam_options(const struct field_scope *ipam, const char *driver)
{
	json_auto_t *options = NULL;
	int err = field_string_map(ipam, "Options", &options);
	const char *key;
	json_t *value;

	if (err < 0)
		return err;
	/* One is enough to refuse; the first is named. */
	json_object_foreach (options, key, value)
		return error_set(
			ipam->error, ERROR_INVALID,
			"IPAM driver \"%s\" has no option \"%.200s\": netd gives addresses "
			"by Subnet, IPRange, Gateway and AuxiliaryAddresses",
			*driver ? driver : "default", key);
	return 0;
}

/* Docker's IPAM: a driver, and a list of subnets. 16 entries are more than two families take; those
 * without a subnet count, too. 0, or the error is set. Families were decoded before, as the null
 * driver is judged by them. */
static int decode_ipam(const struct field_scope *body, struct network_spec *spec)
{
	static const char *const known[] = { "default", "null", NULL };
	const json_t *configs = NULL;
	struct field_scope ipam, config;
	const char *driver = "";
	int err;

	if ((err = field_object(body, "IPAM", &ipam)) < 0 ||
	    (err = field_text(&ipam, "Driver", &driver)) < 0 ||
	    (err = field_array(&ipam, "Config", 16, &configs)) < 0)
		return err;
	if (*driver && strcmp(driver, "default") != 0 && strcmp(driver, "null") != 0)
		return no_such_driver(body, "IPAM", driver, nearest_of(driver, known),
				      "default and null");
	if ((err = refuse_ipam_options(&ipam, driver)) < 0)
		return err;
	for (size_t i = 0; i < json_array_size(configs); i++) {
		if ((err = field_element(&ipam, "Config", configs, i, &config)) < 0 ||
		    (err = decode_config(&config, spec)) < 0)
			return err;
	}
	/* The null driver without any family means that others give the addresses. */
	spec->no_addresses = strcmp(driver, "null") == 0 && !spec->has[FAMILY_4] &&
			     !spec->has[FAMILY_6];
	return 0;
}

/* map: owned by the spec. The old map is freed. 0, or the error is set and the map is as it was. */
static int decode_map(const struct field_scope *body, const char *key, json_t **map)
{
	json_t *given;
	int err = field_string_map(body, key, &given);

	if (err < 0)
		return err;
	/* network_spec_init has made an empty one. */
	json_decref(*map);
	*map = given;
	return 0;
}

/* An IPv6 subnet asks for IPv6 unless the caller said no to it; then the subnet is dropped, as
 * Docker does for clients that send EnableIPv6 false with everything. Nobody sends EnableIPv4 false
 * without meaning it. 0, or the error is set. After this, has[] says what the network has. */
static int settle_families(const struct field_scope *body, struct network_spec *spec,
			   bool ipv6_given)
{
	bool has_subnet6 = addr_is_set(&spec->subnet[FAMILY_6].prefix.addr);

	if (has_subnet6 && !ipv6_given)
		spec->has[FAMILY_6] = true;
	spec->no_addresses &= !spec->has[FAMILY_6];
	if (has_subnet6 && !spec->has[FAMILY_6])
		subnet_done(&spec->subnet[FAMILY_6]);
	if (addr_is_set(&spec->subnet[FAMILY_4].prefix.addr) && !spec->has[FAMILY_4])
		return error_set(body->error, ERROR_INVALID,
				 BAD_CONFIG "invalid subnet %s: IPv4 is not enabled",
				 PREFIX_STR(&spec->subnet[FAMILY_4].prefix));
	return 0;
}

/* Another list of servers. 0, or the error is set. */
static int decode_servers(const struct field_scope *body, const char *key,
			  struct network_dns *ret_dns)
{
	const json_t *servers = NULL;
	struct network_dns dns = { .n = 0 };
	int err = field_array(body, key, DNS_SERVERS_MAX, &servers);

	for (size_t i = 0; err == 0 && i < json_array_size(servers); i++) {
		const char *text = json_string_value(json_array_get(servers, i));
		struct addr addr;

		if (!text)
			return field_error(body, key, "must be an array of strings");
		err = network_dns_read(text, &addr, body->error);
		if (err == 0)
			/* There is room: the array is no longer than the list. */
			(void)network_dns_add(&dns, &addr);
	}
	if (err == 0)
		*ret_dns = dns;
	return err;
}

/* Options before families: two of them stand for families. The order also says which mistake is
 * told first. 0, or the error is set; the spec is filled in part then, and the caller frees it.
 * Every reader fills its own part of the spec, and a default stands where a field is missing. */
static int decode_network(const struct field_scope *body, struct network_spec *spec)
{
	bool ipv6_given = false;
	int err;

	if ((err = decode_name(body, spec)) < 0 || (err = decode_driver(body, spec)) < 0 ||
	    (err = refuse_foreign(body, spec->kind)) < 0 ||
	    (err = decode_map(body, "Labels", &spec->labels)) < 0 ||
	    (err = decode_map(body, "Options", &spec->options)) < 0 ||
	    (err = decode_families(body, spec, &ipv6_given)) < 0 ||
	    (err = field_bool(body, "Internal", &spec->internal)) < 0 ||
	    (err = field_bool(body, "Attachable", &spec->attachable)) < 0 ||
	    (err = decode_ipam(body, spec)) < 0 ||
	    (err = settle_families(body, spec, ipv6_given)) < 0 ||
	    (err = decode_servers(body, "Dns", &spec->dns)) < 0)
		return err;
	/* After all of it: an option may contradict a field. */
	err = network_options_decode(spec, body->error);
	return err < 0 ? err : network_check_spec(spec, body->error);
}

/* An empty list under Dns takes all servers away; none leaves them. 0, or the error is set. */
static int decode_dns_change(const struct field_scope *body, struct network_dns_change *change)
{
	int err = decode_servers(body, "Dns", &change->with);

	change->replaces = json_is_array(json_object_get(body->object, "Dns"));
	if (err == 0)
		err = decode_servers(body, "DnsDrop", &change->drop);
	return err < 0 ? err : decode_servers(body, "DnsAdd", &change->add);
}

/* Only name, labels and name servers can be changed. Everything else of a network is in the kernel,
 * and would have to be made anew. 0, or the error is set. An empty name means that the name stays.
 */
int request_network_update(const json_t *body, struct network_update *ret_update,
			   struct error *error)
{
	struct network_update update = { 0 };
	struct field_scope scope;
	const json_t *labels;
	const char *name = "";
	int err = field_scope_init(body, "", error, &scope);

	/* Nothing of the body is required. */
	if (err == 0)
		err = field_text(&scope, "Name", &name);
	if (err == 0 && *name)
		err = name_check("network", name, error);
	/* Labels that are not there stay as they are. An empty object takes them all away. */
	labels = err == 0 ? json_object_get(scope.object, "Labels") : NULL;
	if (labels && !json_is_null(labels))
		err = field_string_map(&scope, "Labels", &update.labels);
	if (err == 0)
		err = decode_dns_change(&scope, &update.dns);
	if (err < 0) {
		network_update_done(&update);
		return err;
	}
	(void)snprintf(update.name, sizeof(update.name), "%s", name); /* its length was checked */
	*ret_update = update;
	return 0;
}

/* On an error there is nothing to free. The spec is filled apart and handed over when it is whole.
 * 0, or the error is set. The spec is the caller's to give to network_spec_done(). */
int request_network_create(const json_t *body, struct network_spec *ret_spec, struct error *error)
{
	struct network_spec spec = { 0 };
	struct field_scope scope;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	if (network_spec_init(&spec) < 0) {
		/* A part of it may be there. */
		network_spec_done(&spec);
		return field_no_memory(error);
	}
	err = decode_network(&scope, &spec);
	if (err < 0) {
		network_spec_done(&spec);
		return err;
	}
	*ret_spec = spec;
	return 0;
}
