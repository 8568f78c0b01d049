// SPDX-License-Identifier: GPL-2.0-or-later
// container_args.c - the options of attach, run, connect and port as bodies of API requests
#include "cli/body/container_args.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "cli/line/cli.h"
#include "client/calls.h"
#include "model/container/container.h"
#include "model/container/endpoint_route.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/text/name.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Options become the body of one API request; netd judges them. Checked
 * here is only what netd cannot say well, since it sees the body and not the command line: its
 * sentence would name a field, and the user wants to hear the option. --network has its
 * settings in its own text, as Docker has it; the plain options (--ip, --alias) are for the
 * first network. Grammar of --network, which docker's CLI has in another form:
 *
 * NET [ ":" KEY=VALUE *( "," KEY=VALUE ) ] */

/* The flags of connect. The table is shown by --help and read by completion, so its order is that
 * in which a user meets the flags. */
const struct flag container_args_endpoint_flags[] = {
	{ .name = "ip", .value = "ADDRESS", .help = "IPv4 address" },
	{ .name = "ip6", .value = "ADDRESS", .help = "IPv6 address" },
	{ .name = "link-local-ip",
	  .value = "ADDRESS",
	  .help = "Another address of the interface, of 169.254.0.0/16 or fe80::/10; may be "
		  "repeated" },
	{ .name = "mac-address", .value = "MAC", .help = "MAC address" },
	{ .name = "alias",
	  .value = "NAME",
	  .help = "Another name of the container on the network; may be repeated" },
	{ .name = "link",
	  .value = "CONTAINER[:ALIAS]",
	  .help = "Name of another container that only this one sees; may be repeated" },
	{ .name = "driver-opt",
	  .value = "KEY=VALUE",
	  .help = "Option of the driver for this connection; may be repeated" },
	{ .name = "service",
	  .value = "NAME",
	  .noun = NOUN_SERVICE,
	  .help = "Service of the network to stand behind; may be repeated" },
	{ .name = "bandwidth",
	  .value = "LIMITS",
	  .help = "What it receives and sends at the most, as in=10mbit,out=5mbit" },
	{ .name = "ifname", .value = "NAME", .help = "Name of the interface in the container" },
	{ .name = "gw-priority",
	  .value = "NUMBER",
	  .help = "The network with the highest one gives the default route" },
	{ .name = "route",
	  .value = "DEST,VIA[,METRIC]",
	  .help = "Route inside, as 10.9.0.0/16,10.20.0.9; VIA may be blackhole; may be "
		  "repeated" },
	{ .name = "metric",
	  .value = "NUMBER",
	  .help = "Metric of the default route, beside that of another network" },
	{ .name = "no-default-route", .help = "No default route" },
	{ .name = "host-interface-name",
	  .value = "NAME",
	  .help = "Name of the interface's other end, on the host" },
	{ 0 },
};

/* The flags of attach and run. Those of an endpoint are repeated here with other words, because
 * here they speak of the first network. */
