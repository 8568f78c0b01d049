// SPDX-License-Identifier: GPL-2.0-or-later
// inside.h - what is done inside a container's netns
#pragma once

#include "engine/state/state.h"
#include "ipc/msg.h"

/* Sets endpoints[first..n) up, the default routes, and the resolver's sockets and redirect when the
 * container has none yet. netns_fd is the container's. */
int inside_setup(struct engine *engine, struct container *container, int netns_fd, size_t first,
		 struct error *error);
/* The same for the link of one endpoint, made again. */
int inside_setup_again(struct engine *engine, struct container *container, int netns_fd,
		       const struct endpoint *endpoint, struct error *error);
/* What the container did to its interfaces: sentences, appended to list. Nothing is changed. */
void inside_look(struct container *container, int netns_fd, json_t *list);
/* Addresses and default routes that are gone are there again, after a start. */
int inside_restore(struct container *container, int netns_fd, struct error *error);
/* An endpoint that is set up reaches its IPv6 subnet by the gateway from now on. One that has its
 * address no more is left as it is. */
int inside_by_gateway(const struct endpoint *endpoint, struct error *error);
/* Default routes anew after an endpoint came or went. */
int inside_default_routes(struct container *container, int netns_fd, struct error *error);
/* Sockets again after the resolver was lost; failures are logged. */
void inside_reopen_dns(struct engine *engine, struct container *container);
/* Sockets in its netns that are not bound to anything, IPC_FDS_MAX at the most: fewer when not all
 * can be had, which is logged. They are the caller's. */
size_t inside_sockets(struct container *container, const struct ipc_sockets *wanted, int *ret_fds);
int inside_open_netns(const struct container *container, uint64_t *ret_inode, struct error *error);
