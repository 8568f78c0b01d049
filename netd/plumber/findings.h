// SPDX-License-Identifier: GPL-2.0-or-later
// findings.h - what doctor finds, looked for now and then while somebody measures
#pragma once

#include "api/call/explainer.h"
#include "base/buf.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Theory of operation. A report takes doctor a hundredth of a second and more, in a process of its
 * own, so nobody waits for it: who asks gets the last one, and has the next one made when that is
 * old. While nobody asks none is made. What it says is passed on as it is. */
struct findings {
	struct ev_loop *loop;
	const struct api_explainer *explainer; /* NULL: nobody looks */
	bool is_running;
	double asked_s; /* of CLOCK_MONOTONIC, when the last one was asked for; 0: never */
	int pipe_fd;
	pid_t pid;	/* 0: it has not said so yet */
	char status[4]; /* "200\n", before the report */
	size_t status_len;
	struct buf coming, last;
	ev_io io;
	ev_timer hung;
};

void findings_init(struct findings *findings, struct ev_loop *loop,
		   const struct api_explainer *explainer);
/* The last report, a JSON object; NULL: none has been made. It is the caller's, and free(3) takes
 * it. */
char *findings_get(struct findings *findings, size_t *ret_len);
/* Ends whoever looks. */
void findings_done(struct findings *findings);
