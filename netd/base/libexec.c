// SPDX-License-Identifier: GPL-2.0-or-later
// libexec.c - where netd's programs are that nobody calls by hand
#include "base/libexec.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The path of this program tells, and no setting: a program and what belongs to it are of one
 * version, and may be installed anywhere. After an upgrade the old file is gone ("… (deleted)"),
 * its folder is not. ret_path is the first of three places that has the program: beside this one,
 * as in a build tree, in ../lib/netd, or, of netd itself, in ../sbin. */
int libexec_find(const char *program, char *ret_path, size_t size)
{
	static const char *const places[] = { "", "../lib/netd/", "../sbin/" };
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len < 0)
		return -errno;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	slash[1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int n = snprintf(path, sizeof(path), "%s%s%s", self, places[i], program);

		if (n < 0 || (size_t)n >= sizeof(path) || (size_t)n >= size)
			return -ENAMETOOLONG;
		if (access(path, X_OK) < 0)
			continue;
		memcpy(ret_path, path, (size_t)n + 1);
		return 0;
	}
	return -ENOENT;
}
