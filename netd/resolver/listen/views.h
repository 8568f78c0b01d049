// SPDX-License-Identifier: GPL-2.0-or-later
// views.h - the containers there are: made, updated and closed as the plumber says
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "ipc/msg.h"
#include "resolver/listen/view.h"

#include <stddef.h>
#include <stdint.h>

struct listening;

struct views {
	struct listening *listening;
	struct map *by_number;
	struct list all, gone;
	struct view host; /* number 0: sees all, has no sockets */
};

int views_init(struct views *views, struct listening *listening);
/* NULL: there is none. */
struct view *views_find(const struct views *views, uint32_t number);

/* Makes or updates the view that message describes. fds: UDP, TCP and perhaps a keeper, or none for
 * a view that has its sockets. Taken over on success only. -EPROTO: no such view, or not such
 * sockets; -EMFILE: no descriptor was left for it; -ENOMEM. */
int views_update(struct views *views, const struct ipc_view *message, const int *fds, size_t n_fds);
/* Closes its sockets; what waits is forgotten. The memory goes with views_settle. */
void views_close(struct view *view);
void views_settle(struct views *views);

/* For a new plumber: all are unmentioned; what is still so at the end is closed. */
void views_sync_begin(struct views *views);
void views_sync_end(struct views *views);
