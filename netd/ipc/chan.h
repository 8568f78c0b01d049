// SPDX-License-Identifier: GPL-2.0-or-later
// chan.h - SOCK_SEQPACKET channel between plumber and resolver: whole messages with descriptors
#pragma once

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Sends one message with n_fds (0 to IPC_FDS_MAX) descriptors, which stay the caller's. 0, -EAGAIN
 * when the other side does not read, or negative errno. */
int chan_send(int channel, const void *data, size_t len, const int *fds, size_t n_fds);

/* The same for up to LINK_HELD_MAX messages without descriptors, in one call. How many of the first
 * were taken, or the first one's error. */
int chan_send_many(int channel, struct iovec *messages, size_t n);

/* Closes a descriptor that another process has handed over. A socket that was told to linger
 * (socket(7), SO_LINGER) would hold up whoever closes it last, so it is told not to. Negative:
 * nothing. */
void chan_close(int fd);

/* Receives one message into data (size bytes). Returns its length, 0 at the end, -EAGAIN, or
 * -EMSGSIZE/-EPROTO when it was cut. Descriptors are CLOEXEC and the caller's; *n_fds is room in,
 * number out. */
int chan_receive(int channel, void *data, size_t size, int *fds, size_t *n_fds);
/* The same. *ret_lost: descriptors came with it, and this process could not have so many: it has
 * none of them. */
int chan_receive_told(int channel, void *data, size_t size, int *fds, size_t *n_fds,
		      bool *ret_lost);
