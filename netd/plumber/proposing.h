// SPDX-License-Identifier: GPL-2.0-or-later
// proposing.h - a service that hosts agree about is to be another: etcd decides whether it is
#pragma once

#include "api/call/cluster.h"
#include "plumber/spanning.h"

/* etcd is to have one record in the place of the other. 0: done will be called, though not before
 * this returns: with 0 when this host goes by it, with -EEXIST when etcd had not the one before any
 * more, with -EINPROGRESS when etcd has it and this host has not been told of it after a while,
 * else with what kept etcd from it. ERROR_UNAVAILABLE: etcd is not spoken to at the moment. */
int proposing_ask(struct spanning *spanning, const struct cluster_record *before,
		  const struct cluster_record *after, api_cluster_done done, void *done_data,
		  struct error *error);
/* After each look: who waits is told when what etcd has taken is so here. */
void proposing_look(struct spanning *spanning);
/* Who has said done_data does not wait any more. */
void proposing_forget(struct spanning *spanning, const void *done_data);
/* Nobody does. */
void proposing_stop(struct spanning *spanning);
