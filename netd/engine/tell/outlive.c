// SPDX-License-Identifier: GPL-2.0-or-later
// outlive.c - what outlives the resolver: duplicates of its sockets, of relayed connections, and
// its questions
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/tell/tell.h"
#include "ipc/chan.h"
#include "kernel/fdkind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. Whoever holds a duplicate of a socket keeps it alive: what arrives waits in
 * it. The plumber keeps those that it opened for the resolver itself, and is offered all others by
 * the resolver: those that a plumber before this one had opened, and what each relayed connection
 * consists of. Nothing is ever read from them here. A successor is handed all of it.
 *
 * The resolver is not trusted: what it offers is bounded, and closed without lingering. What it
 * says of a descriptor the kernel is asked for: one of another kind, another namespace or another
 * address would reach the successor as what it is not, or keep things alive that are to end with
 * the resolver, such as its end of the channel. */

/* One relayed connection, or one client of a relayed UDP port. The descriptors are ours until
 * drop. */
struct keep {
	struct list node;
	struct ipc_flow flow;
	unsigned n_fds;
	int fds[IPC_FLOW_FDS_MAX];
};

/* So many descriptors of those we may have: the rest is for containers. */
#define KEEP_SHARE 4

/* How many flows may be kept. The limit is asked for each time, because prlimit(2) may change it
 * while netd runs. */
