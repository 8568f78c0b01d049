// SPDX-License-Identifier: GPL-2.0-or-later
// look_elsewhere.c - a process of a container that listens in another network namespace than the
// container's
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A server that was started with `nsenter`, or before its container had a
 * network, listens where nobody who asks the container finds it. Others listen on the same port in
 * namespaces of their own and are no sign of that, so only a process of this very container counts:
 * one that has its mount namespace. Where that is the host's, everybody has it, and nothing is
 * known.
 *
 * What such a process has open is read from /proc/PID/net, which is its namespace's, and it must
 * hold the socket itself. */

#define UDP_OPEN 7 /* the state in /proc/PID/net/udp of a socket that is not connected */

/* One search: what is looked for, and what of its budget is spent. */
struct hunt {
	int proc; /* /proc */
	/* files: the inode of the mount namespace that makes a process the container's own. netns:
	 * that of the container's network, where nobody is to be found. */
	uint64_t files, netns;
	uint8_t protocol;
	uint16_t port;
	size_t n_pids, n_looked;
};

/* The inode of a process's namespace; 0 when the process has ended or may not be asked. */
static uint64_t namespace_of(int proc, pid_t pid, const char *kind)
{
	char path[48];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%d/ns/%s", (int)pid, kind);
	return fstatat(proc, path, &st, 0) < 0 ? 0 : st.st_ino;
}

/* Each line of a table and each descriptor takes a little of what there is to spend: a container
 * may have as many listeners at one port as it likes, and in each process as many descriptors. */
static bool may_look(struct hunt *hunt)
{
	return ++hunt->n_looked <= LOOK_FDS_MAX;
}

/* Whether the process has a descriptor of that socket. Without that a listener in its namespace may
 * be anybody's. */
static bool holds(struct hunt *hunt, pid_t pid, unsigned int inode)
{
	_cleanup_close_ int fd = -1;
	char path[48], wanted[32], target[64];
	const struct dirent *entry;
	bool is_held = false;
	DIR *dir;

	(void)snprintf(wanted, sizeof(wanted), "socket:[%u]", inode);
	(void)snprintf(path, sizeof(path), "%d/fd", (int)pid);
	fd = openat(hunt->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return false;
	/* The stream owns the descriptor from here on. */
	(void)take_fd(&fd);
	while (!is_held && may_look(hunt) && (entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		is_held = strcmp(target, wanted) == 0;
	}
	(void)closedir(dir);
	return is_held;
}

/* "  0: 0100007F:0050 00000000:0000 0A … UID TIMEOUT INODE …". 0: another port, or none that
 * listens. A line of /proc/PID/net/tcp or udp. The port is hexadecimal, the state too, and the
 * inode identifies the socket. The same format holds for both families, for the addresses are
 * skipped. */
static unsigned int listener_in(const struct hunt *hunt, const char *line)
{
	unsigned int wanted = hunt->protocol == IPPROTO_UDP ? UDP_OPEN : TCP_LISTEN;
	unsigned int port, state, inode;

	if (sscanf(line,
		   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %u",
		   &port, &state, &inode) != 3 ||
	    port != hunt->port || state != wanted)
		return 0;
	return inode;
}

/* Reads one table of the process's namespace and asks for each listener whether he holds it. */
static bool listens_by(struct hunt *hunt, pid_t pid, const char *file)
{
	_cleanup_close_ int fd = -1;
	bool is_listening = false;
	char path[48], line[256]; /* a socket's has 180 at the most */
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%d/net/%s", (int)pid, file);
	fd = openat(hunt->proc, path, O_RDONLY | O_CLOEXEC);
	stream = fd < 0 ? NULL : fdopen(fd, "r");
	if (!stream)
		return false;
	(void)take_fd(&fd);
	while (!is_listening && may_look(hunt) && fgets(line, sizeof(line), stream)) {
		unsigned int inode = listener_in(hunt, line);

		/* Inode 0: nobody has a descriptor of it. */
		is_listening = inode && holds(hunt, pid, inode);
	}
	(void)fclose(stream);
	return is_listening;
}

/* Cheap questions come first: most processes fail at the mount namespace. */
static bool is_it(struct hunt *hunt, pid_t pid)
{
	bool is_udp = hunt->protocol == IPPROTO_UDP;

	return namespace_of(hunt->proc, pid, "mnt") == hunt->files &&
	       namespace_of(hunt->proc, pid, "net") != hunt->netns &&
	       (listens_by(hunt, pid, is_udp ? "udp" : "tcp") ||
		listens_by(hunt, pid, is_udp ? "udp6" : "tcp6"));
}

/* The name is cut to what fits. A process that ended meanwhile has an empty name. */
static void tell(const struct hunt *hunt, pid_t pid, struct facts_elsewhere *answer)
{
	char path[48], name[FACTS_WORD] = "";

	(void)snprintf(path, sizeof(path), "%d/comm", (int)pid);
	(void)look_read(hunt->proc, path, name, sizeof(name));
	name[strcspn(name, "\n")] = '\0';
	*answer = (struct facts_elsewhere) {
		.netns = namespace_of(hunt->proc, pid, "net"),
		.pid = pid,
	};
	(void)snprintf(answer->process, sizeof(answer->process), "%s", name);
}

/* Goes through all processes. answer->err says at the end: 0 found, -ENOENT nobody, -ENODATA not
 * known, because the budget was spent. */
static void walk(struct hunt *hunt, struct facts_elsewhere *answer)
{
	/* readdir(3) wants a descriptor of its own, for closedir(3) closes it. */
	_cleanup_close_ int fd = fcntl(hunt->proc, F_DUPFD_CLOEXEC, 3);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		return;
	(void)take_fd(&fd);
	answer->err = -ENOENT;
	while (answer->err == -ENOENT && (entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		/* Other files of /proc have no number as their name. */
		if (pid <= 0)
			continue;
		if (++hunt->n_pids > LOOK_PIDS_MAX)
			answer->err = -ENODATA;
		else if (is_it(hunt, pid))
			tell(hunt, pid, answer);
		else if (hunt->n_looked > LOOK_FDS_MAX)
			answer->err = -ENODATA; /* it may be one that was not looked at */
	}
	(void)closedir(dir);
}

/* The answer is -ENODATA unless it could be looked for. */
void look_elsewhere(void *data, const struct facts_space *space,
		    const struct facts_elsewhere_asked *asked, struct facts_elsewhere *answer)
{
	_cleanup_close_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct hunt hunt = {
		.proc = proc,
		.netns = space->netns,
		.protocol = asked->protocol,
		.port = asked->port,
	};

	(void)data;
	*answer = (struct facts_elsewhere) { .err = -ENODATA };
	if (proc < 0 || asked->pid <= 0)
		return;
	hunt.files = namespace_of(proc, asked->pid, "mnt");
	/* The container shares its files with the host, or with the one who looks: the test would
	 * fit every process of the machine. */
	if (hunt.files && hunt.files != namespace_of(proc, getpid(), "mnt") &&
	    hunt.files != namespace_of(proc, 1, "mnt"))
		walk(&hunt, answer);
}
