// SPDX-License-Identifier: GPL-2.0-or-later
// supervisor.c - the resolver process: found alive, or started, and started again when it ends
#include "plumber/supervisor.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "ipc/msg.h"
#include "kernel/accounts.h"
#include "plumber/orphan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A resolver that ended is started again at once, until it has ended AT_ONCE_MAX times in a row;
 * then after RESTART_MIN_S, doubled each time, so that a crash loop does not eat a CPU. Questions
 * wait in their sockets meanwhile: never for long, where it was ready before it ended. One that
 * lived for STABLE_S starts the count anew. */
#define AT_ONCE_MAX 3
#define RESTART_MIN_S 0.1
#define RESTART_MAX_S 1.
#define RESTART_FAILED_MAX_S 5.
#define STABLE_S 3.

struct child {
	struct ev_loop *loop;
	struct engine *engine;
	char *run_dir, *user, *log_level;
	ev_timer restart;
	ev_child reaper;
	double started;	 /* deadline_now_s() */
	bool came_up;	 /* the last one did */
	unsigned n_ends; /* in a row */
	pid_t pid;	 /* 0: none, or one of before that has left no pid */
	struct sockaddr_un addr;
	bool ending;
};

static int connect_to(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		return -errno;
	return take_fd(&fd);
}

static int listen_at(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	(void)unlink(addr->sun_path); /* nobody listens on it: connect_to said so */
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    chmod(addr->sun_path, 0600) < 0 || listen(fd, 4) < 0)
		return -errno;
	return take_fd(&fd);
}

static void on_end(struct ev_loop *loop, ev_child *watcher, int revents)
{
	(void)revents;
	ev_child_stop(loop, watcher);
	if (WIFSIGNALED(watcher->rstatus))
		log_warn("resolver %d ended by signal %d", watcher->rpid,
			 WTERMSIG(watcher->rstatus));
	else
		log_warn("resolver %d ended with status %d", watcher->rpid,
			 WEXITSTATUS(watcher->rstatus));
}

/* For administrators, and for end_former: one that hangs does not say its pid. */
static void write_pid(const struct child *child, pid_t pid)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/resolver.pid", child->run_dir);
	file = fopen(path, "we");
	if (!file)
		return;
	(void)fprintf(file, "%d\n", pid);
	(void)fclose(file); /* a missing pid file costs a line in a log */
}

/* What an earlier plumber wrote; 0: nothing, or it is no resolver's now. */
static pid_t read_pid(const struct child *child)
{
	char path[PATH_MAX], text[16];
	FILE *file;
	pid_t pid = 0;

	(void)snprintf(path, sizeof(path), "%s/resolver.pid", child->run_dir);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(text, sizeof(text), file))
		pid = (pid_t)strtol(text, NULL, 10);
	(void)fclose(file);
	return orphan_is_resolver(pid) ? pid : 0;
}

/* Ends a resolver that hangs, or that is of another version: its successor opens the sockets anew.
 */
static void end_former(const struct child *child)
{
	orphan_end_pid(child->pid);
}

/* dup2 onto itself would keep CLOEXEC, and what the resolver inherits never has the resolver's
 * number for it but by luck: move it up. */
static int above_inherited(int fd)
{
	int moved = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, IPC_JOURNAL_FD + 1);

	return moved < 0 && fd >= 0 ? -errno : moved;
}

