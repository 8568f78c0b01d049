// SPDX-License-Identifier: GPL-2.0-or-later
// capture.c - netctl capture
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/limits.h"
#include "capture/asked.h"
#include "capture/counter.h"
#include "cli/command/capture_here.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/line/cli.h"
#include "client/calls.h"
#include "client/outflow.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. netd is asked, and has the connection become one of packets, which
 * another process writes into it. So all that is done here is to write them into a file, or to
 * whoever reads our output, and to count them. Where netd is not there, or is stopped, root has
 * the same program do it. So it does where
 * dropped packets are wanted, for the tracer that it starts then is its own, and netd has one for
 * members of the group only where an administrator said so. The packets are counted from the pcapng
 * as it passes, so the number that is told is what has been written. */

/* The number of packets is told on standard error in the end. Exit codes are those of all commands:
 * 0, 1 for a failure, 2 for the command line. There is one of it, and it is static, since it is
 * large. */
struct capturing {
	/* The question, in the words that netd and netd-capture take. */
	struct capture_asked asked;
	const char *file; /* NULL: standard output */
	/* fd is where packets come from; out_fd is where they go. */
	int fd, out_fd;
	pid_t pid;	  /* of netd-capture, where it is ours; 0: it is netd's */
	struct buf early; /* what came with the answer */
	struct counter counter;
};

/* ---- the question ---- */

/* The words behind the container stand for one filter, as the shell has taken it apart. What they
 * mean is netd-capture's to say, which has the library that reads them. No filter, and no word of
 * the question, is the same as all packets. */
static int read_filter(const struct args *args, struct capturing *capturing, struct error *error)
{
	_cleanup_(buf_done) struct buf filter = { 0 };

	for (size_t i = 1; i < args->n_operands; i++) {
		buf_puts(&filter, i > 1 ? " " : "");
		buf_puts(&filter, args->operands[i]);
	}
	if (filter.err < 0)
		return error_system(error, filter.err, "reading the filter");
	return filter.len > 0 ? capture_asked_set(&capturing->asked, "filter", filter.data, error)
			      : 0;
}

/* What the command line alone shows to be wrong is said before anybody is asked. 0, or the error is
 * set, which names the option. The question is kept in the words in which it is sent. */
static int read_asked(const struct args *args, struct capturing *capturing, struct error *error)
{
	static const char *const with_value[] = { "count", "for", "snaplen", "bytes" };
	struct capture_asked *asked = &capturing->asked;
	int err;

	capture_asked_init(asked);
	asked->both = args_switch(args, "both");
	asked->loopback = args_switch(args, "loopback");
	asked->drops = args_switch(args, "drops");
	err = capture_asked_set(asked, "name", args->operands[0], error);
	/* Each value is checked by the same code that netd has, so the messages are the same. */
	for (size_t i = 0; i < ARRAY_SIZE(with_value) && err == 0; i++) {
		const char *value = args_text(args, with_value[i]);

		if (value)
			err = capture_asked_set(asked, with_value[i], value, error);
		if (err < 0)
			error_prefix(error, "--%s %s", with_value[i], value);
	}
	if (err == 0)
		err = read_filter(args, capturing, error);
	capturing->file = args_text(args, "write");
	/* "-" is standard output, as for other programs. */
	if (capturing->file && strcmp(capturing->file, "-") == 0)
		capturing->file = NULL;
	/* A terminal would show bytes that mean something else to it. */
	if (err == 0 && !capturing->file && isatty(STDOUT_FILENO))
		return error_set(error, ERROR_INVALID,
				 "packets are nothing for a terminal: write them into a file "
				 "(-w FILE), or pipe them into a program that reads them");
	return err;
}

/* ---- who captures ---- */

/* Ctrl-C in a terminal is for all that were started there, and ssh is to carry what comes behind
 * it: the end of the file. It goes on ignoring a signal that it was started to ignore. */
static int connect_for_good(struct cli *cli, struct error *error)
{
	void (*before)(int) = signal(SIGINT, SIG_IGN);
	int err = cli_connect(cli, error);

	(void)signal(SIGINT, before); /* it was there a moment ago */
	return err;
}

/* The answer's head is HTTP's; behind it the same connection carries packets (RFC 9110, 7.8). 0 and
 * a descriptor that packets come from, which stays the client's; or the error is set. */
