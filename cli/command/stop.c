// SPDX-License-Identifier: GPL-2.0-or-later
// stop.c - netctl stop, restart and kill: what run -d has started
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/command/run.h"
#include "cli/command/run_end.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* How a command is asked to end, and for how long it is waited for. */
struct manner {
	int signal;
	int timeout_s; /* -1: as long as it takes */
};

/* 0, or the error is set. */
static int read_manner(const struct args *args, int default_signal, struct manner *ret_manner,
		       struct error *error)
{
	const char *signal = args_text(args, "signal"), *timeout = args_text(args, "timeout");
	char *end;
	long seconds = RUN_STOP_S;

	*ret_manner = (struct manner) { default_signal, RUN_STOP_S };
	if (signal && run_end_signal(signal, &ret_manner->signal, error) < 0)
		return -EINVAL;
	if (!timeout)
		return 0;
	errno = 0;
	seconds = strtol(timeout, &end, 10);
	if (errno != 0 || end == timeout || *end || seconds < -1 || seconds > RUN_STOP_MAX_S)
		return error_set(error, ERROR_INVALID,
				 "--timeout '%.32s' is no number of seconds from 0 to %d, or -1 to "
				 "wait for as long as it takes",
				 timeout, RUN_STOP_MAX_S);
	ret_manner->timeout_s = (int)seconds;
	return 0;
}

/* --- stop --- */

static int stop_one(struct cli *cli, const struct args *args, const char *ref)
{
	struct error error = { 0 };
	struct manner manner;
	struct run run = { 0 };
	int err = read_manner(args, SIGTERM, &manner, &error);

	if (err == 0)
		err = run_end_find(cli, "stop", "stops it", ref, &run, &error);
	if (err == 0)
		err = run_end(cli, &run, manner.signal, manner.timeout_s, &error);
	if (err == 0)
		(void)printf("%s\n", ref);
	run_done(&run);
	return err < 0 ? cli_fail(&error) : CLI_DONE;
}

/* A mistake of the command line is told once, and not for each container. */
static bool is_mistaken(const struct args *args, int *ret_code)
{
	struct error error = { 0 };
	struct manner manner;

	if (read_manner(args, SIGTERM, &manner, &error) == 0)
		return false;
	*ret_code = cli_usage(args, "%s", error.text);
	return true;
}

static int run_stop(struct cli *cli, const struct args *args)
{
	int code;

	return is_mistaken(args, &code) ? code : cli_each(cli, args, stop_one);
}

/* --- restart --- */

/* All that the command was started with; it is read before the command ends, for one of run --rm
 * leaves nothing. */
struct again {
	struct run_words argv, environment;
	char directory[PATH_MAX];
	json_t *body;
};

static void again_done(struct again *again)
{
	run_words_done(&again->argv);
	run_words_done(&again->environment);
	json_decref(again->body);
}

/* The same container again: its id and its name are what its addresses are kept for. */
static int read_again(const struct run *run, struct again *again, struct error *error)
{
	int err = run_words_read(run, "cmdline", &again->argv, error);

	if (err == 0)
		err = run_words_read(run, "environ", &again->environment, error);
	if (err == 0)
		err = run_directory(run, again->directory, error);
	if (err < 0)
		return err;
	again->body = json_deep_copy(json_object_get(run->record, "Request"));
	if (!again->argv.list[0] || !again->body)
		return error_set(error, ERROR_INTERNAL, "the record of %s is damaged: %s",
				 run_name(run), run->path);
	return cli_set(again->body, "Id", json_string(cli_str(run->record, "Id")), error);
}

static int restart_one(struct cli *cli, const struct args *args, const char *ref)
{
	_cleanup_(again_done) struct again again = { 0 };
	struct error error = { 0 };
	struct manner manner;
	struct run run = { 0 };
	struct run_asked asked = { .detached = true, .again = true, .told = ref };
	int err = read_manner(args, SIGTERM, &manner, &error);

	if (err == 0)
		err = run_end_find(cli, "restart", "starts it again", ref, &run, &error);
	if (err == 0)
		err = read_again(&run, &again, &error);
	if (err == 0)
		err = run_end(cli, &run, manner.signal, manner.timeout_s, &error);
	asked.argv = again.argv.list;
	asked.environment = again.environment.list;
	asked.directory = again.directory;
	asked.body = again.body;
	asked.forgotten = json_is_true(json_object_get(run.record, "Forgotten"));
	run_done(&run);
	if (err < 0)
		return cli_fail(&error);
	/* It tells by itself what goes wrong. */
	return run_launch(cli, &asked) == CLI_DONE ? CLI_DONE : CLI_FAILED;
}

