// SPDX-License-Identifier: GPL-2.0-or-later
// whole.h - read(2) and write(2) until all is done: pipes and sockets may take or give a part
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* For descriptors that block. All return 0 or a negative errno, and go on after a signal. */

/* All len bytes of data. */
int whole_write(int fd, const void *data, size_t len);

/* len bytes into data. -EPIPE: it ended before. */
int whole_read(int fd, void *data, size_t len);

/* Appends what comes until its end, or until more than max bytes are in out: a little more, so that
 * whoever decodes it can refuse what is too much. Where memory runs out the rest is read all the
 * same, and out->err returned. */
int whole_read_to_end(int fd, size_t max, struct buf *out);
