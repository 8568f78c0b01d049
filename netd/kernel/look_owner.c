// SPDX-License-Identifier: GPL-2.0-or-later
// look_owner.c - whose a socket is: its inode among the descriptors of the processes of a namespace
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Theory of operation. A container's processes are few and its cgroup names them, so they are
 * looked at first. A process that entered the namespace from elsewhere is found by a walk over all
 * of /proc, once, and only where the first look did not find who was asked for: it takes
 * microseconds for each process of the machine. */

static int hold(struct look_owners *owners, uint64_t inode, pid_t pid, int fd)
{
	struct look_held *held;

	if (owners->n_held >= LOOK_ITEMS_MAX)
		return -E2BIG;
	held = grow(owners->held, &owners->room, owners->n_held + 1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	owners->held = held;
	owners->held[owners->n_held++] = (struct look_held) { inode, pid, fd };
	return 0;
}

/* As the link of its descriptor leads to it: "socket:[4711]". */
#define SOCKET_NAME "socket:["

/* A process that ends meanwhile is none. */
static int walk_descriptors(struct look_owners *owners, int proc, pid_t pid)
{
	_cleanup_close_ int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int err = 0;

	if (!dir)
		return 0;
	(void)take_fd(&fd);
	while (err == 0 && (entry = readdir(dir)) != NULL) {
		char target[64];
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		if (strncmp(target, SOCKET_NAME, strlen(SOCKET_NAME)) == 0)
			err = hold(owners, strtoull(target + strlen(SOCKET_NAME), NULL, 10), pid,
				   (int)strtol(entry->d_name, NULL, 10));
	}
	(void)closedir(dir);
	return err;
}

static int walk_process(struct look_owners *owners, uint64_t netns, pid_t pid)
{
	_cleanup_close_ int proc = -1;
	struct stat st;
	char path[32];

	if (++owners->n_pids > LOOK_PIDS_MAX)
		return -E2BIG;
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || fstatat(proc, "ns/net", &st, 0) < 0 || st.st_ino != netns)
		return 0;
	return walk_descriptors(owners, proc, pid);
}

/* ---- cgroups ---- */

/* Where the unified hierarchy is mounted: as systemd does it, or beside those of before. NULL: it
 * is not. */
