// SPDX-License-Identifier: GPL-2.0-or-later
// options.c - netd-explain's command line
#include "base/deadline.h"
#include "explain/explain.h"

#include <getopt.h>
#include <netd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Theory of operation. netd and netctl call this program, and they have read and checked what a
 * person has said. So a mistake here is one of a caller, and gets one line. Words are checked
 * for their number only; what they mean is found out where they are used. */

static const char help[] =
	"Usage: netd-explain [options] A B[:PORT[/udp|/icmp]]\n"
	"       netd-explain [options] --doctor [NAME]\n"
	"       netd-explain [options] --connections|--losses NAME\n"
	"       netd-explain [options] --reach [--network NETWORK] [A,A...]\n"
	"       netd-explain [options] --drops [NAME]\n"
	"       netd-explain [options] --follow A [tcp|udp|icmp] [port N] [host NAME]\n"
	"\n"
	"Finds out whether A reaches B, or what is wrong, for netd and netctl, and writes a status "
	"of HTTP and\n"
	"a JSON object. A person calls netctl explain, or netctl doctor.\n"
	"\n"
	"  --host unix://PATH where netd's API is (default " NETD_DEFAULT_HOST ")\n"
	"  --records          ask netd's records instead of netd\n"
	"  --run-dir DIR      where they are (default " NETD_DEFAULT_RUN_DIR ")\n"
	"  --state-dir DIR    and those of networks (default " NETD_DEFAULT_STATE_DIR ")\n"
	"  --facts FILE       judge what is in a file, and ask nobody\n"
	"  --with-facts       answer with the facts, too\n"
	"  --with FILE        as if nft(8) had loaded that file on the host; takes root\n"
	"  --all              each listener of B, which has no port then\n"
	"  --doctor           what is wrong with a container, a network, or all of it\n"
	"  --connections      the flows of a container that pass the host\n"
	"  --losses           what the kernel has counted as lost inside of it\n"
	"  --reach            who reaches which listener, everybody or those that are named\n"
	"  --network NETWORK  of all containers those on it\n"
	"  --probe            make one real connection, too\n"
	"  --trace            have the kernel tell where that one comes by, too; takes root\n"
	"  --follow           no pair, but A and words of a filter: its packets, a line each, "
	"until\n"
	"                     its standard input has an end; takes root\n"
	"  --no-rules         without the rules that they meet\n"
	"  --drops            what the kernel throws away, of everybody or NAME, a line each, "
	"until "
	"its\n"
	"                     standard input has an end; takes root\n"
	"  --seconds N        of both, the end after so long\n"
	"  --serve            both for a client of netd's, whose socket is descriptor 3, until it "
	"or "
	"4 is closed;\n"
	"                     5 is its tracer\n"
	"  --lines            and what is written there is no reply of HTTP, but its lines; it "
	"ends where\n"
	"                     the kernel does not say why it drops\n"
	"  --pipe FD          where the answer goes, behind the process id\n"
	"  --help             this text\n";

