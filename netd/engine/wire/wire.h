// SPDX-License-Identifier: GPL-2.0-or-later
// wire.h - what is made in the kernel for networks and containers, one thing at a time
#pragma once

#include "engine/tell/tell.h"
#include "engine/wire/firewalld.h"
#include "model/container/port_index.h"
#include "model/container/portset.h"
#include "model/rules/ruleset.h"

/* The nftables socket of a container that went. */
struct closing {
	struct nft *nft;
	bool has_redirect; /* it could not be removed, which is tried again first */
};

/* What the room has of the engine. */
struct engine_wire {
	char *rules_dir;
	bool has_user_rules;			/* the user-forward chain is not empty */
	char rules_fault[ERROR_TEXT_MAX + 160]; /* why the user's rules are those of before; "":
					     they are not */
	int announcer;				/* kernel/announcer.h; -1: there is none */
	struct firewalld *firewalld;		/* NULL: not built in */
	struct map *shared; /* element key -> count, for sets where ports share elements */
	ev_timer turns_timer;
	struct given_port *given; /* [given_at, n_given): ports to be closed */
	size_t n_given, size_given, given_at;
	struct port last_relay_given; /* family 0: none yet */
	double last_relay_given_s;    /* engine_now_s() of it */
	struct list waiters;	      /* for the end of what is left, in its order */
	uint64_t n_left;	      /* the last number of what changes left */
	struct list aheads;	      /* ports_ahead.c: those that are not ready */
	struct ports_held *at_hand;   /* of the change under way */
	double relay_gone_at;	      /* engine_now_s() of the last relay given up: ports.c */
	struct port *stale_ports;     /* whose UDP flows are to be forgotten: flows.c */
	size_t n_stale_ports, size_stale_ports;
	ev_timer flows_timer, flows_again, flows_hung;
	double flows_pause_s; /* before the next try; 0: the last walk came to its end */
	ev_child flows_child; /* the last walk, while it is under way */
	ev_io inotify_io, mounts_io;
	int mounts_fd, mounts_epoll_fd;
	ev_timer mounts_timer;
	ev_timer check_timer;
	ev_timer forged_timer;	 /* forged.c */
	struct map *forged_told; /* keys of RULESET_FORGED4 and 6 that the log has */
	ev_timer sweep_timer;	 /* sweep.c */
	ev_timer bridge_timer;
	int inotify_fd;
	struct map *inotify_dirs; /* wd -> struct watched_dir */
	struct map *doomed;	  /* netns inodes and addresses of links not yet swept */
	size_t n_doomed;
	bool has_unmarked;	 /* one of them is not in the map, for want of memory */
	bool has_strays;	 /* a link could not be doomed, and is to be looked for */
	bool knows_all;		 /* all records are read: what is in none of them is a stray */
	struct closing *closing; /* sockets to close with the next sweep */
	size_t n_closing, size_closing;
	int *bridges; /* ifindexes of bridges to delete */
	size_t n_bridges, size_bridges;
	double bridges_since;	  /* engine_now_s() of the first; 0: long ago */
	bool rules_drifted;	  /* a notification said so */
	struct setting *settings; /* settings.c */
	size_t n_settings, room_settings;
};

/* settings.c */
/* An event of inotify was about one of them. */
bool settings_follow(struct engine *engine, int wd);
void settings_done(struct engine *engine);

/* alive.c */
int alive_start(struct engine *engine, struct error *error);
void alive_stop(struct engine *engine);

/* announce.c */
/* What it needs from the kernel; without it neighbours find out by themselves. */
void announce_start(struct engine *engine);
/* The endpoint's addresses are those of its MAC from now on: the host and its neighbours know. To
 * be called while its link exists and is not up yet inside. What fails is logged. */
void announce_endpoint(struct engine *engine, const struct endpoint *endpoint);
/* The same with the MAC that it was seen with last, once it is up. */
void announce_again(struct engine *engine, const struct endpoint *endpoint);
/* After a repair: everybody on a bridge that is not large hears of everybody else. */
void announce_network(struct engine *engine, const struct network *network);

