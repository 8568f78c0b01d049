// SPDX-License-Identifier: GPL-2.0-or-later
// ushering.h - the plumber's end of the channel to the usher, who lets hosts into a cluster
#pragma once

#include "base/error.h"
#include "ipc/calls.h"
#include "ipc/usher_msg.h"
#include "model/cluster/cluster_config.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

/* Zeroed but for channel and fds (ushering_init): there is no usher. */
struct ushering {
	struct ev_loop *loop;
	int channel;	   /* -1: none */
	uint32_t pid;	   /* of who is at its other end */
	int fds[FAMILY_N]; /* where hosts knock; -1: nowhere */
	ev_io io;
	ev_timer tick;	  /* for what waits too long */
	uint32_t valid_s; /* for how long a certificate that is signed here is good */
	struct ipc_calls calls;
	void (*lost)(void *data); /* the channel has ended */
	void *data;
};

void ushering_init(struct ushering *ushering, struct ev_loop *loop);
void ushering_done(struct ushering *ushering);

/* Listens at the addresses of this host, unless it does. ERROR_CONFLICT and a sentence: somebody
 * else has the port. */
int ushering_listen(struct ushering *ushering, const struct cluster_config *config,
		    struct error *error);

/* An usher is at the other end of channel, which is owned from then on. */
void ushering_meet(struct ushering *ushering, int channel, uint32_t pid);
/* Who is let in, and by what, where this host is the one that does. */
void ushering_tell(struct ushering *ushering, const struct cluster_config *config);
/* It is not spoken to any more, and nobody listens. */
void ushering_part(struct ushering *ushering);

/* Asks for another certificate, as ushering_ask does. */
int ushering_renew(struct ushering *ushering, const struct usher_renew *renew, ipc_answer_fn done,
		   void *data);
/* Asks to be let in; done hears a status of 0 and struct usher_admitted as its bytes, or an errno
 * and a sentence that is not terminated. 0 or a negative errno. */
int ushering_ask(struct ushering *ushering, const struct usher_ask *ask, ipc_answer_fn done,
		 void *data);
