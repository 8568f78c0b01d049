// SPDX-License-Identifier: GPL-2.0-or-later
// door.c - who wants to come in: connections, so many at a time
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "usher/talk.h"
#include "usher/tls.h"
#include "usher/usher.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct {
	struct ev_loop *loop;
	const struct usher_config *config;
	SSL_CTX *context;
	ev_io io[USHER_SOCKETS_MAX];
	size_t n_io;
	unsigned n_talks;
} door;

static void on_met(struct talk *talk, void *data)
{
	(void)talk, (void)data; /* it speaks first */
}

static void on_heard(struct talk *talk, const uint8_t *message, size_t len, void *data)
{
	static uint8_t space[USHER_MESSAGE_MAX];
	struct wire out = wire_writer(space, sizeof(space));

	(void)data;
	judge_request(door.config, message, len, (uint64_t)time(NULL), &out);
	if (out.err == 0)
		talk_say(talk, space, out.pos);
	else
		talk_end(talk);
}

static void watch(void);

static void on_ended(struct talk *talk, const char *why, void *data)
{
	(void)talk, (void)why, (void)data;
	door.n_talks--;
	watch();
}

static void on_knock(struct ev_loop *loop, ev_io *io, int revents)
{
	const struct talk_ears ears = { .met = on_met, .heard = on_heard, .ended = on_ended };
	int fd;

	if (watcher_again(loop, io, revents))
		return;
	fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (talk_new(loop, door.context, fd, false, &ears))
		door.n_talks++;
	watch();
}

/* Those that are too many wait outside, as long as one that is in may take. */
static void watch(void)
{
	for (size_t i = 0; i < door.n_io; i++)
		if (door.n_talks < USHER_TALKS_MAX)
			ev_io_start(door.loop, &door.io[i]);
		else
			ev_io_stop(door.loop, &door.io[i]);
}

static void close_door(void)
{
	for (size_t i = 0; i < door.n_io; i++) {
		ev_io_stop(door.loop, &door.io[i]);
		(void)close(door.io[i].fd);
	}
	door.n_io = 0;
	SSL_CTX_free(door.context); /* those that talk hold it themselves */
	door.context = NULL;
}

void door_open(struct ev_loop *loop, const struct usher_config *config, const int *fds,
	       size_t n_fds)
{
	if (door.loop)
		close_door();
	door.loop = loop;
	door.config = config;
	door.context = tls_server(config->cert, config->key, config->ca);
	if (!door.context)
		log_error("nobody can be let into the cluster: its certificates are no good");
	for (size_t i = 0; i < n_fds; i++) {
		if (!door.context || i >= USHER_SOCKETS_MAX) {
			(void)close(fds[i]);
			continue;
		}
		ev_io_init(&door.io[i], on_knock, fds[i], EV_READ);
		door.n_io++;
	}
	watch();
}
