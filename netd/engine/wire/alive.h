// SPDX-License-Identifier: GPL-2.0-or-later
// alive.h - containers that end: their processes, and what their namespaces' paths lead through
#pragma once

#include "engine/state/state.h"

int alive_start(struct engine *engine, struct error *error);
void alive_stop(struct engine *engine);

int alive_watch(struct engine *engine, struct container *container, struct error *error);
void alive_unwatch(struct engine *engine, struct container *container);
/* The container's netns (or process) is no more. */
bool alive_is_dead(const struct container *container);
