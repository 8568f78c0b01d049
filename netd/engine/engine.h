// SPDX-License-Identifier: GPL-2.0-or-later
// engine.h - owner of all state: networks, containers, ports; every change goes through here
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "model/cluster/cluster_record.h"
#include "model/config/config.h"
#include "model/container/container.h"
#include "model/filter/filters.h"
#include "model/health/guard.h"
#include "model/health/operations.h"
#include "model/network/network.h"
#include "model/seen/seen_figures.h"
#include "model/seen/seen_part.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls are synchronous: when one returns, the kernel, the store and the resolver hold the change,
 * or (on failure) none of them does. One struct error sentence per failure. Objects returned stay
 * the engine's and are valid until the next call that changes state. */
struct engine;
struct door;

/* Who looks after the resolver process: plumber/supervisor.c. */
struct engine_resolver_host {
	/* The channel ended, or (hung) the process has to be ended: bring one up again and call
	 * engine_resolver_up. */
	void (*lost)(bool hung, void *data);
	void *data;
};

/* Who reads the kernel for a snapshot, in a process of its own: plumber/reader.c has it started,
 * reader/main.c is what it does. */
#define ENGINE_N_READ 4
extern const enum seen_part engine_read_parts[ENGINE_N_READ];
/* What it has open: the files of the parts one after the other, the pipe, and the filter of system
 * calls that it is to load (kernel/confine.h). */
enum {
	ENGINE_READER_PART = 3,
	ENGINE_READER_PIPE = ENGINE_READER_PART + ENGINE_N_READ,
	ENGINE_READER_FILTER,
};
struct engine_reader_host {
	/* Has one started, which writes its pid into the pipe, calls engine_read_kernel for each
	 * part that has a descriptor (-1: it is not wanted), and ends; the pipe is its alone then.
	 * It need not have begun when this returns 0: nobody waits for it. The descriptors stay the
	 * caller's. Or negative errno. NULL: nobody does. */
	int (*start)(const int fds[ENGINE_N_READ], int pipe_fd, void *data);
	void *data;
};

struct engine_options {
	struct ev_loop *loop;
	const struct door *door;     /* to the kernel: door_kernel, or a test's */
	const struct config *config; /* outlives the engine */
	const char *run_dir, *state_dir;
	const char *rules_dir; /* the administrator's *.nft, for the user-forward chain */
	struct engine_resolver_host resolver_host;
	struct engine_reader_host reader_host;
};

/* Opens the stores, the kernel sockets, makes the predefined networks, finishes or undoes what a
 * crash interrupted, and makes the kernel match. On failure the kernel has nothing more than it had
 * before. */
int engine_new(const struct engine_options *options, struct engine **ret_engine,
	       struct error *error);
/* After a start that failed behind engine_new: what engine_new added to the kernel's state is taken
 * back; what it found there stays. engine_free follows. */
void engine_undo_start(struct engine *engine);
/* Before engine_free, of one that ran: where nothing is attached, the host's IPv6 goes back to what
 * it was before netd made it forward; and the table goes on without an owner. The last call. */
void engine_leave(struct engine *engine);
/* All that netd made on this host is taken back: containers are detached, every network goes, those
 * from the start too, then the table and what was changed of the host's forwarding. ERROR_CONFLICT:
 * somebody is attached, and it was not forced: nothing is changed. After another error it is taken
 * back by half, and may be called again. engine_free follows. */
int engine_reset(struct engine *engine, bool force, struct error *error);
/* Without an engine, where the records are damaged: the links of this namespace that netd has made,
 * as their aliases say. *ret_n: how many, also after an error. */
int engine_reset_links(const struct door *door, size_t *ret_n, struct error *error);
/* Lets go without touching the kernel: containers stay connected. */
void engine_free(struct engine *engine);
const struct config *engine_config(const struct engine *engine);

/* A resolver answers on channel (owned on success): takes over what it still serves, tells it all
 * there is, and opens inside the containers what it lacks. pid: its process; 0: as it says.
 * version: to be spoken; -EPROTONOSUPPORT: it does not. */
int engine_resolver_up(struct engine *engine, int channel, uint32_t pid, uint32_t version,
		       struct error *error);
/* The file in which resolvers note what they have read and not answered: the next one is to inherit
 * it. The descriptor stays the engine's. Negative errno: there is none. */
