// SPDX-License-Identifier: GPL-2.0-or-later
// lane.h - questions to one server over TCP: a c-ares channel, driven by the loop
#pragma once

#include "base/addr.h"
#include "base/list.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct lane_query;
struct source;

/* status 0: answer holds whatever the server said, valid during the call. Else a negative errno:
 * -ETIMEDOUT, -ECONNREFUSED (the network said no), -ECANCELED, -EIO. */
typedef void (*lane_fn)(struct lane_query *query, int status, const uint8_t *answer, size_t len);

/* Embedded by who asks; must live until done was called, which happens exactly once. */
struct lane_query {
	lane_fn done;
	const void *party; /* whose it is: compared, and nothing else */
	/* lane.c's */
	struct list node;
	struct lane *lane;
	const uint8_t *message;
	size_t len;
	uint64_t deadline_ms;
	bool lost; /* alone, on a connection that was closed before the answer */
};

/* Where a server is. */
struct server_name {
	struct addr addr;
	uint16_t port;
	uint32_t zone;	       /* index of the interface, for a link-local address; else 0 */
	struct source *source; /* in a container's netns; NULL: in the host's */
};

static inline bool server_name_equal(const struct server_name *a, const struct server_name *b)
{
	return a->port == b->port && a->zone == b->zone && a->source == b->source &&
	       addr_equal(&a->addr, &b->addr);
}

/* NULL: out of memory. The loop must outlive it. */
struct lane *lane_new(struct ev_loop *loop, const struct server_name *server);
/* What is still open ends with -ECANCELED first. */
void lane_free(struct lane *lane);
/* Sends a complete DNS message with an id of the caller's choice, which lives as long as query;
 * once more when the server closes the connection. Only an answer from this server with this id and
 * question is accepted. Never fails: query->done is called, perhaps before this returns. */
void lane_send(struct lane *lane, const uint8_t *message, size_t len, struct lane_query *query);
size_t lane_n_open(const struct lane *lane);
