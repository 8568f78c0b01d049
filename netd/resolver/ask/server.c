// SPDX-License-Identifier: GPL-2.0-or-later
// server.c - one upstream server and what is known about its health

#include "resolver/ask/server.h"

#include "base/limits.h"
#include "base/log.h"
#include "resolver/ask/source.h"

#include <stdlib.h>

/* Theory of operation. A server is one address and port, asked from one place. n_failed is how many
 * failures stand against it: an error weighs one, silence all that is needed. With
 * SERVER_FAILED_MAX it is no longer healthy and others are asked before it; from then on it is
 * probed, with a delay that doubles. Any good answer makes it healthy again. */

/* refs is 1. NULL: out of memory. */
struct server *server_new(struct ev_loop *loop, const struct server_name *name)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	list_init(&server->node);
	server->refs = 1;
	server->loop = loop;
	server->name = *name;
	if (name->source != NULL)
		(void)source_ref(name->source);
	return server;
}

/* Only upstream_server_unref() calls this. */
void server_free(struct server *server)
{
	if (server == NULL)
		return;
	lane_free(server->lane);
	source_unref(server->name.source);
	list_remove(&server->node);
	free(server);
}

bool server_is_healthy(const struct server *server)
{
	return server->n_failed < SERVER_FAILED_MAX;
}

/* Dead is stronger: it has failed just now. */
bool server_is_dead(const struct server *server, uint64_t now_ms)
{
	return !server_is_healthy(server) && now_ms - server->failed_ms < SERVER_DEAD_MS;
}

/* true: it is to be asked beside another one now. */
bool server_take_probe(struct server *server, uint64_t now_ms)
{
	/* The delay grows: a server that is away for a day costs a question twice a minute. */
	if (server_is_healthy(server) || now_ms < server->probe_ms)
		return false;
	server->probe_ms = now_ms + server->probe_delay_ms;
	server->probe_delay_ms *= 2;
	if (server->probe_delay_ms > SERVER_PROBE_MAX_MS)
		server->probe_delay_ms = SERVER_PROBE_MAX_MS;
	return true;
}

/* Any answer that is of use. */
void server_answered(struct server *server, uint64_t now_ms)
{
	if (!server_is_healthy(server))
		log_info("upstream %s port %u answers again", ADDR_STR(&server->name.addr),
			 server->name.port);
	server->n_failed = 0;
	server->answered_ms = now_ms;
}

/* weight is how much this failure counts. */
static void server_failed(struct server *server, unsigned weight, uint64_t now_ms)
{
	server->failed_ms = now_ms;
	server->n_failures++;
	/* It is demoted once: the time of its next probe is not put off by further failures. */
	if (!server_is_healthy(server))
		return;
	server->n_failed += weight;
	if (server_is_healthy(server))
		return;
	server->probe_delay_ms = SERVER_PROBE_MS;
	server->probe_ms = now_ms + server->probe_delay_ms;
	log_info("upstream %s port %u does not answer; the others are asked first",
		 ADDR_STR(&server->name.addr), server->name.port);
}

/* It answered, and its answer is of no use. */
void server_erred(struct server *server, uint64_t now_ms)
{
	/* A sign of life: a question that stays silent beside it does not demote the server. */
	server->answered_ms = now_ms;
	server_failed(server, 1, now_ms);
}

/* Nothing came at all. */
void server_lost(struct server *server, uint64_t now_ms)
{
	/* Silence is certain where an error is not: this alone demotes it. */
	server_failed(server, SERVER_FAILED_MAX, now_ms);
}

/* false: there is no channel. Otherwise query->done will be called. */
bool server_send_stream(struct server *server, const uint8_t *message, size_t len,
			struct lane_query *query, uint64_t now_ms)
{
	/* Made when it is needed: a channel of c-ares is 75 KB, and few answers need TCP. */
	if (server->lane == NULL)
		server->lane = lane_new(server->loop, &server->name);
	if (server->lane == NULL)
		return false;
	server->asked_ms = now_ms;
	lane_send(server->lane, message, len, query);
	return true;
}

/* How many channels it has left, 0 or 1. One that nobody uses for a while is closed. */
unsigned server_rest(struct server *server, uint64_t now_ms)
{
	if (server->lane == NULL)
		return 0;
	if (now_ms - server->asked_ms < SERVER_REST_MS || lane_n_open(server->lane) > 0)
		return 1;
	lane_free(server->lane);
	server->lane = NULL;
	return 0;
}

/* What is open on it fails with -ECANCELED. */
void server_close_stream(struct server *server)
{
	lane_free(server->lane);
	server->lane = NULL;
}
