// SPDX-License-Identifier: GPL-2.0-or-later
// changes.c - changes that wait: for ports that are reserved ahead, or until nobody is led there
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/deadline.h"
#include "model/request/request.h"
#include "model/show/docker_json.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>

/* Theory of operation. A change that publishes many ports has them bound in turns before it is
 * made, so the call may have to wait. Everything that the change needs is decoded first and kept
 * here: the request's body is judged once, and a wrong one is refused before a port is bound. When
 * the ports are ready the change is made in one go, exactly as one that had nothing to wait for.
 *
 * A container that leaves a network stands behind its services until then. Those who are led to it
 * are told first, in turns, and then it leaves: so no connection begins that would end with it.
 * Whoever has asked for that has it done, whether or not he waits for the answer. */

/* It lives until the change is made or given up. The engine's request points into it, so it does
 * not move. */
struct change {
	struct api_call *call;
	int (*make)(struct change *change);
	struct container_spec spec; /* of an attach */
	struct port_binding *ports; /* for the container that the path names */
	size_t n_ports;
	struct ports_ahead *ahead;

	/* of one that leaves */
	struct engine_waiter waiter;
	char *container; /* of a disconnect; the path names the network */
	bool is_strict, is_forced;
};

/* Also of a change that waits for its ports: it is not made then. */
static void change_free(void *data)
{
	struct change *change = data;

	/* First: its request refers to the spec and the ports until then. */
	engine_ahead_free(change->ahead);
	list_remove(&change->waiter.node);
	container_spec_done(&change->spec);
	free(change->ports);
	free(change->container);
	free(change);
}

/* A suspended connection is not watched by the HTTP server. Who has only ended his side of it still
 * waits for the answer: asked for no event, poll(2) tells of a hang-up of both sides alone. */
static bool is_wanted(void *data)
{
	const struct change *change = data;
	struct pollfd pfd = { .fd = api_call_fd(change->call) };

	/* An error of poll(2) counts as wanted: only a hang-up is a reason to do nothing. */
	return deadline_poll(&pfd, 1, DEADLINE_NOW) <= 0;
}

/* The one place where a change begins, whether or not it has waited. */
static int make_now(struct change *change)
{
	/* The engine takes the reserved sockets for the very next change, so nothing stands between
	 * the two. */
	engine_ahead_use(change->ahead);
	return change->make(change);
}

/* The ports are bound as far as they could be. What could not be is said by the change itself. */
static void on_ready(void *data)
{
	struct change *change = data;
	struct api_call *call = change->call;
	/* Before the change, as request.c does for one that does not wait. */
	uint64_t n_left = engine_n_left(api_call_engine(call));
	/* Asked once more: he may have hung up after the last turn. A change whose caller has gone
	 * would leave a container that nobody knows of. */
	int err = is_wanted(change) ? make_now(change)
				    : error_set(&call->error, ERROR_UNAVAILABLE,
						"who asked for it has gone, and nothing was done");

	/* His turn has come, so nothing is pending. Else call_free() would free the change
	 * again. */
	call->pending = (struct api_pending) { 0 };
	change_free(change);
	api_reply_finish(call, err, n_left);
}

/* Makes the change now or later, and frees it then. */
static int begin(struct change *change, const struct engine_ahead_request *request)
{
	const struct engine_ahead_handlers handlers = { is_wanted, on_ready, change };
	struct api_call *call = change->call;
	/* Above 0: it waits; 0: the change can be made now. */
	int err = engine_ahead_new(api_call_engine(call), request, &handlers, &change->ahead,
				   &call->error);

	/* The ports are not ready yet: from here on the change belongs to the pending call. */
	if (err > 0) {
		call->pending = (struct api_pending) { change_free, change };
		api_call_suspend(call);
		return API_LATER;
	}
	/* With nothing to wait for the answer is made within the request. */
	if (err == 0)
		err = make_now(change);
	change_free(change);
	return err;
}

/* NULL: the call's error says why. */
static struct change *change_new(struct api_call *call, int (*make)(struct change *change))
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change) {
		(void)error_system(&call->error, -ENOMEM, "cannot read the request");
		return NULL;
	}
	change->call = call;
	change->make = make;
	list_init(&change->waiter.node);
	return change;
}

/* Moves the spec into the engine on success; change_free frees what is left of it. */
static int attach(struct change *change)
{
	struct api_call *call = change->call;
	struct container *container;
	bool created;
	int err = engine_attach(api_call_engine(call), &change->spec, &container, &created,
				&call->error);

	if (err < 0)
		return err;
	/* A runtime may attach again what is attached; the status tells it that nothing new was
	 * made. */
	return api_reply_container(call, created ? MHD_HTTP_CREATED : MHD_HTTP_OK, container);
}

