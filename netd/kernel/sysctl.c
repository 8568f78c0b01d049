// SPDX-License-Identifier: GPL-2.0-or-later
// sysctl.c - the few /proc/sys/net writes; they act on the netns the caller is in
#include "kernel/sysctl.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* Theory of operation. A setting is read before it is written: most are right already, and a write
 * has effects of its own, such as notifications. A /proc/sys that cannot be written is enough where
 * the value is right. */

/* The longest is net/ipv6/conf/<15 letters>/mldv2_unsolicited_report_interval. */
#define SYSCTL_PATH_MAX 128
/* Values netd handles are a number or two. */
#define SYSCTL_VALUE_MAX 64

/* In one procfs the directories net/... of all network namespaces have the same parent and the same
 * name, so they share one chain of the dentry cache, and opening a file in the thousandth namespace
 * compares a thousand names: 300 us instead of 15 (proc_sys_compare, fs/proc/proc_sysctl.c). So the
 * writes go through a procfs of our own, mounted nowhere, which is thrown away with its cache after
 * some opens. Without the means (Linux before 5.2, no CAP_SYS_ADMIN) /proc serves. A descriptor of
 * the root of that procfs, and how many files were opened through it. One of each for the process:
 * the plumber has one thread that does this. */
static int own_proc = -1;
static unsigned int own_proc_opens;

/* fsmount(2) gives a descriptor of a mount that is in no tree, so nobody else can see it. It shows
 * the namespaces of whoever opens a file. */
static int proc_mount(void)
{
	_cleanup_close_ int fs = fsopen("proc", FSOPEN_CLOEXEC);

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	return fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

/* Directory that has sys/; AT_FDCWD for the one mounted on /proc. */
static int proc_dir(void)
{
	/* Each open adds a name to its cache, which is why it is thrown away now and then. */
	if (own_proc >= 0 && own_proc_opens < SYSCTL_PROC_OPENS_MAX) {
		own_proc_opens++;
		return own_proc;
	}
	if (own_proc >= 0)
		(void)close(own_proc); /* nothing to write back */
	own_proc_opens = 1;
	own_proc = proc_mount();
	return own_proc >= 0 ? own_proc : AT_FDCWD;
}

/* The path begins with "net/". A name that does not fit is no setting. */
static int sysctl_open(const char *path, int flags)
{
	char full[SYSCTL_PATH_MAX];
	int dir = proc_dir(), fd;
	int len = snprintf(full, sizeof(full), "%ssys/%s", dir == AT_FDCWD ? "/proc/" : "", path);

	if (len < 0 || (size_t)len >= sizeof(full))
		return -ENAMETOOLONG;
	fd = openat(dir, full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Reads the value without its newline. Some files have several lines; only newlines at the end are
 * cut off. */
static int value_read(int fd, char *ret_value, size_t size)
{
	ssize_t len;

	if (size == 0)
		return -EINVAL;
	len = pread(fd, ret_value, size - 1, 0);
	if (len < 0)
		return -errno;
	while (len > 0 && ret_value[len - 1] == '\n')
		len--;
	ret_value[len] = '\0';
	return 0;
}

static bool value_is(int fd, const char *value)
{
	char present[SYSCTL_VALUE_MAX];

	return value_read(fd, present, sizeof(present)) == 0 && strcmp(present, value) == 0;
}

/* Where /proc/sys is mounted read-only, a value that is right already is all that is asked. -EROFS:
 * it is not. */
static int sysctl_check(const char *path, const char *value)
{
	_cleanup_close_ int fd = sysctl_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	return value_is(fd, value) ? 0 : -EROFS;
}

/* Opened for both, so that one open serves the look and the write. */
static int sysctl_put(const char *path, const char *value)
{
	_cleanup_close_ int fd = sysctl_open(path, O_RDWR);
	size_t len = strlen(value);
	ssize_t written;

	if (fd == -EROFS)
		return sysctl_check(path, value);
	if (fd < 0)
		return fd;
	if (value_is(fd, value))
		return 0;
	written = pwrite(fd, value, len, 0);
	if (written < 0)
		return -errno;
	return (size_t)written == len ? 0 : -EIO;
}

/* Acts in the namespace of the calling thread. -ENOENT: this kernel has no such setting. */
int sysctl_write(const char *path, const char *value, struct error *error)
{
	int err = sysctl_put(path, value);

	if (err < 0)
		return error_system(error, err, "cannot set sysctl %s to %s", path, value);
	return 0;
}

/* *ret_value is text without its newline, cut to size. */
int sysctl_read(const char *path, char *ret_value, size_t size)
{
	_cleanup_close_ int fd = sysctl_open(path, O_RDONLY);

	return fd < 0 ? fd : value_read(fd, ret_value, size);
}
