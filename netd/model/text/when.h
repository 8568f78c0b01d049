// SPDX-License-Identifier: GPL-2.0-or-later
// when.h - points in time as Docker's API writes them: since, until, Created
#pragma once

#include <time.h>

/* Unix seconds with or without a fraction ("1700000000.5"), RFC 3339 and its shorter forms (local
 * time without a zone), or a Go duration before now ("1h30m"). 0 or -EINVAL. */
int when_parse(const char *text, const struct timespec *now, struct timespec *ret_when);

/* As strcmp. */
int when_compare(const struct timespec *a, const struct timespec *b);