int api_changes_attach(struct api_call *call)
{
	struct change *change = change_new(call, attach);
	int err;

	if (!change)
		return call->error.code;
	/* The decoder leaves nothing behind when it fails, so the change alone is freed. */
	err = request_container(call->json, &change->spec, &call->error);
	if (err < 0) {
		free(change);
		return err;
	}
	/* From here on begin frees the change, whatever comes. */
	return begin(change, &(struct engine_ahead_request) {
				     .spec = &change->spec,
				     .bindings = change->spec.ports,
				     .n_bindings = change->spec.n_ports,
			     });
}

/* The bindings stay the change's, and are freed with it. */
static int add_ports(struct change *change)
{
	struct api_call *call = change->call;
	int err = engine_ports_add(api_call_engine(call), call->ref, change->ports, change->n_ports,
				   &call->error);

	/* The reply is all that is published now, for the caller left the choice of some ports to
	 * netd. */
	return err < 0 ? err : api_containers_ports(call);
}

/* As an attach, for a container that is there. */
int api_changes_ports_add(struct api_call *call)
{
	struct change *change = change_new(call, add_ports);
	int err;

	if (!change)
		return call->error.code;
	/* The path's container is looked up when the change is made: it may end while the ports are
	 * bound. */
	err = request_ports(call->json, &change->ports, &change->n_ports, &call->error);
	if (err < 0) {
		free(change);
		return err;
	}
	return begin(change, &(struct engine_ahead_request) {
				     .container = call->ref,
				     .bindings = change->ports,
				     .n_bindings = change->n_ports,
			     });
}

/* --- who leaves ------------------------------------------------------------------------------- */

/* The path names the container, or of a disconnect the network. */
static const char *who_leaves(const struct change *change)
{
	return change->container ? change->container : change->call->ref;
}

/* NULL: all of its networks. */
static const char *what_is_left(const struct change *change)
{
	return change->container ? change->call->ref : NULL;
}

/* What is refused has changed nothing: it stands behind its services again. */
static int leave_now(struct change *change)
{
	struct api_call *call = change->call;
	int err = change->make(change);

	if (err < 0)
		engine_services_return(api_call_engine(call), who_leaves(change),
				       what_is_left(change));
	return err;
}

/* Nobody is led there any more. */
static void on_parted(void *data)
{
	struct change *change = data;
	struct api_call *call = change->call;
	uint64_t n_left = engine_n_left(api_call_engine(call));
	int err = leave_now(change);

	call->pending = (struct api_pending) { 0 };
	change_free(change);
	api_reply_finish(call, err, n_left);
}

/* The caller has hung up, or netd stops: then the reply is still sent. */
static void leave_unheard(void *data)
{
	struct change *change = data;
	struct api_call *call = change->call;

	if (leave_now(change) < 0)
		api_reply_error(call);
	call->is_done = true;
	change_free(change);
}

/* Makes the change when those who are led to the container know that it leaves, and frees it. */
static int leave(struct change *change)
{
	struct api_call *call = change->call;
	struct engine *engine = api_call_engine(call);
	uint64_t n_left = engine_n_left(engine);
	int err;

	engine_services_part(engine, who_leaves(change), what_is_left(change));
	if (engine_n_left(engine) != n_left) {
		change->waiter.done = on_parted;
		change->waiter.data = change;
		call->pending = (struct api_pending) { leave_unheard, change };
		api_call_suspend(call);
		engine_await_left(engine, &change->waiter);
		return API_LATER;
	}
	err = leave_now(change);
	change_free(change);
	return err;
}

/* A runtime may detach twice, late, or what never was: it wants to hear that nothing is left. A
 * person may have mistyped, and asks for strict. */
static int detach(struct change *change)
{
	struct api_call *call = change->call;
	int err = engine_detach(api_call_engine(call), call->ref, &call->error);

	/* Every other error is told: the container may still be there then. */
	if (err < 0 && (change->is_strict || call->error.kind != ERROR_NOT_FOUND))
		return err;
	return api_reply_empty(call, MHD_HTTP_NO_CONTENT);
}

int api_changes_detach(struct api_call *call)
{
	struct change *change;
	bool strict;
	int err = api_call_flag(call, "strict", &strict);

	if (err < 0)
		return err;
	change = change_new(call, detach);
	if (!change)
		return call->error.code;
	change->is_strict = strict;
	return leave(change);
}

/* force comes from the body. What is not connected is then no failure. */
static int disconnect(struct change *change)
{
	struct api_call *call = change->call;
	int err = engine_disconnect(api_call_engine(call), call->ref, change->container,
				    change->is_forced, &call->error);

	return err < 0 ? err : api_reply_empty(call, MHD_HTTP_OK);
}

int api_changes_disconnect(struct api_call *call)
{
	struct change *change = change_new(call, disconnect);
	int err;

	if (!change)
		return call->error.code;
	err = request_disconnect(call->json, &change->container, &change->is_forced, &call->error);
	if (err < 0) {
		change_free(change);
		return err;
	}
	return leave(change);
}
