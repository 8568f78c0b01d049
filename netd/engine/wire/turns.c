// SPDX-License-Identifier: GPL-2.0-or-later
// turns.c - long work that is no part of a change, in turns with everybody else
#include "base/cleanup.h"
#include "base/grow.h"
#include "engine/wire/wire.h"
#include "model/container/port.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Theory of operation. What comes before a change (ports_ahead.c) and what is left after one
 * (sockets to close, relays to hand over) is done for ENGINE_TURN_S at a time, and the loop looks
 * at everything else in between. All that is left is numbered, and done in that order, so whoever
 * waits for some of it, or for what was left before he came, waits for nothing that comes later.
 *
 * Ports given up. A socket takes some 10 us to close. Those of a container with many wait here, for
 * at most as long as the caller waits for his answer; who wants one of the ports meanwhile has it
 * at once (turns_free_place). */

/* --- ports given up --------------------------------------------------------------------------- */

/* One socket and one relay. The entry stays in the array, empty, for others to pass over. */
static void let_go(struct engine *engine, struct given_port *given)
{
	if (given->relay) {
		relayed_give_up(engine, given->relay, &given->port);
		engine->wire->last_relay_given = given->port;
		engine->wire->last_relay_given_s = engine_now_s();
	}
	given->relay = 0;
	if (given->fd >= 0)
		(void)close(given->fd);
	given->fd = -1;
}

/* Takes fd over. The number says in which order things were left. */
void turns_give_up(struct engine *engine, const struct port *port, int fd, uint32_t relay)
{
	struct given_port given = { .port = *port, .fd = fd, .relay = relay };

	struct given_port *grown = grow(engine->wire->given, &engine->wire->size_given,
					engine->wire->n_given + 1, sizeof(*grown));

	/* Without memory to remember it the socket is closed on the spot, in the time of the
	 * caller. */
	if (!grown) {
		let_go(engine, &given);
		return;
	}
	engine->wire->given = grown;
	given.number = ++engine->wire->n_left;
	engine->wire->given[engine->wire->n_given++] = given;
	turns_start(engine);
}

/* Somebody wants this place now: what holds it is closed out of order. True: something was
 * closed. */
bool turns_free_place(struct engine *engine, const struct port *port)
{
	bool found = false;

	for (size_t i = engine->wire->given_at; i < engine->wire->n_given; i++) {
		struct given_port *given = &engine->wire->given[i];

		/* Closed already, for somebody who wanted the place earlier. */
		if ((given->fd < 0 && !given->relay) || !port_clash(&given->port, port))
			continue;
		let_go(engine, given);
		found = true;
	}
	/* The resolver closes its end when it reads the message, and it reads up to the published
	 * number only. */
	if (found)
		names_flush(engine);
	return found;
}

/* Those before this number. Messages about relays are published once, for all of them. */
static void close_given(struct engine *engine, uint64_t before, double ends_s)
{
	while (engine->wire->given_at < engine->wire->n_given &&
	       engine->wire->given[engine->wire->given_at].number < before &&
	       engine_now_s() < ends_s)
		let_go(engine, &engine->wire->given[engine->wire->given_at++]);
	names_flush(engine);
	/* Behind the last one the array is freed: a burst of thousands must not keep its room for
	 * ever. */
	if (engine->wire->given_at < engine->wire->n_given)
		return;
	free(engine->wire->given);
	engine->wire->given = NULL;
	engine->wire->n_given = engine->wire->size_given = engine->wire->given_at = 0;
}

/* --- all that is left ------------------------------------------------------------------------- */

static uint64_t first_given(const struct engine *engine)
{
	return engine->wire->given_at < engine->wire->n_given
		       ? engine->wire->given[engine->wire->given_at].number
		       : UINT64_MAX;
}

/* The number of what is next but for ports given up. */
static uint64_t first_other(const struct engine *engine)
{
	uint64_t relays = relayed_first_left(engine), services = services_turns_first(engine);

	return relays < services ? relays : services;
}

/* The number of what is next; UINT64_MAX: nothing is left. */
static uint64_t first_left(const struct engine *engine)
{
	uint64_t given = first_given(engine), other = first_other(engine);

	return given < other ? given : other;
}

/* A turn of its own, and a short one: it holds the loop whenever a container comes or goes. */
static void services_turn(struct engine *engine, double ends_s)
{
	double short_s = engine_now_s() + SERVICES_TURN_S;

	services_turns_turn(engine, short_s < ends_s ? short_s : ends_s);
}

/* Whether there is more. Works on what is left, in the order of the numbers, until it is done or
 * the turn is over. */
