// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_tell.c - who is asked about, and how a finding gets into the report
#include "diag/doctor_parts.h"

#include <string.h>

/* Theory of operation. A finding is made as the judge makes a cause: words are filled, and a
 * row of the table gets them. It goes by the scratch verdict, which has what the judge fills,
 * and from there into the report. So a code reads the same, whether `explain` or `doctor` names
 * it.
 *
 * Time is not measured here: struct doctor_time is asked whether it is over. What there was no
 * time for is noted as one sentence for all, because a list of four thousand names helps
 * nobody. */

/* --- who is asked about ----------------------------------------------------------------------- */

static bool is_on(const struct facts_container *container, const struct facts_network *network)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i].network, network->name) == 0)
			return true;
	return false;
}

/* A container counts if it was named, or if it is on the network that was named, or if nobody
 * was named. */
bool doctor_wants(const struct doctor *doctor, const struct facts_container *container)
{
	if (doctor->container)
		return container == doctor->container;
	return !doctor->network || is_on(container, doctor->network);
}

/* The same the other way: a network counts if the container that was named is on it. */
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

/* A network of the host's, of none, or of another host has no bridge here. */
bool doctor_is_bridged(const struct facts_network *network)
{
	return network->n_bridges > 0 && network->bridges[0][0];
}

/* An address of the bridge is what the host would forward from. Isolated networks have none. */
bool doctor_has_way_out(const struct facts_network *network, enum family family)
{
	return doctor_is_bridged(network) && !network->internal &&
	       addr_is_set(&network->bridge_addr[family]);
}

/* --- what is told ----------------------------------------------------------------------------- */

void doctor_at(struct doctor *doctor, const struct facts_space *space,
	       const struct facts_container *container)
{
	/* The words of the finding before must not fill a placeholder of this one. */
	doctor->walk.words.n = 0;
	judge_place(&doctor->walk, space, container);
	/* Without a namespace there is no place where a command could run. */
	if (!space)
		code_word_drop(&doctor->walk.words, "in");
}

void doctor_tell(struct doctor *doctor, enum code_id id, enum diag_state state, const char *where)
{
	/* "doctor" is the hop: no packet was followed. */
	code_tell(&doctor->walk.words, id, "doctor", &doctor->scratch);
	report_take(doctor->report, &doctor->scratch, state, where);
	/* The scratch is empty again for the next finding. */
	verdict_done(&doctor->scratch);
}

/* Whether the program drops anything is not known, so both are warnings. doctor_at() was called
 * before, for the place. */
void doctor_tell_programs(struct doctor *doctor, const struct facts_link *link, const char *where)
{
	code_word(&doctor->walk.words, "link", "%s", link->name);
	if (link->has_xdp)
		doctor_tell(doctor, CODE_XDP_DROP, DIAG_WARN, where);
	if (link->has_tc)
		doctor_tell(doctor, CODE_TC_DROP, DIAG_WARN, where);
}

/* --- time ------------------------------------------------------------------------------------- */

/* Notes a container that there was no time for. Containers come in order, and each once for its
 * things and once for its ways: so the last one noted is the only one that could be noted twice
 * in a row. */
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

/* A container's own time begins here, so that one that is slow takes nothing from those behind
 * it but what the whole allows. */
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

/* Parts of a picture are left out when the container's time is over (kernel/look.c). Each is
 * named: a part that was not looked at is not healthy. */
void doctor_tell_left_out(struct doctor *doctor, const struct facts_container *container)
{
	const struct facts_space *space = facts_space(doctor->facts, container->space);
	static const char why[] = ": " FACTS_TOOK_TOO_LONG;

	for (size_t i = 0; i < space->n_missing; i++) {
		const char *part = space->missing[i], *end = strstr(part, why);

		/* Parts that are missing for another reason are told where they are needed. */
		if (end && end[sizeof(why) - 1] == '\0')
			report_add_unknown(doctor->report, container->name, "not looked at: its %s",
					   part);
	}
}
