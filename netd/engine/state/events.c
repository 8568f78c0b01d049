// SPDX-License-Identifier: GPL-2.0-or-later
// events.c - what happened, told in Docker's shape to those who listen, and kept for a while
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/list.h"
#include "base/log.h"
#include "engine/state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* Theory of operation. An event is made once, told to each subscriber in the same call, and kept
 * as text in a ring of fixed size. The ring answers those who ask for the past (since=); the
 * oldest event goes without a word when it is full. A subscriber gets the tree itself and must
 * not keep it without a reference of its own: the last line of send_event drops ours. Events are
 * a service to observers and never a reason to fail a change, so each lack of memory here costs
 * one event and one line of the log. */

struct engine_subscriber {
	struct list node;
	engine_event_handler handler;
	void *data;
};

/* As text an event is a sixth of the tree, and few are ever asked for again. */
static void keep_event(struct engine *engine, const json_t *event)
{
	char *text = json_write(event, JSON_COMPACT);

	if (!text) {
		log_warn("out of memory: an event is not kept");
		return;
	}
	/* The slot is empty until the ring has gone round once; free(NULL) does nothing then. */
	free(engine->ring[engine->ring_next]);
	engine->ring[engine->ring_next] = text;
	engine->ring_next = (engine->ring_next + 1) % EVENTS_RING;
}

/* Takes event over. */
static void send_event(struct engine *engine, json_t *event)
{
	if (!event) {
		log_warn("out of memory: an event is lost");
		return;
	}
	keep_event(engine, event);
	/* A handler may unsubscribe itself: list_foreach has taken the next node before it
	 * calls. */
	list_foreach (&engine->subscribers, struct engine_subscriber, subscriber, node)
		subscriber->handler(event, subscriber->data);
	json_decref(event);
}

static json_t *make_event(const char *type, const char *action, const char *id, json_t *attributes)
{
	struct timespec now;

	/* The wall clock, because people and Docker's clients compare these times with their own.
	 * Nothing in netd waits by it. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return json_pack("{s:s, s:s, s:{s:s, s:o}, s:s, s:I, s:I}", "Type", type, "Action", action,
			 "Actor", "ID", id, "Attributes", attributes, "scope", "local", "time",
			 (json_int_t)now.tv_sec, "timeNano",
			 (json_int_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

void events_network(struct engine *engine, const char *action, const struct network *network,
		    const struct container *container)
{
	json_t *attributes;

	/* A start loads what was there before. Nobody made it just now, so nobody is told. */
	if (engine->booting)
		return;
	attributes = json_object();
	if (!network) {
		/* Docker ends a prune of networks with one event that names no network and says
		 * how many bytes it won, which are always none. */
		(void)json_object_set_new(attributes, "reclaimed", json_string("0"));
		send_event(engine, make_event("network", action, "", attributes));
		return;
	}
	if (container)
		(void)json_object_set_new(attributes, "container", json_string(container->spec.id));
	(void)json_object_set_new(attributes, "name", json_string(network->spec.name));
	(void)json_object_set_new(attributes, "type", json_string(network->spec.kind->name));
	send_event(engine, make_event("network", action, network->spec.id, attributes));
}

void events_container(struct engine *engine, const char *action, const struct container *container)
{
	json_t *attributes;

	if (engine->booting)
		return;
	attributes = container->spec.labels ? json_deep_copy(container->spec.labels)
					    : json_object();
	(void)json_object_set_new(attributes, "name", json_string(container->spec.name));
	send_event(engine, make_event("container", action, container->spec.id, attributes));
}

void events_done(struct engine *engine)
{
	for (size_t i = 0; i < EVENTS_RING; i++)
		free(engine->ring[i]);
	list_foreach (&engine->subscribers, struct engine_subscriber, subscriber, node)
		/* The list must not lead into an engine that is gone, for the subscriber outlives
		 * it and will call engine_unsubscribe later. */
		list_remove(&subscriber->node); /* freed by whoever subscribed */
}

int engine_subscribe(struct engine *engine, engine_event_handler handler, void *data,
		     struct engine_subscriber **ret_subscriber)
{
	struct engine_subscriber *subscriber = calloc(1, sizeof(*subscriber));

	if (!subscriber)
		return -ENOMEM;
	subscriber->handler = handler;
	subscriber->data = data;
	list_append(&engine->subscribers, &subscriber->node);
	*ret_subscriber = subscriber;
	return 0;
}

void engine_unsubscribe(struct engine_subscriber *subscriber)
{
	if (!subscriber)
		return;
	list_remove(&subscriber->node);
	free(subscriber);
}

void engine_events_replay(struct engine *engine, engine_event_handler handler, void *data)
{
	/* From the oldest to the youngest: the next slot to be written is the oldest that there
	 * is. */
	for (size_t i = 0; i < EVENTS_RING; i++) {
		const char *text = engine->ring[(engine->ring_next + i) % EVENTS_RING];
		json_t *event = text ? json_read_text(text) : NULL;

		if (event)
			handler(event, data);
		else if (text)
			log_warn("out of memory: an event is not told again");
		json_decref(event);
	}
}
