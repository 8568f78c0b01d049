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

/* --- time ------------------------------------------------------------------------------------- */

/* Containers come in order, and each once for its things and once for its ways. */
static void note_late(struct doctor *doctor, const struct facts_container *container)
{
	if (doctor->last_late == container)
		return;
	if (!doctor->late)
		doctor->late = container;
	doctor->last_late = container;
	doctor->n_late++;
}

bool doctor_has_time(struct doctor *doctor, const struct facts_container *container)
{
	if (!doctor->time || !doctor->time->is_over(doctor->time->data))
		return true;
	note_late(doctor, container);
	return false;
}

bool doctor_begins(struct doctor *doctor, const struct facts_container *container)
{
	if (doctor->time)
		doctor->time->begin(doctor->time->data);
	return doctor_has_time(doctor, container);
}

void doctor_tell_late(struct doctor *doctor)
{
	if (doctor->n_late == 1)
		report_add_unknown(doctor->report, doctor->late->name,
				   "not looked at, or not at all of it: the time was over");
	else if (doctor->n_late > 1)
		report_add_unknown(doctor->report, doctor->late->name,
				   "not looked at, nor %zu others: the time was over",
				   doctor->n_late - 1);
}

void doctor_tell_left_out(struct doctor *doctor, const struct facts_container *container)
{
	const struct facts_space *space = facts_space(doctor->facts, container->space);
	static const char why[] = ": " FACTS_TOOK_TOO_LONG;

	for (size_t i = 0; i < space->n_missing; i++) {
		const char *part = space->missing[i], *end = strstr(part, why);

		if (end && end[sizeof(why) - 1] == '\0')
			report_add_unknown(doctor->report, container->name, "not looked at: its %s",
					   part);
	}
}
