// SPDX-License-Identifier: GPL-2.0-or-later
// watch.c - what changes without netd: containers that end, links and rules that others remove
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "base/watcher.h"
#include "engine/keep/drift.h"
#include "engine/keep/keep.h"

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
#include <time.h>
#include <unistd.h>

/* Theory of operation. Three things change without netd: the table, links with their addresses
 * and routes, and containers (wire/alive.c). The first two are told by netlink, and the messages
 * are only a reason to compare: what is right is decided by the comparison with all that is
 * there, so a message that was lost (ENOBUFS) costs a comparison and nothing else. */

/* The descriptor stays the watch's own. */
static void watch_fd(struct engine *engine, ev_io *io,
		     void (*callback)(struct ev_loop *, ev_io *, int), int fd)
{
	ev_io_init(io, callback, fd, EV_READ);
	io->data = engine;
	ev_io_start(engine->loop, io);
}

/* --- drift ------------------------------------------------------------------------------------ */

/* The timer that later_resync has started. */
void watch_resync(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	/* The counters of the engine tell what this comparison has found. */
	uint64_t before = engine->keep->n_differences, failed = engine->keep->n_unrepaired;
	struct error error = { 0 };
	int err;

	(void)revents;
	ev_timer_stop(loop, timer);
	/* Not dry, and without a list: this comparison repairs, and the log is where it is told. */
	err = engine_resync(engine, false, NULL, NULL, &error);
	if (err < 0)
		log_error("cannot repair: %s", error.text);
	later_resynced(engine, err < 0 || engine->keep->n_unrepaired > failed,
		       engine->keep->n_differences > before);
}

/* Each change of the table by somebody else starts one comparison. */
static void on_nft_change(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;

	if (watcher_again(loop, io, revents))
		return;
	/* Changes of our own are filtered out below; what is left is somebody else's. */
	if (!engine->door->rules_watch.read(engine->keep->nft_watch))
		return;
	log_warn("somebody changed table " RULESET_TABLE ": repairing it");
	engine->wire->rules_drifted = true;
	later_resync(engine);
}

/* One batch of messages a turn. */
static void on_links_change(struct ev_loop *loop, ev_io *io, int revents)
{
	struct engine *engine = io->data;

	if (watcher_again(loop, io, revents))
		return;
	if (engine->door->link_watch.read(engine->keep->rtnl_watch, drift_on_event, engine) ==
	    -ENOBUFS)
		later_resync(engine); /* notifications were lost: look at everything */
	/* After all messages of this moment: what was wrong in one may be right in the next. */
	drift_look_at_suspects(engine);
}

/* On failure watch_stop takes down what was started. */
int watch_start(struct engine *engine, struct error *error)
{
	/* The watches come before anything is made, so no change is missed between the two. */
	int err = engine->door->rules_watch.open(engine->nft, &engine->keep->nft_watch, error);

	if (err == 0)
		err = engine->door->link_watch.open(&engine->keep->rtnl_watch, error);
	if (err == 0)
		err = alive_start(engine, error);
	if (err < 0)
		return err;
	watch_fd(engine, &engine->keep->nft_io, on_nft_change,
		 engine->door->rules_watch.fd(engine->keep->nft_watch));
	watch_fd(engine, &engine->keep->rtnl_io, on_links_change,
		 engine->door->link_watch.fd(engine->keep->rtnl_watch));
	drift_start(engine);
	sweep_start(engine);
	forged_start(engine);
	engine->keep->is_watching = true;
	return 0;
}

/* Safe at any point of a start that has failed. */
void watch_stop(struct engine *engine)
{
	/* What is dying is swept now, for the timers do not run any more. */
	sweep_stop(engine);
	overflow_stop(engine);
	/* A start may have failed before there was anything to stop. */
	if (engine->keep->is_watching) {
		ev_io_stop(engine->loop, &engine->keep->nft_io);
		ev_io_stop(engine->loop, &engine->keep->rtnl_io);
		drift_stop(engine);
		forged_stop(engine);
	}
	alive_stop(engine);
	settings_done(engine);
	engine->door->rules_watch.close(engine->keep->nft_watch);
	engine->door->link_watch.close(engine->keep->rtnl_watch);
}
