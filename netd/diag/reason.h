// SPDX-License-Identifier: GPL-2.0-or-later
// reason.h - why the kernel threw a packet away, in words
#pragma once

/* One short sentence. reason, function: as the kernel names them, "": unknown. A reason counts
 * before the function, which says less and is looked at where there is none (before 5.17). "":
 * nobody here knows it, and its name has to do. */
const char *reason_say(const char *reason, const char *function);
