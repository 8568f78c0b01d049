// SPDX-License-Identifier: GPL-2.0-or-later
// missed.h - hosts with a member of etcd that have not been heard of since another one leads
#pragma once

#include "herald/etcd.h"

/* Theory of operation. Whoever leads etcd knows when each lease was renewed, and keeps that to
 * himself: his successor gives each its whole time once more, and as much as an election takes. So
 * a host that was lost with the leader is missed later than another. Two things tell of it before:
 * a host that has a member of etcd says anew that it is alive when it hears that there was an
 * election, with the first answer that it gets; and etcd says how much of a lease is left. Who has
 * not said so, and has less than a second left, again and again, is taken for lost by the others
 * that have members, before etcd does. */

struct missed_host {
	char host[CLUSTER_HOST_LEN_MAX + 1];
	int64_t lease;	  /* by which it is alive; 0: it is not known */
	int64_t revision; /* at which it said so */
	uint8_t n_low;	  /* looks in a row that found less than a second */
	bool over;	  /* it was heard of, or its lease is over: nothing is left to look at */
};

/* Zeroed: nobody. */
struct missed {
	uint8_t n;
	struct missed_host hosts[CLUSTER_MEMBERS_MAX];
};

/* There was an election: the hosts that have members but this one, which looks after them if it
 * has a member itself. */
void missed_begin(struct missed *missed, const char *self, const struct herald_members *members);
/* A host is alive by this lease, as was read. */
void missed_note(struct missed *missed, const char *host, int64_t lease, int64_t revision);
/* It says so since the election. */
void missed_heard(struct missed *missed, const char *host);
/* etcd has said what is left of its lease. True: it is lost. */
bool missed_look(struct missed_host *host, const struct etcd_answer *answer);
