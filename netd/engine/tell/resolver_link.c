// SPDX-License-Identifier: GPL-2.0-or-later
// resolver_link.c - the plumber's end of the channel to the resolver process
#include "engine/tell/resolver_link.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "engine/tell/tell.h"
#include "ipc/chan.h"
#include "kernel/fdkind.h"
#include "kernel/process.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* Theory of operation. One link is one connection to one resolver process, from its handshake to
 * its end. The handshake waits (wait_readable), as part of a start or a take-over; after that the
 * link lives in the loop. Messages are sent in order; the number of those sent stands
 * in a page of memory that both processes map, and the resolver drains its channel up to that
 * number before it answers a question. So a name is visible to each question that comes after
 * resolver_link_publish, without an acknowledgement.
 *
 * Each message that is sent wakes the resolver, and the names of one container are several. So
 * names are held (resolver_link_hold), and go together in one call: with the next message of
 * another kind, when there is no room for one more, when they are published, or before the loop
 * waits.
 *
 * A link breaks once and for good: nothing is sent or repaired after that, and the owner hears of
 * it from the loop (the timer lost), never from inside a call to send, for he frees the link
 * then. The next link starts from nothing and is told everything.
 *
 * Whether the process lives is asked at each beat. Its statistics are the answer that is owed;
 * when one is missing, the kernel says what the process does (model/health/pulse.h), and only one
 * that could answer and does not is given up. */

struct resolver_link {
	struct ev_loop *loop;
	struct resolver_link_handlers handlers;
	ev_io io;
	ev_timer lost;	 /* tells the owner from the loop, never from inside a send */
	ev_timer beat;	 /* asks for statistics, which its loop answers */
	ev_prepare idle; /* the loop is about to wait: what is held goes */
	struct pulse pulse;
	bool owes;		     /* that answer */
	uint64_t n_asked, n_answers; /* for statistics, and given */
	int channel;
	struct ipc_page *page;
	uint64_t n_sent;
	uint32_t pid;
	uint32_t version; /* that is spoken */
	bool broken, hung;
	uint8_t out[IPC_MSG_MAX], in[IPC_MSG_MAX];
	/* one behind the other, in the order in which they go */
	uint8_t held[LINK_HELD_BYTES];
	struct iovec parts[LINK_HELD_MAX];
	size_t n_held, held_bytes;
	struct ipc_asked asked; /* as it was read last */
};

/* Nothing is freed here: callers up the stack still use the link. The timer runs as soon as the
 * loop is back, and its handler may free it. */
static void give_up(struct resolver_link *link)
{
	/* The link is broken before anything else runs, so no later call writes into a channel
	 * whose state nobody knows. */
	link->broken = true;
	ev_io_stop(link->loop, &link->io);
	ev_timer_stop(link->loop, &link->beat);
	ev_prepare_stop(link->loop, &link->idle);
	link->n_held = link->held_bytes = 0; /* the next link tells everything anew */
	ev_timer_start(link->loop, &link->lost);
}

/* Reports a fault of the channel. The process may live on; the owner ends it. */
static void fail(struct resolver_link *link, const char *what, int err)
{
	/* The first reason is the one that counts. What follows is its consequence and would only
	 * fill the log. */
	if (link->broken)
		return;
	log_warn("resolver: %s: %s", what, strerror(-err));
	give_up(link);
}

/* It has not answered, or read, for another beat. True: it never will, and is given up. */
static bool has_hung(struct resolver_link *link, struct pulse *pulse)
{
	enum pulse_verdict verdict;
	struct pulse_look look;
	/* A link that is broken has nothing to look at. err stays 0 and the next lines return
	 * true for it. */
	int err = link->broken ? 0 : process_look(link->pid, &look);

	/* Of one that has ended the channel tells, unless somebody has its end. */
	if (err == -ESRCH)
		fail(link, "it owes an answer", err);
	if (link->broken || err < 0)
		return link->broken;
	verdict = pulse_look(pulse, &look);
	if (verdict == PULSE_WAIT)
		return false;
	log_warn("resolver %u is %s and does not answer: it is ended, and another takes over",
		 link->pid, pulse_verdict_name[verdict]);
	/* The owner ends the process with SIGKILL then: one that hangs would not see the channel
	 * close. */
	link->hung = true;
	give_up(link);
	return true;
}

/* A part of the counters by question: several such messages may come, then one IPC_FIGURES that
 * ends them. */