const struct flag container_args_flags[] = {
	{ .name = "network",
	  .value = "NET[:KEY=VALUE,…]",
	  .noun = NOUN_NETWORK,
	  .help = "Network to be on, in order; keys: ip ip6 link-local-ip mac alias ifname "
		  "priority, or an option of the driver; container:NAME is for run alone" },
	{ .name = "ip", .value = "ADDRESS", .help = "IPv4 address on the first network" },
	{ .name = "ip6", .value = "ADDRESS", .help = "IPv6 address on the first network" },
	{ .name = "link-local-ip",
	  .value = "ADDRESS",
	  .help = "Another, link-local address on the first network; may be repeated" },
	{ .name = "mac-address", .value = "MAC", .help = "MAC address on the first network" },
	{ .name = "alias",
	  .value = "NAME",
	  .help = "Another name on the first network; may be repeated" },
	{ .name = "route",
	  .value = "DEST,VIA[,METRIC]",
	  .help = "Route by the first network, as 10.9.0.0/16,10.20.0.9; VIA may be blackhole; may "
		  "be "
		  "repeated" },
	{ .name = "metric",
	  .value = "NUMBER",
	  .help = "Metric of the default route by the first network, beside that of another "
		  "network" },
	{ .name = "no-default-route", .help = "No default route by the first network" },
	{ .name = "host-interface-name",
	  .value = "NAME",
	  .help = "Name of the interface's other end on the host, on the first network" },
	{ .name = "link",
	  .value = "CONTAINER[:ALIAS]",
	  .noun = NOUN_CONTAINER,
	  .help = "Name of another container that only this one sees; may be repeated" },
	{ .name = "publish",
	  .letter = 'p',
	  .value = "[[IP:]PORT:]PORT[/PROTO]",
	  .help = "Publish a port, or a range of ports, on the host; may be repeated" },
	{ .name = "hostname", .value = "NAME", .help = "Host name inside; else the short id" },
	{ .name = "dns",
	  .value = "ADDRESS",
	  .help = "Server for names netd does not know; may be repeated" },
	{ .name = "dns-search",
	  .value = "DOMAIN",
	  .help = "Domain to complete short names with; may be repeated" },
	{ .name = "dns-option",
	  .value = "OPTION",
	  .help = "Line for options in resolv.conf; may be repeated" },
	{ .name = "add-host",
	  .value = "NAME:ADDRESS",
	  .help = "Line for the hosts file; host-gateway is an address too; may be repeated" },
	{ .name = "label",
	  .letter = 'l',
	  .value = "KEY=VALUE",
	  .help = "Label of the container; may be repeated" },
	{ .name = "service",
	  .value = "NAME",
	  .noun = NOUN_SERVICE,
	  .help = "Service to stand behind, on whichever network it is; may be repeated" },
	{ .name = "bandwidth",
	  .value = "LIMITS",
	  .help = "What it receives and sends at the most on each network, as "
		  "in=10mbit,out=5mbit" },
	{ .name = "id",
	  .value = "ID",
	  .help = "Id of the container: 64 hex digits; else a random one" },
	{ 0 },
};

/* The object at key, made when it is not there. NULL: out of memory. The result belongs to the
 * object. A NULL is passed on to cli_set() or append(), which fail with it. The parent may be NULL
 * as well; jansson then refuses the set, and the new value is freed by that. */
static json_t *child(json_t *object, const char *key)
{
	/* Two options may go into one object, so it is looked for first. */
	json_t *value = json_object_get(object, key);

	if (!value) {
		value = json_object();
		if (json_object_set_new(object, key, value) < 0)
			return NULL;
	}
	return value;
}

/* A list that is made at its first entry, so that an option that was not given leaves no key. 0, or
 * the error is set. The list has the order of the command line, which matters for name servers and
 * for aliases. A key that has a list already gets one entry more. */
static int append(json_t *object, const char *key, const char *text, struct error *error)
{
	json_t *array = json_object_get(object, key);

	if (!array) {
		array = json_array();
		if (json_object_set_new(object, key, array) < 0)
			return error_system(error, -ENOMEM, "reading the options");
	}
	/* jansson makes no string of what is not UTF-8, so the append fails. */
	if (json_array_append_new(array, json_string(text)) == 0)
		return 0;
	return error_set(error, ERROR_INVALID, "'%s' is not valid UTF-8", text);
}

/* flag is the option as the user has typed it; asked is the key of the API for that family. An
 * address of the wrong family is refused here, since netd's message would name the key of the API
 * and not the option. */
static int put_address(json_t *settings, const char *flag, enum family family, const char *text,
		       struct error *error)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0 || addr.family != family_af(family))
		return error_set(error, ERROR_INVALID, "%s '%s' is not an %s address", flag, text,
				 family_name(family));
	return cli_set(child(settings, "IPAMConfig"), calls_family[family].asked, json_string(text),
		       error);
}

/* The text is sent as it was given, once it is known to be one. The same is done for the flag and
 * for the key of --network; `flag` says which of them the message is to name. */
static int put_mac(json_t *settings, const char *flag, const char *text, struct error *error)
{
	struct mac mac;

	if (mac_parse(text, &mac) < 0)
		return error_set(error, ERROR_INVALID, "%s '%s' is not a MAC address", flag, text);
	return cli_set(settings, "MacAddress", json_string(text), error);
}

