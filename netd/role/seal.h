// SPDX-License-Identifier: GPL-2.0-or-later
// seal.h - the system calls of a role, when all that is needed at start exists
#pragma once

#include "base/program.h"

#include <seccomp.h>
#include <stddef.h>

/* A call that libraries make out of habit, and that is told to be impossible. */
struct seal_refusal {
	int number, err;
};

/* What a role needs beside what all do. */
struct seal {
	const int *allowed;
	size_t n_allowed;
	const struct seal_refusal *refused;
	size_t n_refused;
	/* Rules that look at arguments: 0 or what libseccomp said. NULL: none. */
	int (*add_rules)(scmp_filter_ctx filter);
};

/* Begins to make the filter: anything that is neither on seal's lists nor on the list of what all
 * roles need ends the process, and nothing executable is mapped. The rest is in base/program.h. */
int seal_begin(const struct seal *seal, struct program_maker *ret_maker, struct error *error);
