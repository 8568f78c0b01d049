// SPDX-License-Identifier: GPL-2.0-or-later
// events.c - what happened, told in Docker's shape to those who listen, and kept for a while
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/list.h"
#include "base/log.h"
#include "engine/state/state.h"
#include "model/container/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* Theory of operation. An event is made once, told to each subscriber in the same call, and kept
 * as text in a ring of fixed size. The ring answers those who ask for the past (since=); the
 * oldest event goes without a word when it is full. A subscriber gets the tree itself and must
 * not keep it without a reference of its own: the last line of send_event drops ours. Events are
 * a service to observers and never a reason to fail a change, so each lack of memory here costs
 * one event and one line of the log. */

/* One stream of /events, or whoever else listens. */
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

/* Takes attributes over. NULL: no memory. */
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

/* network NULL: a prune has ended. container: who joined or left. */
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
	if (container) {
		(void)json_object_set_new(attributes, "container", json_string(container->spec.id));
		(void)json_object_set_new(attributes, "containerName",
					  json_string(container->spec.name));
	}
	(void)json_object_set_new(attributes, "name", json_string(network->spec.name));
	(void)json_object_set_new(attributes, "type", json_string(network->spec.kind->name));
	send_event(engine, make_event("network", action, network->spec.id, attributes));
}

/* As Docker's events of a container have it: labels, too. */
static json_t *container_attributes(const struct container *container)
{
	json_t *attributes = container->spec.labels ? json_deep_copy(container->spec.labels)
						    : json_object();

	(void)json_object_set_new(attributes, "name", json_string(container->spec.name));
	return attributes;
}

/* Told when the change is done, and not before. */
void events_container(struct engine *engine, const char *action, const struct container *container)
{
	if (engine->booting)
		return;
	send_event(engine, make_event("container", action, container->spec.id,
				      container_attributes(container)));
}

/* --- ports ------------------------------------------------------------------------------------ */

/* Whether a port goes on where the run before it ends, on both sides. */
static bool is_next(const struct port *last, const struct port *port)
{
	return port->protocol == last->protocol && port->host_port == last->host_port + 1 &&
	       port->container_port == last->container_port + 1 &&
	       addr_equal(&port->host_addr, &last->host_addr);
}

/* "80", "8000-8010". */
static json_t *port_text(uint16_t port, size_t n)
{
	char text[16];

	(void)snprintf(text, sizeof(text), n > 1 ? "%u-%u" : "%u", port,
		       (unsigned)(port + n - 1)); /* the second of one is not printed */
	return json_string(text);
}

/* n_more: how many runs are not told, for want of room; said with the last one. */
static void send_run(struct engine *engine, const char *action, const struct container *container,
		     const struct port *first, size_t n, size_t n_more)
{
	json_t *attributes = container_attributes(container);
	char more[24];

	(void)json_object_set_new(attributes, "protocol",
				  json_string(port_protocol_name(first->protocol)));
	(void)json_object_set_new(attributes, "hostIp", json_string(ADDR_STR(&first->host_addr)));
	(void)json_object_set_new(attributes, "hostPort", port_text(first->host_port, n));
	(void)json_object_set_new(attributes, "containerPort", port_text(first->container_port, n));
	(void)snprintf(more, sizeof(more), "%zu", n_more);
	if (n_more > 0)
		(void)json_object_set_new(attributes, "more", json_string(more));
	send_event(engine, make_event("container", action, container->spec.id, attributes));
}

/* Calls each for every run, those of IPv4 first: a range that is published on every address has
 * ports of both in turns. */
static void walk_runs(const struct port *ports, size_t n_ports,
		      void (*each)(const struct port *first, size_t n, void *data), void *data)
{
	const struct port *first = NULL, *last = NULL;
	size_t n = 0;

	/* Twice over the ports: the first time those of IPv4, then those of IPv6. */
	for (size_t step = 0; step < 2 * n_ports; step++) {
		bool is_first_half = step < n_ports;
		const struct port *port = &ports[step % n_ports];

		if (is_first_half == (port->host_addr.family == AF_INET6))
			continue;
		if (first && !is_next(last, port)) {
			each(first, n, data);
			first = NULL;
		}
		if (!first) {
			first = port;
			n = 0;
		}
		last = port;
		n++;
	}
	if (first)
		each(first, n, data);
}

/* The runs are counted first, so that the last one told can say how many are left out. */
struct telling {
	struct engine *engine;
	const char *action;
	const struct container *container;
	size_t n_runs, n_told;
};

static void count_run(const struct port *first, size_t n, void *data)
{
	struct telling *telling = data;

	(void)first, (void)n;
	telling->n_runs++;
}

/* EVENTS_PORTS_MAX bounds what one change may put into the ring. */
static void tell_run(const struct port *first, size_t n, void *data)
{
	struct telling *telling = data;
	bool is_last = ++telling->n_told == EVENTS_PORTS_MAX;

	if (telling->n_told <= EVENTS_PORTS_MAX)
		send_run(telling->engine, telling->action, telling->container, first, n,
			 is_last ? telling->n_runs - telling->n_told : 0);
}

/* A range of thousands is one event for each run, and EVENTS_PORTS_MAX at the most. */
void events_ports(struct engine *engine, const char *action, const struct container *container,
		  const struct port *ports, size_t n_ports)
{
	struct telling telling = { .engine = engine, .action = action, .container = container };

	if (engine->booting)
		return;
	walk_runs(ports, n_ports, count_run, &telling);
	walk_runs(ports, n_ports, tell_run, &telling);
}

/* At the engine's end. */
void events_done(struct engine *engine)
{
	for (size_t i = 0; i < EVENTS_RING; i++)
		free(engine->ring[i]);
	list_foreach (&engine->subscribers, struct engine_subscriber, subscriber, node)
		/* The list must not lead into an engine that is gone, for the subscriber outlives
		 * it and will call engine_unsubscribe later. */
		list_remove(&subscriber->node); /* freed by whoever subscribed */
}

/* handler is called for events from now on, within the change that they are about. */
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

/* Also after the engine's end: the subscriber is in no list then. */
void engine_unsubscribe(struct engine_subscriber *subscriber)
{
	if (!subscriber)
		return;
	list_remove(&subscriber->node);
	free(subscriber);
}

/* An event is parsed again for each who asks: that is rare. */
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
