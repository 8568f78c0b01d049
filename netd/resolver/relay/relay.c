// SPDX-License-Identifier: GPL-2.0-or-later
// relay.c - the relays there are: made, updated and forgotten as the plumber says

#include "resolver/relay/relay.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "resolver/loop/outbox.h"
#include "resolver/relay/relay_tcp.h"
#include "resolver/relay/relay_udp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A relay is a published port that NAT cannot serve: [::1], or an IPv6 client
 * of a container without IPv6. It has a listening socket of the plumber's, and a flow for each
 * client. relay_tcp.c moves bytes between two sockets, relay_udp.c datagrams; what flows have in
 * common (shares, turns, being kept by the plumber, being closed slowly) is in relay_flow.c.
 *
 * A sync works as with views: said is cleared, the plumber names what there is, the rest is
 * removed. Relays listen only after it, so that flows of the process before come first. */

/* After a failure the process ends. */
int relays_init(struct relays *relays, struct ev_loop *loop, struct outbox *outbox,
		struct ipc_stats *stats)
{
	*relays = (struct relays) {
		.loop = loop, .outbox = outbox, .stats = stats, .by_number = map_new()
	};
	list_init(&relays->all);
	relay_flow_init(relays);
	return relays->by_number == NULL ? -ENOMEM : 0;
}

/* The number is a stranger's, as all that the process before us has written. It is at the most what
 * was lost: one whose accept(2) was cut off may wait in the kernel's queue still. */
void relays_outlive(struct relays *relays, uint32_t *n_alone)
{
	if (*n_alone > 0)
		log_warn("relayed connections that may have ended with the resolver before: %u",
			 *n_alone);
	*n_alone = 0;
	relays->n_alone = n_alone;
}

/* The loop shows what is ready in the same order every time. Called between two rounds: the next
 * round begins where this one had no turn left. */
void relays_settle(struct relays *relays)
{
	if (relays->first >= relays->n_ready)
		relays->first = 0;
	relays->n_ready = relays->used = 0;
	relay_tcp_settle(relays);
}

/* NULL: there is none of that number. */
static struct relay *relay_find(const struct relays *relays, uint32_t number)
{
	return map_get(relays->by_number, &number, sizeof(number));
}

