// SPDX-License-Identifier: GPL-2.0-or-later
// networks.h - the parts of making a network, shared by create and by start
#pragma once

#include "engine/change/change.h"
#include "engine/change/taken.h"
#include "model/network/service.h"

/* Key of a row in the store: which families have their subnet from netd.json. */
#define NETWORK_CONFIGURED "Configured"
/* Key of a network that the cluster has: the names of those services of it that the cluster has,
 * too. It is no part of what networks are compared by. */
#define NETWORK_AGREED "Agreed"

/* subnets.c: gives the families of a spec that are on their prefix and gateway, or refuses what
 * overlaps a network or one of the host's routes, naming it. *ret_taken, zeroed by the caller and
 * his to free whatever comes of it: what it went by. */
int subnets_settle(struct engine *engine, struct network_spec *spec, struct taken *ret_taken,
		   struct error *error);
/* The subnet of the network "bridge", with its gateway. One that is configured stands, against the
 * host's routes too (with a warning), or is refused where another network has it; any other that is
 * used is replaced by a free one, and one it never had (not kept) also where a wider route covers
 * it and something else is free. */
enum subnet_origin { SUBNET_BUILT_IN, SUBNET_KEPT, SUBNET_CONFIGURED };
int subnets_settle_default(struct engine *engine, uint8_t family, struct subnet *subnet,
			   enum subnet_origin origin, struct error *error);
/* Appends a sentence for each subnet of netd's that a route of the host overlaps now. */
void subnets_add_overlaps(struct engine *engine, json_t *list);
/* The first of them for one network by what was taken before it was made, malloced; NULL: none. */
char *subnets_warning(const struct engine *engine, const struct taken *taken,
		      const struct network *network);
int networks_new(const struct network_spec *spec, struct network **ret_network,
		 struct error *error);
/* Everything from a settled spec on; what was done is undone when a later step fails. */
int networks_bring_up(struct engine *engine, struct network *network, struct error *error);
/* The same without its row, for a restore, which writes all rows at once in the end; and one that
 * was taken out by networks_unmake is as it was. */
int networks_make(struct engine *engine, struct network *network, struct error *error);
/* The addresses that are remembered for it, into its pools. */
int networks_load_leases(struct engine *engine, struct network *network, struct error *error);
/* The text of its row in the store. NULL: out of memory. */
char *networks_body(const struct network *network);
/* What networks_keep wrote. *ret_left_out: options that make no sense were passed over, and error
 * says which. */
int networks_read_kept(const char *text, struct network_spec *ret_spec, bool *ret_left_out,
		       struct error *error);
/* Its row in the store. */
int networks_keep(struct engine *engine, const struct network *network, struct error *error);
bool networks_is_predefined(const char *name);
/* Removes those labelled NETWORK_LABEL_TRANSIENT whose containers went while no netd was there. */
void networks_drop_transient(struct engine *engine);

/* It is nobody's any more: its record first. networks_detach_dead takes off it who died unseen. */
int networks_remove(struct engine *engine, struct network *network, struct error *error);
/* The same, unless it is one of Docker's own or this host has containers on it, which is said. */
int networks_remove_unused(struct engine *engine, struct network *network, struct error *error);
void networks_detach_dead(struct engine *engine, struct network *network);
/* Its two parts: out of the kernel and the engine, still the caller's; and, when there is no row of
 * it any more, told and freed. */
void networks_unmake(struct engine *engine, struct network *network);
void networks_bury(struct engine *engine, struct network *network);

/* backup.c: while a restore is under way networks change by that alone. ERROR_UNAVAILABLE. */
int networks_check_no_restore(const struct engine *engine, struct error *error);

/* networks_prune.c: at the end of a start, what a netd that was killed was about to remove */
void networks_finish_prune(struct engine *engine);

/* networks_record.c: one that hosts agree about is about to go, and not because the cluster has it
 * no more. */
int networks_record_going(struct engine *engine, const struct network *network,
			  struct error *error);
