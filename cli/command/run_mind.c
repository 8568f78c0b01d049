// SPDX-License-Identifier: GPL-2.0-or-later
// run_mind.c - who stays behind a command of run -d: keeps what it writes, and notes how it ends
#include "cli/command/run_mind.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "cli/command/run_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. Somebody has to read what the command writes: a file that it writes to by
 * itself grows without end. This process does, and nothing else. It ends with the last of those who
 * can write, which may be later than the command: what that has started has its streams.
 *
 * The signals that end a process are held back since before the command was started (run.c): a
 * shutdown sends them to all at once, and a command whose reader goes first is killed by its next
 * word (SIGPIPE). */

struct mind {
	struct run *run;
	struct output output;
	pid_t pid;
	struct pollfd fds[2]; /* what it writes, and the process; -1: seen to the end */
};

enum { WRITES, RUNS };

/* Nothing of whoever called netctl is held: a pipe that netctl's output went to would not end, and
 * no file system could be unmounted. Only the two descriptors stay. */
static void let_go(int a, int b)
{
	unsigned int low = (unsigned int)(a < b ? a : b), high = (unsigned int)(a < b ? b : a);
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid(); /* its terminal may close */
	if (chdir("/") < 0)
		(void)0; /* there is one always; and where not, a file system stays busy */
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	null = -1; /* closed below with all others */
	/* Each of these may be empty, which is refused and does no harm. */
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, low - 1, 0);
	(void)syscall(SYS_close_range, low + 1, high - 1, 0);
	(void)syscall(SYS_close_range, high + 1, ~0U, 0);
}

/* How much there was; there may be more. */
static ssize_t read_piece(struct mind *mind)
{
	static char piece[RUN_OUTPUT_PIECE];
	ssize_t n = read(mind->fds[WRITES].fd, piece, sizeof(piece));

	if (n > 0)
		run_output_add(&mind->output, piece, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		mind->fds[WRITES].fd = -1;
	return n;
}

static void see_end(struct mind *mind)
{
	const long long led_until = run_ticks_now();
	int status, waiting = 0;
	ssize_t n;

	/* What it wrote last comes before its end, for who follows it. No more than is there now:
	 * what it has started may write without end. */
	(void)ioctl(mind->fds[WRITES].fd, FIONREAD, &waiting); /* none is there any more, or open */
	while (waiting > 0 && (n = read_piece(mind)) > 0)
		waiting -= (int)n;
	/* Where whoever called netctl ignores SIGCHLD the kernel keeps no status (waitpid(2)). */
	if (waitpid(mind->pid, &status, WNOHANG) != mind->pid)
		status = -1;
	run_note_end(mind->run, mind->output.folder, status, led_until);
	mind->fds[RUNS].fd = -1;
}

void run_mind(struct run *run, int output, pid_t pid, bool forgotten)
{
	int folder = open(run->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mind mind = { .run = run, .pid = pid };

	let_go(output, folder >= 0 ? folder : output);
	(void)fcntl(output, F_SETFL, O_NONBLOCK); /* our end alone */
	mind.fds[WRITES] = (struct pollfd) { .fd = output, .events = POLLIN };
	mind.fds[RUNS] = (struct pollfd) { .fd = (int)syscall(SYS_pidfd_open, pid, 0),
					   .events = POLLIN };
	run_output_open(&mind.output, folder);
	while (mind.fds[WRITES].fd >= 0 || mind.fds[RUNS].fd >= 0) {
		if (deadline_poll(mind.fds, ARRAY_SIZE(mind.fds), DEADLINE_NEVER) < 0)
			break;
		if (mind.fds[RUNS].fd >= 0 && mind.fds[RUNS].revents)
			see_end(&mind);
		else if (mind.fds[WRITES].fd >= 0 && mind.fds[WRITES].revents)
			(void)read_piece(&mind);
	}
	if (forgotten)
		run_forget_ended(run);
	_exit(0);
}
