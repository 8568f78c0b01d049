// SPDX-License-Identifier: GPL-2.0-or-later
// targets.h - what of B others may connect to: its listeners, at each of its addresses, and the
// ports of the host that lead to it
#pragma once

#include "diag/facts.h"

#include <stdbool.h>

/* One that a program would write behind connect(2). */
struct diag_target {
	struct addr addr;
	uint16_t port;
	uint8_t protocol;  /* IPPROTO_TCP, IPPROTO_UDP */
	bool is_published; /* addr and port are the host's, and lead to B's own port below */
	bool is_passing;   /* a socket on a port that the kernel gives to who asks others */
	struct addr bound; /* of the listener; of what is published where it leads from */
	uint16_t bound_port;
};

struct diag_targets {
	struct diag_target *items; /* each once */
	size_t n, room;
	size_t n_left; /* that were beyond TARGETS_MAX */
};

/* Whose they are, and how A sees him. */
struct diag_target_of {
	const struct facts_container *container; /* NULL: the host, or none of netd's */
	const struct facts_space *space;
	struct addr only;	    /* of his addresses this one; family 0: all */
	struct addr used[FAMILY_N]; /* that A would use: judge_addr() */
	struct addr host[FAMILY_N]; /* by which A finds the host; family 0: not by that family */
	bool is_wanted[FAMILY_N];   /* A may have addresses of that family */
	bool is_host;		    /* it is the host's own namespace */
	bool is_own;		    /* A is in there, too: its loopback is his */
	bool with_published;	    /* A uses ports of the host */
	bool is_asked_by_host;	    /* from within it */
};

/* Fills them in the order of the sockets, what is published behind them. netd's resolver (and
 * Docker's) is in each container and nobody's server: it is left out. So are the ports of a
 * published run that nobody listens on inside; of one that nobody listens on at all its first port
 * is there. A server that listens on a loopback address is there with the address that A would use,
 * for that is what A is refused at. 0 or -ENOMEM. */
int targets_of(struct facts *facts, const struct diag_target_of *whose,
	       struct diag_targets *ret_targets);
/* Of the host's sockets those that targets_of() is to leave out: what is published is held by them,
 * and is told of where it leads to, or they are bound to a loopback address, which nobody else gets
 * to. 0, or -ENODATA where not all of its sockets are known. */
int targets_set_apart(struct facts *facts);
void targets_done(struct diag_targets *targets);
