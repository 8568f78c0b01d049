// SPDX-License-Identifier: GPL-2.0-or-later
// hearing.h - who names a network that this host has not heard of waits for word of it
#pragma once

#include "api/call/cluster.h"
#include "plumber/spanning.h"

/* 0: done will be called, though not before this returns, with 0: when all has been told that other
 * hosts had made of networks by then, or after a moment. -ENOENT: this host is in no cluster, or
 * etcd is not spoken to; -ENOMEM. */
int hearing_wait(struct spanning *spanning, api_cluster_done done, void *done_data);
/* Who has said done_data does not wait any more. */
void hearing_forget(struct spanning *spanning, const void *done_data);
/* Nobody does. */
void hearing_stop(struct spanning *spanning);
