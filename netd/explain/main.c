// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-explain: does A reach B, and if not, what breaks it first and what repairs it
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "client/client.h"
#include "diag/judge.h"
#include "explain/explain.h"
#include "kernel/caps.h"
#include "kernel/narrow.h"
#include "kernel/process.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Theory of operation. A process for each question, which ends: the daemon has one started for
 * a call of its API, and root's netctl does so itself where the daemon is dead or stopped. It
 * learns what netd believes, takes a picture of each network namespace on the way, and lets the
 * judge ask the kernel what the picture does not show. It changes nothing, and what it has
 * opened goes with it. docs/decisions/0022-a-process-that-explains.md. The order is always the
 * same: what needs rights is done first (to open files and start programs), then rights are
 * given up, then what may be a stranger's is read. */

struct explanation {
	struct explain_options options;
	struct question question;
	struct facts facts;
	struct diag_verdict verdict;
	struct look *look;
	struct look_scratch *scratch; /* where a file is tried; NULL: none is */
	struct client *client;	      /* netd's, as long as it may be asked for more */
	struct explain_trace trace;
	double began_s;
};

/* What netd says comes while the host is looked at. A process or a namespace that was asked for
 * by number becomes a container here, because only now it is known which containers netd has. */
static int believe(struct explanation *explanation, struct error *error)
{
	const struct explain_options *options = &explanation->options;
	struct facts *facts = &explanation->facts;
	int err = options->use_records
			  ? 0 /* they were read already */
			  : explain_believed_hear(options, explanation->client, facts, error);

	if (err == 0 && explanation->client)
		explain_services(explanation->client, facts);
	if (err == 0)
		err = explain_adopt(&explanation->question.from, facts, error);
	return err < 0 ? err : explain_adopt(&explanation->question.to, facts, error);
}

/* CAP_NET_ADMIN: to ask a namespace's links and rules. CAP_SYS_ADMIN: to enter it.
 * CAP_SYS_PTRACE: /proc/PID/ns/net of others. CAP_DAC_READ_SEARCH: files and folders of others,
 * to read. */
#define KEPT_TO_LOOK                                                                               \
	(CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_SYS_ADMIN) | CAPS_BIT(CAP_SYS_PTRACE) |            \
	 CAPS_BIT(CAP_DAC_READ_SEARCH))
/* To send an echo request, for who asked for a probe. */
#define KEPT_TO_PROBE (KEPT_TO_LOOK | CAPS_BIT(CAP_NET_RAW))
#define KEPT_TO_READ CAPS_BIT(CAP_DAC_READ_SEARCH)

/* From here on rulesets, files and names of containers are read, which may be anything: what is
 * left can look into namespaces and processes, and write no file of others. Facts out of a file may
 * be a stranger's, and take no more than to open that. */
static int drop_privileges(uint64_t kept, struct error *error)
{
	int err = caps_keep(kept);

	if (err == 0)
		/* The filter for system calls is narrower where nothing is looked at. */
		err = narrow_calls(kept != KEPT_TO_READ);
	return err < 0 ? error_system(error, err, "cannot give up privileges") : 0;
}

/* A program cannot be started any more when rights have been given up. So nft is started here,
 * and waits in its namespace until there is something to load. */
static int open_look(struct explanation *explanation, struct error *error)
{
	const char *with = explanation->options.with;

	explanation->look = look_new(error);
	if (!explanation->look)
		return error->code;
	return with ? explain_with_start(with, &explanation->scratch, error) : 0;
}

/* What is asked, and what is known before anybody looks. */
static int know(struct explanation *explanation, char **ret_from, char **ret_to,
		struct error *error)
{
	struct explain_options *options = &explanation->options;
	int err = 0;

	/* A file is read with the fewest rights, and before a single byte of it was looked at. */
	if (options->facts)
		err = drop_privileges(KEPT_TO_READ, error);
	if (err == 0 && options->facts)
		err = explain_file_read(options, &explanation->facts, ret_from, ret_to, error);
	/* The question is taken apart first: a mistake in it is told before anything is opened. */
	if (err == 0)
		err = question_parse(options->from, options->to, &explanation->question, error);
	if (err == 0 && options->all)
		err = question_check_all(&explanation->question, error);
	if (err < 0 || options->facts)
		return err;
	err = open_look(explanation, error);
	if (err < 0)
		return err;
	if (options->with_facts) /* somebody may ask about another pair */
		look_whole(explanation->look);
	/* Records are copied to a file system that is mounted for it, so it stands before the
	 * rights go. */
	err = options->use_records ? explain_records(options, &explanation->facts, error)
				   : explain_believed_ask(options, &explanation->client, error);
	return err < 0 ? err
		       : drop_privileges(options->probe ? KEPT_TO_PROBE : KEPT_TO_LOOK, error);
}

/* The host first: an address that is asked for may be one of its own. Then A and B, so that all
 * are of about the same moment. netd's answer is heard after the picture of the host: it was
 * asked before, and has gathered meanwhile. */
