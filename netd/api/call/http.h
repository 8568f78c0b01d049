// SPDX-License-Identifier: GPL-2.0-or-later
// http.h - libmicrohttpd's daemon, driven by our loop
#pragma once

#include "api/call/captures.h"
#include "api/call/cluster.h"
#include "api/call/explainer.h"
#include "api/call/starter.h"
#include "base/once.h"
#include "engine/engine.h"

#include <ev.h>
#include <stdbool.h>

struct MHD_Daemon;

/* The HTTP server, and what everybody above it works with. */
struct api_http {
	struct ev_loop *loop;
	struct engine *engine;
	struct api_explainer explainer;
	struct api_explanations explanations;
	struct api_captures captures;
	struct api_starter starter;
	struct api_cluster cluster;
	struct once refused; /* that the log has been told of */
	struct MHD_Daemon *daemon;
	ev_io io;		       /* its epoll descriptor */
	ev_timer timer;		       /* its next timeout, or work it has left */
	bool closed;		       /* a connection ended in this round */
	void (*on_closed)(void *data); /* after such a round: a place may have become free */
	void *on_closed_data;
};

/* The daemon is there, loop and on_closed are set: has the loop watch it. */
void api_http_start(struct api_http *http);
void api_http_stop(struct api_http *http);

/* Has the HTTP server look at its connections in this turn of the loop: a resumed one makes no
 * descriptor ready. */
void api_http_kick(struct api_http *http);
/* Looks at them now; nothing that they have asked is on the stack. */
void api_http_pump(struct api_http *http);
