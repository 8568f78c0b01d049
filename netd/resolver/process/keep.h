// SPDX-License-Identifier: GPL-2.0-or-later
// keep.h - what the resolver gives the plumber to keep, so that it outlives this process
#pragma once

struct listening;
struct outbox;
struct relays;

/* Offers to this plumber all that it does not have yet: sockets of views and relays that an
 * earlier one opened, relayed connections, the file of questions. An offer that finds no room is
 * made again when there is some. */
void keep_offer(struct outbox *outbox, struct listening *listening, struct relays *relays);
