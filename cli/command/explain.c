// SPDX-License-Identifier: GPL-2.0-or-later
// explain.c - netctl explain
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/line/cli.h"
#include "cli/show/explained.h"
#include "cli/show/format.h"
#include "diag/question.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. netd is asked, which has the right to look, and asks for it to be done by a
 * process of its own. Where netd is not there, or is stopped, root does the same here, from netd's
 * records; the answer says so. What is shown is made from the answer alone, so it looks the same
 * wherever it came from. */

#define EXPLAIN_CANNOT_LOOK 4 /* the exit status; the others are explained_status() */

/* A question, taken from the command line, and where its answer goes. The texts are borrowed from
 * the arguments. NULL: the option was not given. from and to are NULL where the facts say who asks
 * whom. */
struct asking {
	struct cli *cli;
	const struct args *args;
	const char *from, *to, *facts, *save, *with;
	bool all, probe, trace;
	int64_t deadline_ms; /* DEADLINE_NOW: asked once */
};

/* An invalid question is 2; everything else means that nobody could look. The exit code; the
 * message has been printed. */
static int refuse(const struct asking *asking, const struct error *error)
{
	if (error->kind == ERROR_INVALID && !asking->with)
		return cli_usage(asking->args, "%s", error->text);
	(void)cli_fail(error);
	/* The command line was right, and nft(8) has refused the file that it names. */
	return error->kind == ERROR_INVALID ? CLI_USAGE : EXPLAIN_CANNOT_LOOK;
}

/* --- the question ----------------------------------------------------------------------------- */

/* Options that exclude each other are refused here, each with a sentence that says why: netd sees
 * only one of them and could not say so. 0, or the error is set; then the exit code is 2. The texts
 * of `asking` are borrowed from the arguments. */
