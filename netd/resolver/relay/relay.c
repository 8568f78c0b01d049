// SPDX-License-Identifier: GPL-2.0-or-later
// relay.c - the relays there are: made, updated and forgotten as the plumber says

#include "resolver/relay/relay.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "resolver/loop/share.h"
#include "resolver/process/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

int relays_init(struct relays *relays, struct resolver *resolver)
{
	*relays = (struct relays) { .resolver = resolver,
				    .loop = resolver->loop,
				    .by_number = map_new(),
				    .n_relayed = &resolver->stats.relayed };
	list_init(&relays->all);
	relays_tcp_init(relays);
	return relays->by_number == NULL ? -ENOMEM : 0;
}

bool relays_turn(struct relays *relays)
{
	unsigned number = relays->n_ready++;

	if (number < relays->first || relays->used >= RELAY_TURN)
		return false;
	relays->first = number + 1;
	relays->used++;
	return true;
}

void relays_moved(struct relays *relays, size_t n_bytes)
{
	relays->used += (unsigned)(n_bytes / RELAY_UNIT);
}

/* The loop shows what is ready in the same order every time. */
void relays_settle(struct relays *relays)
{
	if (relays->first >= relays->n_ready)
		relays->first = 0;
	relays->n_ready = relays->used = 0;
}

static struct relay *relay_find(const struct relays *relays, uint32_t number)
{
	return map_get(relays->by_number, &number, sizeof(number));
}

/* syscalls: getsockopt fcntl */
static bool is_socket_for(const struct ipc_relay *about, int fd)
{
	int type = 0, want = about->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == want &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static int relay_start(struct relay *relay)
{
	if (relay->about.protocol == IPPROTO_UDP)
		return relay_udp_start(relay);
	relay_tcp_start(relay);
	return 0;
}

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
	if (!relays->resolver->channel.syncing)
		relay_listen(relay);
	(void)take_ptr(relay);
	return 0;
}

int relay_update(struct resolver *resolver, const struct ipc_relay *message, const int *fds,
		 size_t n_fds)
{
	struct relays *relays = &resolver->relays;
	struct relay *known = relay_find(relays, message->number);

	if (n_fds > 1 || (n_fds == 0 && known == NULL) || !addr_is_set(&message->target) ||
	    (n_fds == 1 && !is_socket_for(message, fds[0])))
		return -EPROTO;
	if (n_fds == 0) {
		if (known->about.protocol != message->protocol)
			return -EPROTO;
		known->about = *message;
		known->said = true;
		return 0;
	}
	relay_remove(relays, message->number);
	return relay_add(relays, message, fds[0]);
}

/* syscalls: close */
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

void relay_remove(struct relays *relays, uint32_t number)
{
	struct relay *relay = relay_find(relays, number);

	if (relay != NULL)
		relay_free(relay);
}

/* --- flows that outlive the process ----------------------------------------------------------- */

bool relay_keep_flow(const struct relay *relay, uint32_t number, const void *state, size_t len,
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
	return channel_offer(&relay->relays->resolver->channel, &wire, fds, n_fds);
}

void relay_flow_gone(const struct relay *relay, uint32_t number, bool kept)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	if (!kept)
		return;
	ipc_put_number(&wire, IPC_FLOW_GONE, number);
	channel_send(&relay->relays->resolver->channel, &wire);
}

void relay_offer_flows(struct relay *relay)
{
	if (relay->about.protocol == IPPROTO_TCP)
		relay_tcp_offer(relay);
	else
		relay_udp_offer(relay);
}

static struct relay *find_listening(const struct relays *relays, const struct ipc_flow *flow)
{
	list_foreach (&relays->all, struct relay, relay, node)
		if (relay->about.protocol == flow->protocol &&
		    relay->about.listen_port == flow->listen_port &&
		    addr_equal(&relay->about.listen, &flow->listen))
			return relay;
	return NULL;
}

bool relay_has_room(const struct relay *relay)
{
	return relay->relays->n_flows < RELAY_FLOWS_MAX &&
	       relay->n_flows < share_of(RELAY_FLOWS_MAX, relay->relays->n_flows,
					 RELAY_FLOWS_PER_PORT_MAX, RELAY_FLOWS_PER_PORT_MIN);
}

int relay_adopt(struct resolver *resolver, const struct ipc_flow *message, const int *fds,
		size_t n_fds)
{
	struct relays *relays = &resolver->relays;
	struct relay *relay = find_listening(relays, message);

	if (n_fds != ipc_flow_n_fds(message))
		return -EPROTO;
	if (relay == NULL)
		return -ENOENT;
	if (relays->n_flows >= RELAY_FLOWS_MAX) /* shares were kept when they came */
		return -ENOSPC;
	if (relays->last_flow < message->number)
		relays->last_flow = message->number;
	return message->protocol == IPPROTO_TCP ? relay_tcp_adopt(relay, message, fds)
						: relay_udp_adopt(relay, message, fds);
}

void relays_send(struct resolver *resolver)
{
	uint8_t space[128];

	list_foreach (&resolver->relays.all, struct relay, relay, node) {
		struct wire wire = wire_writer(space, sizeof(space));

		ipc_put_relay(&wire, IPC_ADOPT_RELAY, &relay->about);
		channel_send(&resolver->channel, &wire);
	}
}

void relays_sync_begin(struct relays *relays)
{
	list_foreach (&relays->all, struct relay, relay, node) {
		relay->said = relay->kept = false;
		if (relay->about.protocol == IPPROTO_TCP)
			relay_tcp_forget_kept(relay);
		else
			relay_udp_forget_kept(relay);
	}
}

void relays_sync_end(struct relays *relays)
{
	list_foreach (&relays->all, struct relay, relay, node) {
		if (relay->said)
			relay_listen(relay);
		else
			relay_free(relay);
	}
}
