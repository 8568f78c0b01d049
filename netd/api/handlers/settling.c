// SPDX-License-Identifier: GPL-2.0-or-later
// settling.c - a call that has made something that spans hosts waits until etcd has it
#include "api/handlers/settling.h"

#include "api/call/reply.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Theory of operation. What spans hosts is made here at once, and its creator is answered when etcd
 * has it, for another host may be first with its name. What is waited for is owned by
 * call->pending, and freed by whichever comes first: the answer (on_settled) or the end of the call
 * (forget). */

struct settling {
	struct api_call *call;
	settling_reply reply;
	bool is_network;
	char ref[(ID_LEN > NAME_LEN_MAX ? ID_LEN : NAME_LEN_MAX) + 1];
};

/* etcd has it (0), another host was first (-EEXIST), or nobody knows yet, and the sentence goes
 * along as a warning: it is here. */
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

int settling_wait(struct api_call *call, const struct api_made *made, const char *ref,
		  settling_reply reply)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	_cleanup_free_ struct settling *settling = NULL;
	int err;

	if (!cluster->settle)
		return -ENOENT;
	settling = calloc(1, sizeof(*settling));
	if (!settling)
		return -ENOMEM;
	settling->call = call;
	settling->reply = reply;
	settling->is_network = made->id != NULL;
	(void)snprintf(settling->ref, sizeof(settling->ref), "%s", ref);
	err = cluster->settle(made, on_settled, settling, cluster->spanning);
	if (err < 0)
		return err;
	/* After the call of settle, which does not answer from within. */
	call->pending = (struct api_pending) { forget, take_ptr(settling) };
	api_call_suspend(call);
	return API_LATER;
}
