// SPDX-License-Identifier: GPL-2.0-or-later
// libexec.h - where netd's programs are that nobody calls by hand
#pragma once

#include <stddef.h>

/* The path of such a program: beside this one, as in a build tree, or in ../lib/netd or
 * ../sbin, as installed.
 * 0; -ENOENT: in neither place; or why that cannot be known. */
int libexec_find(const char *program, char *ret_path, size_t size);
