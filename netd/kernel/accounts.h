// SPDX-License-Identifier: GPL-2.0-or-later
// accounts.h - users and groups by name
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct account {
	bool exists;
	uid_t uid; /* of a user */
	gid_t gid; /* of a group, or a user's own */
};

/* 0, and whether there is one; an error where that could not be found out within a few seconds. */
int account_of_user(const char *name, struct account *ret_account, struct error *error);
int account_of_group(const char *name, struct account *ret_account, struct error *error);
