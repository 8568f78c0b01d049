// SPDX-License-Identifier: GPL-2.0-or-later
// turns.c - long work that is no part of a change, in turns with everybody else
#include "base/cleanup.h"
#include "engine/internal.h"
#include "kernel/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Theory of operation. What comes before a change (ports_ahead.c) and what is left after one
 * (sockets to close, relays to hand over) is done for ENGINE_TURN_S at a time, and the loop looks
 * at everything else in between. What is left comes first: it is in the way of others.
 *
 * Ports given up. A socket takes some 10 us to close. Those of a container with many wait here, for
 * at most as long as the caller waits for his answer; who wants one of the ports meanwhile has it
 * at once (turns_free_place). */

/* --- ports given up --------------------------------------------------------------------------- */

static void let_go(struct engine *engine, struct given_port *given)
{
	if (given->relay)
		engine->last_relay_given = given->port;
	if (given->relay)
		names_relay_gone(engine, given->relay, &given->port);
	given->relay = 0;
	if (given->fd >= 0)
		(void)close(given->fd);
	given->fd = -1;
}

void turns_give_up(struct engine *engine, const struct port *port, int fd, uint32_t relay)
{
	struct given_port given = { .port = *port, .fd = fd, .relay = relay };

	if (engine->n_given == engine->size_given) {
		size_t size = engine->size_given ? engine->size_given * 2 : 256;
		struct given_port *grown = reallocarray(engine->given, size, sizeof(*grown));

		if (!grown) {
			let_go(engine, &given);
			return;
		}
		engine->given = grown;
		engine->size_given = size;
	}
	engine->given[engine->n_given++] = given;
	engine->n_left++;
	turns_start(engine);
}

bool turns_free_place(struct engine *engine, const struct port *port)
{
	bool found = false;

	for (size_t i = engine->given_at; i < engine->n_given; i++) {
		struct given_port *given = &engine->given[i];

		if ((given->fd < 0 && !given->relay) || !ports_clash(&given->port, port))
			continue;
		let_go(engine, given);
		found = true;
	}
	if (found)
		names_flush(engine);
	return found;
}

static bool close_given(struct engine *engine, double ends_s)
{
	if (engine->n_given == 0)
		return false;
	while (engine->given_at < engine->n_given && engine_now_s() < ends_s)
		let_go(engine, &engine->given[engine->given_at++]);
	names_flush(engine);
	if (engine->given_at < engine->n_given)
		return true;
	free(engine->given);
	engine->given = NULL;
	engine->n_given = engine->size_given = engine->given_at = 0;
	return false;
}

/* The resolver closes its sockets in the order in which they are given up. */
static bool relays_are_closing(struct engine *engine)
{
	const struct port *last = &engine->last_relay_given;
	_cleanup_close_ int fd = -1;

	if (!addr_is_set(&last->host_addr))
		return false;
	fd = ports_reserve(last->protocol, &last->host_addr, last->host_port, true, NULL);
	if (ports_may_be_free_soon(engine, fd))
		return true;
	engine->last_relay_given = (struct port) { 0 };
	return false;
}

/* --- who waits for it ------------------------------------------------------------------------- */

uint64_t engine_n_left(const struct engine *engine)
{
	return engine->n_left;
}

void engine_await_left(struct engine *engine, struct engine_waiter *waiter)
{
	list_append(&engine->waiters, &waiter->node);
	turns_start(engine);
}

static void wake_waiters(struct engine *engine)
{
	struct engine_waiter *waiter;

	while ((waiter = list_first(&engine->waiters, struct engine_waiter, node))) {
		list_remove(&waiter->node);
		waiter->done(waiter->data);
	}
}

/* --- the turns -------------------------------------------------------------------------------- */

static void on_turn(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	double ends_s = engine_now_s() + ENGINE_TURN_S;
	bool more = close_given(engine, ends_s) || names_relays_turn(engine, ends_s) ||
		    relays_are_closing(engine);

	(void)loop, (void)revents;
	if (!more) {
		wake_waiters(engine);
		more = ports_ahead_turn(engine, ends_s);
	}
	if (more)
		turns_start(engine);
}

void turns_start(struct engine *engine)
{
	if (ev_is_active(&engine->turns_timer))
		return;
	ev_timer_init(&engine->turns_timer, on_turn, 0., 0.);
	engine->turns_timer.data = engine;
	ev_timer_start(engine->loop, &engine->turns_timer);
}

void turns_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->turns_timer);
	while (close_given(engine, engine_now_s() + 1))
		;
	wake_waiters(engine);
}
