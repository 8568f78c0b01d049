// SPDX-License-Identifier: GPL-2.0-or-later
// rules.h - the nftables table's elements: what networks and ports put into it
#pragma once

#include "engine/state/state.h"
#include "model/rules/ruleset.h"

/* The elements of everything. */
int rules_reset(struct engine *engine, struct error *error);
/* The table goes on without an owner, and nft(8) prints what it can read again. The last use. */
void rules_disown(struct engine *engine);
/* rules_reset, and the user's rules. */
int rules_rebuild(struct engine *engine, struct error *error);
/* Port elements with their shared counts; ports[first..n). */
int rules_publish(struct engine *engine, const struct container *container, size_t first,
		  struct error *error);
void rules_unpublish(struct engine *engine, const struct container *container, size_t first);
/* The addresses of endpoints[first..n) may come in at the bridges of the container, and those of
 * the others at theirs; and back, which copes with what was never done. */
int rules_admit(struct engine *engine, const struct container *container, size_t first,
		struct error *error);
void rules_expel(struct engine *engine, const struct container *container, size_t first);
int rules_network(struct engine *engine, const struct network *network, bool add,
		  struct error *error);
/* Whether this kernel can hold containers to what is theirs, where the network wants that. */
int rules_check_guard(struct engine *engine, const struct network_spec *spec, struct error *error);
/* A network is gone. It may have been the last one that did. */
void rules_unguard(struct engine *engine);
/* What one more segment of a bridge network, which stands in its list, adds to that. */
int rules_segment(struct engine *engine, const struct network *network, uint32_t number, bool add,
		  struct error *error);

/* Its elements, which are there, say whose they are under its new name. What fails a resync does.
 */
void rules_relabel_network(struct engine *engine, const struct network *network);
void rules_relabel_container(struct engine *engine, const struct container *container);
