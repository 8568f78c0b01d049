// SPDX-License-Identifier: GPL-2.0-or-later
// drift.c - what a link is against what it should be, and what the kernel says of links meanwhile
#include "engine/keep/drift.h"
#include "engine/keep/keep.h"

#include "base/limits.h"
#include "base/log.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Each change of a link comes with the whole link, netd's own changes too, and
 * a change of netd's takes several: so what counts is what the last message of a moment says, and
 * even then the link itself is looked at before anything is done. The comparison with everything
 * (resync.c) follows a moment later. */

/* --- what the kernel tells -------------------------------------------------------------------- */

/* NULL: it is none of ours, or out of its place, which another event tells. The endpoint whose port
 * this link is. */
static struct endpoint *endpoint_of(struct engine *engine, const struct rtnl_link *link)
{
	struct endpoint *endpoint = endpoints_at_port(engine, link->ifindex);

	/* One that is to come is moved and renamed by somebody else, and that is no drift. */
	return endpoint && !endpoint_is_to_come(endpoint) &&
			       builder_link_is_in_place(engine, endpoint, link->master)
		       ? endpoint
		       : NULL;
}

/* NULL: as it should be, or not netd's. What is wrong with the link, judged by this one message. */
static const char *judge(struct engine *engine, const struct rtnl_link *link)
{
	const struct endpoint *endpoint = endpoint_of(engine, link);

	return endpoint ? builder_link_differs(engine, endpoint, link, NULL)
			: builder_told(engine, link);
}

/* How long its neighbours are spared what comes next from it. Whoever is in the container may take
 * its link down and up as fast as it likes, and each time netd would tell all of them, and look
 * inside. In seconds; not above 0: it may be announced now. */
static double rest_of(const struct endpoint *endpoint)
{
	/* The rest from the last announcement, not from the last change: a link that goes up and
	 * down all the time is told at a steady pace. */
	return endpoint->announced_s + ANNOUNCE_REST_S - engine_now_s();
}

/* One timer for all who wait. */
static void announce_after(struct engine *engine, double rest_s)
{
	if (ev_is_active(&engine->keep->returned_timer))
		return; /* who waits for longer is put off again then */
	ev_timer_set(&engine->keep->returned_timer, rest_s, 0.);
	ev_timer_start(engine->loop, &engine->keep->returned_timer);
}

/* Its other end was down and is up again, maybe with another MAC: the kernel announces that before
 * the bridge takes anything from the port. A link that is only just made has had no carrier yet. */
static void note_carrier(struct engine *engine, const struct rtnl_link *link)
{
	/* A link is born running and without a carrier, until a worker of the kernel looks
	 * (linkwatch, net/core/link_watch.c): to take that for a loss would be another look inside
	 * behind each attach. */
	bool carrier = (link->flags & IFF_RUNNING) && (link->flags & IFF_LOWER_UP);
	/* AF_BRIDGE: the message is about the port, and says nothing of the carrier. */
	struct endpoint *endpoint = link->family == AF_BRIDGE ? NULL : endpoint_of(engine, link);

	if (!endpoint)
		return;
	/* A link that was only made has no lost carrier. Only one that had it, lost it and has it
	 * again may have another MAC. */
	if (carrier && endpoint->lost_carrier) {
		double rest_s = rest_of(endpoint);

		endpoint->returned = true;
		if (rest_s > 0)
			announce_after(engine, rest_s);
		else
			engine->keep->has_returned = true;
	}
	endpoint->lost_carrier = !carrier && (endpoint->had_carrier || endpoint->lost_carrier);
	endpoint->had_carrier = carrier;
}

/* Walks over all endpoints. It is called when one has returned, which is rare. */
static void announce_returned(struct engine *engine)
{
	engine->keep->has_returned = false;
	/* From memory alone; only endpoints that have returned cost more. */
	for (size_t i = 0; i < engine->n_networks; i++)
		list_foreach (&engine->networks[i]->endpoints, struct endpoint, endpoint,
			      in_network) {
			double rest_s = rest_of(endpoint);

			/* Others wait for their own time. */
			if (!endpoint->returned)
				continue;
			if (rest_s > 0) {
				announce_after(engine, rest_s);
				continue;
			}
			endpoint->returned = false;
			endpoint->announced_s = engine_now_s();
			/* Inside first: the MAC that it has now is what the neighbours are to
			 * hear. */
			engine_container_look(endpoint->container);
			announce_again(engine, endpoint);
		}
}

