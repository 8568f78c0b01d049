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
	/* All records have been told; how it stands has changed; the channel has ended. */
	void (*told)(void *data);
	void (*stands)(void *data);
	void (*lost)(void *data);
	void *data;
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

/* Asks; done hears a status of 0 or an errno, and a sentence that is not terminated. 0; -EBUSY or
 * -ENOTCONN. */
int heralding_join(struct heralding *heralding, const struct cluster_config *config,
		   ipc_answer_fn done, void *data);
int heralding_remove(struct heralding *heralding, const struct herald_remove *remove,
		     ipc_answer_fn done, void *data);
