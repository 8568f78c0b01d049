// SPDX-License-Identifier: GPL-2.0-or-later
// request.h - a client that waits for the answer to a forwarded question
#pragma once

#include "base/list.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct admission;
struct dns_steps;
struct request;
/* Sends a reply; len 0: nothing can be said. The request is gone when this returns; it may free
 * other requests, but not this one. */
typedef void (*request_fn)(struct request *request, const uint8_t *reply, size_t len);

enum request_source {
	REQUEST_NOBODY,	  /* nobody was asked */
	REQUEST_CACHE,	  /* the answer to somebody else, who asked after it */
	REQUEST_UPSTREAM, /* a server that was asked for it */
	REQUEST_HEDGED,	  /* one that was asked beside or after the first */
	REQUEST_JOINED,	  /* a server that was asked already, for somebody else */
	REQUEST_N_SOURCES,
};

union peer {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* It is on its owner's list, so that an owner that goes away can free it, and either in its
 * container's line or on the list of the flight that brings the answer. */
struct request {
	struct list by_flight, by_owner;
	request_fn reply;
	void *owner;
	struct admission *admission; /* NULL: not counted anywhere yet */
	struct account *account;     /* of its owner's container; NULL: the plumber's question */
	uint64_t arrived_ms;
	bool waits;		    /* in the line */
	bool tcp;		    /* came that way */
	union peer peer;	    /* of UDP */
	uint32_t tag;		    /* of the channel */
	enum request_source source; /* of the answer, when there is one */
	uint64_t came_ns;	    /* CLOCK_MONOTONIC */
	bool is_noted;		    /* somebody looked when it came */
	struct dns_steps *steps; /* are told what becomes of it; NULL: nobody is. Freed with it */
	/* Hears of the answer, before it is sent; NULL: nobody does. */
	void (*answered)(struct request *request, const uint8_t *reply, size_t len);
	/* Whoever noted it hears of its end; NULL: nobody did. */
	void (*gone)(struct request *request);
	void *note;	/* gone's */
	uint16_t limit; /* length of the reply */
	uint16_t query_len;
	uint8_t query[];
};

/* A copy of template with the query behind it, on no list and not counted. NULL: out of memory. */
struct request *request_new(const struct request *template, const uint8_t *query, size_t len);
/* Takes it off its lists and counts. */
void request_free(struct request *request);
/* Replies and frees it. It leaves its lists first: the answer may make its owner go away. */
void request_finish(struct request *request, const uint8_t *reply, size_t len);
/* All on the list of an owner that goes away. */
void request_free_all(struct list *owned);
/* The same while its container stays: what is asked upstream already stays so, and counts until it
 * is answered (to nobody), or who closes and comes again would ask without end. heir: the
 * container's list. */
void request_abandon_all(struct list *owned, struct list *heir);
