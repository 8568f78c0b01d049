// SPDX-License-Identifier: GPL-2.0-or-later
// followed.h - a packet of a container as a person reads it, when it comes by
#pragma once

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>

struct followed_look {
	bool colour;
	bool numeric; /* addresses instead of names */
	bool verbose; /* drops that mean nothing, too */
};

/* What netd-explain --follow says of an event: a line, and one more for each end that NAT has made
 * another. false: it is none, or means nothing and is left out. */
bool followed_screen(const json_t *event, const struct followed_look *look, struct buf *out);
