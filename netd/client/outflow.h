// SPDX-License-Identifier: GPL-2.0-or-later
// outflow.h - what comes from a connection goes into a file or a pipe, until it is enough
#pragma once

#include "base/buf.h"
#include "base/error.h"

struct outflow {
	int from; /* a connected socket */
	int to;
	const char *to_name;					 /* for messages */
	const struct buf *early;				 /* what came before */
	void (*seen)(void *data, const char *piece, size_t len); /* NULL: nobody looks */
	void *data;
};

/* How it ended, when nothing went wrong. */
enum outflow_end {
	OUTFLOW_ALL = 0, /* the other side has said all */
	OUTFLOW_UNREAD,	 /* whoever reads `to` has gone */
	OUTFLOW_FORCED,	 /* a second signal: the rest was not waited for */
};

/* SIGINT, SIGTERM and SIGHUP say that it is enough: the connection's half is closed, and what the
 * other side still has to say is written. The signals are blocked from then on. An outflow_end, or
 * a negative errno with the sentence. */
int outflow_run(const struct outflow *outflow, struct error *error);
