// SPDX-License-Identifier: GPL-2.0-or-later
// party.c - all that is done for one container, and how much of it there has been

#include "resolver/loop/party.h"

#include "base/limits.h"
#include "base/watcher.h"
#include "resolver/loop/turns.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Theory of operation. A party is all that is done for one container: its descriptors in an epoll
 * set of its own, and its jobs. The loop watches the set and not the descriptors, so a container
 * that floods wakes the loop once and not a thousand times, and its party stands in line like every
 * other (turns.c).
 *
 * credit is what its next turns may cost; it is below 0 while a party owes for a long piece of
 * work. */

/* Puts it into the line of those that had nothing to do. */
void party_wake(struct party *party)
{
	struct turns *turns = party->turns;

	/* Who stands in line already keeps its place: waking it again would not make it fresh. */
	if (party->listed)
		return;
	party->listed = true;
	list_append(&turns->fresh, &party->node);
	ev_idle_start(turns->loop, &turns->idle);
}

/* Some descriptor of the party is ready. */
static void on_set(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct party *party = watcher->data;

	if (watcher_again(loop, watcher, revents))
		return;
	party->set_ready = true;
	party_wake(party);
}

/* NULL: out of memory or of descriptors; errno tells which. syscalls: epoll_create1 */
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
	/* It begins with one turn's worth. */
	party->credit = TURN_UNITS;
	list_init(&party->node);
	list_init(&party->jobs);
	ev_io_init(&party->set, on_set, fd, EV_READ);
	party->set.data = party;
	ev_io_start(turns->loop, &party->set);
	return party;
}

/* Whoever works for a party holds it. */
struct party *party_ref(struct party *party)
{
	party->refs++;
	return party;
}

/* Takes NULL. A set without descriptors goes with its own. syscalls: close */
void party_unref(struct party *party)
{
	if (party == NULL || --party->refs > 0)
		return;
	ev_io_stop(party->turns->loop, &party->set);
	(void)close(party->set.fd);
	list_remove(&party->node);
	free(party);
}

/* Called with what a piece of work cost. */
void party_charge(struct party *party, unsigned cost)
{
	/* A bound on what is owed: a party that did one very long thing must not be silent for
	 * minutes. */
	party->credit -= (int)cost;
	if (party->credit < -PARTY_DEBT_MAX)
		party->credit = -PARTY_DEBT_MAX;
}

/* It stands in a line: its work will take a while. */
bool party_is_busy(const struct party *party)
{
	return party->listed;
}
