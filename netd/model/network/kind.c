// SPDX-License-Identifier: GPL-2.0-or-later
// kind.c - the table of kinds, and what holds for each of its rows
#include "model/network/kind.h"

#include "base/cleanup.h"
#include "model/network/kind_rows.h"
#include "model/network/network.h"

#include <stdio.h>
#include <string.h>

/* The first is what a network is when nobody says it. The others stand as people list them. A new
 * kind needs a row of its own file here, and nothing else in this one. */
static const struct network_kind *const rows[] = { &kind_bridge, &kind_host, &kind_none,
						   &kind_overlay };

/* NULL behind the last, so a loop needs no count. */
const struct network_kind *kind_at(size_t i)
{
	return i < ARRAY_SIZE(rows) ? rows[i] : NULL;
}

/* Docker's default, too. */
const struct network_kind *kind_default(void)
{
	return rows[0];
}

/* By the driver's name in the API. NULL: there is none. */
const struct network_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i]->name, name) == 0)
			return rows[i];
	return NULL;
}

/* What people call it where that is not the driver's name. "none" is what people call the driver
 * "null". */
static const char *called(const struct network_kind *kind)
{
	return kind->called ? kind->called : kind->name;
}

/* A word of netctl's to a driver's name. A word that is no kind's comes back as it is. */
const char *kind_name_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(called(rows[i]), word) == 0)
			return rows[i]->name;
	return word; /* whoever decodes it says what there is */
}

/* "bridge, host and none", for a sentence. */
void kind_list(char ret_list[static KIND_LIST_MAX])
{
	size_t len = 0, n = 0;

	/* One that spans hosts is a cluster's to make, and not everybody's. */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		n += !rows[i]->spans;
	/* snprintf(3) returns what it would have written, so the length may pass the buffer: then
	 * the loop ends. */
	for (size_t i = 0, k = 0; i < ARRAY_SIZE(rows) && len < KIND_LIST_MAX; i++) {
		if (rows[i]->spans)
			continue;
		len += (size_t)snprintf(ret_list + len, KIND_LIST_MAX - len, "%s%s",
					k == 0	     ? ""
					: k + 1 == n ? " and "
						     : ", ",
					called(rows[i]));
		k++;
	}
}

/* Docker's word for who knows the network. */
const char *kind_scope(const struct network_kind *kind)
{
	return kind->spans ? "swarm" : "local";
}

/* Networks that every host has have a name that nobody else may take. Such a network is made by
 * netd itself and cannot be removed. */
bool kind_has_predefined(const char *network)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i]->predefined && strcmp(rows[i]->predefined, network) == 0)
			return true;
	return false;
}

/* 0, or the error is set. Only what follows from the kind is looked at. */
int kind_check(const struct network_spec *spec, struct error *error)
{
	const struct network_kind *kind = spec->kind;

	/* What holds for a property of kinds is said here once; a kind's own check says only what
	 * is its own. */
	if (!kind->addressed && (addr_is_set(&spec->subnet[FAMILY_4].prefix.addr) ||
				 addr_is_set(&spec->subnet[FAMILY_6].prefix.addr)))
		return error_set(error, ERROR_INVALID,
				 "invalid network config:\nthe driver \"%s\" takes no subnet",
				 kind->name);
	if (!kind->bridged && spec->bridge[0])
		return error_set(error, ERROR_INVALID,
				 "the driver \"%s\" makes no bridge, so it cannot be called \"%s\"",
				 kind->name, spec->bridge);
	if (!kind->wired && spec->mtu)
		return error_set(error, ERROR_INVALID, "the driver \"%s\" takes no mtu",
				 kind->name);
	return kind->check ? kind->check(spec, error) : 0;
}

/* container: for the sentence. 0, or the error is set: a container cannot be on both networks at
 * once. */
int kind_check_together(const struct network_kind *a, const struct network_kind *b,
			const char *container, struct error *error)
{
	/* Both may refuse. Then the kind speaks that a container cannot leave again. */
	const struct network_kind *first = b->in_host ? b : a, *second = first == a ? b : a;

	if (first->refuse_others)
		return first->refuse_others(container, error);
	return second->refuse_others ? second->refuse_others(container, error) : 0;
}
