// SPDX-License-Identifier: GPL-2.0-or-later
// shaping.h - the limits of bandwidth of an endpoint, at the host's end of its link
#pragma once

#include "engine/wire/present.h"
#include "kernel/rtnl_shape.h"

#include <stdio.h>
#include <string.h>

/* The link that holds what the container sends: "nq" and the beginning of the endpoint's id. */
static inline void shaping_name(const struct endpoint *endpoint,
				char ret_name[static IFNAME_LEN_MAX + 1])
{
	(void)snprintf(ret_name, IFNAME_LEN_MAX + 1, "nq%.12s", endpoint->id); /* fits: 14 */
}

/* Whether a link of the host's has such a name. */
static inline bool shaping_is_name(const char *name)
{
	return strncmp(name, "nq", 2) == 0 && strlen(name) == 2 + 12 &&
	       strspn(name + 2, "0123456789abcdef") == 12;
}

/* The host's end has the limits that the endpoint's spec says, and no others. */
int shaping_set(struct engine *engine, struct endpoint *endpoint, struct error *error);
/* The same for an endpoint that has none: nothing is asked of the kernel. */
int shaping_make(struct engine *engine, struct endpoint *endpoint, struct error *error);
/* At a start: what the link is that an earlier netd has made. */
void shaping_find(struct engine *engine, struct endpoint *endpoint);
/* Its link goes, or has gone. */
void shaping_end(struct engine *engine, struct endpoint *endpoint);

/* What somebody did to the limits, as the end of a sentence; NULL: they are as they should be, or
 * cannot be looked at. present: of a comparison; NULL: the kernel is asked about this one. */
const char *shaping_differs(struct engine *engine, const struct endpoint *endpoint,
			    const struct present *present);

/* The kernel tells of a link, or of a queue or filter there: it may be one of these. */
void shaping_told(struct engine *engine, int ifindex);
/* Whether any that was told of since differs. */
bool shaping_look_at_told(struct engine *engine);

/* How many packets the limits have dropped. false: there are no limits, or they cannot be read. */
bool shaping_dropped(struct engine *engine, const struct endpoint *endpoint,
		     uint64_t ret_dropped[static BANDWIDTH_N_WAYS]);
