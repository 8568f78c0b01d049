// SPDX-License-Identifier: GPL-2.0-or-later
// dirs.c - the run and the state directory: made, locked, and as they were when a start fails
#include "plumber/dirs.h"

#include "base/cleanup.h"
#include "base/tree.h"
#include "plumber/cluster_file.h"
#include "plumber/keeping.h"
#include "plumber/ula.h"
#include "role/role.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0711: others pass through to a name that they know, and do not list. Runtimes mount files from
 * below. The state directory is nobody's but root's. */
#define RUN_MODE 0711
#define STATE_MODE 0700

/* Theory of operation. Before a start makes anything it notes which of its files are there. One
 * that fails removes only what was not there before: what an earlier netd has left is in use. The
 * lock on the run directory is taken as the first thing in it, and without it nothing is removed,
 * since the files are another netd's then.
 *
 * Both directories are closed to others, but only where they hold nothing but netd's own files:
 * an administrator may have pointed netd at a directory that somebody else uses, too. */

/* All that a start makes in them, in the order in which it can be removed. */
static const struct {
	/* true: in the state directory; false: in the run directory */
	bool state;
	const char *name;
} files[] = {
	{ false, "containers" },       { false, "run.db-wal" },	  { false, "run.db-shm" },
	{ false, "run.db" },	       { false, "run.journal" },  { false, "resolver.sock" },
	{ false, "resolver.pid" },     { false, "user-rules" },	  { false, "forwarding-ipv4" },
	{ false, "forwarding-ipv6" },  { false, "lock" },	  { true, "networks.db-wal" },
	{ true, "networks.db-shm" },   { true, "networks.db" },	  { true, "networks.journal" },
	{ true, CLUSTER_FILE ".new" }, { true, CLUSTER_FILE },	  { true, "cluster-removed.new" },
	{ true, "cluster-removed" },   { true, KEEPING_FOLDER },  { true, "rules.nft.new" },
	{ true, "rules.nft" },	       { true, ULA_FILE ".new" }, { true, ULA_FILE },
};
static_assert(ARRAY_SIZE(files) <= DIRS_FILES_MAX, "each has its place in dirs.had");

/* In whichever of the two directories the file belongs. */
static void file_path(const struct dirs *dirs, size_t i, char ret_path[static PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%s/%s", files[i].state ? dirs->state : dirs->run,
		       files[i].name);
}

/* netd keeps no capability to write where others' modes do not let it. The one failure that an
 * administrator can cure is told in words of its own. */
static int refused(const char *what, const char *path, int err, struct error *error)
{
	if (err == -EACCES)
		return error_set(error, ERROR_FORBIDDEN,
				 "cannot %s %s: netd writes in no directory of other users: give "
				 "it one of root's",
				 what, path);
	return error_system(error, err, "cannot %s %s", what, path);
}

/* One directory, if it is not there. The mode of one that is there stays as it is. */
static int make_one(const char *path, mode_t mode, struct error *error)
{
	/* Somebody else may make it at the same moment, and that is as good. */
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return refused("make", path, -errno, error);
	return 0;
}

/* The mode is the last one's: those above may be others', too. */
static int make_dir(const char *path, mode_t mode, struct error *error)
{
	char copy[PATH_MAX];
	int err = 0;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	/* Each directory above as well, as `mkdir -p` does. */
	for (char *slash = strchr(copy + 1, '/'); slash && err == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		err = make_one(copy, 0755, error);
		*slash = '/';
	}
	return err < 0 ? err : make_one(copy, mode, error);
}

/* How much of the path is there already. */
static size_t present(const char *path)
{
	char copy[PATH_MAX];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	/* A path that begins with "/" ends this walk there at the latest. */
	while (copy[0] && access(copy, F_OK) < 0) {
		/* The last component is cut off, as long as the rest is not there. */
		char *slash = strrchr(copy, '/');

		if (!slash)
			return 0;
		*slash = '\0';
	}
	return strlen(copy);
}

/* Only what is empty goes. */
static void remove_dir(const char *path, size_t keeps)
{
	char copy[PATH_MAX];

	/* A copy, from which one component after the other is cut. */
	(void)snprintf(copy, sizeof(copy), "%s", path);
	/* rmdir(2) refuses what is not empty, which ends the walk upwards. */
	while (strlen(copy) > keeps && (rmdir(copy) == 0 || errno == ENOENT)) {
		char *slash = strrchr(copy, '/');

		if (!slash)
			return;
		*slash = '\0';
	}
}

/* By the beginnings of names: SQLite and others put files beside theirs. */
static bool is_own(const char *name)
{
	static const char *const others[] = { ".",	   "..",	  "netd.sock",
					      "accept-ra", "stale-flows", "service-backends",
					      "services",  "cluster",	  "pruning",
					      "runs" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strncmp(name, files[i].name, strlen(files[i].name)) == 0)
			return true;
	/* Those of other roles, and records that a restore has put aside. */
	for (unsigned i = 0; i < ROLE_N; i++) {
		size_t len = strlen(role_table[i].name);

		if (strncmp(name, role_table[i].name, len) == 0 && name[len] == '.')
			return true;
	}
	return strncmp(name, "before-restore.", strlen("before-restore.")) == 0;
}

/* Whether the directory may be closed. One that cannot be listed is left as it is. */
static bool holds_own_only(const char *path)
{
	/* An error while it is read looks like its end: what was seen until then decides. */
	DIR *dir = opendir(path);
	bool own = dir != NULL;
	struct dirent *entry;

	while (own && (entry = readdir(dir)))
		own = is_own(entry->d_name);
	if (dir)
		(void)closedir(dir); /* read only */
	return own;
}