/* forged.c: what was dropped for its source since the last look is counted, and told */
void forged_start(struct engine *engine);
void forged_stop(struct engine *engine);
void forged_look(struct engine *engine);
/* What the table counted so far was another netd's to tell. */
void forged_begin(struct engine *engine);
/* Who sent from which address, in sentences. New reference; NULL: out of memory. */
json_t *forged_sources(struct engine *engine);

/* rules.c: the elements of everything */
int rules_reset(struct engine *engine, struct error *error);
/* The table goes on without an owner, and nft(8) prints what it can read again. The last use. */
void rules_disown(struct engine *engine);
/* The table may hold what it should not, or lack something: the next resync makes it anew. */
void rules_repair_soon(struct engine *engine);
/* rules_reset, and the user's rules. */
int rules_rebuild(struct engine *engine, struct error *error);
/* rules_user.c: the administrator's rules, or those that were the last to be right: after
 * rules_reset */
int rules_load_user(struct engine *engine, struct error *error);
/* Port elements with their shared counts; ports[first..n). */
int rules_publish(struct engine *engine, const struct container *container, size_t first,
		  struct error *error);
void rules_unpublish(struct engine *engine, const struct container *container, size_t first);
/* The addresses of endpoints[first..n) may come in at the bridges of the container, and those of
 * the others at theirs; and back, which copes with what was never done. */
int rules_admit(struct engine *engine, const struct container *container, size_t first,
		struct error *error);
void rules_expel(struct engine *engine, const struct container *container, size_t first);
/* How many elements of a set that is shared there are to be. */
size_t rules_n_shared(const struct engine *engine, enum ruleset_set set);
int rules_network(struct engine *engine, const struct network *network, bool add,
		  struct error *error);

/* Its elements, which are there, say whose they are under its new name. What fails a resync does.
 */
void rules_relabel_network(struct engine *engine, const struct network *network);
void rules_relabel_container(struct engine *engine, const struct container *container);

/* forwarding.c: before a network is in use: the host forwards its families, and goes on taking
 * router advertisements. What cannot be done is logged. */
void forwarding_ensure(struct engine *engine, const struct network_spec *spec);
/* netd made the host forward this family: remembered until that ends or the host restarts. */
bool forwarding_is_ours(const struct engine *engine, uint8_t family);
/* When netd ends where nothing is attached: IPv6 is as it was before netd. */
void forwarding_leave(struct engine *engine);
/* Somebody switched off what is ours. */
void forwarding_again(struct engine *engine, uint8_t family);
/* After a network went: IPv6 is as it was before netd, when no other needs it. While booting it
 * does nothing: the start does it at its end. */
void forwarding_release(struct engine *engine);
/* The same whoever counts on it, and without a word to the table; false: netd changed nothing, or
 * cannot. */
bool forwarding_put_back(struct engine *engine);
/* Names of the interfaces that netd gave accept_ra 2, "default" among them. NULL: no memory. */
json_t *forwarding_kept_ra(const struct engine *engine);
void relayed_share_one(struct engine *engine, const struct container *container, size_t port,
		       int fd);
void relayed_give_up(struct engine *engine, uint32_t number, const struct port *port);
/* Shares the sockets of ports[first..n) that need the relay. */
void relayed_share(struct engine *engine, const struct container *container, size_t first);
/* The same of ports that are new: many of them in turns. */
void relayed_share_new(struct engine *engine, const struct container *container, size_t first);
/* The number of the first of these that the resolver has not been told of; UINT64_MAX: it has. */
uint64_t relayed_first_left(const struct engine *engine);
/* Some of the first. ends_s: of engine_now_s(). */
void relayed_turn(struct engine *engine, double ends_s);

/* inside.c: what is done inside a container's netns */
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
/* Default routes anew after an endpoint came or went. */
int inside_default_routes(struct container *container, int netns_fd, struct error *error);
/* Sockets again after the resolver was lost; failures are logged. */
void inside_reopen_dns(struct engine *engine, struct container *container);
/* Sockets in its netns that are not bound to anything, IPC_FDS_MAX at the most: fewer when not all
 * can be had, which is logged. They are the caller's. */
