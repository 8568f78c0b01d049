// SPDX-License-Identifier: GPL-2.0-or-later
// control.h - what each message of the plumber does
#pragma once

#include <stddef.h>
#include <stdint.h>

struct resolver;

/* One whole message. Descriptors that are taken over are replaced by -1. A negative errno means
 * that the message makes no sense and the plumber is not to be listened to any further; running out
 * of memory is logged and passed over. */
int control_handle(struct resolver *resolver, const uint8_t *message, size_t len, int *fds,
		   size_t n_fds);
