// SPDX-License-Identifier: GPL-2.0-or-later
// network_args.c - the options of network create and update as bodies of API requests
#include "cli/body/network_args.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "cli/line/cli.h"
#include "model/network/kind.h"
#include "model/network/network_options.h"

#include <errno.h>
#include <string.h>

/* The names are those of `docker network create`, so that a line of a script works with both
 * programs. */
const struct flag network_args_flags[] = {
	{ .name = "driver",
	  .letter = 'd',
	  .value = "DRIVER",
	  .noun = NOUN_DRIVER,
	  .help = "bridge (the default), host or none" },
	{ .name = "subnet",
	  .value = "CIDR",
	  .help = "Subnet, one of each family; 0.0.0.0/24 or ::/64: any of that size" },
	{ .name = "gateway", .value = "ADDRESS", .help = "Gateway of the subnet that contains it" },
	{ .name = "ip-range",
	  .value = "CIDR",
	  .help = "Part of a subnet that addresses are chosen from" },
	{ .name = "aux-address",
	  .value = "NAME=ADDRESS",
	  .help = "Address in a subnet to leave alone; may be repeated" },
	{ .name = "dns",
	  .value = "ADDRESS",
	  .help = "Server for names netd does not know, asked for containers without --dns of "
		  "their own; may be repeated" },
	{ .name = "interface-name", .value = "NAME", .help = "Name of its bridge on the host" },
	{ .name = "outgoing-address",
	  .value = "ADDRESS",
	  .help = "What its containers leave the host with, one of each family; else the address "
		  "of the way out" },
	{ .name = "ipv4", .help = "IPv4 addresses: on unless --ipv4=false" },
	{ .name = "ipv6", .help = "IPv6 addresses" },
	{ .name = "internal", .help = "No way out of the network" },
	{ .name = "attachable", .help = "Recorded for docker's sake; every network is attachable" },
	{ .name = "label",
	  .letter = 'l',
	  .value = "KEY=VALUE",
	  .help = "Label of the network; may be repeated" },
	{ .name = "opt",
	  .letter = 'o',
	  .value = "KEY=VALUE",
	  .help = "Option of the driver: mtu, icc, masquerade, bridge, …; may be repeated" },
	{ 0 },
};

const struct flag network_args_update_flags[] = {
	{ .name = "dns-add",
	  .value = "ADDRESS",
	  .help = "One more server for names netd does not know, as of now; may be repeated" },
	{ .name = "dns-drop",
	  .value = "ADDRESS",
	  .help = "A server that is not to be asked any more; may be repeated" },
	{ 0 },
};

/* Theory of operation. Docker gives subnets, ranges, gateways and auxiliary addresses as options
 * of their own, in any order, and the API wants them together, one object for each subnet. So the
 * subnets are read first, and each of the rest goes to the subnet that contains it. */

/* config is the object of the subnet within configs, to which ranges and gateways are added. `text`
 * is borrowed from the arguments. */
struct entry {
	const char *text; /* as given */
	struct prefix prefix;
	json_t *config; /* borrowed from the array */
};

/* entry has room for as many as there are options. Both arrays are freed by entries_done(). */
struct entries {
	struct entry *entry;
	size_t n;
	json_t *configs;
};

/* It copes with an array or a list that was never made: both are NULL then. */
static void entries_done(struct entries *entries)
{
	free(entries->entry);
	json_decref(entries->configs);
}

/* netd would refuse these, too: here the sentence can name the options. A text is kept as it was
 * given, as netd shows it in messages. 0, or the error is set. The entry counts only when its
 * object is in the list, so `n` never covers an entry without one. */