int engine_resolver_journal(struct engine *engine);
/* Pid of the resolver, 0 while there is none. */
uint32_t engine_resolver_pid(const struct engine *engine);

/* Lookup as Docker does: full id, exact name, then id prefix; ERROR_NOT_FOUND "network X not
 * found", ERROR_INVALID when ambiguous. */
int engine_network_find(struct engine *engine, const char *ref, struct network **ret_network,
			struct error *error);
/* The same for NETWORK@IFNAME, one of a container's interfaces there. *ret_ifname: within ref, ""
 * where it names none. */
int engine_network_find_at(struct engine *engine, const char *ref, struct network **ret_network,
			   const char **ret_ifname, struct error *error);
int engine_container_find(struct engine *engine, const char *ref, struct container **ret_container,
			  struct error *error);
/* What a container may change inside without telling, to be shown: the MACs of its interfaces. */
void engine_container_look(struct container *container);

/* In order of creation. The array is the engine's, valid until the next change. */
struct network *const *engine_networks(struct engine *engine, size_t *ret_n);
struct container *const *engine_containers(struct engine *engine, size_t *ret_n);

int engine_network_create(struct engine *engine, const struct network_spec *spec,
			  struct network **ret_network, struct error *error);
/* Another name, other labels, other name servers: addresses, containers and the bridge stay. What
 * it had before is in update afterwards. ERROR_CONFLICT, ERROR_FORBIDDEN, ERROR_NOT_FOUND. */
int engine_network_update(struct engine *engine, const char *ref, struct network_update *update,
			  struct error *error);
int engine_network_remove(struct engine *engine, const char *ref, struct error *error);
/* Removes unused networks that match; *ret_names is a JSON array of their names (new reference). */
int engine_network_prune(struct engine *engine, const struct filters *filters, json_t **ret_names,
			 struct error *error);

/* services_kept.c: one address and name of a network for those of its containers that name it
 * (model/network/service.h). ERROR_CONFLICT: there is one of this name; ERROR_INVALID: the network
 * cannot have any. The service is the engine's. */
struct service;
struct service_spec;
int engine_service_create(struct engine *engine, const struct service_spec *spec,
			  struct service **ret_service, struct error *error);
/* ERROR_NOT_FOUND; and so does removing one. */
int engine_service_find(struct engine *engine, const char *name, struct service **ret_service,
			struct error *error);
int engine_service_remove(struct engine *engine, const char *name, struct error *error);
/* Who of other hosts stands behind it. An error of each ends it, and is returned. */
struct engine_backend {
	const char *container, *name, *host;
	struct addr ip[FAMILY_N];
	struct mac mac;
	struct addr tunnel; /* of its host, where frames for it go; family 0: not known */
};
int engine_service_backends(const struct engine *engine, const struct service *service,
			    int (*each)(const struct engine_backend *backend, void *data),
			    void *data);
/* The same of all services at once, in one walk. One of that name there may not be on the network
 * of that id: whoever asks knows which there are. */
int engine_services_backends(const struct engine *engine,
			     int (*each)(const char *network, const char *service,
					 const struct engine_backend *backend, void *data),
			     void *data);
/* A port that a service publishes, and that a host has not: somebody has it there. */
struct engine_refused {
	const char *host; /* "": this one, in no cluster */
	bool here;
	const char *service;
	uint8_t protocol;
	uint16_t port;
	const char *why; /* who has it, in words */
};
int engine_service_refused(const struct engine *engine, const struct service *service,
			   int (*each)(const struct engine_refused *refused, void *data),
			   void *data);
/* The same. What other hosts say may be of a service that is this host's alone, and then it is of
 * none. */
int engine_services_refused(const struct engine *engine,
			    int (*each)(const struct engine_refused *refused, void *data),
			    void *data);
/* Why the service that was made here last, and given up, was: a port of it was published by another
 * host's first. NULL: it was not for that. */
const char *engine_service_lost(const struct engine *engine, const char *name);
/* Other ports or another affinity: those of the spec. All else stays, and connections that are
 * there go on. One that hosts agree about is changed in etcd (engine_cluster_propose). */
int engine_service_update(struct engine *engine, struct service *service,
			  const struct service_spec *spec, struct error *error);
/* A container that is about to leave a network (NULL: all of its) stands behind no service there
 * any more: nobody is led to it from when all that is left so far is done (engine_n_left). What is
 * not there is none. */
