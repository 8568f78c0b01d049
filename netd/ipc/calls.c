// SPDX-License-Identifier: GPL-2.0-or-later
// calls.c - requests to the process at the other end of a channel, and who waits for which answer

#include "ipc/calls.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A request has a number, and its answer carries the same. Who waits stands in
 * a list in the order of the numbers. Each is told exactly once: by the answer, by its deadline
 * (ipc_calls_expire, called by the owner's timer) or by the end of the channel (ipc_calls_fail). An
 * answer whose number nobody has is passed over by the caller. */

/* One who waits for an answer. */
struct call {
	struct list node;
	uint32_t id;
	uint64_t deadline_ms;
	ipc_answer_fn done;
	void *data;
};

/* Needs no memory, so it cannot fail. */
void ipc_calls_init(struct ipc_calls *calls, unsigned n_max)
{
	*calls = (struct ipc_calls) { .n_max = n_max };
	list_init(&calls->waiting);
}

int ipc_calls_wait(struct ipc_calls *calls, uint64_t deadline_ms, ipc_answer_fn done, void *data,
		   uint32_t *ret_id)
{
	struct call *call;

	/* The other process may be hung: then what waits for it must not grow without end. */
	if (calls->n >= calls->n_max)
		return -EBUSY;
	call = malloc(sizeof(*call));
	if (call == NULL)
		return -ENOMEM;
	/* The count goes on over all requests: an answer that comes after its deadline must not
	 * find another request with its number. */
	*call = (struct call) {
		.id = ++calls->last_id, .deadline_ms = deadline_ms, .done = done, .data = data
	};
	/* In the order of their numbers, which first_before() relies on. */
	list_append(&calls->waiting, &call->node);
	calls->n++;
	*ret_id = call->id;
	return 0;
}

/* Without calling done. */
static void forget(struct ipc_calls *calls, struct call *call)
{
	list_remove(&call->node);
	calls->n--;
	free(call);
}

int ipc_calls_ask(struct ipc_calls *calls, struct wire *wire, const struct ipc_call *request,
		  uint64_t deadline_ms, ipc_answer_fn done, void *data)
{
	/* A copy: the number is this table's to draw, and the request is its caller's. */
	struct ipc_call sent = *request;
	int err = ipc_calls_wait(calls, deadline_ms, done, data, &sent.id);

	if (err < 0)
		return err;
	/* It waits before it is written, since what cannot wait must not be sent: its answer would
	 * be nobody's. */
	ipc_put_call(wire, IPC_REQUEST, &sent);
	/* Nothing was sent, so nobody would ever answer. */
	if (wire->err == 0)
		return 0;
	forget(calls, container_of(calls->waiting.prev, struct call, node)); /* the last asked */
	return -EMSGSIZE;
}

/* Off the table first: done may ask again, or end all of them. */
static void finish(struct ipc_calls *calls, struct call *call, int status, const uint8_t *answer,
		   size_t len)
{
	/* The two are kept on the stack, as forget() frees the call. */
	ipc_answer_fn done = call->done;
	void *data = call->data;

	forget(calls, call);
	done(status, answer, len, data);
}

/* The list is short (n_max), so it is walked. The body points into the message: done copies what it
 * wants to keep. */
int ipc_calls_answer(struct ipc_calls *calls, const struct ipc_call *reply)
{
	list_foreach (&calls->waiting, struct call, call, node) {
		if (call->id != reply->id)
			continue;
		/* The loop ends here: done() may have changed the list. */
		finish(calls, call, -(int)reply->what, reply->body, reply->len);
		return 0;
	}
	return -ENOENT;
}

/* Looks at the calls that were there when it began: one that is asked meanwhile has its own
 * time. */
static struct call *first_before(const struct ipc_calls *calls, uint32_t end, uint64_t now_ms)
{
	list_foreach (&calls->waiting, struct call, call, node) {
		/* The difference, because numbers wrap around after 2^32 requests. */
		if ((int32_t)(call->id - end) > 0)
			return NULL;
		if (call->deadline_ms <= now_ms)
			return call;
	}
	return NULL;
}

/* Ends those whose deadline is now_ms or earlier. */
static void end_all(struct ipc_calls *calls, uint64_t now_ms, int status)
{
	/* Without this bound a caller that asks again from done() would keep the loop going for
	 * ever. */
	uint32_t end = calls->last_id;
	struct call *call;

	/* From the beginning each time: done() may have ended others, so no pointer into the list
	 * survives it. */
	while ((call = first_before(calls, end, now_ms)) != NULL)
		finish(calls, call, status, NULL, 0);
}

void ipc_calls_expire(struct ipc_calls *calls, uint64_t now_ms)
{
	end_all(calls, now_ms, -ETIMEDOUT);
}

void ipc_calls_fail(struct ipc_calls *calls, int status)
{
	/* No deadline is later than this, so all of them end. */
	end_all(calls, UINT64_MAX, status);
}
