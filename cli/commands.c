// SPDX-License-Identifier: GPL-2.0-or-later
// commands.c - the table of subcommands, and the way from argv to one of them
#include "cli/commands.h"

#include "cli/completion.h"
#include "cli/help.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The order is that of the help: what is needed first stands first. */
const struct command *const commands[] = {
	&command_network_create,
	&command_network_ls,
	&command_network_inspect,
	&command_network_update,
	&command_network_rm,
	&command_network_prune,
	&command_network_connect,
	&command_network_disconnect,
	&command_attach,
	&command_detach,
	&command_update,
	&command_ps,
	&command_inspect,
	&command_run,
	&command_exec,
	&command_stop,
	&command_restart,
	&command_kill,
	&command_logs,
	&command_explain,
	&command_doctor,
	&command_reach,
	&command_capture,
	&command_graph,
	&command_trace,
	&command_drops,
	&command_ui,
	&command_port,
	&command_port_ls,
	&command_port_add,
	&command_port_rm,
	&command_service_create,
	&command_service_update,
	&command_service_ls,
	&command_service_inspect,
	&command_service_rm,
	&command_dns_lookup,
	&command_dns_log,
	&command_stats,
	&command_top,
	&command_connections,
	&command_events,
	&command_cluster_init,
	&command_cluster_join,
	&command_cluster_leave,
	&command_cluster_status,
	&command_cluster_token,
	&command_node_ls,
	&command_node_inspect,
	&command_node_rm,
	&command_system_info,
	&command_system_snapshot,
	&command_system_backup,
	&command_system_restore,
	&command_system_reset,
	&command_system_dial_stdio,
	&command_version,
	&command_completion,
	NULL,
};

/* Help comes before anything else that is wrong; a group of commands has a help of its own. */
static int dispatch(struct cli *cli, const struct args *args)
{
	if (args->version && !args->command) {
		(void)printf("netctl %s\n", NETD_VERSION);
		return CLI_DONE;
	}
	if (args->help && args->command)
		help_command(stdout, args->command);
	else if (args->help)
		help_group(stdout, commands, args->group);
	else if (!args->command)
		return cli_usage(args, "a command is missing");
	else
		return args->command->run(cli, args);
	return CLI_DONE;
}

/* A full disk or a closed pipe must not look like success. What a command prints is looked at
 * here once, and not at each line. */
static int finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno != EPIPE) /* the reader had enough: that needs no words */
		(void)fprintf(stderr, "netctl: writing the output: %s\n", strerror(errno));
	return code == CLI_DONE ? CLI_FAILED : code;
}

int commands_main(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct error error = { 0 };
	struct args args;
	int code;

	/* args is freed in any case, so args_parse() has made it empty first. */
	if (args_parse(commands, argc, argv, &args, &error) < 0) {
		code = cli_usage(&args, "%s", error.text);
	} else {
		cli.host = args.host;
		code = dispatch(&cli, &args);
	}
	client_close(cli.client);
	args_done(&args);
	return finish(code);
}
