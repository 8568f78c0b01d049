// SPDX-License-Identifier: GPL-2.0-or-later
// turns.c - the containers take turns: who floods waits for itself

#include "resolver/loop/turns.h"

#include "base/limits.h"
#include "resolver/loop/job.h"
#include "resolver/loop/party.h"
#include "resolver/loop/spot.h"

#include <sys/epoll.h>

/* The kernel has memory again, perhaps. */
static void on_again(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct turns *turns = container_of(watcher, struct turns, again);

	(void)revents;
	if (spot_offer_again(turns))
		ev_timer_stop(loop, watcher);
}

/* It does nothing: that it is active keeps the loop from waiting. */
static void on_idle(struct ev_loop *loop, ev_idle *watcher, int revents)
{
	(void)loop, (void)watcher, (void)revents;
}

/* Theory of operation. Parties that have something to do stand in two lines. Those that had nothing
 * to do until now are fresh and go first: a container that asks now and then never waits behind one
 * that floods. Those that used a whole turn stand in the busy line. A turn is TURN_UNITS of work,
 * which each piece of work reports; who did more than a turn owes the rest, and pays with turns in
 * which others go. An idle watcher keeps the loop from sleeping while anybody stands in line.
 *
 * PARTY_FRESH_MAX and TURN_UNITS are the two figures of it. */

/* No party exists yet. */
void turns_init(struct turns *turns, struct ev_loop *loop)
{
	turns->loop = loop;
	list_init(&turns->fresh);
	list_init(&turns->busy);
	list_init(&turns->refused);
	ev_idle_init(&turns->idle, on_idle);
	ev_timer_init(&turns->again, on_again, 0.0, RESOLVER_REST_MS / 1000.0);
}

/* One event at a time: whatever it is about may be gone behind the last. The cost of one event of
 * the set, 0 when there was none. syscalls: epoll_wait epoll_pwait */
static unsigned serve_set(struct party *party)
{
	struct epoll_event event;
	struct spot *spot;

	if (!party->set_ready)
		return 0;
	party->set_ready = false; /* the loop says so if there is more */
	/* Not waiting: the set is watched by the loop, which waits for all of them. */
	if (epoll_wait(party->set.fd, &event, 1, 0) != 1)
		return 0;
	spot = event.data.ptr;
	/* A broken descriptor has neither of the two events. The read or write that follows
	 * finds out what is wrong. */
	if ((event.events & (EPOLLERR | EPOLLHUP)) != 0)
		event.events |= EPOLLIN | EPOLLOUT;
	return spot->on(spot, event.events & (EPOLLIN | EPOLLOUT));
}

/* Until the turn is used up or no job is left. */
static unsigned serve_jobs(struct party *party, unsigned used)
{
	struct job *job;

	while (used < TURN_UNITS && (job = list_first(&party->jobs, struct job, node)) != NULL) {
		list_remove(&job->node);
		used += job->run(job);
	}
	return used;
}

/* What was done for the party in this turn. */
static unsigned serve(struct party *party)
{
	unsigned used = 0;

	/* They take turns in being first, too: either could use up the whole turn each time. */
	party->set_first = !party->set_first;
	if (party->set_first)
		used = serve_set(party);
	used = serve_jobs(party, used);
	if (!party->set_first && used < TURN_UNITS)
		used += serve_set(party);
	return used;
}

/* A turn, and where it stands afterwards. false: it only paid, and somebody else may have the
 * turn. */
static bool take_turn(struct party *party)
{
	struct turns *turns = party->turns;
	unsigned used;

	list_remove(&party->node);
	list_append(&turns->busy, &party->node);
	/* A party that owes pays with turns in which it does nothing. */
	if (party->credit <= 0) {
		party->credit += TURN_UNITS;
		return false;
	}
	(void)party_ref(party); /* what it does may end it */
	used = serve(party);
	party_charge(party, used);
	/* A party that used little of its turn has nothing to do any more, and is fresh the next
	 * time. */
	if (used < TURN_UNITS / 2 && list_empty(&party->jobs)) {
		list_remove(&party->node);
		party->listed = false;
		if (party->credit > 0)
			party->credit = TURN_UNITS;
		if (party->set_ready) /* it was not looked at */
			party_wake(party);
	}
	party_unref(party);
	return true;
}

/* Called once in each round of the loop. */
void turns_run(struct turns *turns)
{
	struct party *party;

	/* Bounded: many that come and go could otherwise keep the busy ones from any turn. */
	for (int n = 0; n < PARTY_FRESH_MAX; n++) {
		party = list_first(&turns->fresh, struct party, node);
		if (party == NULL)
			break;
		(void)take_turn(party);
	}
	/* Busy parties: those that only pay are passed over until one has had a turn. */
	while ((party = list_first(&turns->busy, struct party, node)) != NULL && !take_turn(party))
		;
	/* Nobody is left. The loop may sleep until a set is ready. */
	if (list_empty(&turns->fresh) && list_empty(&turns->busy))
		ev_idle_stop(turns->loop, &turns->idle);
}
