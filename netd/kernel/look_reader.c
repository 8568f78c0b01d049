// SPDX-License-Identifier: GPL-2.0-or-later
// look_reader.c - a child that reads files of containers, so that only the child is held by them
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "kernel/look_parts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A container's files are on a filesystem of its choice. One whose server is
 * dead or stopped (FUSE, NFS) answers neither open(2) nor read(2), and no signal but SIGKILL ends
 * the wait, if that does. So a child reads, and is asked over a socket. A child that does not
 * answer in time is killed and left, and the next question gets a new one. */

/* The child. It ends with its parent, or when the socket is closed. */
static _Noreturn void serve(int fd, pid_t parent)
{
	struct look_files_asked asked;
	struct look_files_read read;

	if (!helper_goes_with(parent, SIGKILL))
		_exit(EXIT_FAILURE);
	/* It must not hold open what the parent answers through. The standard error stays, for a
	 * failed assertion. */
	(void)close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	(void)close_range((unsigned int)fd + 1, ~0U, 0);
	(void)close(STDOUT_FILENO);
	/* A datagram is a whole struct, so nothing has to be parsed. */
	while (recv(fd, &asked, sizeof(asked), 0) == (ssize_t)sizeof(asked)) {
		look_files_read(&asked, &read);
		if (send(fd, &read, sizeof(read), MSG_NOSIGNAL) < 0)
			break;
	}
	/* _exit(2) and not exit(3): handlers and buffered output are the parent's. */
	_exit(0);
}

/* The socket pair keeps the borders of messages (SOCK_SEQPACKET). */
static int start(struct look_reader *reader)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		serve(theirs, parent);
	*reader = (struct look_reader) { .pid = pid, .fd = take_fd(&ours) };
	return 0;
}

/* The child sees the end of its socket; SIGKILL follows for one that does not. */
void look_reader_end(struct look_reader *reader)
{
	int status;

	if (reader->pid == 0)
		return;
	(void)close(reader->fd);
	(void)helper_end(reader->pid, DEADLINE_NOW, &status); /* one that hangs is left */
	*reader = (struct look_reader) { 0 };
}

/* Who waits for a filesystem sleeps. A busy machine may have had no processor for the child yet. */
static bool waits_for_processor(pid_t pid)
{
	struct facts_owner child;
	char path[32], text[1024];
	pid_t parent;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return look_read(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	       look_told_process(text, &child, &parent) == 0 && child.state == 'R';
}

/* How many are readable, or 0: it hangs; or a negative errno. */
static int wait_for(const struct look_reader *reader)
{
	struct pollfd readable = { .fd = reader->fd, .events = POLLIN };
	int n = 0;

	for (int tries = 0; n == 0 && tries < LOOK_FILES_TRIES; tries++) {
		n = deadline_poll(&readable, 1, deadline_after(LOOK_FILES_MS));
		if (n == 0 && !waits_for_processor(reader->pid))
			break;
	}
	return n;
}

/* One question and one answer. The bound of time is the whole point of the child. */
static int ask(struct look_reader *reader, const struct look_files_asked *asked,
	       struct look_files_read *ret_read)
{
	int n;

	if (send(reader->fd, asked, sizeof(*asked), MSG_NOSIGNAL) < 0)
		return -errno;
	/* A late answer cannot be mistaken for the next one's: after this the child is given up. */
	n = wait_for(reader);
	if (n <= 0)
		return n < 0 ? n : -ETIME;
	return recv(reader->fd, ret_read, sizeof(*ret_read), 0) == (ssize_t)sizeof(*ret_read)
		       ? 0
		       : -ECONNRESET;
}

/* After any failure the child is gone, and the next question begins with a new one. */
int look_reader_ask(struct look_reader *reader, const struct look_files_asked *asked,
		    struct look_files_read *ret_read)
{
	int err = reader->pid == 0 ? start(reader) : 0;

	if (err == 0)
		err = ask(reader, asked, ret_read);
	if (err < 0)
		look_reader_end(reader);
	return err;
}
