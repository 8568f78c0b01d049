// SPDX-License-Identifier: GPL-2.0-or-later
// admission.h - who may ask outside now, and who waits for a turn
#pragma once

#include "base/list.h"
#include "resolver/ask/request.h"
#include "resolver/loop/job.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. What is asked upstream at a time is limited, in all and for each container
 * (share.h). What a container asks beyond its share waits in a line of its own, in memory of which
 * it has a share, too, and is asked in the order it came, in its container's turns (turns.h), as
 * soon as something was answered. Time spent in the line counts: a question is answered within
 * DNS_BUDGET_MS of its arrival, if only with SERVFAIL. So one container can use up what is its own,
 * and no more.
 */
struct source;
struct sources;

struct account {
	struct list node; /* in the backlog while something waits */
	struct list waiting;
	struct party *party;
	struct job next; /* the first in line has its turn, or is late */
	struct admission *admission;
	size_t n_asked, waiting_bytes;
	struct source *source; /* of sockets, for a container with servers of its own; else NULL */
};

struct admission {
	struct ev_loop *loop;
	ev_timer late;
	struct list backlog; /* accounts */
	size_t n_asked, n_asked_max, waiting_bytes;
	struct sources *sources;
	bool freed; /* since somebody last looked whether there is room */
	/* The turn of request has come, or (late) is over: takes it over. */
	void (*turn)(struct request *request, bool late, void *data);
	void *data;
};

/* n_fds: how many descriptors the process may have, for each question asked needs one. sources:
 * those that accounts have their sockets of. */
void admission_init(struct admission *admission, struct ev_loop *loop, size_t n_fds,
		    struct sources *sources,
		    void (*turn)(struct request *request, bool late, void *data), void *data);
/* party is the account's from now on. */
void admission_account_init(struct account *account, struct admission *admission,
			    struct party *party);
/* Whose container goes away. What waits was freed before. */
void admission_account_done(struct account *account);

/* May a question that has just come be asked at once? */
bool admission_is_open(const struct admission *admission, const struct account *account);
/* From now on request is one of those asked; account NULL: nobody's share. */
void admission_ask(struct admission *admission, struct account *account, struct request *request);
/* It waits for its turn. False: its container has too many waiting. */
bool admission_wait(struct admission *admission, struct account *account, struct request *request);
/* Off the list and the count it was on; for request_free. */
void admission_leave(struct request *request);
/* Those for whom there is room now have their turn soon. */
void admission_settle(struct admission *admission);
