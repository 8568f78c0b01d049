// SPDX-License-Identifier: GPL-2.0-or-later
// missed.c - hosts with a member of etcd that have not been heard of since another one leads
#include "herald/missed.h"

#include <stdio.h>
#include <string.h>

static bool has_member(const struct herald_members *members, const char *host)
{
	for (uint8_t i = 0; i < members->n; i++)
		if (strcmp(members->all[i].name, host) == 0)
			return true;
	return false;
}

void missed_begin(struct missed *missed, const char *self, const struct herald_members *members)
{
	memset(missed, 0, sizeof(*missed));
	if (!has_member(members, self))
		return;
	for (uint8_t i = 0; i < members->n; i++) {
		const char *name = members->all[i].name;

		/* One that has not begun has no name. */
		if (name[0] && strcmp(name, self) != 0)
			(void)snprintf(missed->hosts[missed->n++].host,
				       sizeof(missed->hosts[0].host), "%s", name);
	}
}

static struct missed_host *find(struct missed *missed, const char *host)
{
	for (uint8_t i = 0; i < missed->n; i++)
		if (strcmp(missed->hosts[i].host, host) == 0)
			return &missed->hosts[i];
	return NULL;
}

void missed_note(struct missed *missed, const char *host, int64_t lease, int64_t revision)
{
	struct missed_host *found = find(missed, host);

	if (!found)
		return;
	found->lease = lease;
	found->revision = revision;
}

void missed_heard(struct missed *missed, const char *host)
{
	struct missed_host *found = find(missed, host);

	if (found)
		found->over = true;
}

/* Whole seconds are said, rounded down. Of a lease that was granted for less than ours are that
 * would say nothing. */
bool missed_look(struct missed_host *host, const struct etcd_answer *answer)
{
	if (host->over || answer->why[0] || answer->granted_s < HERALD_LEASE_S) {
		host->n_low = 0;
		/* It is over, and etcd tells everybody so. */
		host->over = host->over || (!answer->why[0] && answer->ttl_s < 0);
		return false;
	}
	host->n_low = answer->ttl_s == 0 ? host->n_low + 1 : 0;
	host->over = host->n_low >= HERALD_MISSED_LOOKS;
	return host->over;
}
