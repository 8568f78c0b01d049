// SPDX-License-Identifier: GPL-2.0-or-later
// losses.h - what a network namespace has lost, by the counters that its kernel keeps of it
#pragma once

#include "diag/facts.h"

#include <jansson.h>

/* The counters of a picture that are not 0, each as an object: "Counter", by its name of nstat(8);
 * "Packets", of which none is in two of them; "Say", what it means. A full queue of one of its
 * links is "qdisc LINK". A new reference; NULL: no memory. */
json_t *losses_json(const struct facts_space *space);
