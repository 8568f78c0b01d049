// SPDX-License-Identifier: GPL-2.0-or-later
// options.c - netd's command line
#include "plumber/options.h"

#include <getopt.h>
#include <netd.h>
#include <stdio.h>

/* Theory of operation. The command line says where things are and nothing about networks: what
 * can be said in netd.json is said there. An option here goes before the same setting of the
 * file. What was given is checked by whoever uses it, for only he knows what is wrong with it. */

/* Names the defaults that this build has. Options are in the order of netd(8). */
static const char help[] =
	"Usage: netd [options]\n"
	"\n"
	"The network daemon for containers. Runs in the foreground.\n"
	"\n"
	"  --config FILE      settings (default " NETD_DEFAULT_CONFIG ")\n"
	"  --host unix://PATH where the API listens (default " NETD_DEFAULT_HOST ")\n"
	"  --run-dir DIR      what is as old as the kernel's objects (default " NETD_DEFAULT_RUN_DIR
	")\n"
	"  --state-dir DIR    what survives a reboot (default " NETD_DEFAULT_STATE_DIR ")\n"
	"  --metrics-addr ADDRESS:PORT\n"
	"                     where metrics are served; a port alone is on 127.0.0.1\n"
	"  --check            read the settings and the rules, print what they lead to, touch "
	"nothing\n"
	"  --reset            take back all that netd made on this host, and end\n"
	"  --force            with --reset: although containers are attached\n"
	"  --help             this text\n"
	"  --version          print the version\n"
	"\n"
	"See netd(8), netd.json(5) and netctl(1).\n";

/* What a build lacks is said with its version, since it shows in reports of bugs. */
#ifdef NETD_FIREWALLD
#define WITHOUT_FIREWALLD ""
#else
#define WITHOUT_FIREWALLD "\nwithout firewalld: libsystemd's headers were not there"
#endif

/* Above every character, so that no long option is taken for a short one. */
enum option_id {
	OPTION_CONFIG = 256,
	OPTION_HOST,
	OPTION_RUN_DIR,
	OPTION_STATE_DIR,
	OPTION_METRICS_ADDR,
	OPTION_CHECK,
	OPTION_RESET,
	OPTION_FORCE,
	OPTION_HELP,
	OPTION_VERSION
};

/* In the order of the help. -h and -H are the short ones that users of Docker know. */
static const struct option long_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "host", required_argument, NULL, OPTION_HOST },
	{ "run-dir", required_argument, NULL, OPTION_RUN_DIR },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "metrics-addr", required_argument, NULL, OPTION_METRICS_ADDR },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "reset", no_argument, NULL, OPTION_RESET },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

/* 3 becomes the exit status 2 (options.h: one more than the status). */
static int usage_error(void)
{
	(void)fprintf(stderr, "Run `netd --help` for the options.\n");
	return 3;
}

/* Nothing is looked up or opened here. A string is argv's own, and lives as long as the process. */
int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options options = { .run_dir = NETD_DEFAULT_RUN_DIR,
				   .state_dir = NETD_DEFAULT_STATE_DIR };
	int id;

	while ((id = getopt_long(argc, argv, "H:h", long_options, NULL)) >= 0) {
		switch (id) {
		case OPTION_CONFIG:
			options.config = optarg;
			break;
		case 'H':
		case OPTION_HOST:
			options.host = optarg;
			break;
		case OPTION_RUN_DIR:
			options.run_dir = optarg;
			break;
		case OPTION_STATE_DIR:
			options.state_dir = optarg;
			break;
		case OPTION_METRICS_ADDR:
			options.metrics_addr = optarg;
			break;
		case OPTION_CHECK:
			options.check = true;
			break;
		case OPTION_RESET:
			options.reset = true;
			break;
		case OPTION_FORCE:
			options.force = true;
			break;
		case 'h':
		case OPTION_HELP:
			/* stdout, for it was asked for; a pager that has gone is no error of
			 * netd. */
			(void)fputs(help, stdout);
			return 1;
		case OPTION_VERSION:
			(void)puts("netd " NETD_VERSION WITHOUT_FIREWALLD);
			return 1;
		default: /* getopt_long has said what is wrong */
			return usage_error();
		}
	}
	/* netd takes no words. A forgotten dash must not be overlooked. */
	if (optind < argc) {
		(void)fprintf(stderr, "netd: unexpected argument '%s'\n", argv[optind]);
		return usage_error();
	}
	/* Written only when all is right. */
	*ret_options = options;
	return 0;
}
