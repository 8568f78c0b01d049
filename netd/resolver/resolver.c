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

/* On the way to the kernel: everything that was put off because somebody might have stood on it. */
static void on_settle(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
	struct resolver *resolver = watcher->data;

	(void)loop, (void)revents;
	turns_run(&resolver->turns);
	asking_settle(&resolver->asking);
	relays_settle(&resolver->relays);
	listening_settle(&resolver->listening);
}

static size_t max_descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 1024 : limit.rlim_cur;
}

static void catch_up(void *data)
{
	channel_catch_up(data);
}

/* A room gets what is below it, and hears of what is above it by handlers. */
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
	return err;
}

static int build(struct resolver *resolver, struct error *error)
{
	int err;

	ev_set_allocator(reserve_realloc);
	/* Before others may have the number. */
	err = journal_init(&resolver->listening.journal, IPC_JOURNAL_FD, listener_answer);
	if (err == 0)
		resolver->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (err < 0 || resolver->loop == NULL || make_rooms(resolver) < 0)
		return error_set(error, ERROR_INTERNAL, "out of memory at start");
	watcher_prepare(resolver->loop, &resolver->watchers);
	ev_prepare_init(&resolver->settle, on_settle);
	resolver->settle.data = resolver;
	ev_prepare_start(resolver->loop, &resolver->settle);
	return 0;
}

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

static struct resolver resolver;

static int build_all(uid_t trusted, struct error *error)
{
	int err = build(&resolver, error);

	if (err == 0)
		open_channel(&resolver, trusted);
	return err;
}

static int serve(struct error *error)
{
	ev_run(resolver.loop, 0);
	return error_set(error, ERROR_INTERNAL, "the event loop has ended");
}

int resolver_run(int argc, char **argv)
{
	const struct run_stages stages = { .build = build_all,
					   .seal = &seccomp_seal,
					   .serve = serve };

	return run_role(&role_table[ROLE_RESOLVER], &stages, argc, argv);
}
