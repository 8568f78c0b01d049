// SPDX-License-Identifier: GPL-2.0-or-later
// channel.c - the connection with the plumber: accept, receive, catch up

#include "resolver/process/channel.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "resolver/ask/request.h"
#include "resolver/listen/tcp.h"
#include "resolver/loop/outbox.h"
#include "role/meeting.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define VIEW_DESCRIPTORS 4 /* two sockets, what keeps the netns, an epoll set */

/* All that the plumber has said stays in force until another plumber says otherwise. syscalls:
 * munmap close socket */

/* Theory of operation. The plumber tells everything over one connection, and its page of memory
 * says how many messages it has sent. Before a question is answered the resolver has read as many
 * (channel_catch_up), so a name is visible to every question that was asked after the plumber's
 * reply to its caller. A connection that ends changes nothing of what was said; the next plumber
 * says it all again, and what it does not mention is forgotten then (SYNC).
 *
 * Two descriptors are kept back: one to accept the next plumber with, one for the page that comes
 * with its first message.
 *
 * The order at a new connection: HELLO of the plumber's, HELLO and an inventory of the resolver's,
 * what there is of the plumber's, SYNC. */

/* What was said stays. Questions of that plumber are dropped. */
static void channel_drop(struct channel *channel)
{
	if (channel->fd < 0)
		return;
	request_free_all(&channel->requests);
	ev_io_stop(channel->loop, &channel->io);
	ev_timer_stop(channel->loop, &channel->retell);
	if (channel->page != NULL)
		(void)munmap((void *)channel->page, sizeof(*channel->page));
	outbox_stop(channel->outbox);
	(void)close(channel->fd);
	spare_keep(&channel->seat);
	channel->fd = -1;
	channel->page = NULL;
	channel->n_processed = 0;
	channel->syncing = false;
}

/* The memory is the plumber's: only ever read, one word, and it must be there. The plumber counts
 * its messages there. syscalls: newfstatat fstat mmap */
