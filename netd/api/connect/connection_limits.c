// SPDX-License-Identifier: GPL-2.0-or-later
// connection_limits.c - how many may be connected, who has to go when somebody else comes
#include "api/connect/connection_limits.h"

#include "engine/engine.h"

#include <microhttpd.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Theory of operation. A connection that waits for its client (between two requests, or in the
 * middle of one) can be ended at any time: what was not asked whole has no effect, and clients open
 * another one. So nobody who waits keeps others out: in a crowd the one that has waited longest is
 * ended, of the user who has most of them. A client that does not take its answer comes after
 * these. A call in progress is never ended; those of all others than root leave room for root's.
 * Event streams stay for good by their nature; they have a bound of their own. */

enum { CLASS_WAITS, CLASS_DOES_NOT_READ, N_CLASSES };

static bool is_stream(const struct api_connection *connection)
{
	return connection->call &&
	       (connection->call->stream.is_endless || connection->call->is_handed);
}

/* N_CLASSES: it stays. */
static int class_of(const struct api_connection *connection)
{
	const struct api_call *call = connection->call;

	/* One that is ending gives its place back anyway, and who is refused has a bound of his own
	 * (API_REFUSED_MAX). */
	if (connection->ending || connection->refused || is_stream(connection))
		return N_CLASSES;
	/* Half a request has changed nothing, so its client loses no more than the time to send it
	 * again. */
	if (!call || call->state == API_CALL_READING)
		return CLASS_WAITS;
	return call->state == API_CALL_SENT ? CLASS_DOES_NOT_READ : N_CLASSES;
}

static size_t count_of_user(const struct api_door *door, uid_t uid, int class)
{
	size_t n = 0;

	list_foreach (&door->connections, struct api_connection, connection, node)
		n += connection->uid == uid && class_of(connection) == class;
	return n;
}

/* The list is in the order in which they began to wait (api_connection_asks): the first of a user
 * is the one that has waited longest. */
static struct api_connection *choose(struct api_door *door, int class, bool root_asks)
{
	struct api_connection *chosen = NULL;
	size_t n_chosen = 0;

	list_foreach (&door->connections, struct api_connection, connection, node) {
		size_t n;

		if (class_of(connection) != class || (connection->uid == 0 && !root_asks) ||
		    (chosen && connection->uid == chosen->uid))
			continue;
		/* Quadratic at the worst, but of some hundreds of connections, and only where there
		 * is no place left. */
		n = count_of_user(door, connection->uid, class);
		/* Greater, and not equal: of users who have as many, the one that has waited
		 * longest is chosen. */
		if (n > n_chosen) {
			chosen = connection;
			n_chosen = n;
		}
	}
	return chosen;
}

bool api_connection_end_one(struct api_door *door, bool root_asks)
{
	struct api_connection *chosen = NULL;

	for (int class = 0; class < N_CLASSES && !chosen; class ++)
		chosen = choose(door, class, root_asks);
	if (!chosen)
		return false;
	/* It stays in the list until the HTTP server has closed it. The mark keeps it from being
	 * counted, and from being chosen twice. */
	chosen->ending = true;
	engine_count(door->http->engine, GUARD_DROPPED_CONNECTIONS, 1);
	(void)shutdown(chosen->fd, SHUT_RDWR); /* the HTTP server sees an end, and closes */
	return true;
}

/* Of calls: those of streams, and those that are on their way out, take no place. */
static size_t count_calls(const struct api_door *door, bool of_root)
{
	size_t n = 0;

	list_foreach (&door->connections, struct api_connection, connection, node)
		n += !connection->refused && !connection->ending && !is_stream(connection) &&
		     (of_root || connection->uid != 0);
	return n;
}

