// SPDX-License-Identifier: GPL-2.0-or-later
// attach.c - netctl attach
#include "base/cleanup.h"
#include "cli/body/container_args.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* It ends in a slash, and a name is put behind it. */
#define NETNS_DIR "/run/netns/" /* where ip netns keeps them */

/* Absolute, as netd wants it. A name without a slash is one of ip netns. Nothing here looks at the
 * file system: with ssh:// it is another one.
 *
 * An attach is one call of netd's API; its body has the network namespace, by path or by a process
 * in it, and what container_args.c makes of the options. netd opens the namespace itself, and holds
 * it by what it makes there and not by this process, which ends at once. */
static int netns_path(const char *text, struct buf *path, struct error *error)
{
	_cleanup_free_ char *here = NULL;

	/* An empty text has no slash, and would be taken for the directory of ip netns itself. */
	if (*text == '\0')
		return error_set(error, ERROR_INVALID, "--netns wants a path");
	if (!strchr(text, '/')) {
		buf_puts(path, NETNS_DIR);
	} else if (*text != '/') {
		/* netd's current directory is another one than the caller's, so a relative path is
		 * completed here. */
		here = getcwd(NULL, 0);
		if (!here)
			return error_system(error, -errno, "finding the current directory");
		buf_printf(path, "%s/", here);
	}
	buf_puts(path, text);
	/* A buffer keeps its first failure (base/buf.h): one look at it in the end is enough. */
	return path->err < 0 ? error_system(error, path->err, "reading --netns") : 0;
}

/* 0, or the error is set. The path must exist where netd runs, which only netd can tell. */
static int put_netns(const char *text, json_t *body, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	int err = netns_path(text, &path, error);

	return err < 0 ? err : cli_set(body, "NetnsPath", json_string(path.data), error);
}

/* 0, or the error is set. netd opens the namespace that this process is in at the moment of the
 * call. */
static int put_pid(const char *text, json_t *body, struct error *error)
{
	char *end;
	long pid;

	/* strtol(3) tells an overflow by errno alone, which it does not clear. A text without a
	 * digit leaves `end` where it began. */
	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno != 0 || *end || end == text || pid <= 0 || pid > INT32_MAX)
		return error_set(error, ERROR_INVALID, "--pid '%s' is not a process id", text);
	return cli_set(body, "Pid", json_integer(pid), error);
}

/* 0 and the whole body, which is the caller's, or the error is set. */
static int make_body(const struct args *args, json_t **ret_body, struct error *error)
{
	const char *netns = args_text(args, "netns"), *pid = args_text(args, "pid");
	json_auto_t *body = NULL;
	int err;

	/* True where both are given, and where neither is: a container has one network namespace.
	 */
	if (!netns == !pid)
		return error_set(error, ERROR_INVALID,
				 netns ? "--netns and --pid exclude each other"
				       : "--netns or --pid is missing");
	err = container_args_body(args, &body, error);
	if (err == 0)
		err = cli_set(body, "Name", json_string(args->operands[0]), error);
	if (err == 0)
		err = netns ? put_netns(netns, body, error) : put_pid(pid, body, error);
	if (err == 0)
		*ret_body = take_ptr(body);
	return err;
}

/* The exit code. On success the container is wired before the id is printed. */
static int run_attach(struct cli *cli, const struct args *args)
{
	json_auto_t *body = NULL, *container = NULL;
	struct error error = { 0 };

	/* What the command line alone shows to be wrong is exit code 2, and is said without a
	 * daemon. */
	if (make_body(args, &body, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* In this order: a link to nobody is refused while there is nothing to undo. */
	if (container_args_check_links(cli, args, &error) < 0 ||
	    cli_call(cli, "POST", "/netd/v1/containers", body, &container, &error) < 0)
		return cli_fail(&error);
	/* The id stands alone on stdout, so that a script can keep it. */
	(void)printf("%s\n", cli_str(container, "Id"));
	return CLI_DONE;
}

/* Exactly one of the two is wanted. */
static const struct flag place_flags[] = {
	{ .name = "netns",
	  .value = "PATH",
	  .noun = NOUN_FILE,
	  .help = "Network namespace; a name without a slash is one of ip netns" },
	{ .name = "pid", .value = "PID", .help = "Process whose network namespace it is" },
	{ 0 },
};

const struct command command_attach = {
	.path = "attach",
	.operands = "NAME",
	.summary = "Wire a network namespace into networks as a container, and print its id",
	.example = "netctl attach web --netns /run/netns/web --network mynet -p 8080:80",
	.detail =
		"One of --netns and --pid is required. Without --network it is the network bridge.",
	.flags = { place_flags, container_args_flags },
	.min_operands = 1,
	.max_operands = 1,
	.run = run_attach,
};