size_t inside_sockets(struct container *container, const struct ipc_sockets *wanted, int *ret_fds);
int inside_open_netns(const struct container *container, uint64_t *ret_inode, struct error *error);

/* ports_choose.c: the ports of some bindings, chosen and reserved; on failure none. */
int ports_resolve(struct engine *engine, struct container *container,
		  const struct port_binding *bindings, size_t n_bindings, struct error *error);

/* Over the ports that bindings choose from; see there. */
struct port_walk {
	uint8_t protocol;
	struct addr host_addr;
	uint16_t host_port, host_port_end; /* of the bindings; 0: any free port */
	uint16_t first, last;
	unsigned int n, step, offset; /* n 0: no walk */
	unsigned int i, n_tried;
};

/* Protocols and addresses come in turns, so more than one goes on. */
#define PORT_WALKS 8

/* ports_places.c: which places are taken, for the time of one change */
struct ports_places {
	struct port_index own;	  /* of the container's ports; kept as they come and go */
	struct port_index others; /* of all other containers', and of those that wait */
	bool has_own, has_others; /* made when first needed */
	bool is_few;		  /* there is no index: all ports are looked at */
	bool is_ahead;		  /* of a change, which decides again */
};

/* Zero bytes are not enough. n_asked: how many ports are, about. */
void ports_places_init(struct ports_places *places, size_t n_asked, bool is_ahead);
void ports_places_done(struct ports_places *places);
/* The container has one more; ports[first..n) are about to be released. */
void ports_places_add(struct ports_places *places, const struct port *port);
void ports_places_remove(struct ports_places *places, const struct container *container,
			 size_t first);
/* As ports_places_one_has(), and whether the container has a port at that very place. */
bool ports_places_publishes(struct ports_places *places, const struct container *container,
			    const struct port *port);
bool ports_places_has(struct ports_places *places, const struct container *container,
		      const struct port *port);
/* False: no container, this one and those that wait included, publishes that place. */
bool ports_places_may_clash(struct ports_places *places, const struct engine *engine,
			    const struct container *container, const struct port *port);

struct port_walks {
	struct port_walk walks[PORT_WALKS];
	unsigned int next;
	size_t n_bindings;  /* of the whole call */
	double turn_ends_s; /* of engine_now_s(): then others have their turn; 0: never */
	bool has_ipv6;	    /* the host has it */
	bool has_kept_back;
	struct portset kept_back; /* by net.ipv4.ip_local_reserved_ports */
	struct ports_places places;
};

/* walks.places is the caller's to end. is_ahead: of a change that will ask again. */
void port_walks_init(struct port_walks *walks, size_t n_bindings, bool is_ahead);
/* One binding's. -EINPROGRESS: the turn is over, and the walk goes on with the next call. */
int ports_choose(struct engine *engine, struct container *container,
		 const struct port_binding *binding, struct port_walks *walks, struct error *error);

/* ports.c: the addresses one binding stands for. has_ipv6: the host has it. */
size_t ports_host_addresses(const struct engine *engine, const struct container *container,
			    const struct port_binding *binding, bool has_ipv6,
			    struct addr ret_addrs[static 2]);
struct ports_asked {
	const struct port_binding *binding;
	struct addr addrs[2]; /* of ports_host_addresses() */
	size_t n_addrs;
	struct ports_places *places; /* of the change */
};
/* None of the binding's ports is the host's, so there is none to choose. */
bool ports_are_routed(const struct container *container, const struct ports_asked *asked);
/* One host port on all addresses of a binding, or on none of them: -EEXIST where somebody has it.
 * error NULL: no words are wanted, which take a search; nor is anything waited for. */
int ports_take_everywhere(struct engine *engine, struct container *container,
			  const struct ports_asked *asked, uint16_t host_port, struct error *error);
/* Closes the reservations of ports[first..n) and forgets them. */
void ports_release(struct engine *engine, struct container *container, size_t first);
/* A relayed port that was given up is the resolver's to close: comes back when it has, or after
 * RELAY_CLOSE_S. */
