// SPDX-License-Identifier: GPL-2.0-or-later
// top.c - netctl top
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/command/stats.h"
#include "cli/command/top_drops.h"
#include "cli/show/format.h"
#include "cli/show/traffic_screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Theory of operation. Looks are those of netctl stats, shown with the busiest first in the
 * terminal's other screen, which is gone afterwards with all that was in it. Keys come one by one
 * and are not shown; so that the terminal is given back as it was, ^C is a key as well, and a
 * signal that ends the program is noted and looked at between two looks. Where there is no terminal
 * there are no keys, and tables follow one another. In a terminal why packets are thrown away is
 * counted meanwhile (top_drops.c). */

/* is_there: the terminal has been changed, and has to be given back. `before` is how the terminal
 * was set when the command began; it is good only where is_there is true. */
struct terminal {
	bool is_there;
	struct termios before;
};

/* The only thing that a handler may write to (C11, 7.14.1.1). It goes from 0 to 1 once, and
 * stays. */
static volatile sig_atomic_t is_ended;

/* The loop looks at it; nothing else is safe in a handler. It is the handler of SIGTERM and SIGHUP,
 * both of which are to give the terminal back first. */
static void on_end(int number)
{
	(void)number;
	is_ended = 1;
}

/* Without a terminal on either side nothing is changed. VMIN and VTIME: a read returns with one
 * key. A terminal that cannot be changed is used like a pipe: tables follow one another. */
static void terminal_enter(struct terminal *terminal)
{
	const struct sigaction action = { .sa_handler = on_end };
	struct termios raw;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &terminal->before) < 0)
		return;
	raw = terminal->before;
	/* ISIG off makes ^C a key; ECHO and ICANON off make keys come one by one and unseen. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)sigaction(SIGTERM, &action, NULL); /* cannot fail for these */
	(void)sigaction(SIGHUP, &action, NULL);
	terminal->is_there = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	if (terminal->is_there)
		(void)fputs("\033[?1049h\033[?25l", stdout); /* the other screen, no cursor */
}

/* In the order opposite to entering. A terminal that was not entered is left alone. Errors are
 * ignored: a terminal that has gone needs nothing. */
static void terminal_leave(const struct terminal *terminal)
{
	if (!terminal->is_there)
		return;
	(void)fputs("\033[?25h\033[?1049l", stdout);
	(void)fflush(stdout); /* there is nobody to tell when the terminal has gone */
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
}

/* How many lines of it are for containers: without the one above them and the last, into which a
 * terminal would scroll. It is asked anew for each table, since a window may change its size. */
static size_t rows_of(const struct terminal *terminal)
{
	struct winsize size = { 0 };

	if (!terminal->is_there || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return SIZE_MAX;
	return size.ws_row > 3 ? size.ws_row - 2U : 1;
}

/* The busiest first, so the order changes between looks: that is what is asked for. 0, or the error
 * is set. The clearing and the table go out in one piece, so that nothing flickers. */
static int show(struct stats_look *look, struct top_drops *drops, const struct terminal *terminal,
		bool is_first, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	int err = top_drops_look(drops);

	if (err < 0)
		return error_system(error, err, "showing drops");

	traffic_sort(&look->now, TRAFFIC_BY_RATE);
	if (terminal->is_there)
		buf_puts(&out, "\033[H\033[2J");
	else if (!is_first)
		buf_puts(&out, "\n");
	traffic_screen(&look->now, look->by_network, &drops->reasons, rows_of(terminal), &out);
	err = format_write(&out, error);
	if (err == 0 && fflush(stdout) != 0)
		err = error_system(error, -errno, "writing the output");
	return err;
}

/* True: a key that leaves, or an end of the terminal. Any other key only makes it look again. Keys
 * that come in one burst are read one a look. A read that fails, or gives nothing, means that the
 * terminal has gone. */
static bool wait_for_key(const struct terminal *terminal, int64_t until)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (!terminal->is_there) {
		(void)deadline_poll(NULL, 0, until); /* there is nothing else to wait for */
		return false;
	}
	while (!is_ended && !deadline_passed(until)) {
		/* In steps, for a signal does not end the wait. */
		int64_t step = deadline_after(TOP_STEP_MS);

		if (deadline_poll(&input, 1, step < until ? step : until) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1)
			return true;
		return key == 'q' || key == 'Q' || key == '\003' /* ^C */;
	}
	return is_ended;
}

/* until is counted from before the look, so looks have an even pace whatever one takes. 0 when a
 * key or a signal has ended it, or the error is set. */
static int look_until_left(struct stats_look *look, struct top_drops *drops,
			   const struct terminal *terminal, struct error *error)
{
	bool is_first = true, is_left = false;
	int err = 0;

	while (err == 0 && !is_left) {
		int64_t next = deadline_after(look->interval_ms);

		err = stats_look_again(look, error);
		if (err == 0)
			err = show(look, drops, terminal, is_first, error);
		is_first = false;
		if (err == 0)
			is_left = wait_for_key(terminal, next);
	}
	return err;
}

/* The terminal is given back on every way out. */
static int run_top(struct cli *cli, const struct args *args)
{
	struct stats_look look = { 0 };
	struct top_drops drops = { .fd = -1 };
	struct terminal terminal = { 0 };
	struct error error = { 0 };
	int err;

	if (stats_look_init(&look, cli, args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	terminal_enter(&terminal);
	if (terminal.is_there)
		top_drops_start(&drops, cli, args);
	err = look_until_left(&look, &drops, &terminal, &error);
	terminal_leave(
		&terminal); /* before anything is said, for it would be gone with the screen */
	top_drops_done(&drops);
	stats_look_done(&look);
	return err < 0 ? cli_fail(&error) : CLI_DONE;
}

const struct command command_top = {
	.path = "top",
	.operands = "[CONTAINER...]",
	.summary = "Show what goes through containers' interfaces, the busiest first",
	.example = "netctl top web",
	.detail = "q leaves, any other key looks again. In a terminal what the kernel throws away "
		  "of a "
		  "container meanwhile, and why, stands below its line, as netctl drops tells it.",
	.flags = { stats_look_flags, explain_here_flags },
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_top,
};