static int add_subnet(struct entries *entries, const char *text, struct error *error)
{
	struct entry *entry = &entries->entry[entries->n];

	if (prefix_parse(text, &entry->prefix) < 0)
		return error_set(error, ERROR_INVALID, "--subnet '%s' is not ADDRESS/LENGTH", text);
	/* The family needs no test: prefixes of two families do not overlap. */
	for (size_t i = 0; i < entries->n; i++)
		if (prefix_overlaps(&entries->entry[i].prefix, &entry->prefix))
			return error_set(error, ERROR_INVALID, "--subnet %s overlaps --subnet %s",
					 text, entries->entry[i].text);
	entry->text = text;
	entry->config = json_object();
	if (json_array_append_new(entries->configs, entry->config) < 0)
		return error_system(error, -ENOMEM, "reading --subnet");
	entries->n++;
	return cli_set(entry->config, "Subnet", json_string(text), error);
}

/* The subnet that contains an address or prefix given by flag. NULL: error says that there is none.
 * A range or a gateway without a subnet has no object to stand in, since netd has not chosen the
 * subnet yet. */
static struct entry *find_entry(const struct entries *entries, const char *flag, const char *text,
				const struct prefix *inner, struct error *error)
{
	/* The first one that fits is the only one, since subnets that overlap were refused. */
	for (size_t i = 0; i < entries->n; i++)
		if (prefix_within(&entries->entry[i].prefix, inner))
			return &entries->entry[i];
	if (entries->n == 0)
		(void)error_set(error, ERROR_INVALID, "--%s %s needs a --subnet that contains it",
				flag, text);
	else
		(void)error_set(error, ERROR_INVALID, "--%s %s is in none of the subnets given",
				flag, text);
	return NULL;
}

/* One range and one gateway for each subnet, as the API has them. The second value would silently
 * take the place of the first in the JSON object, so it is refused, and both are named. */
static int add_once(const struct entry *entry, const char *flag, const char *key, const char *text,
		    struct error *error)
{
	const char *old = json_string_value(json_object_get(entry->config, key));

	if (old)
		return error_set(error, ERROR_INVALID, "--%s %s and --%s %s are both for subnet %s",
				 flag, old, flag, text, entry->text);
	return cli_set(entry->config, key, json_string(text), error);
}

/* A range is a prefix inside of a subnet. Its length is not compared with that of the subnet here:
 * prefix_within() fails for a range that is larger than its subnet. 0, or the error is set. */
static int add_range(const struct entries *entries, const char *text, struct error *error)
{
	struct entry *entry;
	struct prefix range;

	if (prefix_parse(text, &range) < 0)
		return error_set(error, ERROR_INVALID, "--ip-range '%s' is not ADDRESS/LENGTH",
				 text);
	entry = find_entry(entries, "ip-range", text, &range, error);
	return entry ? add_once(entry, "ip-range", "IPRange", text, error) : -EINVAL;
}

/* The result is compared with subnets as a prefix of one address. 0, or the error is set. */
static int parse_single(const char *flag, const char *text, struct prefix *ret_prefix,
			struct error *error)
{
	if (addr_parse(text, &ret_prefix->addr) < 0)
		return error_set(error, ERROR_INVALID, "--%s '%s' is not an IP address", flag,
				 text);
	/* A single address is a prefix of its full length, so one function looks for both. */
	ret_prefix->len = addr_bits(&ret_prefix->addr);
	return 0;
}

/* Which of the subnets it belongs to is said by its address. Whether the address can be a gateway
 * is netd's to judge. 0, or the error is set. */
static int add_gateway(const struct entries *entries, const char *text, struct error *error)
{
	struct prefix gateway;
	struct entry *entry;
	int err = parse_single("gateway", text, &gateway, error);

	if (err < 0)
		return err;
	entry = find_entry(entries, "gateway", text, &gateway, error);
	return entry ? add_once(entry, "gateway", "Gateway", text, error) : -EINVAL;
}

/* The name is the key; two addresses of one name would replace each other. The map is made at its
 * first entry. The name is only for people; netd keeps the address free whatever it is called. 0,
 * or the error is set. */
