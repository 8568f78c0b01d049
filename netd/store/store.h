// SPDX-License-Identifier: GPL-2.0-or-later
// store.h - what must outlive the process: networks on disk, endpoints on tmpfs (SQLite, and a
// journal)
#pragma once

#include "base/error.h"
#include "base/family.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Two databases. <state>/networks.db (networks, and addresses that were asked for by hand) survives
 * a reboot: a change is on disk when the call returns.
 * <run>/run.db describes kernel objects and is as old as they are: it survives a crash of netd, not
 * a reboot (a changed boot id empties it). Objects are stored as the JSON of their API request, so
 * an administrator can read them with sqlite3(1), beside the columns that netd itself decided. */
struct store;

/* Each database has a journal beside it, <name>.journal: the same changes, each there before it is
 * committed here. What one of them lost the other still has. store_open compares the two, and each
 * with what it says of itself (docs/decisions/0012-two-records.md): a record that is damaged, older
 * or gone is made again from the other, which is noted; with neither to be trusted it fails, and
 * has changed nothing. A state directory that cannot be written: what is there is read, and changes
 * of networks fail. */
int store_open(const char *state_dir, const char *run_dir, struct store **ret_store,
	       struct error *error);
void store_close(struct store *store);

/* Sentences on what was found damaged, and what stood in; NULL behind the last. */
const char *store_note_at(const struct store *store, size_t i);
/* Calls on_note with each of them: with those that there are before this returns, later with each
 * when it is found. */
void store_watch_notes(struct store *store, void (*on_note)(const char *note));
/* How many of them are about a record that was made again. */
size_t store_n_healed(const struct store *store);
bool store_is_read_only(const struct store *store); /* the state directory */
/* Neither record was found there. */
bool store_state_is_new(const struct store *store);
bool store_run_is_new(const struct store *store);

/* Calls on_change with the id of a network or container whose record is being changed, also where
 * the change fails in the end. Not for addresses that are remembered. One listener; NULL: none. */
void store_watch_changes(struct store *store, void (*on_change)(const char *id, void *data),
			 void *data);
/* How much there is in one of its records. */
struct store_figures {
	uint64_t generation; /* transactions that it has seen */
	uint64_t n_rows;
	size_t journal_bytes;
	bool is_read_only;
};
void store_figures(const struct store *store, struct store_figures *ret_state,
		   struct store_figures *ret_run);

/* One transaction over the run database; changes between are all kept or all lost. */
int store_begin(struct store *store, struct error *error);
int store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);
/* How each ends: committed when err is 0, and rolled back when it is not, or when that fails. */
static inline int store_end(struct store *store, int err, struct error *error)
{
	if (err == 0)
		err = store_commit(store, error);
	if (err < 0)
		store_rollback(store);
	return err;
}
/* After a change failed for want of room: lets the journal of the run database begin anew, so that
 * a small change may go where it has been. */
void store_make_room(struct store *store);

/* The records of networks, and of addresses asked for by hand: base/journal.h says how they look.
 */
struct buf;
int store_backup(struct store *store, struct buf *out, struct error *error);
/* A store that has what a backup says, in memory, for reading networks and kept addresses only.
 * ERROR_INVALID when it is damaged, or of something else. */
int store_open_backup(const char *text, size_t len, struct store **ret_store, struct error *error);

/* One transaction over the state database, as store_begin: networks and kept addresses. */
int store_begin_state(struct store *store, struct error *error);
int store_commit_state(struct store *store, struct error *error);
void store_rollback_state(struct store *store);

struct store_network {
	const char *id, *name;
	const char *body; /* POST /networks/create */
	int64_t created_s;
	int64_t created_ns;
};
int store_network_put(struct store *store, const struct store_network *network,
		      struct error *error);
int store_network_delete(struct store *store, const char *id, struct error *error);
/* The same with what was asked for by hand on it: both or none. In a transaction of the caller's
 * too.
 */
int store_network_remove(struct store *store, const char *id, struct error *error);
int store_networks_each(struct store *store,
			int (*each)(const struct store_network *network, void *data,
				    struct error *error),
			void *data, struct error *error);

