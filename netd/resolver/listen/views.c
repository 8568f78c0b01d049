// SPDX-License-Identifier: GPL-2.0-or-later
// views.c - the containers there are: made, updated and closed as the plumber says

#include "resolver/listen/views.h"

#include "base/cleanup.h"
#include "resolver/ask/asking.h"
#include "resolver/listen/listener.h"
#include "resolver/listen/listening.h"
#include "resolver/loop/party.h"

#include <errno.h>
#include <stdlib.h>

/* Views are found by the plumber's number. A sync, when a plumber connects anew: said is cleared
 * for all, the plumber names those there are, and at its end the others are closed. */

/* The host's view has no sockets: its questions come over the channel. */
int views_init(struct views *views, struct listening *listening)
{
	struct ipc_view host = { .name = "host", .forward = true };
	struct party *party = party_new(listening->turns);

	views->listening = listening;
	list_init(&views->all);
	list_init(&views->gone);
	views->by_number = map_new();
	view_init(&views->host, listening, 0, party);
	if (views->by_number == NULL || party == NULL)
		return -ENOMEM;
	return view_configure(&views->host, &host);
}

/* NULL: there is no such container. */
struct view *views_find(const struct views *views, uint32_t number)
{
	return map_get(views->by_number, &number, sizeof(number));
}

/* NULL: out of memory, or of descriptors. */
static struct view *view_new(struct views *views, uint32_t number)
{
	_cleanup_free_ struct view *view = malloc(sizeof(*view));
	struct party *party = party_new(views->listening->turns);

	if (view == NULL || party == NULL ||
	    map_set(views->by_number, &number, sizeof(number), view) < 0) {
		party_unref(party);
		return NULL;
	}
	view_init(view, views->listening, number, party);
	/* In the list and in the map, or in neither. */
	list_append(&views->all, &view->node);
	return take_ptr(view);
}

/* fds: none, or UDP and TCP, and perhaps one that keeps the namespace. They are the view's when
 * this succeeds, and the caller's otherwise. */
int views_update(struct views *views, const struct ipc_view *message, const int *fds, size_t n_fds)
{
	struct view *view = views_find(views, message->number);
	bool is_new = view == NULL;
	int err;

	if (message->number == 0 || (n_fds != 0 && n_fds != 2 && n_fds != 3) ||
	    (is_new && n_fds == 0))
		return -EPROTO;
	/* Before anything changes: a message that makes no sense leaves all as it was. */
	if (n_fds > 0 && !listener_check(fds[0], fds[1]))
		return -EPROTO;
	/* view_new needs an epoll set, so errno tells a lack of descriptors from one of memory. */
	errno = ENOMEM;
	if (is_new)
		view = view_new(views, message->number);
	if (view == NULL)
		return errno == EMFILE || errno == ENFILE ? -EMFILE : -ENOMEM;
	err = view_configure(view, message);
	if (err < 0) {
		if (is_new)
			views_close(view);
		return err;
	}
	/* New sockets take the place of those it had: the plumber has opened them anew, so the
	 * old ones hear nothing any more. */
	if (n_fds > 0) {
		listener_close(view);
		listener_open(view, fds[0], fds[1], n_fds == 3 ? fds[2] : -1);
		view->kept = true; /* by whoever opened them */
	}
	return 0;
}

/* The view can still be stood on until views_settle(). */
void views_close(struct view *view)
{
	struct views *views = &view->listening->views;

	/* The struct stays until views_settle, for somebody may stand on it: it may be closed
	 * again. */
	if (view->gone)
		return;
	view->gone = true;
	listener_close(view);
	journal_share_done(view);
	/* A namespace lives as long as a socket in it, so those that ask its own servers go, too.
	 */
	for (uint8_t i = 0; view->upstreams != NULL && i < view->upstreams->n_servers; i++)
		server_close_stream(view->upstreams->servers[i]);
	source_close(view->account.source);
	(void)map_remove(views->by_number, &view->number, sizeof(view->number));
	list_remove(&view->node);
	list_append(&views->gone, &view->node);
}

/* Called between two rounds of the loop. */
void views_settle(struct views *views)
{
	list_foreach (&views->gone, struct view, view, node) {
		list_remove(&view->node);
		view_done(view);
		free(view);
	}
}

/* kept: the plumber has a duplicate of its sockets, which the new one does not have yet. */
void views_sync_begin(struct views *views)
{
	list_foreach (&views->all, struct view, view, node)
		view->said = view->kept = false;
}

void views_sync_end(struct views *views)
{
	list_foreach (&views->all, struct view, view, node)
		if (!view->said)
			views_close(view);
}
