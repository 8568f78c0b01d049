// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_tell.c - who is asked about, and how a finding gets into the report
#include "diag/doctor_parts.h"

#include <string.h>

/* --- who is asked about ----------------------------------------------------------------------- */

static bool is_on(const struct facts_container *container, const struct facts_network *network)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i].network, network->name) == 0)
			return true;
	return false;
}

bool doctor_wants(const struct doctor *doctor, const struct facts_container *container)
{
	if (doctor->container)
		return container == doctor->container;
	return !doctor->network || is_on(container, doctor->network);
}

bool doctor_wants_network(const struct doctor *doctor, const struct facts_network *network)
{
	if (doctor->network)
		return network == doctor->network;
	return !doctor->container || is_on(doctor->container, network);
}

bool doctor_is_named(const struct doctor *doctor, const struct facts_container *container)
{
	return container == doctor->container;
}

bool doctor_is_bridged(const struct facts_network *network)
{
	return network->n_bridges > 0 && network->bridges[0][0];
}

bool doctor_has_way_out(const struct facts_network *network, enum family family)
{
	return doctor_is_bridged(network) && !network->internal &&
	       addr_is_set(&network->bridge_addr[family]);
}

/* --- what is told ----------------------------------------------------------------------------- */

void doctor_at(struct doctor *doctor, const struct facts_space *space,
	       const struct facts_container *container)
{
	doctor->walk.words.n = 0;
	judge_place(&doctor->walk, space, container);
	if (!space)
		code_word_drop(&doctor->walk.words, "in");
}

void doctor_tell(struct doctor *doctor, enum code_id id, enum diag_state state, const char *where)
{
	code_tell(&doctor->walk.words, id, "doctor", &doctor->scratch);
	report_take(doctor->report, &doctor->scratch, state, where);
	verdict_done(&doctor->scratch);
}

void doctor_tell_programs(struct doctor *doctor, const struct facts_link *link, const char *where)
{
	code_word(&doctor->walk.words, "link", "%s", link->name);
	if (link->has_xdp)
		doctor_tell(doctor, CODE_XDP_DROP, DIAG_WARN, where);
	if (link->has_tc)
		doctor_tell(doctor, CODE_TC_DROP, DIAG_WARN, where);
}
