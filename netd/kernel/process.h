// SPDX-License-Identifier: GPL-2.0-or-later
// process.h - what the kernel says of another process, and how much this one may have
#pragma once

#include "model/health/pulse.h"
#include "model/seen/seen_process.h"

#include <stdint.h>

/* What it does now. 0; -ESRCH: it has ended; or what /proc said. */
int process_look(uint32_t pid, struct pulse_look *ret_look);

/* What it uses, but for its name. 0; -ESRCH: it has ended; or what /proc said. */
int process_use(uint32_t pid, struct seen_process *ret_process);

/* As many descriptors as an administrator allows at all: up to the hard limit. 0 or -errno. */
int process_raise_files(void);
