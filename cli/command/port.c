// SPDX-License-Identifier: GPL-2.0-or-later
// port.c - netctl port, and port ls, add, rm
#include "base/cleanup.h"
#include "cli/body/container_args.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"
#include "cli/show/port_summary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. `ls` shows what inspecting a container shows, one line for each binding.
 * `add` and `rm` send the same body by two methods, so what was added is taken back by the same
 * words. All ports of one call are one request: netd changes all of them, or says why and changes
 * none. */

/* One row is one binding: a port of the container at one place of the host. */
static const struct listing_field fields[] = {
	{ "Container", "CONTAINER" },
	{ "Host", "HOST" },
	{ "Port", "PORT" },
	{ 0 },
};

/* The host's side is written as docker's `port` writes it: address, colon, port. */
static const struct listing listing = {
	.fields = fields,
	.table = "{{.Container}}\t{{.Port}}\t{{.Host}}",
};

/* 0, or the error is set. All texts are copied. */
static int add_row(json_t *rows, const char *container, const char *port, const char *address,
		   const char *host_port, struct error *error)
{
	_cleanup_(buf_done) struct buf host = { 0 };
	json_t *row;

	port_summary_host(&host, address, host_port);
	row = json_pack("{s:s, s:s, s:s}", "Container", container, "Host",
			host.data ? host.data : "", "Port", port);
	return json_array_append_new(rows, row) < 0 ? error_system(error, -ENOMEM, "listing") : 0;
}

/* The rows of one container as GET /containers/{id}/json shows it. 0, or the error is set; rows
 * that were added before stay. */
static int add_inspected(json_t *rows, const json_t *container, struct error *error)
{
	/* A member that is absent is NULL all the way down, and a loop over NULL has no rounds. */
	json_t *ports = json_object_get(json_object_get(container, "NetworkSettings"), "Ports");
	const char *name = cli_str(container, "Name"), *port;
	json_t *bindings, *binding;
	size_t i;
	int err = 0;

	json_object_foreach (ports, port, bindings)
		json_array_foreach (bindings, i, binding)
			if (err == 0)
				/* Docker's API writes a slash before a container's name. People do
				 * not. */
				err = add_row(rows, *name == '/' ? name + 1 : name, port,
					      cli_str(binding, "HostIp"),
					      cli_str(binding, "HostPort"), error);
	return err;
}

/* 0, or the error is set. Ports are taken from NetworkSettings.Ports, as `docker port` takes
 * them. */
static int inspect(struct cli *cli, const char *name, json_t *rows, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *container = NULL;
	int err;

	cli_path(&path, "/containers/", name, "/json");
	if (path.err < 0)
		return error_system(error, path.err, "listing");
	/* The answer names the container itself: a reference may have been the beginning of an id.
	 */
	err = cli_call(cli, "GET", path.data, NULL, &container, error);
	return err < 0 ? err : add_inspected(rows, container, error);
}

/* 0, or the error is set. A container that ends between the two calls makes an error, since a list
 * with a gap would look complete. */
static int inspect_all(struct cli *cli, json_t *rows, struct error *error)
{
	json_auto_t *containers = NULL;
	json_t *container;
	size_t i;
	int err = cli_call(cli, "GET", "/containers/json?all=1", NULL, &containers, error);

	/* After a failure the list is NULL and the loop has no rounds. Only containers with a
	 * published port are asked for, as each costs a request. */
	json_array_foreach (containers, i, container)
		if (err == 0 && json_array_size(json_object_get(container, "Ports")) > 0)
			err = inspect(cli, cli_str(container, "Id"), rows, error);
	return err;
}

/* The rows are in the order in which netd lists containers and ports. */
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
	.example = "netctl port ls web",
	.detail = "Fields for --format: Container Port Host",
	.flags = { format_flags },
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_ls,
};

/* Whether a row's port is "80", "80/tcp" or the like; without a protocol TCP is meant, as with
 * docker. */
static bool is_port(const char *port, const char *wanted)
{
	size_t len = strlen(wanted);

	return strncmp(port, wanted, len) == 0 &&
	       (strchr(wanted, '/') ? port[len] == '\0' : strcmp(port + len, "/tcp") == 0);
}

