// SPDX-License-Identifier: GPL-2.0-or-later
// ifname.h - the syntax of interfaces' names
#pragma once

#include <stdbool.h>

/* What the kernel takes as an interface's name, and what is no name to it in /proc/sys/net. */
bool ifname_is_valid(const char *name);
