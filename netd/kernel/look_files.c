// SPDX-License-Identifier: GPL-2.0-or-later
// look_files.c - what a container's own files say of names: its resolv.conf and hosts
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The container decides what lies at a path of its own. A link is followed within its root, and a
 * pipe or a device is not opened as one: opening some has effects. The file is opened by O_PATH
 * first, which has no effect on what lies there, and is looked at. Only a regular file is opened a
 * second time, for reading. */
static int read_file(int root, const char *path, char *ret_text, size_t size)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_close_ int handle = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	/* Both are closed on every way out. */
	_cleanup_close_ int fd = -1;
	char again[32];
	struct stat st;
	ssize_t len;

	if (handle < 0)
		return -errno;
	if (fstat(handle, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	/* By its number and not by its path: the path may be another file by now. */
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", handle); /* fits: 14 and 11 */
	fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		/* The text is read once and up to size. What is longer is cut, and the caller sees
		 * a text that has the whole of its buffer. */
		return -errno;
	len = pread(fd, ret_text, size - 1, 0);
	if (len < 0)
		return -errno;
	ret_text[len] = '\0';
	/* Text, as far as it goes: a NUL would hide the rest. */
	return (size_t)len == strlen(ret_text) ? 0 : -EINVAL;
}

/* The number may be another process's by now, whose files say nothing of this namespace. Whether
 * the process is still in the namespace that the picture is about. */
static bool is_inside(pid_t pid, uint64_t netns)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat(path, &st) == 0 && st.st_ino == netns;
}

/* Runs in the child (look_reader.c) where the files are a container's, and in the process itself
 * for the host's. pid 0: the host. */
void look_files_read(const struct look_files_asked *asked, struct look_files_read *ret_read)
{
	char path[32] = "/";
	_cleanup_close_ int root = -1;

	*ret_read = (struct look_files_read) { 0 };
	if (asked->pid > 0)
		(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)asked->pid);
	/* /proc/PID/root is the process's root, whatever that has mounted. */
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		ret_read->err = -errno;
	/* Asked after the open, so that what was opened is of the process that is looked at. */
	else if (asked->pid > 0 && !is_inside(asked->pid, asked->netns))
		ret_read->err = -ESRCH;
	if (ret_read->err < 0)
		return;
	ret_read->resolv_conf_err = read_file(root, "etc/resolv.conf", ret_read->resolv_conf,
					      sizeof(ret_read->resolv_conf));
	ret_read->hosts_err = read_file(root, "etc/hosts", ret_read->hosts,
					sizeof(ret_read->hosts));
}

/* Without the file there is nothing that it says. Puts one file's text into the picture, or the
 * reason why it is missing. */
static int note(struct look_shot *shot, const char *name, int err, const char *text, char *ret_text)
{
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return facts_missing(shot->space, name, err);
	(void)strcpy(ret_text, text); /* as large, both */
	return 0;
}

/* -ETIME, -ESRCH and no process have sentences of their own. Other failures get the kernel's. */
int look_files(struct look_shot *shot)
{
	const struct look_files_asked asked = { .pid = shot->place->pid,
						.netns = shot->space->netns };
	struct facts_space *space = shot->space;
	struct look_files_read read;
	int err = 0;

	if (strcmp(shot->place->key, "host") != 0 && asked.pid == 0)
		return facts_missing_why(space, "files", "no process of it is known");
	if (asked.pid > 0)
		err = look_reader_ask(&shot->look->reader, &asked, &read);
	else
		look_files_read(&asked, &read);
	if (err == -ETIME)
		return facts_missing_why(space, "files", FACTS_TOOK_TOO_LONG);
	if (err == 0)
		err = read.err;
	if (err == -ESRCH)
		return facts_missing_why(space, "files", "its process is elsewhere by now");
	if (err < 0)
		return err;
	err = note(shot, "resolv.conf", read.resolv_conf_err, read.resolv_conf, space->resolv_conf);
	return err < 0 ? err : note(shot, "hosts", read.hosts_err, read.hosts, space->hosts);
}
