// SPDX-License-Identifier: GPL-2.0-or-later
// relay_flow.c - what the flows of all relays have in common: room, turns, and what outlives them

#include "resolver/relay/relay_flow.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "resolver/loop/outbox.h"
#include "resolver/loop/share.h"

#include <string.h>

/* Whether the flow that asks may work now. */
bool relay_flow_turn(struct relays *relays)
{
	/* Counted in the order in which the loop shows what is ready, which is the same each time:
	 * so the next round can begin with the one that had no turn in this. */
	unsigned number = relays->n_ready++;

	if (number < relays->first || relays->used >= RELAY_TURN)
		return false;
	relays->first = number + 1;
	relays->used++;
	return true;
}

/* A flow that moves much uses up more of the round. */
void relay_flow_moved(struct relays *relays, size_t n_bytes)
{
	relays->used += (unsigned)(n_bytes / RELAY_UNIT);
}

/* A share of what is left, as everywhere. */
bool relay_flow_has_room(const struct relay *relay)
{
	/* The total is a bound, beyond which least of a share does not go: each flow is six
	 * descriptors here, and as many in the plumber. */
	return relay->relays->n_flows < RELAY_FLOWS_MAX &&
	       relay->n_flows < share_of(RELAY_FLOWS_MAX, relay->relays->n_flows,
					 RELAY_FLOWS_PER_PORT_MAX, RELAY_FLOWS_PER_PORT_MIN);
}

/* state is what a successor needs beside the descriptors. true: the plumber has it. */
bool relay_flow_keep(const struct relay *relay, uint32_t number, const void *state, size_t len,
		     const int *fds, size_t n_fds)
{
	struct ipc_flow flow = { .number = number,
				 .protocol = relay->about.protocol,
				 .listen = relay->about.listen,
				 .listen_port = relay->about.listen_port,
				 .n_state = (uint8_t)len };
	uint8_t space[256];
	struct wire wire = wire_writer(space, sizeof(space));

	if (len > 0)
		memcpy(flow.state, state, len);
	ipc_put_flow(&wire, &flow);
	return outbox_offer(relay->relays->outbox, &wire, fds, n_fds);
}

/* Its duplicates are closed by the plumber. */
void relay_flow_gone(const struct relay *relay, uint32_t number, bool kept)
{
	/* The plumber has never heard of a flow that it does not keep. */
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	if (!kept)
		return;
	ipc_put_number(&wire, IPC_FLOW_GONE, number);
	outbox_send(relay->relays->outbox, &wire);
}

/* One store: whenever this process dies, the number is that before it or that behind it. */
void relay_flow_alone(struct relays *relays, bool more)
{
	uint32_t n = more ? *relays->n_alone + 1 : *relays->n_alone - 1;

	__atomic_store_n(relays->n_alone, n, __ATOMIC_SEQ_CST);
}

/* Theory of operation. The plumber holds a duplicate of each socket, so closing ours does not take
 * it out of epoll(7): the kernel goes on to report it, by a number that nobody has. libev cannot
 * take out what it no longer has either, and would make a new epoll set and tell the kernel about
 * all other descriptors anew. While it has the descriptor it can: it does so when it is shown one
 * that nobody waits for. A socket that is shut down is hung up, and is shown in the next look.
 *
 * A look shows 64 or more of what is ready, those first that were ready first. So a port that is
 * given up with thousands of flows has them closed over as many looks as show them all.
 *
 * first, n_ready and used are figures of one round. */
static void on_closer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct relays *relays = container_of(watcher, struct relays, closer);
	unsigned n = 0;

	(void)revents;
	list_foreach (&relays->endings, struct relay_ending, ending, node) {
		if (++n > RELAY_CLOSE_TURN)
			break;
		list_remove(&ending->node);
		ending->close(ending);
		relays->n_flows--; /* not before its descriptors are free */
	}
	if (!list_empty(&relays->endings))
		ev_timer_start(loop, watcher);
}

/* The timer has a time of 0: it fires in the next round. */
void relay_flow_init(struct relays *relays)
{
	relays->n_alone = &relays->n_alone_here;
	list_init(&relays->endings);
	ev_timer_init(&relays->closer, on_closer, 0.0, 0.0);
}

/* ending->close() frees the flow then. The relay may be gone by that time. */
void relay_flow_end(struct relays *relays, struct relay_ending *ending)
{
	list_append(&relays->endings, &ending->node);
	if (!ev_is_active(&relays->closer))
		ev_timer_start(relays->loop, &relays->closer);
}