struct store_container {
	const char *id, *name;
	const char *body; /* POST /netd/v1/containers, as asked */
	const char *hostname;
	bool up; /* false: intent only, the plan had not ended */
	uint64_t netns_inode;
	uint16_t dns_port;
	int64_t created_s, created_ns;
};
int store_container_put(struct store *store, const struct store_container *container,
			struct error *error);
/* Another id for a container, its endpoints and ports. */
int store_container_move(struct store *store, const char *from, const char *to,
			 struct error *error);
int store_container_up(struct store *store, const char *id, uint16_t dns_port, struct error *error);
/* With its endpoints and ports: within a transaction of the caller's. */
int store_container_delete(struct store *store, const char *id, struct error *error);
int store_containers_each(struct store *store,
			  int (*each)(const struct store_container *container, void *data,
				      struct error *error),
			  void *data, struct error *error);

/* Position of an endpoint whose plan had not ended, on a container that was up before. */
#define STORE_INTENT (-1)

/* Key of an endpoint's settings: the number of its segment, where it is not the first. */
#define ENDPOINT_SEGMENT "Segment"

struct store_endpoint {
	const char *id, *container, *network;
	const char *settings;				       /* EndpointSettings, as asked */
	const char *ip[FAMILY_N], *mac, *ifname, *host_ifname; /* "" for none */
	int64_t position; /* any number that grows: endpoints of a container keep their order */
};
int store_endpoint_put(struct store *store, const struct store_endpoint *endpoint,
		       struct error *error);
int store_endpoint_delete(struct store *store, const char *container, const char *id,
			  struct error *error);
/* Those of one container, by position. */
int store_endpoints_each(struct store *store, const char *container,
			 int (*each)(const struct store_endpoint *endpoint, void *data,
				     struct error *error),
			 void *data, struct error *error);

/* on_debt is called when what was refused could not be taken off the disk, where the next start
 * would find it. store_settle, or the next change, tries again; false: it could not, either. */
void store_watch_debt(struct store *store, void (*on_debt)(void *data), void *data);
bool store_settle(struct store *store);

/* A run of ports: n host ports in a row that lead to as many container ports of one target. */
struct store_port {
	const char *container;
	int protocol;
	const char *host_addr;
	int host_port, container_port; /* the first of each */
	int n;
	const char *target;
	int64_t position; /* any number that grows: ports of a container keep their order; … */
	int64_t step;	  /* … from each of the run to the next */
};
/* No row may hold one of these ports: the caller took them from there before, or never had them. */
int store_port_put(struct store *store, const struct store_port *port, struct error *error);
/* Forgets the run's host ports, which may be parts of longer runs, or of several. */
int store_port_delete(struct store *store, const struct store_port *port, struct error *error);
int store_ports_delete_all(struct store *store, const char *container, struct error *error);
/* The runs of one container, by the position of their first. */
int store_ports_each(struct store *store, const char *container,
		     int (*each)(const struct store_port *port, void *data, struct error *error),
		     void *data, struct error *error);

/* Who last held an address that is free now, so that a name gets it back after a restart. */
int store_lease_remember(struct store *store, const char *network, const char *addr,
			 const char *holder, struct error *error);
int store_lease_forget_network(struct store *store, const char *network, struct error *error);
int store_leases_each(struct store *store, const char *network,
		      int (*each)(const char *addr, const char *holder, void *data,
				  struct error *error),
		      void *data, struct error *error);

/* Addresses asked for by hand, on disk when the call returns: the last one of each holder, network
 * and family, and the LEASE_MEMORIES_MAX newest of a network. One that is there as told is not
 * written. In the order in which they came. */
int store_kept_put(struct store *store, const char *network, const char *addr, const char *holder,
		   struct error *error);
/* The same for a network that has none yet, as they are: in a transaction of the caller's. */
int store_kept_add(struct store *store, const char *network, const char *addr, const char *holder,
		   struct error *error);
int store_kept_forget_network(struct store *store, const char *network, struct error *error);
int store_kept_each(struct store *store, const char *network,
		    int (*each)(const char *addr, const char *holder, void *data,
				struct error *error),
		    void *data, struct error *error);
