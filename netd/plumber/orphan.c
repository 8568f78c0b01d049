// SPDX-License-Identifier: GPL-2.0-or-later
// orphan.c - processes of a role that nobody can reach any more
#include "plumber/orphan.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "ipc/msg.h"
#include "role/role.h"

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Theory of operation. A role outlives its plumber and is found again by its socket's path, or
 * by the pid file beside it. Both may be gone: somebody emptied the run directory. But the kernel
 * still says which sockets were bound to that path, and the process that holds one of them under
 * the number at which roles do is the orphan. */

/* The flag of a listening socket in /proc/net/unix: net/unix/af_unix.c, unix_seq_show. */
#define LISTENS 0x10000

bool orphan_has_role(const struct role *role, int pid)
{
	/* The name in cmdline is what the role is started with; it ends with a NUL, so no longer
	 * name fits. */
	char path[64], name[64] = "";
	size_t len = strlen(role->process) + 1; /* and where it ends */
	bool has;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	has = len <= sizeof(name) && fread(name, 1, len, file) == len &&
	      memcmp(name, role->process, len) == 0;
	(void)fclose(file); /* read only */
	return has;
}

void orphan_end_pid(const struct role *role, int pid)
{
	_cleanup_close_ int pidfd = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	/* Asked for once the process is held: another cannot have its number now. */
	if (pidfd < 0 || !orphan_has_role(role, pid))
		return;
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0)
		/* one that takes longer is not waited for */
		(void)deadline_poll(&ended, 1, deadline_after(ORPHAN_END_MS));
}

/* The link of a socket's descriptor in /proc names its inode, as /proc/net/unix does. A process
 * that may not be looked at gives no link, and is not the one. */
static bool listens_on(int pid, unsigned long inode)
{
	char path[64], target[64], wanted[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, IPC_LISTEN_FD);
	(void)snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	n = readlink(path, target, sizeof(target) - 1);
	return n == (ssize_t)strlen(wanted) && memcmp(target, wanted, (size_t)n) == 0;
}

/* Goes through all processes. That is slow on a large host, and happens only when a role's socket
 * cannot be reached but exists in the kernel. */
static void end_holder(const struct role *role, unsigned long inode)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	/* Entries that are no numbers give 0, and 1 is init. */
	while (dir && (entry = readdir(dir))) {
		int pid = (int)strtol(entry->d_name, NULL, 10);

		if (pid <= 1 || !orphan_has_role(role, pid) || !listens_on(pid, inode))
			continue;
		log_warn("%s %d has lost its socket: it is ended, and another takes over",
			 role->name, pid);
		orphan_end_pid(role, pid);
	}
	if (dir)
		(void)closedir(dir); /* read only */
}

/* /proc/self/net/unix lists the sockets of this process's network namespace only, so a netd of
 * another namespace keeps its roles, even with the same path. */
void orphan_end_at(const struct role *role, const char *path)
{
	/* The kernel's text, one socket a line; its path is at most as long as sun_path. */
	FILE *file = fopen("/proc/self/net/unix", "re");
	char line[PATH_MAX];

	while (file && fgets(line, sizeof(line), file)) {
		char flags[32], inode[32];
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		/* The path is the rest of the line and may hold spaces. */
		if (sscanf(line, "%*s %*s %*s %31s %*s %*s %31s %n", flags, inode, &at) == 2 &&
		    at > 0 && (strtoul(flags, NULL, 16) & LISTENS) && strcmp(line + at, path) == 0)
			end_holder(role, strtoul(inode, NULL, 10));
	}
	if (file)
		(void)fclose(file); /* read only */
}
