// SPDX-License-Identifier: GPL-2.0-or-later
// usher.h - the process that lets hosts into a cluster, or asks for its own to be let in
#pragma once

#include "ipc/usher_msg.h"
#include "usher/tls.h"

#include <ev.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* channel.c: the plumber's end. */
void channel_meet(struct ev_loop *loop, int fd);
/* What came of an ask: status 0 and what this host is let in with, or an errno and why not. */
void channel_admitted(uint32_t id, const struct usher_admitted *admitted);
void channel_refused(uint32_t id, int status, const char *why);

/* door.c: who wants to come in. What was configured is used from then on; fds are the sockets to
 * listen on, owned from then on, and replace those before. */
void door_open(struct ev_loop *loop, const struct usher_config *config, const int *fds,
	       size_t n_fds);

/* ask.c: another host's door, one at a time. channel_admitted or channel_refused tells. */
void ask_start(struct ev_loop *loop, uint32_t id, const struct usher_ask *ask);

/* The same door, for another certificate of a host that is in. */
void ask_renew(struct ev_loop *loop, uint32_t id, const struct usher_renew *renew);

/* Who asks, as far as can be seen. */
struct judge_guest {
	const struct addr *from;       /* NULL: it is not known */
	const struct tls_shown *shown; /* a certificate of the cluster's; NULL: none */
};

/* judge.c: pure but for OpenSSL. What is answered to a message, at a time of the wall clock. */
void judge_request(const struct usher_config *config, const uint8_t *data, size_t len,
		   const struct judge_guest *guest, uint64_t now_s, struct wire *out);
