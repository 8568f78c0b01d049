// SPDX-License-Identifier: GPL-2.0-or-later
// service.c - netctl service: create, update, ls, rm (service inspect is in inspect.c)
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"
#include "cli/show/rows.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A port of a service is written as one that is published, for it is the same
 * thought: outside, a colon, inside. So it has the same parser, which also knows of addresses and
 * of choices; these a service does not have. */

/* What an option says of one port. 0, or the error is set. */
typedef int (*port_option)(json_t *ports, const char *flag, const char *text,
			   const struct port_binding *binding, struct error *error);

/* All that was given of an option, in order. A range is as many ports. */
static int each_port(const struct args *args, const char *flag, json_t *ports, port_option one,
		     struct error *error)
{
	const char *text;
	size_t cursor = 0;
	int err = 0;

	while (err == 0 && (text = args_each(args, flag, &cursor))) {
		_cleanup_free_ struct port_binding *bindings = NULL;
		size_t n = 0;

		err = port_binding_parse(text, &bindings, &n, error);
		for (size_t i = 0; err == 0 && i < n; i++)
			err = one(ports, flag, text, &bindings[i], error);
	}
	return err;
}

/* Of two ports in a binding the first one; of one, that. */
static uint16_t outer_port(const struct port_binding *binding)
{
	return binding->host_port ? binding->host_port : binding->container_port;
}

static int check_plain(const char *flag, const char *text, const struct port_binding *binding,
		       struct error *error)
{
	if (binding->host_addr.family != 0 || binding->host_port_end != binding->host_port)
		return error_set(error, ERROR_INVALID, "--%s '%s' is not PORT[:PORT][/PROTOCOL]",
				 flag, text);
	return 0;
}

static int add_port(json_t *ports, const char *flag, const char *text,
		    const struct port_binding *binding, struct error *error)
{
	json_t *object;
	int err = check_plain(flag, text, binding, error);

	if (err < 0)
		return err;
	object = json_pack("{s:i, s:i, s:s}", "Port", outer_port(binding), "Target",
			   binding->container_port, "Protocol",
			   port_protocol_name(binding->protocol));
	return json_array_append_new(ports, object) < 0
		       ? error_system(error, -ENOMEM, "reading --port")
		       : 0;
}

/* All of --port. 0 and an array that is the caller's, or the error is set. */
static int make_ports(const struct args *args, json_t **ret_ports, struct error *error)
{
	json_auto_t *ports = json_array();
	int err = each_port(args, "port", ports, add_port, error);

	if (err == 0)
		*ret_ports = take_ptr(ports);
	return err;
}

/* --- published ports -------------------------------------------------------------------------- */

static json_int_t number_of(const json_t *port, const char *key)
{
	return json_integer_value(json_object_get(port, key));
}

/* The port of the service that is meant: by its number, or the only one there is. With a protocol
 * in the text it is of that. NULL: none, or not known which. */
static json_t *port_meant(const json_t *ports, const char *text, const struct port_binding *binding)
{
	uint16_t number = binding->host_port ? binding->container_port : 0;
	const char *protocol = port_protocol_name(binding->protocol);
	json_t *port, *meant = NULL;
	size_t i;

	json_array_foreach (ports, i, port) {
		if ((number != 0 || strchr(text, '/')) &&
		    strcmp(cli_str(port, "Protocol"), protocol) != 0)
			continue;
		if (number != 0 && number_of(port, "Port") != number)
			continue;
		if (meant)
			return NULL;
		meant = port;
	}
	return meant;
}

/* Into the object of the port that it is of. */
static int publish_one(json_t *ports, const char *flag, const char *text,
		       const struct port_binding *binding, struct error *error)
{
	uint16_t publish = outer_port(binding);
	json_t *port;
	int err = check_plain(flag, text, binding, error);

	if (err < 0)
		return err;
	port = port_meant(ports, text, binding);
	if (!port)
		return error_set(error, ERROR_INVALID,
				 "--%s '%s': the service has no such port, or several: say which, "
				 "as in %u:80",
				 flag, text, publish);
	if (number_of(port, "Publish") != 0 && number_of(port, "Publish") != publish)
		return error_set(error, ERROR_INVALID,
				 "--%s '%s': port %lld/%s of the service is published as %lld",
				 flag, text, (long long)number_of(port, "Port"),
				 cli_str(port, "Protocol"), (long long)number_of(port, "Publish"));
	return cli_set(port, "Publish", json_integer(publish), error);
}

