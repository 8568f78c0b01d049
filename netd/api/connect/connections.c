// SPDX-License-Identifier: GPL-2.0-or-later
// connections.c - who is connected to the API, from being accepted to being closed
#include "api/connect/connections.h"

#include "api/connect/connection_limits.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A connection is in the list from before libmicrohttpd knows of it until
 * after that has closed it. The list's order is who has waited longest. The descriptor belongs to
 * libmicrohttpd: this file only shuts it down, and the server closes it when it sees the end. */

static struct api_connection *make(struct api_door *door, int fd, bool in_spare)
{
	struct api_connection *connection = calloc(1, sizeof(*connection));
	/* Nobody's is the safe default: it has no part in what is kept for root. */
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	if (!connection)
		return NULL;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len); /* then it is nobody's */
	connection->door = door;
	connection->fd = fd;
	connection->uid = peer.uid;
	connection->pid = peer.pid;
	connection->in_spare = in_spare;
	/* Who is refused is taken in all the same: a closed socket would say nothing, and clients
	 * would report a broken daemon instead of a full one. */
	connection->refused = in_spare || !api_connection_make_room(door, peer.uid == 0);
	if (connection->refused) {
		api_connection_make_room_to_refuse(door);
		door->n_refused++;
	}
	/* At the end only: the two calls above look for others, and must not find this one. */
	list_append(&door->connections, &connection->node);
	return connection;
}

int api_connection_new(struct api_door *door, int fd, bool in_spare)
{
	/* It wants an address, and clients of a unix socket have none. */
	static const struct sockaddr nobody = { .sa_family = AF_UNIX };
	struct api_connection *connection = make(door, fd, in_spare);
	int err = 0;

	if (!connection) {
		(void)close(fd);
		return -ENOMEM;
	}
	/* The HTTP server has no argument for it: it calls back from within, and finds it here. */
	door->arriving = connection;
	if (MHD_add_connection(door->http->daemon, fd, &nobody, sizeof(nobody)) != MHD_YES) {
		err = -ENOMEM;	    /* and it has closed the socket */
		if (door->arriving) /* else it has said that it closed it, and it is freed */
			api_connection_free(connection);
	}
	door->arriving = NULL;
	return err;
}

void api_connection_free(struct api_connection *connection)
{
	struct api_door *door = connection->door;

	/* Counted by hand, as nobody walks the list for it: each arrival looks at the number. */
	if (connection->refused)
		door->n_refused--;
	/* The timer may fire later and would look for a client that has gone. */
	if (connection->in_spare)
		ev_timer_stop(door->http->loop, &door->in_spare);
	list_remove(&connection->node);
	/* MHD_add_connection() may close it before it returns: then api_connection_new() must not
	 * free it again. */
	if (door->arriving == connection)
		door->arriving = NULL;
	/* Only noted: whoever waits for a place is let in when the HTTP server is done with its
	 * round. */
	door->http->closed = true;
	free(connection);
}

void api_connection_end_spare(struct api_door *door)
{
	list_foreach (&door->connections, struct api_connection, connection, node)
		/* Shut down and not closed: the descriptor is the HTTP server's, which sees the end
		 * and closes it. */
		if (connection->in_spare)
			(void)shutdown(connection->fd, SHUT_RDWR);
}

void api_connection_asks(struct api_connection *connection, struct api_call *call)
{
	struct list *all = &connection->door->connections;

	connection->call = call;
	if (call)
		return;
	/* Waiting begins anew: it goes behind those who have waited longer. */
	list_remove(&connection->node);
	list_append(all, &connection->node);
}
