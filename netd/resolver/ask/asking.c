// SPDX-License-Identifier: GPL-2.0-or-later
// asking.c - the room in which questions leave for upstream servers: made, and gone round

#include "resolver/ask/asking.h"

#include "base/limits.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>

/* Questions that leave need four things, which are made here: a cache, a space for replies, the
 * name servers, and places for questions that wait. */

int asking_init(struct asking *asking, const struct asking_options *options)
{
	/* After a failure the process ends, so nothing is undone. */
	asking->cache = dns_cache_new(DNS_CACHE_ENTRIES_MAX, DNS_CACHE_BYTES_MAX);
	/* One space for all replies of this room. A reply is sent or copied before the next is
	 * written. */
	asking->scratch = malloc(DNS_TCP_MAX);
	if (asking->cache == NULL || asking->scratch == NULL ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -ENOMEM;
	/* The other half is for what serves containers and ports. */
	asking->sources = (struct sources) { .outbox = options->outbox,
					     .n_max = options->n_fds / 2 };
	upstreams_init(&asking->upstreams, options->loop);
	admission_init(&asking->admission, options->loop, options->n_fds, &asking->sources,
		       options->turn, options->data);
	return flights_init(&asking->flights, options->loop, &asking->upstreams, asking->cache,
			    asking->scratch, options->stats);
}

/* First what has ended, which gives places back; then those who wait for a place. */
void asking_settle(struct asking *asking)
{
	flights_settle(&asking->flights);
	admission_settle(&asking->admission);
}
