// SPDX-License-Identifier: GPL-2.0-or-later
// turns.c - the containers take turns: who floods waits for itself

#include "resolver/loop/turns.h"

#include "base/limits.h"
#include "base/watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Those that have just come are light; after so many the busy have one turn among them. */
#define FRESH_MAX 16
#define DEBT_MAX 1024 /* units; some 4 ms of work */

struct party {
	struct list node; /* in fresh or busy */
	struct turns *turns;
	struct list jobs;
	ev_io set; /* its epoll set */
	unsigned refs;
	int credit;
	bool listed;
	bool set_ready; /* something in the set is ready */
	bool set_first; /* spots and jobs go first in turns, too */
};

static void on_again(struct ev_loop *loop, ev_timer *watcher, int revents);

static void on_idle(struct ev_loop *loop, ev_idle *watcher, int revents)
{
	(void)loop, (void)watcher, (void)revents;
}

void turns_init(struct turns *turns, struct ev_loop *loop)
{
	turns->loop = loop;
	list_init(&turns->fresh);
	list_init(&turns->busy);
	list_init(&turns->refused);
	ev_idle_init(&turns->idle, on_idle);
	ev_timer_init(&turns->again, on_again, 0.0, RESOLVER_REST_MS / 1000.0);
}

static void wake(struct party *party)
{
	struct turns *turns = party->turns;

	if (party->listed)
		return;
	party->listed = true;
	list_append(&turns->fresh, &party->node);
	ev_idle_start(turns->loop, &turns->idle);
}

static void on_set(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct party *party = watcher->data;

	if (watcher_again(loop, watcher, revents))
		return;
	party->set_ready = true;
	wake(party);
}

/* syscalls: epoll_create1 */
struct party *party_new(struct turns *turns)
{
	struct party *party = calloc(1, sizeof(*party));
	int fd;

	if (party == NULL)
		return NULL;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0) {
		free(party);
		return NULL;
	}
	party->turns = turns;
	party->refs = 1;
	party->credit = TURN_UNITS;
	list_init(&party->node);
	list_init(&party->jobs);
	ev_io_init(&party->set, on_set, fd, EV_READ);
	party->set.data = party;
	ev_io_start(turns->loop, &party->set);
	return party;
}

struct party *party_ref(struct party *party)
{
	party->refs++;
	return party;
}

/* syscalls: close */
void party_unref(struct party *party)
{
	if (party == NULL || --party->refs > 0)
		return;
	ev_io_stop(party->turns->loop, &party->set);
	(void)close(party->set.fd);
	list_remove(&party->node);
	free(party);
}

void party_charge(struct party *party, unsigned cost)
{
	party->credit -= (int)cost;
	if (party->credit < -DEBT_MAX)
		party->credit = -DEBT_MAX;
}

bool party_is_busy(const struct party *party)
{
	return party->listed;
}

/* One event at a time: whatever it is about may be gone behind the last. syscalls: epoll_wait
 * epoll_pwait */
static unsigned serve_set(struct party *party)
{
	struct epoll_event event;
	struct spot *spot;

	if (!party->set_ready)
		return 0;
	party->set_ready = false; /* the loop says so if there is more */
	if (epoll_wait(party->set.fd, &event, 1, 0) != 1)
		return 0;
	spot = event.data.ptr;
	if ((event.events & (EPOLLERR | EPOLLHUP)) != 0)
		event.events |= EPOLLIN | EPOLLOUT;
	return spot->on(spot, event.events & (EPOLLIN | EPOLLOUT));
}

static unsigned serve_jobs(struct party *party, unsigned used)
{
	struct job *job;

	while (used < TURN_UNITS && (job = list_first(&party->jobs, struct job, node)) != NULL) {
		list_remove(&job->node);
		used += job->run(job);
	}
	return used;
}

static unsigned serve(struct party *party)
{
	unsigned used = 0;

	party->set_first = !party->set_first;
	if (party->set_first)
		used = serve_set(party);
	used = serve_jobs(party, used);
	if (!party->set_first && used < TURN_UNITS)
		used += serve_set(party);
	return used;
}

/* A turn, and where it stands afterwards. */
static bool take_turn(struct party *party)
{
	struct turns *turns = party->turns;
	unsigned used;

	list_remove(&party->node);
	list_append(&turns->busy, &party->node);
	if (party->credit <= 0) {
		party->credit += TURN_UNITS;
		return false;
	}
	(void)party_ref(party); /* what it does may end it */
	used = serve(party);
	party_charge(party, used);
	if (used < TURN_UNITS / 2 && list_empty(&party->jobs)) {
		list_remove(&party->node);
		party->listed = false;
		if (party->credit > 0)
			party->credit = TURN_UNITS;
		if (party->set_ready) /* it was not looked at */
			wake(party);
	}
	party_unref(party);
	return true;
}

void turns_run(struct turns *turns)
{
	struct party *party;

	for (int n = 0; n < FRESH_MAX; n++) {
		party = list_first(&turns->fresh, struct party, node);
		if (party == NULL)
			break;
		(void)take_turn(party);
	}
	while ((party = list_first(&turns->busy, struct party, node)) != NULL && !take_turn(party))
		;
	if (list_empty(&turns->fresh) && list_empty(&turns->busy))
		ev_idle_stop(turns->loop, &turns->idle);
}

void job_init(struct job *job, struct party *party, job_fn run)
{
	*job = (struct job) { .party = party, .run = run };
	list_init(&job->node);
}

void job_ready(struct job *job)
{
	if (job_is_ready(job))
		return;
	list_append(&job->party->jobs, &job->node);
	wake(job->party);
}

bool job_is_ready(const struct job *job)
{
	return !list_empty(&job->node);
}

void job_cancel(struct job *job)
{
	list_remove(&job->node);
}

/* Tells epoll what is wanted. A broken descriptor shows whatever is waited for, so one that nothing
 * is waited for is taken out. syscalls: epoll_ctl */
static bool tell(struct spot *spot)
{
	struct epoll_event event = { .events = spot->wanted, .data.ptr = spot };
	int what = spot->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (spot->wanted == 0)
		what = EPOLL_CTL_DEL;
	if (spot->wanted != spot->events &&
	    epoll_ctl(spot->party->set.fd, what, spot->fd, &event) < 0)
		return false;
	spot->events = spot->wanted;
	return true;
}

static void on_again(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct turns *turns = container_of(watcher, struct turns, again);

	(void)revents;
	list_foreach (&turns->refused, struct spot, spot, refused)
		if (tell(spot))
			list_remove(&spot->refused);
	if (list_empty(&turns->refused))
		ev_timer_stop(loop, watcher);
}

void spot_watch(struct spot *spot, uint32_t events)
{
	struct turns *turns;

	if (spot->party == NULL || events == spot->wanted)
		return;
	turns = spot->party->turns;
	spot->wanted = events;
	list_remove(&spot->refused);
	if (tell(spot) || events == 0)
		return;
	list_append(&turns->refused, &spot->refused);
	ev_timer_again(turns->loop, &turns->again);
}

void spot_start(struct spot *spot, struct party *party, int fd, uint32_t events, spot_fn on)
{
	*spot = (struct spot) { .party = party_ref(party), .fd = fd, .on = on };
	list_init(&spot->refused);
	spot_watch(spot, events);
}

void spot_stop(struct spot *spot)
{
	struct party *party = spot->party;

	if (party == NULL)
		return;
	spot_watch(spot, 0);
	spot->party = NULL;
	party_unref(party);
}
