// SPDX-License-Identifier: GPL-2.0-or-later
// watch.c - what changes without netd: containers that end, links and rules that others remove
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/netns.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A container's end is seen at once by its pidfd or by inotify on the folder of its netns path.
 * What neither shows (a path mounted over, a folder itself removed) this slow look finds. */
#define CHECK_INTERVAL_S 15.

/* Foreign changes come in bursts (a firewall reload): repair once, shortly after. */
#define RESYNC_DELAY_S 0.005

struct watched_dir {
	int wd;
	unsigned int n_users;
};

/* --- a container's end ------------------------------------------------------------------------ */

bool watch_container_is_dead(const struct container *container)
{
	struct stat st;

	if (container_is_awaited(container))
		return time(NULL) - container->created.tv_sec > NETNS_WAIT_S;
	if (container->spec.netns_path) {
		if (stat(container->spec.netns_path, &st) < 0)
			return errno == ENOENT || errno == ENOTDIR;
		return st.st_ino != container->netns_inode;
	}
	if (runtime_of(container)->pidfd >= 0) /* signal 0: is it there? */
		return syscall(SYS_pidfd_send_signal, runtime_of(container)->pidfd, 0, NULL, 0) <
			       0 &&
		       errno == ESRCH;
	return true;
}

static void bury(struct engine *engine, struct container *container)
{
	struct error error;

	log_info("container %s ended without a detach", container->spec.name);
	if (engine_detach(engine, container->spec.id, &error) < 0)
		log_error("%s", error.text);
}

static void on_pid_end(struct ev_loop *loop, ev_io *io, int revents)
{
	struct container_runtime *runtime = io->data;

	(void)revents;
	ev_io_stop(loop, io);
	bury(runtime->engine, runtime->container);
}

static void bury_the_dead(struct engine *engine)
{
	for (size_t i = engine->n_containers; i-- > 0;)
		if (i < engine->n_containers && watch_container_is_dead(engine->containers[i]))
			bury(engine, engine->containers[i]);
}

/* The folder itself went (no name), or the file that the container's path names. */
static bool event_is_about(const struct inotify_event *event, const struct container *container)
{
	const char *slash;

	if (runtime_of(container)->inotify_wd != event->wd)
		return false;
	slash = strrchr(container->spec.netns_path, '/');
	return event->len == 0 || !slash || strcmp(slash + 1, event->name) == 0;
}

static void on_inotify_event(struct engine *engine, const struct inotify_event *event)
{
	for (size_t i = engine->n_containers; i-- > 0;) {
		if (i >= engine->n_containers)
			continue; /* more than one went at once */
		if (event_is_about(event, engine->containers[i]) &&
		    watch_container_is_dead(engine->containers[i]))
			bury(engine, engine->containers[i]);
	}
}

static void on_inotify(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(io->fd, events, sizeof(events));

	(void)loop, (void)revents;
	for (ssize_t pos = 0; pos < n;) {
		const struct inotify_event *event = (const void *)(events + pos);

		pos += (ssize_t)sizeof(*event) + event->len;
		if (event->mask & IN_Q_OVERFLOW)
			bury_the_dead(engine); /* some were lost: look at all */
		else
			on_inotify_event(engine, event);
	}
}

static int watch_path(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	char dir[PATH_MAX];
	struct watched_dir *watched;
	int wd;

	(void)snprintf(dir, sizeof(dir), "%s", container->spec.netns_path);
	wd = inotify_add_watch(engine->inotify_fd, dirname(dir),
			       IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_ONLYDIR);
	if (wd < 0)
		return -errno;
	watched = map_get(engine->inotify_dirs, &wd, sizeof(wd));
	if (!watched) {
		watched = calloc(1, sizeof(*watched));
		if (!watched || map_set(engine->inotify_dirs, &wd, sizeof(wd), watched) < 0) {
			free(watched);
			return -ENOMEM;
		}
		watched->wd = wd;
	}
	watched->n_users++;
	runtime->inotify_wd = wd;
	return 0;
}

/* /proc/PID/ns/net, and /proc/PID/fd/N of one who holds the namespace open, are there as long as
 * the process is, and inotify does not tell of their end. */
static pid_t pid_of_path(const char *path)
{
	static const char before[] = "/proc/";
	char *after;
	long pid;

	if (strncmp(path, before, strlen(before)) != 0)
		return 0;
	pid = strtol(path + strlen(before), &after, 10);
	return pid > 0 && pid <= INT_MAX &&
			       (strcmp(after, "/ns/net") == 0 || strncmp(after, "/fd/", 4) == 0)
		       ? (pid_t)pid
		       : 0;
}

static int watch_pid(struct engine *engine, struct container *container, pid_t pid)
{
	struct container_runtime *runtime = runtime_of(container);

	runtime->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (runtime->pidfd < 0)
		return -errno;
	ev_io_init(&runtime->pid_io, on_pid_end, runtime->pidfd, EV_READ);
	runtime->pid_io.data = runtime;
	ev_io_start(engine->loop, &runtime->pid_io);
	return 0;
}

int watch_container(struct engine *engine, struct container *container, struct error *error)
{
	const char *path = container->spec.netns_path;
	pid_t pid = path ? pid_of_path(path) : container->spec.pid;
	int err = pid ? watch_pid(engine, container, pid) : watch_path(engine, container);

	if (err < 0)
		return error_system(error, err, "container %s cannot be watched",
				    container->spec.name);
	return 0;
}

