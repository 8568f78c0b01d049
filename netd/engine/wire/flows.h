// SPDX-License-Identifier: GPL-2.0-or-later
// flows.h - UDP flows of ports that were published or unpublished, forgotten a moment later
#pragma once

#include "engine/state/state.h"

void flows_forget(struct engine *engine, const struct port *ports, size_t n_ports);
/* At the end of a start: those that a netd which was killed has left, when something was broken off
 * or it says so itself. */
void flows_recover(struct engine *engine, bool broken_off);
void flows_done(struct engine *engine);
