// SPDX-License-Identifier: GPL-2.0-or-later
// resolver_peer.h - the resolver's end of the channel, for tests: its messages, and no DNS behind
#pragma once

#include "rig.h"

struct resolver_peer;

/* Says hello, has nothing to be adopted, and is introduced to the rig's engine. It hears what it is
 * told whenever the rig's loop turns. The rig's engine is told when it ends. */
struct resolver_peer *resolver_peer_start(struct rig *rig);
/* The process ends; the engine finds out when the loop turns. NULL is fine. */
void resolver_peer_end(struct resolver_peer *peer);

/* How often it was handed the ring in which questions are noted. */
size_t resolver_peer_n_rings(const struct resolver_peer *peer);

/* Look-ups that it was asked for and has not answered. */
size_t resolver_peer_n_questions(const struct resolver_peer *peer);
/* Who asks in the nth of them, from 0: the number of a view; 0: the host. */
uint32_t resolver_peer_view(const struct resolver_peer *peer, size_t nth);
/* Answers the nth of them with this message. */
void resolver_peer_answer(struct resolver_peer *peer, size_t nth, const uint8_t *message,
			  size_t len);
/* An answer to what nobody asked. */
void resolver_peer_make_up(struct resolver_peer *peer, uint32_t id, const uint8_t *message,
			   size_t len);
