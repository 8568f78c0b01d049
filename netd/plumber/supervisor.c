// SPDX-License-Identifier: GPL-2.0-or-later
// supervisor.c - the process of a role: found alive, or started, and started again when it ends
#include "plumber/supervisor.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/libexec.h"
#include "base/limits.h"
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

/* Strings are its own. */
struct supervisor {
	struct ev_loop *loop;
	const struct role *role;
	/* Who works with the process: it gets the channel, and says when it is lost. */
	struct supervisor_client client;
	char *run_dir, *user, *log_level;
	gid_t group;
	/* runs between an end and the next start */
	ev_timer restart;
	/* of a process that this plumber has started; one of before is no child */
	ev_child reaper;
	double started;	 /* deadline_now_s() */
	bool came_up;	 /* the last one did */
	unsigned n_ends; /* in a row */
	pid_t pid;	 /* 0: none, or one of before that has left no pid */
	struct sockaddr_un addr;
	/* its end is wanted, so that no other is started */
	bool ending;
};

/* Theory of operation. A role's process listens on a socket in the run directory. A supervisor
 * connects to it: when somebody answers, the process of an earlier plumber is taken over as it
 * is, with all that it serves; otherwise a new one is started, with the listening socket that is
 * made here, so that it can be found by the next plumber in the same way. The process is a copy
 * of this program with another name. One that ends is started again, at first at once, then after
 * a delay that doubles. One that hangs, or is of a release that nobody speaks, is ended first. */

/* A connection is all it takes to know that somebody listens: the kernel refuses it when nobody
 * does (unix(7)). It blocks for nothing, since SOCK_NONBLOCK makes a full backlog an error. */
static int connect_to(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Makes the socket that the process will accept at. The file's name stays when the process is
 * replaced, so the next plumber finds it. */
static int listen_at(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	(void)unlink(addr->sun_path); /* nobody listens on it: connect_to said so */
	/* The mode before anybody listens: no stranger gets in between. */
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    chmod(addr->sun_path, 0600) < 0 || listen(fd, 4) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Only says what became of the process. That another is needed is learnt at the channel, which also
 * ends for a process of an earlier plumber, of which this one hears no SIGCHLD. */
static void on_end(struct ev_loop *loop, ev_child *watcher, int revents)
{
	const struct supervisor *supervisor = watcher->data;

	(void)revents;
	ev_child_stop(loop, watcher);
	if (WIFSIGNALED(watcher->rstatus))
		log_warn("%s %d ended by signal %d", supervisor->role->name, watcher->rpid,
			 WTERMSIG(watcher->rstatus));
	else
		log_warn("%s %d ended with status %d", supervisor->role->name, watcher->rpid,
			 WEXITSTATUS(watcher->rstatus));
}

/* For administrators, and for end_former: one that hangs does not say its pid. A pid file is a
 * hint: whoever reads it looks at the name of the process, too. */
static void write_pid(const struct supervisor *supervisor, pid_t pid)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s.pid", supervisor->run_dir,
		       supervisor->role->name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	(void)dprintf(fd, "%d\n", pid); /* a missing pid file costs a line in a log */
	(void)close(fd);
}

/* What an earlier plumber wrote; 0: nothing, or it is not the role's now. */
static pid_t read_pid(const struct supervisor *supervisor)
{
	char path[PATH_MAX], text[16];
	FILE *file;
	pid_t pid = 0;

	(void)snprintf(path, sizeof(path), "%s/%s.pid", supervisor->run_dir,
		       supervisor->role->name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(text, sizeof(text), file))
		pid = (pid_t)strtol(text, NULL, 10);
	(void)fclose(file);
	/* The number may be somebody else's by now, so its name is looked at. */
	return orphan_has_role(supervisor->role, pid) ? pid : 0;
}

/* dup2 onto itself would keep CLOEXEC, and what the process inherits never has the number that it
 * has there but by luck: move it up. -1 stays -1: there is none. */
static int above_inherited(int fd)
{
	int moved = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, IPC_JOURNAL_FD + 1);

	return moved < 0 && fd >= 0 ? -errno : moved;
}

/* Stays the client's; above_inherited makes the copy that the child gets. */
static int find_heirloom(const struct supervisor *supervisor)
{
	const struct supervisor_client *client = &supervisor->client;

	return client->heirloom ? client->heirloom(client->data) : -1;
}

/* What it runs: this same program, or the role's own. */
static int find_program(const struct role *role, char ret_path[static PATH_MAX],
			struct error *error)
{
	int err;