void ports_wait_free(struct engine *engine, const struct port *port);
/* Where err says that somebody has a port: it may be such a relay. */
bool ports_may_be_free_soon(const struct engine *engine, int err);
/* After a restart: takes the sockets again. What cannot be had is logged the first time, and owed
 * where it may be had later. */
void ports_rebind(struct container *container, bool again);
/* Moves the ports that go behind the others, which keep their order; goes is asked about each once,
 * in order. Returns how many stay. */
size_t ports_move_behind(struct container *container,
			 bool (*goes)(const struct container *container, size_t i,
				      const void *data),
			 const void *data);
/* Where a port of the container leads with the endpoints it has now; false, and unchanged, when
 * there is no way in. */
bool ports_lead(const struct container *container, struct port *port);
/* A published port becomes what it is to be: it leads elsewhere, or nowhere (a target of family 0),
 * and then it is reserved no more. Reserved anew where NAT gives way to a relay, or a relay to NAT.
 */
void ports_redirect(struct engine *engine, struct container *container, size_t i,
		    const struct port *to);
/* Reserves a port with a target, and makes it one of the container's. */
int ports_take(struct engine *engine, struct container *container, struct ports_places *places,
	       const struct port *port, struct error *error);
bool ports_places_one_has(const struct container *container, const struct port *port);
/* A port read from the store, without a socket yet. Its record does not say that it is reserved by
 * who asked for it, but what was asked for does: ports_asked_reserved() finds those. 0 or -ENOMEM.
 */
int ports_restore(struct container *container, const struct port *port,
		  const struct port_index *reserved);
int ports_asked_reserved(const struct container *container, struct port_index *index);
/* ports_record.c: ports[first..n) into the store, out of it, and all of them back from it, parked
 * ones included. position is larger than that of any port recorded before. */
int ports_record(struct engine *engine, const struct container *container, size_t first,
		 int64_t position, struct error *error);
/* All ports of the container, parked ones included, in place of what the store has. ports: its
 * n_ports ports as they are to be. */
int ports_record_anew(struct engine *engine, const struct container *container,
		      const struct port *ports, int64_t position, struct error *error);
int ports_record_forget(struct engine *engine, const struct container *container, size_t first,
			struct error *error);
int ports_record_load(struct engine *engine, struct container *container, struct error *error);
/* Needs the relay (::1, or a target of the other family)? */
static inline bool port_needs_relay(const struct port *port)
{
	/* No packet from ::1 can be sent to another host, so NAT cannot serve it; nor can NAT
	 * change the family. [::] covers ::1. */
	if (port->protocol != IPPROTO_TCP && port->protocol != IPPROTO_UDP)
		return false;
	if (port_is_routed(port))
		return false;
	if (port->reserved || !addr_is_set(&port->target)) /* nowhere to listen, or to lead */
		return false;
	return port->host_addr.family == AF_INET6 || port->host_addr.family != port->target.family;
}
/* ports_parked.c */
/* Room for n more, so that parking them cannot fail. */
int ports_parked_room(struct container *container, size_t n);
/* Takes the ports that lead nowhere out of the container's and parks them; there is room. */
void ports_park_aimless(struct container *container);
/* Parked ports for which there is a way in become the container's again, behind the others; or an
 * error, and all is as it was. */
int ports_unpark(struct engine *engine, struct container *container, struct error *error);
/* What the container publishes by other means is not waited for. */
void ports_unpark_published(struct container *container);
/* Takes that back: ports[first..n) are released and parked. */
void ports_park_again(struct engine *engine, struct container *container, size_t first);

/* ports_held.c: for the change that engine_ahead_use was for */
struct ports_held {
	struct list node;	   /* in the engine's, while they are not all there are to be */
	struct container *scratch; /* nobody's: these are its ports */
	struct port_walks walks;
	size_t next; /* of its ports: the first that may still be taken */
	bool misled; /* what was asked for was not what was at hand */
};
/* The socket of this port, which is next; -ENOENT: it is none of those at hand. */
int ports_held_take(struct engine *engine, const struct port *port);
/* The host port that was found for a binding that chooses; false: none. */
bool ports_held_chosen(struct engine *engine, const struct port_binding *binding,
		       uint16_t *ret_port);
