// SPDX-License-Identifier: GPL-2.0-or-later
// ports_record.h - published ports in the store, as runs
#pragma once

#include "engine/state/state.h"

/* ports[first..n) into the store, out of it, and all of them back from it, parked
 * ones included. position is larger than that of any port recorded before. */
int ports_record(struct engine *engine, const struct container *container, size_t first,
		 int64_t position, struct error *error);
/* All ports of the container, parked ones included, in place of what the store has. ports: its
 * n_ports ports as they are to be. */
int ports_record_anew(struct engine *engine, const struct container *container,
		      const struct port *ports, int64_t position, struct error *error);
int ports_record_forget(struct engine *engine, const struct container *container, size_t first,
			struct error *error);
int ports_record_load(struct engine *engine, struct container *container, struct error *error);