static void read_asked(struct resolver_link *link, struct wire *wire)
{
	ipc_get_asked(wire, &link->asked);
	if (wire->err == 0)
		link->handlers.on_asked(&link->asked, link->handlers.data);
}

/* The end of what was asked for by resolver_link_ask_figures. */
static void read_figures(struct resolver_link *link, struct wire *wire)
{
	struct ipc_figures figures;

	ipc_get_figures(wire, &figures);
	if (wire->err == 0)
		link->handlers.on_figures(&figures, link->handlers.data);
}

/* False: there is none, or none that is sound. */
static bool read_one(struct resolver_link *link)
{
	struct ipc_sockets sockets;
	struct ipc_query answer;
	struct ipc_stats stats;
	int fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	int len = chan_receive(link->channel, link->in, sizeof(link->in), fds, &n_fds);

	/* Nothing there. Everything below treats the channel as a stream of whole messages, which
	 * a SOCK_SEQPACKET keeps. */
	if (len == -EAGAIN)
		return false;
	if (len <= 0) {
		fail(link, "the channel ended", len < 0 ? len : -ECONNRESET);
		return false;
	}
	struct wire wire = wire_reader(link->in, (size_t)len);
	uint8_t type = wire_u8(&wire);

	switch (type) {
	case IPC_ANSWER:
		ipc_get_query(&wire, &answer);
		if (wire.err == 0)
			link->handlers.on_answer(&answer, link->handlers.data);
		break;
	case IPC_SOCKETS:
		ipc_get_sockets(&wire, &sockets);
		if (wire.err == 0)
			link->handlers.on_sockets(&sockets, link->handlers.data);
		break;
	case IPC_STATS: /* its loop goes round */
		link->owes = false;
		link->n_answers++;
		/* A sign of life clears all that was suspected before it. */
		link->pulse = (struct pulse) { 0 };
		/* The oldest version that is still spoken has no counters in this message; it is
		 * a sign of life all the same. */
		if (link->version > IPC_VERSION_OLDEST)
			ipc_get_stats(&wire, &stats);
		if (link->version > IPC_VERSION_OLDEST && wire.err == 0)
			link->handlers.on_stats(&stats, link->handlers.data);
		break;
	case IPC_ASKED:
		read_asked(link, &wire);
		break;
	case IPC_FIGURES:
		read_figures(link, &wire);
		break;
	case IPC_KEEP_VIEW:
	case IPC_KEEP_RELAY:
	case IPC_KEEP_JOURNAL:
	case IPC_FLOW:
	case IPC_FLOW_GONE:
		(void)link->handlers.on_keep(type, &wire, fds, n_fds, link->handlers.data);
		break;
	/* An unknown type is passed over, for a resolver of a later release may say more than
	 * this plumber knows. */
	default:
		break;
	}
	/* What nobody has taken is closed. A handler that took a descriptor has left -1 in its
	 * place. */
	for (size_t i = 0; i < n_fds; i++)
		chan_close(fds[i]);
	if (wire.err < 0)
		fail(link, "malformed message", -EBADMSG);
	return wire.err == 0;
}

/* What it said before it ended counts: flows that began a moment ago. */
static void on_lost_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct resolver_link *link = timer->data;

	(void)loop, (void)revents;
	/* A bound, for a resolver that goes on writing must not keep the plumber here. */
	for (int i = 0; i < LINK_READS_MAX; i++)
		if (!read_one(link))
			break;
	link->handlers.on_lost(link->hung, link->handlers.data);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	if (watcher_again(loop, io, revents))
		return;
	/* One message for each turn of the loop: a resolver that talks all the time leaves room
	 * for requests. The watcher comes again at once as long as there is more. */
	(void)read_one(io->data);
}

/* It reads as fast as we write but for a burst of thousands, at start. 0, or why there will be no
 * room. */
static int wait_writable(struct resolver_link *link)
{
	struct pollfd pfd = { .fd = link->channel, .events = POLLOUT };
	int64_t deadline_ms = deadline_after(LINK_SEND_MS);
	struct pulse pulse = { 0 };

	/* In small steps, because a resolver that hangs is recognised between two of them, long
	 * before the deadline. */
	while (!deadline_passed(deadline_ms)) {
		int n = deadline_poll(&pfd, 1, deadline_after(LINK_STEP_MS));

		if (n != 0)
			return n < 0 ? n : 0;
		if (has_hung(link, &pulse))
			return -ETIMEDOUT;
	}
	/* It lives and does not read for the whole time. For its users that is the same as
	 * hanging, so it is replaced as one that hangs. */
	link->hung = true;
	return -ETIMEDOUT;
}