/* The range is that of an int, which netd has for it. It is used for the gateway's priority alone.
 * A negative one is allowed and ranks below the default of 0. */
static int put_number(json_t *settings, const char *flag, const char *text, struct error *error)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	/* strtol(3) takes "12x" up to the x, so the end is looked at. */
	if (errno != 0 || end == text || *end || value < INT32_MIN || value > INT32_MAX)
		return error_set(error, ERROR_INVALID, "%s '%s' is not a number", flag, text);
	return cli_set(settings, "GwPriority", json_integer(value), error);
}

/* Options of drivers are texts, whatever they mean. The key and the value go to the driver as they
 * are; a driver that does not know the key refuses it by its name. */
static int put_option(json_t *settings, const char *key, const char *text, struct error *error)
{
	return cli_set(child(settings, "DriverOpts"), key, json_string(text), error);
}

/* An interface's name is an option of the driver in docker's API. 0, or the error is set; so do all
 * put functions of this file. */
static int put_ifname(json_t *settings, const char *text, struct error *error)
{
	return put_option(settings, NETD_OPTION_IFNAME, text, error);
}

/* The list of sysctls has commas of its own: what stands behind one goes on with it.
 * "net.ipv4.conf.IFNAME.x=1,net.ipv4.conf.IFNAME.y=0" was cut at the comma before. 0, or the error
 * is set. It is only called for a piece that begins with "net.", which no key of --network does. */
static int put_more_sysctls(json_t *settings, const char *key, const char *value,
			    struct error *error)
{
	json_t *options = child(settings, "DriverOpts");
	const char *list = json_string_value(json_object_get(options, ENDPOINT_SYSCTLS));

	if (!list)
		return error_set(error, ERROR_INVALID,
				 "--network: '%s' belongs into the list of " ENDPOINT_SYSCTLS, key);
	/* The new text takes the place of the old, which is freed; json_sprintf() has read it
	 * by then. */
	return cli_set(options, ENDPOINT_SYSCTLS, json_sprintf("%s,%s=%s", list, key, value),
		       error);
}

/* One KEY=VALUE of --network. The pair was taken apart by the caller, and neither side is empty. 0,
 * or the error is set. A key has the meaning of the flag of that name; mac and priority are short
 * for --mac-address and --gw-priority. */
static int put_key(json_t *settings, const char *key, const char *value, struct error *error)
{
	if (strcmp(key, "ip") == 0)
		return put_address(settings, "--network …:ip", FAMILY_4, value, error);
	if (strcmp(key, "ip6") == 0)
		return put_address(settings, "--network …:ip6", FAMILY_6, value, error);
	if (strcmp(key, "link-local-ip") == 0)
		return append(child(settings, "IPAMConfig"), "LinkLocalIPs", value, error);
	if (strcmp(key, "mac") == 0)
		return put_mac(settings, "--network …:mac", value, error);
	if (strcmp(key, "alias") == 0)
		return append(settings, "Aliases", value, error);
	if (strcmp(key, "ifname") == 0)
		return put_ifname(settings, value, error);
	if (strcmp(key, "priority") == 0)
		return put_number(settings, "--network …:priority", value, error);
	if (strncmp(key, "net.", 4) == 0)
		return put_more_sysctls(settings, key, value, error);
	/* Keys of drivers have a dot and ours have none, so a misspelled key is told from a
	 * driver's. */
	if (strchr(key, '.'))
		return put_option(settings, key, value, error);
	return error_set(error, ERROR_INVALID,
			 "--network knows ip, ip6, link-local-ip, mac, alias, ifname and priority, "
			 "not '%s'",
			 key);
}

/* One --network: "NET[:ip=…,ip6=…,mac=…,alias=…,ifname=…,priority=…]", added to networks. The copy
 * is cut by strsep(3) while it is read. A network without settings gets an empty object, which asks
 * netd for its defaults. An error may leave the object half filled; the caller gives up the whole
 * body then. */
