// SPDX-License-Identifier: GPL-2.0-or-later
// change.h - containers and networks as they are changed by who asks for it
#pragma once

#include "engine/plan/plan.h"

/* What the room has of the engine. */
struct engine_change {
	struct engine_restore *restore; /* backup.c: the one that is under way */
	struct timespec last_backup;	/* when one was taken; zero: none was */
};

/* container.c */
struct container *container_new(struct engine *engine);
void container_free(struct container *container);

/* asked.c */
/* What was asked for as one text: a tree of it would be a third of a container's memory. Malloced;
 * NULL: out of memory. */
char *asked_text(const struct container_spec *spec);
/* Which networks the names and ids in a request are now: network_id of each endpoint; "": none. */
void asked_networks(struct engine *engine, struct container_spec *spec);
/* 1: spec, after asked_networks, asks for what the text asked for; 0: for something else; -ENOMEM.
 * Networks are compared by what is meant: by the id, and by the name as long as it leads to no
 * other network. On 1 network_id of each endpoint is that of the text. */
int asked_same(struct engine *engine, const char *asked, struct container_spec *spec);

/* attach.c */
/* Undoes everything a container has, and frees it not. */
void attach_take_down(struct engine *engine, struct container *container);

/* container.c */
/* The spec's own list of endpoints: the endpoints have theirs. */
void container_forget_endpoint_specs(struct container *container);
/* Room for n endpoints more, which whoever adds some asks for first. */
int container_make_room(struct container *container, size_t n, struct error *error);
int container_add_endpoint(struct engine *engine, struct container *container,
			   const struct endpoint_spec *spec, struct error *error);
/* Frees endpoints[first..n). */
void container_drop_endpoints(struct container *container, size_t first);
/* The descriptor of its netns, or an error when another one is there now. */
int container_open_netns(struct container *container, struct error *error);

/* connect.c: after an endpoint went: default routes, view and files are those of the rest. What
 * fails is owed. */
void connect_settle(struct engine *engine, struct container *container);
/* The links of a container whose netns has come, and all there is inside */
int connect_make_links(struct engine *engine, struct container *container, struct error *error);
/* Makes the links that are lost again, and leaves the container's others alone. */
int connect_repair_links(struct engine *engine, struct container *container, struct error *error);

/* backup.c: netd ends in the middle of a restore. The record is what it was, and the next start
 * goes by that. */
void backup_abandon(struct engine *engine);

/* ports_ahead.c: of struct engine_above */
/* The first of those who wait has nothing left before it. */
bool ports_ahead_may_go_on(const struct engine *engine);
/* One turn, and when there is to be another. ends_s: of engine_now_s(). */
enum turns_next ports_ahead_turn(struct engine *engine, double ends_s);

/* services_kept.c: the services that a network's record has, which is this text; their names are
 * told. Containers are not: services_start() does that. Only what may pass is an error. */
int services_kept_load(struct engine *engine, struct network *network, const char *text,
		       struct error *error);
/* A network's record without what only this host, at that time, knew of the cluster. Malloced;
 * NULL: out of memory. */
char *services_kept_plain(const char *text);
/* A name is one service's on the whole host. NULL: nobody's. */
struct service *services_kept_find(const struct engine *engine, const char *name);
/* One that hosts agree about is here, too, with the addresses that it has everywhere. What cannot
 * be is said, and nothing is left. */
int services_kept_follow(struct engine *engine, struct network *network,
			 const struct service_spec *spec, struct error *error);
/* The same for its end, and that of one that is not to be here: whatever fails, it is gone. */
void services_kept_give_up(struct engine *engine, struct service *service);

/* Its ports and its affinity are those of the spec; whoever is led to it hears of that. */
void services_kept_set(struct service *service, const struct service_spec *spec);
void services_kept_changed(struct engine *engine, const struct service *service,
			   const struct service_spec *before);

/* services_shared.c: services of networks that span hosts, as the cluster has them. A record of the
 * kind CLUSTER_SVC has come, or gone; a network has come, or is gone from the cluster; all has been
 * told. */
void services_shared_put(struct engine *engine, const struct cluster_record *record);
void services_shared_remove(struct engine *engine, const struct cluster_key *key);
void services_shared_bring(struct engine *engine, const struct network *network);
void services_shared_drop(struct engine *engine, struct network *network);
void services_shared_end(struct engine *engine);
/* What the cluster has of this network is another matter than before: its record is written, at
 * once or when all has been told. */
void services_shared_keep(struct engine *engine, const struct network *network);
/* This host has left: what is here is not the cluster's any more. */
void services_shared_leave(struct engine *engine);
/* A network has been restored from a backup, with its services. */
void services_shared_restored(struct engine *engine, struct network *network);
/* Those that this host should claim: each hears of their records. An error of it ends that. */
int services_shared_wanted(struct engine *engine,
			   int (*each)(const struct cluster_record *record, void *data),
			   void *data);
/* Somebody here makes one of this name, or removes one: may he? On success of the latter etcd is to
 * forget it, which services_shared_stays takes back. */
int services_shared_check(struct engine *engine, const char *name, struct error *error);
int services_shared_goes(struct engine *engine, const struct service *service, struct error *error);
void services_shared_stays(struct engine *engine, const struct service *service);
/* One of this host alone has gone: its name may be one that the cluster has. */
void services_shared_again(struct engine *engine, const char *name);

/* hosts.c: before networks are made, and before the engine ends. 0 or -ENOMEM. */
int hosts_start(struct engine *engine);
void hosts_stop(struct engine *engine);

/* far_blocks.c: a block of addresses is this host's, as its record says; and all of a network's
 * that this host is known to have. */
void far_blocks_open(struct engine *engine, const struct cluster_record *record);
void far_blocks_open_all(struct engine *engine, struct network *network);