/* Where its walks have come to. */
void ports_held_walks(const struct engine *engine, struct port_walks *walks);
/* What was at hand was not what was wanted, and is given up. */
bool ports_held_misled(const struct engine *engine);
/* Who has this place ahead of a change of his; NULL: nobody. */
const struct container *ports_held_holder(const struct engine *engine, const struct port *port);

/* turns.c */
struct given_port {
	struct port port;
	int fd;		 /* -1: closed, or the relay's */
	uint32_t relay;	 /* its number; 0: none */
	uint64_t number; /* among all that is left */
};
/* Its socket, or its relay's, is closed soon. Never fails. */
void turns_give_up(struct engine *engine, const struct port *port, int fd, uint32_t relay);
/* What is to be closed and has this place is closed now; false: nothing has it. */
bool turns_free_place(struct engine *engine, const struct port *port);
void turns_start(struct engine *engine);
/* Does all that is left, and wakes who waits for it. */
void turns_stop(struct engine *engine);

/* flows.c: UDP flows of ports that were published or unpublished, forgotten a moment later */
void flows_forget(struct engine *engine, const struct port *ports, size_t n_ports);
/* At the end of a start: those that a netd which was killed has left, when something was broken off
 * or it says so itself. */
void flows_recover(struct engine *engine, bool broken_off);
void flows_done(struct engine *engine);
int alive_watch(struct engine *engine, struct container *container, struct error *error);
void alive_unwatch(struct engine *engine, struct container *container);
/* The container's netns (or process) is no more. */
bool alive_is_dead(const struct container *container);
/* Notices when somebody writes route_localnet of the network's bridge, which may be another bridge
 * than before, or whether the host's bridges pass frames through the IP tables. */
void settings_watch(struct engine *engine, const struct network *network);
void settings_unwatch(struct engine *engine, const struct network *network);

/* sweep.c */
/* The timer, before the first mark. */
void sweep_start(struct engine *engine);
/* Sweeps what is marked, at the end. */
void sweep_stop(struct engine *engine);
/* An endpoint's link was moved to the group of the dying, or never left it: sweep soon. */
void sweep_doomed(struct engine *engine, const struct endpoint *endpoint);
/* It could not be: it is looked for again and again, and meanwhile nobody gets its addresses. */
void sweep_stubborn(struct engine *engine, const struct endpoint *endpoint);
/* The same for what is of no endpoint: a bridge that could not be deleted, or not be made whole. */
void sweep_left(struct engine *engine);
/* Dooms the bridges that no network has, and the ports of our bridges that no
 * container has: what could not be doomed, or of which no record is left. */
int sweep_strays(struct engine *engine, struct error *error);
/* "CONTAINER on NETWORK" */
bool sweep_has_our_alias(const struct rtnl_link *link);
/* "nd" and an id: what netd calls a link whose name was not chosen by the user. */
bool sweep_has_our_name(const struct rtnl_link *link);
/* A bridge was retired (rtnl_bridge_doom): delete it when there is time. */
void sweep_bridge(struct engine *engine, int ifindex);
/* Closes with the next sweep: closing a nftables socket waits for deletions to be carried out, a
 * grace period, and by then they have been. */
void sweep_close_later(struct engine *engine, struct nft *nft, bool has_redirect);
/* Room for the sockets of all containers and one more; -ENOMEM. Before one is made. */
int sweep_room(struct engine *engine);
/* Sweeps now when links of this netns are waiting to be swept; an error: they are still there. */
int sweep_netns(struct engine *engine, uint64_t netns_inode, struct error *error);
/* All that is doomed, at once: somebody wants a name that one of them has. */
void sweep_now(struct engine *engine);
/* The same when a link on its way out still has this address: two would answer for it. */
int sweep_addr(struct engine *engine, const struct network *network, const struct addr *addr,
	       struct error *error);