static size_t max_flows(void)
{
	struct rlimit limit;
	size_t n = RELAY_FLOWS_MAX;

	/* Our limit of descriptors may be lower than what all flows together need. The share
	 * keeps the rest for attaches, each of which needs several. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur / KEEP_SHARE / IPC_FLOW_FDS_MAX < n)
		n = limit.rlim_cur / KEEP_SHARE / IPC_FLOW_FDS_MAX;
	return n;
}

/* The list and the two descriptors of memory are set up with the engine; only the map needs
 * memory. */
int outlive_start(struct engine *engine)
{
	engine->tell->flow_by_number = map_new();
	return engine->tell->flow_by_number ? 0 : -ENOMEM;
}

/* Closes by chan_close: close(2) of a socket that lingers (SO_LINGER, socket(7)) would hold the
 * loop. */
static void drop(struct engine *engine, struct keep *keep)
{
	(void)map_remove(engine->tell->flow_by_number, &keep->flow.number,
			 sizeof(keep->flow.number));
	list_remove(&keep->node);
	engine->tell->n_flows--;
	for (unsigned i = 0; i < keep->n_fds; i++)
		chan_close(keep->fds[i]);
	free(keep);
}

/* At netd's end. The resolver has its own descriptors and goes on serving. */
void outlive_done(struct engine *engine)
{
	list_foreach (&engine->tell->flows, struct keep, keep, node)
		drop(engine, keep);
	map_free(engine->tell->flow_by_number);
	chan_close(engine->tell->journal);
	engine->tell->journal = -1;
}

/* Has the kernel's seals on its size, so that nobody who maps it is hurt by another. */
int engine_resolver_journal(struct engine *engine)
{
	/* Nobody may shrink a file that others have mapped: an access behind its end is a SIGBUS,
	 * which would end the plumber or the resolver. F_SEAL_SEAL makes that final. */
	const unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	_cleanup_close_ int fd = -1;

	if (engine->tell->journal >= 0)
		return engine->tell->journal;
	fd = fdkind_new_memory("netd-questions");
	if (fd < 0)
		return fd;
	if (ftruncate(fd, IPC_JOURNAL_SIZE) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return -errno;
	engine->tell->journal = take_fd(&fd);
	return engine->tell->journal;
}

/* The file with the questions that the resolver has read and not answered. */
static void take_journal(struct engine *engine, int *fd)
{
	/* An offer of any other kind or size is dropped without a word. The resolver is not
	 * trusted, and its successor gets a new, empty journal instead. */
	if (!fdkind_is_memory(*fd, IPC_JOURNAL_SIZE))
		return;
	chan_close(engine->tell->journal);
	engine->tell->journal = take_fd(fd);
}

/* Sockets of the host's, and pipes (ipc/msg.h), and not the last descriptors that there are. */
static bool are_a_flow(const struct engine *engine, const struct ipc_flow *flow, const int *fds,
		       size_t n_fds)
{
	const struct fdkind_socket want = {
		.type = flow->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM,
		.netns_inode = engine->door->netns.self_inode(),
	};
	const size_t n_sockets = flow->protocol == IPPROTO_TCP ? 2 : 1;

	/* The number of descriptors follows from the protocol. Any other number would shift
	 * sockets and pipes against each other at the successor. */
	if (n_fds != ipc_flow_n_fds(flow))
		return false;
	for (size_t i = 0; i < n_fds; i++)
		if (fdkind_is_scarce(fds[i]) ||
		    (i < n_sockets ? !fdkind_is_socket(fds[i], &want) : !fdkind_is_pipe(fds[i])))
			return false;
	return true;
}

/* fds that are taken are -1 afterwards; the rest is closed by the caller. */
static void take_flow(struct engine *engine, const struct ipc_flow *flow, int *fds, size_t n_fds)
{
	struct keep *keep = map_get(engine->tell->flow_by_number, &flow->number,
				    sizeof(flow->number));

	/* Its number is known already: the resolver says it anew after a new connection, and the
	 * new descriptors replace the old ones, which may be those of an ended flow. */
	if (keep)
		drop(engine, keep);
	if (engine->tell->n_flows >= max_flows() || !are_a_flow(engine, flow, fds, n_fds))
		return; /* it ends with the resolver */
	keep = calloc(1, sizeof(*keep));
	if (!keep)
		return;
	keep->flow = *flow;
	/* The map first, for it may fail: the list cannot. */
	if (map_set(engine->tell->flow_by_number, &flow->number, sizeof(flow->number), keep) < 0) {
		free(keep);
		return;
	}
	list_append(&engine->tell->flows, &keep->node);
	engine->tell->n_flows++;
	for (size_t i = 0; i < n_fds; i++)
		keep->fds[keep->n_fds++] = take_fd(&fds[i]);
}

/* As dnssock_open makes them. */
static bool are_dns_sockets(const struct container *container, const int *fds, size_t n_fds)
{
	const struct addr addr = { .family = AF_INET, .bytes = { 127, 0, 0, 11 } };
	struct fdkind_socket want = { .type = SOCK_DGRAM,
				      .netns_inode = container->netns_inode,
				      .addr = &addr,
				      .port = container->dns_port };

	/* Both have to be right before either is taken: a view with one of two sockets would
	 * answer over one protocol only. */
	if (n_fds != 2 || !fdkind_is_socket(fds[0], &want))
		return false;
	want.type = SOCK_STREAM;
	want.listening = true;
	return fdkind_is_socket(fds[1], &want);
}

/* The two sockets at 127.0.0.11 of a container, after a restart of netd. */
static void take_view(struct engine *engine, uint32_t number, int *fds, size_t n_fds)
{
	struct container *container = tables_find_view(engine, number);
	struct container_runtime *runtime = container ? runtime_of(container) : NULL;

	/* Taken only where the resolver is known to have sockets and this plumber has none: what
	 * we opened ourselves is never replaced by what we are offered. */
	if (!runtime || !runtime->view_held || runtime->udp_fd >= 0 ||
	    !are_dns_sockets(container, fds, n_fds))
		return;
	runtime->udp_fd = take_fd(&fds[0]);
	runtime->tcp_fd = take_fd(&fds[1]);
}

/* Whether fd is a socket that is bound to this port of the host, as ports_reserve makes it. */
static bool is_reserved(const struct engine *engine, const struct port *port, int fd)
{
	const struct fdkind_socket want = {
		.type = port->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM,
		.listening = port->protocol == IPPROTO_TCP,
		.netns_inode = engine->door->netns.self_inode(),
		.addr = &port->host_addr,
		.port = port->host_port,
	};

	return fdkind_is_socket(fd, &want);
}

/* The socket of a relayed port, after a restart of netd. A number that no port has is passed over:
 * the port may have gone while the message was under way. */
static void take_relay(struct engine *engine, uint32_t number, int *fds, size_t n_fds)
{
	for (size_t i = 0; i < engine->n_containers && n_fds == 1; i++) {
		struct container *container = engine->containers[i];
		struct container_runtime *runtime = runtime_of(container);

		for (size_t k = 0; k < container->n_ports; k++)
			if (runtime->relays[k] == number) {
				if (runtime->fds[k] < 0 &&
				    is_reserved(engine, &container->ports[k], fds[0]))
					runtime->fds[k] = take_fd(&fds[0]);
				return;
			}
	}
}

/* The connection has ended; its duplicates here would keep the sockets open for ever. */
static void flow_gone(struct engine *engine, uint32_t number)
{
	struct keep *keep = map_get(engine->tell->flow_by_number, &number, sizeof(number));

	if (keep)
		drop(engine, keep);
}

/* The caller closes each descriptor that is not taken, whatever the result is. */
int outlive_message(uint8_t type, struct wire *wire, int *fds, size_t n_fds, void *data)
{
	struct engine *engine = data;
	struct ipc_flow flow;
	uint32_t number = 0;

	if (type == IPC_FLOW)
		ipc_get_flow(wire, &flow);
	else if (type == IPC_KEEP_JOURNAL)
		ipc_get_empty(wire);
	else
		ipc_get_number(wire, &number);
	/* A message that does not decode ends the link: its sender is broken or hostile, and what
	 * it says next cannot be trusted either. */
	if (wire->err < 0)
		return wire->err;
	if (type == IPC_FLOW)
		take_flow(engine, &flow, fds, n_fds);
	else if (type == IPC_KEEP_JOURNAL && n_fds == 1)
		take_journal(engine, &fds[0]);
	else if (type == IPC_KEEP_VIEW)
		take_view(engine, number, fds, n_fds);
	else if (type == IPC_KEEP_RELAY)
		take_relay(engine, number, fds, n_fds);
	else if (type == IPC_FLOW_GONE)
		flow_gone(engine, number);
	return 0;
}

/* One that was there before tells them anew: what it was not heard of meanwhile is over. */
void outlive_tell(struct engine *engine)
{
	uint32_t pid = resolver_link_pid(engine->tell->link);
	bool same = pid == engine->tell->flows_of;

	engine->tell->flows_of = pid;
	list_foreach (&engine->tell->flows, struct keep, keep, node) {
		struct wire wire;

		if (same) {
			drop(engine, keep);
			continue;
		}
		wire = resolver_link_begin(engine->tell->link);
		ipc_put_flow(&wire, &keep->flow);
		resolver_link_send(engine->tell->link, &wire, keep->fds, keep->n_fds);
	}
}
