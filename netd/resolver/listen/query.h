// SPDX-License-Identifier: GPL-2.0-or-later
// query.h - one question, from whatever transport: local answer, cache, or upstream
#pragma once

#include "resolver/ask/flight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct dns_steps;
struct listening;
struct view;

/* Who asks, and what becomes of the answer when it takes time: reply is called with the owner,
 * unless the owner cancels what is on its list before. */
struct asker {
	struct view *view;
	bool tcp; /* answers may be long */
	request_fn reply;
	void *owner;
	struct list *owned;
	struct account *account; /* whose share it is; NULL: the plumber's, which is not limited */
	union peer peer;
	uint32_t tag;
	/* Are told how the question is decided; NULL: nobody is. From malloc: with *ret_pending
	 * they go with the question, and are freed with it. */
	struct dns_steps *steps;
};

/* Returns the length of the reply, or 0: no reply now. Never calls asker->reply itself.
 * *ret_pending: it will be called later. */
size_t query_answer(struct listening *listening, const struct asker *asker, const uint8_t *query,
		    size_t len, uint8_t *reply, size_t size, bool *ret_pending);
/* What admission calls: the turn of a question that waited in line. */
void query_turn(struct request *request, bool late, void *data);