/* Where it cannot be done (a read-only file system) the databases are private by themselves. */
static void close_to_others(const char *path, mode_t allowed, mode_t *ret_before)
{
	struct stat st;
	mode_t mode;

	/* A directory of another user is not netd's to close. */
	if (stat(path, &st) < 0 || st.st_uid != geteuid())
		return;
	mode = st.st_mode & 07777;
	/* Only ever fewer rights: what an administrator has closed further stays so. */
	if ((mode & ~allowed) != 0 && holds_own_only(path) && chmod(path, mode & allowed) == 0)
		*ret_before = mode;
}

/* Nobody else puts anything there: an older netd let others list it. */
static void set_mode(const char *path, mode_t wanted, mode_t *ret_before)
{
	struct stat st;

	/* lstat: a link here would lead somewhere else. */
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 07777) != wanted && chmod(path, wanted) == 0)
		*ret_before = st.st_mode & 07777;
}

/* Looks first, then makes the run directory and its lock, then all else. */
int dirs_make(struct dirs *dirs, struct error *error)
{
	char path[PATH_MAX];
	int err;

	/* From here on dirs_done() knows what was there before. */
	dirs->looked = true;
	/* How much of each path was there: an undo removes no directory above that. */
	dirs->run_keeps = present(dirs->run);
	dirs->state_keeps = present(dirs->state);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		/* Asked before anything is made. */
		file_path(dirs, i, path);
		dirs->had[i] = access(path, F_OK) == 0;
	}
	err = make_dir(dirs->run, RUN_MODE, error);
	if (err < 0)
		return err;
	(void)snprintf(path, sizeof(path), "%s/lock", dirs->run);
	dirs->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (dirs->lock_fd < 0)
		return refused("open", path, -errno, error);
	/* Two daemons on one run directory would undo each other's work. The kernel drops the lock
	 * with the process, however it ends. */
	if (flock(dirs->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		cleanup_close(&dirs->lock_fd);
		dirs->lock_fd = -1;
		return error_set(error, ERROR_CONFLICT,
				 "another netd runs with the run directory %s: stop it, or give "
				 "this one a --run-dir of its own",
				 dirs->run);
	}
	/* Runtimes pass through it to the files that they mount. */
	(void)snprintf(path, sizeof(path), "%s/containers", dirs->run);
	err = make_dir(path, RUN_MODE, error);
	if (err == 0)
		set_mode(path, RUN_MODE, &dirs->containers_mode);
	if (err == 0)
		err = make_dir(dirs->state, STATE_MODE, error);
	if (err < 0)
		return err;
	/* Last, when everything has been made with the rights that it needs. */
	close_to_others(dirs->run, RUN_MODE, &dirs->run_mode);
	close_to_others(dirs->state, STATE_MODE, &dirs->state_mode);
	return 0;
}

/* 0: the mode was not changed. */
static void open_again(const char *path, mode_t mode)
{
	if (mode != 0)
		(void)chmod(path, mode); /* it was possible a moment ago */
}

/* failed: what this start has made is taken away again. Otherwise only the lock is given up. */
void dirs_done(struct dirs *dirs, bool failed)
{
	char path[PATH_MAX];

	/* Without the lock the files are another netd's. */
	for (size_t i = 0; failed && dirs->lock_fd >= 0 && i < ARRAY_SIZE(files); i++) {
		file_path(dirs, i, path);
		/* Also directories, which remove(3) takes only when they are empty. */
		if (!dirs->had[i])
			(void)remove(path); /* may not have been made */
	}
	if (failed && dirs->looked) {
		(void)snprintf(path, sizeof(path), "%s/containers", dirs->run);
		/* The modes come back before the directories may go. */
		open_again(path, dirs->containers_mode);
		open_again(dirs->run, dirs->run_mode);
		open_again(dirs->state, dirs->state_mode);
		remove_dir(dirs->run, dirs->run_keeps);
		remove_dir(dirs->state, dirs->state_keeps);
	}
	if (dirs->lock_fd >= 0)
		(void)close(dirs->lock_fd);
	dirs->lock_fd = -1;
}

/* --- a reset --- */

/* Whether a file is one of the records, of the containers or of the networks. */
static bool is_record(const char *name)
{
	static const char *const beginnings[] = { "run.", "networks.", "containers", "pruning" };

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/* With all that is below them; links are not followed, and other file systems not entered. Returns
 * how many there were. */
static size_t remove_each(const char *dir_path, bool (*is_wanted)(const char *name))
{
	DIR *dir = opendir(dir_path);
	struct dirent *entry;
	char path[PATH_MAX];
	size_t n = 0;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    !is_wanted(entry->d_name) ||
		    snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name) >=
			    (int)sizeof(path))
			continue;
		tree_remove(path);
		n++;
	}
	if (dir)
		(void)closedir(dir); /* read only */
	return n;
}

size_t dirs_forget_records(const struct dirs *dirs)
{
	return remove_each(dirs->run, is_record) + remove_each(dirs->state, is_record);
}

void dirs_clear(const struct dirs *dirs)
{
	(void)remove_each(dirs->run, is_own);
	(void)remove_each(dirs->state, is_own);
	/* Not where somebody else has put something. */
	(void)rmdir(dirs->run);
	(void)rmdir(dirs->state);
}
