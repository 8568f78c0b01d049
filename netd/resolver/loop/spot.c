// SPDX-License-Identifier: GPL-2.0-or-later
// spot.c - a container's descriptor, watched in its party's own epoll set

#include "resolver/loop/spot.h"

#include "resolver/loop/party.h"
#include "resolver/loop/turns.h"

#include <sys/epoll.h>

/* A spot is one descriptor. wanted is what its owner waits for, events what epoll(7) was told.
 * Where the kernel refused, the spot stands on a list and is offered again. */

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

/* true: none is left. */
bool spot_offer_again(struct turns *turns)
{
	/* What the kernel refused for want of memory is offered again in a moment. */
	list_foreach (&turns->refused, struct spot, spot, refused)
		if (tell(spot))
			list_remove(&spot->refused);
	return list_empty(&turns->refused);
}

/* events 0: nothing, for now. */
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

/* fd stays the owner's. on is called in the party's turn. */
void spot_start(struct spot *spot, struct party *party, int fd, uint32_t events, spot_fn on)
{
	*spot = (struct spot) { .party = party_ref(party), .fd = fd, .on = on };
	list_init(&spot->refused);
	spot_watch(spot, events);
}

/* Before the descriptor is closed. Safe to call twice. */
void spot_stop(struct spot *spot)
{
	struct party *party = spot->party;

	if (party == NULL)
		return;
	spot_watch(spot, 0);
	spot->party = NULL;
	party_unref(party);
}