static int ask_netd(struct cli *cli, struct capturing *capturing, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct capture_words words;
	int status, err;

	capture_asked_words(&capturing->asked, &words);
	buf_puts(&path, "/netd/v1/capture");
	/* The words have the form KEY=VALUE. A value is quoted for a URL, and a key needs no
	 * quoting. */
	for (size_t i = 0; i < words.n; i++) {
		char *equals = strchr(words.list[i], '=');

		buf_printf(&path, "%c%.*s", i ? '&' : '?', (int)(equals - words.list[i] + 1),
			   words.list[i]);
		client_quote(&path, equals + 1);
	}
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	/* netd is not there: its kind of error says whether root may look by itself. */
	if (connect_for_good(cli, error) < 0)
		return error->code;
	/* A file of a capture may be quiet for long: the limit of time is for the answer only. */
	client_timeout(cli->client, CAPTURE_ANSWER_S);
	err = client_upgrade(cli->client, path.data, "netd-capture", &status, &capturing->early,
			     error);
	/* Any other status carries a message of netd's in its body. */
	if (err == 0 && status != 101)
		return calls_refusal(status, &capturing->early, error);
	capturing->fd = err == 0 ? client_fd(cli->client) : -1;
	return err;
}

/* The texts have to live until the program was started. has_netd: it is asked where the interfaces
 * are. 0, or the error is set. The descriptor and the process are this program's then. */
static int capture_as_root(const struct args *args, struct capturing *capturing, const char *socket,
			   bool has_netd, struct error *error)
{
	_cleanup_(buf_done) struct buf host = { 0 };
	const char *run_dir = args_text(args, "run-dir");
	_cleanup_free_ char *folder = strdup(socket);
	struct capture_here here = {
		/* The folder of the socket is that of the records. */
		.run_dir = run_dir  ? run_dir
			   : folder ? dirname(folder)
				    : NULL,
		.state_dir = args_text(args, "state-dir"),
		.asked = &capturing->asked,
	};

	buf_printf(&host, "unix://%s", socket);
	if (host.err < 0)
		return error_system(error, host.err, "cannot capture");
	if (has_netd)
		here.host = host.data;
	/* netd-capture looks from the namespace it is started in, which must be netd's. */
	explain_here_join(socket);
	return capture_here(&here, &capturing->fd, &capturing->pid, error);
}

/* A netd that is stopped would let the call wait until its end, so root looks first. */
static int begin(struct cli *cli, const struct args *args, struct capturing *capturing,
		 struct error *error)
{
	const char *socket = explain_here_socket(cli);
	bool may_look = socket && geteuid() == 0;
	int err;

	if (may_look && capturing->asked.drops)
		return capture_as_root(
			args, capturing, socket,
			!explain_here_is_stopped(socket) && cli_connect(cli, error) == 0, error);
	if (!may_look && explain_here_check(cli, error) < 0)
		return error->code;
	if (!may_look || !explain_here_is_stopped(socket)) {
		err = ask_netd(cli, capturing, error);
		if (err == 0 || !may_look || error->kind != ERROR_UNAVAILABLE)
			/* Anybody else gets netd's error, and so does root where netd has said
			 * no. */
			return err;
		/* It answers, and has enough captures already. What it has said is in `early`.
		 * The records are for a netd that says nothing. */
		if (cli->client && capturing->early.len > 0)
			return err;
		buf_done(&capturing->early);
	}
	return capture_as_root(args, capturing, socket, false, error);
}

/* ---- what comes ---- */

/* The writer calls it for each piece before that is written away. `data` is the counter. A piece
 * may end in the middle of a block; the counter keeps what it needs. */
static void count(void *data, const char *piece, size_t len)
{
	counter_feed(data, piece, len);
}

/* On standard error: standard output may be the capture. ended says who has ended it. The exit
 * code. A capture that was cut off by its sender is a failure, since packets may be missing, though
 * the file can be read. */
