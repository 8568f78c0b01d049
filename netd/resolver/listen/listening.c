// SPDX-License-Identifier: GPL-2.0-or-later
// listening.c - the room in which containers ask and are answered: made, and gone round

#include "resolver/listen/listening.h"

#include "base/limits.h"

#include <errno.h>
#include <sys/random.h>

/* The random number decides which address comes first. Nothing depends on its secrecy. */

/* After a failure the process ends, so nothing is undone. syscalls: getrandom */
int listening_init(struct listening *listening, const struct listening_options *options)
{
	listening->loop = options->loop;
	listening->turns = options->turns;
	listening->asking = options->asking;
	listening->stats = options->stats;
	listening->catch_up = options->catch_up;
	listening->data = options->data;
	listening->ttl_s = DNS_TTL_LOCAL_S;
	listening->table = dns_table_new();
	if (listening->table == NULL ||
	    getrandom(&listening->random, sizeof(listening->random), 0) <= 0)
		return -ENOMEM;
	listening->random |= 1; /* zero would stay zero */
	tcp_clients_init(&listening->clients);
	return views_init(&listening->views, listening);
}

/* What has ended during this round is freed. */
void listening_settle(struct listening *listening)
{
	tcp_settle(&listening->clients);
	views_settle(&listening->views);
}
