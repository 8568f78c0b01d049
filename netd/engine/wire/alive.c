// SPDX-License-Identifier: GPL-2.0-or-later
// alive.c - containers that end: their processes, and what their namespaces' paths lead through
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A container's end is seen at once: by the pidfd of its process, by inotify on the folders that
 * its netns path leads through, by the mounts that change. What none of them shows (a descriptor in
 * /proc/PID/fd that is closed, what another mount namespace unmounts) this slow look finds. */

#ifndef PIDFD_THREAD /* Linux 6.9; older C libraries do not have the name */
#define PIDFD_THREAD O_EXCL
#endif

/* Theory of operation. Each container has one of two watches. One that was attached by its
 * process has a pidfd, which is readable when the process ends. One that was attached by a path
 * has an inotify watch on the folder of the path and on those of the links that it leads through;
 * where the path leads through /proc, whose entries go without an event, the process or thread
 * there has a pidfd instead. Each event is a reason to look and no more: alive_is_dead asks the
 * kernel what is there now, so an event that is late, doubled or lost does no harm. What is found
 * dead is detached by the same code as a caller's detach.
 *
 * One inotify watch of a folder is shared by all containers that need it (/run/netns has
 * hundreds), for inotify_add_watch(2) returns the same number for the same folder: so it is
 * counted, and removed with its last user. */

struct watched_dir {
	int wd;
	unsigned int n_users;
};

/* --- a container's end ------------------------------------------------------------------------ */

/* The one judge of whether a container is there. It asks the kernel each time and keeps nothing. */
bool alive_is_dead(const struct container *container)
{
	struct stat st;

	/* Nobody can say whether it will come. A bound is all there is. */
	if (container_is_awaited(container))
		return engine_now_s() - runtime_of(container)->awaited_since > NETNS_WAIT_S;
	if (container->spec.netns_path) {
		/* Only an answer that says "it is not there" counts. A failure of another kind
		 * (no descriptors, no memory) must not take a container down. */
		if (stat(container->spec.netns_path, &st) < 0)
			return errno == ENOENT || errno == ENOTDIR || errno == ESRCH;
		/* A file that is there may be another namespace's by now, or no namespace at all:
		 * then nothing is mounted over it any more. */
		return st.st_ino != container->netns_inode;
	}
	/* A zombie still counts as there (pidfd_send_signal(2) reaches it), and ends as soon as
	 * somebody has waited for it. Any other error does not say that it has ended. */
	if (runtime_of(container)->pidfd >= 0) /* signal 0: is it there? */
		return syscall(SYS_pidfd_send_signal, runtime_of(container)->pidfd, 0, NULL, 0) <
			       0 &&
		       errno == ESRCH;
	/* No path and no process: nothing of it could ever be seen to end. */
	return true;
}

/* Whoever attached a process, as netctl run does, is served by its end; a namespace is expected to
 * be detached. */
static void bury(struct engine *engine, struct container *container)
{
	/* Statistics of operations count this detach beside those that callers ask for. */
	double began_s = engine_now_s();
	struct error error;
	int err;

	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "ended", .container = container->spec.name }),
		  "container %s ended%s", container->spec.name,
		  container->spec.netns_path ? " without a detach" : "");
	/* No caller waits for this. When it fails, the next look finds the container again. */
	err = engine->above->detach(engine, container->spec.id, &error);
	if (err < 0)
		log_error("%s", error.text);
	engine_note_operation(engine, OPERATION_DETACH, err < 0 ? OPERATION_FAILED : OPERATION_DONE,
			      (uint64_t)((engine_now_s() - began_s) * 1e6));
}

/* The pidfd is readable for ever now, so the watcher is stopped first. bury may free the container
 * and its runtime; nothing is read from them afterwards. */
static void on_pid_end(struct ev_loop *loop, ev_io *io, int revents)
{
	struct container_runtime *runtime = io->data;

	if (watcher_again(loop, io, revents))
		return;
	ev_io_stop(loop, io);
	/* A path that led through the process may lead on without it. */
	if (!runtime->container->spec.netns_path || alive_is_dead(runtime->container))
		bury(runtime->engine, runtime->container);
}

static void bury_the_dead(struct engine *engine)
{
	/* From the end, for each burial removes one from the table. A detach may take several at
	 * once, hence the second look at the number. */
	for (size_t i = engine->n_containers; i-- > 0;)
		if (i < engine->n_containers && alive_is_dead(engine->containers[i]))
			bury(engine, engine->containers[i]);
}

