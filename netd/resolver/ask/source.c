// SPDX-License-Identifier: GPL-2.0-or-later
// source.c - sockets inside a container, from which its own servers are asked

#include "resolver/ask/source.h"

#include "base/grow.h"
#include "resolver/ask/datagram.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A container's own servers are asked from inside it, but the resolver can
 * enter no namespace. So the plumber opens sockets there, in batches, and the source keeps those
 * that are idle. Datagram sockets are used again: disconnected and emptied, they are as good as
 * new. Streams are used once. When a kind runs short, the plumber is asked for more, once a
 * second at the most, and never for more than leaves descriptors to containers and ports. A
 * source that is closed gives out nothing and closes what comes back, so the namespace is not
 * kept alive by it. */

/* TCP sockets cannot be used twice. */
static bool is_stream(enum ipc_socket_kind kind)
{
	return kind == IPC_SOCKET_TCP4 || kind == IPC_SOCKET_TCP6;
}

/* How many of one kind a source may have. */
static unsigned most_of(enum ipc_socket_kind kind)
{
	return is_stream(kind) ? SOURCE_STREAMS_MAX : DNS_INFLIGHT_PER_VIEW_MAX;
}

/* view is the number by which the plumber knows the container. */
struct source *source_new(struct sources *sources, uint32_t view)
{
	struct source *source = calloc(1, sizeof(*source));

	if (source == NULL)
		return NULL;
	source->sources = sources;
	source->refs = 1;
	source->view = view;
	list_init(&source->busy);
	return source;
}

/* A source lives as long as its view and its servers. */
struct source *source_ref(struct source *source)
{
	source->refs++;
	return source;
}

/* Takes NULL. Everything must have been closed. */
void source_unref(struct source *source)
{
	if (source == NULL || --source->refs > 0)
		return;
	for (unsigned i = 0; i < IPC_SOCKET_N_KINDS; i++)
		free(source->kinds[i].idle);
	free(source);
}

/* Of which families sockets are kept at hand. */
void source_use(struct source *source, const bool used[FAMILY_N])
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		source->kinds[ipc_socket_udp(family)].used = used[family];
		source->kinds[ipc_socket_tcp(family)].used = used[family];
	}
}

/* n_all counts idle and busy ones, sources->n those of all containers. */
static void close_one(struct source *source, enum ipc_socket_kind kind, int fd)
{
	(void)close(fd);
	source->kinds[kind].n_all--;
	source->sources->n--;
}

/* From here on a socket that comes back is closed. syscalls: close */
void source_close(struct source *source)
{
	if (source == NULL || source->closed)
		return;
	source->closed = true;
	for (unsigned i = 0; i < IPC_SOCKET_N_KINDS; i++)
		while (source->kinds[i].n_idle > 0)
			close_one(source, i, source->kinds[i].idle[--source->kinds[i].n_idle]);
	/* Each of them gives its socket back, which is closed then. */
	list_foreach (&source->busy, struct datagram, datagram, busy)
		datagram_cancel(datagram);
}

/* As many as fit one message, of the kinds that have run short. Asks the plumber for more. */
static void want(struct source *source)
{
	struct sources *sources = source->sources;
	struct ipc_sockets message = { .view = source->view };
	uint64_t now_ms = clock_ms();
	uint8_t space[32];
	struct wire wire = wire_writer(space, sizeof(space));
	bool any = false;

	/* Not with each question that finds none, and never more than leaves descriptors for what
	 * containers and ports need. */
	if (source->closed || now_ms - source->wanted_ms < SOURCE_WANT_MS ||
	    sources->n + IPC_FDS_MAX > sources->n_max)
		return;
	for (unsigned i = 0; i < IPC_SOCKET_N_KINDS; i++) {
		const struct source_kind *kind = &source->kinds[i];
		unsigned batch = is_stream(i) ? SOURCE_STREAMS_MAX / 2 : SOURCE_BATCH;

		if (!kind->used || kind->n_idle >= batch / 2 || kind->n_all + batch > most_of(i))
			continue;
		message.n[i] = (uint8_t)batch;
		any = true;
	}
	/* Enough of everything: no message at all. */
	if (!any)
		return;
	source->wanted_ms = now_ms;
	ipc_put_sockets(&wire, &message);
	outbox_send(sources->outbox, &wire);
}

