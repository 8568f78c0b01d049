// SPDX-License-Identifier: GPL-2.0-or-later
// handed.c - a call that a program of its own answers, on the client's own socket
#include "api/call/handed.h"

#include "api/call/http.h"
#include "base/cleanup.h"
#include "base/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Theory of operation. Of what may come a hundred thousand times a second nothing goes through the
 * loop: the program writes the whole reply to a duplicate of the client's socket. Meanwhile the
 * HTTP server has the connection suspended, and counts it as a stream. A pipe tells each side of
 * the other's end: the program ends when nobody reads it any more, and the connection when nobody
 * writes it. */

/* Owned by the call's pending. */
struct handed {
	struct api_call *call;
	/* of those who answer so; NULL: nobody counts */
	size_t *count;
	int pipe_fd; /* our end, which never has anything to read */
	ev_io io;
};

/* Closing the pipe is how the program learns that it is to end. */
static void stop(struct handed *handed)
{
	ev_io_stop(api_call_loop(handed->call), &handed->io);
	cleanup_close(&handed->pipe_fd);
	if (handed->count)
		--*handed->count;
	free(handed);
}

/* It sees that nobody has the other end, and ends. */
static void forget(void *data)
{
	stop(data);
}

/* The program has ended, whatever became of it. It has written what there was to write. */
static void on_end(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct handed *handed = watcher->data;
	struct api_call *call = handed->call;
	char byte;
	ssize_t n;

	if (watcher_again(loop, watcher, revents))
		return;
	n = read(handed->pipe_fd, &byte, 1);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	call->pending = (struct api_pending) { 0 };
	stop(handed);
	/* Nothing is sent, for it is handed; the connection is closed. */
	api_call_resume(call);
}

/* The program starts before the call is suspended: a failure is answered like any other. From then
 * on the socket is the program's to write to, and netd writes nothing. */
int api_handed(struct api_call *call, api_handed_start start, const void *asked, size_t *count)
{
	_cleanup_free_ struct handed *handed = calloc(1, sizeof(*handed));
	_cleanup_close_ int ours = -1, theirs = -1;
	int ends[2], err;

	if (!handed)
		return error_system(&call->error, -ENOMEM, "cannot answer");
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_system(&call->error, -errno, "cannot answer");
	ours = ends[0];
	theirs = ends[1];
	if ((err = start(call, asked, theirs)) < 0)
		return err;
	handed->call = call;
	handed->count = count;
	if (count)
		++*count;
	handed->pipe_fd = take_fd(&ours);
	ev_io_init(&handed->io, on_end, handed->pipe_fd, EV_READ);
	handed->io.data = handed;
	ev_io_start(api_call_loop(call), &handed->io);
	call->is_handed = true;
	call->pending = (struct api_pending) { forget, take_ptr(handed) };
	api_call_suspend(call);
	return API_LATER;
}