static int unpublish_one(json_t *ports, const char *flag, const char *text,
			 const struct port_binding *binding, struct error *error)
{
	uint16_t publish = outer_port(binding);
	bool found = false;
	json_t *port;
	size_t i;

	json_array_foreach (ports, i, port) {
		if (number_of(port, "Publish") != publish ||
		    (strchr(text, '/') &&
		     strcmp(cli_str(port, "Protocol"), port_protocol_name(binding->protocol)) != 0))
			continue;
		(void)json_object_del(port, "Publish"); /* it is there */
		found = true;
	}
	return found ? 0
		     : error_set(error, ERROR_INVALID,
				 "--%s '%s': the service publishes no such port", flag, text);
}

/* A port that stays is published as it was. */
static int keep_published(const json_t *before, const json_t *ports, struct error *error)
{
	json_t *port, *other;
	size_t i, k;
	int err = 0;

	json_array_foreach (ports, i, port)
		json_array_foreach (before, k, other)
			if (err == 0 && number_of(other, "Publish") != 0 &&
			    number_of(other, "Port") == number_of(port, "Port") &&
			    strcmp(cli_str(other, "Protocol"), cli_str(port, "Protocol")) == 0)
				err = cli_set(port, "Publish",
					      json_integer(number_of(other, "Publish")), error);
	return err;
}

/* --- made ------------------------------------------------------------------------------------- */

/* What is right in a text netd judges; what has to be there is judged here, where the option has a
 * name. */
static int make_body(const struct args *args, json_t **ret_body, struct error *error)
{
	static const struct {
		const char *flag, *key;
	} texts[] = { { "network", "Network" },
		      { "ip", "IPv4Address" },
		      { "ip6", "IPv6Address" },
		      { "affinity", "Affinity" } };
	json_auto_t *body = json_object();
	json_t *ports = NULL;
	int err;

	if (!args_text(args, "network") || !args_text(args, "port"))
		return error_set(error, ERROR_INVALID, "--%s is missing",
				 args_text(args, "network") ? "port" : "network");
	err = cli_set(body, "Name", json_string(args->operands[0]), error);
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(texts); i++)
		if (args_text(args, texts[i].flag))
			err = cli_set(body, texts[i].key,
				      json_string(args_text(args, texts[i].flag)), error);
	if (err == 0)
		err = make_ports(args, &ports, error);
	if (err == 0)
		err = cli_set(body, "Ports", ports, error);
	if (err == 0)
		err = each_port(args, "publish", ports, publish_one, error);
	if (err == 0)
		*ret_body = take_ptr(body);
	return err;
}

/* On stderr, for stdout holds the addresses, or the name, and nothing else. */
static void tell_warning(const json_t *answer)
{
	if (*cli_str(answer, "Warning"))
		(void)fprintf(stderr, "netctl: warning: %s\n", cli_str(answer, "Warning"));
}

/* The addresses are printed, one in a line, for a script that has no DNS to ask. */
static int run_create(struct cli *cli, const struct args *args)
{
	static const char *const keys[] = { "IPv4Address", "IPv6Address" };
	json_auto_t *body = NULL, *answer = NULL;
	struct error error = { 0 };

	if (make_body(args, &body, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "POST", "/netd/v1/services", body, &answer, &error) < 0)
		return cli_fail(&error);
	tell_warning(answer);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (*cli_str(answer, keys[i]))
			(void)printf("%s\n", cli_str(answer, keys[i]));
	return CLI_DONE;
}

static const struct flag create_flags[] = {
	{ .name = "network",
	  .value = "NETWORK",
	  .noun = NOUN_NETWORK,
	  .help = "Network of the service and of those who stand behind it; required" },
	{ .name = "port",
	  .letter = 'p',
	  .value = "PORT[:PORT][/PROTOCOL]",
	  .help = "Port of the service, and of the containers; required, may be repeated" },
	{ .name = "publish",
	  .value = "PORT[:PORT][/PROTOCOL]",
	  .help = "Port of the host, and of each one of the cluster, that leads to the service "
		  "(and to which of its ports); may be repeated" },
	{ .name = "affinity",
	  .value = "client|none",
	  .help = "client: a client stays with the container that it was led to first" },
	{ .name = "ip", .value = "ADDRESS", .help = "IPv4 address of the service" },
	{ .name = "ip6", .value = "ADDRESS", .help = "IPv6 address of the service" },
	{ 0 },
};

