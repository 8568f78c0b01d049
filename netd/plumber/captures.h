// SPDX-License-Identifier: GPL-2.0-or-later
// captures.h - how many processes capture, whichever netd has started them
#pragma once

/* One of CAPTURE_AT_ONCE_MAX places, in the run directory that dirs_make() has made. It is taken as
 * long as a duplicate of the descriptor is open in some process. *ret_fd is the caller's. 0;
 * -EUSERS: all are taken; or another negative errno. */
int captures_take(const char *run_dir, int *ret_fd);