int channel_map_page(struct channel *channel, int fd)
{
	struct stat status;
	void *page;

	if (channel->page != NULL || fstat(fd, &status) < 0 ||
	    status.st_size < (off_t)sizeof(*channel->page))
		return -EPROTO;
	page = mmap(NULL, sizeof(*channel->page), PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	channel->page = page;
	return 0;
}

/* -1 stands for those that a handler has taken. */
static void close_left(const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

/* Room for a page that comes, which is mapped and closed again. As chan_receive_told(), whose *lost
 * says that descriptors came for which there was no place. */
static int receive(struct channel *channel, uint8_t *message, size_t size, int *fds, size_t *n_fds)
{
	/* A descriptor comes with HELLO, and this may be the only place for it. */
	if (channel->page == NULL)
		spare_drop(&channel->spare);
	return chan_receive_told(channel->fd, message, size, fds, n_fds, &channel->lost);
}

/* 1: a message was processed; 0: nothing is there, or the channel is gone. A message that is not
 * understood ends the connection, and the next one begins with everything. syscalls: recvmsg */
static int process_one(struct channel *channel)
{
	static uint8_t message[IPC_MSG_MAX];
	int fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	int len, err;

	len = receive(channel, message, sizeof(message), fds, &n_fds);
	if (len == -EAGAIN)
		return 0;
	if (len == 0 || len == -ECONNRESET) {
		log_info("the plumber has gone; serving on");
		channel_drop(channel);
		return 0;
	}
	/* Counted whatever comes of it: the plumber counts what it has sent. */
	channel->n_processed++;
	err = len < 0 ? len
		      : channel->handlers.message(message, (size_t)len, fds, n_fds,
						  channel->handlers.data);
	/* Who took a descriptor has left -1 in its place. */
	if (len > 0)
		close_left(fds, n_fds);
	spare_keep(&channel->spare);
	if (err < 0) {
		if (err != -ENOMEM) /* which was said */
			log_error("message %d of the plumber is not understood: %s; connection "
				  "dropped",
				  len > 0 ? message[0] : 0, strerror(-err));
		channel_drop(channel);
		return 0;
	}
	return channel->fd >= 0;
}

/* Called before a question is answered. It may end the connection. */
void channel_catch_up(struct channel *channel)
{
	uint64_t target;

	if (channel->page == NULL)
		return;
	/* Acquire: messages counted here are in the socket. No more than these are taken in: a
	 * plumber that goes on talking would hold up the question for which this is done. */
	target = __atomic_load_n(&channel->page->n_sent, __ATOMIC_ACQUIRE);
	while (channel->n_processed < target && process_one(channel) == 1 && channel->page != NULL)
		;
}

/* Some messages in each round, so that a plumber that says much does not hold up questions. */
static void on_channel(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct channel *channel = watcher->data;

	if (watcher_again(loop, watcher, revents))
		return;
	for (int i = 0; i < CHANNEL_MESSAGES_MAX; i++)
		if (process_one(channel) == 0)
			break;
}

/* The place of a connection that is dropped is taken by the new one. */
static void on_plumber(struct acceptor *acceptor, int fd)
{
	struct channel *channel = container_of(acceptor, struct channel, acceptor);

	if (!meeting_is_with(fd, channel->trusted)) {
		log_warn("a stranger connected to the channel: refused");
		(void)close(fd);
		spare_keep(&channel->spare);
		return;
	}
	/* Whatever the last one said before it died counts: it may have told others that it is
	 * done. */
	for (int i = 0; i < CHANNEL_LEFT_MAX && channel->fd >= 0; i++)
		if (process_one(channel) == 0)
			break;
	/* Two at once are not possible; the new one counts, for only one plumber can hold the
	 * lock. */
	if (channel->fd >= 0)
		log_info("another plumber has connected");
	channel_drop(channel);
	spare_drop(&channel->seat);
	spare_keep(&channel->spare);
	channel->fd = fd;
	outbox_start(channel->outbox, fd);
	ev_io_init(&channel->io, on_channel, fd, EV_READ);
	channel->io.data = channel;
	ev_io_start(channel->loop, &channel->io);
}

/* As many as a container takes. Tried out, because no call tells how many are left. syscalls:
 * socket close */
static bool are_descriptors_there(void)
{
	struct spare some[VIEW_DESCRIPTORS] = { 0 };
	bool there = true;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		/* Reserved and let go again at once: the only way to know is to try. */
		spare_keep(&some[i]);
		there = there && some[i].fd > 0;
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		spare_drop(&some[i]);
	return there;
}

/* Clients that have nothing to wait for make room, a few at each beat. Telling again takes
 * descriptors, so it is put off until there are some. */
static void on_retell(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct channel *channel = timer->data;

	(void)loop, (void)revents;
	/* All is told again over a new connection, which needs room first. */
	for (unsigned i = 0; i < VIEW_DESCRIPTORS && !are_descriptors_there(); i++)
		if (!tcp_make_descriptor(channel->clients))
			return;
	log_info("there are descriptors again: the plumber tells what was missed");
	channel_drop(channel);
}

/* Noted once, until it was told again. */
void channel_missed(struct channel *channel)
{
	if (ev_is_active(&channel->retell))
		return;
	channel->stats->no_descriptor++;
	log_warn(
		"no file descriptor left for what the plumber says: it waits until there are some");
	ev_timer_again(channel->loop, &channel->retell);
}

/* The outbox has given up. */
static void on_outbox_lost(void *data)
{
	channel_drop(data);
}

/* The outbox takes offers again. */
static void on_outbox_room(void *data)
{
	struct channel *channel = data;

	channel->handlers.room(channel->handlers.data);
}

/* listening is the socket at which plumbers connect. */
void channel_init(struct channel *channel, const struct channel_options *options)
{
	*channel = (struct channel) { .loop = options->loop,
				      .outbox = options->outbox,
				      .clients = options->clients,
				      .stats = options->stats,
				      .handlers = options->handlers,
				      .fd = -1,
				      .trusted = options->trusted };
	outbox_init(channel->outbox, channel->loop, on_outbox_lost, on_outbox_room, channel);
	list_init(&channel->requests);
	ev_timer_init(&channel->retell, on_retell, 0., RESOLVER_REST_MS / 1000.);
	channel->retell.data = channel;
	acceptor_start(&channel->acceptor, channel->loop, options->listening, NULL, on_plumber);
	/* The next plumber takes the place of the last one, and waits for nobody. */
	channel->acceptor.spare = &channel->spare;
	spare_keep(&channel->spare);
}
