// SPDX-License-Identifier: GPL-2.0-or-later
// ui_events.h - netd's events, followed once for all pages
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* What there was so far. */
struct ui_events_state {
	unsigned long n; /* changes, and comings and goings of netd; from 1 on */
	bool is_there;	 /* netd answers */
};

/* Follows the events of netd at host (as client_open() has it, and for as long as this process
 * lives) in a thread of its own. */
int ui_events_start(const char *host, struct error *error);
/* Waits until there were more than n, or for timeout_ms. */
struct ui_events_state ui_events_wait(unsigned long n, int timeout_ms);
