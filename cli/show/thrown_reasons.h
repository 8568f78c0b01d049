// SPDX-License-Identifier: GPL-2.0-or-later
// thrown_reasons.h - why packets of a container are thrown away: a line for each, from what
// netd-explain --drops says of places
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define THROWN_REASONS_TEXT 256 /* more than a line: who shows it cuts it */

/* Of a container on a network ("": at a place of no network), for a reason, at all places. */
struct thrown_reason;

/* Zeroed it is empty. */
struct thrown_reasons {
	struct thrown_reason *rows;
	size_t n, room;
	bool is_ready;	 /* it is counted */
	char lacks[256]; /* why it is not; "": not known yet, or it is */
};

/* A line of netd-explain's, whatever it is of. 0 or -ENOMEM. */
int thrown_reasons_take(struct thrown_reasons *reasons, const json_t *line);
/* How many, and the reason of the most; false: nothing of that one was thrown away. network NULL:
 * on whatever network. */
bool thrown_reasons_of(const struct thrown_reasons *reasons, const char *container,
		       const char *network, char text[static THROWN_REASONS_TEXT]);
void thrown_reasons_done(struct thrown_reasons *reasons);
