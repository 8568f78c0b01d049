// SPDX-License-Identifier: GPL-2.0-or-later
// cleanup.h - ownership spelt out: cleanup attributes and the hand-over of pointers and descriptors
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)

/* The attribute hands over the address of the variable, whatever its type: hence void and the
 * cast. */
static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

/* Negative means "no descriptor", so a variable that never got one is closed for free. */
static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing to do about a failing close of what we give up */
}

/* Moves the value out of the variable, which then owns nothing. */
#define take_ptr(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) *take_ptr_from = &(pointer);                                   \
		__typeof__(pointer) take_ptr_value = *take_ptr_from;                               \
		*take_ptr_from = NULL;                                                             \
		take_ptr_value;                                                                    \
	})

/* The same for a struct, which is all zeroes then. */
#define take_struct(variable)                                                                      \
	({                                                                                         \
		__typeof__(variable) *take_struct_from = &(variable);                              \
		__typeof__(variable) take_struct_value = *take_struct_from;                        \
		*take_struct_from = (__typeof__(variable)) { 0 };                                  \
		take_struct_value;                                                                 \
	})

static inline int take_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}
