// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_shape.h - limits of bandwidth at the host's end of a container's link
#pragma once

#include "kernel/rtnl.h"
#include "model/container/bandwidth.h"

/* The numbers by which netd's own are known: its queues' handle, and the place of the filter that
 * leads to the second queue. */
#define RTNL_SHAPE_HANDLE 0x6e640000U /* "nd" */
#define RTNL_SHAPE_PRIORITY 0x6e64

/* What a link is to have. A bucket with the rate 0: no limit of that way. */
struct rtnl_shape {
	int host_ifindex;
	const char *name;  /* of the link in which waits what the container sends */
	const char *alias; /* of that link */
	struct bandwidth_bucket bucket[BANDWIDTH_N_WAYS];
};

/* Makes it so, whatever was there: a queue of somebody else's at the link's root is replaced; his
 * filters stay. *ret_ifindex: the link that holds what the container sends; 0: none is needed. A
 * kernel that cannot do it: ERROR_NOT_IMPLEMENTED, which says what it lacks. On failure a part of
 * it may be there, and *ret_ifindex says whether the link is. */
int rtnl_shape_set(struct rtnl *rtnl, const struct rtnl_shape *shape, int *ret_ifindex,
		   struct error *error);

/* What there is of it. */
struct rtnl_shaped {
	struct bandwidth_bucket bucket[BANDWIDTH_N_WAYS]; /* netd's own; rate 0: there is none */
	bool leads;	  /* what the container sends goes to the link */
	bool waits_there; /* that link is up */
	uint64_t dropped[BANDWIDTH_N_WAYS];
};

/* A bucket of netd's, by the link whose root it is. */
struct rtnl_queue {
	int ifindex;
	struct bandwidth_bucket bucket;
	uint64_t dropped;
};

/* By the link's number, with which an item begins: for qsort(3) and bsearch(3). */
static inline int rtnl_shape_order(const void *a, const void *b)
{
	const int *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* All of them by one dump, sorted by their links. *ret_queues is the caller's to free. */
int rtnl_shape_all(struct rtnl *rtnl, struct rtnl_queue **ret_queues, size_t *ret_n,
		   struct error *error);

/* Whether what the host's end receives goes to the link turn. This is not in a dump of all: the
 * kernel tells of filters by link. */
int rtnl_shape_leads(struct rtnl *rtnl, int host_ifindex, int turn, bool *ret_leads,
		     struct error *error);

/* What limits have dropped is added to what is counted of their containers' links, by one dump
 * where there are none. The links are sorted. */
int rtnl_shape_count(struct rtnl *rtnl, struct seen_through *links, size_t n, struct error *error);

/* Whether the event is of this connection's own doing. Before Linux 6.8 to look at a queue is told
 * as if it had been changed. */
bool rtnl_shape_is_own(const struct rtnl *rtnl, const struct rtnl_event *event);

/* turn: the link that holds what the container sends; 0: there is none. What is gone is not there,
 * and no failure. */
int rtnl_shape_look(struct rtnl *rtnl, int host_ifindex, int turn, struct rtnl_shaped *ret_shaped,
		    struct error *error);