bool api_connection_make_room(struct api_door *door, bool root)
{
	/* Others than root are held to less, so that root can always look what goes on and end
	 * it. */
	if (!root && count_calls(door, false) >= API_CONNECTIONS_MAX - API_ROOT_RESERVE)
		return api_connection_end_one(door, false);
	return count_calls(door, true) < API_CONNECTIONS_MAX || api_connection_end_one(door, true);
}

/* Who is refused and does not ask for it makes room for the next who is. */
void api_connection_make_room_to_refuse(struct api_door *door)
{
	/* A bound is needed here, too, or connections that say nothing would eat the descriptors
	 * which the limit of calls protects. */
	if (door->n_refused < API_REFUSED_MAX)
		return;
	list_foreach (&door->connections, struct api_connection, connection, node) {
		if (!connection->refused || connection->ending)
			continue;
		connection->ending = true;
		(void)shutdown(connection->fd, SHUT_RDWR);
		return;
	}
}

/* --- who is told no --------------------------------------------------------------------------- */

static bool is_call(const struct api_connection *connection)
{
	return connection->call && !connection->refused && !is_stream(connection);
}

/* "200 of them by process 1234 of user 0": who has most of that kind. */
static void say_holder(const struct api_door *door, bool (*counts)(const struct api_connection *),
		       char *text, size_t size)
{
	const struct api_connection *holder = NULL;
	size_t most = 0;

	list_foreach (&door->connections, struct api_connection, connection, node) {
		size_t n = 0;

		if (!counts(connection) || (holder && connection->pid == holder->pid))
			continue;
		list_foreach (&door->connections, struct api_connection, other, node)
			/* By process and not by user: the administrator needs to know which program
			 * to stop. */
			n += counts(other) && other->pid == connection->pid;
		if (n > most) {
			most = n;
			holder = connection;
		}
	}
	/* Those who had the places may have ended since: then there is nobody to name. */
	(void)snprintf(text, size, "%zu of them of process %d of user %u", most,
		       holder ? holder->pid : 0, holder ? holder->uid : 0);
}

void api_connection_refuse(struct api_call *call)
{
	const struct api_connection *own = api_connection_of(call->connection);
	const struct api_door *door = own->door;
	struct rlimit limit = { 0 };
	char holder[96];

	engine_count(door->http->engine,
		     own->in_spare ? GUARD_REFUSED_DESCRIPTORS : GUARD_REFUSED_CALLS, 1);
	/* The reason is another one here: no bound of netd's was reached, but the limit of the
	 * process. */
	if (own->in_spare) {
		(void)getrlimit(RLIMIT_NOFILE, &limit); /* 0 is a figure, too */
		(void)error_set(&call->error, ERROR_UNAVAILABLE,
				"netd has no file descriptor left for this call (its limit is "
				"%llu): try again, or raise LimitNOFILE= of netd.service",
				(unsigned long long)limit.rlim_cur);
		return;
	}
	say_holder(door, is_call, holder, sizeof(holder));
	(void)error_set(&call->error, ERROR_UNAVAILABLE,
			"%d calls are in progress, which is the most, %s: try again",
			API_CONNECTIONS_MAX, holder);
}

int api_connection_admit_stream(struct api_call *call)
{
	const struct api_connection *own = api_connection_of(call->connection);
	const struct api_door *door = own->door;
	bool root = own->uid == 0;
	/* Refused and not made room for: a stream that is cut off loses events, and its reader
	 * cannot know which. */
	size_t n = 0, max = (size_t)(root ? API_STREAMS_MAX : API_STREAMS_MAX - API_ROOT_RESERVE);
	char holder[96];

	list_foreach (&door->connections, struct api_connection, connection, node)
		n += is_stream(connection) && (root || connection->uid != 0);
	if (n < max)
		return 0;
	engine_count(door->http->engine, GUARD_REFUSED_STREAMS, 1);
	say_holder(door, is_stream, holder, sizeof(holder));
	return error_set(&call->error, ERROR_UNAVAILABLE,
			 "%zu event streams are open, which is the most, %s: end some of them", n,
			 holder);
}
