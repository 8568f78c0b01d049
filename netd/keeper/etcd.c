// SPDX-License-Identifier: GPL-2.0-or-later
// etcd.c - netd's own etcd: started, watched, and started again
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/log.h"
#include "ipc/msg.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. There is at most one etcd. It is one of these: running (state.pid),
 * waiting to be started again (the timer), or not wanted (neither). state.why says what does not
 * work. Each change is told to the plumber.
 *
 * An end that was not asked for is followed by a start: at once a few times, then after pauses
 * that grow, so that an etcd which cannot run costs little, and a person who mends the cause
 * waits little. One that has run for a while begins with a clean count.
 *
 * The environment of etcd is what is written here: arguments, no variables, the working
 * directory with its data, the three standard descriptors. Its own words go to stderr, which is
 * netd's log. */

/* Sizes of arguments, by the longest that each of their parts can be. */
#define ADDRS_TEXT_SIZE (FAMILY_N * (CLUSTER_URL_LEN_MAX + 1))
#define TOKEN_SIZE (ID_LEN + 8)

/* What it is told that depends on the host. */
struct words {
	/* clients: URLs of all addresses, with commas between; peers: one URL; members:
	 * "name=peer,..."; token: keeps members of two clusters apart */
	char clients[ADDRS_TEXT_SIZE], peers[CLUSTER_URL_LEN_MAX + 1],
		members[CLUSTER_SEAT_LEN_MAX + 1], token[TOKEN_SIZE];
	const char *state; /* of the cluster that it begins in */
};

/* The address that names this member to others. IPv4 if there is one. The configuration has at
 * least one of the two: its reader sees to that. */
static const struct addr *first_addr(const struct keeper_config *config)
{
	return &config->addrs[addr_is_set(&config->addrs[FAMILY_4]) ? FAMILY_4 : FAMILY_6];
}

/* Returns the length. IPv6 stands in brackets, as RFC 3986 wants it. */
static size_t print_url(const struct addr *addr, int port, char *place, size_t size)
{
	bool is_v6 = addr->family == AF_INET6;

	return (size_t)snprintf(place, size, "https://%s%s%s:%d", is_v6 ? "[" : "", ADDR_STR(addr),
				is_v6 ? "]" : "", port);
}

/* Writes the arguments that depend on the host. Clients may come by each of its addresses; members
 * by one. */
static void choose_words(const struct keeper_config *config, struct words *ret_words)
{
	struct words *words = ret_words;
	size_t len = 0;

	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!addr_is_set(&config->addrs[family]))
			continue;
		if (len > 0)
			words->clients[len++] = ',';
		len += print_url(&config->addrs[family], CLUSTER_ETCD_PORT, words->clients + len,
				 sizeof(words->clients) - len);
	}
	(void)print_url(first_addr(config), CLUSTER_PEER_PORT, words->peers, sizeof(words->peers));
	words->state = config->seat[0] ? "existing" : "new";
	if (config->seat[0])
		(void)snprintf(words->members, sizeof(words->members), "%s", config->seat);
	else
		(void)snprintf(words->members, sizeof(words->members), "%s=%s", config->host,
			       words->peers);
	(void)snprintf(words->token, sizeof(words->token), "netd-%s", config->id);
}

/* Whether a program could listen there now: 0 or a negative errno. Tried before etcd does, whose
 * own words for it come after a page of others. The socket is closed again on return, so that
 * another program may still be faster; then etcd ends by itself, and the next try says why. */
static int check_port(const struct addr *addr, int port)
{
	_cleanup_close_ int fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage place;
	socklen_t len = addr_to_sockaddr(addr, (uint16_t)port, &place);
	const int on = 1;

	if (fd < 0)
		return -errno;
	/* As etcd does: connections that have just ended keep nobody from it. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* With SO_REUSEADDR two may be bound to a port; listen(2) refuses the second then. */
	if (bind(fd, (const struct sockaddr *)&place, len) < 0 || listen(fd, 1) < 0)
		return -errno;
	return 0;
}

