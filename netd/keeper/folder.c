// SPDX-License-Identifier: GPL-2.0-or-later
// folder.c - the folder of etcd's: certificates for it to read, and the end of everything
#include "base/cleanup.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTORS 16 /* descriptors that nftw(3) may have; etcd's data is three folders deep */

static int write_file(const char *name, const char *text)
{
	_cleanup_close_ int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
				      0600);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n >= 0 && (size_t)n != len)
		return -ENOSPC;
	return n < 0 ? -errno : 0;
}

int folder_write_trust(const struct keeper_trust *trust)
{
	int err = write_file(FOLDER_CA, trust->ca);

	if (err == 0)
		err = write_file(FOLDER_CERT, trust->cert);
	if (err == 0)
		err = write_file(FOLDER_KEY, trust->key);
	return err;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type;
	/* The folder itself is the plumber's. */
	if (at->level > 0 && remove(path) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int folder_wipe(void)
{
	int err = nftw(".", remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	return err == -1 ? -errno : err;
}
