// SPDX-License-Identifier: GPL-2.0-or-later
// believed.c - what netd says it has made, from its snapshot
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "client/calls.h"
#include "client/client.h"
#include "diag/belief.h"
#include "explain/explain.h"

static void client_closep(struct client **client)
{
	client_close(*client);
}

/* The snapshot is gathered and read as any observer's: the loop is held for no longer by this. */
int explain_believed(const struct explain_options *options, struct facts *facts,
		     struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	_cleanup_(buf_done) struct buf body = { 0 };
	int status, err = client_open(options->host, &client, error);

	if (err < 0)
		return err;
	client_timeout(client, EXPLAIN_SNAPSHOT_S);
	err = client_call(client, "GET", "/netd/v1/snapshot?parts=networks,containers,ports", NULL,
			  &status, &body, error);
	if (err == 0 && status != 200)
		err = calls_refusal(status, &body, error);
	if (err == 0)
		err = belief_read(body.data, body.len, facts, error);
	if (err == 0)
		facts->source = "netd";
	return err;
}
