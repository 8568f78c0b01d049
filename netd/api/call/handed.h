// SPDX-License-Identifier: GPL-2.0-or-later
// handed.h - a call that a program of its own answers, on the client's own socket
#pragma once

#include "api/call/call.h"

/* Starts the program. theirs is its end of a pipe, to be kept as long as it answers; the caller
 * closes his. 0, or a negative errno with call->error filled. */
typedef int (*api_handed_start)(struct api_call *call, const void *asked, int theirs);

/* API_LATER: the program answers, and *count is one more until it ends (NULL: nobody counts). Or
 * what start said against it. */
int api_handed(struct api_call *call, api_handed_start start, const void *asked, size_t *count);