/* A question for both families leaves to the one that there are sockets of. Whether a question may
 * leave. It asks for sockets where there are none. */
bool source_is_ready(struct source *source)
{
	bool ready = false, none_used = true;

	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct source_kind *sockets = &source->kinds[ipc_socket_udp(family)];

		if (!sockets->used)
			continue;
		none_used = false;
		ready |= sockets->n_idle > 0;
		if (sockets->n_idle == 0)
			want(source);
	}
	return ready || none_used || source->closed;
}

/* A closed source "has" one: the attempt fails then at once and nobody waits. */
bool source_has(struct source *source, enum ipc_socket_kind kind)
{
	if (source->closed || source->kinds[kind].n_idle > 0)
		return true;
	want(source);
	return false;
}

/* -EAGAIN: none is idle, and some have been asked for. */
int source_take(struct source *source, enum ipc_socket_kind kind)
{
	struct source_kind *sockets = &source->kinds[kind];
	int fd;

	if (source->closed)
		return -ECONNREFUSED;
	if (sockets->n_idle == 0) {
		want(source);
		return -EAGAIN;
	}
	fd = sockets->idle[--sockets->n_idle];
	/* A stream is the caller's for good. */
	if (is_stream(kind)) {
		sockets->n_all--;
		source->sources->n--;
		/* Asked for before the last one is gone: the next connection must not wait for
		 * the plumber. */
		want(source);
	}
	return fd;
}

/* Without its port nothing comes any more; what came for the last question must not be there for
 * the next. false: more came than is worth reading, or the socket is broken. syscalls: connect
 * recvfrom */
static bool make_clean(int fd)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	uint8_t byte;

	if (connect(fd, &nobody, sizeof(nobody)) < 0)
		return false;
	for (int i = 0; i < SOURCE_STALE_MAX; i++)
		if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0 && errno == EAGAIN)
			return true;
	return false;
}

/* For datagram sockets only. */
void source_give(struct source *source, enum ipc_socket_kind kind, int fd)
{
	struct source_kind *sockets = &source->kinds[kind];

	if (source->closed || !make_clean(fd)) {
		close_one(source, kind, fd);
		return;
	}
	/* There is room: grow saw to it when the socket came. */
	sockets->idle[sockets->n_idle++] = fd;
	source->sources->freed = true;
}

/* false: it is no socket of the four kinds. syscalls: getsockopt fcntl */
static bool kind_of(int fd, enum ipc_socket_kind *ret_kind)
{
	int domain = 0, type = 0, listening = 1;
	socklen_t len = sizeof(int);

	/* The kernel's own answers decide the kind. A descriptor of another sort is left to the
	 * caller, who closes it. */
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || listening ||
	    (domain != AF_INET && domain != AF_INET6) ||
	    (type != SOCK_DGRAM && type != SOCK_STREAM) || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return false;
	*ret_kind = type == SOCK_DGRAM ? ipc_socket_udp(family_of((uint8_t)domain))
				       : ipc_socket_tcp(family_of((uint8_t)domain));
	return true;
}

/* There is room in idle for all, those that are busy now included. So that giving one back never
 * needs memory. */
static bool make_room(struct source_kind *sockets)
{
	int *idle = grow(sockets->idle, &sockets->size, sockets->n_all + 1, sizeof(*idle));

	if (idle == NULL)
		return false;
	sockets->idle = idle;
	return true;
}

/* Takes what it can use and leaves -1 in its place. */
void source_add(struct source *source, int *fds, size_t n_fds)
{
	enum ipc_socket_kind kind;

	if (source->closed)
		return;
	for (size_t i = 0; i < n_fds; i++) {
		if (!kind_of(fds[i], &kind) || source->kinds[kind].n_all >= most_of(kind) ||
		    !make_room(&source->kinds[kind]))
			continue;
		source->kinds[kind].idle[source->kinds[kind].n_idle++] = fds[i];
		source->kinds[kind].n_all++;
		source->sources->n++;
		source->wanted_ms = 0; /* it can be done: further ones may be asked for at once */
		fds[i] = -1;
	}
	source->sources->freed = true;
}
