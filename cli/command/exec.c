// SPDX-License-Identifier: GPL-2.0-or-later
// exec.c - netctl exec: a command inside a container's network namespace, with its files
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/command/sandbox.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdio.h>

/* netctl asks netd once, for the paths of the container's namespace and files. Then this process
 * enters the namespace, covers files of /etc in a mount namespace of its own, and becomes the
 * command. Nothing is undone on a failure: all of it ends with the process.
 *
 * Finds the container: 0 and a new reference, or the error is set. */
static int find(struct cli *cli, const char *name, json_t **ret_container, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	int err = cli_require_local(cli, "exec", error);

	/* Refused before anything is asked: behind ssh:// the path that netd would answer is one on
	 * another host. */
	if (err < 0)
		return err;
	cli_path(&path, "/containers/", name, "/json");
	if (path.err < 0)
		return error_system(error, path.err, "finding %s", name);
	return cli_call(cli, "GET", path.data, NULL, ret_container, error);
}

/* 0, or the error is set; the process may be in the other namespace by then, and is good for
 * nothing else. */
static int enter(const json_t *container, struct error *error)
{
	const json_t *settings = json_object_get(container, "NetworkSettings");
	const struct sandbox_files files = sandbox_files_of(container);
	const char *path = cli_str(settings, "SandboxKey");
	int err;

	if (!*path)
		return error_set(error, ERROR_NOT_FOUND, "it has no network namespace");
	/* The network alone is the container's. The other namespaces are its runtime's, which netd
	 * does not know; so this one makes a mount namespace of its own for the files. */
	err = sandbox_enter(path, error);
	if (err == 0)
		err = sandbox_unshare(false, error);
	/* Last: before the unshare these mounts would cover the host's own /etc. */
	return err < 0 ? err : sandbox_dress(&files, error);
}

/* On success this process becomes the command. The exit code after a failure is one of docker's:
 * 125 for netctl's own, 126 for a command that cannot be run, 127 for one that is not there. */
static int run_exec(struct cli *cli, const struct args *args)
{
	json_auto_t *container = NULL;
	struct error error = { 0 };
	int code;

	if (find(cli, args->operands[0], &container, &error) < 0 || enter(container, &error) < 0) {
		(void)cli_fail(&error);
		return CLI_RUN_FAILED;
	}
	/* The connection to netd is close-on-exec, so the command does not inherit it. */
	code = sandbox_exec(args->operands + 1, &error);
	(void)cli_fail(&error);
	return code;
}

const struct command command_exec = {
	.path = "exec",
	.operands = "CONTAINER -- COMMAND…",
	.summary =
		"Run a command in a container's network namespace, with its resolv.conf and hosts",
	.example = "netctl exec web -- ping -c1 db",
	.detail = "Exits with the status of the command; 125: netctl failed, 126: the command "
		  "cannot be run, 127: it is not there.",
	.min_operands = 2,
	.max_operands = OPERANDS_ANY,
	.takes_command = true,
	.noun = NOUN_CONTAINER,
	.next_noun = NOUN_COMMAND,
	.run = run_exec,
};
