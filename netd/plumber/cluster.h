// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.h - this host in a cluster, from netd's start to its end: who hears what
#pragma once

#include "api/call/cluster.h"
#include "base/error.h"
#include "plumber/growing.h"
#include "plumber/heralding.h"
#include "plumber/keeping.h"
#include "plumber/ushering.h"

#include <ev.h>
#include <stdbool.h>

enum cluster_errand {
	CLUSTER_NO_ERRAND,
	CLUSTER_JOINING,
	CLUSTER_REMOVING, /* another host */
	CLUSTER_LEAVING,
	CLUSTER_PARTING, /* it is over, and netd's own etcd is being removed */
};

/* Has a process started, or ended, or started again as one has ended (plumber/supervisors.h). */
struct cluster_host_ops {
	int (*start)(void *data, struct error *error);
	void (*stop)(void *data);
	void (*lost)(void *data);
	void *data;
};

/* Of each role that a cluster takes. */
struct cluster_others {
	struct cluster_host_ops herald, keeper, usher;
};

/* Zeroed but for the channels and descriptors, which are -1: this host is in none. */
struct cluster {
	struct ev_loop *loop;
	const char *state_dir;
	struct cluster_config config;
	bool configured; /* this host belongs to one, or is about to */
	struct heralding link;
	struct cluster_host_ops herald;
	struct keeping keeping; /* of an etcd of netd's own */
	struct cluster_host_ops keeper;
	struct ushering ushering; /* lets hosts in, or asks for this one */
	struct cluster_host_ops usher;
	struct growing growing; /* of its members */
	ev_timer door;		/* tries again to listen for hosts */
	ev_timer renew;		/* looks at whether this host's certificate is to be renewed */
	bool renews;		/* it is being asked for */
	char renew_why[HERALD_WHY_LEN_MAX + 1]; /* why it was not; "": nothing is wrong */
	ev_timer revoke; /* a certificate was revoked, and others may be in a moment */
	ev_timer sweep;	 /* looks at whether one that was has ended */
	char ended[CLUSTER_SERIAL_LEN_MAX + 1]; /* one that etcd is asked to forget; "": none */
	json_t *asked; /* the body of a join with a token, as long as that is asked for */

	/* What a caller asked for, one at a time. */
	enum cluster_errand errand;
	enum api_cluster_mode mode;
	struct herald_remove remove; /* the next request */
	char key_text[CLUSTER_KEY_SIZE];
	bool force;
	bool tries_again;	/* to do that: etcd does not change its members at the moment */
	bool unseated;		/* the host that goes has no member of etcd any more */
	bool asks_in, asks_out; /* as soon as the herald takes requests */
	ev_timer patience, begin;
	int outcome; /* what is told when it has parted, and why */
	struct error why;
	api_cluster_done done; /* NULL: nobody waits any more */
	void *done_data;
};

/* Reads what the state directory says. */
int cluster_init(struct cluster *cluster, struct ev_loop *loop, const char *state_dir,
		 const struct cluster_others *others, struct error *error);
void cluster_done(struct cluster *cluster);
/* What callers ask it. */
struct api_cluster cluster_api(struct cluster *cluster);
