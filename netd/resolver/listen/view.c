// SPDX-License-Identifier: GPL-2.0-or-later
// view.c - the containers that ask: what each may see, and the sockets inside its netns

#include "resolver/listen/view.h"

#include "base/cleanup.h"
#include "resolver/ask/ask.h"
#include "resolver/ask/source.h"
#include "resolver/listen/listener.h"
#include "resolver/loop/party.h"
#include "resolver/process/state.h"

#include <errno.h>
#include <string.h>

/* One allocation: the struct, link pointers, network numbers, then all strings. */
struct view_config {
	struct dns_view dns;
	const char *name;
};

/* As the table keeps names: ASCII letters in lower case. */
static char *put_string(char **cursor, const char *text, bool fold)
{
	char *start = *cursor, *at = start;

	for (; *text != '\0'; text++, at++)
		*at = (char)(fold && *text >= 'A' && *text <= 'Z' ? *text + ('a' - 'A') : *text);
	*at++ = '\0';
	*cursor = at;
	return start;
}

static size_t config_size(const struct ipc_view *message)
{
	size_t size = sizeof(struct view_config) + message->n_links * sizeof(struct dns_link) +
		      message->n_networks * sizeof(uint32_t) + strlen(message->name) + 1;

	for (uint8_t i = 0; i < message->n_links; i++)
		size += strlen(message->links[i].alias) + strlen(message->links[i].target) + 2;
	return size;
}

static struct view_config *config_new(const struct ipc_view *message)
{
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

/* party becomes the view's. */
static void view_init(struct view *view, struct resolver *resolver, uint32_t number,
		      struct party *party)
{
	*view = (struct view) { .resolver = resolver, .number = number, .keeper = -1 };
	list_init(&view->node);
	list_init(&view->requests);
	account_init(&view->account, &resolver->admission, party);
	journal_share_init(&view->journal, party);
}

int views_init(struct resolver *resolver)
{
	struct views *views = &resolver->views;
	struct ipc_view host = { .name = "host", .forward = true };

	list_init(&views->all);
	list_init(&views->gone);
	view_init(&views->host, resolver, 0, party_new(&resolver->turns));
	views->by_number = map_new();
	views->host.config = config_new(&host);
	if (views->by_number == NULL || views->host.config == NULL ||
	    views->host.account.party == NULL)
		return -ENOMEM;
	views->host.config->dns.all = true;
	return 0;
}

struct view *view_find(const struct views *views, uint32_t number)
{
	return map_get(views->by_number, &number, sizeof(number));
}

static struct view *view_new(struct resolver *resolver, uint32_t number)
{
	struct views *views = &resolver->views;
	_cleanup_free_ struct view *view = malloc(sizeof(*view));
	struct party *party = party_new(&resolver->turns);

	if (view == NULL || party == NULL ||
	    map_set(views->by_number, &number, sizeof(number), view) < 0) {
		party_unref(party);
		return NULL;
	}
	view_init(view, resolver, number, party);
	list_append(&views->all, &view->node);
	return take_ptr(view);
}

/* Its own servers, which are asked from its own netns. */
static struct upstream_set *view_set(struct view *view, const struct ipc_view *message)
{
	struct source *source = view->account.source;
	bool ip4 = false, ip6 = false;

	if (source == NULL)
		source = view->account.source = source_new(view->resolver, view->number);
	if (source == NULL)
		return NULL;
	for (uint8_t i = 0; i < message->n_upstreams; i++) {
		ip4 |= message->upstreams[i].family == AF_INET;
		ip6 |= message->upstreams[i].family == AF_INET6;
	}
	source_use(source, ip4, ip6);
	return upstream_set_get(&view->resolver->upstreams, source, message->upstreams, NULL, NULL,
				message->n_upstreams);
}

/* New contents are made first, so a failure leaves the view as it was. */
static int view_configure(struct view *view, const struct ipc_view *message)
{
	struct upstream_set *set = NULL;
	struct view_config *config = config_new(message);

	if (config == NULL)
		return -ENOMEM;
	if (message->n_upstreams > 0) {
		set = view_set(view, message);
		if (set == NULL) {
			free(config);
			return -ENOMEM;
		}
	}
	free(view->config);
	upstream_set_unref(view->upstreams);
	view->config = config;
	view->upstreams = set;
	view->port = message->port;
	view->netns_inode = message->netns_inode;
	view->said = true;
	if (set == NULL && view->account.source != NULL)
		source_use(view->account.source, false, false);
	if (set != NULL) /* have some before they are needed, and before the plumber may be gone */
		(void)source_is_ready(view->account.source);
	return 0;
}

int view_update(struct resolver *resolver, const struct ipc_view *message, const int *fds,
		size_t n_fds)
{
	struct view *view = view_find(&resolver->views, message->number);
	bool is_new = view == NULL;
	int err;

	if (message->number == 0 || (n_fds != 0 && n_fds != 2 && n_fds != 3) ||
	    (is_new && n_fds == 0))
		return -EPROTO;
	if (n_fds > 0 && !listener_check(fds[0], fds[1]))
		return -EPROTO;
	errno = ENOMEM;
	if (is_new)
		view = view_new(resolver, message->number);
	if (view == NULL)
		return errno == EMFILE || errno == ENFILE ? -EMFILE : -ENOMEM;
	err = view_configure(view, message);
	if (err < 0) {
		if (is_new)
			view_close(view);
		return err;
	}
	if (n_fds > 0) {
		listener_close(view);
		listener_open(view, fds[0], fds[1], n_fds == 3 ? fds[2] : -1);
		view->kept = true; /* by whoever opened them */
	}
	return 0;
}

void view_close(struct view *view)
{
	struct views *views = &view->resolver->views;

	if (view->gone)
		return;
	view->gone = true;
	listener_close(view);
	journal_share_done(view);
	for (uint8_t i = 0; view->upstreams != NULL && i < view->upstreams->n_servers; i++)
		server_close_stream(view->upstreams->servers[i]);
	source_close(view->account.source);
	(void)map_remove(views->by_number, &view->number, sizeof(view->number));
	list_remove(&view->node);
	list_append(&views->gone, &view->node);
}

void views_settle(struct views *views)
{
	list_foreach (&views->gone, struct view, view, node) {
		list_remove(&view->node);
		upstream_set_unref(view->upstreams);
		source_unref(view->account.source);
		account_done(&view->account);
		free(view->config);
		free(view);
	}
}

void views_sync_begin(struct views *views)
{
	list_foreach (&views->all, struct view, view, node)
		view->said = view->kept = false;
}

void views_sync_end(struct views *views)
{
	list_foreach (&views->all, struct view, view, node)
		if (!view->said)
			view_close(view);
}

const char *view_name(const struct view *view)
{
	return view->config != NULL ? view->config->name : "";
}

const struct dns_view *view_dns(const struct view *view)
{
	return &view->config->dns;
}

bool view_reaches_own(const struct view *view)
{
	for (uint8_t i = 0; view->upstreams != NULL && i < view->upstreams->n_servers; i++)
		if (ask_has_route(&view->upstreams->servers[i]->name))
			return true;
	return false;
}

struct upstream_set *view_upstreams(const struct view *view, const struct resolver *resolver)
{
	return view->upstreams != NULL ? view->upstreams : resolver->host_upstreams;
}