/* A folder itself went or moved (no name), or the file that the container's path names; whatever
 * its links lead through may have any name. Whether an event may concern this container. "Maybe" is
 * enough, for alive_is_dead decides. */
static bool event_is_about(const struct inotify_event *event, const struct container *container)
{
	const struct container_runtime *runtime = runtime_of(container);
	const char *slash;

	/* The first watch is that of the path's own folder; all after it belong to links. */
	for (size_t i = 1; i < runtime->n_watched; i++)
		if (runtime->watched[i] == event->wd)
			return true;
	if (runtime->n_watched == 0 || runtime->watched[0] != event->wd)
		return false;
	/* A runtime removes /run/netns/NAME of one container; the other hundreds in the folder must
	 * not be looked at for it. */
	slash = strrchr(container->spec.netns_path, '/');
	return event->len == 0 || !slash || strcmp(slash + 1, event->name) == 0;
}

static void watch_fd(struct engine *engine, ev_io *io,
		     void (*callback)(struct ev_loop *, ev_io *, int), int fd)
{
	ev_io_init(io, callback, fd, EV_READ);
	io->data = engine;
	ev_io_start(engine->loop, io);
}

/* --- mounts ----------------------------------------------------------------------------------- */

/* A namespace that is unmounted leaves its file, and one that is mounted over, too: inotify shows
 * neither. The kernel tells whoever polls mountinfo that some mount has changed. It calls the file
 * readable always, so it is polled for nothing but that, in an epoll set of its own. */
static void on_mounts(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;
	struct epoll_event event;

	if (watcher_again(loop, io, revents))
		return;
	/* the change has been told; that one was is enough */
	(void)epoll_wait(io->fd, &event, 1, 0);
	/* The look that is due will see this change as well. */
	if (ev_is_active(&engine->wire->mounts_timer))
		return;
	ev_timer_set(&engine->wire->mounts_timer, MOUNTS_DELAY_S, 0.);
	ev_timer_start(engine->loop, &engine->wire->mounts_timer);
}

/* A burst of mounts is one look. */
static void on_mounts_calm(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	bury_the_dead(timer->data);
}

/* A failure is not worth ending a start for: the slow look finds the same within
 * WATCH_INTERVAL_S. */
static void watch_mounts(struct engine *engine)
{
	struct epoll_event event = { .events = EPOLLPRI };

	ev_timer_init(&engine->wire->mounts_timer, on_mounts_calm, 0., 0.);
	engine->wire->mounts_timer.data = engine;
	engine->wire->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	engine->wire->mounts_epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (engine->wire->mounts_fd < 0 || engine->wire->mounts_epoll_fd < 0 ||
	    epoll_ctl(engine->wire->mounts_epoll_fd, EPOLL_CTL_ADD, engine->wire->mounts_fd,
		      &event) < 0) {
		log_warn("mounts cannot be watched: %s", strerror(errno));
		return;
	}
	watch_fd(engine, &engine->wire->mounts_io, on_mounts, engine->wire->mounts_epoll_fd);
}

/* Safe also when watch_mounts has failed half way: cleanup_close passes over -1. */
static void watch_mounts_stop(struct engine *engine)
{
	ev_io_stop(engine->loop, &engine->wire->mounts_io);
	ev_timer_stop(engine->loop, &engine->wire->mounts_timer);
	cleanup_close(&engine->wire->mounts_epoll_fd);
	cleanup_close(&engine->wire->mounts_fd);
}

static void on_inotify_event(struct engine *engine, const struct inotify_event *event)
{
	if (settings_follow(engine, event->wd))
		return;
	/* As in bury_the_dead, but only those that the event may be about: a stat(2) for each
	 * container and event would be a load where hundreds end together. */
	for (size_t i = engine->n_containers; i-- > 0;) {
		if (i >= engine->n_containers)
			continue; /* more than one went at once */
		if (event_is_about(event, engine->containers[i]) &&
		    alive_is_dead(engine->containers[i]))
			bury(engine, engine->containers[i]);
	}
}

/* The buffer has room for many events and is aligned as inotify(7) asks. */
static void on_inotify(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	/* One read for each turn of the loop. What is left keeps the descriptor readable. */
	ssize_t n = read(io->fd, events, sizeof(events));

	if (watcher_again(loop, io, revents))
		return;
	for (ssize_t pos = 0; pos < n;) {
		const struct inotify_event *event = (const void *)(events + pos);

		pos += (ssize_t)sizeof(*event) + event->len;
		if (event->mask & IN_Q_OVERFLOW)
			bury_the_dead(engine); /* some were lost: look at all */
		else
			on_inotify_event(engine, event);
	}
}

