// SPDX-License-Identifier: GPL-2.0-or-later
// calls.h - requests to the process at the other end of a channel, and who waits for which answer
#pragma once

#include "base/list.h"
#include "base/wire.h"
#include "ipc/msg.h"

#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Plumber and role may each ask the other: both have such a table, and an id
 * means something to who drew it. The other end is not believed: an answer that nobody waits for is
 * told from one that somebody does, one that never comes is given up at its deadline, and no more
 * than a number of them are under way. Each request is answered exactly once, if only with why
 * there is no answer. Pure: the caller sends what stands in wire, and says what time it is. */

/* status 0: answer is what the other end said, valid during the call. Else a negative errno: its
 * refusal, -ETIMEDOUT, or what ipc_calls_fail was told. May ask again. */
typedef void (*ipc_answer_fn)(int status, const uint8_t *answer, size_t len, void *data);

struct ipc_calls {
	struct list waiting; /* in the order in which they were asked */
	unsigned n, n_max;
	uint32_t last_id;
};

void ipc_calls_init(struct ipc_calls *calls, unsigned n_max);

/* Waits until deadline_ms for the answer to what the caller asks with this id in a message of its
 * own, as QUERY is. 0: done will be called. -EBUSY: too many wait already; -ENOMEM. */
int ipc_calls_wait(struct ipc_calls *calls, uint64_t deadline_ms, ipc_answer_fn done, void *data,
		   uint32_t *ret_id);
/* The same, and puts a REQUEST into wire. -EMSGSIZE: the wire has no room for it. */
int ipc_calls_ask(struct ipc_calls *calls, struct wire *wire, const struct ipc_call *request,
		  uint64_t deadline_ms, ipc_answer_fn done, void *data);
/* A REPLY has come, or what answers a message of its own. 0, or -ENOENT: nobody waits for it, now
 * or ever. */
int ipc_calls_answer(struct ipc_calls *calls, const struct ipc_call *reply);
/* Ends those whose time is over. */
void ipc_calls_expire(struct ipc_calls *calls, uint64_t now_ms);
/* Ends all with status: the other end is gone. */
void ipc_calls_fail(struct ipc_calls *calls, int status);
