// SPDX-License-Identifier: GPL-2.0-or-later
// run.c - the life of a role's process, from main to its end

#include "role/run.h"

#include "base/log.h"
#include "ipc/msg.h"
#include "role/sandbox.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct options {
	const char *user;
	enum log_level log_level;
};

static bool parse_options(const struct role *role, int argc, char **argv,
			  struct options *ret_options)
{
	const struct option known[] = {
		/* getopt_long(3) wants the name without its two dashes. */
		{ role->option + 2, no_argument, NULL, 'r' }, /* what main() was told */
		{ "user", required_argument, NULL, 'u' },
		{ "log-level", required_argument, NULL, 'l' },
		{ 0 },
	};
	struct options options = { .user = "nobody", .log_level = LOG_LEVEL_INFO };
	int option;

	/* getopt_long(3) keeps its place in a global, which an earlier caller may have moved. */
	optind = 1;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'u')
			options.user = optarg;
		else if (option == 'l' && log_level_parse(optarg, &options.log_level))
			continue;
		else if (option != 'r')
			return false;
	}
	/* A word that nobody reads is most likely an option without its dashes. */
	if (optind != argc)
		return false;
	*ret_options = options;
	return true;
}

static int check_channel(struct error *error)
{
	/* Descriptor 3 of a start by hand may be anything, or closed. A role that took it for its
	 * channel would wait for ever. */
	int listening = 0, type = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(IPC_LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
	    getsockopt(IPC_LISTEN_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return error_system(error, -errno, "descriptor %d is not the channel",
				    IPC_LISTEN_FD);
	if (!listening || type != SOCK_SEQPACKET)
		return error_set(error, ERROR_INVALID,
				 "descriptor %d is not a listening packet socket", IPC_LISTEN_FD);
	return 0;
}

/* Nobody has been listened to before this. */
static int seal(const struct program_maker *maker, struct error *error)
{
	/* Static, as it is too large for the stack and is needed once. */
	static struct program calls;
	int err = program_finish(maker, &calls, error);

	return err < 0 ? err : program_load(&calls, 0, error);
}

static int run(const struct role *role, const struct run_stages *stages,
	       const struct options *options, struct error *error)
{
	const struct seal *its = stages->seal;
	struct program_maker maker;
	uid_t starter = getuid();
	/* Before anything is given up: a start by hand, without a socket, is said and does nothing.
	 */
	int err = check_channel(error);

	/* Signals for the plumber's terminal are not for us; fails where the plumber has seen to
	 * that, as it does (plumber/supervisor.c). */
	(void)setsid();
	/* As who we are still: others who run as the role's user, and have as many processes as
	 * that user may have, would keep us from making a child. It works while we do the rest. */
	if (err == 0 && its)
		err = seal_begin(its, &maker, error);
	if (err == 0)
		err = sandbox_enter(role, options->user, error);
	if (err == 0)
		err = stages->build(starter, error);
	if (err == 0 && its)
		err = seal(&maker, error);
	if (err < 0)
		return err;
	log_info("%s is ready", role->name);
	return stages->serve(error);
}

int run_role(const struct role *role, const struct run_stages *stages, int argc, char **argv)
{
	struct options options;
	struct error error = { 0 };

	/* Executed as /proc/self/exe it would be called "exe". First, so that ps(1) shows who it
	 * is, whatever fails after that. */
	(void)prctl(PR_SET_NAME, role->comm, 0, 0, 0);
	log_init(role->name, LOG_LEVEL_INFO);
	if (!parse_options(role, argc, argv, &options)) {
		log_error("usage: %s [--user NAME] [--log-level LEVEL]", argc > 0 ? argv[0] : "");
		return 2;
	}
	log_max_level = options.log_level;
	(void)run(role, stages, &options, &error);
	/* serve() returns with an error only, so to come here is always a failure. The plumber
	 * starts another one. */
	log_error("%s", error.text);
	return 1;
}