	if (!role->program) {
		(void)strcpy(ret_path, "/proc/self/exe");
		return 0;
	}
	/* Looked for at each start: an upgrade may have moved it. */
	err = libexec_find(role->program, ret_path, PATH_MAX);
	if (err == -ENOENT)
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "%s is not installed: it belongs beside netd, or into lib/netd",
				 role->program);
	return err < 0 ? error_system(error, err, "cannot find %s", role->program) : 0;
}

/* posix_spawn and not fork: a plumber with thousands of containers has large page tables. */
static int spawn(struct supervisor *supervisor, int listen_fd, struct error *error)
{
	const struct role *role = supervisor->role;
	char user[] = "--user", level[] = "--log-level";
	/* posix_spawn takes what it does not change as if it did. */
	char *const argv[] = { (char *)role->process,
			       (char *)role->option,
			       user,
			       supervisor->user,
			       level,
			       supervisor->log_level,
			       NULL };
	/* The child's log goes where the plumber's does. systemd's variable says that standard
	 * error is the journal; the rest of the environment is not for it. */
	char *journal = getenv("JOURNAL_STREAM"), journal_env[128];
	char *envp[] = { NULL, NULL }, path[PATH_MAX];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	/* The number that both have in the child may be in use here. */
	_cleanup_close_ int moved = above_inherited(listen_fd);
	_cleanup_close_ int heirloom = above_inherited(find_heirloom(supervisor));
	pid_t pid = 0;
	int err = find_program(role, path, error);

	if (err < 0)
		return err;
	if (moved < 0)
		return error_system(error, moved, "cannot start the %s", role->name);
	if (journal) {
		(void)snprintf(journal_env, sizeof(journal_env), "JOURNAL_STREAM=%s", journal);
		envp[0] = journal_env;
	}
	/* The child starts without blocked signals, whatever ours are. */
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	err = posix_spawn_file_actions_adddup2(&actions, moved, IPC_LISTEN_FD);
	if (err == 0 && heirloom >= 0) /* without it what it holds is lost */
		err = posix_spawn_file_actions_adddup2(&actions, heirloom, IPC_JOURNAL_FD);
	/* Nor what whoever started us left open: it would count against the role's limit. */
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(
			&actions, (heirloom >= 0 ? IPC_JOURNAL_FD : IPC_LISTEN_FD) + 1);
	/* A session of its own: a ^C at the plumber's terminal is not for it. A group alone would
	 * be orphaned by the plumber's end, and the kernel sends SIGHUP to all of an orphaned group
	 * of which one is stopped (kill_orphaned_pgrp in kernel/exit.c). */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	if (err == 0)
		err = posix_spawn(&pid, path, &actions, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (err != 0)
		return error_system(error, -err, "cannot start the %s", role->name);
	/* A predecessor that hung is still watched; setting up a watcher that runs would tie
	 * libev's list into a knot. */
	ev_child_stop(supervisor->loop, &supervisor->reaper);
	ev_child_init(&supervisor->reaper, on_end, pid, 0);
	supervisor->reaper.data = supervisor;
	ev_child_start(supervisor->loop, &supervisor->reaper);
	supervisor->pid = pid;
	write_pid(supervisor, pid);
	return 0;
}

/* Starts a process with a new socket, and connects. The connection is in the backlog before the
 * process has sandboxed itself, so nothing is polled for. */
static int start_new(struct supervisor *supervisor, int *ret_channel, struct error *error)
{
	_cleanup_close_ int listen_fd = -1;
	int channel, err;

	/* Nobody answers at the socket, which does not say that nobody holds it. */
	orphan_end_at(supervisor->role, supervisor->addr.sun_path);
	listen_fd = listen_at(&supervisor->addr);
	if (listen_fd < 0)
		return error_system(error, listen_fd, "cannot listen on %s",
				    supervisor->addr.sun_path);
	err = spawn(supervisor, listen_fd, error);
	/* The process may fail at any time from now on; that is seen at the channel's end. */
	if (err < 0)
		return err;
	supervisor->started = deadline_now_s();
	/* Connects to the backlog; the process accepts when it has sandboxed itself. */
	channel = connect_to(&supervisor->addr);
	if (channel < 0)
		return error_system(error, channel, "cannot reach the %s", supervisor->role->name);
	*ret_channel = channel;
	return 0;
}

/* The channel is the client's when this succeeds, and closed when it does not. */
static int introduce(struct supervisor *supervisor, int channel, struct error *error)
{
	const struct supervisor_client *client = &supervisor->client;
	const struct role *role = supervisor->role;
	uint32_t pid = (uint32_t)supervisor->pid;
	int err = client->introduce(channel, pid, role->version, client->data, error);

	/* restart_delay asks whether the last one ever became ready. */
	supervisor->came_up = false;
	/* One that was left by the release before has hung up: it is asked in its own words. */
	for (uint32_t version = role->version_oldest;
	     err == -EPROTONOSUPPORT && version < role->version; version++) {
		(void)close(channel);
		/* The process closed the connection with the refusal, so each version needs a new
		 * one. */
		channel = connect_to(&supervisor->addr);
		if (channel < 0)
			return error_system(error, channel, "cannot reach the %s", role->name);
		err = client->introduce(channel, pid, version, client->data, error);
	}
	supervisor->came_up = err == 0;
	if (err < 0)
		(void)close(channel);
	return err;
}

/* It is alive and hung up, or something ran short on the way. Any other failure will be the same at
 * the next try: another process is started then. */
static bool may_listen_again(int err)
{
	return err == -ECONNRESET || err == -EPIPE || error_is_passing(err);
}

/* One that serves holds connections that no other would have, and one that was just started costs
 * a pause before the next: so one that hangs up once, which it does when it is short of memory, is
 * asked again. */
static int introduce_again(struct supervisor *supervisor, int channel, struct error *error)
{
	int err = introduce(supervisor, channel, error);

	for (int i = 1; i < INTRODUCTIONS_MAX && may_listen_again(err); i++) {
		channel = connect_to(&supervisor->addr);
		if (channel == -ECONNREFUSED) /* it has ended: what it said first is why */
			break;
		log_info("%s; it is asked again", error->text);
		err = channel < 0 ? error_system(error, channel, "cannot reach the %s",
						 supervisor->role->name)
				  : introduce(supervisor, channel, error);
	}
	return err;
}

/* Takes over the process that lives, or starts one. The client has hold of it when this returns 0.
 * It waits for the handshake, at most as long as the client does. */
int supervisor_start(struct supervisor *supervisor, struct error *error)
{
	const struct supervisor_client *client = &supervisor->client;
	const char *name = supervisor->role->name;
	/* Somebody answers, or the process has gone. */
	int channel = connect_to(&supervisor->addr), err;

	supervisor->ending = false;
	if (channel >= 0) {
		/* A process of an earlier plumber is not a child, so its pid is known only from the
		 * file. */
		supervisor->pid = read_pid(supervisor);
		if (introduce_again(supervisor, channel, error) == 0) {
			log_info("%s %u goes on from before", name, client->pid(client->data));
			return 0;
		}
		/* It hangs, or is of another release: its successor opens everything anew. */
		log_warn("%s; starting another", error->text);
		orphan_end_pid(supervisor->role, supervisor->pid);
	}
	err = start_new(supervisor, &channel, error);
	/* A process that was just started may be slow to come up; its handshake has the bound of
	 * the client. */
	if (err == 0)
		err = introduce_again(supervisor, channel, error);
	if (err == 0)
		log_info("%s %u started", name, client->pid(client->data));
	return err;
}

/* A try that fails counts as an end, and so makes the next delay longer. */
static void on_restart(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct supervisor *supervisor = timer->data;
	struct error error;

	(void)revents;
	ev_timer_stop(loop, timer);
	if (supervisor_start(supervisor, &error) == 0)
		return;
	/* Logged here, for the loop is the only caller. */
	log_error("%s", error.text);
	supervisor_lost(supervisor, false);
}

/* The first ends in a row cost no delay. Behind that the delay doubles to a bound, which is a
 * longer one for a process that never became ready: it would most likely fail again. */
static double restart_delay(const struct supervisor *supervisor)
{
	const struct role_restart *restart = &supervisor->role->restart;
	double most = supervisor->came_up ? restart->max_s : restart->failed_max_s;
	/* In seconds, as all of the role's numbers. */
	double delay = restart->min_s;

	if (supervisor->n_ends <= restart->at_once)
		return 0.;
	for (unsigned i = restart->at_once + 1; i < supervisor->n_ends && delay < most; i++)
		delay *= 2;
	return delay < most ? delay : most;
}

/* n_ends is forgotten when the last process has lived for stable_s. Called again while the timer
 * runs, it only sets the timer anew. */
void supervisor_lost(struct supervisor *supervisor, bool hung)
{
	/* It was told to end. */
	if (supervisor->ending)
		return;
	/* One that hangs holds what its successor needs, and would not let go of it. */
	if (hung)
		orphan_end_pid(supervisor->role, supervisor->pid);
	/* One that has lived for long is no row of ends. */
	if (deadline_now_s() - supervisor->started > supervisor->role->restart.stable_s)
		supervisor->n_ends = 0;
	supervisor->n_ends++;
	ev_timer_set(&supervisor->restart, restart_delay(supervisor), 0.);
	ev_timer_start(supervisor->loop, &supervisor->restart);
}

/* The child of account_of_user asks NSS. A user that is missing is no failure: nobody has no more
 * rights. */
static int existing_user(const struct role *role, const char *wanted, const char **ret_user,
			 gid_t *ret_group, struct error *error)
{
	struct account account;
	int err = account_of_user(wanted, &account, error);

	if (err < 0)
		return err;
	*ret_user = account.exists ? wanted : "nobody";
	if (!account.exists)
		log_info("there is no user %s: the %s runs as nobody", wanted, role->name);
	/* Asked for only where files are to be its. */
	if (!account.exists && role->keeps_files)
		err = account_of_user(*ret_user, &account, error);
	*ret_group = account.gid;
	return err;
}

/* Nothing is started. Strings are copied, for the process may be started again at any time
 * later. */
int supervisor_new(const struct supervisor_options *options, struct supervisor **ret_supervisor,
		   struct error *error)
{
	const char *user;
	gid_t group;
	int err = existing_user(options->role, options->user, &user, &group, error);
	/* Not made if its user cannot be found out. */
	struct supervisor *supervisor = err < 0 ? NULL : calloc(1, sizeof(*supervisor));

	if (!supervisor)
		return err < 0 ? err : error_system(error, -ENOMEM, "cannot start");
	supervisor->loop = options->loop;
	supervisor->role = options->role;
	supervisor->client = options->client;
	supervisor->group = group;
	supervisor->run_dir = strdup(options->run_dir);
	supervisor->user = strdup(user);
	supervisor->log_level = strdup(options->log_level);
	ev_timer_init(&supervisor->restart, on_restart, 0., 0.);
	supervisor->restart.data = supervisor;
	ev_init(&supervisor->reaper, on_end);
	supervisor->addr.sun_family = AF_UNIX;
	if (!supervisor->run_dir || !supervisor->user || !supervisor->log_level) {
		supervisor_free(supervisor);
		return error_system(error, -ENOMEM, "cannot start");
	}
	/* Checked here, so that a path that is too long ends the start and not the first
	 * connection. */
	if (snprintf(supervisor->addr.sun_path, sizeof(supervisor->addr.sun_path), "%s/%s.sock",
		     supervisor->run_dir,
		     supervisor->role->name) >= (int)sizeof(supervisor->addr.sun_path)) {
		err = error_set(error, ERROR_INVALID,
				"the run directory's path %s is too long for a socket in it",
				supervisor->run_dir);
		supervisor_free(supervisor);
		return err;
	}
	*ret_supervisor = supervisor;
	return 0;
}

gid_t supervisor_group(const struct supervisor *supervisor)
{
	return supervisor->group;
}

/* SIGTERM lets it finish what it writes. Nobody waits for its end. */
void supervisor_end(struct supervisor *supervisor)
{
	uint32_t pid = supervisor->client.pid(supervisor->client.data);

	supervisor->ending = true;
	ev_timer_stop(supervisor->loop, &supervisor->restart);
	/* 0 is none; a number that came out of a file never stands for init. */
	if (pid > 1)
		(void)kill((pid_t)pid, SIGTERM); /* gone already is as good */
	(void)unlink(supervisor->addr.sun_path);
}

/* The reaper watches only a child of this process: it tells whether this start has started it. */
void supervisor_undo_start(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	supervisor->ending = true;
	if (!ev_is_active(&supervisor->reaper))
		return;
	orphan_end_pid(supervisor->role, supervisor->reaper.pid);
	(void)unlink(supervisor->addr.sun_path);
}

/* The process goes on: the next plumber finds it at its socket. */
void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	ev_timer_stop(supervisor->loop, &supervisor->restart);
	ev_child_stop(supervisor->loop, &supervisor->reaper);
	free(supervisor->run_dir);
	free(supervisor->user);
	free(supervisor->log_level);
	free(supervisor);
}
