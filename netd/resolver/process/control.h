// SPDX-License-Identifier: GPL-2.0-or-later
// control.h - what each message of the plumber does
#pragma once

#include "resolver/process/channel.h"

#include <stddef.h>
#include <stdint.h>

struct asking;
struct listening;
struct relays;

/* Whom a message may be about. */
struct control {
	struct channel *channel;
	struct asking *asking;
	struct listening *listening;
	struct relays *relays;
	struct ipc_stats *stats;
};

/* For the channel, whose handlers these are: control is the data. Running out of memory for what a
 * message says is logged, and ends the connection like one that makes no sense. */
struct channel_handlers control_handlers(struct control *control);
