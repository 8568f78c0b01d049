// SPDX-License-Identifier: GPL-2.0-or-later
// once.h - what was told already, and is told again for the same cause
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* Zeroed it is empty. Of more than ONCE_SLOTS texts the one that was heard longest ago is
 * forgotten. */
struct once {
	struct once_slot {
		uint64_t hash;
		double last_s; /* when it was heard last; 0: the slot is free */
	} slots[ONCE_SLOTS];
};

/* False: the same text was heard within ONCE_AGAIN_S before now_s, of a clock that nobody sets: as
 * long as somebody tries again it is no news. */
bool once_is_news(struct once *once, const char *text, double now_s);
/* It is over: the next time is news. */
void once_forget(struct once *once, const char *text);