static int container_args_network(json_t *networks, const char *text, struct error *error)
{
	_cleanup_free_ char *copy = strdup(text);
	json_t *settings;
	char *rest = copy, *name, *pair;
	int err = 0;

	if (!copy)
		return error_system(error, -ENOMEM, "reading --network");
	/* The name ends at the first colon. Later ones belong to values, such as a MAC address. */
	name = strsep(&rest, ":");
	if (!*name)
		return error_set(error, ERROR_INVALID, "--network '%s' names no network", text);
	/* An object has each name once: the second would take the place of the first without a
	 * word. */
	if (json_object_get(networks, name))
		/* Which of the two is meant cannot be told. */
		return error_set(error, ERROR_INVALID, "--network %s is given twice", name);
	settings = child(networks, name);
	if (!settings)
		return error_set(error, ERROR_INVALID, "--network '%s' is not valid UTF-8", text);
	if (strcmp(name, "container") == 0 && rest && !strchr(rest, '='))
		return error_set(error, ERROR_INVALID,
				 "--network %s is for netctl run, and goes with no other network: "
				 "a namespace that containers share is attached already",
				 text);
	while (err == 0 && (pair = strsep(&rest, ","))) {
		char *value = strchr(pair, '=');

		if (!value || !value[1])
			/* A key without a value would be sent as an empty one. */
			return error_set(error, ERROR_INVALID,
					 "--network '%s': '%s' is not KEY=VALUE", text, pair);
		*value = '\0';
		err = put_key(settings, pair, value + 1, error);
	}
	return err;
}

/* Flags that may be repeated, each into an array of the settings. A flag that was not given leaves
 * the object without the key. */
static int put_each(const struct args *args, const char *flag, json_t *object, const char *key,
		    struct error *error)
{
	const char *text;
	size_t cursor = 0;
	int err = 0;

	while (err == 0 && (text = args_each(args, flag, &cursor))) {
		/* "" would be refused by netd without the option's name. */
		if (!*text)
			return error_set(error, ERROR_INVALID, "--%s wants a value", flag);
		err = append(object, key, text, error);
	}
	return err;
}

/* The flags that connect, attach and run have in common. In the order in which mistakes are best
 * told; the API does not mind. Each step is done only when all before it succeeded, so the error is
 * that of the first mistake. */
static int put_endpoint(const struct args *args, json_t *settings, struct error *error)
{
	const char *ip = args_text(args, "ip"), *ip6 = args_text(args, "ip6");
	const char *mac = args_text(args, "mac-address");
	int err = put_each(args, "alias", settings, "Aliases", error);

	if (err == 0)
		err = put_each(args, "link", settings, "Links", error);
	if (err == 0 && args_text(args, "link-local-ip"))
		err = put_each(args, "link-local-ip", child(settings, "IPAMConfig"), "LinkLocalIPs",
			       error);
	if (err == 0 && ip)
		err = put_address(settings, "--ip", FAMILY_4, ip, error);
	if (err == 0 && ip6)
		err = put_address(settings, "--ip6", FAMILY_6, ip6, error);
	if (err == 0 && mac)
		err = put_mac(settings, "--mac-address", mac, error);
	return err;
}

/* A service is named by a label, or by an option of the driver, which is one text for all of them.
 * One that was given as such stays the first. */
static int put_services(const struct args *args, json_t *texts, struct error *error)
{
	_cleanup_(buf_done) struct buf list = { 0 };
	const char *text = json_string_value(json_object_get(texts, SERVICE_LABEL));
	size_t cursor = 0;
	int err = 0;

	if (!args_text(args, "service"))
		return 0;
	if (text)
		buf_puts(&list, text);
	while (err == 0 && (text = args_each(args, "service", &cursor))) {
		err = name_check("service", text, error);
		buf_printf(&list, "%s%s", list.len > 0 ? "," : "", text);
	}
	if (err == 0 && list.err < 0)
		err = error_system(error, list.err, "reading --service");
	return err < 0 ? err : cli_set(texts, SERVICE_LABEL, json_string(list.data), error);
}

/* A label of the container, or an option of one connection. It is read here to be refused by the
 * name of the flag. */