static const char *unified_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (statfs(roots[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	return NULL;
}

/* A line of /proc/PID/cgroup: "0::/machine/db", "6:freezer:/db". controller: "" or ":freezer". */
static bool cgroup_line(const char *text, const char *controller, char *ret_path, size_t size)
{
	char wanted[16];
	const char *at;
	size_t len;

	(void)snprintf(wanted, sizeof(wanted), "%s:/", controller[0] ? controller : "0:");
	at = strstr(text, wanted);
	if (!at)
		return false;
	at += strlen(wanted) - 1; /* the slash */
	len = strcspn(at, "\n");
	if (len >= size)
		return false;
	memcpy(ret_path, at, len);
	ret_path[len] = '\0';
	return true;
}

/* A file of the process's cgroup, or with "" the folder; in a hierarchy of before by the name of
 * its controller. false: it has no cgroup of its own there: the root is everybody's. */
static bool cgroup_path(pid_t pid, const char *controller, const char *file, char *ret_path,
			size_t size)
{
	char path[32], text[LOOK_CGROUP_MAX], own[LOOK_CGROUP_MAX];
	const char *root = controller[0] ? "/sys/fs/cgroup/freezer" : unified_root();
	int len;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (!root || look_read(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    !cgroup_line(text, controller, own, sizeof(own)) || strcmp(own, "/") == 0)
		return false;
	len = snprintf(ret_path, size, "%s%s%s", root, own, file);
	return len > 0 && (size_t)len < size;
}

static int walk_procs(struct look_owners *owners, uint64_t netns, int dir)
{
	_cleanup_free_ char *text = malloc(LOOK_PROC_SIZE);
	char *at = text, *line;
	int err;

	if (!text)
		return -ENOMEM;
	if (look_read(dir, "cgroup.procs", text, LOOK_PROC_SIZE) < 0)
		return 0;
	err = 0;
	while (err == 0 && (line = strsep(&at, "\n")) != NULL) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 0)
			err = walk_process(owners, netns, pid);
	}
	return err;
}

/* What a runtime makes below a container's cgroup is a level or two. */
static int walk_cgroup(struct look_owners *owners, uint64_t netns, int at, const char *path,
		       int depth)
{
	_cleanup_close_ int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	const struct dirent *entry;
	DIR *dir;
	int err;

	if (fd < 0)
		return 0;
	err = walk_procs(owners, netns, fd);
	dir = err == 0 && depth < LOOK_CGROUPS_DEEP ? fdopendir(fd) : NULL;
	if (!dir)
		return err;
	(void)take_fd(&fd);
	while (err == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			err = walk_cgroup(owners, netns, dirfd(dir), entry->d_name, depth + 1);
	(void)closedir(dir);
	return err;
}

static int walk_container(struct look_owners *owners, uint64_t netns, pid_t pid)
{
	char path[LOOK_CGROUP_MAX + 64];
	int err = walk_process(owners, netns, pid);

	if (err < 0 || !cgroup_path(pid, "", "", path, sizeof(path)))
		return err;
	return walk_cgroup(owners, netns, AT_FDCWD, path, 0);
}

static int walk_all(struct look_owners *owners, uint64_t netns)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (err == 0 && (entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0)
			err = walk_process(owners, netns, pid);
	}
	(void)closedir(dir);
	owners->is_whole = true;
	return err;
}

/* ---- the question ---- */

static const struct look_held *find(const struct look_owners *owners, uint32_t inode)
{
	for (size_t i = 0; i < owners->n_held; i++)
		if (owners->held[i].inode == inode)
			return &owners->held[i];
	return NULL;
}

const struct look_held *look_holder(struct look_place *place, uint64_t netns, uint32_t inode,
				    int *ret_err)
{
	const struct look_held *held;

	*ret_err = 0;
	if (!place->owners) {
		place->owners = calloc(1, sizeof(*place->owners));
		if (!place->owners) {
			*ret_err = -ENOMEM;
			return NULL;
		}
		if (place->pid > 0)
			*ret_err = walk_container(place->owners, netns, place->pid);
	}
	held = find(place->owners, inode);
	if (held || place->owners->is_whole || *ret_err < 0)
		return held;
	*ret_err = walk_all(place->owners, netns);
	return find(place->owners, inode);
}

/* What is in force, which a cgroup above may have decided: the kernel says it of each. */
static bool is_frozen(pid_t pid)
{
	char path[LOOK_CGROUP_MAX + 64], text[256];

	if (cgroup_path(pid, "", "/cgroup.events", path, sizeof(path)) &&
	    look_read(AT_FDCWD, path, text, sizeof(text)) > 0 && strstr(text, "frozen 1"))
		return true;
	return cgroup_path(pid, ":freezer", "/freezer.state", path, sizeof(path)) &&
	       look_read(AT_FDCWD, path, text, sizeof(text)) > 0 && strncmp(text, "FROZEN", 6) == 0;
}

/* "4711 (a name) S 1 …": a name may hold anything, its end is the last parenthesis. */
static int read_process(pid_t pid, struct facts_owner *owner)
{
	char path[32], text[1024], *begin, *end;
	size_t len;
	int err;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	err = look_read(AT_FDCWD, path, text, sizeof(text));
	if (err < 0)
		return -ENOENT; /* it has ended */
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (!begin || !end || end < begin || end[1] != ' ')
		return -ENODATA;
	owner->pid = pid;
	owner->state = end[2];
	len = (size_t)(end - begin) - 1;
	len = len < sizeof(owner->process) - 1 ? len : sizeof(owner->process) - 1;
	memcpy(owner->process, begin + 1, len);
	owner->process[len] = '\0';
	owner->is_frozen = is_frozen(pid);
	return 0;
}

/* Several may hold one socket: workers of a server, of which any that runs takes what comes, and
 * netd itself, which keeps a duplicate of what its resolver listens with and never reads it. */
static int rank(const struct facts_owner *owner)
{
	return (strcmp(owner->process, "netd") != 0 ? 2 : 0) +
	       (owner->state != 'T' && !owner->is_frozen ? 1 : 0);
}

static int read_best(const struct look_owners *owners, uint32_t inode, struct facts_owner *answer)
{
	int err = -ENOENT;

	for (size_t i = 0; owners && i < owners->n_held; i++) {
		struct facts_owner owner = { 0 };

		if (owners->held[i].inode != inode || read_process(owners->held[i].pid, &owner) < 0)
			continue;
		if (err < 0 || rank(&owner) > rank(answer))
			*answer = owner;
		err = 0;
	}
	return err;
}

void look_owner(void *data, const struct facts_space *space, const struct facts_owner_asked *asked,
		struct facts_owner *answer)
{
	struct look_place *place = look_place(data, space->key);
	int err;

	*answer = (struct facts_owner) { .err = -ENODATA };
	/* Of a socket that nobody has a descriptor of the kernel says 0. */
	if (!place || asked->inode == 0)
		return;
	if (look_holder(place, space->netns, asked->inode, &err))
		answer->err = read_best(place->owners, asked->inode, answer);
	else if (err == 0)
		answer->err = -ENOENT;
}
