// SPDX-License-Identifier: GPL-2.0-or-later
// capture_here.h - netd-capture started by netctl itself, where netd cannot do it
#pragma once

#include "base/error.h"
#include "capture/asked.h"

#include <sys/types.h>

struct capture_here {
	const char *host;		 /* of a netd that answers, unix://PATH; NULL: none does */
	const char *run_dir, *state_dir; /* of the records; NULL: the usual */
	const struct capture_asked *asked;
};

/* Started, and it captures: what comes is read from *ret_fd, which the caller closes, and then it
 * waits for *ret_pid. Takes root. */
int capture_here(const struct capture_here *here, int *ret_fd, pid_t *ret_pid, struct error *error);
