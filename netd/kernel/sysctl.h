// SPDX-License-Identifier: GPL-2.0-or-later
// sysctl.h - the few /proc/sys/net writes; they act on the netns the caller is in
#pragma once

#include "base/error.h"

#include <stddef.h>

/* path below /proc/sys, value as text. Writing what is there already is free of side effects: it is
 * read first. 0 or negative errno. */
int sysctl_write(const char *path, const char *value, struct error *error);
int sysctl_read(const char *path, char *ret_value, size_t size);
