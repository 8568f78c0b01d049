// SPDX-License-Identifier: GPL-2.0-or-later
// counting.h - who counts drops for the metrics, as long as these are served
#pragma once

#include "api/call/explainer.h"

#include <ev.h>
#include <stdbool.h>

/* Zeroed, nobody counts. */
struct counting {
	const struct api_explainer *explainer; /* NULL: nobody is to count */
	const char *lacks;		       /* why there may be no tracer, in words */
	struct ev_loop *loop;		       /* NULL: nobody would hear of it */
	int channel;			       /* of whom, as long as there is a loop */
	bool is_running; /* pipe_fd is open, and whoever counts has its other end */
	int pipe_fd;
	double began_s, wait_s; /* when he was started; and how long before the next is */
	ev_io io;
	ev_timer again;
};

/* Drops are to be counted, by whom explainer has started. */
void counting_look(struct counting *counting, const struct api_explainer *explainer,
		   const char *lacks);
/* The process that serves metrics is there, at the other end of channel, and not any more. Each in
 * any order with counting_look(). */
void counting_begin(struct counting *counting, struct ev_loop *loop, int channel);
/* Ends who counts; safe to call twice. */
void counting_end(struct counting *counting);
