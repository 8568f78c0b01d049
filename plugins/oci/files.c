// SPDX-License-Identifier: GPL-2.0-or-later
// files.c - resolv.conf, hosts and hostname mounted into a container that is being created
#include "plugins/oci/files.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "plugins/oci/oci.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- paths inside the container --------------------------------------------------------------- */

/* glibc has no wrapper. The result is a descriptor or a negative errno. */
static int open_inside(int root_fd, const char *path, int flags, mode_t mode)
{
	/* RESOLVE_IN_ROOT: links that are absolute, and "..", stay inside. It leaves magic links
	 * such as /proc/self/root out as well "currently" (openat2(2)), so that is asked for by
	 * name. */
	struct open_how how = {
		.flags = (unsigned int)flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: something was renamed while ".." was resolved. */
	do
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : (int)fd;
}

/* A descriptor of the directory that path is in. Links on the way are followed inside the root. */
static int open_parent(int root_fd, const char *path)
{
	char parent[PATH_LEN_MAX + 1];
	const char *slash = strrchr(path, '/');

	/* Without a slash it is the root itself. */
	(void)snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path) : 0, path);
	return open_inside(root_fd, *parent ? parent : ".", O_PATH | O_DIRECTORY, 0);
}

/* The directories above path. */
static int make_parents(int root_fd, const char *path)
{
	char above[PATH_LEN_MAX + 1];

	/* The first character is left out: a slash there parts nothing. */
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_close_ int parent = -1;

		(void)snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
		parent = open_parent(root_fd, above);
		if (parent < 0)
			return parent;
		/* Not followed where it is a link: mkdirat(2) says EEXIST then, and the next round
		 * goes through that link, inside the root. */
		if (mkdirat(parent, strrchr(above, '/') ? strrchr(above, '/') + 1 : above, 0755) <
			    0 &&
		    errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* Where the symbolic link at path leads to; -EINVAL where there is none. The last part of path is
 * not followed; those before it are. */
static int read_link(int root_fd, const char *path, char ret_path[static PATH_LEN_MAX + 1])
{
	_cleanup_close_ int parent = open_parent(root_fd, path);
	const char *slash = strrchr(path, '/');
	char target[PATH_LEN_MAX + 1];
	ssize_t len;
	int n;

	if (parent < 0)
		return parent;
	/* readlinkat(2) writes no NUL and says EINVAL for what is no link. */
	len = readlinkat(parent, slash ? slash + 1 : path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	/* An absolute link is one inside the root: whoever opens the path sees to that. */
	if (*target == '/')
		n = snprintf(ret_path, PATH_LEN_MAX + 1, "%s", target);
	else
		/* A relative one counts from the directory that the link is in. */
		n = snprintf(ret_path, PATH_LEN_MAX + 1, "%.*s/%s", slash ? (int)(slash - path) : 1,
			     slash ? path : ".", target);
	return n > PATH_LEN_MAX ? -ENAMETOOLONG : 0;
}

/* A descriptor of O_PATH, or a negative errno. -ENOENT: a directory on the way is missing. */
static int open_or_make(int root_fd, const char *path)
{
	int fd = open_inside(root_fd, path, O_PATH, 0), made;

	/* O_PATH opens the place and not the file: a FIFO or a device that lies there is not woken.
	 */
	if (fd != -ENOENT)
		return fd;
	/* Not O_EXCL: a link that leads nowhere is followed to where it leads. Something may have
	 * come there meanwhile: a FIFO must not hold the hook up, and a terminal not become ours.
	 */
	made = open_inside(root_fd, path, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK, 0644);
	if (made < 0)
		return made;
	(void)close(made);
	return open_inside(root_fd, path, O_PATH, 0);
}

/* The loop ends with a file, or with an error: each round removes one reason for ENOENT. */
int oci_files_open(int root_fd, const char *path)
{
	char here[PATH_LEN_MAX + 1], next[PATH_LEN_MAX + 1];
	struct stat st;
	int fd, err;

	(void)snprintf(here, sizeof(here), "%s", path);
	fd = open_or_make(root_fd, here);
	/* /etc is missing, or a link leads into a directory that is (systemd-resolved's /run). */
	for (int i = 0; fd == -ENOENT && i < OCI_LINKS_MAX; i++) {
		/* Each round makes the directories for one link of a chain. An image may hold a
		 * long chain on purpose, so the rounds are bounded. */
		err = make_parents(root_fd, here);
		if (err < 0)
			return err;
		fd = open_or_make(root_fd, here);
		if (fd != -ENOENT)
			break;
		err = read_link(root_fd, here, next);
		if (err < 0)
			return err;
		memcpy(here, next, sizeof(here));
	}
	if (fd < 0)
		return fd;
	/* The image decides what is there, and it may be anything. A mount wants the same kind on
	 * both sides: a file cannot be mounted over a directory. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return -EINVAL;
	}
	return fd;
}

/* --- mounts ----------------------------------------------------------------------------------- */

/* A mount takes two steps. prepare() runs in the host's mount namespace, where netd's files are:
 *
 *   open_tree(OPEN_TREE_CLONE)  a mount of the source that is attached nowhere
 *   mount_setattr()             it becomes read-only
 *
 * move_all() runs in the container's: move_mount(2) attaches it to the target. Nothing is seen in
 * the container before, and a descriptor that is closed takes an unattached mount with it. */

/* Descriptors, both closed by mount_in(). */
struct prepared {
	int tree, target; /* -1: nothing to do */
};

static bool same_file(int fd, int other)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* 0 without a descriptor: there is no such file, and none is wanted. */
static int prepare_target(int root_fd, const struct oci_mount *mount, struct prepared *file,
			  struct error *error)
{
	int fd = oci_files_open(root_fd, mount->target);

	/* A container that has no /etc/hosts and can have none does not look there. */
	if (fd < 0 && !mount->needed)
		return 0;
	if (fd == -EINVAL)
		return error_set(error, ERROR_INVALID,
				 "/%s in the container is not a plain file, so netd's cannot be "
				 "mounted over it",
				 mount->target);
	if (fd < 0)
		return error_system(error, fd,
				    "cannot make /%s in the container: have an empty one in the "
				    "image, or say netd.files = none",
				    mount->target);
	file->target = fd;
	return 0;
}

/* The file's descriptors are the caller's to close, on failure as well. */
static int prepare(int root_fd, const struct oci_mount *mount, struct prepared *file,
		   struct error *error)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };
	/* The target comes first: without a place nothing has to be copied. */
	int tree, err = prepare_target(root_fd, mount, file, error);

	if (err < 0 || file->target < 0)
		return err;
	/* A mount of this one file that is attached nowhere yet. A link in the place of netd's file
	 * would not be netd's. */
	tree = open_tree(AT_FDCWD, mount->source,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (tree < 0)
		return error_system(error, -errno, "cannot mount %s", mount->source);
	if (same_file(tree, file->target)) { /* createRuntime came twice */
		(void)close(tree);
		return 0;
	}
	/* Belongs to the caller from here on, also where the next call fails. */
	file->tree = tree;
	/* Linux before 5.12 has no such call: the files are writable then, as Docker's always are.
	 * Before it is attached: so the container never sees it writable. */
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 && errno != ENOSYS)
		return error_system(error, -errno, "cannot make %s read-only", mount->source);
	return 0;
}

/* There is no way back: the process stays in that namespace, and ends soon. */
static int move_all(int mntns, const struct oci_mount *mounts, const struct prepared *files,
		    size_t n, struct error *error)
{
	/* The sources were opened before, for their paths lead nowhere in there. move_mount(2)
	 * wants the target's mount in the caller's mount namespace: that is why this process goes
	 * there, and only now. */
	if (setns(mntns, CLONE_NEWNS) < 0)
		return error_system(error, -errno, "cannot enter the container's mount namespace");
	/* A failure leaves the first ones mounted. They go with the namespace, as the container
	 * will not start. */
	for (size_t i = 0; i < n; i++) {
		if (files[i].tree >= 0 &&
		    move_mount(files[i].tree, "", files[i].target, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return error_system(error, -errno, "cannot mount %s at /%s",
					    mounts[i].source, mounts[i].target);
	}
	return 0;
}

/* The container's root as its own process sees it: by that process' root, so that a runtime in a
 * chroot of its own is understood too. */
static int open_root(pid_t pid, const char *root, struct error *error)
{
	char path[64];
	_cleanup_close_ int top = -1;
	int fd;

	/* This link is one of the kernel's own and leads into that process' mount namespace,
	 * whatever the text behind it says (proc(5), /proc/PID/root). */
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return error_system(error, -errno, "cannot open %s", path);
	/* "root" is a path as that process sees it, so it is walked from there, and no link in it
	 * leads out. */
	fd = open_inside(top, root, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? error_system(error, fd, "cannot open the container's root %s", root) : fd;
}

/* All are prepared before the first is moved, so most failures change nothing in the container. The
 * directories and empty files that were made stay. */
static int mount_in(int mntns, int root_fd, const struct oci_mount *mounts, size_t n,
		    struct error *error)
{
	struct prepared files[OCI_FILES_MAX];
	size_t n_prepared = 0;
	int err = 0;

	for (size_t i = 0; err == 0 && i < n && i < OCI_FILES_MAX; i++) {
		files[i] = (struct prepared) { .tree = -1, .target = -1 };
		/* Counted before it is filled: the cleanup below closes what a failing one has
		 * opened. */
		n_prepared = i + 1;
		err = prepare(root_fd, &mounts[i], &files[i], error);
	}
	if (err == 0)
		err = move_all(mntns, mounts, files, n_prepared, error);
	for (size_t i = 0; i < n_prepared; i++) {
		/* A tree that was moved belongs to the namespace and stays. One that was not is
		 * unmounted by this. */
		cleanup_close(&files[i].tree);
		cleanup_close(&files[i].target);
	}
	return err;
}

/* The process must have one thread: entering a mount namespace is refused to a process whose
 * threads share their file system context (CLONE_FS). */
int oci_files_mount(pid_t pid, const char *root, const struct oci_mount *mounts, size_t n_mounts,
		    struct error *error)
{
	_cleanup_close_ int mntns = -1, own = -1, root_fd = -1;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	mntns = open(path, O_RDONLY | O_CLOEXEC);
	/* To compare: without a mount namespace of its own the container's /etc is the host's, and
	 * that is never touched. */
	own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (mntns < 0 || own < 0)
		return error_system(error, -errno, "cannot open %s", path);
	/* Two descriptors of one namespace have the same inode (namespaces(7)). */
	if (same_file(mntns, own))
		return 0;
	/* Opened from out here. In the container's namespace /proc may be another one, or none. */
	root_fd = open_root(pid, root, error);
	return root_fd < 0 ? root_fd : mount_in(mntns, root_fd, mounts, n_mounts, error);
}