const struct command command_service_create = {
	.path = "service create",
	.operands = "NAME",
	.summary = "Make an address and a name that lead to several containers",
	.example = "netctl service create web --network mynet --port 80:8080",
	.detail = "Behind it stand those attached with --service NAME. Prints its addresses.",
	.flags = { create_flags },
	.min_operands = 1,
	.max_operands = 1,
	.run = run_create,
};

/* --- other ports ------------------------------------------------------------------------------ */

static bool changes_ports(const struct args *args)
{
	return args_text(args, "port") || args_text(args, "publish-add") ||
	       args_text(args, "publish-rm");
}

/* before: the service as it is; NULL where its ports stay. */
static int make_update(const struct args *args, const json_t *before, json_t **ret_body,
		       struct error *error)
{
	const char *affinity = args_text(args, "affinity");
	const json_t *had = json_object_get(before, "Ports");
	json_auto_t *body = json_object();
	json_t *ports = NULL;
	int err = 0;

	if (affinity)
		err = cli_set(body, "Affinity", json_string(affinity), error);
	if (err == 0 && args_text(args, "port"))
		err = make_ports(args, &ports, error);
	else if (err == 0 && had)
		ports = json_deep_copy(had);
	if (err == 0 && had)
		err = cli_set(body, "Ports", ports, error);
	if (err == 0 && args_text(args, "port"))
		err = keep_published(had, ports, error);
	if (err == 0)
		err = each_port(args, "publish-rm", ports, unpublish_one, error);
	if (err == 0)
		err = each_port(args, "publish-add", ports, publish_one, error);
	if (err == 0)
		*ret_body = take_ptr(body);
	return err;
}

/* What the service is now, where that matters. */
static int read_service(struct cli *cli, const struct args *args, const char *path,
			json_t **ret_service, struct error *error)
{
	if (!args_text(args, "affinity") && !changes_ports(args))
		return error_set(error, ERROR_INVALID,
				 "nothing is to change: give --port, --publish-add, --publish-rm "
				 "or --affinity");
	return changes_ports(args) ? cli_call(cli, "GET", path, NULL, ret_service, error) : 0;
}

static int run_update(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = NULL, *answer = NULL, *before = NULL;
	struct error error = { 0 };
	int err;

	cli_path(&path, "/netd/v1/services/", args->operands[0], "");
	err = path.err < 0 ? error_system(&error, path.err, "changing %s", args->operands[0])
			   : read_service(cli, args, path.data, &before, &error);
	if (err == 0)
		err = make_update(args, before, &body, &error);
	if (err == 0)
		err = cli_call(cli, "PUT", path.data, body, &answer, &error);
	if (err < 0)
		return !body && error.kind == ERROR_INVALID ? cli_usage(args, "%s", error.text)
							    : cli_fail(&error);
	tell_warning(answer);
	(void)printf("%s\n", cli_str(answer, "Name"));
	return CLI_DONE;
}

static const struct flag update_flags[] = {
	{ .name = "port",
	  .letter = 'p',
	  .value = "PORT[:PORT][/PROTOCOL]",
	  .help = "Port that it has from now on, in the place of all before; may be repeated" },
	{ .name = "publish-add",
	  .value = "PORT[:PORT][/PROTOCOL]",
	  .help = "Port of the hosts that leads to it from now on, too; may be repeated" },
	{ .name = "publish-rm",
	  .value = "PORT[/PROTOCOL]",
	  .help = "Port of the hosts that does not any more; may be repeated" },
	{ .name = "affinity",
	  .value = "client|none",
	  .help = "client: a client stays with the container that it was led to first" },
	{ 0 },
};

const struct command command_service_update = {
	.path = "service update",
	.operands = "SERVICE",
	.summary = "Change the ports or the affinity of a service while it is in use",
	.example = "netctl service update web --publish-add 8080:80",
	.detail = "Connections that are there go on. Prints its name.",
	.flags = { update_flags },
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_SERVICE,
	.run = run_update,
};

