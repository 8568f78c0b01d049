// SPDX-License-Identifier: GPL-2.0-or-later
// pass.h - a descriptor is passed to another process
#pragma once

/* Over a unix socket of any type, with one byte; the descriptor stays the caller's. flags: of
 * sendmsg(2), beside MSG_NOSIGNAL. 0 or -errno. */
int pass_descriptor(int socket_fd, int fd, int flags);
