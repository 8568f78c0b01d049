// SPDX-License-Identifier: GPL-2.0-or-later
// thrown.h - what the kernel throws away, as a table of 80 columns
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

void thrown_header(bool colour, struct buf *out);
/* What netd-explain --drops says of a place: a line, or more where the reason is long. */
void thrown_line(const json_t *drop, bool colour, struct buf *out);

/* What a terminal shows: each place once, with how many came there last. Zeroed it is empty. */
struct thrown_places {
	json_t **places;
	size_t n, room;
};
/* In the place of what was known of it. 0 or -ENOMEM. */
int thrown_places_add(struct thrown_places *places, json_t *drop);
/* Those at which the most is dropped now come first, and of these no more than that many lines.
 * What is dropped nowhere any more is shown with "-". */
void thrown_places_screen(struct thrown_places *places, bool colour, size_t max_lines,
			  struct buf *out);
/* From here on nothing was dropped there yet. */
void thrown_places_age(struct thrown_places *places);
void thrown_places_done(struct thrown_places *places);
