// SPDX-License-Identifier: GPL-2.0-or-later
// server.c - one upstream server and what is known about its health

#include "resolver/ask/server.h"

#include "base/limits.h"
#include "base/log.h"
#include "resolver/ask/source.h"

#include <stdlib.h>

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

bool server_is_dead(const struct server *server, uint64_t now_ms)
{
	return !server_is_healthy(server) && now_ms - server->failed_ms < SERVER_DEAD_MS;
}

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

void server_answered(struct server *server, uint64_t now_ms)
{
	if (!server_is_healthy(server))
		log_info("upstream %s port %u answers again", ADDR_STR(&server->name.addr),
			 server->name.port);
	server->n_failed = 0;
	server->answered_ms = now_ms;
}

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

void server_erred(struct server *server, uint64_t now_ms)
{
	/* A sign of life: a question that stays silent beside it does not demote the server. */
	server->answered_ms = now_ms;
	server_failed(server, 1, now_ms);
}

void server_lost(struct server *server, uint64_t now_ms)
{
	/* Silence is certain where an error is not: this alone demotes it. */
	server_failed(server, SERVER_FAILED_MAX, now_ms);
}

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

void server_close_stream(struct server *server)
{
	lane_free(server->lane);
	server->lane = NULL;
}
