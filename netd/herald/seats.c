// SPDX-License-Identifier: GPL-2.0-or-later
// seats.c - members of an etcd of netd's own: what is to be done about one, by those there are
#include "herald/seats.h"

#include "herald/etcd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. There are one member or three: two would lose their agreement with either of
 * them. A host takes its own seat, in three steps that etcd puts in an order among hosts: it is
 * added as one that only learns, of which etcd takes one at a time; it learns; it is given a voice,
 * unless there are enough by then. A member that learns counts for nobody's agreement, so one that
 * never comes up does no harm.
 *
 * etcd is the only one who knows its members: nothing of them is kept elsewhere that could be
 * wrong. */

static void say(struct seats_step *step, int status, const char *text)
{
	step->status = status;
	(void)snprintf(step->text, sizeof(step->text), "%s", text);
}

static void remove_member(struct seats_step *step, const struct herald_member *member)
{
	step->path = ETCD_MEMBER_REMOVE;
	etcd_ask_member(&step->body, member->id);
}

/* Adds name=URL behind what is there. */
static void add_name(struct seats_step *step, const char *name, const char *peer)
{
	size_t len = strlen(step->text);

	(void)snprintf(step->text + len, sizeof(step->text) - len, "%s%s=%s", len > 0 ? "," : "",
		       name, peer);
}

/* What a member begins beside: all others and itself, for etcd compares that with what there is. */
static void print_seat(struct seats_step *step, const struct herald_seat *seat,
		       const struct herald_members *members, const struct herald_member *mine)
{
	step->text[0] = '\0';
	for (uint8_t i = 0; i < members->n; i++)
		if (&members->all[i] != mine)
			add_name(step, members->all[i].name, members->all[i].peer);
	add_name(step, seat->host, seat->peer);
}

/* Whether all others run and have a voice. */
static bool are_settled(const struct herald_members *members, const struct herald_member *mine)
{
	for (uint8_t i = 0; i < members->n; i++)
		if (&members->all[i] != mine &&
		    (members->all[i].learner || !members->all[i].name[0]))
			return false;
	return true;
}

static void take_seat(const struct herald_seat *seat, const struct herald_members *members,
		      const struct herald_member *mine, struct seats_step *step)
{
	if (mine && mine->name[0]) {
		/* It has run once. What it had is gone, or this would not be asked: a member that
		 * came back without it would say again what it has unsaid. */
		remove_member(step, mine);
		say(step, -EAGAIN, "a member that this host had before is removed first");
	} else if (!are_settled(members, mine)) {
		say(step, -EAGAIN, "another host is being made a member of etcd");
	} else if (!mine && members->n >= CLUSTER_SEATS) {
		say(step, -EBUSY, "etcd has all the members that it needs");
	} else {
		print_seat(step, seat, members, mine);
		if (mine)
			return;
		step->path = ETCD_MEMBER_ADD;
		etcd_ask_add(&step->body, seat->peer);
	}
}

static void promote(const struct herald_members *members, const struct herald_member *mine,
		    struct seats_step *step)
{
	if (!mine) {
		say(step, -ENOENT, "this host has no member of etcd");
	} else if (mine->learner && herald_members_voters(members) >= CLUSTER_SEATS) {
		remove_member(step, mine);
		say(step, -ENOENT, "etcd has all the members that it needs");
	} else if (mine->learner) {
		step->path = ETCD_MEMBER_PROMOTE;
		etcd_ask_member(&step->body, mine->id);
	}
}

static void give_up_seat(const struct herald_members *members, const struct herald_member *mine,
			 struct seats_step *step)
{
	if (!mine)
		return;
	if (!mine->learner && herald_members_voters(members) == 1)
		say(step, -EBUSY, "the only member of the cluster's etcd is on that host");
	else
		remove_member(step, mine);
}

void seats_decide(enum herald_call what, const struct herald_seat *seat,
		  const struct herald_members *members, struct seats_step *ret_step)
{
	const struct herald_member *mine = herald_members_find(members, seat);

	*ret_step = (struct seats_step) { 0 };
	if (what == HERALD_CALL_SEAT)
		take_seat(seat, members, mine, ret_step);
	else if (what == HERALD_CALL_PROMOTE)
		promote(members, mine, ret_step);
	else
		give_up_seat(members, mine, ret_step);
}
