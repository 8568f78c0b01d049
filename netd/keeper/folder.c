// SPDX-License-Identifier: GPL-2.0-or-later
// folder.c - the folder of etcd's: certificates for it to read, and the end of everything
#include "authority/authority.h"
#include "base/cleanup.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. All names are relative to the working directory, the folder that main.c
 * entered by its descriptor. Nobody but root and the user of this process comes into it, and
 * etcd writes only below FOLDER_DATA. The certificates are written anew before each start of
 * etcd with a new configuration, so a file that a crash left half written harms nobody. */

#define DESCRIPTORS 16 /* descriptors that nftw(3) may have; etcd's data is three folders deep */

/* Replaces a file of that name. 0 or a negative errno, and the file may be cut then. Not synced:
 * it is written again from the plumber's word, which is kept safely. */
static int write_bytes(const char *name, const void *bytes, size_t len)
{
	_cleanup_close_ int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
				      0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, bytes, len);
	/* A regular file takes all of so few bytes, unless the disk is full. */
	if (n >= 0 && (size_t)n != len)
		return -ENOSPC;
	return n < 0 ? -errno : 0;
}

static int write_file(const char *name, const char *text)
{
	return write_bytes(name, text, strlen(text));
}

/* By a rename: etcd refuses everybody who comes while there is half a file. */
static int replace(const char *name, const void *bytes, size_t len)
{
	char fresh[64];
	int err;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", name);
	err = write_bytes(fresh, bytes, len);
	return err == 0 && rename(fresh, name) < 0 ? -errno : err;
}

int folder_renew(const struct keeper_trust *trust)
{
	return replace(FOLDER_CERT, trust->cert, strlen(trust->cert));
}

int folder_write_revoked(const struct keeper_trust *trust, const struct keeper_revoked *revoked)
{
	static uint8_t crl[AUTHORITY_CRL_MAX];
	size_t len = sizeof(crl);
	int err = authority_revoke(trust->cert, trust->key, revoked->serials, revoked->n, crl,
				   &len);

	return err < 0 ? err : replace(FOLDER_REVOKED, crl, len);
}

/* The key comes last: etcd cannot start with less than all three. */
int folder_write_trust(const struct keeper_trust *trust)
{
	int err = write_file(FOLDER_CA, trust->ca);

	if (err == 0)
		err = write_file(FOLDER_CERT, trust->cert);
	if (err == 0)
		err = write_file(FOLDER_KEY, trust->key);
	return err;
}

/* Whether the folder was begun by the host of this id. */
static bool is_of(const char *id)
{
	_cleanup_close_ int fd = open(FOLDER_ID, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[ID_LEN + 1] = "";

	return fd >= 0 && read(fd, text, ID_LEN) == (ssize_t)strlen(id) && strcmp(text, id) == 0;
}

/* For nftw(3): 0 goes on, anything else ends the walk and is its result. remove(3) takes files
 * and empty folders alike. */
static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type;
	/* The folder itself is the plumber's. What is gone already (ENOENT) is what was wanted. */
	if (at->level > 0 && remove(path) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* Depth first, so that folders are empty when their turn comes. Symbolic links are removed and
 * not followed, and other filesystems are not entered: what is not in this folder is nobody's to
 * remove. */
int folder_wipe(void)
{
	int err = nftw(".", remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	/* -1 is an error of nftw itself; other values come from remove_one. */
	return err == -1 ? -errno : err;
}

/* A host that was forced to leave may have left what it had: a member of before, that none of the
 * cluster's knows any more. */
int folder_begin(const char *id)
{
	int err = is_of(id) ? 0 : folder_wipe();

	return err < 0 ? err : write_file(FOLDER_ID, id);
}
