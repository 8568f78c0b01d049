// SPDX-License-Identifier: GPL-2.0-or-later
// resolver.c - builds the process that answers names: options, sandbox, loop

#include "resolver/resolver.h"

#include "base/log.h"
#include "base/reserve.h"
#include "resolver/listen/query.h"
#include "resolver/process/sandbox.h"
#include "resolver/process/state.h"

#include <ares.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
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

/* On the way to the kernel: everything that was put off because somebody might have stood on it. */
static void on_settle(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
	struct resolver *resolver = watcher->data;

	(void)loop, (void)revents;
	turns_run(&resolver->turns);
	flights_settle(&resolver->flights);
	admission_settle(&resolver->admission); /* what has ended makes room */
	relays_settle(&resolver->relays);
	tcp_settle(&resolver->clients);
	views_settle(&resolver->views);
	relay_tcp_settle(&resolver->relays);
}

static size_t max_descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 1024 : limit.rlim_cur;
}

static bool make_parts(struct resolver *resolver)
{
	ev_set_allocator(reserve_realloc);
	/* Before others may have the number. */
	if (journal_init(&resolver->journal, IPC_JOURNAL_FD) < 0)
		return false;
	resolver->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	resolver->table = dns_table_new();
	resolver->cache = dns_cache_new(DNS_CACHE_ENTRIES_MAX, DNS_CACHE_BYTES_MAX);
	resolver->scratch = malloc(DNS_TCP_MAX);
	if (resolver->loop == NULL || resolver->table == NULL || resolver->cache == NULL ||
	    resolver->scratch == NULL)
		return false;
	turns_init(&resolver->turns, resolver->loop);
	upstreams_init(&resolver->upstreams, resolver->loop);
	tcp_clients_init(&resolver->clients);
	resolver->n_source_sockets_max = max_descriptors() / 2;
	admission_init(&resolver->admission, resolver->loop, max_descriptors(), query_turn,
		       resolver);
	return flights_init(&resolver->flights, resolver->loop, &resolver->upstreams,
			    resolver->cache, resolver->scratch, &resolver->stats) == 0 &&
	       views_init(resolver) == 0 && relays_init(&resolver->relays, resolver) == 0 &&
	       getrandom(&resolver->random, sizeof(resolver->random), 0) > 0 &&
	       ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
}

static int build(struct resolver *resolver, struct error *error)
{
	resolver->ttl_s = DNS_TTL_LOCAL_S;
	if (!make_parts(resolver))
		return error_set(error, ERROR_INTERNAL, "out of memory at start");
	resolver->random |= 1; /* zero would stay zero */
	ev_prepare_init(&resolver->settle, on_settle);
	resolver->settle.data = resolver;
	ev_prepare_start(resolver->loop, &resolver->settle);
	return 0;
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
	channel_init(&resolver.channel, &resolver, IPC_LISTEN_FD, starter);
	err = sandbox_seal(error);
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