static int add_aux(const struct entries *entries, const char *pair, struct error *error)
{
	const char *equals = strchr(pair, '=');
	struct prefix address;
	struct entry *entry;
	json_t *aux;
	int err;

	if (!equals || equals == pair)
		return error_set(error, ERROR_INVALID, "--aux-address '%s' is not NAME=ADDRESS",
				 pair);
	err = parse_single("aux-address", equals + 1, &address, error);
	if (err < 0)
		return err;
	entry = find_entry(entries, "aux-address", pair, &address, error);
	if (!entry)
		return -EINVAL;
	aux = json_object_get(entry->config, "AuxiliaryAddresses");
	if (!aux) {
		err = cli_set(entry->config, "AuxiliaryAddresses", json_object(), error);
		aux = json_object_get(entry->config, "AuxiliaryAddresses");
	}
	return err < 0 ? err : cli_put_pair(aux, pair, "aux-address", true, error);
}

/* Subnets first, whatever the order given: the rest is matched against them. The first mistake ends
 * all loops, since each of them looks at `err` before its first round. 0, or the error is set. */
static int read_entries(const struct args *args, struct entries *entries, struct error *error)
{
	const char *text;
	size_t cursor;
	int err = 0;

	for (cursor = 0; err == 0 && (text = args_each(args, "subnet", &cursor));)
		err = add_subnet(entries, text, error);
	for (cursor = 0; err == 0 && (text = args_each(args, "ip-range", &cursor));)
		err = add_range(entries, text, error);
	for (cursor = 0; err == 0 && (text = args_each(args, "gateway", &cursor));)
		err = add_gateway(entries, text, error);
	for (cursor = 0; err == 0 && (text = args_each(args, "aux-address", &cursor));)
		err = add_aux(entries, text, error);
	return err;
}

/* Without subnets the list is empty, and netd chooses. 0, or the error is set. The driver's name is
 * sent because Docker's own client sends it. */
static int put_ipam(const struct args *args, json_t *body, struct error *error)
{
	_cleanup_(entries_done) struct entries entries = {
		/* Each subnet came with an option, so there are no more of them than options. */
		.entry = calloc(args->n_given + 1, sizeof(*entries.entry)),
		.configs = json_array(),
	};
	json_t *ipam;
	int err;

	if (!entries.entry || !entries.configs)
		return error_system(error, -ENOMEM, "reading the options");
	err = read_entries(args, &entries, error);
	if (err < 0)
		return err;
	/* "O" takes a reference of its own; the cleanup gives up the first. */
	ipam = json_pack("{s:s, s:{}, s:O}", "Driver", "default", "Options", "Config",
			 entries.configs);
	return cli_set(body, "IPAM", ipam, error);
}

/* Left out unless given: netd's configuration may say otherwise. A switch that was given with
 * =false is sent, too: it is how IPv4 is switched off. */
static int put_family(const struct args *args, json_t *body, const char *flag, const char *key,
		      struct error *error)
{
	if (!args_text(args, flag))
		return 0;
	return cli_set(body, key, json_boolean(args_switch(args, flag)), error);
}

/* One address of a list. A port or a name is what is mistaken for one most often. */
static int append_server(json_t *servers, const char *flag, const char *text, struct error *error)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0)
		return error_set(error, ERROR_INVALID, "--%s '%s' is not an IP address", flag,
				 text);
	return json_array_append_new(servers, json_string(text)) == 0
		       ? 0
		       : error_system(error, -ENOMEM, "reading --%s", flag);
}

/* As podman's, the flag takes several with commas between them, too. Left out unless given. */
static int put_servers(const struct args *args, json_t *body, const char *flag, const char *key,
		       struct error *error)
{
	json_auto_t *servers = json_array();
	const char *text;
	size_t cursor = 0;
	int err = 0;

	while (err == 0 && (text = args_each(args, flag, &cursor))) {
		_cleanup_free_ char *copy = strdup(text);
		char *rest = copy, *one;

		if (!copy)
			return error_system(error, -ENOMEM, "reading --%s", flag);
		while (err == 0 && (one = strsep(&rest, ",")))
			err = append_server(servers, flag, one, error);
	}
	if (err < 0 || json_array_size(servers) == 0)
		return err;
	return cli_set(body, key, take_ptr(servers), error);
}

