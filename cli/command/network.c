// SPDX-License-Identifier: GPL-2.0-or-later
// network.c - netctl network: create, update, rm, prune, connect, disconnect
#include "base/cleanup.h"
#include "cli/body/container_args.h"
#include "cli/body/network_args.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The id is printed as soon as the network is there.
 *
 * Each command here is one call of Docker's API. What the command line alone shows to be wrong ends
 * with CLI_USAGE (2) and no call; what netd refuses ends with CLI_FAILED (1) and netd's own
 * sentence. Scripts read standard output, so it has ids and names alone; remarks go to standard
 * error. */
static int run_create(struct cli *cli, const struct args *args)
{
	json_auto_t *body = NULL, *answer = NULL;
	struct error error = { 0 };

	if (network_args_body(args, &body, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "POST", "/networks/create", body, &answer, &error) < 0)
		return cli_fail(&error);
	/* On stderr, for stdout holds the id and nothing else. */
	if (*cli_str(answer, "Warning"))
		(void)fprintf(stderr, "netctl: warning: %s\n", cli_str(answer, "Warning"));
	(void)printf("%s\n", cli_str(answer, "Id"));
	return CLI_DONE;
}

const struct command command_network_create = {
	.path = "network create",
	.operands = "NAME",
	.summary = "Make a network and print its id",
	.example = "netctl network create --subnet 182.18.0.0/16 mynet",
	.flags = { network_args_flags },
	.min_operands = 1,
	.max_operands = 1,
	.run = run_create,
};

/* The name is printed as it was given, as podman does. One call says both, what goes and what
 * comes, so there is no moment with neither. */
static int run_update(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = NULL;
	struct error error = { 0 };

	if (network_args_update_body(args, &body, &error) < 0)
		return cli_usage(args, "%s", error.text);
	cli_path(&path, "/netd/v1/networks/", args->operands[0], "");
	if (path.err < 0 || cli_call(cli, "PUT", path.data, body, NULL, &error) < 0)
		return cli_fail(&error);
	(void)printf("%s\n", args->operands[0]);
	return CLI_DONE;
}

const struct command command_network_update = {
	.path = "network update",
	.operands = "NETWORK",
	.summary = "Change the name servers of a network while it is used",
	.example = "netctl network update --dns-add 192.0.2.53 mynet",
	.flags = { network_args_update_flags },
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_NETWORK,
	.run = run_update,
};

/* The name is printed as it was given, when the network has gone. CLI_DONE, or CLI_FAILED after its
 * message. cli_each() goes on with the next name in both cases. */
static int remove_one(struct cli *cli, const struct args *args, const char *name)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct error error = { 0 };

	cli_path(&path, "/networks/", name, "");
	/* Only a lack of memory comes here. */
	if (path.err < 0)
		return CLI_FAILED;
	if (cli_call(cli, "DELETE", path.data, NULL, NULL, &error) < 0) {
		/* What --force asks for is that the network is gone. Any other refusal is told: a
		 * network in use does not go away by it. */
		if (error.kind == ERROR_NOT_FOUND && args_switch(args, "force"))
			return CLI_DONE;
		return cli_fail(&error);
	}
	(void)printf("%s\n", name);
	return CLI_DONE;
}

/* The exit code is that of the worst network: one failure makes it CLI_FAILED. */
static int run_rm(struct cli *cli, const struct args *args)
{
	return cli_each(cli, args, remove_one);
}

static const struct flag rm_flags[] = {
	{ .name = "force", .letter = 'f', .help = "A network that is not there is no error" },
	{ 0 },
};

