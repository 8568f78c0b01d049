// SPDX-License-Identifier: GPL-2.0-or-later
// inspect.c - netctl inspect, and inspect of network, node and service
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/line/meant.h"
#include "cli/show/format.h"
#include "cli/template/template_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One place to look a name up.
 *
 * inspect shows the same objects that Docker's API gives, whole. Without a format they come as one
 * JSON array, as from `docker inspect`; what was not found is told on standard error and makes the
 * exit code 1, and the array has the rest. */
struct lookup {
	const char *before, *after;
};

static const struct lookup containers = { "/containers/", "/json" };
static const struct lookup networks = { "/networks/", "" };
static const struct lookup nodes = { "/netd/v1/nodes/", "" };
static const struct lookup services = { "/netd/v1/services/", "" };

/* 0 and a new reference, or the error is set, in netd's words alone. Names and ids are quoted, for
 * a name may be anything that was typed. */
static int look_up(struct cli *cli, const struct lookup *lookup, const char *name,
		   json_t **ret_object, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	cli_path(&path, lookup->before, name, lookup->after);
	if (path.err < 0)
		return error_system(error, path.err, "inspecting %s", name);
	return cli_ask(cli, "GET", path.data, NULL, ret_object, error);
}

/* The same for a name that can mean nothing else. */
static int look_up_only(struct cli *cli, const struct lookup *lookup, const char *name,
			json_t **ret_object, struct error *error)
{
	int err = look_up(cli, lookup, name, ret_object, error);

	if (err < 0 && error->kind == ERROR_NOT_FOUND)
		meant_add_to_answer(cli->client, error);
	return err;
}

/* Only networks: a container of that name is not meant. */
static int find_network(struct cli *cli, const char *name, json_t **ret_object, struct error *error)
{
	return look_up_only(cli, &networks, name, ret_object, error);
}

/* A node is known by its name or its id, as netd decides. */
static int find_node(struct cli *cli, const char *name, json_t **ret_object, struct error *error)
{
	return look_up_only(cli, &nodes, name, ret_object, error);
}

static int find_service(struct cli *cli, const char *name, json_t **ret_object, struct error *error)
{
	return look_up_only(cli, &services, name, ret_object, error);
}

/* Of one name the container is meant, as with docker inspect. 0 and a new reference, or the error
 * is set. */
static int find_any(struct cli *cli, const char *name, json_t **ret_object, struct error *error)
{
	int err = look_up(cli, &containers, name, ret_object, error);

	/* Only "not found" leads on. After any other failure a second look-up would hide what went
	 * wrong. */
	if (err == 0 || error->kind != ERROR_NOT_FOUND)
		return err;
	err = look_up(cli, &networks, name, ret_object, error);
	if (err == 0 || error->kind != ERROR_NOT_FOUND)
		return err;
	/* The sentence of the second look-up would speak of networks only. */
	(void)error_set(error, ERROR_NOT_FOUND, "no container and no network is called %s", name);
	meant_add(cli->client, name, 1u << MEANT_CONTAINER | 1u << MEANT_NETWORK, error);
	return error->code;
}

/* Prints one by one where a template says how, else collects. 0, or the error is set. `found` gets
 * the object only where it is not printed at once. */
static int show(const struct args *args, json_t *object, json_t *found, struct error *error)
{
	bool done;
	int err = format_value(args, object, &done, error);

	if (err < 0 || done)
		return err;
	/* The array takes a reference of its own; the caller's ends with the caller. */
	return json_array_append(found, object) < 0 ? error_system(error, -ENOMEM, "inspecting")
						    : 0;
}

/* The indent is four, as that of `docker inspect`. */
static int print_array(const json_t *found)
{
	_cleanup_free_ char *text = json_dumps(found, JSON_INDENT(4) | JSON_AS_WRITTEN);

	/* Without memory the output is still JSON to whoever reads it, and the exit code tells. */
	(void)puts(text ? text : "[]");
	return text ? CLI_DONE : CLI_FAILED;
}

/* The exit code. `find` says which kinds of objects a name may mean. */
static int inspect(struct cli *cli, const struct args *args,
		   int (*find)(struct cli *, const char *, json_t **, struct error *))
{
	const char *format = args_text(args, "format");
	json_auto_t *found = json_array();
	struct error error = { 0 };
	int code = CLI_DONE;

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* The exit code is that of the worst: one failure among many is a failure. */
	for (size_t i = 0; i < args->n_operands; i++) {
		json_auto_t *object = NULL;

		/* One that is not there does not keep the others from being shown. */
		if (find(cli, args->operands[i], &object, &error) < 0 ||
		    show(args, object, found, &error) < 0)
			code = cli_fail(&error);
	}
	/* The array comes also where nothing was found, so that what parses our output finds an
	 * array in any case. */
	if (!format || !*format || strcmp(format, "table") == 0)
		return print_array(found) == CLI_DONE ? code : CLI_FAILED;
	return code;
}

/* Containers first, then networks. */
static int run_inspect(struct cli *cli, const struct args *args)
{
	return inspect(cli, args, find_any);
}

static int run_network_inspect(struct cli *cli, const struct args *args)
{
	return inspect(cli, args, find_network);
}

static int run_node_inspect(struct cli *cli, const struct args *args)
{
	return inspect(cli, args, find_node);
}

static int run_service_inspect(struct cli *cli, const struct args *args)
{
	return inspect(cli, args, find_service);
}

static const struct flag inspect_flags[] = {
	{ .name = "format",
	  .letter = 'f',
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, or a Go template such as '{{.Name}}', for each of them" },
	{ 0 },
};

const struct command command_inspect = {
	.path = "inspect",
	.operands = "NAME…",
	.summary = "Show everything about containers, or networks, as a JSON array",
	.example = "netctl inspect --format '{{.Id}}' web",
	.flags = { inspect_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_inspect,
};

const struct command command_network_inspect = {
	.path = "network inspect",
	.operands = "NETWORK…",
	.summary = "Show everything about networks, as a JSON array",
	.example = "netctl network inspect mynet",
	.flags = { inspect_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_NETWORK,
	.run = run_network_inspect,
};

const struct command command_node_inspect = {
	.path = "node inspect",
	.operands = "NODE…",
	.summary = "Show all that is known about hosts of the cluster, as a JSON array",
	.example = "netctl node inspect worker1",
	.flags = { inspect_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_NODE,
	.run = run_node_inspect,
};

const struct command command_service_inspect = {
	.path = "service inspect",
	.operands = "SERVICE…",
	.summary = "Show services and who stands behind them, as a JSON array",
	.example = "netctl service inspect web",
	.flags = { inspect_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_SERVICE,
	.run = run_service_inspect,
};
