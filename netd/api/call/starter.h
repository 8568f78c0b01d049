// SPDX-License-Identifier: GPL-2.0-or-later
// starter.h - who starts a program that answers a call by itself
#pragma once

#include <stddef.h>

#define API_STARTER_FIRST_FD 3

/* plumber/starter.c */
struct api_starter {
	/* Has a program of netd's started, which finds fds[i] as descriptor API_STARTER_FIRST_FD +
	 * i. Nothing is waited for: it need not have begun when this returns 0. -ENOENT: it is not
	 * installed; or another negative errno. NULL: nobody does. */
	int (*start)(const char *program, const char *const *argv, const int *fds, size_t n_fds);
};
