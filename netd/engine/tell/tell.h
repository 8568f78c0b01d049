// SPDX-License-Identifier: GPL-2.0-or-later
// tell.h - what is told: to the resolver, and in the files of containers
#pragma once

#include "engine/state/state.h"
#include "engine/tell/hostdns.h"
#include "engine/tell/resolver_link.h"
#include "ipc/calls.h"
#include "ipc/msg.h"

#include <errno.h>

/* What the room has of the engine. */
struct engine_tell {
	struct hostdns *hostdns;
	struct resolver_link *link; /* NULL while there is no resolver */
	struct list flows;	    /* relayed connections that outlive the resolver */
	struct map *flow_by_number;
	size_t n_flows;
	uint32_t flows_of;	  /* pid of the resolver that has them */
	int journal;		  /* its questions; -1: none yet */
	int noted;		  /* the ring of questions; -1: nobody has looked yet */
	struct ipc_calls queries; /* look-ups under way */
	ev_timer queries_timer;	  /* runs while there are any: for those whose time is over */
};

/* names.c: what the resolver is told */
void names_network(struct engine *engine, const struct network *network, bool gone);
void names_view(struct engine *engine, struct container *container);
void names_view_gone(struct engine *engine, const struct container *container);
void names_endpoint(struct engine *engine, const struct endpoint *endpoint, bool gone);
/* A container of another host: its names on this network are told, or, where they were, are gone.
 */
void names_far(struct engine *engine, const struct network *network, struct far_end *end,
	       bool gone);
/* All that were told: the resolver is another one, and networks have other numbers. */
void names_far_again(struct engine *engine);
/* A service's name, and the names of those who stand behind it (tasks.NAME); one of these alone;
 * and all of a network's services. */
void names_service(struct engine *engine, const struct service *service, bool gone);
void names_task(struct engine *engine, const struct service *service, const struct addr *addr,
		bool gone);
void names_services(struct engine *engine, const struct network *network, bool gone);
void names_flush(struct engine *engine);
void names_config(struct engine *engine);

/* queries.c */
void queries_start(struct engine *engine);
void queries_answer(struct engine *engine, const struct ipc_query *answer);
/* Those whose time is over by now_ms of deadline_now_ms() end. */
void queries_expire(struct engine *engine, int64_t now_ms);
/* All end: nobody is there to answer. status: QUERIES_… */
#define QUERIES_ENDED (-ECONNRESET)  /* the resolver process did */
#define QUERIES_HUNG (-ECONNABORTED) /* it was given up */
#define QUERIES_STOPPED (-ECANCELED) /* netd itself goes */
void queries_fail(struct engine *engine, int status);

/* noted.c: a new resolver is told of the ring, if there is one */
void noted_tell(struct engine *engine);
void noted_done(struct engine *engine);

/* files.c: resolv.conf, hosts, hostname */
int files_write(struct engine *engine, struct container *container, struct error *error);
void files_remove(struct engine *engine, struct container *container);
/* The target came, went, or has other names: the hosts files of those that link to it on the
 * default bridge say so. NULL: all that have links. Failures are logged. */
void files_links(struct engine *engine, const struct container *target);
/* The same for those that link to the name or id it had. */
void files_links_former(struct engine *engine, const struct container *target, const char *name,
			const char *id);
void files_remove_strangers(struct engine *engine);

/* outlive.c */
int outlive_start(struct engine *engine); /* 0 or -ENOMEM */
void outlive_done(struct engine *engine);
/* resolver_link_handlers.on_keep; data: the engine */
int outlive_message(uint8_t type, struct wire *wire, int *fds, size_t n_fds, void *data);
/* Hands a new resolver the connections of the one before. */
void outlive_tell(struct engine *engine);
