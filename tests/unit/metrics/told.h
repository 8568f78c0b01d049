// SPDX-License-Identifier: GPL-2.0-or-later
// told.h - a plumber at the other end of the channel, in a process of its own
#pragma once

#include "ipc/observe.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct told {
	int channel; /* the role's end */
	pid_t pid;
};

/* What the plumber does with a question of this number, in its process; which: the how manieth. */
typedef void (*told_answer)(int channel, uint32_t number, unsigned which);

void told_start(struct told *told, told_answer answer);
/* It has said what is left, and ended. */
void told_end(struct told *told);
/* In its process: a message of this type and number, with text behind it. */
void told_say(int channel, enum observe_type type, uint32_t number, const void *text, size_t len);
