// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.c - everything is looked at once, and what is wrong is told
#include "diag/doctor.h"

#include "base/cleanup.h"
#include "diag/doctor_parts.h"
#include "diag/question.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. Things are looked at in the order in which they hang on one another: the
 * host, its bridges, the links of containers, netd's rules. Last come the ways that each container
 * needs, which the judge walks as it does for a pair: they find what is no property of a thing, a
 * rule of somebody else's or a route that leads astray.
 *
 * What a container does to itself, by a firewall of its own or a resolv.conf, is its own affair,
 * and told only where the container is asked about by its name. */

/* --- who is asked about ----------------------------------------------------------------------- */

/* A container by all that it is called, or else a network by its name or id. Of both the
 * container is meant. Fills doctor->container or doctor->network, which narrow the rest to what
 * hangs on it. */
static int find(struct doctor *doctor, const char *name, struct error *error)
{
	const struct facts *facts = doctor->facts;
	int err = question_check("NAME", name, error);

	/* The name is a stranger's: it is checked before it is compared, so that an error can
	 * print it. */
	if (err == 0)
		err = question_container(facts, name, &doctor->container, error);

	if (err < 0 || doctor->container)
		return err;
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].name, name) == 0 ||
		    strcmp(facts->networks[i].id, name) == 0)
			doctor->network = &facts->networks[i];
	return doctor->network ? 0
			       : error_set(error, ERROR_NOT_FOUND,
					   "there is no container and no network called %s", name);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Parts of the host's picture that could not be read: what rests on them was not looked at, and
 * the report has to say so. resolv.conf and hosts of the host are no part of any finding, so
 * that they are missing is left out. */
static void tell_missing(struct doctor *doctor)
{
	static const char *const files[] = { "files", "resolv.conf", "hosts" };

	for (size_t i = 0; i < doctor->host->n_missing; i++) {
		const char *part = doctor->host->missing[i];
		bool is_file = false;

		for (size_t k = 0; k < ARRAY_SIZE(files); k++)
			is_file |= strncmp(part, files[k], strlen(files[k])) == 0;
		if (!is_file)
			report_add_unknown(doctor->report, "host", "%s", part);
	}
}

/* Whether it is one of those whose namespaces are looked into. Containers on the host's network
 * have no namespace of their own to look into. */
static bool is_patient(const struct doctor *doctor, const struct facts_container *container)
{
	return !container->host_mode && doctor_wants(doctor, container);
}

/* Each container's namespace is looked into, one after the other. Returns the first container
 * that there was no time for: behind it there is no time for anybody's ways either, because
 * things come before ways. */
static size_t look_at_things(struct doctor *doctor)
{
	struct facts *facts = doctor->facts;
	size_t end = facts->n_containers;

	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		if (!is_patient(doctor, container))
			continue;
		if (!doctor_begins(doctor, container)) {
			/* The loop goes on: those behind it are noted as late, too, so that the
			 * report has their number. */
			end = i < end ? i : end;
			continue;
		}
		doctor->report->looked[REPORT_CONTAINERS]++;
		/* The picture is taken now, container by container, and not in advance: so only
		 * what there is time for is begun. */
		if (facts_ask_space(facts, container->space)) {
			doctor_tell_left_out(doctor, container);
			doctor_container(doctor, container);
			doctor_services(doctor, container);
			continue;
		}
		/* The process has gone, or its namespace cannot be opened. This is no fault,
		 * and it is not "healthy" either. */
		report_add_unknown(doctor->report, container->name,
				   "nobody could look into its namespace");
	}
	return end;
}

/* Only when all things were looked at: a way says of a thing that is broken no more than the thing
 * does. */
static void look_at_containers(struct doctor *doctor)
{
	const struct facts *facts = doctor->facts;
	size_t end = look_at_things(doctor);

	/* A namespace that nobody could look into was told of before; its ways would only say
	 * so again. */
	for (size_t i = 0; i < end; i++) {
		const struct facts_container *container = &facts->containers[i];

		if (is_patient(doctor, container) && facts_space(facts, container->space) &&
		    doctor_begins(doctor, container))
			doctor_ways(doctor, container);
	}
	doctor_tell_late(doctor);
}

int doctor(struct facts *facts, const char *name, const struct doctor_time *time,
	   struct diag_report *report, struct error *error)
{
	struct doctor doctor = { .facts = facts, .report = report, .time = time };
	int err = 0;

	/* Without the host nothing is judged: each comparison has the host on one side. */
	doctor.host = facts_space(facts, "host");
	if (!doctor.host)
		return error_set(error, ERROR_UNAVAILABLE, "nobody could look at the host");
	/* The walk is never walked. It lends its words and its way of finding out who is who. */
	doctor.walk.facts = facts;
	doctor.walk.host = doctor.host;
	doctor.walk.verdict = &doctor.scratch;
	if (name)
		err = find(&doctor, name, error);
	if (err < 0)
		return err;
	/* The report owns its texts, and the caller's name may go. */
	report->name = name ? strdup(name) : NULL;
	if (name && !report->name)
		report->err = -ENOMEM;
	report->repairs = facts->repairs;
	report->n_repairs = facts->n_repairs;
	tell_missing(&doctor);
	/* From here on the order is the order of causes: what is told first is not told again
	 * by what hangs on it. */
	doctor_host(&doctor);
	for (size_t i = 0; i < facts->n_networks; i++)
		if (doctor_is_bridged(&facts->networks[i]) &&
		    doctor_wants_network(&doctor, &facts->networks[i]))
			doctor_network(&doctor, &facts->networks[i]);
	doctor_rules(&doctor);
	for (size_t i = 0; i < facts->n_networks; i++)
		if (doctor_wants_network(&doctor, &facts->networks[i]))
			doctor_published(&doctor, &facts->networks[i]);
	look_at_containers(&doctor);
	return 0;
}