static int put_bandwidth(const struct args *args, json_t *texts, struct error *error)
{
	const char *text = args_text(args, "bandwidth");
	struct bandwidth bandwidth;
	int err = text ? bandwidth_read(text, &bandwidth, error) : 0;

	if (err == 0 && text)
		err = cli_set(texts, BANDWIDTH_LABEL, json_string(text), error);
	else if (err < 0)
		error_prefix(error, "--bandwidth");
	return err;
}

/* One --route as the option has it: "DEST via VIA metric N", or "blackhole DEST metric N". Read
 * here to be refused by the name of the flag. */
static int add_route(struct buf *list, const char *text, struct error *error)
{
	_cleanup_(buf_done) struct buf route = { 0 };
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *dest = strsep(&rest, ",="), *via = strsep(&rest, ",");
	struct endpoint_route ignored;
	const char *metric = rest, *read;
	bool is_type = false;

	for (int type = 0; via && type < ENDPOINT_ROUTE_N_TYPES; type++)
		is_type |= strcmp(via, endpoint_route_type_name[type]) == 0;
	if (is_type)
		buf_printf(&route, "%s %s", via, dest);
	else
		buf_printf(&route, "%s via %s", copy ? dest : "", via ? via : "");
	if (metric)
		buf_printf(&route, " metric %s", metric);
	read = route.data;
	if (!copy || route.err < 0)
		return error_system(error, -ENOMEM, "reading --route");
	if (strpbrk(read, ",") || endpoint_route_next(&read, &ignored, NULL) <= 0)
		return error_set(error, ERROR_INVALID,
				 "--route '%s' is not DESTINATION,GATEWAY[,METRIC], as in "
				 "10.9.0.0/16,10.20.0.9,50; blackhole, unreachable or prohibit may "
				 "stand for the gateway",
				 text);
	buf_printf(list, "%s%s", list->len > 0 ? "," : "", route.data);
	return 0;
}

/* Behind those that the option itself has said. */
static int put_routes(const struct args *args, json_t *settings, struct error *error)
{
	_cleanup_(buf_done) struct buf list = { 0 };
	const char *text = json_string_value(
		json_object_get(json_object_get(settings, "DriverOpts"), NETD_OPTION_ROUTES));
	size_t cursor = 0;
	int err = 0;

	if (!args_text(args, "route"))
		return 0;
	if (text)
		buf_puts(&list, text);
	while (err == 0 && (text = args_each(args, "route", &cursor)))
		err = add_route(&list, text, error);
	if (err == 0 && list.err < 0)
		err = error_system(error, list.err, "reading --route");
	return err < 0 ? err : put_option(settings, NETD_OPTION_ROUTES, list.data, error);
}

/* Options of the driver that have a flag of their own. What a metric or a name can be is netd's to
 * say. */
static int put_plain_options(const struct args *args, json_t *settings, struct error *error)
{
	const char *metric = args_text(args, "metric");
	const char *name = args_text(args, "host-interface-name");
	int err = put_routes(args, settings, error);

	if (err == 0 && metric)
		err = put_option(settings, NETD_OPTION_METRIC, metric, error);
	if (err == 0 && args_switch(args, "no-default-route"))
		err = put_option(settings, NETD_OPTION_DEFAULT_ROUTE, "false", error);
	return err == 0 && name ? put_option(settings, NETD_OPTION_HOST_IFNAME, name, error) : err;
}

/* DriverOpts are set as a whole, so the options that are keys of it come behind. The settings are
 * the caller's. They are the EndpointConfig of POST /networks/NAME/connect. */
int container_args_endpoint(const struct args *args, json_t **ret_settings, struct error *error)
{
	const char *ifname = args_text(args, "ifname"), *priority = args_text(args, "gw-priority");
	json_auto_t *settings = json_object(), *options = NULL;
	int err = put_endpoint(args, settings, error);

	if (err == 0)
		err = cli_pairs(args, "driver-opt", false, &options, error);
	if (err == 0)
		err = put_services(args, options, error);
	if (err == 0)
		err = put_bandwidth(args, options, error);
	if (err == 0)
		err = cli_set(settings, "DriverOpts", take_ptr(options), error);
	if (err == 0 && ifname)
		err = put_ifname(settings, ifname, error);
	if (err == 0 && priority)
		err = put_number(settings, "--gw-priority", priority, error);
	if (err == 0)
		err = put_plain_options(args, settings, error);
	if (err == 0)
		*ret_settings = take_ptr(settings);
	return err;
}

