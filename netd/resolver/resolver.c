// SPDX-License-Identifier: GPL-2.0-or-later
// resolver.c - builds the process that answers names: options, sandbox, loop

#include "resolver/resolver.h"

#include "base/log.h"
#include "base/reserve.h"
#include "resolver/ask/asking.h"
#include "resolver/listen/listener.h"
#include "resolver/listen/listening.h"
#include "resolver/listen/query.h"
#include "resolver/loop/outbox.h"
#include "resolver/loop/turns.h"
#include "resolver/process/channel.h"
#include "resolver/process/control.h"
#include "role/sandbox.h"
#include "resolver/process/seccomp.h"
#include "resolver/relay/relay.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct options {
	const char *user;
	enum log_level log_level;
};

static bool parse_options(int argc, char **argv, struct options *ret_options)
{
	static const struct option known[] = {
		{ "resolver", no_argument, NULL, 'r' }, /* what main() was told */
		{ "user", required_argument, NULL, 'u' },
		{ "log-level", required_argument, NULL, 'l' },
		{ 0 },
	};
	struct options options = { .user = "nobody", .log_level = LOG_LEVEL_INFO };
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'u')
			options.user = optarg;
		else if (option == 'l' && log_level_parse(optarg, &options.log_level))
			continue;
		else if (option != 'r')
			return false;
	}
	if (optind != argc)
		return false;
	*ret_options = options;
	return true;
}

/* All there is, one of each room. One per process, never freed: the process ends with it. */
struct resolver {
	struct ev_loop *loop;
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

static int check_channel(struct error *error)
{
	int listening = 0, type = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(IPC_LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
	    getsockopt(IPC_LISTEN_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return error_system(error, -errno, "descriptor %d is not the channel",
				    IPC_LISTEN_FD);
	if (!listening || type != SOCK_SEQPACKET)
		return error_set(error, ERROR_INVALID,
				 "descriptor %d is not a listening packet socket", IPC_LISTEN_FD);
	return 0;
}

static int run(const struct options *options, struct error *error)
{
	static struct resolver resolver;
	uid_t starter = getuid();
	int err = check_channel(error);

	/* Signals for the plumber's terminal are not for us; fails when it has seen to that. */
	(void)setsid();
	if (err == 0)
		err = sandbox_enter(options->user, error);
	if (err == 0)
		err = build(&resolver, error);
	if (err < 0)
		return err;
	open_channel(&resolver, starter);
	err = seccomp_seal(error);
	if (err < 0)
		return err;
	log_info("resolver is ready");
	ev_run(resolver.loop, 0);
	return error_set(error, ERROR_INTERNAL, "the event loop has ended");
}

/* What ps -e and systemctl status show. systemd 252 passes over names in parentheses when it warns
 * of left-over processes at a start (core/unit.c, log_leftover): this one is left over on purpose.
 * 15 characters, as many as the kernel keeps. */
#define RESOLVER_COMM "(netd-resolver)"

int resolver_run(int argc, char **argv)
{
	struct options options;
	struct error error = { 0 };

	/* Executed as /proc/self/exe it would be called "exe". */
	(void)prctl(PR_SET_NAME, RESOLVER_COMM, 0, 0, 0);
	log_init("resolver", LOG_LEVEL_INFO);
	if (!parse_options(argc, argv, &options)) {
		log_error("usage: %s [--user NAME] [--log-level LEVEL]", argc > 0 ? argv[0] : "");
		return 2;
	}
	log_max_level = options.log_level;
	(void)run(&options, &error);
	log_error("%s", error.text);
	return 1;
}