static int spawn(struct child *child, int listen_fd, struct error *error)
{
	char name[] = RESOLVER_NAME, role[] = "--resolver", user[] = "--user";
	char level[] = "--log-level";
	char *const argv[] = { name, role, user, child->user, level, child->log_level, NULL };
	char *journal = getenv("JOURNAL_STREAM"), journal_env[128];
	char *envp[] = { NULL, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	_cleanup_close_ int moved = above_inherited(listen_fd);
	_cleanup_close_ int questions = above_inherited(engine_resolver_journal(child->engine));
	pid_t pid = 0;
	int err;

	if (moved < 0)
		return error_system(error, moved, "cannot start the resolver");
	if (journal) {
		(void)snprintf(journal_env, sizeof(journal_env), "JOURNAL_STREAM=%s", journal);
		envp[0] = journal_env;
	}
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	err = posix_spawn_file_actions_adddup2(&actions, moved, IPC_LISTEN_FD);
	if (err == 0 && questions >= 0) /* without it a question is lost with who has read it */
		err = posix_spawn_file_actions_adddup2(&actions, questions, IPC_JOURNAL_FD);
	/* Nor what whoever started us left open: it would count against the resolver's limit. */
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(
			&actions, (questions >= 0 ? IPC_JOURNAL_FD : IPC_LISTEN_FD) + 1);
	/* A group of its own: a ^C at the plumber's terminal is not for it. */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	if (err == 0)
		err = posix_spawn(&pid, "/proc/self/exe", &actions, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (err != 0)
		return error_system(error, -err, "cannot start the resolver");
	/* A predecessor that hung is still watched; setting up a watcher that runs would tie
	 * libev's list into a knot. */
	ev_child_stop(child->loop, &child->reaper);
	ev_child_init(&child->reaper, on_end, pid, 0);
	ev_child_start(child->loop, &child->reaper);
	child->pid = pid;
	write_pid(child, pid);
	return 0;
}

static int start_new(struct child *child, int *ret_channel, struct error *error)
{
	_cleanup_close_ int listen_fd = -1;
	int channel, err;

	orphan_end_at(child->addr.sun_path);
	listen_fd = listen_at(&child->addr);
	if (listen_fd < 0)
		return error_system(error, listen_fd, "cannot listen on %s", child->addr.sun_path);
	err = spawn(child, listen_fd, error);
	if (err < 0)
		return err;
	child->started = deadline_now_s();
	/* Connects to the backlog; the resolver accepts when it has sandboxed itself. */
	channel = connect_to(&child->addr);
	if (channel < 0)
		return error_system(error, channel, "cannot reach the resolver");
	*ret_channel = channel;
	return 0;
}

static int introduce(struct child *child, int channel, struct error *error)
{
	uint32_t pid = (uint32_t)child->pid;
	int err = engine_resolver_up(child->engine, channel, pid, IPC_VERSION, error);

	child->came_up = false;
	/* One that was left by the release before has hung up: it is asked in its own words. */
	for (uint32_t version = IPC_VERSION_OLDEST;
	     err == -EPROTONOSUPPORT && version < IPC_VERSION; version++) {
		(void)close(channel);
		channel = connect_to(&child->addr);
		if (channel < 0)
			return error_system(error, channel, "cannot reach the resolver");
		err = engine_resolver_up(child->engine, channel, pid, version, error);
	}
	child->came_up = err == 0;
	if (err < 0)
		(void)close(channel);
	return err;
}

int child_start(struct child *child, struct engine *engine, struct error *error)
{
	int channel = connect_to(&child->addr), err;

	child->engine = engine;
	if (channel >= 0) {
		child->pid = read_pid(child);
		if (introduce(child, channel, error) == 0) {
			log_info("resolver %u goes on from before", engine_resolver_pid(engine));
			return 0;
		}
		log_warn("%s; starting another", error->text);
		end_former(child);
	}
	err = start_new(child, &channel, error);
	if (err == 0)
		err = introduce(child, channel, error);
	if (err == 0)
		log_info("resolver %u started", engine_resolver_pid(engine));
	return err;
}

static void on_restart(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct child *child = timer->data;
	struct error error;

	(void)revents;
	ev_timer_stop(loop, timer);
	if (child_start(child, child->engine, &error) == 0)
		return;
	log_error("%s", error.text);
	child_host(child).lost(false, child);
}

static double restart_delay(const struct child *child)
{
	double most = child->came_up ? RESTART_MAX_S : RESTART_FAILED_MAX_S;
	double delay = RESTART_MIN_S;

	if (child->n_ends <= AT_ONCE_MAX)
		return 0.;
	for (unsigned i = AT_ONCE_MAX + 1; i < child->n_ends && delay < most; i++)
		delay *= 2;
	return delay < most ? delay : most;
}

static void on_lost(bool hung, void *data)
{
	struct child *child = data;

	if (child->ending)
		return;
	if (hung)
		orphan_end_pid(child->pid);
	if (deadline_now_s() - child->started > STABLE_S)
		child->n_ends = 0;
	child->n_ends++;
	ev_timer_set(&child->restart, restart_delay(child), 0.);
	ev_timer_start(child->loop, &child->restart);
}

struct engine_resolver_host child_host(struct child *child)
{
	return (struct engine_resolver_host) { on_lost, child };
}

static int existing_user(const char *wanted, const char **ret_user, struct error *error)
{
	struct account account;
	int err = account_of_user(wanted, &account, error);

	if (err < 0)
		return err;
	*ret_user = account.exists ? wanted : "nobody";
	if (!account.exists)
		log_info("there is no user %s: the resolver runs as nobody", wanted);
	return 0;
}

int child_new(const struct child_options *options, struct child **ret_child, struct error *error)
{
	const char *user;
	int err = existing_user(options->user, &user, error);
	struct child *child = err < 0 ? NULL : calloc(1, sizeof(*child));

	if (!child)
		return err < 0 ? err : error_system(error, -ENOMEM, "cannot start");
	child->loop = options->loop;
	child->run_dir = strdup(options->run_dir);
	child->user = strdup(user);
	child->log_level = strdup(options->log_level);
	ev_timer_init(&child->restart, on_restart, 0., 0.);
	child->restart.data = child;
	ev_init(&child->reaper, on_end);
	child->addr.sun_family = AF_UNIX;
	if (!child->run_dir || !child->user || !child->log_level) {
		child_free(child);
		return error_system(error, -ENOMEM, "cannot start");
	}
	if (snprintf(child->addr.sun_path, sizeof(child->addr.sun_path), "%s/resolver.sock",
		     child->run_dir) >= (int)sizeof(child->addr.sun_path)) {
		err = error_set(error, ERROR_INVALID,
				"the run directory's path %s is too long for a socket in it",
				child->run_dir);
		child_free(child);
		return err;
	}
	*ret_child = child;
	return 0;
}

void child_end(struct child *child)
{
	uint32_t pid = child->engine ? engine_resolver_pid(child->engine) : 0;

	child->ending = true;
	if (pid > 1)
		(void)kill((pid_t)pid, SIGTERM); /* gone already is as good */
	(void)unlink(child->addr.sun_path);
}

void child_undo_start(struct child *child)
{
	child->ending = true;
	if (!ev_is_active(&child->reaper))
		return;
	orphan_end_pid(child->reaper.pid);
	(void)unlink(child->addr.sun_path);
}

void child_free(struct child *child)
{
	if (!child)
		return;
	ev_timer_stop(child->loop, &child->restart);
	ev_child_stop(child->loop, &child->reaper);
	free(child->run_dir);
	free(child->user);
	free(child->log_level);
	free(child);
}