/* The kernel's word on the type. The socket must not block. syscalls: getsockopt fcntl */
static bool is_socket_for(const struct ipc_relay *about, int fd)
{
	int type = 0, want = about->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == want &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* What may fail. */
static int relay_start(struct relay *relay)
{
	if (relay->about.protocol == IPPROTO_UDP)
		return relay_udp_start(relay);
	relay_tcp_start(relay);
	return 0;
}

/* Clients come in from here on. */
static void relay_listen(struct relay *relay)
{
	if (relay->listens)
		return;
	relay->listens = true;
	if (relay->about.protocol == IPPROTO_TCP)
		relay_tcp_listen(relay);
	else
		relay_udp_listen(relay);
}

/* fd is the relay's on success, and the caller's otherwise. */
static int relay_add(struct relays *relays, const struct ipc_relay *about, int fd)
{
	_cleanup_free_ struct relay *relay = calloc(1, sizeof(*relay));
	int err;

	if (relay == NULL)
		return -ENOMEM;
	relay->relays = relays;
	relay->about = *about;
	relay->fd = fd;
	relay->said = relay->kept = true; /* by whoever opened it */
	list_init(&relay->flows);
	if (map_set(relays->by_number, &about->number, sizeof(about->number), relay) < 0)
		return -ENOMEM;
	err = relay_start(relay);
	if (err < 0) {
		(void)map_remove(relays->by_number, &about->number, sizeof(about->number));
		return err;
	}
	list_append(&relays->all, &relay->node);
	/* While the plumber tells what there is, flows of the process before come behind their
	 * relay: a client that is accepted earlier would be taken for a new one. */
	if (!relays->syncing)
		relay_listen(relay);
	(void)take_ptr(relay);
	return 0;
}

/* fds: none for a relay that is known, or its socket. */
int relay_update(struct relays *relays, const struct ipc_relay *message, const int *fds,
		 size_t n_fds)
{
	struct relay *known = relay_find(relays, message->number);

	if (n_fds > 1 || (n_fds == 0 && known == NULL) || !addr_is_set(&message->target) ||
	    (n_fds == 1 && !is_socket_for(message, fds[0])))
		return -EPROTO;
	/* Flows keep the target that they have; new ones go to the new one. */
	/* No socket: the plumber knows that we hold one, and says where it leads now. */
	if (n_fds == 0) {
		if (known->about.protocol != message->protocol)
			return -EPROTO;
		/* Flows keep the target that they have. */
		known->about = *message;
		known->said = true;
		return 0;
	}
	/* A relay of that number with another socket is another relay: its flows end. */
	relay_remove(relays, message->number);
	return relay_add(relays, message, fds[0]);
}

/* All of its flows end with it. syscalls: close */
static void relay_free(struct relay *relay)
{
	struct relays *relays = relay->relays;

	if (relay->about.protocol == IPPROTO_TCP)
		relay_tcp_stop(relay);
	else
		relay_udp_stop(relay);
	(void)map_remove(relays->by_number, &relay->about.number, sizeof(relay->about.number));
	list_remove(&relay->node);
	(void)close(relay->fd);
	free(relay);
}

/* One that is not known is gone already. */
void relay_remove(struct relays *relays, uint32_t number)
{
	struct relay *relay = relay_find(relays, number);

	if (relay != NULL)
		relay_free(relay);
}

/* --- flows that outlive the process ----------------------------------------------------------- */

/* Flows that the plumber does not keep yet. */
void relay_offer_flows(struct relay *relay)
{
	if (relay->about.protocol == IPPROTO_TCP)
		relay_tcp_offer(relay);
	else
		relay_udp_offer(relay);
}

/* The place where it listens is what both processes know a relay by. */
static struct relay *find_listening(const struct relays *relays, const struct ipc_flow *flow)
{
	/* Few relays have flows to adopt, and each is looked for once. */
	list_foreach (&relays->all, struct relay, relay, node)
		if (relay->about.protocol == flow->protocol &&
		    relay->about.listen_port == flow->listen_port &&
		    addr_equal(&relay->about.listen, &flow->listen))
			return relay;
	return NULL;
}

/* The descriptors are the flow's on success. */
int relay_adopt(struct relays *relays, const struct ipc_flow *message, const int *fds, size_t n_fds)
{
	struct relay *relay = find_listening(relays, message);

	if (n_fds != ipc_flow_n_fds(message))
		return -EPROTO;
	if (relay == NULL)
		return -ENOENT;
	if (relays->n_flows >= RELAY_FLOWS_MAX) /* shares were kept when they came */
		return -ENOSPC;
	/* Numbers are the plumber's keys: a new flow must not have that of one that lives. */
	if (relays->last_flow < message->number)
		relays->last_flow = message->number;
	return message->protocol == IPPROTO_TCP ? relay_tcp_adopt(relay, message, fds)
						: relay_udp_adopt(relay, message, fds);
}

/* The inventory for a new plumber. */
void relays_send(const struct relays *relays)
{
	uint8_t space[128];

	list_foreach (&relays->all, struct relay, relay, node) {
		struct wire wire = wire_writer(space, sizeof(space));

		ipc_put_relay(&wire, IPC_ADOPT_RELAY, &relay->about);
		outbox_send(relays->outbox, &wire);
	}
}

/* Nothing is kept by a plumber that has just connected. */
void relays_sync_begin(struct relays *relays)
{
	relays->syncing = true;
	list_foreach (&relays->all, struct relay, relay, node) {
		relay->said = relay->kept = false;
		if (relay->about.protocol == IPPROTO_TCP)
			relay_tcp_forget_kept(relay);
		else
			relay_udp_forget_kept(relay);
	}
}

/* From here on all relays listen. */
void relays_sync_end(struct relays *relays)
{
	relays->syncing = false;
	list_foreach (&relays->all, struct relay, relay, node) {
		if (relay->said)
			relay_listen(relay);
		else
			relay_free(relay);
	}
}
