// SPDX-License-Identifier: GPL-2.0-or-later
// keep.c - what the resolver gives the plumber to keep, so that it outlives this process

#include "resolver/process/keep.h"

#include "resolver/listen/listening.h"
#include "resolver/loop/outbox.h"
#include "resolver/relay/relay.h"

/* Theory of operation. The plumber keeps duplicates of descriptors, so that what they stand for
 * outlives this process: questions in the journal, containers' sockets, relayed connections. Each
 * is offered once, when there is room in the socket; kept notes that it was. After a new connection
 * all is offered anew. */

/* true: it was sent. */
static bool offer_number(struct outbox *outbox, enum ipc_type type, uint32_t number, const int *fds,
			 size_t n_fds)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_number(&wire, type, number);
	return outbox_offer(outbox, &wire, fds, n_fds);
}

static void offer_journal(struct outbox *outbox, struct journal *journal)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	/* Without a file the questions are in private memory, which cannot be handed over. */
	if (journal->fd < 0 || journal->kept)
		return;
	ipc_put_empty(&wire, IPC_KEEP_JOURNAL);
	journal->kept = outbox_offer(outbox, &wire, &journal->fd, 1);
}

/* In this order: questions first, then the containers' sockets, then relayed connections. It is
 * called again whenever the outbox has room, and goes on where it stopped. */
void keep_offer(struct outbox *outbox, struct listening *listening, struct relays *relays)
{
	offer_journal(outbox, &listening->journal);
	list_foreach (&listening->views.all, struct view, view, node) {
		int fds[2] = { view->udp.fd, view->tcp.io.fd };

		/* The last one was refused: the outbox calls again when there is room, and what
		 * is kept by then is not offered twice. */
		if (outbox->offers)
			return;
		if (view->open && !view->kept)
			view->kept = offer_number(outbox, IPC_KEEP_VIEW, view->number, fds, 2);
	}
	list_foreach (&relays->all, struct relay, relay, node) {
		if (!relay->kept && !outbox->offers)
			relay->kept = offer_number(outbox, IPC_KEEP_RELAY, relay->about.number,
						   &relay->fd, 1);
		if (!outbox->offers)
			relay_offer_flows(relay);
	}
}