static bool do_left(struct engine *engine, double ends_s)
{
	uint64_t first;

	while ((first = first_left(engine)) != UINT64_MAX) {
		/* One look at the clock for each part: a part itself is bounded by the same
		 * moment. */
		if (engine_now_s() >= ends_s)
			return true;
		if (first == first_given(engine)) {
			close_given(engine, first_other(engine), ends_s);
		} else if (first == relayed_first_left(engine)) {
			relayed_turn(engine, ends_s);
		} else {
			services_turn(engine, ends_s);
			return first_left(engine) != UINT64_MAX;
		}
	}
	return false;
}

/* --- who waits for it ------------------------------------------------------------------------- */

/* Numbers only grow, so two of them say whether something was left in between. */
uint64_t engine_n_left(const struct engine *engine)
{
	return engine->wire->n_left;
}

void engine_await_left(struct engine *engine, struct engine_waiter *waiter)
{
	/* The last number that there is now. What comes later makes nobody wait longer. */
	waiter->until = engine->wire->n_left;
	waiter->is_past = false;
	list_append(&engine->wire->waiters, &waiter->node);
	turns_start(engine);
}

static bool is_ours(const struct engine *engine, const struct port *port)
{
	for (size_t i = 0; i < engine->n_containers; i++)
		if (ports_places_one_has(engine->containers[i], port))
			return true;
	return ports_held_holder(engine, port) != NULL;
}

/* The resolver closes its sockets in the order in which they are given up. Who has the place now,
 * where it is not the resolver, is nobody to wait for. */
static bool relay_is_closing(const struct engine *engine, const struct port *port, double given_s)
{
	_cleanup_close_ int fd = -1;

	/* Nothing was relayed, or its time is over: then whoever still has the place is not the
	 * resolver. */
	if (!addr_is_set(&port->host_addr) || engine_now_s() - given_s >= RELAY_CLOSE_S)
		return false;
	/* A bind is the only way to ask the kernel whether the place is free. The socket is
	 * closed at once. */
	fd = engine->door->host_ports.reserve(port->protocol, &port->host_addr, port->host_port,
					      true, NULL);
	return fd == -EEXIST && !is_ours(engine, port);
}

/* Whether this waiter may be answered. Once his part is past, the last relay given up is noted, and
 * only that one is waited for. */
static bool is_over(const struct engine *engine, struct engine_waiter *waiter)
{
	if (!waiter->is_past && first_left(engine) <= waiter->until)
		return false;
	if (!waiter->is_past) { /* later relays are none of his */
		waiter->relay = engine->wire->last_relay_given;
		waiter->relay_s = engine->wire->last_relay_given_s;
		waiter->is_past = true;
	}
	return !relay_is_closing(engine, &waiter->relay, waiter->relay_s);
}

/* They come in the order of what they wait for. all: the engine stops, and nobody is left
 * waiting. */
static void wake_waiters(struct engine *engine, bool all)
{
	struct engine_waiter *waiter;

	/* The first waits for the least, so when it is not over nobody's wait is. */
	while ((waiter = list_first(&engine->wire->waiters, struct engine_waiter, node)) &&
	       (all || is_over(engine, waiter))) {
		list_remove(&waiter->node);
		waiter->done(waiter->data);
	}
}

/* --- the turns -------------------------------------------------------------------------------- */

static void on_turn(struct ev_loop *loop, ev_timer *timer, int revents);

/* A turn that is due already is not put off. */
static void start_after(struct engine *engine, double after_s)
{
	if (ev_is_active(&engine->wire->turns_timer))
		return;
	ev_timer_init(&engine->wire->turns_timer, on_turn, after_s, 0.);
	engine->wire->turns_timer.data = engine;
	ev_timer_start(engine->loop, &engine->wire->turns_timer);
}

/* Who has his ports reserved has half of the turn, where he need not wait for what is left. One
 * turn: what is left, then who waits, then reservations ahead. It starts the next one while there
 * is work. */
static void on_turn(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	double ends_s = engine_now_s() + ENGINE_TURN_S;
	bool has_ahead = engine->above->may_go_on(engine);
	bool more = do_left(engine, has_ahead ? ends_s - ENGINE_TURN_S / 2 : ends_s);
	enum turns_next next;

	(void)loop, (void)revents;
	wake_waiters(engine, false);
	next = engine->above->go_on(engine, ends_s);
	if (more || next == TURNS_AT_ONCE)
		start_after(engine, 0.);
	/* While a relay is closing nothing tells of it. The timer asks again. */
	else if (next == TURNS_SOON || !list_empty(&engine->wire->waiters))
		start_after(engine, RELAY_CLOSE_STEP_US / 1e6);
}

void turns_start(struct engine *engine)
{
	start_after(engine, 0.);
}

void turns_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->wire->turns_timer);
	/* A second for each round is no bound: all of it is done, for the resolver goes on with
	 * what it was told. */
	while (do_left(engine, engine_now_s() + 1))
		;
	wake_waiters(engine, true);
}