/* Above 255, so that none is taken for a letter. */
enum option_id {
	OPTION_HOST = 256,
	OPTION_RECORDS,
	OPTION_RUN_DIR,
	OPTION_STATE_DIR,
	OPTION_FACTS,
	OPTION_WITH_FACTS,
	OPTION_WITH,
	OPTION_ALL,
	OPTION_PROBE,
	OPTION_TRACE,
	OPTION_DOCTOR,
	OPTION_REACH,
	OPTION_CONNECTIONS,
	OPTION_LOSSES,
	OPTION_NETWORK,
	OPTION_FOLLOW,
	OPTION_DROPS,
	OPTION_NO_RULES,
	OPTION_SECONDS,
	OPTION_SERVE,
	OPTION_LINES,
	OPTION_PIPE,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{ "host", required_argument, NULL, OPTION_HOST },
	{ "records", no_argument, NULL, OPTION_RECORDS },
	{ "run-dir", required_argument, NULL, OPTION_RUN_DIR },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "facts", required_argument, NULL, OPTION_FACTS },
	{ "with-facts", no_argument, NULL, OPTION_WITH_FACTS },
	{ "with", required_argument, NULL, OPTION_WITH },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "probe", no_argument, NULL, OPTION_PROBE },
	{ "trace", no_argument, NULL, OPTION_TRACE },
	{ "doctor", no_argument, NULL, OPTION_DOCTOR },
	{ "connections", no_argument, NULL, OPTION_CONNECTIONS },
	{ "losses", no_argument, NULL, OPTION_LOSSES },
	{ "reach", no_argument, NULL, OPTION_REACH },
	{ "network", required_argument, NULL, OPTION_NETWORK },
	{ "follow", no_argument, NULL, OPTION_FOLLOW },
	{ "drops", no_argument, NULL, OPTION_DROPS },
	{ "no-rules", no_argument, NULL, OPTION_NO_RULES },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "serve", no_argument, NULL, OPTION_SERVE },
	{ "lines", no_argument, NULL, OPTION_LINES },
	{ "pipe", required_argument, NULL, OPTION_PIPE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

/* optarg is getopt_long(3)'s and lives as long as argv, so it is not copied. */
static int take_option(int id, struct explain_options *options)
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
	case OPTION_FACTS:
		options->facts = optarg;
		return 0;
	case OPTION_WITH_FACTS:
		options->with_facts = true;
		return 0;
	case OPTION_WITH:
		options->with = optarg;
		return 0;
	case OPTION_ALL:
		options->all = true;
		return 0;
	case OPTION_PROBE:
		options->probe = true;
		return 0;
	case OPTION_TRACE:
		/* A trace watches the probe, so it implies one. */
		options->probe = options->trace = true;
		return 0;
	case OPTION_REACH:
		options->reach = true;
		return 0;
	case OPTION_CONNECTIONS:
		options->connections = true;
		return 0;
	case OPTION_LOSSES:
		options->losses = true;
		return 0;
	case OPTION_NETWORK:
		options->network = optarg;
		return 0;
	case OPTION_DOCTOR:
		options->doctor = true;
		return 0;
	case OPTION_FOLLOW:
		/* A word takes the place of "" when all options were read. */
		options->follow = "";
		return 0;
	case OPTION_DROPS:
		options->drops = true;
		return 0;
	case OPTION_NO_RULES:
		options->no_rules = true;
		return 0;
	case OPTION_SECONDS:
		/* What is no number is 0, and ends at once. */
		options->end_ms = deadline_after(1000 * (unsigned int)strtoul(optarg, NULL, 10));
		return 0;
	case OPTION_SERVE:
		options->serves = true;
		options->out_fd = EXPLAIN_CLIENT_FD;
		return 0;
	case OPTION_LINES:
		options->lines = true;
		return 0;
	case OPTION_PIPE:
		options->out_fd = (int)strtol(optarg, NULL, 10);
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	default: /* getopt_long has said what is wrong */
		return -1;
	}
}

/* "+" stops at the first word that is no option: words of a filter are the filter's, even with
 * a dash. The options are filled apart and handed over when they are whole. */
int explain_options_parse(int argc, char **argv, struct explain_options *ret_options)
{
	struct explain_options options = { .host = NETD_DEFAULT_HOST,
					   .run_dir = NETD_DEFAULT_RUN_DIR,
					   .state_dir = NETD_DEFAULT_STATE_DIR,
					   .out_fd = STDOUT_FILENO,
					   .end_ms = DEADLINE_NEVER };
	int id, n_wanted;

	while ((id = getopt_long(argc, argv, "+", long_options, NULL)) >= 0)
		if (take_option(id, &options) < 0)
			return -1;
	if (options.help) {
		(void)fputs(help, stdout);
		*ret_options = options;
		return 0;
	}
	if (((options.doctor || options.reach || options.drops) && argc - optind <= 1) ||
	    ((options.connections || options.losses) && argc - optind == 1)) {
		options.name = options.names = argv[optind];
		*ret_options = options;
		return 0;
	}
	if (options.follow && argc - optind >= 1) {
		options.follow = argv[optind];
		options.filter = (const char *const *)&argv[optind + 1];
		options.n_filter = (size_t)(argc - optind - 1);
		*ret_options = options;
		return 0;
	}
	/* A file of facts knows what it was saved for. */
	n_wanted = options.facts && optind == argc ? 0 : 2;
	if (options.doctor || options.reach || options.drops || options.connections ||
	    options.losses || argc - optind != n_wanted) {
		(void)fprintf(stderr, "netd-explain: %s wanted; see --help\n",
			      options.connections || options.losses ? "one NAME is"
			      : options.doctor || options.reach || options.drops
				      ? "one NAME at the most is"
				      : "A and B are");
		return -1;
	}
	if (n_wanted == 2) {
		options.from = argv[optind];
		options.to = argv[optind + 1];
	}
	*ret_options = options;
	return 0;
}
