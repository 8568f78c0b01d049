// SPDX-License-Identifier: GPL-2.0-or-later
// settling.h - a call that has made something that spans hosts waits until etcd has it
#pragma once

#include "api/call/call.h"
#include "api/call/cluster.h"

#include <stdbool.h>

/* The reply to the call that has made what is called so. later is a sentence about what has not
 * happened yet; "": all has. 0 or an error. */
typedef int (*settling_reply)(struct api_call *call, const char *ref, const char *later);

/* API_LATER: the call waits, and reply is called with ref, of which a copy is made, unless another
 * host was first, which is told as a conflict. -ENOENT: there is nothing to wait for; -ENOMEM: it
 * cannot be waited. */
int settling_wait(struct api_call *call, const struct api_made *made, const char *ref,
		  settling_reply reply);
/* The call's handler was refused, and changed nothing. True: that may be for want of addresses, or
 * of word of a network of another host's, and the handler is run once more when this host has asked
 * for these. */
bool settling_again(struct api_call *call);
/* API_LATER: the same for something that etcd is to have another record of; what kept it from that
 * is told to the caller. */
int settling_propose(struct api_call *call, const struct cluster_record *before,
		     const struct cluster_record *after, const char *ref, settling_reply reply);
