// SPDX-License-Identifier: GPL-2.0-or-later
// starter.h - programs of netd's that answer a call of the API by themselves
#pragma once

#include <stddef.h>

/* api_starter.start */
int starter_start(const char *program, const char *const *argv, const int *fds, size_t n_fds);
