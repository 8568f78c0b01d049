// SPDX-License-Identifier: GPL-2.0-or-later
// announcer.h - sends frames into bridges, as if from one of their ports
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A packet socket of the caller's netns that hears nothing. Returns the descriptor. A kernel or a
 * user without the means: ERROR_INTERNAL. */
int announcer_open(struct error *error);
/* Sends a whole Ethernet frame to every port of a bridge. What a port cannot take at once is lost,
 * as on any wire. 0 or negative errno (-ENETDOWN: the bridge is down). */
int announcer_send(int fd, int bridge, const uint8_t *frame, size_t len);
