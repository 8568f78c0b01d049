// SPDX-License-Identifier: GPL-2.0-or-later
// relayed.h - ports that the resolver relays: their sockets are shared with it, and taken back
#pragma once

#include "engine/state/state.h"

void relayed_give_up(struct engine *engine, uint32_t number, const struct port *port);
/* Shares the sockets of ports[first..n) that need the relay. */
void relayed_share(struct engine *engine, const struct container *container, size_t first);
/* The same of ports that are new: many of them in turns. */
void relayed_share_new(struct engine *engine, const struct container *container, size_t first);
/* The number of the first of these that the resolver has not been told of; UINT64_MAX: it has. */
uint64_t relayed_first_left(const struct engine *engine);
/* Some of the first. ends_s: of engine_now_s(). */
void relayed_turn(struct engine *engine, double ends_s);
