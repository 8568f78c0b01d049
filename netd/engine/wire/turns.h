// SPDX-License-Identifier: GPL-2.0-or-later
// turns.h - long work that is no part of a change, in turns with everybody else
#pragma once

#include "engine/state/state.h"

struct given_port {
	struct port port;
	int fd;		 /* -1: closed, or the relay's */
	uint32_t relay;	 /* its number; 0: none */
	uint64_t number; /* among all that is left */
};
/* Its socket, or its relay's, is closed soon. Never fails. */
void turns_give_up(struct engine *engine, const struct port *port, int fd, uint32_t relay);
/* What is to be closed and has this place is closed now; false: nothing has it. */
bool turns_free_place(struct engine *engine, const struct port *port);
void turns_start(struct engine *engine);
/* Does all that is left, and wakes who waits for it. */
void turns_stop(struct engine *engine);