const struct command command_network_rm = {
	.path = "network rm",
	.alias = "network remove",
	.operands = "NETWORK…",
	.summary = "Remove networks and print their names",
	.example = "netctl network rm mynet",
	.flags = { rm_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_NETWORK,
	.run = run_rm,
};

/* True: go on. The question goes to standard output, as docker's does, and is flushed since it ends
 * without a newline. */
static bool confirm_prune(void)
{
	(void)fputs("This removes all networks that no container is on. ", stdout);
	return cli_is_confirmed();
}

/* The list of what was removed is netd's own. netd decides what is unused at the moment of the
 * call; a list that this program made before could be wrong by then. */
static int run_prune(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *answer = NULL;
	struct error error = { 0 };
	json_t *names, *name;
	size_t i;

	buf_puts(&path, "/networks/prune");
	/* A filter that is wrong is told before the question, not after it was answered. */
	if (cli_filters(args, &path, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* Whoever says no, or has no terminal to say anything, has got what he asked for. */
	if (!args_switch(args, "force") && !confirm_prune())
		return CLI_DONE;
	if (path.err < 0 || cli_call(cli, "POST", path.data, NULL, &answer, &error) < 0)
		return cli_fail(&error);
	/* An answer without the list is one where nothing was removed: its size is 0 then. */
	names = json_object_get(answer, "NetworksDeleted");
	if (json_array_size(names) > 0)
		(void)puts("Deleted networks:");
	json_array_foreach (names, i, name)
		(void)puts(json_is_string(name) ? json_string_value(name) : "");
	return CLI_DONE;
}

static const struct flag prune_flags[] = {
	{ .name = "filter",
	  .value = "KEY=VALUE",
	  .help = "Only networks that match: label=…, label!=…, until=…; may be repeated" },
	{ .name = "force", .letter = 'f', .help = "Do not ask" },
	{ 0 },
};

const struct command command_network_prune = {
	.path = "network prune",
	.summary = "Remove all networks that no container is on",
	.example = "netctl network prune --force",
	.flags = { prune_flags },
	.run = run_prune,
};

/* What is asked of the endpoint goes into the same body as the container. The settings are an
 * EndpointConfig of Docker's API. Nothing is printed on success, as with docker. */
static int run_connect(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = json_object(), *settings = NULL;
	struct error error = { 0 };

	/* cli_set() takes the settings over, whether it succeeds or not, so they are never freed
	 * twice. */
	if (container_args_endpoint(args, &settings, &error) < 0 ||
	    cli_set(body, "Container", json_string(args->operands[1]), &error) < 0 ||
	    cli_set(body, "EndpointConfig", take_ptr(settings), &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* What is wrong with the options alone was told above, with exit code 2. From here netd is
	 * needed. */
	cli_path(&path, "/networks/", args->operands[0], "/connect");
	/* A link to nobody is refused before the connect, as with attach: there is nothing to undo
	 * then. */
	if (path.err < 0 || container_args_check_links(cli, args, &error) < 0 ||
	    cli_call(cli, "POST", path.data, body, NULL, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

const struct command command_network_connect = {
	.path = "network connect",
	.operands = "NETWORK CONTAINER",
	.summary = "Put a container on one more network",
	.example = "netctl network connect --alias db mynet web",
	.flags = { container_args_endpoint_flags },
	.min_operands = 2,
	.max_operands = 2,
	.noun = NOUN_NETWORK,
	.next_noun = NOUN_CONTAINER,
	.run = run_connect,
};

/* The body has both keys always; "Force" is false where the flag was not given. */
static int run_disconnect(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = json_pack("{s:s, s:b}", "Container", args->operands[1], "Force",
				      args_switch(args, "force"));
	struct error error = { 0 };

	/* JSON is UTF-8 (RFC 8259, 8.1), and jansson refuses any other text. */
	if (!body)
		return cli_usage(args, "'%s' is not valid UTF-8", args->operands[1]);
	cli_path(&path, "/networks/", args->operands[0], "/disconnect");
	if (path.err < 0 || cli_call(cli, "POST", path.data, body, NULL, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

static const struct flag disconnect_flags[] = {
	{ .name = "force",
	  .letter = 'f',
	  .help = "A container or network that is gone is no error" },
	{ 0 },
};

const struct command command_network_disconnect = {
	.path = "network disconnect",
	.operands = "NETWORK CONTAINER",
	.summary = "Take a container off a network",
	.example = "netctl network disconnect mynet web",
	.flags = { disconnect_flags },
	.min_operands = 2,
	.max_operands = 2,
	.noun = NOUN_NETWORK,
	.next_noun = NOUN_CONTAINER,
	.run = run_disconnect,
};
