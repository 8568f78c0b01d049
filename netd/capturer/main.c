// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-capture: packets of a container or a network, for whoever asked netd for them
#include "base/cleanup.h"
#include "base/log.h"
#include "capturer/capturer.h"
#include "explain/explain.h"
#include "kernel/caps.h"
#include "kernel/narrow.h"
#include "kernel/netns.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Theory of operation. A process for each capture, as netd-explain is one for each question: netd
 * has it started for a call of its API, and root's netctl starts it where netd is dead. The filter
 * is compiled, the interfaces are found and opened, and then it has no right and no system call any
 * more but to read its rings and to write. Only then is it handed the connection of whoever asked,
 * so packets go straight from here to there. Rings, filters and promiscuity go with its sockets,
 * how ever it ends. docs/decisions/0026-a-capture-writes-to-its-reader.md.
 *
 * What is told over the control socket, in this order: the process's id, as a number; "101" and a
 * line break, or an HTTP status and a sentence. Then the reader's socket comes back over it. */

/* alarm(2) ends a process that hangs before it is ready. Failures are passed over: each limit only
 * bounds what a fault may cost. */
static void limit(void)
{
	const struct rlimit memory = { CAPTURE_MEMORY_MAX, CAPTURE_MEMORY_MAX }, core = { 0, 0 };

#if !defined(__SANITIZE_ADDRESS__) /* its shadow takes 20 TiB */
	(void)setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory;
#endif
	(void)setrlimit(RLIMIT_CORE, &core);
	(void)alarm(CAPTURE_READY_S); /* nothing catches it */
}

/* The order matters: what needs rights comes first, and nothing that strangers send is read before
 * the rights are gone. *ret_places is for capturer_places_done(), also after a failure. */
static int open_all(const struct capturer_options *options, struct capturer_drops *drops,
		    struct capturer_places *ret_places, struct error *error)
{
	static struct compiled filter; /* large, and one */
	int err = netns_init(error);

	if (err == 0)
		err = capturer_compile(&options->asked, &filter, error);
	/* First, for it takes longest. */
	if (err == 0 && options->asked.drops)
		capturer_drops_start(options, &filter, drops);
	if (err == 0)
		err = capturer_places_open(options, &filter, drops, ret_places, error);
	if (err < 0)
		return err;
	/* From here on bytes are read that strangers have sent. */
	(void)alarm(0);
	err = caps_keep(0);
	if (err == 0)
		err = narrow_to_copy();
	return err < 0 ? error_system(error, err, "cannot give up privileges") : 0;
}

/* -EPIPE: whoever asked has gone. */
static int capture(const struct capturer_options *options, struct capturer_places *places,
		   struct capturer_drops *drops)
{
	int fd = capturer_reader_take(options->control_fd, CAPTURE_READY_S * 1000);

	return fd < 0 ? fd : capturer_write(&options->asked, places, drops, fd);
}

/* Status 2 says that it was started in the wrong way. */
int main(int argc, char **argv)
{
	static struct capturer_options options; /* large, and one */
	static struct capturer_drops drops = { .trace = { .orders_fd = -1, .lines_fd = -1 } };
	struct capturer_places places = { 0 };
	struct explain_answer answer = { 0 };
	struct error error = { 0 };
	pid_t pid = getpid();
	int err;

	log_init("capture", LOG_LEVEL_WARN);
	err = capturer_options_parse(argc, argv, &options, &error);
	if (options.help)
		return 0;
	if (options.control_fd < 0 || (err < 0 && error.code >= 0))
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	/* netd knows by the id whom to end. */
	if (write(options.control_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		return 2;
	/* Behind the id: whoever has heard it can end a process that hangs below. */
	limit();
	if (err == 0)
		err = open_all(&options, &drops, &places, &error);
	/* The refusal goes the way on which "101" would have gone. */
	if (err < 0) {
		const struct explain_options told = { .out_fd = options.control_fd };

		explain_answer_error(&answer, &error);
		return explain_answer_send(&answer, &told) < 0 ? EXIT_FAILURE : 0;
	}
	err = capture(&options, &places, &drops);
	capturer_places_done(&places);
	capturer_drops_done(&drops);
	return err < 0 ? EXIT_FAILURE : 0;
}
