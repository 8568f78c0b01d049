// SPDX-License-Identifier: GPL-2.0-or-later
// seen_object.h - a network, a container and its ports, as a snapshot shows them
#pragma once

#include "base/buf.h"
#include "model/container/container.h"
#include "model/network/network.h"
#include "model/seen/seen_part.h"

/* Writes a little of an object: a network, an endpoint of a container, a run of its ports. *step is
 * 0 at first, and counts from there. True: there is more to be written; the object must be as it
 * was then, or be begun anew. What is written in the end are elements of a list with commas between
 * them: one, or of ports any number. An object is shown as its own record has it, so what is
 * written stays right until that record changes. */
bool seen_object_network(struct buf *out, const struct network *network, size_t *step);
bool seen_object_container(struct buf *out, const struct container *container, size_t *step);
/* wanted: a port of the host; 0: all are written. Otherwise the runs that it is in, and the first,
 * by which a reader sees that there are others. */
bool seen_object_ports(struct buf *out, const struct container *container, uint16_t wanted,
		       size_t *step);
/* A container with no more than it takes to find its links among the host's: whole, at once. */
void seen_object_ends(struct buf *out, const struct container *container);
