// SPDX-License-Identifier: GPL-2.0-or-later
// keep.h - what the resolver gives the plumber to keep, so that it outlives this process
#pragma once

struct listening;
struct outbox;
struct relays;

/* Offers all that the plumber of now has not yet: sockets of views and relays that an earlier one
 * opened, relayed connections, the file of questions. What finds no room is offered when there is
 * some. */
void keep_offer(struct outbox *outbox, struct listening *listening, struct relays *relays);
