// SPDX-License-Identifier: GPL-2.0-or-later
// upstream.c - sets of upstream servers: the host's, and those of containers with --dns

#include "resolver/ask/upstream.h"

#include "resolver/loop/clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A list of name servers is a set; equal lists are one set, and equal servers
 * one server, whoever names them. Both are counted. The number of a set is part of the keys of the
 * cache and of flights, so answers of one list never serve another. */

#define DNS_PORT 53

/* Streams that rest are closed. The timer stops when there are none. */
static void on_rest(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct upstreams *upstreams = watcher->data;
	unsigned n_lanes = 0;

	(void)revents;
	list_foreach (&upstreams->servers, struct server, server, node)
		n_lanes += server_rest(server, clock_ms());
	if (n_lanes == 0)
		ev_timer_stop(loop, &upstreams->rest);
}

/* There is nothing to ask yet. */
void upstreams_init(struct upstreams *upstreams, struct ev_loop *loop)
{
	*upstreams = (struct upstreams) { .loop = loop };
	list_init(&upstreams->sets);
	list_init(&upstreams->servers);
	ev_timer_init(&upstreams->rest, on_rest, 0.0, SERVER_REST_MS / 1000.0);
	upstreams->rest.data = upstreams;
}

/* Called with each question: the timer runs from then on. */
void upstreams_used(struct upstreams *upstreams)
{
	if (!ev_is_active(&upstreams->rest))
		ev_timer_again(upstreams->loop, &upstreams->rest);
}

/* Who asks a server holds it. */
struct server *upstream_server_ref(struct server *server)
{
	server->refs++;
	return server;
}

void upstream_server_unref(struct server *server)
{
	if (--server->refs == 0)
		server_free(server);
}

/* NULL: out of memory. The reference is the caller's. */
static struct server *server_get(struct upstreams *upstreams, const struct server_name *name)
{
	struct server *made;

	list_foreach (&upstreams->servers, struct server, known, node)
		if (server_name_equal(&known->name, name))
			/* A server is one object for all who ask it, so that its health is
			 * learnt once. */
			return upstream_server_ref(known);
	/* Health is learnt per server: equal addresses from different places (source) are
	 * different servers. */
	made = server_new(upstreams->loop, name);
	if (made != NULL)
		list_append(&upstreams->servers, &made->node);
	return made;
}

/* 0.0.0.0 would be this host, a group nobody in particular. */
static bool is_usable(const struct addr *addr, uint16_t port)
{
	return addr_is_set(addr) && port != 0 && !addr_is_any(addr) && !addr_is_multicast(addr);
}

static bool has_server(const struct upstream_set *set, const struct server_name *name)
{
	for (uint8_t i = 0; i < set->n_servers; i++)
		if (server_name_equal(&set->servers[i]->name, name))
			return true;
	return false;
}

/* Called when its last reference goes. */
static void set_free(struct upstream_set *set)
{
	for (uint8_t i = 0; i < set->n_servers; i++)
		upstream_server_unref(set->servers[i]);
	list_remove(&set->node);
	free(set);
}

/* source NULL: the host's servers. ports NULL: all have 53. zones NULL: none has one. NULL: out of
 * memory. */
static struct upstream_set *set_new(struct upstreams *upstreams, struct source *source,
				    const struct addr *addrs, const uint16_t *ports,
				    const uint32_t *zones, size_t n_addrs)
{
	struct upstream_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	list_init(&set->node);
	set->refs = 1;
	for (size_t i = 0; i < n_addrs && set->n_servers < DNS_SERVERS_MAX; i++) {
		struct server_name name = {
			.addr = addrs[i],
			.port = ports != NULL ? ports[i] : DNS_PORT,
			.zone = zones != NULL ? zones[i] : 0,
			.source = source,
		};
		struct server *server;

		/* A list may say anything. What cannot be asked is left out, and so is what
		 * would be asked twice. */
		if (!is_usable(&name.addr, name.port) || has_server(set, &name))
			continue;
		server = server_get(upstreams, &name);
		if (server == NULL) {
			set_free(set);
			return NULL;
		}
		set->servers[set->n_servers++] = server;
	}
	return set;
}

/* The reference is the caller's. */
struct upstream_set *upstream_set_get(struct upstreams *upstreams, struct source *source,
				      const struct addr *addrs, const uint16_t *ports,
				      const uint32_t *zones, size_t n_addrs)
{
	/* Made first and compared then: the list is short, and its servers are shared in any
	 * case. */
	struct upstream_set *set = set_new(upstreams, source, addrs, ports, zones, n_addrs);

	if (set == NULL)
		return NULL;
	/* Servers are shared, so equal lists are equal pointers. */
	list_foreach (&upstreams->sets, struct upstream_set, known, node) {
		if (known->n_servers != set->n_servers ||
		    memcmp(known->servers, set->servers, sizeof(set->servers)) != 0)
			continue;
		set_free(set);
		return upstream_set_ref(known);
	}
	/* A new number for each list: answers in the cache of another list are not found under
	 * it. */
	set->number = ++upstreams->last_number;
	list_append(&upstreams->sets, &set->node);
	return set;
}

struct upstream_set *upstream_set_ref(struct upstream_set *set)
{
	set->refs++;
	return set;
}

/* A set without servers counts as dead. */
bool upstream_set_is_dead(const struct upstream_set *set, uint64_t now_ms)
{
	for (size_t i = 0; i < set->n_servers; i++)
		if (!server_is_dead(set->servers[i], now_ms))
			return false;
	return true;
}

/* Takes NULL. */
void upstream_set_unref(struct upstream_set *set)
{
	if (set != NULL && --set->refs == 0)
		set_free(set);
}
