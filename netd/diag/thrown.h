// SPDX-License-Identifier: GPL-2.0-or-later
// thrown.h - what the kernel throws away, by container, reason and place
#pragma once

#include "diag/facts.h"
#include "diag/traced.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed but for its first four it is valid. */
struct thrown {
	const struct facts *facts; /* whose names are told; they may become others meanwhile */
	uint64_t host_netns;
	const char *only; /* a container or network, whose drops alone are told; NULL: all */
	bool is_members;  /* told to somebody who is not root: what is the host's own is not */
	struct traced_drop *before; /* the numbers of last time, sorted */
	size_t n_before;
	uint64_t n_told, n_left_out; /* packets; left out: those that mean nothing (decoy.h) */
};

/* The numbers of a `tell` (docs/tracing.md) are taken from `seen`, and tell() is called for each
 * place at which they have grown, with an object that is its own from then on (NULL: no memory).
 * What was left out as meaning nothing is told with Decoy. 0, or what tell() returned. */
int thrown_take(struct thrown *thrown, struct traced *seen, int (*tell)(void *data, json_t *json),
		void *data);
void thrown_done(struct thrown *thrown);

/* The same numbers out of the counters of links, for a kernel that says no more: text is that of
 * /proc/net/dev in the namespace. 0 or -ENOMEM. */
int thrown_read_links(const char *text, uint64_t netns, struct traced *seen);
