// SPDX-License-Identifier: GPL-2.0-or-later
// keep.h - what keeps everything as it should be: starts, repairs, looks
#pragma once

#include "base/once.h"
#include "engine/change/change.h"

/* One that was made, for those who ask later what happened. */
struct keep_repair {
	struct timespec at;
	char what[REPAIR_TEXT_MAX]; /* a sentence of the log's, or its beginning */
};

/* What the room has of the engine. */
struct engine_keep {
	const char *kernel_lacks; /* nft_probe's sentence, or NULL */
	struct engine_resolver_host resolver_host;
	bool broken_off; /* a start found something that had not ended: recover.c */
	struct nft_watch *nft_watch;
	struct rtnl_watch *rtnl_watch;
	ev_io nft_io, rtnl_io;
	struct start_found *found;		   /* start.c */
	uint64_t n_repairs;			   /* resyncs that repaired something */
	uint64_t n_differences;			   /* found by all of them */
	uint64_t n_unrepaired;			   /* of these, what could not be repaired */
	struct keep_repair repaired[REPAIRS_KEPT]; /* the last ones, each in the oldest's place */
	size_t n_repaired;			   /* since the start */
	struct once told;			   /* what differed and could not be put right */
	bool has_returned; /* an endpoint has its carrier again, and its neighbours are to be told
			    */
	ev_timer returned_timer;    /* drift.c: of those told a moment ago */
	struct ipc_stats stats;	    /* of the resolver, as it said last */
	bool has_stats;		    /* this resolver has said them */
	int suspects[SUSPECTS_MAX]; /* ifindexes: drift.c */
	size_t n_suspects;
	size_t compared; /* of the containers, from the first, in this round of resync_compare */
	bool is_watching;
	bool forwarding_told[2]; /* IPv4, IPv6: that the host does not forward was logged */
};

/* pay.c, await.c, watch.c: of struct engine_above */
void pay_debts(struct ev_loop *loop, ev_timer *timer, int revents);
void await_tick(struct ev_loop *loop, ev_timer *timer, int revents);
void watch_resync(struct ev_loop *loop, ev_timer *timer, int revents);

/* start.c: what is there before anything is made; start_forget frees the note */
int start_note(struct engine *engine, struct error *error);
/* The bridge of the network with that id, known by its MAC, is called so again. */
void start_rename_back(struct engine *engine, const char *id, const char *name);
/* The segments after the first that an earlier netd made for it are the network's again. */
void start_find_segments(struct engine *engine, struct network *network);
/* The network bridge had this address before, and may still have it. */
void start_note_was(struct engine *engine, const struct prefix *addr);
/* At the end of a start: its bridge loses those that netd put there and wants no more. */
void start_drop_old_addrs(struct engine *engine);
void start_forget(struct engine *engine);

/* networks_start.c */
int networks_start(struct engine *engine, struct error *error);

/* coherence.c: refuses records that do not know what runs; what the store found damaged is among
 * the warnings */
int coherence_check(struct engine *engine, struct error *error);
void coherence_add_notes(const struct engine *engine, json_t *list);

/* recover.c */
/* The redirect's table belonged to a netd before us: it is taken over, or made again. */
int recover_redirect(struct container *container);
int recover_containers(struct engine *engine, struct error *error);

/* resync.c */
/* Bridges and container links that are missing are made again. */
void resync_at_start(struct engine *engine);

/* Of struct engine_above: tables of services that others can change, in turns. */
void resync_compare(struct ev_loop *loop, ev_timer *timer, int revents);

/* warnings.c: those of engine_warnings that nobody has logged */
void warnings_log(struct engine *engine);

/* watch.c */
int watch_start(struct engine *engine, struct error *error);
void watch_stop(struct engine *engine);
