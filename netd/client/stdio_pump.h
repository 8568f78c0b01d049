// SPDX-License-Identifier: GPL-2.0-or-later
// stdio_pump.h - a socket joined to standard input and output, for a caller at the far end of ssh
#pragma once

#include "base/error.h"

/* Copies in both directions until the socket's side ends; the end of the input is passed on as a
 * half-close, so that an answer under way still arrives. fd stays the caller's. */
int stdio_pump_run(int fd, int input, int output, struct error *error);
