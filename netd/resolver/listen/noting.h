// SPDX-License-Identifier: GPL-2.0-or-later
// noting.h - what containers ask and are told is noted in a ring of memory, while somebody looks
#pragma once

#include "dns/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;
struct view;

/* Theory of operation. The ring (dns/log.h) is the plumber's, which hands it over when it is asked
 * for the first time, and again to each resolver that follows. When questions are read it is looked
 * whether somebody reads the ring; a question that was read then is noted when it is answered. So
 * nobody who does not look costs anybody more than one load for each batch of questions, and one
 * for each question. */
struct noting {
	struct dns_log_ring *ring; /* NULL: nobody has ever looked */
	uint64_t came_ns;	   /* clock_ns() of what was read last */
	bool looks;		   /* somebody did so then */
};

/* Takes the ring that fd is; fd stays the caller's. 0, -EPROTO: that is none, or -errno. */
int noting_take(struct noting *noting, int fd);
/* Questions were read. */
void noting_came(struct noting *noting);

/* A question of view's, and its answer (len 0: none is given). */
struct noting_answer {
	const struct view *view;
	bool tcp;
	enum dns_log_source source;
	uint64_t came_ns, answered_ns;
	const uint8_t *query, *reply;
	size_t query_len, reply_len;
};

void noting_write(struct noting *noting, const struct noting_answer *answer);
