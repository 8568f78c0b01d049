// SPDX-License-Identifier: GPL-2.0-or-later
// run_dir.c - what is noted in the run directory: it outlives netd, and not the host
#include "engine/state/state.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. The run directory is on a tmpfs: files in it live as long as the boot. A
 * failure is logged and no more, for what is noted here only makes a restart smoother. */

/* What must be known after a restart of netd and not after one of the host: a file that is there.
 */
void run_dir_set_mark(const struct engine *engine, const char *name, bool on)
{
	char path[PATH_LEN_MAX + 1];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", engine->run_dir, name);
	/* No fsync: the run directory is in memory, and what is noted here says nothing about the
	 * time after the next boot. */
	if (!on) {
		(void)unlink(path); /* may not be there */
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		log_warn("cannot make %s: %s", path, strerror(errno));
	else
		(void)close(fd); /* nothing was written */
}

/* A mark that cannot be looked for counts as missing. */
bool run_dir_has_mark(const struct engine *engine, const char *name)
{
	char path[PATH_LEN_MAX + 1];

	(void)snprintf(path, sizeof(path), "%s/%s", engine->run_dir, name);
	return access(path, F_OK) == 0;
}

/* An empty line removes the file. */
void run_dir_write(const struct engine *engine, const char *name, const char *line)
{
	char path[PATH_LEN_MAX + 1], fresh[PATH_LEN_MAX + 1];
	_cleanup_close_ int fd = -1;
	size_t len = strlen(line);

	(void)snprintf(path, sizeof(path), "%s/%s", engine->run_dir, name);
	if (len == 0) {
		(void)unlink(path); /* may not be there */
		return;
	}
	(void)snprintf(fresh, sizeof(fresh), "%s/%s.new", engine->run_dir, name);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	/* Whole, or as it was. */
	if (fd < 0 || write(fd, line, len) != (ssize_t)len || rename(fresh, path) < 0)
		log_warn("cannot write %s: %s", path, strerror(errno));
}

/* "" where there is no file. Any program of root's may have written it, so the caller checks what
 * it says. */
void run_dir_read(const struct engine *engine, const char *name, char *ret_line, size_t size)
{
	char path[PATH_LEN_MAX + 1];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", engine->run_dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, ret_line, size - 1);
	ret_line[n > 0 ? n : 0] = '\0';
}

/* Folders and marks alike; each tells them apart by their names. */
int run_dir_each_container(const struct engine *engine,
			   int (*each)(const char *path, const char *name, void *data), void *data)
{
	char path[PATH_LEN_MAX + 1];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/containers", engine->run_dir);
	/* A folder that is not there has no entries. Any other failure must not look like that. */
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (err == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/containers/%s", engine->run_dir,
			       entry->d_name);
		/* path is overwritten by the next name. */
		err = each(path, entry->d_name, data);
	}
	(void)closedir(dir); /* read only */
	return err;
}
