// SPDX-License-Identifier: GPL-2.0-or-later
// far_way.h - the way to containers of other hosts: entries of the kernel, elements of the table
#pragma once

#include "engine/state/state.h"

/* What of these (FAR_TURN at the most, all on this network) is to be taken goes, and what is to be
 * there is put. What fails stays to be done. */
int far_way_change(struct engine *engine, struct network *network, struct far_end *const *ends,
		   size_t n, struct error *error);
/* The tunnel or its bridge is a new one, or was changed: all of it is put again, and what is there
 * besides is taken where all that others have is known. */
int far_way_restore(struct engine *engine, struct network *network, struct error *error);
/* The network goes: nothing is left of it that is noted here or in the table. */
void far_way_forget(struct engine *engine, struct network *network);

/* As the end of a sentence; NULL: the kernel has what it should. */
const char *far_way_differs(const struct engine *engine, const struct network *network);
/* Whether an entry for it is wanted. */
bool far_way_has_mac(const struct engine *engine, const struct network *network,
		     const struct mac *mac);
bool far_way_has_addr(const struct engine *engine, const struct network *network,
		      const struct addr *addr);
