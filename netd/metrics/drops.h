// SPDX-License-Identifier: GPL-2.0-or-later
// drops.h - what the kernel throws away, by container and reason, as netd-explain tells it
#pragma once

#include "base/buf.h"
#include "metrics/counted.h"
#include "metrics/figure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DROPS_REASON_SIZE 64 /* of the kernel's word, or of a function's name */
#define DROPS_LACKS_SIZE 512 /* why nobody can count */

struct drops_row {
	char container[COUNTED_NAME_SIZE]; /* "": at a network's bridge, and so of no single one */
	char reason[DROPS_REASON_SIZE];
	uint64_t packets;
};

/* Zeroed it is valid, and nobody counts. */
struct drops {
	bool is_wanted;		 /* netd has them counted: there are families of it */
	bool is_up;		 /* they are counted at the moment */
	struct drops_row **rows; /* by container and reason, and no two have both */
	size_t n, room;
	uint64_t n_uncounted;	   /* packets for whose place or row there was no room */
	uint64_t n_uncounted_last; /* of them the one who counts now has told */
	struct buf text;	   /* a line that is not whole */
	char lacks[DROPS_LACKS_SIZE];
};

/* Somebody counts from now on, from 0; what was counted before stays. */
void drops_begin(struct drops *drops);
/* What he says: any bytes. 0; -ENOMEM, or -EMSGSIZE for a line that is none of his: he is of no use
 * any more. */
int drops_read(struct drops *drops, const char *data, size_t len);
/* He has ended. */
void drops_end(struct drops *drops);

/* Appends the families, of a page with these containers (of a snapshot). Rows of containers that
 * are not among them go, unless nobody knows who is there: then containers is no list. */
void drops_write(struct drops *drops, const struct page *page, const struct json_span *containers);
void drops_done(struct drops *drops);