static int look_around(struct explanation *explanation, struct error *error)
{
	struct diag_verdict *verdict = &explanation->verdict;
	struct facts *facts = &explanation->facts;
	const char *with = explanation->options.with;
	struct look *look = explanation->look;
	int err = 0;

	if (look) {
		explain_places_open(look, facts, DEADLINE_NEVER);
		err = explain_places_take(look, facts, "host", error);
		if (err == 0)
			err = believe(explanation, error);
		/* A trial changes the host's picture, so it comes before A and B are looked for. */
		if (err == 0 && with)
			err = explain_with(with, explanation->scratch, look, facts, error);
	}
	if (err == 0)
		err = question_resolve(&explanation->question, facts, verdict, error);
	if (err == 0 && look)
		/* A picture of the host or of a neighbour may be there already; it is not taken
		 * twice. */
		err = explain_places_take(look, facts, verdict->from.space, error);
	if (err == 0 && look)
		err = explain_places_take(look, facts, verdict->to.space, error);
	/* A name of outside is looked up after A is known: what it is told depends on who asks. */
	if (err == 0 && explain_name(&explanation->options, verdict, facts) < 0)
		err = error_system(error, -ENOMEM, "cannot look up %s", verdict->to.name);
	return err;
}

/* What is quoted of a stranger's file goes to a terminal. Escape sequences of a terminal are
 * what this is about. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

/* All that has to be known is known: what is asked of the kernel from here on is what one judgement
 * asks, however many there are. */
static int collect(struct explanation *explanation, char **ret_from, char **ret_to,
		   struct error *error)
{
	int err = know(explanation, ret_from, ret_to, error);

	if (err == 0)
		err = look_around(explanation, error);
	/* Errors about this host contain names that netd has checked. */
	if (err < 0 && explanation->options.facts)
		make_plain(error->text);
	return err;
}

/* The probe comes after the judgement: a verdict that was read first cannot be swayed by it,
 * and the two are compared. */
static int explain_pair(struct explanation *explanation, struct buf *out, struct error *error)
{
	struct diag_verdict *verdict = &explanation->verdict;
	int err = 0;

	judge(&explanation->facts, verdict);
	if (explanation->options.probe && explanation->look)
		err = explain_probe(&explanation->facts,
				    explanation->options.trace ? &explanation->trace : NULL,
				    verdict, error);
	if (err < 0)
		return err;
	/* Of a verdict without memory nothing is written, since half of its findings would be
	 * missing. */
	verdict->source = explanation->facts.source;
	verdict->took_ms = (deadline_now_s() - explanation->began_s) * 1000;
	err = verdict->err == -ENOMEM ? verdict->err : verdict_write(verdict, out);
	if (err == 0 && explanation->options.with_facts)
		err = explain_file_write(&explanation->options, &explanation->facts, out);
	return err < 0 ? error_system(error, err, "cannot write the verdict") : 0;
}

/* from and to belong to the file's reader, and live as long as the question is looked at. */
static int explain(struct explanation *explanation, struct buf *out, struct error *error)
{
	_cleanup_free_ char *from = NULL, *to = NULL;
	int err = collect(explanation, &from, &to, error);

	if (err < 0)
		return err;
	return explanation->options.all
		       ? explain_all(&explanation->options, &explanation->facts,
				     &explanation->verdict, explanation->began_s, out, error)
		       : explain_pair(explanation, out, error);
}

/* The same facts, and nobody in particular. Whole pictures, since it is not known yet who will
 * be asked about. */
static int know_all(struct explanation *explanation, struct error *error)
{
	const struct explain_options *options = &explanation->options;
	struct facts *facts = &explanation->facts;
	int err = open_look(explanation, error);

	if (err < 0)
		return err;
	look_whole(explanation->look);
	err = options->use_records ? explain_records(options, facts, error)
				   : explain_believed(options, facts, &explanation->client, error);
	if (err == 0 && options->reach)
		err = explain_reach_adopt(options, facts, error);
	return err < 0 ? err : drop_privileges(KEPT_TO_LOOK, error);
}

/* Doctor, reach, connections and losses need nobody resolved by question_resolve(), for they name
 * nobody or one. */
static int look_at_all(struct explanation *explanation, struct buf *out, struct error *error)
{
	const struct explain_options *options = &explanation->options;
	int err = know_all(explanation, error);

	if (err == 0 && options->reach)
		err = explain_reach_collect(options, explanation->scratch, explanation->look,
					    &explanation->facts, error);
	if (err < 0)
		return err;
	if (options->connections)
		return explain_connections(options, explanation->look, &explanation->facts, out,
					   error);
	if (options->losses)
		return explain_losses(options, explanation->look, &explanation->facts, out, error);
	return options->reach
		       ? explain_reach(options, explanation->look, &explanation->facts,
				       explanation->began_s, out, error)
		       : explain_doctor(options, explanation->look, explanation->client,
					&explanation->facts, explanation->began_s, out, error);
}

/* The order counts: the verdict points into the facts, and the facts ask the look and the
 * client. */