/* One folder more for this container. A folder that another container watches already is the same
 * watch, with one user more. */
static int watch_dir(struct engine *engine, struct container *container, const char *dir)
{
	struct container_runtime *runtime = runtime_of(container);
	struct watched_dir *watched;
	int wd;

	if (runtime->n_watched == WATCHED_DIRS_MAX)
		return -ELOOP;
	/* IN_ONLYDIR: a path that was a folder may be something else by now, and a watch on that
	 * would show nothing. */
	wd = inotify_add_watch(engine->wire->inotify_fd, dir,
			       IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF |
				       IN_ONLYDIR);
	if (wd < 0)
		return -errno;
	watched = map_get(engine->wire->inotify_dirs, &wd, sizeof(wd));
	if (!watched) {
		watched = calloc(1, sizeof(*watched));
		/* Without an entry nobody would remove the watch. It stays in the kernel for the
		 * life of netd, where it does no harm: its events find no container. */
		if (!watched || map_set(engine->wire->inotify_dirs, &wd, sizeof(wd), watched) < 0) {
			free(watched);
			return -ENOMEM;
		}
		watched->wd = wd;
	}
	watched->n_users++;
	runtime->watched[runtime->n_watched++] = wd;
	return 0;
}

/* "/proc/PID/…": what lies behind, and the process. All that is there is gone with it, and inotify
 * does not tell of that. 0: it is another path. */
static pid_t pid_of_path(const char *path, const char **ret_rest)
{
	static const char before[] = "/proc/";
	char *after;
	long pid;

	if (strncmp(path, before, strlen(before)) != 0)
		return 0;
	pid = strtol(path + strlen(before), &after, 10);
	*ret_rest = after;
	return pid > 0 && pid <= INT_MAX && *after == '/' ? (pid_t)pid : 0;
}

/* The runtime, and not the engine, is the data: on_pid_end has to know whose end it is. */
static void watch_fd_of(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);

	ev_io_init(&runtime->pid_io, on_pid_end, runtime->pidfd, EV_READ);
	runtime->pid_io.data = runtime;
	ev_io_start(engine->loop, &runtime->pid_io);
}

/* -ESRCH: the process has ended already. The attach fails then, as it would a moment later. */
static int watch_pid(struct engine *engine, struct container *container, pid_t pid)
{
	struct container_runtime *runtime = runtime_of(container);

	runtime->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (runtime->pidfd < 0)
		return -errno;
	watch_fd_of(engine, container);
	return 0;
}

/* A thread's namespace is there as long as the thread. Where the kernel cannot watch one (before
 * 6.9) its process is watched, and a thread that ends alone is found by the slow look. */
static int watch_thread(struct engine *engine, struct container *container, pid_t pid, pid_t thread)
{
	struct container_runtime *runtime = runtime_of(container);

	if (thread != pid)
		runtime->pidfd = (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD);
	if (runtime->pidfd < 0)
		return watch_pid(engine, container, pid);
	watch_fd_of(engine, container);
	return 0;
}

/* What a path in a process's folder of /proc needs: the process, and what lies within its root.
 * /proc/PID/root leads into the container's own file system, where links can be replaced, so the
 * folder behind it is watched, too. */
static int watch_proc(struct engine *engine, struct container *container, pid_t pid,
		      const char *path, const char *rest)
{
	static const char root[] = "/root/", task[] = "/task/";
	char dir[PATH_MAX];
	long thread = pid;
	int err;

	if (strncmp(rest, task, strlen(task)) == 0)
		thread = strtol(rest + strlen(task), NULL, 10);
	err = watch_thread(engine, container, pid,
			   thread > 0 && thread <= INT_MAX ? (pid_t)thread : pid);
	if (err < 0 || strncmp(rest, root, strlen(root)) != 0)
		return err;
	(void)snprintf(dir, sizeof(dir), "%s", path);
	return watch_dir(engine, container, dirname(dir));
}

/* The path without links in its folders, and what it names when that is a link. NULL: it is none,
 * or cannot be followed. */
