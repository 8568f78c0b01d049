// SPDX-License-Identifier: GPL-2.0-or-later
// resolver.c - builds the process that answers names: a room on the other

#include "resolver/resolver.h"

#include "base/reserve.h"
#include "base/watcher.h"
#include "resolver/ask/asking.h"
#include "resolver/listen/listener.h"
#include "resolver/listen/listening.h"
#include "resolver/listen/query.h"
#include "resolver/loop/outbox.h"
#include "resolver/loop/turns.h"
#include "resolver/process/channel.h"
#include "resolver/process/control.h"
#include "resolver/process/seccomp.h"
#include "resolver/relay/relay.h"
#include "role/run.h"

#include <sys/resource.h>

/* Theory of operation. The resolver is rooms, one above the other: loop (turns, outbox), ask
 * (questions to name servers), listen (containers that ask), relay (ports), process (the channel
 * with the plumber). A room is a struct here; it knows the rooms below it by pointers, and those
 * above it by handlers that this file gives it. One thread runs one loop, so nothing is locked.
 *
 * Nobody frees what he may be standing on: things that end are put on lists, and are freed in
 * on_settle(), between the events and the wait. */

/* All there is, one of each room. One per process, never freed: the process ends with it. */
struct resolver {
	struct ev_loop *loop;
	struct watcher_loop watchers;
	ev_prepare settle;
	struct turns turns;
	struct outbox outbox;
	struct asking asking;
	struct listening listening;
	struct relays relays;
	struct channel channel;
	struct control control;
	struct ipc_stats stats;
};

/* On the way to the kernel: everything that was put off because somebody might have stood on it. In
 * this order: turns make work for the others, and what they end is freed by the others. */
static void on_settle(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
	struct resolver *resolver = watcher->data;

	(void)loop, (void)revents;
	turns_run(&resolver->turns);
	asking_settle(&resolver->asking);
	relays_settle(&resolver->relays);
	listening_settle(&resolver->listening);
}

/* 1024 is the usual limit, where the real one cannot be read. */
static size_t max_descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 1024 : limit.rlim_cur;
}

/* Told before each answer, so that it knows all that the plumber has said. */
static void catch_up(void *data)
{
	channel_catch_up(data);
}

/* A room gets what is below it, and hears of what is above it by handlers. On failure nothing is
 * undone: the process ends. */
static int make_rooms(struct resolver *resolver)
{
	struct asking_options asking = { .loop = resolver->loop,
					 .outbox = &resolver->outbox,
					 .stats = &resolver->stats,
					 .n_fds = max_descriptors(),
					 .turn = query_turn,
					 .data = &resolver->listening };
	struct listening_options listening = { .loop = resolver->loop,
					       .turns = &resolver->turns,
					       .asking = &resolver->asking,
					       .stats = &resolver->stats,
					       .catch_up = catch_up,
					       .data = &resolver->channel };
	int err;

	turns_init(&resolver->turns, resolver->loop);
	err = asking_init(&resolver->asking, &asking);
	if (err == 0)
		err = listening_init(&resolver->listening, &listening);
	if (err == 0)
		err = relays_init(&resolver->relays, resolver->loop, &resolver->outbox,
				  &resolver->stats);
	if (err == 0)
		relays_outlive(&resolver->relays,
			       &resolver->listening.journal.page->n_relayed_alone);
	return err;
}

/* The loop's memory has a reserve, for libev ends the process when it gets none. */
static int build(struct resolver *resolver, struct error *error)
{
	int err;

	ev_set_allocator(reserve_realloc);
	/* Before others may have the number. The journal's descriptor has a fixed number, which
	 * another open could take. */
	err = journal_init(&resolver->listening.journal, IPC_JOURNAL_FD, listener_answer);
	if (err == 0)
		/* Without the environment: nobody chooses another backend by a variable. */
		resolver->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (err < 0 || resolver->loop == NULL || make_rooms(resolver) < 0)
		return error_set(error, ERROR_INTERNAL, "out of memory at start");
	watcher_prepare(resolver->loop, &resolver->watchers);
	ev_prepare_init(&resolver->settle, on_settle);
	resolver->settle.data = resolver;
	ev_prepare_start(resolver->loop, &resolver->settle);
	return 0;
}

/* trusted: the user whose processes may connect as the plumber, beside root. */
static void open_channel(struct resolver *resolver, uid_t trusted)
{
	resolver->control = (struct control) { .channel = &resolver->channel,
					       .asking = &resolver->asking,
					       .listening = &resolver->listening,
					       .relays = &resolver->relays,
					       .stats = &resolver->stats };
	struct channel_options options = { .loop = resolver->loop,
					   .outbox = &resolver->outbox,
					   .clients = &resolver->listening.clients,
					   .stats = &resolver->stats,
					   .listening = IPC_LISTEN_FD,
					   .trusted = trusted,
					   .handlers = control_handlers(&resolver->control) };

	channel_init(&resolver->channel, &options);
}

/* Static, so that there is no memory to ask for. */
static struct resolver resolver;

static int build_all(uid_t trusted, struct error *error)
{
	int err = build(&resolver, error);

	if (err == 0)
		open_channel(&resolver, trusted);
	return err;
}

/* The loop ends only when a watcher is missing, which is a mistake. */
static int serve(struct error *error)
{
	ev_run(resolver.loop, 0);
	return error_set(error, ERROR_INTERNAL, "the event loop has ended");
}

/* Runs until the process is ended. The stages are those of every role: build, give up rights,
 * serve. */
int resolver_run(int argc, char **argv)
{
	const struct run_stages stages = { .build = build_all,
					   .seal = &seccomp_seal,
					   .serve = serve };

	return run_role(&role_table[ROLE_RESOLVER], &stages, argc, argv);
}
