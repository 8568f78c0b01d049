// SPDX-License-Identifier: GPL-2.0-or-later
// give.c - files go to another group, without a capability to give them away
#include "base/give.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

/* The owner of a file may give it to any group of his own: netd joins the group. */
int give_to_group(const char *path, gid_t group)
{
	if (chown(path, (uid_t)-1, group) == 0)
		return 0;
	/* chown(2) asks for CAP_CHOWN only where the group is none of the caller's own, and netd
	 * does without that capability. */
	if (errno != EPERM || setgroups(1, &group) < 0)
		return -errno;
	return chown(path, (uid_t)-1, group) < 0 ? -errno : 0;
}