static char *follow(const char *path)
{
	_cleanup_free_ char *dir = strdup(path), *real = NULL;
	/* One link at a time, and not realpath(3): each link on the way may be replaced, so each
	 * folder on the way has to be watched. */
	char target[PATH_MAX], *next = NULL;
	ssize_t len;

	if (!dir)
		return NULL;
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return NULL;
	target[len] = '\0';
	if (target[0] == '/')
		return strdup(target);
	real = realpath(dirname(dir), NULL);
	if (!real || asprintf(&next, "%s/%s", real, target) < 0)
		return NULL;
	return next;
}

/* The folder of the path, and that of each link it leads through. Watches from the path to what it
 * leads to at last. A failure after the first folder costs promptness and nothing else. */
static int watch_path(struct engine *engine, struct container *container)
{
	_cleanup_free_ char *path = strdup(container->spec.netns_path);
	const char *rest;
	int err = path ? 0 : -ENOMEM;

	/* A bound on the number of links, as the kernel has one: two links that lead to each
	 * other would never end. */
	for (size_t i = 0; err == 0 && path && i < WATCHED_DIRS_MAX; i++) {
		pid_t pid = pid_of_path(path, &rest);
		char dir[PATH_MAX], *next;

		if (pid)
			return watch_proc(engine, container, pid, path, rest);
		(void)snprintf(dir, sizeof(dir), "%s", path);
		err = watch_dir(engine, container, dirname(dir));
		/* The first folder is the one in which runtimes remove their file. Without a
		 * watch there the container's end would be noticed late, so that fails the
		 * attach. */
		if (i > 0)
			err = 0; /* the slow look finds what happens there */
		next = follow(path);
		free(path);
		path = next;
	}
	return err;
}

int alive_watch(struct engine *engine, struct container *container, struct error *error)
{
	int err = container->spec.netns_path ? watch_path(engine, container)
					     : watch_pid(engine, container, container->spec.pid);

	if (err < 0)
		return error_system(error, err, "container %s cannot be watched",
				    container->spec.name);
	return 0;
}

/* The counterpart of watch_dir. */
static void unwatch_dir(struct engine *engine, int wd)
{
	struct watched_dir *watched = map_get(engine->wire->inotify_dirs, &wd, sizeof(wd));

	/* Others still need it. */
	if (!watched || --watched->n_users > 0)
		return;
	/* Fails when the folder itself is gone, and then the kernel has forgotten it too. */
	(void)inotify_rm_watch(engine->wire->inotify_fd, wd);
	(void)map_remove(engine->wire->inotify_dirs, &wd, sizeof(wd));
	free(watched);
}

/* Called when a container is detached, and at the end of netd. Safe to call twice. */
void alive_unwatch(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);

	if (runtime->pidfd >= 0) {
		ev_io_stop(engine->loop, &runtime->pid_io);
		(void)close(runtime->pidfd);
		runtime->pidfd = -1;
	}
	while (runtime->n_watched > 0)
		unwatch_dir(engine, runtime->watched[--runtime->n_watched]);
}

/* The slow look. It costs a stat(2) or a signal 0 for each container. */
static void on_check(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	bury_the_dead(timer->data);
}

/* Before any container is loaded, for alive_watch needs the inotify descriptor. Only that
 * descriptor is worth failing a start for. */
int alive_start(struct engine *engine, struct error *error)
{
	engine->wire->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (engine->wire->inotify_fd < 0)
		return error_system(error, -errno, "cannot watch network namespaces");
	watch_fd(engine, &engine->wire->inotify_io, on_inotify, engine->wire->inotify_fd);
	watch_mounts(engine);
	/* It runs for ever: it is the net under all watches. */
	ev_timer_init(&engine->wire->check_timer, on_check, WATCH_INTERVAL_S, WATCH_INTERVAL_S);
	engine->wire->check_timer.data = engine;
	ev_timer_start(engine->loop, &engine->wire->check_timer);
	return 0;
}

void alive_stop(struct engine *engine)
{
	size_t cursor = 0;
	struct watched_dir *watched;

	/* The containers stay attached. Only this process stops looking at them. */
	for (size_t i = 0; i < engine->n_containers; i++)
		alive_unwatch(engine, engine->containers[i]);
	if (engine->wire->inotify_fd >= 0) {
		watch_mounts_stop(engine);
		ev_io_stop(engine->loop, &engine->wire->inotify_io);
		ev_timer_stop(engine->loop, &engine->wire->check_timer);
		(void)close(engine->wire->inotify_fd);
	}
	/* The map itself is freed by its owner, with the room. */
	while (engine->wire->inotify_dirs &&
	       (watched = map_next(engine->wire->inotify_dirs, &cursor, NULL, NULL)))
		free(watched);
}
