// SPDX-License-Identifier: GPL-2.0-or-later
// ports.c - published ports in words, and netctl port ls, add, rm
#include "cli/ports.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/container_args.h"
#include "cli/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Ports of one address and protocol that go up together. */
struct run {
	const char *address, *type;
	json_int_t public, private, n;
};

static json_int_t number(const json_t *port, const char *key)
{
	return json_integer_value(json_object_get(port, key));
}

static bool extends(const struct run *run, const json_t *port)
{
	return run->public > 0 && number(port, "PublicPort") == run->public + run->n &&
	       number(port, "PrivatePort") == run->private + run->n &&
	       strcmp(run->address, cli_str(port, "IP")) == 0 &&
	       strcmp(run->type, cli_str(port, "Type")) == 0;
}

/* Each address has a run of its own, and few addresses take turns: looking back a little is enough.
 */
static struct run *find_run(struct run *runs, size_t n, const json_t *port)
{
	for (size_t i = n; i > 0 && n - i < 4; i--)
		if (extends(&runs[i - 1], port))
			return &runs[i - 1];
	return NULL;
}

void port_host_print(struct buf *out, const char *address, const char *port)
{
	buf_printf(out, strchr(address, ':') ? "[%s]:%s" : "%s:%s", address, port);
}

static void print_run(const struct run *run, struct buf *out)
{
	char public[48], private[48];
	json_int_t more = run->n - 1;

	(void)snprintf(public, sizeof(public), more ? "%lld-%lld" : "%lld", (long long)run->public,
		       (long long)(run->public + more));
	(void)snprintf(private, sizeof(private), more ? "%lld-%lld" : "%lld",
		       (long long)run->private, (long long)(run->private + more));
	buf_puts(out, out->len ? ", " : "");
	if (run->public) {
		port_host_print(out, run->address, public);
		buf_puts(out, "->");
	}
	buf_printf(out, "%s/%s", private, run->type);
}

void ports_summary(const json_t *ports, struct buf *out)
{
	_cleanup_free_ struct run *runs = calloc(json_array_size(ports) + 1, sizeof(*runs));
	size_t n = 0, i;
	json_t *port;

	if (!runs) {
		out->err = -ENOMEM;
		return;
	}
	json_array_foreach (ports, i, port) {
		struct run *run = find_run(runs, n, port);

		if (run)
			run->n++;
		else
			runs[n++] = (struct run) { .address = cli_str(port, "IP"),
						   .type = cli_str(port, "Type"),
						   .public = number(port, "PublicPort"),
						   .private = number(port, "PrivatePort"),
						   .n = 1 };
	}
	for (i = 0; i < n; i++)
		print_run(&runs[i], out);
}

static const struct listing_field fields[] = {
	{ "Container", "CONTAINER" },
	{ "Host", "HOST" },
	{ "Port", "PORT" },
	{ 0 },
};

static const struct listing listing = {
	.fields = fields,
	.table = "{{.Container}}\t{{.Port}}\t{{.Host}}",
};

static int add_row(json_t *rows, const char *container, const char *port, const char *address,
		   const char *host_port, struct error *error)
{
	_cleanup_(buf_done) struct buf host = { 0 };
	json_t *row;

	port_host_print(&host, address, host_port);
	row = json_pack("{s:s, s:s, s:s}", "Container", container, "Host",
			host.data ? host.data : "", "Port", port);
	return json_array_append_new(rows, row) < 0 ? error_system(error, -ENOMEM, "listing") : 0;
}

/* The rows of one container as GET /containers/{id}/json shows it. */
static int add_inspected(json_t *rows, const json_t *container, struct error *error)
{
	json_t *ports = json_object_get(json_object_get(container, "NetworkSettings"), "Ports");
	const char *name = cli_str(container, "Name"), *port;
	json_t *bindings, *binding;
	size_t i;
	int err = 0;

	json_object_foreach (ports, port, bindings)
		json_array_foreach (bindings, i, binding)
			if (err == 0)
				err = add_row(rows, *name == '/' ? name + 1 : name, port,
					      cli_str(binding, "HostIp"),
					      cli_str(binding, "HostPort"), error);
	return err;
}

static int inspect(struct cli *cli, const char *name, json_t *rows, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *container = NULL;
	int err;

	cli_path(&path, "/containers/", name, "/json");
	if (path.err < 0)
		return error_system(error, path.err, "listing");
	err = cli_call(cli, "GET", path.data, NULL, &container, error);
	return err < 0 ? err : add_inspected(rows, container, error);
}

static int inspect_all(struct cli *cli, json_t *rows, struct error *error)
{
	json_auto_t *containers = NULL;
	json_t *container;
	size_t i;
	int err = cli_call(cli, "GET", "/containers/json?all=1", NULL, &containers, error);

	json_array_foreach (containers, i, container)
		if (err == 0 && json_array_size(json_object_get(container, "Ports")) > 0)
			err = inspect(cli, cli_str(container, "Id"), rows, error);
	return err;
}

static int run_ls(struct cli *cli, const struct args *args)
{
	json_auto_t *rows = json_array();
	struct error error = { 0 };
	int err;

	if (listing_check(&listing, args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	err = args->n_operands ? inspect(cli, args->operands[0], rows, &error)
			       : inspect_all(cli, rows, &error);
	if (err < 0 || listing_print(&listing, args, rows, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

const struct command command_port_ls = {
	.path = "port ls",
	.alias = "port list",
	.operands = "[CONTAINER]",
	.summary = "List published ports, of all containers or of one",
	.detail = "Fields for --format: Container Port Host",
	.flags = { format_flags },
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_ls,
};

static int change(struct cli *cli, const struct args *args, const char *method)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = json_object();
	struct error error = { 0 };
	json_t *bindings = NULL;

	if (port_args_bindings((const char *const *)args->operands + 1, &bindings, &error) < 0 ||
	    cli_set(body, "PortBindings", bindings, &error) < 0)
		return cli_usage(args, "%s", error.text);
	cli_path(&path, "/netd/v1/containers/", args->operands[0], "/ports");
	if (path.err < 0 || cli_call(cli, method, path.data, body, NULL, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

static int run_add(struct cli *cli, const struct args *args)
{
	return change(cli, args, "POST");
}

static int run_rm(struct cli *cli, const struct args *args)
{
	return change(cli, args, "DELETE");
}

const struct command command_port_add = {
	.path = "port add",
	.operands = "CONTAINER [[IP:]PORT:]PORT[/PROTO]…",
	.summary = "Publish more ports of a container",
	.min_operands = 2,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_add,
};

const struct command command_port_rm = {
	.path = "port rm",
	.alias = "port remove",
	.operands = "CONTAINER [[IP:]PORT:]PORT[/PROTO]…",
	.summary = "Stop publishing ports of a container",
	.min_operands = 2,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_rm,
};