/* "80", "80/udp": what can be asked for at all. */
static bool is_port_text(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;

	return digits > 0 && digits <= 5 &&
	       (!*rest || strcmp(rest, "/tcp") == 0 || strcmp(rest, "/udp") == 0 ||
		strcmp(rest, "/sctp") == 0);
}

/* Where a container's ports are published, in the lines of `docker port`. The exit code: 1 where
 * the port that was asked for is not published. */
static int run_port(struct cli *cli, const struct args *args)
{
	const char *name = args->operands[0], *wanted = args->operands[1]; /* NULL: all of them */
	json_auto_t *rows = json_array();
	struct error error = { 0 };
	bool found = false;
	json_t *row;
	size_t i;

	if (wanted && is_port_text(name) && !is_port_text(wanted))
		return cli_usage(args,
				 "the container stands first: did you mean 'netctl port %s %s'?",
				 wanted, name);
	if (wanted && !is_port_text(wanted))
		return cli_usage(args,
				 "'%s' is no port: a number, with /tcp, /udp or /sctp behind it "
				 "or without",
				 wanted);
	if (inspect(cli, name, rows, &error) < 0)
		return cli_fail(&error);
	json_array_foreach (rows, i, row) {
		const char *port = cli_str(row, "Port"), *host = cli_str(row, "Host");

		if (!wanted)
			(void)printf("%s -> %s\n", port, host);
		else if (is_port(port, wanted))
			(void)puts(host);
		else
			continue;
		found = true;
	}
	if (found || !wanted)
		return CLI_DONE;
	(void)error_set(&error, ERROR_NOT_FOUND,
			"port %s of %s is not published; 'netctl port ls %s' shows what is", wanted,
			name, name);
	return cli_fail(&error);
}

const struct command command_port = {
	.path = "port",
	.operands = "CONTAINER [PORT[/PROTO]]",
	.summary = "Show where on the host ports of a container are published",
	.example = "netctl port web 80",
	.min_operands = 1,
	.max_operands = 2,
	.noun = NOUN_CONTAINER,
	.run = run_port,
};

/* Whether the host's port was left to netd. */
static bool is_chosen(const json_t *bindings)
{
	const json_t *binding;
	size_t i;

	json_array_foreach (bindings, i, binding)
		if (!*cli_str(binding, "HostPort"))
			return true;
	return false;
}

/* Tells what netd chose, as `port` does. What was asked for in full is not repeated. The exit
 * code. */
static int tell_chosen(struct cli *cli, const char *container, const json_t *asked)
{
	json_auto_t *rows = json_array();
	struct error error = { 0 };
	json_t *row;
	size_t i;

	if (inspect(cli, container, rows, &error) < 0)
		return cli_fail(&error);
	json_array_foreach (rows, i, row) {
		const char *port = cli_str(row, "Port");

		if (is_chosen(json_object_get(asked, port)))
			(void)printf("%s -> %s\n", port, cli_str(row, "Host"));
	}
	return CLI_DONE;
}

/* The exit code. All ports of one command are one change: netd makes all of them or none. */
static int change(struct cli *cli, const struct args *args, const char *method)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = json_object();
	struct error error = { 0 };
	json_t *bindings = NULL, *port;
	const char *key;

	/* The operands end in NULL, which is the end that container_args_ports() looks for. The
	 * first one is the container. The bindings are taken over by cli_set(). */
	if (container_args_ports((const char *const *)args->operands + 1, &bindings, &error) < 0 ||
	    cli_set(body, "PortBindings", bindings, &error) < 0)
		return cli_usage(args, "%s", error.text);
	cli_path(&path, "/netd/v1/containers/", args->operands[0], "/ports");
	if (path.err < 0 || cli_call(cli, method, path.data, body, NULL, &error) < 0)
		return cli_fail(&error);
	if (strcmp(method, "POST") == 0)
		json_object_foreach (bindings, key, port)
			if (is_chosen(port))
				return tell_chosen(cli, args->operands[0], bindings);
	return CLI_DONE;
}

/* Ports are published on a running container, which docker cannot do. */
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
	.example = "netctl port add web 8080:80",
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
	.example = "netctl port rm web 8080:80",
	.min_operands = 2,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_rm,
};
