// SPDX-License-Identifier: GPL-2.0-or-later
// keeping.h - the plumber's end of the channel to the keeper, who runs netd's own etcd
#pragma once

#include "base/error.h"
#include "ipc/keeper_msg.h"
#include "model/cluster/cluster_config.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Under the state directory: what etcd and its keeper have. */
#define KEEPING_FOLDER "etcd"

/* Zeroed but for channel and folder: there is no keeper. */
struct keeping {
	struct ev_loop *loop;
	const char *state_dir;
	gid_t group;  /* of the user that the keeper becomes */
	int folder;   /* open for the keeper; -1: there is none */
	int channel;  /* -1: none */
	uint32_t pid; /* of who is at its other end */
	ev_io io;
	uint8_t turn; /* of struct keeper_revoked, when it is told next */
	struct keeper_state state;
	/* What a new cluster trusts in has been made; etcd's state was told; the channel has ended.
	 */
	void (*made)(const struct keeper_made *made, void *data);
	void (*stands)(void *data);
	void (*lost)(void *data);
	void *data;
};

/* Is there an etcd to be run? ERROR_NOT_IMPLEMENTED and a sentence. */
int keeping_find_etcd(struct error *error);

/* Makes the folder, which the keeper's group may write in. */
int keeping_open(struct keeping *keeping, struct error *error);
/* Who the keeper runs as; where there is no such user, as nobody. */
#define KEEPER_USER "_netd-etcd"

/* A keeper is at the other end of channel, which is owned from then on, and hears what etcd is to
 * be. */
void keeping_meet(struct keeping *keeping, const struct cluster_config *config, int channel,
		  uint32_t pid);
/* What etcd is to be has changed. Nothing is said where there is no keeper: the next is told. */
void keeping_tell(struct keeping *keeping, const struct cluster_config *config);
/* etcd is to go, with all that it has: the channel ends when it has. */
void keeping_wipe(struct keeping *keeping);
/* The folder goes, which is empty by now. */
void keeping_remove(struct keeping *keeping);
/* The keeper lives on. */
void keeping_done(struct keeping *keeping);
