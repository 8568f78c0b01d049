// SPDX-License-Identifier: GPL-2.0-or-later
// clustering.h - a call that waits until something of the cluster is done
#pragma once

#include "api/call/call.h"
#include "api/call/cluster.h"

/* API_LATER: a function of struct api_cluster has taken the call for its done_data, and will say
 * how it ends; when the caller hangs up first, it is told. */
int clustering_wait(struct api_call *call);
/* It has ended: an error is told, else reply is made. */
void clustering_end(struct api_call *call, int err, const struct error *error, api_handler reply);
