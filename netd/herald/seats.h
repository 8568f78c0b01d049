// SPDX-License-Identifier: GPL-2.0-or-later
// seats.h - members of an etcd of netd's own: what is to be done about one, by those there are
#pragma once

#include "base/buf.h"
#include "ipc/herald_msg.h"

/* Theory of operation. A request about a host's member is two questions at etcd: who the members
 * are, and what follows from that, if anything. Both may be asked again at any time: each begins
 * with what there is, so one that was lost half-way is done the next time. */
struct seats_step {
	const char *path; /* what is asked of etcd, with body; NULL: nothing */
	struct buf body;
	int status; /* of the answer, once that is done: 0 or a negative errno */
	char text[CLUSTER_SEAT_LEN_MAX + 1]; /* the sentence, or what a member begins beside */
};

/* what is one of the three about seats. The body is the caller's. */
void seats_decide(enum herald_call what, const struct herald_seat *seat,
		  const struct herald_members *members, struct seats_step *ret_step);
