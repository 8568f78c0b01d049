// SPDX-License-Identifier: GPL-2.0-or-later
// clustering.c - a call that waits until something of the cluster is done
#include "api/handlers/clustering.h"

#include "api/call/reply.h"

void clustering_end(struct api_call *call, int err, const struct error *error, api_handler reply)
{
	/* The call is answered here, so its end must not call forget. */
	call->pending = (struct api_pending) { 0 };
	if (err < 0)
		call->error = *error;
	else
		/* An answer that cannot be made is an error of its own. */
		err = reply(call);
	if (err < 0)
		api_reply_error(call);
	api_call_resume(call);
}

/* The request itself goes on. Only nobody hears of it. */
static void forget(void *data)
{
	const struct api_cluster *cluster = api_call_cluster(data);

	cluster->forget(cluster->data);
}

/* The functions of the table never call their done from within, so the call is suspended in time.
 */
int clustering_wait(struct api_call *call)
{
	call->pending = (struct api_pending) { forget, call };
	api_call_suspend(call);
	return API_LATER;
}
