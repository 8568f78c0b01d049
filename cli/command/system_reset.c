// SPDX-License-Identifier: GPL-2.0-or-later
// system_reset.c - netctl system reset: all that netd did to this host is taken back
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/libexec.h"
#include "base/tree.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <netd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. What netd has made only netd can take back, and in the end it must not run:
 * a netd that runs has a bridge. So it is `netd --reset` that does the work, a start that undoes
 * all and ends. What is left to this program is to ask, and to remove the folder of an etcd, which
 * has another owner: netd keeps no right to write there. */

#define PROGRAM "netd"
/* In the state directory; netd's name for it is in plumber/keeping.h. */
#define ETCD_FOLDER "etcd"

/* Who runs on another host is not reached, and who runs here has to be stopped by whoever started
 * it: systemd would start it again. */
static int require_no_daemon(struct cli *cli, struct error *error)
{
	if (cli_is_remote(cli))
		return error_set(error, ERROR_INVALID,
				 "system reset works on netd's own host alone: run it over there");
	if (geteuid() != 0)
		return error_set(error, ERROR_FORBIDDEN,
				 "system reset takes root: it removes what netd has made");
	return cli_is_answered(cli)
		       ? error_set(error, ERROR_CONFLICT,
				   "netd runs: stop it first, with `systemctl stop netd.socket "
				   "netd`, or kill, where systemd has not started it")
		       : 0;
}

/* At a terminal alone: what a pipe says was not said to this question. */
static bool confirm(const char *run_dir, const char *state_dir)
{
	(void)printf("This takes every container off its networks, and removes all networks of "
		     "netd's,\nits firewall rules, and what it keeps in %s and %s.\n",
		     run_dir, state_dir);
	return cli_is_confirmed();
}

/* The exit status of netd, which has said on standard error what it could not do; or the error is
 * set. */
static int run_netd(const char *run_dir, const char *state_dir, bool force, int *ret_status,
		    struct error *error)
{
	char path[PATH_MAX];
	const char *argv[] = { PROGRAM,
			       "--reset",
			       "--run-dir",
			       run_dir,
			       "--state-dir",
			       state_dir,
			       force ? "--force" : NULL,
			       NULL };
	int status, err = libexec_find(PROGRAM, path, sizeof(path));
	pid_t pid;

	if (err < 0)
		return error_system(error, err, "cannot find the program netd");
	/* It takes them without const for reasons of history, and changes none. */
	err = -posix_spawn(&pid, path, NULL, NULL, (char *const *)argv, environ);
	if (err < 0)
		return error_system(error, err, "cannot run %s", path);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_system(error, -errno, "cannot wait for %s", path);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
	return 0;
}

/* Whether anything is left in it, which is somebody else's; then it is named. */
static void tell_left(const char *dir_path)
{
	DIR *dir = opendir(dir_path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)printf("%s/%s stays: it is not of netd's making\n", dir_path,
				     entry->d_name);
	if (dir)
		(void)closedir(dir); /* read only */
}

static void remove_left(const char *run_dir, const char *state_dir)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.4000s/" ETCD_FOLDER, state_dir);
	tree_remove(path);
	(void)rmdir(state_dir); /* where nothing else is in it */
	tell_left(run_dir);
	tell_left(state_dir);
	/* firewalld keeps it on disk, and may be asked for it when it runs. */
	if (access("/etc/firewalld/zones/netd.xml", F_OK) == 0)
		(void)puts("firewalld keeps its zone for netd: firewall-cmd --permanent "
			   "--delete-policy=netd-in; firewall-cmd --permanent "
			   "--delete-policy=netd-out; firewall-cmd --permanent "
			   "--delete-zone=netd; firewall-cmd --reload");
}

static int run_reset(struct cli *cli, const struct args *args)
{
	const char *run_dir = args_text(args, "run-dir"), *state_dir = args_text(args, "state-dir");
	bool force = args_switch(args, "force");
	struct error error = { 0 };
	int status = CLI_FAILED;

	run_dir = run_dir ? run_dir : NETD_DEFAULT_RUN_DIR;
	state_dir = state_dir ? state_dir : NETD_DEFAULT_STATE_DIR;
	if (require_no_daemon(cli, &error) < 0)
		return cli_fail(&error);
	if (!force && !isatty(STDIN_FILENO))
		return cli_usage(args, "there is no terminal to ask at: use --force");
	if (!force && !confirm(run_dir, state_dir))
		return CLI_DONE;
	if (run_netd(run_dir, state_dir, force, &status, &error) < 0)
		return cli_fail(&error);
	if (status != 0)
		return status;
	remove_left(run_dir, state_dir);
	(void)puts("netd has left this host");
	return CLI_DONE;
}

static const struct flag reset_flags[] = {
	{ .name = "force",
	  .letter = 'f',
	  .help = "Do not ask, and take containers off that are attached" },
	{ .name = "run-dir",
	  .value = "DIR",
	  .noun = NOUN_FILE,
	  .help = "netd's run directory (default " NETD_DEFAULT_RUN_DIR ")" },
	{ .name = "state-dir",
	  .value = "DIR",
	  .noun = NOUN_FILE,
	  .help = "netd's state directory (default " NETD_DEFAULT_STATE_DIR ")" },
	{ 0 },
};

const struct command command_system_reset = {
	.path = "system reset",
	.summary = "Take back all that netd did to this host, when it does not run",
	.example = "netctl system reset",
	.flags = { reset_flags },
	.run = run_reset,
};
