// SPDX-License-Identifier: GPL-2.0-or-later
// kind.h - kinds of networks: what is true of all networks of one, and which networks are valid
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"

#include <stdbool.h>
#include <stddef.h>

struct network_spec;

/* Theory of operation. A kind is a row: a constant in a file of its own (kind_bridge.c, …), which
 * the table in kind.c lists. Everybody else asks a network's kind for the property that matters,
 * never which kind it is (scripts/check-kinds), so a new kind is a new file and a line in the
 * table. What a kind makes in the kernel stands apart, for this here needs no kernel: a row of
 * engine/wire/builder.h. */
struct network_kind {
	const char *name;	/* in the API and the store: its "driver", as "bridge", "null" */
	const char *called;	/* by people, where that is another word: "none"; else NULL */
	const char *predefined; /* the network of it that is there from the start; NULL: none */
	bool configured;	/* netd.json says what that one is like */
	bool single;		/* there is no other than that one */

	bool spans;	/* it is on all hosts of a cluster, and its containers on any of them */
	bool bridged;	/* its containers are ports of a bridge on the host, spec.bridge */
	bool addressed; /* it has subnets, from which its containers get their addresses */
	bool wired;	/* its containers get an interface each, in their own namespace */
	bool several;	/* a container may have more than one of those */
	bool named;	/* its containers have the resolver, and find each other by name */
	bool forwarded; /* the host forwards what its containers exchange with others */
	bool published; /* their ports can be published on the host */
	bool in_host;	/* its containers live in the host's namespace and own none */

	/* What is wrong with a network of it that other rules do not see, in words; NULL: nothing
	 * ever is. */
	int (*check)(const struct network_spec *spec, struct error *error);
	/* Where the default route of its containers leads; family 0: nowhere. NULL: it has none. */
	struct addr (*gateway)(const struct network_spec *spec, enum family family);
	/* Why its containers cannot be on another network, too: always an error. NULL: they can. */
	int (*refuse_others)(const char *container, struct error *error);
};

/* All kinds, i from 0; NULL behind the last one. */
const struct network_kind *kind_at(size_t i);
/* By its name in the API; NULL: there is none. */
const struct network_kind *kind_find(const char *name);
/* What a network is of when nobody says it. */
const struct network_kind *kind_default(void);
/* The name in the API of the kind that people call so; called itself where there is none. */
const char *kind_name_of(const char *called);
/* "bridge, host and none": as people call them; without those that span hosts. */
#define KIND_LIST_MAX 128
void kind_list(char ret_list[static KIND_LIST_MAX]);

/* "local", or "swarm" where it spans hosts: its "scope" in the API. */
const char *kind_scope(const struct network_kind *kind);
/* Whether a network that is there from the start has this name. */
bool kind_has_predefined(const char *network);

/* What a network asks for that its kind does not have: ERROR_INVALID and a sentence, or 0. */
int kind_check(const struct network_spec *spec, struct error *error);
/* Whether a container of this name may be on networks of both kinds: ERROR_INVALID and why not, or
 * 0. */
int kind_check_together(const struct network_kind *a, const struct network_kind *b,
			const char *container, struct error *error);
