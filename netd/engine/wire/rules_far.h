// SPDX-License-Identifier: GPL-2.0-or-later
// rules_far.h - the nftables table's elements of other hosts and their containers
#pragma once

#include "engine/state/state.h"
#include "model/rules/ruleset.h"

/* The addresses of containers of other hosts on a network that spans hosts may come in at its first
 * bridge; and back. FAR_TURN of them at the most. */
int rules_far_admit(struct engine *engine, const struct network *network,
		    struct far_end *const *ends, size_t n, struct error *error);
void rules_far_expel(struct engine *engine, const struct network *network,
		     struct far_end *const *ends, size_t n);
/* Tunnels are guarded, once this host has any; hosts that may send to them come and go. */
int rules_tunnels(struct engine *engine, bool add, struct error *error);
int rules_host(struct engine *engine, struct far_host *host, bool add, struct error *error);
/* Appends all of them. */
void rules_far_all(const struct engine *engine, struct ruleset_elems *elems);
