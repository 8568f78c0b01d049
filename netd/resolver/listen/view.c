// SPDX-License-Identifier: GPL-2.0-or-later
// view.c - the containers that ask: what each may see, and the sockets inside its netns

#include "resolver/listen/view.h"

#include "resolver/ask/asking.h"
#include "resolver/ask/datagram.h"
#include "resolver/listen/listening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A view is one container as the resolver sees it: its configuration, which is
 * one block and is replaced as a whole; its sockets; its account, by which its share is counted;
 * its name servers, where it has some of its own. View 0 is the host. */

/* One allocation: the struct, link pointers, network numbers, then all strings. */
struct view_config {
	struct dns_view dns;
	const char *name;
};

/* As the table keeps names: ASCII letters in lower case. *cursor moves behind the string. */
static char *put_string(char **cursor, const char *text, bool fold)
{
	char *start = *cursor, *at = start;

	for (; *text != '\0'; text++, at++)
		*at = (char)(fold && *text >= 'A' && *text <= 'Z' ? *text + ('a' - 'A') : *text);
	*at++ = '\0';
	*cursor = at;
	return start;
}

/* The sum is exact: config_new() fills it to the last byte. */
static size_t config_size(const struct ipc_view *message)
{
	size_t size = sizeof(struct view_config) + message->n_links * sizeof(struct dns_link) +
		      message->n_networks * sizeof(uint32_t) + strlen(message->name) + 1;

	for (uint8_t i = 0; i < message->n_links; i++)
		size += strlen(message->links[i].alias) + strlen(message->links[i].target) + 2;
	return size;
}

/* NULL: out of memory. */
static struct view_config *config_new(const struct ipc_view *message)
{
	/* All sizes first, then one block: a configuration is replaced as a whole. */
	size_t size = config_size(message);
	struct view_config *config = malloc(size);

	if (config == NULL)
		return NULL;
	struct dns_link *links = (struct dns_link *)(void *)(config + 1);
	uint32_t *networks = (uint32_t *)(void *)(links + message->n_links);
	char *cursor = (char *)(networks + message->n_networks);

	memcpy(networks, message->networks, message->n_networks * sizeof(*networks));
	for (uint8_t i = 0; i < message->n_links; i++) {
		links[i].alias = put_string(&cursor, message->links[i].alias, true);
		links[i].target = put_string(&cursor, message->links[i].target, true);
		links[i].network = message->links[i].network;
		/* An address is what the alias means where nothing else has that name. */
		if (addr_parse(links[i].target, &links[i].addr) < 0)
			links[i].addr = (struct addr) { 0 };
	}
	config->name = put_string(&cursor, message->name, false);
	config->dns = (struct dns_view) { .networks = networks,
					  .n_networks = message->n_networks,
					  .links = links,
					  .n_links = message->n_links,
					  .forward = message->forward };
	return config;
}

/* party is the view's, and is given back with its account. */
void view_init(struct view *view, struct listening *listening, uint32_t number, struct party *party)
{
	*view = (struct view) { .listening = listening, .number = number, .keeper = -1 };
	list_init(&view->node);
	list_init(&view->requests);
	admission_account_init(&view->account, &listening->asking->admission, party);
	journal_share_init(&view->journal, party);
}

/* Its own servers, which are asked from its own netns. The source is kept when the servers change,
 * for its sockets serve any server. */
static struct upstream_set *view_set(struct view *view, const struct ipc_view *message)
{
	struct source *source = view->account.source;
	bool used[FAMILY_N] = { false };

	if (source == NULL)
		source = view->account.source = source_new(&view->listening->asking->sources,
							   view->number);
	if (source == NULL)
		return NULL;
	for (uint8_t i = 0; i < message->n_upstreams; i++)
		used[family_of(message->upstreams[i].family)] = true;
	source_use(source, used);
	return upstream_set_get(&view->listening->asking->upstreams, source, message->upstreams,
				NULL, NULL, message->n_upstreams);
}

/* On failure the view keeps what it had. */
int view_configure(struct view *view, const struct ipc_view *message)
{
	struct upstream_set *set = NULL;
	struct view_config *config = config_new(message);

	if (config == NULL)
		return -ENOMEM;
	if (message->n_upstreams > 0) {
		/* Made before anything is given up: a failure leaves the view as it was. */
		set = view_set(view, message);
		if (set == NULL) {
			free(config);
			return -ENOMEM;
		}
	}
	config->dns.all = view->number == 0; /* the host sees every network */
	free(view->config);
	/* Nothing can fail from here on, so a view never has one half of two configurations. */
	upstream_set_unref(view->upstreams);
	view->config = config;
	view->upstreams = set;
	view->port = message->port;
	view->netns_inode = message->netns_inode;
	view->said = true;
	if (set == NULL && view->account.source != NULL)
		source_use(view->account.source, (const bool[FAMILY_N]) { false });
	if (set != NULL) /* have some before they are needed, and before the plumber may be gone */
		(void)source_is_ready(view->account.source);
	return 0;
}

/* The view is closed, and nobody refers to it any more. */
void view_done(struct view *view)
{
	upstream_set_unref(view->upstreams);
	source_unref(view->account.source);
	admission_account_done(&view->account);
	free(view->config);
}

/* "" before it was configured. */
const char *view_name(const struct view *view)
{
	return view->config != NULL ? view->config->name : "";
}

/* The view must have been configured. */
const struct dns_view *view_dns(const struct view *view)
{
	return &view->config->dns;
}

/* Costs a system call or two for each server. */
bool view_reaches_own(const struct view *view)
{
	/* One of them is enough: which one answers is not known here. */
	for (uint8_t i = 0; view->upstreams != NULL && i < view->upstreams->n_servers; i++)
		if (datagram_has_route(&view->upstreams->servers[i]->name))
			return true;
	return false;
}

/* The host's servers where it has none of its own. NULL: the host has none either. */
struct upstream_set *view_upstreams(const struct view *view)
{
	return view->upstreams != NULL ? view->upstreams : view->listening->asking->host;
}

/* A container that is beyond its share is not read from for a moment. */
void view_rest(struct view *view)
{
	if (!view->open || view_rests(view))
		return;
	/* What it sends meanwhile waits in the socket and is dropped there by the kernel when
	 * that is full. It costs us nothing. */
	spot_watch(&view->udp, 0);
	ev_timer_set(&view->rest, RESOLVER_REFUSED_REST_MS / 1000.0, 0.0);
	ev_timer_start(view->listening->loop, &view->rest);
}

/* While it rests its clients over TCP are not read from either. */
bool view_rests(const struct view *view)
{
	return ev_is_active(&view->rest);
}
