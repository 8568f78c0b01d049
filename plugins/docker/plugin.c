// SPDX-License-Identifier: GPL-2.0-or-later
// plugin.c - what the plugin keeps between calls, and whom it asks
#include "plugins/docker/plugin.h"

#include "base/deadline.h"

#include <errno.h>
#include <netd.h>

/* Theory of operation. One thread serves Docker, and Docker holds locks of its own while it waits.
 * A peer that does not answer would therefore stop every start and stop of a container, once for
 * each call, for the whole timeout. So a peer that let a timeout pass counts as silent for a while
 * (PLUGIN_SILENCE_S), and is not asked at all: calls that need it fail at once. A refusal or a
 * closed socket costs nothing and does not count.
 *
 * plugin_judge() belongs behind every question of plugin_netd() and plugin_engine(): it ends the
 * measurement that these have begun. */

/* A clock that is set would make a peer silent for hours, or never. */
time_t plugin_clock(void)
{
	return (time_t)deadline_now_s();
}

/* err is of the last question, 0 or negative. */
void plugin_judge(struct plugin_peer *peer, int err)
{
	time_t now = plugin_clock();
	/* A refusal comes at once and is an answer. Only who lets the whole time pass is silent.
	 *
	 * Only the duration tells silence from a refusal: both are errors. */
	bool silent = err < 0 && now - peer->asked_at >= (time_t)peer->timeout_s;

	/* Only who was asked since the last judgement is judged: an error may come from before
	 * the question. */
	if (peer->asked_at)
		peer->silent_since = silent ? now : 0;
	peer->asked_at = 0;
}

/* Notes when the question begins. *ret_client is the peer's, and is not to be closed. */
static int connected(struct plugin_peer *peer, struct client **ret_client, struct error *error)
{
	int err = 0;

	/* The wait is short against a peer's restart, and long against the calls that come in a
	 * row. */
	if (peer->silent_since && plugin_clock() - peer->silent_since < PLUGIN_SILENCE_S)
		return error_set(error, ERROR_UNAVAILABLE, "%s did not answer a moment ago",
				 peer->host ? peer->host : NETD_DEFAULT_HOST);
	/* The connection is kept for all calls. The client connects again by itself when netd was
	 * restarted. */
	if (!peer->client) {
		err = client_open(peer->host, &peer->client, error);
		if (err < 0)
			return err;
		client_timeout(peer->client, peer->timeout_s);
	}
	peer->asked_at = plugin_clock();
	*ret_client = peer->client;
	return 0;
}

int plugin_netd(struct plugin *plugin, struct client **ret_client, struct error *error)
{
	return connected(&plugin->netd, ret_client, error);
}

/* Both conditions can be false: the follower's flag is about Docker's API, the peer's silence about
 * the last question. */
int plugin_engine(struct plugin *plugin, struct client **ret_client, struct error *error)
{
	/* The follower hears first that Docker serves its API. A question before that would only
	 * cost the timeout. */
	if (!atomic_load(plugin->engine_answers))
		return error_set(error, ERROR_UNAVAILABLE, "its API does not answer yet");
	return connected(&plugin->engine, ret_client, error);
}

/* The hosts are borrowed, and live as long as the plugin. */
void plugin_init(struct plugin *plugin, const char *netd_host, const char *engine_host,
		 const atomic_bool *engine_answers)
{
	*plugin = (struct plugin) {
		.netd = { .host = netd_host, .timeout_s = PLUGIN_NETD_TIMEOUT_S },
		.engine = { .host = engine_host, .timeout_s = PLUGIN_ENGINE_TIMEOUT_S },
		.unnamed = true, /* a former process may not have got round to it */
		.engine_answers = engine_answers,
	};
}

/* Afterwards the plugin is empty. Both connections may never have been made. */
void plugin_done(struct plugin *plugin)
{
	client_close(plugin->netd.client);
	client_close(plugin->engine.client);
	for (size_t i = 0; i < PLUGIN_PENDING_MAX; i++)
		json_decref(plugin->pending[i].dns);
	*plugin = (struct plugin) { 0 };
}
