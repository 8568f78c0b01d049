// SPDX-License-Identifier: GPL-2.0-or-later
// queries.c - questions put to the resolver in a container's name, and their answers
#include "base/limits.h"
#include "engine/tell/tell.h"

/* Theory of operation. A look-up through the API is a message to the resolver with a number, and
 * the caller's call is suspended until the answer with that number comes. ipc/calls.h keeps who
 * waits. Each caller hears exactly once: by an answer, by the deadline (the timer, which runs
 * only while somebody waits), or when the link to the resolver ends (queries_fail). Afterwards a
 * late answer finds nobody and is dropped. */

/* Looks for callers whose time is over. One timer serves all of them. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;

	(void)revents;
	queries_expire(engine, deadline_now_ms());
	if (engine->tell->queries.n == 0)
		ev_timer_stop(loop, timer);
}

/* The timer is set up and not started: ev_timer_again starts it with the first look-up. */
void queries_start(struct engine *engine)
{
	ipc_calls_init(&engine->tell->queries, QUERIES_MAX);
	ev_timer_init(&engine->tell->queries_timer, on_timer, 0., QUERIES_LOOK_S);
	engine->tell->queries_timer.data = engine;
}

/* What nobody waits for (any more) is passed over. */
void queries_answer(struct engine *engine, const struct ipc_query *answer)
{
	const struct ipc_call reply = { .id = answer->id,
					.body = answer->message,
					.len = answer->len };

	(void)ipc_calls_answer(&engine->tell->queries, &reply);
}

/* Has its time as an argument so that tests need not wait. */
void queries_expire(struct engine *engine, int64_t now_ms)
{
	ipc_calls_expire(&engine->tell->queries, (uint64_t)now_ms);
}

/* The resolver is gone, or netd ends: each caller hears the reason at once and not after its
 * time. */
void queries_fail(struct engine *engine, int status)
{
	/* All are told by the call below, and none is left to be looked for. */
	ev_timer_stop(engine->loop, &engine->tell->queries_timer);
	ipc_calls_fail(&engine->tell->queries, status);
}

/* Turns the status that a caller got into words for the user. 0 and answers do not come here. */
int engine_dns_why(int status, struct error *error)
{
	switch (status) {
	case QUERIES_ENDED:
		return error_set(error, ERROR_UNAVAILABLE,
				 "the resolver process ended; another takes over");
	case QUERIES_HUNG:
		return error_set(error, ERROR_UNAVAILABLE,
				 "the resolver process did not answer; another takes over");
	case QUERIES_STOPPED:
		return error_set(error, ERROR_UNAVAILABLE, "netd is stopping");
	default: /* -ETIMEDOUT */
		return error_set(error, ERROR_UNAVAILABLE,
				 "the resolver process did not answer within %d s",
				 QUERIES_WAIT_MS / 1000);
	}
}

/* The view to ask as: that of the container, or 0, the host's. */
static int find_view(struct engine *engine, const char *ref, uint32_t *ret_view,
		     struct error *error)
{
	struct container *container;
	int err;

	*ret_view = 0;
	/* Without a container the question is the host's: the resolver asks the host's servers
	 * and shows no network's names. */
	if (!ref)
		return 0;
	err = engine_container_find(engine, ref, &container, error);
	if (err < 0)
		return err;
	if (container->dns_port == 0)
		return error_set(error, ERROR_INVALID,
				 "container %s has no resolver: it is on the network host or none",
				 container->spec.name);
	*ret_view = container->number;
	return 0;
}

/* done is called exactly once if 0 is returned, and never otherwise. */
static int ask(struct engine *engine, enum ipc_type type, const char *container,
	       const uint8_t *message, size_t len, engine_dns_done done, void *data,
	       struct error *error)
{
	struct ipc_query body = { .message = message, .len = (uint16_t)len };
	struct wire wire;
	int err = find_view(engine, container, &body.view, error);

	if (err < 0)
		return err;
	/* Not put off until there is one: who looks names up to find a fault wants to hear of
	 * this one. */
	if (!engine->tell->link)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the resolver process is not running; it is being started again");
	err = ipc_calls_wait(&engine->tell->queries, (uint64_t)deadline_after(QUERIES_WAIT_MS),
			     done, data, &body.id);
	if (err == -EBUSY)
		return error_set(error, ERROR_UNAVAILABLE, "%d look-ups are under way already",
				 QUERIES_MAX);
	if (err < 0)
		return error_system(error, err, "cannot look up");
	/* One that runs is left alone: to start it anew would put the look off as long as somebody
	 * goes on asking. */
	if (!ev_is_active(&engine->tell->queries_timer))
		ev_timer_again(engine->loop, &engine->tell->queries_timer);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_query(&wire, type, &body);
	resolver_link_send(engine->tell->link, &wire, NULL, 0);
	/* The answer may depend on names that were sent a moment ago. The number of messages is
	 * published after them, so the resolver reads them all before it answers. */
	names_flush(engine);
	return 0;
}

int engine_dns_query(struct engine *engine, const char *container, const uint8_t *message,
		     size_t len, engine_dns_done done, void *data, struct error *error)
{
	return ask(engine, IPC_QUERY, container, message, len, done, data, error);
}

int engine_dns_trace(struct engine *engine, const char *container, const uint8_t *message,
		     size_t len, engine_dns_done done, void *data, struct error *error)
{
	const struct resolver_link *link = engine->tell->link;

	if (link && resolver_link_version(link) < (uint32_t)IPC_VERSION_TRACE)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the resolver process is of a release before this one, which does "
				 "not say how it decides: restart netd while no container is "
				 "attached, or end process %u, and another takes over",
				 resolver_link_pid(link));
	return ask(engine, IPC_TRACE, container, message, len, done, data, error);
}
