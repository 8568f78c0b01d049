// SPDX-License-Identifier: GPL-2.0-or-later
// options.c - netd-capture's command line
#include "capturer/capturer.h"

#include <errno.h>
#include <getopt.h>
#include <netd.h>
#include <stdio.h>
#include <stdlib.h>

/* Options are for whoever starts the program, words for what is captured. Both come from netd or
 * netctl and never from a shell. */

/* The command line is written by netd and netctl, so an option that is wrong is a mistake, and
 * getopt's own words are enough. What is asked is a stranger's, and its errors are sentences for
 * him. */

static const char help[] =
	"Usage: netd-capture [options] --control FD KEY=VALUE...\n"
	"\n"
	"Captures packets of a container or a network, for netd and netctl. A person calls\n"
	"netctl capture.\n"
	"\n"
	"  --host unix://PATH where netd's API is (default " NETD_DEFAULT_HOST ")\n"
	"  --records          ask netd's records instead of netd\n"
	"  --run-dir DIR      where they are (default " NETD_DEFAULT_RUN_DIR ")\n"
	"  --state-dir DIR    and those of networks (default " NETD_DEFAULT_STATE_DIR ")\n"
	"  --control FD       a socket: the process id goes there, then 101 and a newline, or a\n"
	"                     status of HTTP and why not; behind 101 the socket that packets are\n"
	"                     written to comes from there\n"
	"  --tracer           netd has a tracer at descriptor 5, or has none for it; without this\n"
	"                     one is started where dropped packets are asked for\n"
	"  --help             this text\n"
	"\n"
	"What is asked: name=NAME, both=1, loopback=1, drops=1, count=N, for=TIME, snaplen=N,\n"
	"bytes=SIZE, filter=TEXT\n";

/* Above all letters. */
enum option_id {
	OPTION_HOST = 256,
	OPTION_RECORDS,
	OPTION_RUN_DIR,
	OPTION_STATE_DIR,
	OPTION_CONTROL,
	OPTION_TRACER,
	OPTION_HELP,
};

/* No option has a short form: a person does not write them. */
static const struct option long_options[] = {
	{ "host", required_argument, NULL, OPTION_HOST },
	{ "records", no_argument, NULL, OPTION_RECORDS },
	{ "run-dir", required_argument, NULL, OPTION_RUN_DIR },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "tracer", no_argument, NULL, OPTION_TRACER },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

/* A number that is none becomes 0, a descriptor that is no socket. Texts are borrowed from the
 * arguments. -EINVAL: it is no option. */
static int take_option(int id, struct capturer_options *options)
{
	switch (id) {
	case OPTION_HOST:
		options->host = optarg;
		return 0;
	case OPTION_RECORDS:
		options->use_records = true;
		return 0;
	case OPTION_RUN_DIR:
		options->run_dir = optarg;
		return 0;
	case OPTION_STATE_DIR:
		options->state_dir = optarg;
		return 0;
	case OPTION_CONTROL:
		options->control_fd = (int)strtol(optarg, NULL, 10);
		return 0;
	case OPTION_TRACER:
		options->is_netds = true;
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	default: /* getopt_long has said what is wrong */
		return -EINVAL;
	}
}

/* "+": options end where the words begin. -EINVAL with nothing in error: getopt_long(3) or this
 * function has said on stderr what is wrong. */
int capturer_options_parse(int argc, char **argv, struct capturer_options *ret_options,
			   struct error *error)
{
	struct capturer_options *options = ret_options;
	int id, err = 0;

	*options = (struct capturer_options) { .host = NETD_DEFAULT_HOST,
					       .run_dir = NETD_DEFAULT_RUN_DIR,
					       .state_dir = NETD_DEFAULT_STATE_DIR,
					       .control_fd = -1 };
	capture_asked_init(&options->asked);
	while ((id = getopt_long(argc, argv, "+", long_options, NULL)) >= 0)
		if (take_option(id, options) < 0)
			return -EINVAL;
	if (options->help) {
		(void)fputs(help, stdout);
		return 0;
	}
	/* Without it nobody would hear the answer. */
	if (options->control_fd < 0) {
		(void)fputs("netd-capture: --control FD is wanted; see --help\n", stderr);
		return -EINVAL;
	}
	for (int i = optind; i < argc && err == 0; i++)
		err = capture_asked_take(&options->asked, argv[i], error);
	return err < 0 ? err : capture_asked_check(&options->asked, error);
}
