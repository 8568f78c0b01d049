// SPDX-License-Identifier: GPL-2.0-or-later
// resolver_link.h - the plumber's end of the channel to the resolver process
#pragma once

#include "base/error.h"
#include "ipc/msg.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct resolver_link;

/* What a resolver that was running already still serves. */
struct resolver_inventory {
	struct ipc_view *views;
	size_t n_views, room_views;
	struct ipc_relay *relays;
	size_t n_relays, room_relays;
};

struct resolver_link_handlers {
	/* The channel ended, or (hung) the process does not answer and never will; the link is to
	 * be freed. */
	void (*on_lost)(bool hung, void *data);
	void (*on_answer)(const struct ipc_query *answer, void *data);
	void (*on_sockets)(const struct ipc_sockets *wanted, void *data);
	/* What the resolver gives to be kept: the body of a message of this type, and what came
	 * with it; descriptors that are taken are -1 afterwards. 0, or -EBADMSG. */
	int (*on_keep)(uint8_t type, struct wire *wire, int *fds, size_t n_fds, void *data);
	/* What it has counted; the first time at once. Never by one that speaks version 3. */
	void (*on_stats)(const struct ipc_stats *stats, void *data);
	/* After resolver_link_ask_figures: as many of the first as it takes, then the other. */
	void (*on_asked)(const struct ipc_asked *asked, void *data);
	void (*on_figures)(const struct ipc_figures *figures, void *data);
	void *data;
};

/* Takes channel (owned on success), says HELLO with a fresh page and waits, two seconds at the
 * most, for the inventory: the one wait in the plumber beside fsync, at start and when the resolver
 * was restarted. -EPROTONOSUPPORT: it speaks another version than this one. From then on the
 * resolver's loop is asked for a sign of life at each beat (model/health/pulse.h). pid: whose
 * process it is; 0: as it says. */
int resolver_link_new(struct ev_loop *loop, int channel, uint32_t pid, uint32_t version,
		      const struct resolver_link_handlers *handlers,
		      struct resolver_link **ret_link, struct resolver_inventory *ret_inventory,
		      struct error *error);
void resolver_link_free(struct resolver_link *link);
void resolver_inventory_done(struct resolver_inventory *inventory);
uint32_t resolver_link_pid(const struct resolver_link *link);
/* That is spoken. */
uint32_t resolver_link_version(const struct resolver_link *link);

/* Asks what it counts, beside the beat; on_stats follows, or does not. Returns how
 * many answers there will have been when this one has come; UINT64_MAX: the channel is full, and it
 * is not asked. */
uint64_t resolver_link_ask(struct resolver_link *link);
/* Asks what it counts of questions: before one of the other, whose answer comes behind all that
 * this one brings. One that does not count that is not asked. */
void resolver_link_ask_figures(struct resolver_link *link);
/* How many there have been. */
uint64_t resolver_link_n_answers(const struct resolver_link *link);

/* A writer to put one message into; resolver_link_send sends it with its descriptors (which stay
 * the caller's). A resolver that hangs and does not read is given up: on_lost follows. */
struct wire resolver_link_begin(struct resolver_link *link);
void resolver_link_send(struct resolver_link *link, const struct wire *wire, const int *fds,
			size_t n_fds);
/* The same without descriptors, with the next that is sent, or when they are published, or before
 * the loop waits: for a message that nobody waits for, of which several come. */
void resolver_link_hold(struct resolver_link *link, const struct wire *wire);
/* Stores the count of messages where the resolver looks before it answers: all that was sent is
 * visible to every query from now on. */
void resolver_link_publish(struct resolver_link *link);
