// SPDX-License-Identifier: GPL-2.0-or-later
// ports_holder.c - finds the program that holds a port
#include "kernel/ports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* States of include/net/tcp_states.h, as /proc/net/{tcp,udp} print them. A port in TIME_WAIT
 * belongs to the kernel, and to no process. */
enum { SOCKET_TIME_WAIT = 6, SOCKET_CLOSED = 7, SOCKET_LISTEN = 10 };

/* Theory of operation. Only for the words of a refusal: the port is taken, and the reader wants to
 * know by whom. The kernel says which socket has it (/proc/net/tcp and its kin, by inode), and the
 * process that has a descriptor of that inode is looked for among those of this namespace. All of
 * it may have changed meanwhile, so "cannot be found" is an answer, too, and nothing is decided by
 * it.
 *
 * The words are a name and a process id, as in "nginx (pid 4711)". */

/* What is looked for, and what is the best guess so far. */
struct search {
	uint8_t protocol;
	const struct addr *addr;
	uint16_t port;
	unsigned long inode; /* of the socket that holds it; 0: not found */
	bool listens;	     /* that one listens: no other can be a better guess */
	bool closing;	     /* a connection in TIME_WAIT was seen; it belongs to nobody */
};

/* Columns of /proc/net/{tcp,udp}{,6}, between blanks. Counted from 0: the number of the entry,
 * local address, remote address, state, and so on. */
enum { COLUMN_LOCAL = 1, COLUMN_STATE = 3, COLUMN_INODE = 9, N_COLUMNS };

/* "0100007F:1F90": the address as 32-bit words in host order, the port as a number. Exactly 8
 * digits a word, a colon, and 4 digits. false: another form, such as that of the heading. */
static bool local_parse(const char *text, uint8_t family, struct addr *ret_addr, uint16_t *ret_port)
{
	size_t n_words = family == AF_INET ? 1 : 4;
	struct addr addr = { .family = family };

	if (strlen(text) != n_words * 8 + 5 || text[n_words * 8] != ':')
		return false;
	for (size_t i = 0; i < n_words; i++) {
		char digits[9] = "";
		uint32_t word;

		memcpy(digits, text + i * 8, 8);
		/* Word by word, in the order in which the kernel prints them: the bytes lie as
		 * they did in its memory. */
		word = (uint32_t)strtoul(digits, NULL, 16);
		memcpy(addr.bytes + i * sizeof(word), &word, sizeof(word));
	}
	*ret_addr = addr;
	*ret_port = (uint16_t)strtoul(text + n_words * 8 + 1, NULL, 16);
	return true;
}

/* An IPv6 socket for all addresses may hold the port for IPv4 too, and one bound to a mapped
 * address does. Whether it is for IPv6 only is not told, so it may be blamed wrongly, after all
 * IPv4 sockets have been looked at. held is what the kernel lists, wanted what was refused. mapped:
 * ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
static bool addr_clashes(const struct addr *held, const struct addr *wanted)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (addr_is_any(held) || (addr_is_any(wanted) && held->family == wanted->family))
		return true;
	if (held->family == wanted->family)
		return addr_equal(held, wanted);
	return held->family == AF_INET6 && memcmp(held->bytes, mapped, sizeof(mapped)) == 0 &&
	       (addr_is_any(wanted) || memcmp(held->bytes + sizeof(mapped), wanted->bytes, 4) == 0);
}

/* A listener is the best explanation, a bound socket of UDP as well. Of others the last one
 * counts. */
static void consider(struct search *search, unsigned long state, unsigned long inode)
{
	if (state == SOCKET_TIME_WAIT)
		search->closing = true;
	/* inode 0 is a socket in TIME_WAIT, or one that no process has any more. */
	if (inode == 0 || search->listens)
		return;
	search->inode = inode;
	/* UDP sockets that are bound have the state that TCP calls closed. */
	search->listens = state == SOCKET_LISTEN || state == SOCKET_CLOSED;
}

/* The line is cut up where it stands. A line with fewer columns is none. */
static void consider_line(struct search *search, char *line, uint8_t family)
{
	char *columns[N_COLUMNS] = { NULL }, *next = NULL;
	struct addr addr;
	uint16_t port;

	for (size_t i = 0; i < N_COLUMNS; i++) {
		columns[i] = strtok_r(i == 0 ? line : NULL, " ", &next);
		if (!columns[i])
			return;
	}
	/* The heading fails here. */
	if (!local_parse(columns[COLUMN_LOCAL], family, &addr, &port))
		return;
	if (port == search->port && addr_clashes(&addr, search->addr))
		consider(search, strtoul(columns[COLUMN_STATE], NULL, 16),
			 strtoul(columns[COLUMN_INODE], NULL, 10));
}

