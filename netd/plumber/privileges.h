// SPDX-License-Identifier: GPL-2.0-or-later
// privileges.h - whether this process may do what netd does, and that it may do no more
#pragma once

#include "base/error.h"

/* Looks at the capabilities, at whose the network namespace is, and at whether the user of the
 * resolver exists in this user namespace. ERROR_FORBIDDEN: what is missing, in one sentence. */
int privileges_check(const char *resolver_user, struct error *error);

/* Gives up for good what netd does not use, for this process and all it starts: capabilities, new
 * privileges, system calls. However it was started, it has no more after this. */
int privileges_drop(struct error *error);
