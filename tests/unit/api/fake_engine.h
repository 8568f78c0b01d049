// SPDX-License-Identifier: GPL-2.0-or-later
// fake_engine.h - an engine without a kernel: enough of engine/engine.h for tests of api/
#pragma once

#include "engine/engine.h"

/* It keeps networks and containers, chooses addresses with the real ipam, and plumbs nothing. Made
 * with the networks bridge, host and none. */
struct engine *fake_engine_new(struct ev_loop *loop);
void fake_engine_free(struct engine *engine);

/* Tells every subscriber, and the ring, of an event made of these. */
void fake_engine_event(struct engine *engine, const char *type, const char *action, const char *id,
		       const char *name, time_t when);
size_t fake_engine_n_subscribers(const struct engine *engine);

/* Answers the oldest question that is out with this message, or fails it when answer is NULL. */
void fake_engine_answer(struct engine *engine, const uint8_t *answer, size_t len);
size_t fake_engine_n_queries(const struct engine *engine);
uint64_t fake_engine_counted(const struct engine *engine, enum guard_id id);