/* Whether all ports of all addresses are free. False: state.why names the first that is not. */
static bool ports_are_free(struct keeper *keeper)
{
	static const int ports[] = { CLUSTER_ETCD_PORT, CLUSTER_PEER_PORT };

	for (size_t i = 0; i < FAMILY_N * ARRAY_SIZE(ports); i++) {
		const struct addr *addr = &keeper->config.addrs[i % FAMILY_N];
		int port = ports[i / FAMILY_N];
		int err = addr_is_set(addr) ? check_port(addr, port) : 0;

		if (err == 0)
			continue;
		(void)snprintf(keeper->state.why, sizeof(keeper->state.why),
			       "etcd cannot listen on %s port %d: %s", ADDR_STR(addr), port,
			       strerror(-err));
		return false;
	}
	return true;
}

/* The path of etcd, or NULL. Looked for at each start: it may be installed, upgraded or removed
 * while netd runs. PATH is not asked, for a variable should not choose what runs here. */
static const char *find_program(void)
{
	static const char *const places[] = KEEPER_ETCD_PLACES;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* In the child, between fork and exec: nothing here takes memory or a lock. What is open beside
 * the standard descriptors is not etcd's: it would keep the plumber's channel open after the
 * keeper's end. Names of files are relative to the working directory, which it inherits.
 *
 * With data that is there etcd ignores what it is told of members and of the cluster's state. */
static _Noreturn void become_etcd(const char *program, const struct words *words, const char *host)
{
	const char *const argv[] = {
		"etcd", "--name", host, "--data-dir", FOLDER_DATA, "--listen-client-urls",
		words->clients, "--advertise-client-urls", words->clients, "--listen-peer-urls",
		words->peers, "--initial-advertise-peer-urls", words->peers, "--initial-cluster",
		words->members, "--initial-cluster-token", words->token, "--initial-cluster-state",
		words->state, "--cert-file", FOLDER_CERT, "--key-file", FOLDER_KEY,
		"--trusted-ca-file", FOLDER_CA, "--client-cert-auth", "--peer-cert-file",
		FOLDER_CERT, "--peer-key-file", FOLDER_KEY, "--peer-trusted-ca-file", FOLDER_CA,
		"--peer-client-cert-auth", "--client-crl-file", FOLDER_REVOKED, "--peer-crl-file",
		FOLDER_REVOKED,
		/* Hosts are not missed while there is no leader, and for as long again behind. */
		"--heartbeat-interval", KEEPER_HEARTBEAT_MS, "--election-timeout",
		KEEPER_ELECTION_MS,
		/* Hosts follow what changes; those that slept for longer read all anew. */
		"--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h",
		"--logger", "zap", "--log-level", "error", "--log-outputs", "stderr", NULL
	};
	char *const envp[] = { NULL };
	sigset_t none;

	/* Signals that this process blocks or ignores would stay so across execve(2). None of
	 * these calls fails with such arguments; if one did, etcd would still run. */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)execve(program, (char *const *)argv, envp);
	_exit(EXIT_FAILURE);
}

/* Starts the program. Its process, or a negative errno. What fails in the child shows as its
 * end, with EXIT_FAILURE. */
static pid_t spawn(const struct keeper *keeper, const char *program)
{
	static struct words words;
	pid_t parent = getpid(), pid;

	/* Before the fork: the child has nothing to do but to set itself up. */
	choose_words(&keeper->config, &words);
	pid = fork();
	if (pid != 0)
		return pid < 0 ? -errno : pid;
	if (!helper_goes_with(parent, SIGKILL))
		_exit(EXIT_FAILURE);
	become_etcd(program, &words, keeper->config.host);
}

/* How long to wait before the next start, in seconds, by how often it has ended in a row. */
static double pause_s(const struct keeper *keeper)
{
	double pause = KEEPER_PAUSE_MIN_S;

	if (keeper->n_ends <= KEEPER_RESTARTS_AT_ONCE)
		return 0.;
	for (unsigned i = KEEPER_RESTARTS_AT_ONCE + 1;
	     i < keeper->n_ends && pause < KEEPER_PAUSE_MAX_S; i++)
		pause *= 2;
	return pause < KEEPER_PAUSE_MAX_S ? pause : KEEPER_PAUSE_MAX_S;
}

