// SPDX-License-Identifier: GPL-2.0-or-later
// explainer.h - who finds out why A does not reach B, in a process of its own
#pragma once

#include "base/limits.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>

/* What is asked, as the query has it. */
struct api_explain {
	const char *from, *to;
	bool with_facts;	     /* the answer has them, too, for whoever judges elsewhere */
	bool all;		     /* each listener of B, whose text has no port then */
	bool probe;		     /* one real connection is made */
	bool doctor;		     /* what is wrong, without a pair: from and to are NULL */
	const char *name;	     /* of whom; NULL: everything */
	bool connections;	     /* the flows of the container `name` */
	bool losses;		     /* what was lost inside of it */
	bool reach;		     /* who reaches which listener, without a pair */
	const char *names, *network; /* who asks; NULL: everybody, on every network */
};

/* Packets as they come by, or with drops what the kernel throws away. */
struct api_watch {
	bool drops, no_rules;
	bool for_metrics; /* drops in lines and with their reasons, or none; whoever asks is netd */
	const char *name; /* of a container, for drops also a network; NULL: everybody's */
	const char *words[FOLLOWED_WORDS_MAX]; /* of a filter */
	size_t n_words;
	const char *seconds; /* after which it ends; NULL: when its client does */
};

struct capture_asked;

/* plumber/explainer.c */
struct api_explainer {
	/* Has a process started that writes into the pipe, whose end is its alone then: its pid (a
	 * pid_t), the HTTP status in a line of its own, and the body, which ends with a newline. It
	 * ends by itself. Nothing is waited for: it need not have begun when this returns 0; or
	 * negative errno. NULL: nobody does. */
	int (*start)(const struct api_explain *asked, int pipe_fd, void *data);
	/* Has a process started that captures: a pid_t into the socket, which is its alone then,
	 * and "101\n", for which it is handed a connected socket to write to; or the HTTP status in
	 * a line, and the body, as above. -EUSERS: CAPTURE_AT_ONCE_MAX run already. NULL: nobody
	 * does. */
	int (*capture)(const struct capture_asked *asked, int control_fd, void *data);
	/* Has a process started that writes the whole reply to the client's socket, and ends with
	 * it, or when the other end of the pipe is closed; it has the pipe's end open as long as it
	 * lives. Both are duplicated. 0 or negative errno. NULL: nobody does. */
	int (*watch)(const struct api_watch *asked, int client_fd, int pipe_fd, void *data);
	void *data;
};

/* Those who are answered, and those who wait for their turn. */
struct api_explanations {
	struct list waiting;
	size_t n_running, n_waiting;
	size_t n_watching; /* who look at packets: of those nobody waits */
	bool takes_facts;  /* one of those who run: its answer may be long */
};
