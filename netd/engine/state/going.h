// SPDX-License-Identifier: GPL-2.0-or-later
// going.h - what was removed on this host and the cluster still has: networks that span hosts, and
// services
#pragma once

#include "base/error.h"
#include "model/cluster/cluster_record.h"

struct engine;

/* A host that starts: what a netd before has noted. Lines that make no sense are passed over. */
void going_start(struct engine *engine);
/* What was forgotten is in the file no more. */
void going_stop(struct engine *engine);
/* It is about to be removed here. On disk when it returns, where this host is in a cluster; or
 * nothing has changed. */
int going_note(struct engine *engine, const struct cluster_record *record, struct error *error);
/* The cluster has it no more, or has another one; or it stays. Out of the file a moment later. */
void going_forget(struct engine *engine, const struct cluster_key *key);
/* This host has left the cluster. */
void going_forget_all(struct engine *engine);
