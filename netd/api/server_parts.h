// SPDX-License-Identifier: GPL-2.0-or-later
// server_parts.h - the server as its own files share it; not for other modules
#pragma once

#include "api/call/call.h"
#include "api/server.h"
#include "base/spare.h"

#include <microhttpd.h>
#include <sys/types.h>

/* A client, from the moment it is accepted until the HTTP server has closed it. */
struct api_connection {
	struct list node; /* in the server's, by when a request last ended, the longest ago first */
	struct api_server *server;
	int fd;	   /* the HTTP server's to close */
	uid_t uid; /* of who connected */
	pid_t pid;
	struct api_call *call; /* NULL: no whole request head is here */
	bool refused;	       /* told so, whatever it asks */
	bool in_spare;	       /* has the descriptor that was kept back */
	bool ending;	       /* shut down; the HTTP server will see it */
};

struct api_server {
	struct ev_loop *loop;
	struct engine *engine;
	struct MHD_Daemon *daemon;
	ev_io io;			 /* the HTTP server's epoll descriptor */
	ev_timer timer;			 /* its next timeout, or work it has left */
	struct MHD_Response *speechless; /* for when there is no memory for another */
	struct list calls;
	struct api_call
		*large[2]; /* who may send more than API_BODY_MAX: of root's, and of others' */

	ev_io listener;
	ev_timer rest;			 /* nobody can be accepted now: tried again then */
	struct spare spare;		 /* for saying so */
	ev_timer in_spare;		 /* the client that has it must have asked until then */
	bool short_of_fds;		 /* and the log says so */
	struct api_connection *arriving; /* while the HTTP server takes it over */
	struct list connections;
	size_t n_refused;
	bool closed; /* a connection ended in this round */
};

/* Has the HTTP server look at its connections in this turn of the loop: a resumed one makes no
 * descriptor ready. */
void api_server_kick(struct api_server *server);
/* Looks at them now; nothing that they have asked is on the stack. */
void api_server_pump(struct api_server *server);

/* accept.c: who comes. The descriptor is listening, non-blocking, and the server's from now on. */
void api_accept_start(struct api_server *server, int listen_fd);
void api_accept_stop(struct api_server *server);
/* A place may have become free. */
void api_accept_wake(struct api_server *server);

/* connections.c: who is there. Takes fd over, also when it fails. in_spare: to be told that there
 * are no descriptors. */
int api_connection_new(struct api_server *server, int fd, bool in_spare);
void api_connection_free(struct api_connection *connection);
/* Whose the call is; NULL at the end of the server. */
struct api_connection *api_connection_of(struct MHD_Connection *connection);
/* A request has begun (call), or has ended (NULL). */
void api_connection_asks(struct api_connection *connection, struct api_call *call);
/* Ends the connection that can best be spared: true when there was one. root_asks: also one of
 * root's. */
bool api_connection_end_one(struct api_server *server, bool root_asks);
/* Ends those whose descriptor is the spare one. */
void api_connection_end_spare(struct api_server *server);
/* Fills call->error for a connection that is refused. */
void api_connection_refuse(struct api_call *call);
/* Whether one more stream may begin, else call->error says who has them all. */
int api_stream_admit(struct api_call *call);

/* request.c: the HTTP server's view of a call. cls of the first is the server. */
enum MHD_Result api_on_request(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *http_version,
			       const char *upload_data, size_t *upload_size, void **ret_call);
void api_on_completed(void *cls, struct MHD_Connection *connection, void **ret_call,
		      enum MHD_RequestTerminationCode why);

/* What a handler does when it ends, for one that has returned API_LATER: err as it would return it,
 * n_left of the engine before its change. */
void api_call_finish(struct api_call *call, int err, uint64_t n_left);

/* Ends what the call waits for, with an answer, so that the connection can be closed. */
void api_call_cancel(struct api_call *call);

/* events.c: the response that goes on by itself, and its end. */
struct MHD_Response *api_stream_response(struct api_call *call);
void api_stream_end(struct api_stream *stream);
void api_stream_free(struct api_stream *stream);

/* changes.c: it is not made; NULL is fine. */
void api_change_free(struct api_change *change);

/* lookup.c: the answer, when it comes, finds nobody. */
void api_lookup_forget(struct api_lookup *lookup);
/* system.c: the same for a restore. */
void api_restore_forget(struct api_restore *restore);
