// SPDX-License-Identifier: GPL-2.0-or-later
// flight_parts.h - a flight as its own files see it: who waits for it, and which server it asks
#pragma once

#include "dns/steps.h"
#include "resolver/ask/flight.h"
#include "resolver/ask/try.h"
#include "resolver/loop/job.h"

#include <assert.h>

/* RFC 8914, 4.23 and 4.24. */
#define EDE_NO_REACHABLE_AUTHORITY 22
#define EDE_NETWORK_ERROR 23

/* Theory of operation. A flight asks the servers of its set in turns: the first healthy one, after
 * DNS_FIRST_TRY_MS of silence the next one as well, and so on; when all were asked, again from the
 * start with twice the patience, for datagrams get lost. The first good answer ends it. A server
 * that says SERVFAIL or REFUSED is not asked again; when all have, the first of these answers is
 * the answer. When the budget is spent the clients get SERVFAIL, before they give up by themselves.
 *
 * Some servers fail for AAAA and answer A, or the other way round, and some clients (musl) take a
 * failure of either for one of both. So a flight for an address that fails looks at its sibling,
 * the same question for the other family: it waits until that has its answer, and beside addresses
 * its own is that there are none (RFC 4074, 4). Who validates is told the truth. */
struct flight {
	struct flights *flights;
	struct party *party; /* of who asked first; all it does takes turns there */
	struct job due;	     /* the timer has fired */
	struct job more;     /* of many who wait some have their answer */
	struct upstream_set *set;
	struct dns_question question;
	struct list requests, tries;
	ev_timer timer;
	uint64_t started_ms;
	uint32_t patience_ms;
	uint8_t asked, refused; /* bits: servers asked in this round; that said no */
	uint8_t latest;		/* the server that the timer waits for */
	uint8_t first;		/* the server that was asked first */
	bool hedged;		/* another one has answered */
	bool is_traced;		/* somebody who waits is told what is done (dns/steps.h) */
	int ede;		/* why there is no answer, so far */
	int told;		/* by the sibling's answer: an rcode; -1: nothing so far */
	bool failed;		/* waits for its sibling only */
	uint8_t *no_answer;	/* the first answer that was an error */
	size_t no_answer_len;
	uint8_t *answer; /* for those who wait for more */
	size_t answer_len;
	uint8_t message[TRY_MESSAGE_MAX]; /* what is asked, but for the id */
	size_t message_len;
};

static_assert(DNS_SERVERS_MAX <= 8, "a flight keeps its servers in the bits of a byte");

/* One question is the same as another when the same servers are asked for the same thing in the
 * same manner. */
struct flight_key {
	uint32_t set;
	uint16_t type, class;
	uint8_t cd, do_bit;
	uint8_t name[DNS_NAME_MAX + 1];
};

size_t flight_key_make(const struct upstream_set *set, const struct dns_question *question,
		       struct flight_key *ret_key);

/* flight_steps.c: a step, to those who wait for it and want to know */
void flight_steps_tell(struct flight *flight, enum dns_step_kind kind, const struct server *server,
		       uint32_t value);
/* Somebody waits for it from now on. Who comes later than others learns that. */
void flight_steps_join(struct flight *flight, struct request *request, bool is_new);

/* flight_reply.c: everybody who waits gets an answer, and the flight ends */
/* A good answer. */
void flight_finish(struct flight *flight, const uint8_t *answer, size_t len);
/* No server answers. Until its sibling has its answer it may go on, with nobody asked. */
void flight_fail(struct flight *flight);
/* The time of one that goes on so is over. */
void flight_give_up(struct flight *flight);
/* For job_init: some more of many have their answer. */
unsigned flight_on_more(struct job *job);
/* The timer fires after delay_ms, or at the end of the budget. */
void flight_arm(struct flight *flight, uint64_t now_ms, uint32_t delay_ms);

/* flight_retry.c: the servers of its set are asked one after the other */
void flight_retry_init(struct flight *flight);
/* Asks the next server. When all have said no there is nothing left to wait for. */
void flight_retry(struct flight *flight);
/* A demoted server whose time has come is asked beside the one that is expected to answer. */
void flight_retry_probe(struct flight *flight);