/* Only the first try is free of waiting. A burst is longer than the socket's buffer when a start
 * tells thousands of names. */
static void send_now(struct resolver_link *link, const void *data, size_t len, const int *fds,
		     size_t n_fds)
{
	int err = chan_send(link->channel, data, len, fds, n_fds);

	while (err == -EAGAIN) {
		err = wait_writable(link);
		if (err == 0)
			err = chan_send(link->channel, data, len, fds, n_fds);
	}
	if (err < 0)
		fail(link, "cannot send", err);
	else
		link->n_sent++;
}

/* What is held goes. What one call does not take goes one by one, for that may wait. */
static void flush(struct resolver_link *link)
{
	size_t n_held = link->n_held;
	int n_gone = n_held > 1 ? chan_send_many(link->channel, link->parts, n_held) : 0;
	size_t n = n_gone > 0 ? (size_t)n_gone : 0;

	link->n_sent += n;
	for (; n < n_held && !link->broken; n++)
		send_now(link, link->parts[n].iov_base, link->parts[n].iov_len, NULL, 0);
	link->n_held = link->held_bytes = 0;
}

static void on_idle(struct ev_loop *loop, ev_prepare *idle, int revents)
{
	(void)loop, (void)revents;
	flush(idle->data);
}

/* Not as other messages are sent: a full channel is an answer that is owed, and is not waited for.
 */
static bool ask_for(struct resolver_link *link, enum ipc_type type)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_empty(&wire, type);
	flush(link);
	if (link->broken)
		return false;
	if (chan_send(link->channel, wire.data, wire.pos, NULL, 0) < 0)
		return false; /* what is sent fails, too, or is not read: so the pulse is looked at
			       */
	link->n_sent++;
	resolver_link_publish(link);
	/* Counted as a message like any other: the resolver compares its own count with ours, and
	 * a difference would make it wait for a message that never comes. */
	return true;
}

/* Counts only what was sent, because n_asked is compared with the number of answers. */
static bool ask_for_answer(struct resolver_link *link)
{
	bool is_sent = ask_for(link, IPC_STATS);

	link->n_asked += is_sent;
	return is_sent;
}

/* What is not sent does not come, and a snapshot says that it is not there. */
void resolver_link_ask_figures(struct resolver_link *link)
{
	if (link->version >= (uint32_t)IPC_VERSION_FIGURES)
		(void)ask_for(link, IPC_FIGURES);
}

/* Its pulse is not looked at for this one: it may have been asked a moment before a beat. */
uint64_t resolver_link_ask(struct resolver_link *link)
{
	return ask_for_answer(link) ? link->n_asked : UINT64_MAX;
}

/* A reader that waits compares it with what resolver_link_ask returned: answers come in the order
 * of the questions. */
uint64_t resolver_link_n_answers(const struct resolver_link *link)
{
	return link->n_answers;
}

/* Every PULSE_S. One answer at most is owed at a time: a resolver that is slow is not given more
 * and more to do. */
static void on_beat(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct resolver_link *link = timer->data;

	(void)loop, (void)revents;
	/* The answer may have come while we were held up. */
	for (int i = 0; link->owes && i < LINK_READS_MAX; i++)
		if (!read_one(link))
			break;
	/* The reading above may have broken the link, and then its channel is not to be used. */
	if (link->broken)
		return;
	if (!link->owes) {
		link->owes = true;
		(void)ask_for_answer(link); /* what is not sent is owed all the same */
	} else {
		(void)has_hung(link, &link->pulse);
	}
}

