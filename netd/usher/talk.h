// SPDX-License-Identifier: GPL-2.0-or-later
// talk.h - a connection by TLS over which each side says one message
#pragma once

#include <ev.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct talk;

struct talk_ears {
	/* The other side is known, as far as TLS knows it. */
	void (*met)(struct talk *talk, void *data);
	/* Its message. */
	void (*heard)(struct talk *talk, const uint8_t *message, size_t len, void *data);
	/* It is over and about to be freed. why: what went wrong; NULL: talk_end asked for it, or
	 * all that was said has been sent. */
	void (*ended)(struct talk *talk, const char *why, void *data);
	void *data;
};

/* Over fd, a socket that is connected or about to be, which is owned from then on; is_client: this
 * side begins. NULL: no memory, and fd is closed. */
struct talk *talk_new(struct ev_loop *loop, SSL_CTX *context, int fd, bool is_client,
		      const struct talk_ears *ears);
/* Says a message of USHER_MESSAGE_MAX bytes at the most; a server's is the end. */
void talk_say(struct talk *talk, const void *message, size_t len);
/* Nothing more is wanted of it; it is freed when the callback that this is called from returns. */
void talk_end(struct talk *talk);
SSL *talk_tls(const struct talk *talk);
