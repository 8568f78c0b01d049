// SPDX-License-Identifier: GPL-2.0-or-later
// keep.c - what the resolver gives the plumber to keep, so that it outlives this process

#include "resolver/process/keep.h"

#include "resolver/process/state.h"

static bool offer_number(struct resolver *resolver, enum ipc_type type, uint32_t number,
			 const int *fds, size_t n_fds)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_number(&wire, type, number);
	return channel_offer(&resolver->channel, &wire, fds, n_fds);
}

static void offer_journal(struct resolver *resolver)
{
	struct journal *journal = &resolver->journal;
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	if (journal->fd < 0 || journal->kept)
		return;
	ipc_put_empty(&wire, IPC_KEEP_JOURNAL);
	journal->kept = channel_offer(&resolver->channel, &wire, &journal->fd, 1);
}

void keep_offer(struct resolver *resolver)
{
	struct channel *channel = &resolver->channel;

	offer_journal(resolver);
	list_foreach (&resolver->views.all, struct view, view, node) {
		int fds[2] = { view->udp.fd, view->tcp.io.fd };

		if (channel->offers)
			return;
		if (view->open && !view->kept)
			view->kept = offer_number(resolver, IPC_KEEP_VIEW, view->number, fds, 2);
	}
	list_foreach (&resolver->relays.all, struct relay, relay, node) {
		if (!relay->kept && !channel->offers)
			relay->kept = offer_number(resolver, IPC_KEEP_RELAY, relay->about.number,
						   &relay->fd, 1);
		if (!channel->offers)
			relay_offer_flows(relay);
	}
}
