// SPDX-License-Identifier: GPL-2.0-or-later
// server.h - pages of metrics over HTTP
#pragma once

#include "base/error.h"
#include "metrics/observed.h"

#include <stdint.h>

/* Listens on a socket that is bound. There is one, and it lives as long as the process. */
int server_start(int tcp_fd, struct observed *observed, struct error *error);
/* Readable when server_turn() has something to do; it has, too, after so many milliseconds. */
int server_fd(void);
int64_t server_deadline(void);
void server_turn(void);