static int run_restart(struct cli *cli, const struct args *args)
{
	int code;

	return is_mistaken(args, &code) ? code : cli_each(cli, args, restart_one);
}

/* --- kill --- */

/* It has ended: how is more than that it has. */
static int has_ended(const struct run *run, struct error *error)
{
	char how[64];

	run_tell_end(run, how, sizeof(how));
	return error_set(error, ERROR_CONFLICT,
			 "%s %s already: `netctl logs %s` has its output, and `netctl restart %s` "
			 "starts it again",
			 run_name(run), how, run_name(run), run_name(run));
}

/* Of one that has ended: what it has started has the signal in its place. */
static int kill_left(struct cli *cli, const struct run *run, int signal, struct error *error)
{
	const struct run_session session = run_session(run);

	if (!run_session_is_there(&session))
		return has_ended(run, error);
	if (signal == SIGKILL)
		return run_end(cli, run, SIGKILL, 0, error);
	return run_session_signal(&session, signal) ? 0 : has_ended(run, error);
}

/* A signal that ends nothing is only sent; after the one that cannot be refused all is done that
 * stop does. */
static int kill_one(struct cli *cli, const struct args *args, const char *ref)
{
	struct error error = { 0 };
	struct manner manner;
	struct run run = { 0 };
	_cleanup_close_ int pidfd = -1;
	int err = read_manner(args, SIGKILL, &manner, &error);

	if (err == 0)
		err = run_end_find(cli, "kill", "kills it", ref, &run, &error);
	pidfd = err == 0 ? run_pidfd(&run) : -1;
	if (err == 0 && pidfd < 0)
		err = kill_left(cli, &run, manner.signal, &error);
	else if (err == 0 && manner.signal == SIGKILL)
		err = run_end(cli, &run, SIGKILL, 0, &error);
	else if (err == 0 && syscall(SYS_pidfd_send_signal, pidfd, manner.signal, NULL, 0) < 0)
		err = error_system(&error, -errno, "sending a signal to %s", run_name(&run));
	if (err == 0)
		(void)printf("%s\n", ref);
	run_done(&run);
	return err < 0 ? cli_fail(&error) : CLI_DONE;
}

static int run_kill(struct cli *cli, const struct args *args)
{
	int code;

	return is_mistaken(args, &code) ? code : cli_each(cli, args, kill_one);
}

static const struct flag stop_flags[] = {
	{ .name = "signal",
	  .letter = 's',
	  .value = "SIGNAL",
	  .help = "Signal that asks it to end (default TERM)" },
	{ .name = "timeout",
	  .letter = 't',
	  .value = "SECONDS",
	  .help = "Until it is killed (default 10); -1: never" },
	{ 0 },
};

static const struct flag kill_flags[] = {
	{ .name = "signal",
	  .letter = 's',
	  .value = "SIGNAL",
	  .help = "Signal to send (default KILL)" },
	{ 0 },
};

const struct command command_stop = {
	.path = "stop",
	.operands = "CONTAINER…",
	.summary = "End commands that run -d started",
	.example = "netctl stop web",
	.detail = "Sends SIGTERM, and SIGKILL where that does not end it in time; kills what is "
		  "left of its session, and detaches it. Where it has ended already, what it has "
		  "started is ended in its place.",
	.flags = { stop_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_stop,
};

const struct command command_restart = {
	.path = "restart",
	.operands = "CONTAINER…",
	.summary = "Start commands of run -d again, also those that have ended",
	.example = "netctl restart web",
	.detail = "With the same words, environment, directory, networks and ports as the first "
		  "time.",
	.flags = { stop_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_restart,
};

const struct command command_kill = {
	.path = "kill",
	.operands = "CONTAINER…",
	.summary = "Send a signal to commands that run -d started",
	.example = "netctl kill --signal HUP web",
	.flags = { kill_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_kill,
};