static void explanation_done(struct explanation *explanation)
{
	verdict_done(&explanation->verdict);
	facts_done(&explanation->facts);
	look_scratch_free(explanation->scratch);
	look_free(explanation->look);
	client_close(explanation->client);
	explain_trace_done(&explanation->trace);
}

/* Without a pair, and without a question that is taken apart first. */
static int know_who_is_there(struct explanation *explanation, struct error *error)
{
	struct explain_options *options = &explanation->options;
	int err = open_look(explanation, error);

	if (err < 0)
		return err;
	return options->use_records ? explain_records(options, &explanation->facts, error)
				    : explain_believed(options, &explanation->facts,
						       &explanation->client, error);
}

/* Rights go before a name is looked for. The tracer has been started already. */
static int count_drops(struct explanation *explanation, struct error *error)
{
	int err = know_who_is_there(explanation, error);

	if (err == 0)
		err = drop_privileges(KEPT_TO_LOOK, error);
	return err < 0 ? err
		       : explain_drops(&explanation->options, explanation->look,
				       &explanation->trace, &explanation->client,
				       &explanation->facts, error);
}

/* Its lines are written as they come, and not as an answer. The word names one container,
 * process or namespace, as A of a question does. */
static int follow(struct explanation *explanation, struct error *error)
{
	struct explain_options *options = &explanation->options;
	const char *at = options->follow;
	int err = question_take(&at, &explanation->question.from, error);

	if (err == 0)
		err = know_who_is_there(explanation, error);
	if (err == 0)
		err = explain_adopt(&explanation->question.from, &explanation->facts, error);
	if (err == 0)
		err = drop_privileges(KEPT_TO_LOOK, error);
	return err < 0 ? err
		       : explain_follow(options, explanation->look, &explanation->trace,
					&explanation->facts, error);
}

static int watch(struct explanation *explanation, struct explain_answer *answer,
		 struct error *error)
{
	const struct explain_options *options = &explanation->options;
	int err = options->drops ? count_drops(explanation, error) : follow(explanation, error);

	/* An error before the first line gets a status of its own; errors behind it end the
	 * lines. */
	if (err < 0) {
		explain_answer_error(answer, error);
		err = explain_answer_send(answer, options);
	}
	explanation_done(explanation);
	return err < 0 ? EXIT_FAILURE : 0;
}

/* As long as somebody looks. So neither alarm(2) nor the limit of time of the processor stands
 * for them: they end when a descriptor is closed. */
static bool has_no_end(const struct explain_options *options)
{
	return options->follow || options->drops;
}

int main(int argc, char **argv)
{
	static struct explanation explanation = {
		.trace = { .orders_fd = -1, .lines_fd = -1 },
	}; /* large, and one */
	struct explain_answer answer = { .status = 200 };
	struct error error = { 0 };
	/* The process id is written first, so that whoever started this through a pipe can end
	 * it. */
	pid_t pid = getpid();
	int err;

	explanation.began_s = deadline_now_s();
	log_init("explain", LOG_LEVEL_WARN);
	/* 2, as for any wrong command line: it is told from 1, which is an answer that could
	 * not be written. */
	if (explain_options_parse(argc, argv, &explanation.options) < 0)
		return 2;
	if (explanation.options.help)
		return 0;
	narrow_limits(!has_no_end(&explanation.options));
	if (!has_no_end(&explanation.options))
		(void)alarm(EXPLAIN_S); /* nothing catches it */
	/* Five a namespace, and doctor looks into each; one that cannot be opened is told. */
	(void)process_raise_files();
	/* A tracer that cannot work has ended before it is told anything. A write to it fails
	 * with EPIPE instead, and that is what is looked at. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (explanation.options.out_fd != STDOUT_FILENO && !explanation.options.serves &&
	    write(explanation.options.out_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		return 2;
	/* Started before rights are given up, since it needs more of them; it loads while the
	 * facts are read. */
	if (explanation.options.trace)
		explain_trace_start(&explanation.trace, NULL);
	if (explanation.options.serves)
		explain_trace_adopt(&explanation.trace);
	else if (has_no_end(&explanation.options))
		explain_trace_start(&explanation.trace,
				    explanation.options.drops ? "--count" : "--follow");
	if (has_no_end(&explanation.options))
		return watch(&explanation, &answer, &error);
	if (explanation.options.doctor || explanation.options.reach ||
	    explanation.options.connections || explanation.options.losses)
		err = look_at_all(&explanation, &answer.body, &error);
	else
		err = explain(&explanation, &answer.body, &error);
	/* With is a key of the answer's object, which is complete by then. */
	if (err == 0 && explain_with_write(&explanation.facts, &answer.body) < 0)
		err = error_system(&error, -ENOMEM, "cannot write the answer");
	if (err < 0)
		explain_answer_error(&answer, &error);
	/* First of all, and whoever waits for the end of it has it: to close the sockets of all
	 * namespaces takes a part of a millisecond, and to end a process another. */
	err = explain_answer_send(&answer, &explanation.options);
	(void)close(explanation.options.out_fd); /* what was written counts */
	explanation_done(&explanation);
	return err < 0 ? EXIT_FAILURE : 0;
}