static int read_question(const struct args *args, struct asking *asking, struct error *error)
{
	const char *wait = args_text(args, "wait");
	struct question question;
	int err = wait ? explain_here_until(wait, "--wait", &asking->deadline_ms, error) : 0;

	asking->facts = args_text(args, "facts");
	asking->save = args_text(args, "save");
	asking->all = args_switch(args, "all");
	asking->with = args_text(args, "with");
	asking->trace = args_switch(args, "trace");
	asking->probe = args_switch(args, "probe") || asking->trace;
	if (err < 0 || (err = format_check(args, error)) < 0)
		return err;
	/* Facts are of a moment that has passed, and no connection can be made to it. */
	if (asking->facts && (wait || asking->save || asking->probe))
		return error_set(error, ERROR_INVALID,
				 "--facts judges a file: --wait, --save and %s take a host",
				 asking->trace ? "--trace" : "--probe");
	/* A picture has one way. */
	if (asking->all && args_switch(args, "graph"))
		return error_set(error, ERROR_INVALID,
				 "--graph draws one way, and --all asks about many: leave one out");
	/* A connection for each listener would be a scan. */
	if (asking->all && asking->probe)
		return error_set(
			error, ERROR_INVALID,
			"--all judges every listener and makes no connection: leave out %s",
			asking->trace ? "--trace" : "--probe");
	/* The rules of the file are never loaded on the host, so nothing real can meet them. */
	if (asking->with && (wait || asking->facts || asking->probe))
		return error_set(
			error, ERROR_INVALID,
			"--with tells of rules that are not there yet: %s takes those that "
			"are",
			wait		? "--wait"
			: asking->facts ? "--facts"
			: asking->trace ? "--trace"
					: "--probe");
	/* The file knows what it was saved for. */
	if (args->n_operands == 0 && asking->facts)
		return 0;
	if (args->n_operands != 2)
		return error_set(error, ERROR_INVALID,
				 "A and B are wanted: netctl explain A B[:PORT]");
	asking->from = args->operands[0];
	asking->to = args->operands[1];
	/* It is taken apart here as well, so that a mistake is told without a daemon. */
	err = question_parse(asking->from, asking->to, &question, error);
	if (err == 0 && asking->all)
		return question_check_all(&question, error);
	return err;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* Three ways: facts are judged by the program here; what takes root is done here as well, beside a
 * living netd; everything else is netd's to do, or root's where netd cannot. 0 and a new reference,
 * or the error is set. An answer "not reachable" is an answer, and no error. */
static int ask(const struct asking *asking, json_t **ret_answer, struct error *error)
{
	const struct explain_here asked = {
		.facts = asking->facts,
		.with = asking->with,
		.with_facts = asking->save != NULL,
		.all = asking->all,
		.probe = asking->probe,
		.trace = asking->trace,
		.from = asking->from,
		.to = asking->to,
	};
	_cleanup_(buf_done) struct buf path = { 0 };
	bool is_here;

	if (asking->facts)
		return explain_here(&asked, ret_answer, error);
	if (asking->trace || asking->with)
		return explain_here_as_root(asking->cli, asking->args, asked, ret_answer, error);
	cli_path(&path, "/netd/v1/explain?from=", asking->from, "&to=");
	client_quote(&path, asking->to);
	/* The facts make the answer long, so they come only where they are saved. */
	if (asking->save)
		buf_puts(&path, "&facts=1");
	if (asking->all)
		buf_puts(&path, "&all=1");
	if (asking->probe)
		buf_puts(&path, "&probe=1");
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	return explain_here_or_netd(asking->cli, asking->args, path.data, asked, ret_answer,
				    &is_here, error);
}

/* Until it is reachable, or the time is over: then the last answer is the reason. An invalid
 * question does not become valid by waiting. Other errors may: netd may be about to start. Without
 * --wait the deadline has passed already, so it asks once. The pause between two questions is
 * EXPLAIN_WAIT_STEP_US. */
static int ask_in_time(const struct asking *asking, json_t **ret_answer, struct error *error)
{
	for (;;) {
		int err = ask(asking, ret_answer, error);

		/* Only status 0 ends the wait: "partly" and "undecided" do not. */
		if (err == 0 && explained_status(*ret_answer) == 0)
			return 0;
		if (err < 0 && error->kind == ERROR_INVALID)
			return err;
		if (!deadline_pause(asking->deadline_ms, EXPLAIN_WAIT_STEP_US))
			/* The next answer takes the place of this one. */
			return err;
		if (err == 0)
			json_decref(*ret_answer);
		*ret_answer = NULL;
	}
}

/* --- what becomes of it ----------------------------------------------------------------------- */

/* The facts leave the answer: they are long, and nobody reads them on a screen. A new file is its
 * owner's alone, for it shows rules and addresses. 0, or the error is set. The file can be judged
 * on another host with --facts, where there is no netd. */
static int save_facts(const struct asking *asking, json_t *answer, struct error *error)
{
	const json_t *saved = json_object_get(answer, "Saved");
	_cleanup_free_ char *text = saved ? json_dumps(saved, JSON_INDENT(1)) : NULL;

	if (!text)
		return error_set(error, ERROR_INTERNAL, "netd did not send the facts");
	(void)json_object_del(answer, "Saved"); /* it is there */
	return cli_save(asking->save, text, error);
}

/* The exit code is that of the verdict: 0 reachable, 1 not, 3 undecided. */
static int run_explain(struct cli *cli, const struct args *args)
{
	struct asking asking = { .cli = cli, .args = args, .deadline_ms = DEADLINE_NOW };
	json_auto_t *answer = NULL;
	struct error error = { 0 };

	if (read_question(args, &asking, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* Facts are saved before anything is shown, so that a broken pipe loses nothing. */
	if (ask_in_time(&asking, &answer, &error) < 0 ||
	    (asking.save && save_facts(&asking, answer, &error) < 0) ||
	    explained_show(args, answer, explained_screen, &error) < 0)
		return refuse(&asking, &error);
	return explained_status(answer);
}

/* Which of them exclude each other is said in read_question(). */
static const struct flag explain_flags[] = {
	{ .name = "verbose", .letter = 'v', .help = "Every hop, with the facts that it rests on" },
	{ .name = "graph", .help = "Draw the way, and where it breaks" },
	{ .name = "all",
	  .help = "Each listener of B, at each of its addresses; B has no port then" },
	{ .name = "probe",
	  .help = "Make one real connection, too, and reset it before a byte is sent; or ping "
		  "once" },
	{ .name = "trace",
	  .help = "That, and show where the kernel saw it come by or threw it away; takes root" },
	{ .name = "wait",
	  .value = "TIME",
	  .help = "Until it works, for so long at the most (30s, 2m); then the reason" },
	{ .name = "with",
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "As if nft -f FILE had been done on the host, which it is not; takes root" },
	{ .name = "save",
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "Write the facts there, to be judged elsewhere" },
	{ .name = "facts",
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "Judge the facts in a file; A and B are those it was saved for, unless given" },
	{ 0 },
};

const struct command command_explain = {
	.path = "explain",
	.operands = "A B[:PORT[/udp]|/icmp]",
	.summary = "Find out why A does not reach B, and what repairs it",
	.example = "netctl explain web db:5432",
	.detail = "A and B are a container, an address, host, outside:ADDRESS, pid:N or "
		  "netns:PATH. B without a port is asked for by ping.\n"
		  "Exit status: 0 reachable, 1 not or partly, 2 usage, 3 undecided, 4 cannot look",
	.flags = { explain_flags, explain_here_flags, format_flags },
	.max_operands = 2,
	.noun = NOUN_CONTAINER,
	.next_noun = NOUN_CONTAINER,
	.run = run_explain,
};
