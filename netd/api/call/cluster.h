// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.h - who knows of the other hosts
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"

#include <jansson.h>
#include <stdbool.h>

struct cluster_record;

/* What was asked for has come to its end: 0, or a negative errno and error. */
typedef void (*api_cluster_done)(int err, const struct error *error, void *data);

enum api_cluster_mode {
	API_CLUSTER_INIT, /* the first host */
	API_CLUSTER_JOIN, /* another one */
};

/* A network, or a service: which of its name it is says the address that was given to it. */
struct api_made {
	const char *name;
	const char *id;		     /* of a network; NULL: it is a service */
	struct addr addrs[FAMILY_N]; /* of a service */
};

/* plumber/cluster.c. Of those with done one is under way at a time; 0: done will be called, though
 * not before they return; else error says why not. */
struct api_cluster {
	/* How this host stands, and the hosts there are; NULL: no memory. */
	json_t *(*status)(void *data);
	json_t *(*nodes)(void *data);
	/* One of them, by its name or the beginning of its id. 0, with NULL for want of memory, or
	 * error says what is wrong with that. */
	int (*node)(const char *ref, json_t **ret_node, void *data, struct error *error);
	/* It is in a cluster, or about to be. */
	bool (*is_in)(void *data);
	int (*join)(const json_t *body, enum api_cluster_mode mode, api_cluster_done done,
		    void *done_data, void *data, struct error *error);
	/* host NULL: this one leaves. */
	int (*remove)(const char *host, bool force, api_cluster_done done, void *done_data,
		      void *data, struct error *error);
	/* What other hosts are let in by, and another one where the body says so. */
	int (*token)(const json_t *body, json_t **ret_token, void *data, struct error *error);
	/* Nobody waits for it any more; it goes on. */
	void (*forget)(void *data);
	void *data;
	/* plumber/spanning.c. Something that spans hosts was made on this one. 0: done will be
	 * called, though not before this returns, when etcd has it; with -EEXIST when another host
	 * was first (this host's is gone, unless it is a network that somebody is attached to), or
	 * with -EINPROGRESS when that is not known after a while. -ENOENT: this host is in no
	 * cluster. */
	int (*settle)(const struct api_made *made, api_cluster_done done, void *done_data,
		      void *spanning);
	/* This host waits for addresses of a network: done will be called as above, with 0, when
	 * it has them, when there are none to be had, or after a while. -ENOENT: it waits for
	 * none; -ENOMEM. */
	int (*await_room)(api_cluster_done done, void *done_data, void *spanning);
	/* A network was named that this host knows nothing of: done will be called as above, with
	 * 0, when it has heard of all that other hosts have made up to now, or after a moment.
	 * -ENOENT: nobody can tell; -ENOMEM. */
	int (*await_word)(api_cluster_done done, void *done_data, void *spanning);
	/* Something that hosts agree about is to be another one: etcd is to have one record in the
	 * place of the other (plumber/proposing.h). As join, with data `spanning`. */
	int (*propose)(const struct cluster_record *before, const struct cluster_record *after,
		       api_cluster_done done, void *done_data, void *spanning, struct error *error);
	/* Who has said done_data does not wait any more. */
	void (*unsettle)(void *done_data, void *spanning);
	void *spanning;
};
