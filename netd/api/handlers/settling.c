// SPDX-License-Identifier: GPL-2.0-or-later
// settling.c - a call that has made something that spans hosts waits until etcd has it
#include "api/handlers/settling.h"

#include "api/call/reply.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Theory of operation. What spans hosts is made here at once, and its creator is answered when etcd
 * has it, for another host may be first with its name. What is to be another one is changed when
 * etcd has taken that. Who wants an address of a network that this host has none left of (or none
 * yet, for it has just heard of it) waits for the next block of them; who names a network that this
 * host has not heard of, until it has been told what there is. What is waited for is owned by
 * call->pending, and freed by whichever comes first: the answer (on_settled) or the end of the call
 * (forget). */

struct settling {
	struct api_call *call;
	settling_reply reply;
	bool is_network;
	char ref[(ID_LEN > NAME_LEN_MAX ? ID_LEN : NAME_LEN_MAX) + 1];
};

/* etcd has it (0), another host was first (-EEXIST), or nobody knows yet (-EINPROGRESS), and the
 * sentence goes along as a warning: it is here. */
static void on_settled(int err, const struct error *error, void *data)
{
	struct settling *settling = data;
	struct api_call *call = settling->call;

	/* The end of the call must not free it once more. */
	call->pending = (struct api_pending) { 0 };
	if (err == -EEXIST) {
		err = error_set(&call->error, ERROR_CONFLICT, "%s", error->text);
		if (settling->is_network)
			err = error_because(&call->error, ERROR_REASON_NETWORK_EXISTS, err);
	} else if (err < 0 && err != -EINPROGRESS) {
		call->error = *error;
	} else {
		err = settling->reply(call, settling->ref, err < 0 ? error->text : "");
	}
	if (err < 0)
		api_reply_error(call);
	free(settling);
	api_call_resume(call);
}

/* The caller has hung up. What was made stays and is told to etcd as before; nobody hears of it. */
static void forget(void *data)
{
	struct settling *settling = data;
	const struct api_cluster *cluster = api_call_cluster(settling->call);

	cluster->unsettle(settling, cluster->spanning);
	free(settling);
}

/* NULL: out of memory. */
static struct settling *settling_new(struct api_call *call, const char *ref, settling_reply reply)
{
	struct settling *settling = calloc(1, sizeof(*settling));

	if (!settling)
		return NULL;
	settling->call = call;
	settling->reply = reply;
	(void)snprintf(settling->ref, sizeof(settling->ref), "%s", ref);
	return settling;
}

/* After the call of the table, which does not answer from within. */
static int suspend(struct api_call *call, struct settling *settling)
{
	call->pending = (struct api_pending) { forget, settling };
	api_call_suspend(call);
	return API_LATER;
}

int settling_wait(struct api_call *call, const struct api_made *made, const char *ref,
		  settling_reply reply)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	_cleanup_free_ struct settling *settling = NULL;
	int err;

	if (!cluster->settle)
		return -ENOENT;
	settling = settling_new(call, ref, reply);
	if (!settling)
		return -ENOMEM;
	settling->is_network = made->id != NULL;
	err = cluster->settle(made, on_settled, settling, cluster->spanning);
	return err < 0 ? err : suspend(call, take_ptr(settling));
}

typedef int (*await)(api_cluster_done done, void *done_data, void *spanning);

/* True: done will be called. */
static bool wait_for(struct api_call *call, await what, api_cluster_done done)
{
	_cleanup_free_ struct settling *settling = NULL;

	if (!what || !(settling = settling_new(call, "", NULL)) ||
	    what(done, settling, api_call_cluster(call)->spanning) < 0)
		return false;
	(void)suspend(call, take_ptr(settling));
	return true;
}

/* What was refused is asked again. */
static int run_again(struct settling *settling)
{
	struct api_call *call = settling->call;

	call->pending = (struct api_pending) { 0 };
	free(settling);
	call->error = (struct error) { 0 };
	return call->route->handler(call);
}

/* Once, and answered whatever comes of it: without more addresses it is refused in the same words.
 */
static void on_room(int err, const struct error *error, void *data)
{
	struct api_call *call = ((struct settling *)data)->call;
	uint64_t n_left = engine_n_left(api_call_engine(call));

	(void)err, (void)error;
	err = run_again(data);
	if (err != API_LATER)
		api_reply_finish(call, err, n_left);
}

static bool wants_room(const struct api_call *call)
{
	return call->error.reason == ERROR_REASON_ADDRESS_AWAITED;
}

/* The same. Of a network that was heard of a moment ago this host has no addresses yet. */
static void on_word(int err, const struct error *error, void *data)
{
	struct api_call *call = ((struct settling *)data)->call;
	uint64_t n_left = engine_n_left(api_call_engine(call));

	(void)err, (void)error;
	err = run_again(data);
	if (err < 0 && wants_room(call) &&
	    wait_for(call, api_call_cluster(call)->await_room, on_room))
		return;
	if (err != API_LATER)
		api_reply_finish(call, err, n_left);
}

bool settling_again(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);

	if (call->error.reason == ERROR_REASON_NETWORK_NOT_FOUND)
		return wait_for(call, cluster->await_word, on_word);
	return wants_room(call) && wait_for(call, cluster->await_room, on_room);
}

int settling_propose(struct api_call *call, const struct cluster_record *before,
		     const struct cluster_record *after, const char *ref, settling_reply reply)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	_cleanup_free_ struct settling *settling = settling_new(call, ref, reply);
	int err;

	if (!settling)
		return error_system(&call->error, -ENOMEM, "cannot change %s", ref);
	if (!cluster->propose)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
				 "nobody knows of a cluster here");
	err = cluster->propose(before, after, on_settled, settling, cluster->spanning,
			       &call->error);
	return err < 0 ? err : suspend(call, take_ptr(settling));
}