/* Called when it has ended or could not be started; state.why says which, and stays until a
 * start has succeeded. A pause of 0 still goes through the timer: a start that fails at once
 * does not call itself. */
static void start_later(struct keeper *keeper)
{
	log_warn("%s", keeper->state.why);
	keeper->state.pid = 0;
	/* It had run well: what ended it now has nothing to do with earlier ends. */
	if (deadline_now_s() - keeper->started > KEEPER_STABLE_S)
		keeper->n_ends = 0;
	keeper->n_ends++;
	ev_timer_stop(keeper->loop, &keeper->again);
	ev_timer_set(&keeper->again, pause_s(keeper), 0.);
	ev_timer_start(keeper->loop, &keeper->again);
	channel_tell_state(keeper);
}

/* The process has ended, and nobody asked for it: etcd_stop takes the watcher away before it
 * kills. libev has waited for the process. */
static void on_end(struct ev_loop *loop, ev_child *child, int revents)
{
	struct keeper *keeper = child->data;
	bool is_killed = WIFSIGNALED(child->rstatus);

	(void)revents;
	ev_child_stop(loop, child);
	(void)snprintf(keeper->state.why, sizeof(keeper->state.why),
		       "etcd has ended %s %d, and is started again; netd's log has its own words",
		       is_killed ? "by signal" : "with status",
		       is_killed ? WTERMSIG(child->rstatus) : WEXITSTATUS(child->rstatus));
	start_later(keeper);
}

void etcd_start(struct keeper *keeper)
{
	const char *program = find_program();
	pid_t pid = 0;

	/* A try that fails before it has a process counts as short, too: it is not made without
	 * end. */
	keeper->started = deadline_now_s();
	if (!program)
		(void)snprintf(keeper->state.why, sizeof(keeper->state.why),
			       "etcd is not installed any more (package etcd-server)");
	/* Both may change at any time without a message, so they are tried again as an etcd that
	 * has ended is. */
	if (!program || !ports_are_free(keeper)) {
		start_later(keeper);
		return;
	}
	pid = spawn(keeper, program);
	if (pid < 0) {
		(void)snprintf(keeper->state.why, sizeof(keeper->state.why),
			       "cannot start etcd: %s", strerror(-pid));
		start_later(keeper);
		return;
	}
	/* No end can be missed: libev reaps children in the loop, which does not run here. */
	ev_child_init(&keeper->end, on_end, pid, 0);
	keeper->end.data = keeper;
	ev_child_start(keeper->loop, &keeper->end);
	keeper->state.pid = (uint32_t)pid;
	keeper->state.why[0] = '\0';
	log_info("etcd %d started", pid);
	channel_tell_state(keeper);
}

/* The pause is over. */
static void on_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct keeper *keeper = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	/* It runs still, to be replaced. */
	if (keeper->state.pid != 0)
		etcd_stop(keeper);
	etcd_start(keeper);
}

/* One that does not run is about to be started, and has no connections. */
void etcd_replace(struct keeper *keeper, double after_s)
{
	if (keeper->state.pid == 0)
		return;
	ev_timer_stop(keeper->loop, &keeper->again);
	ev_timer_set(&keeper->again, after_s, 0.);
	ev_timer_start(keeper->loop, &keeper->again);
}

void etcd_stop(struct keeper *keeper)
{
	pid_t pid = (pid_t)keeper->state.pid;
	int status;

	ev_timer_stop(keeper->loop, &keeper->again);
	keeper->n_ends = 0;
	keeper->state = (struct keeper_state) { 0 };
	/* What follows concerns a process; without one all is done. */
	if (pid <= 0)
		return;
	ev_child_stop(keeper->loop, &keeper->end);
	/* What it has confirmed is on disk: it is made to be killed. */
	(void)kill(pid, SIGKILL);
	/* One that hangs keeps its ports, which is said then. */
	(void)helper_end(pid, deadline_after(KEEPER_END_MS), &status);
}

/* Watchers that were never started can be stopped: etcd_stop may come first. */
void etcd_init(struct keeper *keeper)
{
	ev_init(&keeper->end, on_end);
	ev_init(&keeper->again, on_again);
	keeper->end.data = keeper->again.data = keeper;
}