static int make_page(struct resolver_link *link, int *ret_fd)
{
	_cleanup_close_ int fd = fdkind_new_memory("netd-names");

	/* A file of memory that the resolver maps read-only. It is made anew for each link: a
	 * number of the one before would make the new resolver wait for messages it was never
	 * sent. */
	if (fd < 0)
		return fd;
	if (ftruncate(fd, sizeof(struct ipc_page)) < 0)
		return -errno;
	link->page = mmap(NULL, sizeof(struct ipc_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* NULL and not MAP_FAILED, for resolver_link_free asks whether there is a page. */
	if (link->page == MAP_FAILED) {
		link->page = NULL;
		return -errno;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Of one that has only just started, or that takes its time, only a stop is certain. */
static bool is_stopped(const struct resolver_link *link, struct pulse *pulse)
{
	struct pulse_look look;

	return process_look(link->pid, &look) == 0 && pulse_look(pulse, &look) == PULSE_STOPPED;
}

/* One that goes on talking must not hold the plumber up either. */
static int wait_readable(const struct resolver_link *link, int64_t deadline_ms)
{
	struct pollfd pfd = { .fd = link->channel, .events = POLLIN };
	/* Two bounds: silence says that the other side is gone, and the whole says that it will
	 * not come to an end. Both are needed, for a resolver with thousands of views talks for a
	 * while. */
	int64_t silence_ms = deadline_after(HANDSHAKE_SILENCE_MS);
	struct pulse pulse = { 0 };
	int n = 0;

	while (n == 0 && !deadline_passed(deadline_ms) && !deadline_passed(silence_ms) &&
	       !is_stopped(link, &pulse))
		n = deadline_poll(&pfd, 1, deadline_after(LINK_STEP_MS));
	if (n < 0)
		return n;
	return n == 0 ? -ETIMEDOUT : 0;
}

/* Of the view only who it is: the rest is what it is told again. */
static int keep_view(struct resolver_inventory *inventory, struct ipc_view *view)
{
	struct ipc_view *views;

	/* The resolver's copies of names and links are not used. What is right is in the engine,
	 * and it is told anew. */
	ipc_view_done(view);
	/* The peer is not trusted: it cannot make the plumber keep as much as it likes. */
	if (inventory->n_views == RESOLVER_INVENTORY_MAX)
		return -EMSGSIZE;
	views = grow(inventory->views, &inventory->room_views, inventory->n_views + 1,
		     sizeof(*views));
	if (!views)
		return -ENOMEM;
	inventory->views = views;
	inventory->views[inventory->n_views++] = *view;
	return 0;
}

/* Bounded like the views, and for the same reason. */
static int keep_relay(struct resolver_inventory *inventory, const struct ipc_relay *relay)
{
	struct ipc_relay *relays;

	if (inventory->n_relays == RESOLVER_INVENTORY_MAX)
		return -EMSGSIZE;
	relays = grow(inventory->relays, &inventory->room_relays, inventory->n_relays + 1,
		      sizeof(*relays));
	if (!relays)
		return -ENOMEM;
	inventory->relays = relays;
	inventory->relays[inventory->n_relays++] = *relay;
	return 0;
}

/* One message of the inventory. 1: READY, all said; 0: more to come. */
static int take_inventory(struct resolver_link *link, struct wire *wire,
			  struct resolver_inventory *inventory)
{
	struct ipc_hello hello;
	struct ipc_view view;
	struct ipc_relay relay;

	switch (wire_u8(wire)) {
	case IPC_HELLO:
		ipc_get_hello(wire, &hello);
		/* The caller may know the pid already; only without it the process's own word is
		 * taken. */
		if (link->pid == 0)
			link->pid = hello.pid;
		/* The caller tries another version, or replaces the process: a channel that is
		 * understood by half is worse than a short silence. */
		if (wire->err == 0 && hello.version != link->version)
			return -EPROTONOSUPPORT;
		return wire->err;
	case IPC_ADOPT_VIEW:
		ipc_get_view(wire, &view);
		if (wire->err < 0)
			return wire->err;
		return keep_view(inventory, &view);
	case IPC_ADOPT_RELAY:
		ipc_get_relay(wire, &relay);
		return wire->err < 0 ? wire->err : keep_relay(inventory, &relay);
	case IPC_READY:
		return 1;
	default:
		return -EPROTO;
	}
}

/* HELLO goes out with the page; then messages of the inventory come until READY. Nothing else runs
 * meanwhile: this is one of the few waits of the plumber, and both its bounds are short. */
static int handshake(struct resolver_link *link, struct resolver_inventory *inventory)
{
	struct ipc_hello hello = { .version = link->version, .pid = (uint32_t)getpid() };
	struct wire wire = wire_writer(link->out, sizeof(link->out));
	int64_t deadline_ms = deadline_after(HANDSHAKE_MAX_MS);
	_cleanup_close_ int page = -1;
	int err = make_page(link, &page);

	ipc_put_hello(&wire, &hello);
	if (err == 0)
		err = chan_send(link->channel, wire.data, wire.pos, &page, 1);
	/* HELLO counts as well: from here on the number in the page is that of all messages of
	 * this link. */
	link->n_sent = 1;
	while (err == 0) {
		size_t n_fds = 0;
		int len;

		err = wait_readable(link, deadline_ms);
		if (err < 0)
			break;
		len = chan_receive(link->channel, link->in, sizeof(link->in), NULL, &n_fds);
		if (len == -EAGAIN)
			continue;
		if (len <= 0)
			return len < 0 ? len : -ECONNRESET;
		wire = wire_reader(link->in, (size_t)len);
		err = take_inventory(link, &wire, inventory);
	}
	return err < 0 ? err : 0;
}

int resolver_link_new(struct ev_loop *loop, int channel, uint32_t pid, uint32_t version,
		      const struct resolver_link_handlers *handlers,
		      struct resolver_link **ret_link, struct resolver_inventory *ret_inventory,
		      struct error *error)
{
	struct resolver_link *link = calloc(1, sizeof(*link));
	struct resolver_inventory inventory = { 0 };
	int err;

	if (!link)
		return error_system(error, -ENOMEM, "cannot talk to the resolver");
	link->loop = loop;
	link->handlers = *handlers;
	link->channel = channel;
	link->version = version;
	link->pid = pid;
	ev_timer_init(&link->beat, on_beat, 0., PULSE_S);
	link->beat.data = link;
	ev_io_init(&link->io, on_readable, channel, EV_READ);
	link->io.data = link;
	ev_prepare_init(&link->idle, on_idle);
	link->idle.data = link;
	ev_timer_init(&link->lost, on_lost_timer, 0., 0.);
	link->lost.data = link;
	err = handshake(link, &inventory);
	if (err < 0) {
		link->channel = -1; /* stays the caller's */
		resolver_link_free(link);
		resolver_inventory_done(&inventory);
		return error_system(error, err, "the resolver process does not answer");
	}
	ev_io_start(loop, &link->io);
	ev_timer_start(loop, &link->beat);
	ev_prepare_start(loop, &link->idle);
	*ret_link = link;
	*ret_inventory = inventory;
	return 0;
}

/* Safe for a link whose handshake failed. The process and its descriptors of the page are not
 * touched. */
void resolver_link_free(struct resolver_link *link)
{
	if (!link)
		return;
	ev_io_stop(link->loop, &link->io);
	ev_timer_stop(link->loop, &link->lost);
	ev_timer_stop(link->loop, &link->beat);
	ev_prepare_stop(link->loop, &link->idle);
	if (!link->broken)
		flush(link);
	if (link->page)
		(void)munmap(link->page, sizeof(*link->page));
	if (link->channel >= 0)
		(void)close(link->channel);
	free(link);
}

/* May be called twice: it leaves zeros. */
void resolver_inventory_done(struct resolver_inventory *inventory)
{
	for (size_t i = 0; i < inventory->n_views; i++)
		ipc_view_done(&inventory->views[i]);
	free(inventory->views);
	free(inventory->relays);
	*inventory = (struct resolver_inventory) { 0 };
}

uint32_t resolver_link_pid(const struct resolver_link *link)
{
	return link->pid;
}

uint32_t resolver_link_version(const struct resolver_link *link)
{
	return link->version;
}

/* There is one buffer for each link. A message must be sent before the next one is begun. */
struct wire resolver_link_begin(struct resolver_link *link)
{
	return wire_writer(link->out, sizeof(link->out));
}

/* Reports nothing: a caller has nothing to undo, for the resolver that follows is told everything
 * anew. */
void resolver_link_send(struct resolver_link *link, const struct wire *wire, const int *fds,
			size_t n_fds)
{
	if (link->broken)
		return;
	flush(link);
	if (wire->err < 0)
		fail(link, "cannot send", wire->err);
	else
		send_now(link, wire->data, wire->pos, fds, n_fds);
}

/* One that is larger than all that may be held goes at once. */
void resolver_link_hold(struct resolver_link *link, const struct wire *wire)
{
	if (link->n_held == LINK_HELD_MAX || wire->pos > sizeof(link->held) - link->held_bytes)
		flush(link);
	if (link->broken)
		return;
	if (wire->err < 0 || wire->pos > sizeof(link->held)) {
		resolver_link_send(link, wire, NULL, 0);
		return;
	}
	memcpy(link->held + link->held_bytes, wire->data, wire->pos);
	link->parts[link->n_held++] = (struct iovec) { link->held + link->held_bytes, wire->pos };
	link->held_bytes += wire->pos;
}

void resolver_link_publish(struct resolver_link *link)
{
	flush(link);
	/* Release: who sees the number finds the messages in the channel before it. The resolver
	 * loads it with acquire. */
	atomic_store_explicit((_Atomic uint64_t *)&link->page->n_sent, link->n_sent,
			      memory_order_release);
}
