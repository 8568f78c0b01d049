// SPDX-License-Identifier: GPL-2.0-or-later
// connections.h - who is connected to the API, from being accepted to being closed
#pragma once

#include "api/call/call.h"
#include "api/call/http.h"
#include "base/list.h"
#include "base/spare.h"

#include <ev.h>
#include <microhttpd.h>
#include <sys/types.h>

/* A client, from the moment it is accepted until the HTTP server has closed it. */
struct api_connection {
	struct list node; /* in the door's, by when a request last ended, the longest ago first */
	struct api_door *door;
	int fd;	   /* the HTTP server's to close */
	uid_t uid; /* of who connected */
	pid_t pid;
	struct api_call *call; /* NULL: no whole request head is here */
	bool refused;	       /* told so, whatever it asks */
	bool in_spare;	       /* has the descriptor that was kept back */
	bool ending;	       /* shut down; the HTTP server will see it */
};

/* Where clients come in. */
struct api_door {
	struct api_http *http;
	ev_io listener;
	ev_timer rest;			 /* nobody can be accepted now: tried again then */
	struct spare spare;		 /* for saying so */
	ev_timer in_spare;		 /* the client that has it must have asked until then */
	bool short_of_fds;		 /* and the log says so */
	struct api_connection *arriving; /* while the HTTP server takes it over */
	struct list connections;
	size_t n_refused;
};

/* Takes fd over, also when it fails. in_spare: to be told that there are no descriptors. */
int api_connection_new(struct api_door *door, int fd, bool in_spare);
void api_connection_free(struct api_connection *connection);
/* Whose the call is; NULL at the end of the server. */
static inline struct api_connection *api_connection_of(struct MHD_Connection *connection)
{
	/* NULL for what an HTTP server does not know how to tell, and this it does. */
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* A request has begun (call), or has ended (NULL). */
void api_connection_asks(struct api_connection *connection, struct api_call *call);
/* Ends those whose descriptor is the spare one. */
void api_connection_end_spare(struct api_door *door);