void watch_container_stop(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	struct watched_dir *watched;

	if (runtime->pidfd >= 0) {
		ev_io_stop(engine->loop, &runtime->pid_io);
		(void)close(runtime->pidfd);
		runtime->pidfd = -1;
	}
	if (runtime->inotify_wd < 0)
		return;
	watched = map_get(engine->inotify_dirs, &runtime->inotify_wd, sizeof(runtime->inotify_wd));
	if (watched && --watched->n_users == 0) {
		/* Fails when the folder itself is gone, and then the kernel has forgotten it too.
		 */
		(void)inotify_rm_watch(engine->inotify_fd, watched->wd);
		(void)map_remove(engine->inotify_dirs, &watched->wd, sizeof(watched->wd));
		free(watched);
	}
	runtime->inotify_wd = -1;
}

static void on_check(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	bury_the_dead(timer->data);
}

/* --- drift ------------------------------------------------------------------------------------ */

static void on_resync(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	struct error error = { 0 };

	(void)revents;
	ev_timer_stop(loop, timer);
	if (engine_resync(engine, false, NULL, &error) < 0)
		log_error("cannot repair: %s", error.text);
}

void watch_resync_soon(struct engine *engine)
{
	if (ev_is_active(&engine->resync_timer))
		return;
	ev_timer_set(&engine->resync_timer, RESYNC_DELAY_S, 0.);
	ev_timer_start(engine->loop, &engine->resync_timer);
}

static void on_nft_change(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;

	(void)loop, (void)revents;
	if (!nft_watch_read(engine->nft_watch))
		return;
	log_warn("somebody changed table " RULESET_TABLE ": repairing it");
	engine->rules_drifted = true;
	watch_resync_soon(engine);
}

static bool is_port_of(const struct container *container, int ifindex)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->host_ifindex == ifindex)
			return true;
	return false;
}

static void links_drifted(struct engine *engine)
{
	engine->links_drifted = true;
	watch_resync_soon(engine);
}

/* name NULL: the link lost an address. */
static void on_link_deleted(int ifindex, const char *name, void *data)
{
	struct engine *engine = data;

	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;

		if (engine->networks[i]->ifindex != ifindex)
			continue;
		log_warn("bridge %s of network %s %s: repairing it", spec->bridge, spec->name,
			 name ? "was deleted" : "lost an address");
		links_drifted(engine);
		return;
	}
	/* A container's link: its netns may have ended, and the resync tells the one from the
	 * other. */
	for (size_t i = 0; name && i < engine->n_containers; i++)
		if (is_port_of(engine->containers[i], ifindex)) {
			links_drifted(engine);
			return;
		}
}

static void on_links_change(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;

	(void)loop, (void)revents;
	if (rtnl_watch_read(engine->rtnl_watch, on_link_deleted, engine) == -ENOBUFS) {
		engine->links_drifted = true; /* notifications were lost: look at everything */
		watch_resync_soon(engine);
	}
}

static void watch_fd(struct engine *engine, ev_io *io,
		     void (*callback)(struct ev_loop *, ev_io *, int), int fd)
{
	ev_io_init(io, callback, fd, EV_READ);
	io->data = engine;
	ev_io_start(engine->loop, io);
}

int watch_start(struct engine *engine, struct error *error)
{
	int err = nft_watch_open(engine->nft, &engine->nft_watch, error);

	if (err == 0)
		err = rtnl_watch_open(&engine->rtnl_watch, error);
	if (err < 0)
		return err;
	engine->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (engine->inotify_fd < 0)
		return error_system(error, -errno, "cannot watch network namespaces");
	watch_fd(engine, &engine->nft_io, on_nft_change, nft_watch_fd(engine->nft_watch));
	watch_fd(engine, &engine->rtnl_io, on_links_change, rtnl_watch_fd(engine->rtnl_watch));
	watch_fd(engine, &engine->inotify_io, on_inotify, engine->inotify_fd);
	sweep_start(engine);
	ev_timer_init(&engine->resync_timer, on_resync, 0., 0.);
	ev_timer_init(&engine->check_timer, on_check, CHECK_INTERVAL_S, CHECK_INTERVAL_S);
	engine->resync_timer.data = engine->check_timer.data = engine;
	ev_timer_start(engine->loop, &engine->check_timer);
	return 0;
}

void watch_stop(struct engine *engine)
{
	size_t cursor = 0;
	struct watched_dir *watched;

	for (size_t i = 0; i < engine->n_containers; i++)
		watch_container_stop(engine, engine->containers[i]);
	sweep_stop(engine);
	if (engine->inotify_fd >= 0) {
		ev_io_stop(engine->loop, &engine->nft_io);
		ev_io_stop(engine->loop, &engine->rtnl_io);
		ev_io_stop(engine->loop, &engine->inotify_io);
		ev_timer_stop(engine->loop, &engine->resync_timer);
		ev_timer_stop(engine->loop, &engine->check_timer);
		ev_timer_stop(engine->loop, &engine->await_timer);
		(void)close(engine->inotify_fd);
	}
	while (engine->inotify_dirs &&
	       (watched = map_next(engine->inotify_dirs, &cursor, NULL, NULL)))
		free(watched);
	nft_watch_close(engine->nft_watch);
	rtnl_watch_close(engine->rtnl_watch);
}