void engine_services_part(struct engine *engine, const char *container, const char *network);
/* It has not left after all. */
void engine_services_return(struct engine *engine, const char *container, const char *network);

/* On success with *ret_created the contents of spec have moved into the container (what is left may
 * be freed as usual); else they stay the caller's. What is attached already in the same way:
 * success, *ret_created false. */
int engine_attach(struct engine *engine, struct container_spec *spec,
		  struct container **ret_container, bool *ret_created, struct error *error);
/* What is not there: ERROR_NOT_FOUND here; the API turns that into success. */
int engine_detach(struct engine *engine, const char *ref, struct error *error);

int engine_connect(struct engine *engine, const char *container, const struct endpoint_spec *spec,
		   struct error *error);
/* force: a container or network that is gone is no error. */
int engine_disconnect(struct engine *engine, const char *network, const char *container, bool force,
		      struct error *error);

/* A change that publishes many ports holds the loop while it chooses and binds them. So they are
 * reserved ahead of it, in turns; it is the same with and without. */
struct ports_ahead;
struct engine_ahead_request {
	const struct container_spec *spec; /* of an attach; NULL: ports for a container */
	const char *container;
	const struct port_binding *bindings;
	size_t n_bindings;
};
struct engine_ahead_handlers {
	bool (*is_wanted)(void *data); /* asked before each turn; false: ready is next */
	/* Once, from the loop; also where the change is no longer wanted, which it finds out by
	 * itself. It makes the change, or does not, and calls engine_ahead_free. */
	void (*ready)(void *data);
	void *data;
};
/* 0: the change can be made now; 1: ready is called when it can. The request is the caller's, and
 * is there until engine_ahead_free; *ret_ahead may be NULL. -ENOMEM with a sentence: nothing is
 * reserved, *ret_ahead is NULL, and ready is not called. What else goes wrong the change says. */
int engine_ahead_new(struct engine *engine, const struct engine_ahead_request *request,
		     const struct engine_ahead_handlers *handlers, struct ports_ahead **ret_ahead,
		     struct error *error);
/* The next change is the one it is for; engine_ahead_free follows. NULL is fine. */
void engine_ahead_use(struct ports_ahead *ahead);
/* What was not taken is given up. NULL is fine. */
void engine_ahead_free(struct ports_ahead *ahead);

/* Some of what a change leaves is done in turns: sockets are closed, relays handed over. Who has to
 * know that it has been done sees the number grow with the change, and waits. */
struct engine_waiter {
	struct list node; /* in no list: list_remove may be called any time */
	void (*done)(void *data);
	void *data;

	/* the engine's, while it waits */
	uint64_t until;	   /* the last number of what it waits for */
	bool is_past;	   /* that is done, but for ... */
	struct port relay; /* ... this one, which the resolver may have to close; family 0: none */
	double relay_s;	   /* when that was given up */
};
uint64_t engine_n_left(const struct engine *engine);
/* done is called from the loop, once, when all that is left so far is done; what is left later is
 * not waited for. */
void engine_await_left(struct engine *engine, struct engine_waiter *waiter);

int engine_ports_add(struct engine *engine, const char *container,
		     const struct port_binding *bindings, size_t n_bindings, struct error *error);
int engine_ports_remove(struct engine *engine, const char *container,
			const struct port_binding *bindings, size_t n_bindings,
			struct error *error);

/* Other names for a container: what is given of names replaces what was; visible to every query
 * sent after the return. Unknown networks: ERROR_NOT_FOUND; a name that is taken: ERROR_CONFLICT.
 * On success names holds the former aliases and links. */
int engine_names(struct engine *engine, const char *container, struct container_names *names,
		 struct error *error);
/* Other limits of bandwidth (bandwidth_read) in place of all that there were, at once and for good;
 * "none": no more. network NULL or "": on all networks of the container. On failure they are as
 * they were. */
int engine_limit(struct engine *engine, const char *container, const char *network,
		 const char *text, struct error *error);
/* A free address for a holder that will ask for it by number in a moment (Docker's IPAM drivers are
 * asked for addresses before there is a container): others are not given it while the pool has
 * another one. Nothing needs to be given back. */
int engine_set_aside(struct engine *engine, const char *network, uint8_t family, const char *holder,
		     struct prefix *ret_addr, struct error *error);

/* A cluster's other hosts (model/cluster): what their records say is carried out from the loop,
 * some at a time, and names are visible to every query sent after that.
 *
 * This host is called so, and others send to this address; family 0: it is in no cluster. It is
 * known again after a restart, and until the next boot. */
