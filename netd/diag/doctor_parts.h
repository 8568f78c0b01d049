// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_parts.h - what the files of doctor share: what is looked at, and how something is told
#pragma once

#include "diag/doctor.h"
#include "diag/judge_walk.h"

/* Somebody in the world: a root name server, whose address has been the same for decades. Nothing
 * is sent there; the kernel is asked which way it is. */
#define DOCTOR_WORLD "198.41.0.4"
#define DOCTOR_WORLD6 "2001:503:ba3e::2:30"

struct doctor {
	struct facts *facts;
	struct diag_report *report;
	const struct facts_space *host;
	const struct facts_container *container; /* that is asked about; NULL: all, or a network */
	const struct facts_network *network;	 /* the same of a network */
	/* Who is who is asked in the judge's words: a walk that goes nowhere. Its words are those
	 * of the finding that comes next. */
	struct judge_walk walk;
	struct diag_verdict scratch;	/* that the walk's findings come by */
	const struct doctor_time *time; /* NULL: it does not matter */
	/* That there was no time for: the first and the last of them, and how many. */
	const struct facts_container *late, *last_late;
	size_t n_late;
};

/* Whether it is asked about: itself, or by what it is on. */
bool doctor_wants(const struct doctor *doctor, const struct facts_container *container);
bool doctor_wants_network(const struct doctor *doctor, const struct facts_network *network);
/* Whether it is asked about by its own name: then what it did to itself is told, too. */
bool doctor_is_named(const struct doctor *doctor, const struct facts_container *container);
/* A network with bridges on this host. */
bool doctor_is_bridged(const struct facts_network *network);
/* Its containers have a way out of their bridge in that family. */
bool doctor_has_way_out(const struct facts_network *network, enum family family);

/* Forgets the words of the last finding, and fills those of a place: {place}, {in}. */
void doctor_at(struct doctor *doctor, const struct facts_space *space,
	       const struct facts_container *container);
/* With the words that were filled. where: "web", "blue", "host". */
void doctor_tell(struct doctor *doctor, enum code_id id, enum diag_state state, const char *where);
/* The container's time begins; false: there is none left for it, which is noted. */
bool doctor_begins(struct doctor *doctor, const struct facts_container *container);
/* Whether there is time for one thing more of it. */
bool doctor_has_time(struct doctor *doctor, const struct facts_container *container);
/* Who there was no time for, and what of this one there was none for. */
void doctor_tell_late(struct doctor *doctor);
void doctor_tell_left_out(struct doctor *doctor, const struct facts_container *container);
/* A program that nobody can read hangs on a link of netd's. */
void doctor_tell_programs(struct doctor *doctor, const struct facts_link *link, const char *where);

/* doctor_host.c: settings of the host, what others put in the way, other programs. */
void doctor_host(struct doctor *doctor);
/* doctor_cluster.c: how it stands with the other hosts of its cluster. */
void doctor_cluster(struct doctor *doctor);
/* doctor_networks.c: a network's bridges. */
void doctor_network(struct doctor *doctor, const struct facts_network *network);
/* doctor_containers.c: a container's links, on both sides. */
void doctor_container(struct doctor *doctor, const struct facts_container *container);
/* doctor_services.c: services of a network: who stands behind them, how the host leads there. */
void doctor_published(struct doctor *doctor, const struct facts_network *network);
/* The same of a container: how it is led to services. */
void doctor_services(struct doctor *doctor, const struct facts_container *container);
/* doctor_rules.c: what must be in netd's table. */
void doctor_rules(struct doctor *doctor);
/* doctor_ways.c: where its packets get to: its neighbours, the outside, the resolver, and from
 * outside its published ports. */
void doctor_ways(struct doctor *doctor, const struct facts_container *container);
