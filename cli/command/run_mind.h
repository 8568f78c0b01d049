// SPDX-License-Identifier: GPL-2.0-or-later
// run_mind.h - who stays behind a command of run -d: keeps what it writes, and notes how it ends
#pragma once

#include "cli/command/runs.h"

#include <stdbool.h>
#include <sys/types.h>

/* Takes the process over until the command has ended and nobody writes any more; pid is its child.
 * forgotten: nothing of it is left then. */
_Noreturn void run_mind(struct run *run, int output, pid_t pid, bool forgotten);
