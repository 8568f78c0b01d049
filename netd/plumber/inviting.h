// SPDX-License-Identifier: GPL-2.0-or-later
// inviting.h - tokens: what hosts are let in by, and what one that asks is given
#pragma once

#include "base/error.h"
#include "ipc/usher_msg.h"
#include "model/cluster/cluster_config.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Another secret, good for so long; the one before is remembered as one that was replaced. 0 or
 * -errno: nothing has changed. */
int inviting_draw(struct cluster_config *config, json_int_t valid_s);
/* Is it good no more? */
bool inviting_has_expired(const struct cluster_config *config);
/* What is asked of a token: a new one, and for how long it is good. ERROR_INVALID and a sentence.
 */
int inviting_read(const json_t *body, bool *ret_rotate, json_int_t *ret_valid_s,
		  struct error *error);
/* The token, until when, and where a host asks with it. */
json_t *inviting_show(const struct cluster_config *config);

/* A body of `join` with a token: whom to ask. ERROR_INVALID and a sentence. */
int inviting_read_ask(const json_t *body, struct usher_ask *ret_ask, struct error *error);
/* What has come of it, put into a body as who joins an etcd that is there has it; the rest of it is
 * as it was asked for. NULL: it makes no sense, or there is no memory. */
json_t *inviting_accept(const json_t *asked, const uint8_t *answer, size_t len);