/* What -o can say, too. Whoever says it twice may mean two things. */
static int put_plain(json_t *options, enum network_option option, const char *flag,
		     const char *text, struct error *error)
{
	const char *key = network_options_key(option);
	const char *short_key = network_options_short_key(option);

	if (json_object_get(options, key) || json_object_get(options, short_key))
		return error_set(error, ERROR_INVALID,
				 "--%s %s is said a second time, or with -o %s", flag, text,
				 short_key);
	return cli_set(options, key, json_string(text), error);
}

/* Options that have a flag of their own. 0, or the error is set. */
static int put_plain_options(const struct args *args, json_t *options, struct error *error)
{
	static const enum network_option outgoing[FAMILY_N] = { NETWORK_OPTION_SNAT4,
								NETWORK_OPTION_SNAT6 };
	const char *text = args_text(args, "interface-name");
	struct addr addr;
	size_t cursor = 0;
	int err = text ? put_plain(options, NETWORK_OPTION_BRIDGE, "interface-name", text, error)
		       : 0;

	while (err == 0 && (text = args_each(args, "outgoing-address", &cursor))) {
		if (addr_parse(text, &addr) < 0)
			return error_set(error, ERROR_INVALID,
					 "--outgoing-address '%s' is not an IP address", text);
		err = put_plain(options, outgoing[family_of(addr.family)], "outgoing-address", text,
				error);
	}
	return err;
}

/* Both are maps of texts. A value may be missing, as in "--label x". cli_set() owns each map from
 * the moment of the call, so there is nothing to free after an error. 0, or the error is set. */
static int put_maps(const struct args *args, json_t *body, struct error *error)
{
	json_t *options = NULL, *labels = NULL;
	int err = cli_pairs(args, "opt", false, &options, error);

	if (err == 0)
		err = cli_set(body, "Options", options, error);
	if (err == 0) /* the map is the body's by now, and goes with it */
		err = put_plain_options(args, options, error);
	if (err == 0)
		err = cli_pairs(args, "label", false, &labels, error);
	return err < 0 ? err : cli_set(body, "Labels", labels, error);
}

/* The order of the keys is that of Docker's client. The name is not judged here: netd has the rules
 * for names. The body is the caller's, and on an error there is none. */
int network_args_body(const struct args *args, json_t **ret_body, struct error *error)
{
	const char *driver = args_text(args, "driver");
	json_auto_t *body = json_object();
	int err;

	/* An empty driver is the default, as docker's CLI takes it; "null" and "none" are one
	 * kind. */
	if (!driver || !*driver)
		driver = kind_default()->name;
	driver = kind_name_of(driver);
	err = cli_set(body, "Name", json_string(args->operands[0]), error);
	if (err == 0)
		err = cli_set(body, "Driver", json_string(driver), error);
	if (err == 0)
		err = put_ipam(args, body, error);
	if (err == 0)
		err = put_family(args, body, "ipv4", "EnableIPv4", error);
	if (err == 0)
		err = put_family(args, body, "ipv6", "EnableIPv6", error);
	if (err == 0)
		err = cli_set(body, "Internal", json_boolean(args_switch(args, "internal")), error);
	if (err == 0)
		err = cli_set(body, "Attachable", json_boolean(args_switch(args, "attachable")),
			      error);
	if (err == 0)
		err = put_maps(args, body, error);
	if (err == 0)
		err = put_servers(args, body, "dns", "Dns", error);
	if (err == 0)
		*ret_body = take_ptr(body);
	return err;
}

int network_args_update_body(const struct args *args, json_t **ret_body, struct error *error)
{
	json_auto_t *body = json_object();
	int err = put_servers(args, body, "dns-drop", "DnsDrop", error);

	if (err == 0)
		err = put_servers(args, body, "dns-add", "DnsAdd", error);
	if (err == 0 && json_object_size(body) == 0)
		err = error_set(error, ERROR_INVALID,
				"nothing is to be changed: say --dns-add ADDRESS or --dns-drop "
				"ADDRESS");
	if (err == 0)
		*ret_body = take_ptr(body);
	return err;
}
