// SPDX-License-Identifier: GPL-2.0-or-later
// try.h - one question put to one server
#pragma once

#include "base/list.h"
#include "dns/answer.h"
#include "resolver/ask/datagram.h"
#include "resolver/ask/lane.h"
#include "resolver/ask/server.h"

#include <stdbool.h>

/* Header, name, type and class, OPT. */
#define TRY_OPT_LEN 11
#define TRY_MESSAGE_MAX (12 + DNS_NAME_MAX + 4 + TRY_OPT_LEN)

struct flights;
struct flight;

/* Lives until its question has ended, which may be long after its flight has landed. */
struct
try {
	struct datagram datagram;
	struct lane_query query; /* when it goes on over TCP */
	struct list by_flight, by_done;
	struct flights *flights;
	struct flight *flight; /* NULL: landed */
	struct server *server; /* a reference */
	uint64_t sent_ms;
	uint8_t index; /* of the server in the flight's set */
	bool plain;    /* asked without EDNS */
	bool ended;
	int status; /* as lane_fn's, once it ended */
	uint8_t *answer;
	size_t answer_len;
	uint8_t message[TRY_MESSAGE_MAX];
	size_t message_len;
};

struct try_target {
	struct flight *flight;
	struct party *party; /* whose turns it takes */
	struct list *tries;
	struct server *server;
	uint8_t index;
};

/* The question as a DNS message of our own, id 0: recursion desired, CD and DO as the client has
 * them, nothing else of what the client sent. The OPT comes last. Returns the length. */
size_t try_message(const struct dns_question *question, uint8_t ret_message[TRY_MESSAGE_MAX]);

/* Sends message with a random id, without its OPT to a server that does not know it. When it has
 * ended it is on flights->done. False: no memory, no socket, or it is not the first of its flight
 * and too many tries are open. */
bool try_start(struct flights *flights, const struct try_target *target, const uint8_t *message,
	       size_t len);
/* The same once more to the same server: datagrams get lost. From the same port with the same id,
 * for every other pair that is good at a time makes it easier to guess one. */
void try_again(const struct try *try);
void try_free(struct flights *flights, struct try *try);