/* Without --network that is "bridge", as netd itself would choose. The plain options go to the
 * first network, whichever that is. The same network given twice is refused in
 * container_args_network(), so the order of the object is the order of interfaces in the
 * container. */
static int put_networks(const struct args *args, json_t *body, struct error *error)
{
	json_t *networks = child(body, "Networks");
	const char *text, *first = args_text(args, "network");
	size_t cursor = 0;
	int err = 0;

	if (!networks)
		return error_system(error, -ENOMEM, "reading --network");
	while (err == 0 && (text = args_each(args, "network", &cursor)))
		err = container_args_network(networks, text, error);
	if (err == 0 && !first)
		err = container_args_network(networks, "bridge", error);
	if (err < 0)
		return err;
	/* The first of the object is the first that was given: jansson keeps the order. */
	err = put_endpoint(args, json_object_iter_value(json_object_iter(networks)), error);
	if (err < 0)
		return err;
	return put_plain_options(args, json_object_iter_value(json_object_iter(networks)), error);
}

/* The key is "80/tcp"; each has a list, as a port may be published at several addresses. A port
 * without a host port gets an empty text there. netd chooses a free port for it, as Docker does. 0,
 * or the error is set. */
static int add_binding(json_t *bindings, const struct port_binding *binding, struct error *error)
{
	char key[32], port[16] = "";
	json_t *array, *entry;

	(void)snprintf(key, sizeof(key), "%u/%s", binding->container_port,
		       port_protocol_name(binding->protocol));
	/* A range of the host is left to netd, which chooses one of it. */
	if (binding->host_port && binding->host_port_end > binding->host_port)
		(void)snprintf(port, sizeof(port), "%u-%u", binding->host_port,
			       binding->host_port_end);
	else if (binding->host_port)
		(void)snprintf(port, sizeof(port), "%u", binding->host_port);
	array = json_object_get(bindings, key);
	if (!array) {
		array = json_array();
		if (json_object_set_new(bindings, key, array) < 0)
			return error_system(error, -ENOMEM, "reading the ports");
	}
	/* An address that is left open is "". */
	entry = json_pack("{s:s, s:s}", "HostIp", ADDR_STR(&binding->host_addr), "HostPort", port);
	if (json_array_append_new(array, entry) < 0)
		return error_system(error, -ENOMEM, "reading the ports");
	return 0;
}

/* texts ends in NULL. Ranges are taken apart by port_binding_parse(), so each binding has one port
 * inside. 0 and an object that is the caller's, or the error is set. */
int container_args_ports(const char *const *texts, json_t **ret_bindings, struct error *error)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	json_auto_t *object = json_object();
	size_t n = 0;
	int err = object ? 0 : error_system(error, -ENOMEM, "reading the ports");

	for (; err == 0 && *texts; texts++)
		err = port_binding_parse(*texts, &bindings, &n, error);
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_binding(object, &bindings[i], error);
	if (err == 0)
		*ret_bindings = take_ptr(object);
	return err;
}

/* The texts point into argv. Without --publish the key is left out, and nothing is published. */
static int put_ports(const struct args *args, json_t *body, struct error *error)
{
	/* As many as options were given, and a NULL at the end. */
	_cleanup_free_ const char **texts = calloc(args->n_given + 1, sizeof(*texts));
	json_t *bindings = NULL;
	size_t cursor = 0, n = 0;
	int err;

	if (!texts)
		return error_system(error, -ENOMEM, "reading --publish");
	while ((texts[n] = args_each(args, "publish", &cursor)))
		n++;
	if (n == 0)
		return 0;
	err = container_args_ports(texts, &bindings, error);
	/* The caller of this one knows the option; container_args_ports() is called for words
	 * without one, too. */
	if (err < 0) {
		error_prefix(error, "--publish");
		return err;
	}
	return cli_set(body, "PortBindings", bindings, error);
}

