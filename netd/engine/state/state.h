// SPDX-License-Identifier: GPL-2.0-or-later
// state.h - the engine as all its rooms see it: who is there, and what is to be done about it
#pragma once

#include "base/deadline.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/engine.h"
#include "engine/state/far.h"
#include "kernel/door.h"
#include "model/network/segment.h"
#include "store/store.h"

#include <ev.h>
#include <time.h>

/* The rooms above, which each define what they have of the engine in a header of their own: so no
 * room sees what is of a room above it. */
struct engine_tell;
struct engine_wire;
struct engine_plan;
struct engine_change;
struct engine_keep;
struct engine_see;
struct port_index;
struct ipc_asked;
struct ipc_figures;

struct engine {
	struct engine_tell *tell;
	struct engine_wire *wire;
	struct engine_plan *plan;
	struct engine_change *change;
	struct engine_keep *keep;
	struct engine_see *see;

	struct ev_loop *loop;
	const struct config *config;
	char *run_dir, *state_dir;
	const struct door *door;
	struct store *store;
	struct rtnl *rtnl;
	struct nft *nft;
	struct far *far;	   /* other hosts, and what they have on networks that span hosts */
	struct network **networks; /* by creation */
	size_t n_networks, size_networks;
	struct container **containers;
	size_t n_containers, size_containers;
	struct map *network_by_id, *network_by_name;
	struct map *container_by_id, *container_by_name, *container_by_netns;
	struct list at_port[ENDPOINT_CHAINS], of_mac[ENDPOINT_CHAINS]; /* endpoints.c */
	uint32_t last_number; /* of networks, views and relays */
	bool owes_files;      /* folders of containers that are gone, and marks */
	ev_timer pay_timer;   /* runs while there are any */
	struct list subscribers;
	char *ring[EVENTS_RING]; /* past events as JSON; next is the oldest */
	size_t ring_next;
	ev_timer resync_timer;
	ev_timer look_timer;	/* later.c; runs while something is awaited */
	ev_timer compare_timer; /* later.c; while tables of services can be changed by others */
	double resync_again_s;	/* later.c; 0: the last one did not fail */
	double resync_again_at; /* if it did: when the next is due, by engine_now_s() */
	struct guard guard;	/* engine_count */
	struct operations operations;
	double repairs_since; /* engine_now_s() of the first of a row of resyncs */
	unsigned int n_in_row;
	const struct engine_above *above;
	bool booting; /* while the store is loaded: nothing is told to anyone */
};

/* What rooms below cause, and rooms above do. engine.c says who that is. */
enum turns_next {
	TURNS_NONE,
	TURNS_SOON, /* the resolver is waited for */
	TURNS_AT_ONCE,
};
struct engine_above {
	/* of a container that has ended */
	int (*detach)(struct engine *engine, const char *ref, struct error *error);
	/* later.c: ends of timers, whose data is the engine */
	void (*resync)(struct ev_loop *loop, ev_timer *timer, int revents);
	void (*pay)(struct ev_loop *loop, ev_timer *timer, int revents);
	void (*look)(struct ev_loop *loop, ev_timer *timer, int revents);
	void (*compare)(struct ev_loop *loop, ev_timer *timer, int revents);
	/* turns.c: who has ports reserved ahead of a change. The first of those who wait has
	 * nothing left before it; one turn, and when there is to be another. ends_s: of
	 * engine_now_s() */
	bool (*may_go_on)(const struct engine *engine);
	enum turns_next (*go_on)(struct engine *engine, double ends_s);
	/* for a snapshot that is being gathered: a network or container is among the engine's, or
	 * is none of them any more and goes in a moment; what it shows has changed by another's
	 * record; the resolver has said what it counts */
	void (*came)(struct engine *engine, const void *object);
	void (*changed)(struct engine *engine, const void *object);
	void (*goes)(struct engine *engine, const void *object);
	void (*resolver_counted)(struct engine *engine);
	void (*resolver_asked)(struct engine *engine, const struct ipc_asked *asked);
	void (*resolver_figures)(struct engine *engine, const struct ipc_figures *figures);
};

/* container->runtime */
struct container_runtime {
	struct engine *engine;
	struct container *container;
	char *asked; /* asked_text of the request, before anything was filled in */
	int *fds;    /* by port: the reservation, or what the resolver's relay listens on; -1 */
	uint32_t *relays;    /* by port: number of the resolver's relay, 0: it has none */
	size_t room_ports;   /* for which the container's ports, fds and relays have room */
	size_t n_published;  /* of its ports, from the first, that are in the ruleset */
	size_t n_admitted;   /* the same of its endpoints: their addresses are sources */
	struct port *parked; /* ports without a way in: ports_parked.c */
	size_t n_parked, size_parked;
	struct nft *inside;	   /* owner of the redirect's table; NULL: none */
	bool has_services;	   /* the table of services may be inside: services.c */
	struct list services_node; /* while its table lacks changes: services_turns.c */
	uint64_t services_from;	   /* the number of the first of these */
	/* Where others can change the table: how many transactions there had been in the namespace
	 * when it was right; and what it was, as a number, if nothing has changed since that was
	 * read. 0: not known. */
	uint32_t services_generation;
	uint64_t services_digest;
	struct leftover *leftover; /* forget.c: for the day when there is no memory for it */
	unsigned int owed;	   /* OWED_RECORD | …: later.c */
	int udp_fd, tcp_fd;	   /* the resolver's, kept for its successor; -1: not here */
	int pidfd;
	ev_io pid_io;
	int watched[WATCHED_DIRS_MAX]; /* inotify: folders that the netns path leads through */
	size_t n_watched;
	bool view_held;	      /* the resolver has its sockets */
	uint64_t new_relays;  /* that the resolver has not been told of: the number of what is left
			       * (relayed.c); 0: none */
	double awaited_since; /* engine_now_s(), of this netd */
	unsigned int looks;   /* for interfaces to come, that are still to be done: await.c */
};

