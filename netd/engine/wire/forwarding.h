// SPDX-License-Identifier: GPL-2.0-or-later
// forwarding.h - the host made to forward for netd's networks, and back
#pragma once

#include "engine/state/state.h"

/* Before a network is in use: the host forwards its families, and goes on taking
 * router advertisements. What cannot be done is logged. */
void forwarding_ensure(struct engine *engine, const struct network *network);
/* Whether the host forwards for the network: to others, or between its own segments. */
bool forwarding_is_for(const struct network *network);
/* True also where it cannot be read. */
bool forwarding_on_host(const struct engine *engine, uint8_t family);
/* netd made the host forward this family: remembered until that ends or the host restarts. */
bool forwarding_is_ours(const struct engine *engine, uint8_t family);
/* It forwards; and where netd made it do so, not by the look of the setting alone. */
bool forwarding_is_in_force(const struct engine *engine, uint8_t family);
/* When netd ends where nothing is attached: IPv6 is as it was before netd. */
void forwarding_leave(struct engine *engine);
/* When netd leaves the host for good and all networks are gone: both families are as they were. */
void forwarding_reset(struct engine *engine);
/* Somebody switched off what is ours. */
void forwarding_again(struct engine *engine, uint8_t family);
/* After a network went: IPv6 is as it was before netd, when no other needs it. While booting it
 * does nothing: the start does it at its end. */
void forwarding_release(struct engine *engine);
/* The same whoever counts on it, and without a word to the table; false: netd changed nothing, or
 * cannot. */
bool forwarding_put_back(struct engine *engine);
/* Names of the interfaces that netd gave accept_ra 2, "default" among them. NULL: no memory. */
json_t *forwarding_kept_ra(const struct engine *engine);