static void on_returned_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	announce_returned(timer->data);
}

void drift_start(struct engine *engine)
{
	ev_timer_init(&engine->keep->returned_timer, on_returned_timer, 0., 0.);
	engine->keep->returned_timer.data = engine;
}

void drift_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->keep->returned_timer);
}

/* Notes that a link looks wrong, or that it is right again. */
static void suspect(struct engine *engine, int ifindex, bool wrong)
{
	size_t i = 0;

	/* A short array (SUSPECTS_MAX), so it is walked. */
	while (i < engine->keep->n_suspects && engine->keep->suspects[i] != ifindex)
		i++;
	/* Right again with a later message, as after a change of netd's own that took several. */
	if (i < engine->keep->n_suspects && !wrong)
		engine->keep->suspects[i] = engine->keep->suspects[--engine->keep->n_suspects];
	else if (i == engine->keep->n_suspects && wrong && i < SUSPECTS_MAX)
		engine->keep->suspects[engine->keep->n_suspects++] = ifindex;
	else if (i == SUSPECTS_MAX) /* many at once: look at everything */
		later_resync(engine);
}

/* Whether the event tells of something that netd had. */
static bool is_loss(struct engine *engine, const struct rtnl_event *event)
{
	const struct endpoint *endpoint = NULL;

	/* The event names a link that may have been netd's a moment ago. */
	if (event->change == RTNL_CHANGE_LINK_GONE || event->change == RTNL_CHANGE_PORT_GONE)
		endpoint = endpoints_at_port(engine, event->ifindex);
	/* Of a container that ended, too: the comparison tells. */
	if (event->change == RTNL_CHANGE_LINK_GONE && endpoint)
		return true;
	if (event->change == RTNL_CHANGE_PORT_GONE && endpoint)
		return builder_link_is_in_place(engine, endpoint, event->master);
	/* Without a link it is the whole host that forwards no more. */
	if (event->change == RTNL_CHANGE_NO_FORWARD && event->ifindex == 0)
		return true;
	return builder_lost(engine, event);
}

/* Called for each event while messages are read. It judges and notes, and changes nothing in the
 * kernel: the socket still has messages in it. */
void drift_on_event(const struct rtnl_event *event, void *data)
{
	struct engine *engine = data;

	/* Whatever it is about, it may be about a limit: the link of one went, was set down, or
	 * lost its queue. */
	if (event->change == RTNL_CHANGE_LINK || event->change == RTNL_CHANGE_LINK_GONE ||
	    (event->change == RTNL_CHANGE_QUEUE &&
	     !engine->door->shapes.is_own(engine->rtnl, event)))
		shaping_told(engine, event->ifindex);
	if (event->change == RTNL_CHANGE_LINK) {
		suspect(engine, event->ifindex, judge(engine, event->link) != NULL);
		/* Before the drift is acted upon: the carrier is in the same message. */
		note_carrier(engine, event->link);
	} else if (is_loss(engine, event))
		later_resync(engine);
}

/* Called when all messages that had come are read. */
void drift_look_at_suspects(struct engine *engine)
{
	struct rtnl_link link;

	/* The message was of a moment ago. Only what the kernel says now is a reason. One question
	 * to the kernel for each suspect. */
	for (size_t i = 0; i < engine->keep->n_suspects; i++)
		if (engine->door->links.by_index(engine->rtnl, engine->keep->suspects[i], &link,
						 NULL) == 0 &&
		    judge(engine, &link))
			later_resync(engine);
	engine->keep->n_suspects = 0;
	if (shaping_look_at_told(engine))
		later_resync(engine);
	if (engine->keep->has_returned)
		announce_returned(engine);
}

/* --- forwarding ------------------------------------------------------------------------------- */

/* Whether any network wants the host to forward this family. */
bool drift_needs_forwarding(const struct engine *engine, uint8_t family)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;

		if (forwarding_is_for(engine->networks[i]) && network_has(spec, family_of(family)))
			return true;
	}
	return false;
}