int engine_cluster_self(struct engine *engine, const char *host, const struct addr *tunnel,
			struct error *error);
/* A record of the cluster is so, or is gone. This host's own may be among them. What cannot be
 * carried out here (a network whose name or subnet is taken) is said in the log. -ENOMEM, -ENOSPC.
 */
int engine_cluster_put(struct engine *engine, const struct cluster_record *record,
		       struct error *error);
void engine_cluster_remove(struct engine *engine, const struct cluster_key *key);
/* Networks that were removed here, by this netd or one before, and that the cluster had then: their
 * records. -ENOMEM, or what each returned. Until the cluster has none of the name any more, or
 * another one, of which engine_cluster_forget is told where engine_cluster_remove was not. */
int engine_cluster_going(struct engine *engine,
			 int (*each)(const struct cluster_record *record, void *data), void *data);
void engine_cluster_forget(struct engine *engine, const struct cluster_key *key);
/* The network of this name that is here, and nowhere else, goes: another host was first with it,
 * and its record was put. One that cannot go is said in the log. */
void engine_cluster_yield(struct engine *engine, const struct cluster_record *record);
/* All records are about to be put again; all have been: what was not is gone. */
void engine_cluster_begin(struct engine *engine);
int engine_cluster_end(struct engine *engine, struct error *error);
/* What this host has to tell the others: a record of itself, and of each of its containers on a
 * network that spans hosts. A negative return of each ends it, and is returned. */
int engine_cluster_own(struct engine *engine,
		       int (*each)(const struct cluster_record *record, void *data), void *data);
/* The same of those alone that may have changed since this was called last; gone gets the key of
 * one that is there no more. False, and none is called: all may have (engine_cluster_own). */
bool engine_cluster_changed(struct engine *engine,
			    void (*each)(const struct cluster_record *record, void *data),
			    void (*gone)(const struct cluster_key *key, void *data), void *data);
/* What this host should claim: services that were made here, and blocks of addresses, for its own
 * are nearly used up. Each as a record that would say it had. */
int engine_cluster_wanted(struct engine *engine,
			  int (*each)(const struct cluster_record *record, void *data), void *data);
/* Services that were removed here and that the cluster has, as far as is known here: their records.
 */
int engine_cluster_unwanted(struct engine *engine,
			    int (*each)(const struct cluster_record *record, void *data),
			    void *data);
/* What etcd has of a service that hosts agree about, and what it is to have for that service to be
 * as the spec says. -ENOENT: nobody but this host has it. ERROR_UNAVAILABLE: etcd has not got it
 * yet, or something else that was not told here. */
int engine_cluster_propose(struct engine *engine, const struct service *service,
			   const struct service_spec *spec, struct cluster_record *ret_before,
			   struct cluster_record *ret_after, struct error *error);
/* The record of a network that spans hosts. */
void engine_cluster_net(const struct network *network, struct cluster_record *ret_record);
/* changed is called whenever what this host has to tell may be something else; NULL: no more. */
void engine_cluster_watch(struct engine *engine, void (*changed)(void *data), void *data);
/* How many containers of others are not entered yet. */
size_t engine_cluster_n_due(const struct engine *engine);

/* Asks the resolver as the container would (NULL: as the host, which sees every network). done runs
 * later, once, from the loop. status 0: that is the answer; else there is none, and engine_dns_why
 * has words for it. Returns 0 or fails at once. */
typedef void (*engine_dns_done)(int status, const uint8_t *answer, size_t len, void *data);
int engine_dns_query(struct engine *engine, const char *container, const uint8_t *query, size_t len,
		     engine_dns_done done, void *data, struct error *error);
/* The same, and how it is decided: answer begins with the steps (dns/steps.h). */
int engine_dns_trace(struct engine *engine, const char *container, const uint8_t *query, size_t len,
		     engine_dns_done done, void *data, struct error *error);
/* Appends what netd writes into the container's files for the C library: the lines "search" and
 * "options" of resolv.conf, and all of hosts. */
int engine_dns_files(struct engine *engine, const char *container, struct buf *resolv_conf,
		     struct buf *hosts, struct error *error);
/* Why there was no answer; returns the error's code. */
int engine_dns_why(int status, struct error *error);
/* The ring in which the resolver notes what containers ask while somebody looks (dns/log.h), made
 * when it is wanted first. The descriptor stays the engine's. */