/* What they mean is netd's to say; here they are lists of texts. An extra host may name
 * host-gateway instead of an address, so none of these texts is parsed here. */
static int put_dns(const struct args *args, json_t *body, struct error *error)
{
	int err = put_each(args, "dns", body, "Dns", error);

	if (err == 0)
		err = put_each(args, "dns-search", body, "DnsSearch", error);
	if (err == 0)
		err = put_each(args, "dns-option", body, "DnsOptions", error);
	if (err == 0)
		err = put_each(args, "add-host", body, "ExtraHosts", error);
	return err;
}

/* An option that was not given leaves its key out, so that netd's own default holds. The body is
 * that of POST /netd/v1/containers without the pid or the path of the namespace, which the command
 * adds. On an error nothing is returned and everything is freed. */
int container_args_body(const struct args *args, json_t **ret_body, struct error *error)
{
	const char *hostname = args_text(args, "hostname"), *id = args_text(args, "id");
	json_auto_t *body = json_object(), *labels = NULL;
	int err = body ? put_networks(args, body, error)
		       : error_system(error, -ENOMEM, "reading the options");

	if (err == 0)
		err = put_ports(args, body, error);
	if (err == 0)
		err = put_dns(args, body, error);
	if (err == 0)
		err = cli_pairs(args, "label", false, &labels, error);
	if (err == 0)
		err = put_services(args, labels, error);
	if (err == 0)
		err = put_bandwidth(args, labels, error);
	if (err == 0)
		err = cli_set(body, "Labels", take_ptr(labels), error);
	if (err == 0 && hostname)
		err = cli_set(body, "Hostname", json_string(hostname), error);
	if (err == 0 && id)
		err = cli_set(body, "Id", json_string(id), error);
	if (err == 0)
		*ret_body = take_ptr(body);
	return err;
}

int container_args_shared(const struct args *args, const char **ret_name, struct error *error)
{
	static const char mode[] = "container:";
	size_t cursor = 0;
	const char *text = args_each(args, "network", &cursor);

	*ret_name = NULL;
	/* "container:ip=…" is a network of that name. */
	if (!text || strncmp(text, mode, strlen(mode)) != 0 || strchr(text, '='))
		return 0;
	*ret_name = text + strlen(mode);
	if (!**ret_name)
		return error_set(error, ERROR_INVALID, "--network %s names no container", text);
	for (const struct flag *flag = container_args_flags; flag->name; flag++) {
		cursor = 0;
		if (strcmp(flag->name, "network") == 0
			    ? args_each(args, flag->name, &cursor) &&
				      args_each(args, flag->name, &cursor)
			    : args_text(args, flag->name) != NULL)
			return error_set(error, ERROR_INVALID,
					 "--%s does not go with --network %s: network, names and "
					 "ports are those of %s, which they are given to",
					 flag->name, text, *ret_name);
	}
	return 0;
}

/* The text is "CONTAINER" or "CONTAINER:ALIAS". 0 says that the container is there, or that netd is
 * to judge the text. The answer itself is not wanted, only whether there is one. */
static int check_link(struct cli *cli, const char *link, struct error *error)
{
	_cleanup_free_ char *name = strndup(link, strcspn(link, ":"));
	_cleanup_(buf_done) struct buf path = { 0 };
	struct addr addr;
	int err;

	/* netd says what is wrong with it; an address is the name of no container */
	if (!name || !*name || addr_parse(name, &addr) == 0)
		return 0;
	cli_path(&path, "/containers/", name, "/json");
	err = path.err < 0 ? error_system(error, path.err, "finding %s", name)
			   : cli_call(cli, "GET", path.data, NULL, NULL, error);
	if (err < 0)
		error_prefix(error, "--link %s", link);
	return err;
}

/* The first that is not there ends it, before anything is attached. A link to nobody is most often
 * a typing mistake. */
int container_args_check_links(struct cli *cli, const struct args *args, struct error *error)
{
	const char *link;
	size_t cursor = 0;
	int err = 0;

	while (err == 0 && (link = args_each(args, "link", &cursor)))
		err = check_link(cli, link, error);
	return err;
}
