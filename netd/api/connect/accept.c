// SPDX-License-Identifier: GPL-2.0-or-later
// accept.c - who connects to the API: taken in, or told why not, and never left deaf
#include "api/server_parts.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A listening socket stays readable while somebody waits whom accept(2) does
 * not yield, so after a failure that passes it rests, and a timer tries again: nobody else has to
 * come or to go for that. Where descriptors are what is missing, one is made free by ending an idle
 * connection; when there is none such, the one kept back takes the next client in, who is told so.
 * He has API_SPARE_MS to ask; then the spare is there for the one behind him. */

static void rest(struct api_server *server)
{
	ev_io_stop(server->loop, &server->listener);
	ev_timer_set(&server->rest, API_REST_MS / 1000.0, 0.);
	ev_timer_start(server->loop, &server->rest);
}

void api_accept_wake(struct api_server *server)
{
	spare_keep(&server->spare);
	ev_timer_stop(server->loop, &server->rest);
	ev_io_start(server->loop, &server->listener); /* no harm where it runs */
}

static void on_rested(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	api_accept_wake(timer->data);
}

/* Said once, until there was enough for a while. */
static void tell(struct api_server *server, int errnum)
{
	struct rlimit limit = { 0 };

	if (server->short_of_fds)
		return;
	server->short_of_fds = true;
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* 0 is a figure, too */
	log_warn("cannot accept calls: %s (RLIMIT_NOFILE is %llu); tried again all the time",
		 strerror(errnum), (unsigned long long)limit.rlim_cur);
}

/* One who cannot even be told is closed. */
static void answer_in_spare(struct api_server *server)
{
	int fd = spare_accept(&server->spare, server->listener.fd);

	if (fd < 0)
		return;
	if (api_connection_new(server, fd, true) < 0) {
		spare_keep(&server->spare);
		return;
	}
	ev_timer_set(&server->in_spare, API_SPARE_MS / 1000.0, 0.);
	ev_timer_start(server->loop, &server->in_spare);
}

/* True: try again at once. */
static bool cope(struct api_server *server, int errnum)
{
	bool no_fds = errnum == EMFILE || errnum == ENFILE;

	tell(server, errnum);
	if (no_fds && api_connection_end_one(server, true)) {
		api_server_pump(server); /* closes it */
		return true;
	}
	if (no_fds)
		answer_in_spare(server);
	rest(server);
	return false;
}

/* True: there may be another. */
static bool accept_one(struct api_server *server)
{
	int fd = accept4(server->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return spare_is_for(errno) && cope(server, errno);
	if (api_connection_new(server, fd, false) < 0)
		return cope(server, ENOMEM);
	if (server->spare.fd > 0)
		server->short_of_fds = false;
	return true;
}

static void on_caller(struct ev_loop *loop, ev_io *io, int revents)
{
	struct api_server *server = io->data;

	if (watcher_again(loop, io, revents))
		return;
	for (int i = 0; i < API_ACCEPTS; i++)
		if (!accept_one(server))
			break;
	api_server_pump(server);
}

/* He has asked nothing, and others want to be told, too. */
static void on_spare_timeout(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct api_server *server = timer->data;

	(void)loop, (void)revents;
	api_connection_end_spare(server);
	api_server_pump(server);
}

void api_accept_start(struct api_server *server, int listen_fd)
{
	spare_keep(&server->spare);
	ev_io_init(&server->listener, on_caller, listen_fd, EV_READ);
	ev_timer_init(&server->rest, on_rested, 0., 0.);
	ev_timer_init(&server->in_spare, on_spare_timeout, 0., 0.);
	server->listener.data = server->rest.data = server->in_spare.data = server;
	ev_io_start(server->loop, &server->listener);
}

void api_accept_stop(struct api_server *server)
{
	ev_io_stop(server->loop, &server->listener);
	ev_timer_stop(server->loop, &server->rest);
	ev_timer_stop(server->loop, &server->in_spare);
	spare_drop(&server->spare);
	(void)close(server->listener.fd);
}