/* Seconds of a clock that nobody sets: for waits. The wall clock is for what people read. */
static inline double engine_now_s(void)
{
	return deadline_now_s();
}

static inline struct container_runtime *runtime_of(const struct container *container)
{
	return container->runtime;
}

static inline const struct door *door_of(const struct container *container)
{
	return runtime_of(container)->engine->door;
}

/* later.c */
/* Timers, before anybody starts one; engine->above is there. */
void later_start(struct engine *engine);
void later_stop(struct engine *engine);
/* The kernel is compared with what should be, in a moment. */
void later_resync(struct engine *engine);
/* When one has ended: whether it left something, and whether it found something. */
void later_resynced(struct engine *engine, bool failed, bool found);
/* Looks from now on for the netns of a container that is awaited, and for its interfaces to come.
 * Nothing to do for any other. */
void later_look(struct engine *engine, struct container *container);
/* Tables of services inside containers are compared from now on, for others can change them. */
void later_compare(struct engine *engine);
#define OWED_RECORD 1U	  /* its record is not what it is */
#define OWED_SETTLING 2U  /* connect_settle */
#define OWED_FILES 4U	  /* resolv.conf, hosts, hostname */
#define OWED_REDIRECT 8U  /* recover_redirect */
#define OWED_SOCKETS 16U  /* ports_rebind */
#define OWED_ALIASES 32U  /* link_rename */
#define OWED_SERVICES 64U /* services_settle */
/* Tried again every second. container NULL: the folder of one that is gone. */
void later_owe(struct engine *engine, struct container *container, unsigned int what);
/* The same for what is noted elsewhere. */
void later_pay(struct engine *engine);
/* For store_watch_debt; data is the engine. */
void later_store_owes(void *data);

/* tables.c */
void tables_random_id(char ret_id[static ID_LEN + 1]);
/* Whose bridge it is, and the number of its segment there. NULL: no network's of ours. */
struct network *tables_find_bridge(const struct engine *engine, int ifindex, uint32_t *ret_number);
bool tables_own_bridge(const struct engine *engine, int ifindex);
bool tables_own_tunnel(const struct engine *engine, int ifindex);
int tables_add_network(struct engine *engine, struct network *network);
void tables_drop_network(struct engine *engine, struct network *network);
int tables_add_container(struct engine *engine, struct container *container);
void tables_drop_container(struct engine *engine, struct container *container);
/* Whom the resolver knows by this number; NULL: nobody. */
struct container *tables_find_view(const struct engine *engine, uint32_t number);

/* endpoints.c */
/* Before anybody has one. */
void endpoints_start(struct engine *engine);
/* Has a link now: host_ifindex. Who had one with that index before has none any more. */
void endpoints_note_port(struct engine *engine, struct endpoint *endpoint);
/* Has none any more. */
void endpoints_forget_port(struct endpoint *endpoint);
/* Has a MAC address now. */
void endpoints_note_mac(struct engine *engine, struct endpoint *endpoint);
/* Is found by neither; what it has is left as it is. Harmless for one that never was. */
void endpoints_forget(struct endpoint *endpoint);
/* NULL: nobody's. */
struct endpoint *endpoints_at_port(struct engine *engine, int ifindex);
/* Who else on its network has this MAC address; NULL: nobody. */
const struct endpoint *endpoints_mac_holder(struct engine *engine, const struct endpoint *but,
					    const struct mac *mac);

/* Whether its container carries the service's name, or it does itself: it is to stand behind it. */
static inline bool endpoint_names_service(const struct endpoint *endpoint, const char *service)
{
	return service_is_named(endpoint->container->spec.labels, service) ||
	       service_is_named(endpoint->spec.driver_opts, service);
}

/* Attached, and without a netns yet: nothing of it is in the kernel but its ports' elements, and
 * the links it is to be given by others. */
static inline bool container_is_awaited(const struct container *container)
{
	return container->spec.netns_wait && container->netns_inode == 0;
}

static inline bool container_has_to_come(const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (endpoint_is_to_come(container->endpoints[i]) &&
		    container->endpoints[i]->host_ifindex)
			return true;
	return false;
}

/* run_dir.c */
/* A file of the run directory, named so. */
void run_dir_set_mark(const struct engine *engine, const char *name, bool on);
bool run_dir_has_mark(const struct engine *engine, const char *name);
/* One line in such a file; "": there is none, and the file goes. Read is "" where there is none. */
void run_dir_write(const struct engine *engine, const char *name, const char *line);
void run_dir_read(const struct engine *engine, const char *name, char *ret_line, size_t size);
/* Calls each for what is in the folder of the containers, which it may remove; one that fails ends
 * it. */
int run_dir_each_container(const struct engine *engine,
			   int (*each)(const char *path, const char *name, void *data), void *data);

/* guard.c: all counters are zero from now on */
void guard_start(struct engine *engine);

/* events.c */
void events_network(struct engine *engine, const char *action, const struct network *network,
		    const struct container *container);
void events_container(struct engine *engine, const char *action, const struct container *container);
/* An event for each run of these ports of the container's; of more than EVENTS_PORTS_MAX the last
 * says how many follow. */
void events_ports(struct engine *engine, const char *action, const struct container *container,
		  const struct port *ports, size_t n_ports);
void events_done(struct engine *engine);