/* A table of the kernel is made as it is read, so it may be of several moments. A table that cannot
 * be read has no lines: a kernel without IPv6 has no tcp6. */
static void search_table(struct search *search, uint8_t family)
{
	char path[32], *line = NULL;
	size_t size = 0;
	FILE *file;

	/* The calling thread's netns; /proc/net is that of the process's first thread. */
	(void)snprintf(path, sizeof(path), "/proc/thread-self/net/%s%s",
		       search->protocol == IPPROTO_UDP ? "udp" : "tcp",
		       family == AF_INET ? "" : "6"); /* fits: 26 */
	file = fopen(path, "re");
	if (!file)
		return;
	/* The first listener ends the search: two cannot be on one port. */
	while (!search->listens && getline(&line, &size, file) > 0)
		consider_line(search, line, family);
	free(line);
	(void)fclose(file); /* only read */
}

/* link is "socket:[INODE]", as the descriptor's link reads. false, too, for a process that may not
 * be looked at. */
static bool process_has_socket(int proc_fd, const char *pid, const char *link)
{
	char path[32], target[64];
	struct dirent *entry;
	bool found = false;
	int fd;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%.10s/fd", pid); /* fits: 13 */
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	dir = fdopendir(fd); /* owns fd when it succeeds */
	if (!dir) {
		(void)close(fd);
		return false;
	}
	while (!found && (entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (len <= 0)
			continue;
		target[len] = '\0';
		found = strcmp(target, link) == 0;
	}
	(void)closedir(dir);
	return found;
}

/* Two processes in one namespace see the same inode there. fstatat(2) follows the link to the
 * namespace. */
static bool process_is_here(int proc_fd, const char *pid, ino_t netns)
{
	struct stat st;
	char path[32];

	(void)snprintf(path, sizeof(path), "%.10s/ns/net", pid); /* fits: 17 */
	return fstatat(proc_fd, path, &st, 0) == 0 && st.st_ino == netns;
}

/* A process that has ended meanwhile is "a program". comm is cut at 15 characters by the kernel,
 * and any program may set its own: what moves a terminal's cursor is not passed on. */
static void process_describe(int proc_fd, const char *pid, char *ret_text, size_t size)
{
	char path[32], name[32];
	ssize_t len = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%.10s/comm", pid); /* fits: 15 */
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, name, sizeof(name) - 1);
		(void)close(fd);
	}
	if (len <= 0)
		len = snprintf(name, sizeof(name), "a program"); /* it has just ended */
	name[len] = '\0';
	/* The last is the newline that the kernel adds. */
	if (len > 0 && name[len - 1] == '\n')
		name[len - 1] = '\0';
	for (char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	(void)snprintf(ret_text, size, "%s (pid %.10s)", name, pid); /* cut is fine */
}

/* Only processes of this netns: a container's thousands need not be looked through. -ENOENT: nobody
 * has it, or whoever has it may not be looked at. ret_text: "nginx (pid 4711)". */
static int search_processes(unsigned long inode, char *ret_text, size_t size)
{
	DIR *proc = opendir("/proc");
	int err = -ENOENT;
	struct dirent *entry;
	struct stat self;
	char link[32];

	if (!proc)
		return -errno;
	(void)snprintf(link, sizeof(link), "socket:[%lu]", inode); /* fits: 29 */
	if (stat("/proc/thread-self/ns/net", &self) < 0)
		err = -errno;
	while (err == -ENOENT && (entry = readdir(proc))) {
		const char *pid = entry->d_name;

		/* Everything in /proc that is not a process has another name. */
		if (pid[0] < '1' || pid[0] > '9' || strlen(pid) > 10)
			continue;
		if (!process_is_here(dirfd(proc), pid, self.st_ino) ||
		    !process_has_socket(dirfd(proc), pid, link))
			continue;
		process_describe(dirfd(proc), pid, ret_text, size);
		err = 0;
	}
	(void)closedir(proc);
	return err;
}

/* SCTP and others have no such tables. 0 with ret_text filled; -ENOENT: nobody was found. */
int ports_holder(uint8_t protocol, const struct addr *addr, uint16_t port, char *ret_text,
		 size_t size)
{
	struct search search = { .protocol = protocol, .addr = addr, .port = port };

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return -ENOENT;
	/* IPv4 first, for an IPv6 socket is only a guess there. */
	if (addr->family == AF_INET)
		search_table(&search, AF_INET);
	if (search.inode == 0)
		search_table(&search, AF_INET6);
	if (search.inode != 0)
		return search_processes(search.inode, ret_text, size);
	if (!search.closing)
		return -ENOENT;
	(void)snprintf(ret_text, size, "connections that are being closed (TIME_WAIT)");
	return 0;
}