/* --- the list --------------------------------------------------------------------------------- */

static const struct listing_field fields[] = {
	{ "Addresses", "ADDRESSES" },
	{ "Affinity", "AFFINITY" },
	{ "Backends", "BACKENDS" },
	{ "Name", "NAME" },
	{ "Network", "NETWORK" },
	{ "Ports", "PORTS" },
	{ 0 },
};

static const struct listing listing = {
	.fields = fields,
	.table = "{{.Name}}\t{{.Network}}\t{{.Addresses}}\t{{.Ports}}\t{{.Backends}}",
	.quiet_field = "Name",
};

/* "80->8080/tcp", "80/tcp" where both are the same, and "*:8080->80/tcp" of one that hosts have. */
static void put_ports(const json_t *service, struct buf *out)
{
	const json_t *port;
	size_t i;

	json_array_foreach (json_object_get(service, "Ports"), i, port) {
		json_int_t from = json_integer_value(json_object_get(port, "Port"));
		json_int_t to = json_integer_value(json_object_get(port, "Target"));

		buf_puts(out, i > 0 ? "," : "");
		if (number_of(port, "Publish") != 0)
			buf_printf(out, "*:%lld->", (long long)number_of(port, "Publish"));
		buf_printf(out, "%lld", (long long)from);
		if (to != from)
			buf_printf(out, "->%lld", (long long)to);
		buf_printf(out, "/%s", cli_str(port, "Protocol"));
	}
}

/* " (not on b, c)": hosts where somebody has a port of it. */
static void put_unpublished(const json_t *service, struct buf *out)
{
	const json_t *list = json_object_get(service, "Unpublished"), *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *host = cli_str(item, "Host");

		buf_printf(out, "%s%s", i > 0 ? ", " : " (not on ", *host ? host : "this host");
	}
	if (json_array_size(list) > 0)
		buf_puts(out, ")");
}

/* NULL: out of memory, or a text that is no UTF-8; listing_run() tells it. */
static json_t *service_row(const json_t *service, bool whole_ids)
{
	_cleanup_(buf_done) struct buf addresses = { 0 }, ports = { 0 };
	const char *ip4 = cli_str(service, "IPv4Address"), *ip6 = cli_str(service, "IPv6Address");
	char backends[24];

	(void)whole_ids; /* there are none */
	buf_printf(&addresses, "%s%s%s", ip4, *ip4 && *ip6 ? "," : "", ip6);
	put_ports(service, &ports);
	put_unpublished(service, &ports);
	(void)snprintf(backends, sizeof(backends), "%zu",
		       json_array_size(json_object_get(service, "Backends")));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "Addresses",
			 addresses.data ? addresses.data : "", "Affinity",
			 cli_str(service, "Affinity"), "Backends", backends, "Name",
			 cli_str(service, "Name"), "Network", cli_str(service, "Network"), "Ports",
			 ports.data ? ports.data : "");
}

static int run_ls(struct cli *cli, const struct args *args)
{
	return listing_run(&listing, cli, args, "/netd/v1/services", service_row);
}

static const struct flag ls_flags[] = {
	{ .name = "quiet", .letter = 'q', .help = "Only names" },
	{ 0 },
};

const struct command command_service_ls = {
	.path = "service ls",
	.alias = "service list",
	.summary = "List services",
	.example = "netctl service ls",
	.detail = "Fields for --format: Name Network Addresses Ports Backends Affinity",
	.flags = { ls_flags, format_flags },
	.run = run_ls,
};

/* --- the end of some -------------------------------------------------------------------------- */

static int remove_one(struct cli *cli, const struct args *args, const char *name)
{
	(void)args;
	return cli_remove(cli, "/netd/v1/services/", name, "");
}

static int run_rm(struct cli *cli, const struct args *args)
{
	return cli_each(cli, args, remove_one);
}

const struct command command_service_rm = {
	.path = "service rm",
	.alias = "service remove",
	.operands = "SERVICE…",
	.summary = "Remove services and print their names; containers stay",
	.example = "netctl service rm web",
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_SERVICE,
	.run = run_rm,
};