static int tell(const struct capturing *capturing, int ended)
{
	const struct counter *counter = &capturing->counter;
	struct error error;

	(void)fprintf(stderr, "netctl: %" PRIu64 " packet%s captured", counter->n_packets,
		      counter->n_packets == 1 ? "" : "s");
	if (counter->n_dropped)
		(void)fprintf(stderr, ", %" PRIu64 " more lost for want of room",
			      counter->n_dropped);
	(void)fputc('\n', stderr);
	/* What it could not show, in the words of who captured. */
	if (*counter->comment)
		(void)fprintf(stderr, "netctl: %s\n", counter->comment);
	/* The reader has ended it, or the last block is there: nothing is missing. */
	if (ended == OUTFLOW_ALL && !counter_is_complete(counter))
		(void)error_set(&error, ERROR_INTERNAL,
				"whoever captured ended before the capture did: what was captured "
				"until then is there");
	else if (*counter->missing)
		(void)error_set(&error, ERROR_INTERNAL, "%s", counter->missing);
	else
		return CLI_DONE;
	return cli_fail(&error);
}

/* It ends when the sender closes, when the reader of the output has gone, or by a signal. One of
 * OUTFLOW_..., or a negative errno with the error set. */
static int copy(struct capturing *capturing, struct error *error)
{
	const struct outflow outflow = {
		.from = capturing->fd,
		.to = capturing->out_fd,
		.to_name = capturing->file ? capturing->file : "standard output",
		.early = &capturing->early,
		.seen = count,
		.data = &capturing->counter,
	};

	return outflow_run(&outflow, error);
}

/* The file is made only when packets will come. The exit code. A file that was begun stays,
 * whatever happens: what it has may be all there is to know. */
static int capture(struct cli *cli, const struct args *args, struct capturing *capturing)
{
	FILE *file = NULL;
	struct error error = { 0 };
	int ended = begin(cli, args, capturing, &error);

	/* Behind the answer: a refusal leaves a file of that name alone. A new one is its
	 * owner's alone: packets may carry passwords. */
	if (ended == 0 && capturing->file) {
		file = cli_open_private(capturing->file);
		if (!file)
			ended = error_system(&error, -errno, "cannot write to %s", capturing->file);
		else
			capturing->out_fd = fileno(file);
	}
	if (ended == 0)
		ended = copy(capturing, &error);
	/* A write that failed late is told by fclose(3) alone. */
	if (file && fclose(file) != 0 && ended >= 0)
		ended = error_system(&error, -errno, "cannot write to %s", capturing->file);
	return ended < 0 ? cli_fail(&error) : tell(capturing, ended);
}

/* The program that was started here is waited for, so that none is left when netctl ends. */
static int run_capture(struct cli *cli, const struct args *args)
{
	/* Large, and one. */
	static struct capturing capturing = { .fd = -1, .out_fd = STDOUT_FILENO };
	struct error error = { 0 };
	int code;

	/* Exit status 2 is for what the user has typed. */
	if (read_asked(args, &capturing, &error) < 0)
		return cli_usage(args, "%s", error.text);
	code = capture(cli, args, &capturing);
	buf_done(&capturing.early);
	if (capturing.pid > 0) {
		int status;

		/* It sees that when it writes next, or at once where it waits. */
		cleanup_close(&capturing.fd); /* it ends with its reader */
		(void)helper_end(capturing.pid, deadline_after(EXPLAIN_END_MS), &status);
	}
	return code;
}

static const struct flag capture_flags[] = {
	{ .name = "write",
	  .letter = 'w',
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "Write there; - is standard output, which is the default when it is piped" },
	{ .name = "both", .help = "At the host's end of the container's interfaces, too" },
	{ .name = "loopback", .help = "The container's lo, too, with its questions to 127.0.0.11" },
	{ .name = "drops",
	  .help = "What the kernel throws away, too, with its reason as a comment" },
	{ .name = "count", .letter = 'c', .value = "N", .help = "End after so many packets" },
	{ .name = "for", .value = "TIME", .help = "End then: after 500ms, 10s, 5m, 2h" },
	{ .name = "snaplen",
	  .letter = 's',
	  .value = "BYTES",
	  .help = "Of each packet no more than its first BYTES" },
	{ .name = "bytes",
	  .value = "SIZE",
	  .help = "End before there are more than that (500k, 10M, 2G)" },
	{ 0 },
};

const struct command command_capture = {
	.path = "capture",
	.operands = "CONTAINER|NETWORK [FILTER...]",
	.summary = "Write packets of a container or a network as pcapng",
	.example = "netctl capture web port 80",
	.detail = "Of a container what passes its interfaces, seen from inside; of a network what "
		  "passes its bridge.\n"
		  "FILTER is in tcpdump's language: tcp port 80 and host 10.0.0.2",
	.flags = { capture_flags, explain_here_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_capture,
};
