// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_file.c - which cluster this host belongs to, kept in the state directory
#include "plumber/cluster_file.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. The file holds this host's private key and its id in the cluster, so it is
 * replaced as a whole and never written in place: a file beside it is written and synced, renamed
 * over it, and then the directory is synced. A netd that is killed anywhere in between leaves the
 * old file or the new one. Nobody but netd's start and the join read it. */

/* behind is what follows the name: "" for the file, ".new" for the one that is being written. */
static void path_of(const char *state_dir, const char *behind, char ret_path[static PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%s/" CLUSTER_FILE "%s", state_dir, behind);
}

/* The text is not terminated. A buffer that is full may be the beginning of more, so a file of
 * exactly that size is refused as well. */
static int read_text(const char *path, char **ret_text, size_t *ret_len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return -errno;
	text = malloc(CLUSTER_FILE_MAX);
	if (!text)
		return -ENOMEM;
	n = read(fd, text, CLUSTER_FILE_MAX);
	/* A regular file is read whole by one read(2); what it does not get is an end. */
	if (n < 0)
		return -errno;
	*ret_text = take_ptr(text);
	*ret_len = (size_t)n;
	return n == CLUSTER_FILE_MAX ? -EFBIG : 0;
}

int cluster_file_read(const char *state_dir, struct cluster_config *ret_config, bool *ret_there,
		      struct error *error)
{
	_cleanup_free_ char *text = NULL;
	json_auto_t *object = NULL;
	char path[PATH_MAX];
	size_t len = 0;
	int err;

	path_of(state_dir, "", path);
	*ret_there = false;
	/* No file is the usual case, and no failure: this host belongs to no cluster. */
	err = read_text(path, &text, &len);
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return error_system(error, err, "cannot read %s", path);
	/* The same reader as for a request that joins, so a file that somebody has changed is
	 * checked as a stranger's text is. */
	if ((err = json_parse_record(text, len, &object, error)) < 0 ||
	    (err = cluster_config_read(object, "", ret_config, error)) < 0) {
		error_prefix(error, "%s", path);
		return err;
	}
	*ret_there = true;
	return 0;
}

/* Mode 0600 from birth: a key is in it. O_TRUNC takes what a netd that was killed has left of the
 * last try. */
static int write_text(const char *path, const char *fresh, const char *text)
{
	_cleanup_close_ int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	/* A short write means that the disk is full. The next try would say so, and there is
	 * none. */
	if (n >= 0 && (size_t)n != len)
		return -ENOSPC;
	/* The bytes before the name: after a power cut a renamed file without them would be
	 * empty. */
	if (n < 0 || fsync(fd) < 0 || rename(fresh, path) < 0)
		return -errno;
	return 0;
}

/* A rename is on the disk only when the directory is. Until then a power cut may bring the old file
 * back, and a host that was told that it is in would not know it. */
static int sync_dir(const char *state_dir)
{
	_cleanup_close_ int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int cluster_file_write(const char *state_dir, const struct cluster_config *config,
		       struct error *error)
{
	json_auto_t *object = cluster_config_write(config);
	_cleanup_free_ char *text = json_write(object, JSON_INDENT(4));
	char path[PATH_MAX], fresh[PATH_MAX];
	int err;

	path_of(state_dir, "", path);
	path_of(state_dir, ".new", fresh);
	err = text ? write_text(path, fresh, text) : -ENOMEM;
	if (err == 0)
		err = sync_dir(state_dir);
	if (err == 0)
		return 0;
	/* The key must not stay in a file that nobody reads. */
	(void)unlink(fresh); /* or it was never made */
	return error_system(error, err, "cannot write %s", path);
}

/* Without a sync: a file that comes back after a power cut makes this host join again, as if it had
 * been killed just before it left. */
void cluster_file_remove(const char *state_dir)
{
	char path[PATH_MAX];

	path_of(state_dir, "", path);
	(void)unlink(path); /* it may not be there */
}
