// SPDX-License-Identifier: GPL-2.0-or-later
// heralding.h - the plumber's end of the channel to the herald: records both ways
#pragma once

#include "ipc/backlog.h"
#include "ipc/calls.h"
#include "ipc/herald_msg.h"
#include "model/cluster/cluster_config.h"
#include "model/cluster/cluster_state.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

/* Who acts upon what is told, as it comes. */
struct heralding_ears {
	void (*begin)(void *data); /* all records are told anew ... */
	void (*record)(const struct cluster_record *record, void *data);
	void (*gone)(const struct cluster_key *key, void *data);
	void (*end)(void *data); /* ... and have been: what was not is gone */
	/* Another herald is there, and is to hear what this host has (heralding_want). */
	void (*met)(void *data);
	void *data;
};

/* Zeroed but for channel: there is no herald. */
struct heralding {
	struct ev_loop *loop;
	int channel;  /* -1: none */
	uint32_t pid; /* of who is at its other end */
	ev_io io;
	ev_timer tick; /* for what waits too long */
	struct backlog backlog;
	struct ipc_calls calls;
	struct cluster_state *records; /* of all hosts, as last told; NULL: none ever were */
	bool all_told;		       /* by this herald */
	struct herald_state state;
	struct herald_members members; /* of an etcd of netd's own; n 0: not told yet */
	/* All records have been told; how it stands has changed; the channel has ended. */
	void (*told)(void *data);
	void (*stands)(void *data);
	void (*seated)(void *data); /* members of etcd have changed */
	/* A certificate was revoked; those that were before are among what is told. */
	void (*revoked)(void *data);
	void (*lost)(void *data);
	void *data;
	struct cluster_host refusing; /* of the own record: what it does not publish */
	struct heralding_ears ears;   /* begin NULL: nobody listens */
};

/* -ENOMEM */
int heralding_init(struct heralding *heralding, struct ev_loop *loop);
void heralding_done(struct heralding *heralding);

/* A herald is at the other end of channel, which is owned from then on, and hears whom to speak to
 * and what this host's record is. */
void heralding_meet(struct heralding *heralding, const struct cluster_config *config, int channel,
		    uint32_t pid);
/* It is not spoken to any more; what was told is forgotten. */
void heralding_part(struct heralding *heralding);

/* This host's record. */
void heralding_record_of(const struct cluster_config *config, struct cluster_record *ret_record);

/* This host has it, or has it no more. What cannot be said is said to the next herald. */
/* This host has another certificate: the herald shows it from now on, and the others hear of its
 * number. */
void heralding_renew(struct heralding *heralding, const struct cluster_config *config);
/* The same of ports of services that it does not publish, where these are others. */
void heralding_refuse(struct heralding *heralding, const struct cluster_config *config,
		      const struct cluster_host *host);
void heralding_want(struct heralding *heralding, const struct cluster_record *record);
void heralding_unwant(struct heralding *heralding, const struct cluster_key *key);

/* Asks; done hears a status of 0 or an errno, and a sentence that is not terminated. 0; -EBUSY or
 * -ENOTCONN. */
int heralding_join(struct heralding *heralding, const struct cluster_config *config,
		   ipc_answer_fn done, void *data);
/* About a host's member of an etcd of netd's own (HERALD_CALL_SEAT, PROMOTE, UNSEAT). */
int heralding_seat(struct heralding *heralding, enum herald_call what,
		   const struct herald_seat *seat, ipc_answer_fn done, void *data);
int heralding_remove(struct heralding *heralding, const struct herald_remove *remove,
		     ipc_answer_fn done, void *data);
/* A record in the place of another of its key; -EEXIST: etcd has not that one any more. */
int heralding_replace(struct heralding *heralding, const struct cluster_record *before,
		      const struct cluster_record *after, ipc_answer_fn done, void *data);
/* A record that nobody may have written before; -EEXIST: somebody has. */
int heralding_claim(struct heralding *heralding, const struct cluster_record *record,
		    ipc_answer_fn done, void *data);
/* Done hears 0 when all has been told here that etcd had of networks when this was called. */
int heralding_hear(struct heralding *heralding, ipc_answer_fn done, void *data);
/* One that is to go, if it says this still. -EBUSY: it is another one by now, or none. */
int heralding_release(struct heralding *heralding, const struct cluster_record *record,
		      ipc_answer_fn done, void *data);