int engine_dns_log(struct engine *engine, int *ret_fd, struct error *error);

/* Events as JSON objects in Docker's shape. The ring keeps the last EVENTS_RING. */
typedef void (*engine_event_handler)(const json_t *event, void *data);
struct engine_subscriber;
int engine_subscribe(struct engine *engine, engine_event_handler handler, void *data,
		     struct engine_subscriber **ret_subscriber);
void engine_unsubscribe(struct engine_subscriber *subscriber); /* NULL is fine */
/* Calls handler for each past event still in the ring, oldest first. */
void engine_events_replay(struct engine *engine, engine_event_handler handler, void *data);

/* One snapshot of all that netd knows and the kernel counts, as a JSON object. It is gathered in
 * turns with everything else, and of one moment all the same; all who ask until a gathering begins
 * share it. docs/decisions/0021-a-snapshot-of-one-moment.md. */
struct snapshot;
struct engine_observer {
	struct list node;   /* list_remove gives it up, any time */
	unsigned int parts; /* SEEN_BIT of each that is wanted */
	uint16_t port;	    /* of the host: seen_object_ports() may leave others out; 0: all */
	/* Once, from the loop: the snapshot is the observer's then; NULL: error says why not. */
	void (*done)(struct snapshot *snapshot, const struct error *error, void *data);
	void *data;
};
/* The observer is the caller's, and is there until done. */
void engine_observe(struct engine *engine, struct engine_observer *observer);
/* The next of its text: how much; 0: that was all; -ECANCELED: newer ones have taken its place, for
 * it was read too slowly. */
ssize_t snapshot_read(struct snapshot *snapshot, char *data, size_t max);
void snapshot_free(struct snapshot *snapshot); /* NULL is fine */
/* What went through an endpoint's link, in the container's direction. False: it has none. */
bool engine_endpoint_traffic(struct engine *engine, const struct endpoint *endpoint,
			     struct seen_traffic *ret_received, struct seen_traffic *ret_sent);
/* In a process of its own: the text of one part of the kernel's, into a file of memory. */
void engine_read_kernel(const struct door *door, enum seen_part part, int fd);

/* Compares the kernel with what should be and repairs; dry: only compares. *ret_report (may be
 * NULL) is a JSON array of sentences on what differed, *ret_inside (where that is wanted) one on
 * what containers changed inside of themselves, which is left alone. */
int engine_resync(struct engine *engine, bool dry, json_t **ret_report, json_t **ret_inside,
		  struct error *error);
/* All networks but the predefined, and the addresses asked for by hand: a text (base/journal.h).
 */
int engine_backup(struct engine *engine, struct buf *out, struct error *error);
/* Networks become those of such a text, all of them or none; containers stay attached. It begins
 * here and is done network by network from the loop; meanwhile networks are changed by nobody else,
 * and nothing is attached to those that come or go. Nothing is begun when the text cannot be read
 * (ERROR_INVALID), a network that would go or change has containers (ERROR_CONFLICT), or another
 * restore is under way (ERROR_UNAVAILABLE). done is called once, from the loop. report:
 * {"Restored": names, "Removed": names, "Failed": sentences}, or NULL, and error says why
 * everything is as it was. */
typedef void (*engine_restored)(json_t *report, const struct error *error, void *data);
int engine_restore(struct engine *engine, const char *text, size_t len, engine_restored done,
		   void *data, struct error *error);
/* One is under way: what there is now is neither what was nor what will be. */
bool engine_is_restoring(const struct engine *engine);
/* SIGHUP: reads the administrator's rules again. */
int engine_reload_rules(struct engine *engine, struct error *error);
/* Whether these rules would load: nothing is changed. Root's; netns_init first. */
int engine_check_rules(const char *rules_dir, struct error *error);
/* Counts n more of it: shown in engine_info, and told to the log now and then. */
void engine_count(struct engine *engine, enum guard_id id, uint64_t n);
/* Something that was asked for has come to an end. */
void engine_note_operation(struct engine *engine, enum operation operation,
			   enum operation_outcome outcome, uint64_t took_us);
/* Everything netd believes and its process figures, for netctl system info. New reference. */
json_t *engine_info(struct engine *engine);
/* What stands in netd's way on this host: an array of sentences, each with the way out. New
 * reference. */
json_t *engine_warnings(struct engine *engine);
