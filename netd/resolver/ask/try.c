// SPDX-License-Identifier: GPL-2.0-or-later
// try.c - one question put to one server

#include "resolver/ask/try.h"

#include "base/limits.h"
#include "base/wire.h"
#include "resolver/ask/flight.h"
#include "resolver/loop/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Theory of operation. A try is a copy of the question with an id of its own, and two ways to send
 * it: first a datagram, then a stream if the datagram's answer was cut off or forged. Its end is
 * noted on a list and handled by flights_settle(). A try outlives its flight, because its answer
 * tells about the server. */

#define FLAG_TC 0x02 /* in the third byte of the header */

/* The id stays 0 here. The OPT stands last, so that it can be cut off. */
size_t try_message(const struct dns_question *question, uint8_t ret_message[TRY_MESSAGE_MAX])
{
	struct wire wire = wire_writer(ret_message, TRY_MESSAGE_MAX);

	wire_put_u16(&wire, 0);				     /* id */
	wire_put_u16(&wire, question->cd ? 0x0110 : 0x0100); /* RD, CD */
	wire_put_u16(&wire, 1);				     /* questions */
	wire_put_u16(&wire, 0);
	wire_put_u16(&wire, 0);
	wire_put_u16(&wire, 1); /* additional: the OPT */
	wire_put_bytes(&wire, question->name, question->name_len);
	wire_put_u16(&wire, question->type);
	wire_put_u16(&wire, question->class);
	wire_put_u8(&wire, 0);	 /* RFC 6891, 6.1.2: root */
	wire_put_u16(&wire, 41); /* OPT */
	/* RFC 6891, 6.1.2: in the place of the class. */
	wire_put_u16(&wire, DNS_UDP_EDNS_SIZE);
	wire_put_u32(&wire, question->do_bit ? 0x8000 : 0);
	wire_put_u16(&wire, 0);
	return wire.pos;
}

/* Ids an outsider cannot guess, fetched a few hundred at a time. getrandom(2) costs a system call,
 * so a pool of ids is fetched. syscalls: getrandom */
static uint16_t random_id(void)
{
	static uint16_t pool[128];
	static size_t n_left;

	if (n_left == 0) {
		if (getrandom(pool, sizeof(pool), 0) != (ssize_t)sizeof(pool))
			abort(); /* cannot happen once the kernel's generator is ready */
		n_left = sizeof(pool) / sizeof(pool[0]);
	}
	return pool[--n_left];
}

/* Inside c-ares or datagram.c: only take note; flights_settle does the rest. answer is copied, for
 * it is the caller's buffer. */
static void finish(struct try *try, int status, const uint8_t *answer, size_t len)
{
	struct flights *flights = try->flights;

	try->ended = true;
	try->status = status;
	if (status == 0) {
		try->answer = malloc(len);
		try->answer_len = len;
		if (try->answer == NULL)
			try->status = -ENOMEM;
		else
			memcpy(try->answer, answer, len);
	}
	list_append(&flights->done, &try->by_done);
}

/* The callback of a lane. */
static void on_stream_done(struct lane_query *query, int status, const uint8_t *answer, size_t len)
{
	finish(container_of(query, struct try, query), status, answer, len);
}

/* What does not fit a datagram is asked over TCP, and so is what somebody tries to forge. A
 * datagram with many wrong ones before it has -EBADMSG. */
static void on_datagram_done(struct datagram *datagram, int status, const uint8_t *answer,
			     size_t len)
{
	struct try *try = container_of(datagram, struct try, datagram);
	bool stream = status == -EBADMSG || (status == 0 && (answer[2] & FLAG_TC) != 0);

	/* What was forged or cut off is asked over TCP, in the same try. */
	try->flights->stats->misfits += datagram->n_wrong;
	if (!stream) {
		finish(try, status, answer, len);
		return;
	}
	flight_steps_goes_on(try);
	if (!server_send_stream(try->server, try->message, try->message_len, &try->query,
				clock_ms()))
		finish(try, -ENOMEM, NULL, 0);
}

/* message is the flight's, with its OPT at the end. */
static void compose(struct try *try, const uint8_t *message, size_t len)
{
	/* A new id for each server, so that one of them cannot answer for another. */
	uint16_t id = random_id();

	try->plain = try->server->plain;
	/* A server that does not know EDNS gets the question without the record, which stands at
	 * the end. */
	try->message_len = try->plain ? len - TRY_OPT_LEN : len;
	memcpy(try->message, message, try->message_len);
	try->message[0] = (uint8_t)(id >> 8);
	try->message[1] = (uint8_t)id;
	if (try->plain)
		try->message[11] = 0; /* no additional record */
}

/* false: nothing was sent, and nothing is left of it. A try that fails at once ends like any
 * other. */
bool try_start(struct flights *flights, const struct try_target *target, const uint8_t *message,
	       size_t len)
{
	struct try *try;
	int err;

	/* Without its first try a question would be lost; how many there are is limited already. */
	if (flights->n_tries >= FLIGHT_TRIES_MAX && !list_empty(target->tries))
		return false;
	try = calloc(1, sizeof(*try));
	if (try == NULL)
		return false;
	try->query.done = on_stream_done;
	try->query.party = target->party;
	try->flights = flights;
	try->flight = target->flight;
	try->server = target->server;
	try->index = target->index;
	try->sent_ms = clock_ms();
	list_init(&try->by_done);
	compose(try, message, len);
	upstreams_used(flights->upstreams);
	err = datagram_start(&try->datagram, flights->loop, target->party, &try->server->name,
			     try->message, try->message_len, on_datagram_done);
	/* No socket, no try. A network that says no is an answer, and about the server. */
	if (err < 0 && err != -ECONNREFUSED) {
		flights->stats->no_descriptor += err == -EMFILE || err == -ENFILE;
		free(try);
		return false;
	}
	/* The server lives as long as its tries do, also when the configuration has let it go. This
	 * reference is given back by try_free(). */
	(void)upstream_server_ref(try->server);
	list_append(target->tries, &try->by_flight);
	flights->n_tries++;
	if (err < 0)
		finish(try, err, NULL, 0);
	return true;
}

/* Sends the same datagram once more. */
void try_again(const struct try *try)
{
	datagram_again(&try->datagram);
}

/* The flight, if there is one, has let it go. */
void try_free(struct flights *flights, struct try *try)
{
	flights->n_tries--;
	upstream_server_unref(try->server);
	free(try->answer);
	free(try);
}
