// SPDX-License-Identifier: GPL-2.0-or-later
// look_told.c - what /proc tells of a process, read from its text
#include "kernel/look_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The kernel writes these texts, but names in them are anybody's: of a program
 * (15 bytes of anything), of a cgroup (a path that may look like another line). So each is found
 * from the end that nobody else can write. Nothing is opened here. */

/* kind: as the link begins, "socket" of "socket:[4711]", "net" of "net:[4026531840]". 0, which no
 * inode is: it leads elsewhere. */
uint64_t look_told_inode(const char *link, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(link, kind, len) == 0 && strncmp(link + len, ":[", 2) == 0
		       ? strtoull(link + len + 2, NULL, 10)
		       : 0;
}

/* The path in the line of that hierarchy, from its slash on. NULL: there is none. A path may hold
 * what looks like another line, so that only what begins one counts. text is that of the file,
 * ended by a NUL. */
static const char *find_cgroup(const char *text, const char *controller)
{
	char wanted[16];

	(void)snprintf(wanted, sizeof(wanted), "%s:/", controller[0] ? controller : "0:");
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		/* A hierarchy of before has a number that says nothing. */
		const char *at = controller[0] ? line + strspn(line, "0123456789") : line;

		if (strncmp(at, wanted, strlen(wanted)) == 0)
			return at + strlen(wanted) - 1;
	}
	return NULL;
}

/* A line of /proc/PID/cgroup: "0::/machine/db", "6:freezer:/db". controller: "" or ":freezer".
 * false: no such hierarchy, or a path that is too long. */
bool look_told_cgroup(const char *text, const char *controller, char *ret_path, size_t size)
{
	const char *at = find_cgroup(text, controller);
	size_t len;

	if (!at)
		return false;
	len = strcspn(at, "\n");
	if (len >= size)
		return false;
	memcpy(ret_path, at, len);
	ret_path[len] = '\0';
	return true;
}

/* "4711 (a name) S 1 …": a name may hold anything, its end is the last parenthesis. The state is a
 * letter: T is stopped by a signal. Behind it stands the parent. One that has ended and was not
 * waited for has a line, too, and nothing else any more. */
int look_told_process(const char *text, struct facts_owner *owner, pid_t *ret_parent)
{
	const char *begin = strchr(text, '('), *end = strrchr(text, ')');
	size_t len;

	/* A file that was cut, or is of another form. */
	if (!begin || !end || end < begin || end[1] != ' ' || end[2] == '\0')
		return -ENODATA;
	if (end[2] == 'Z' || end[2] == 'X')
		return -ENOENT;
	owner->state = end[2];
	*ret_parent = (pid_t)strtol(end + 3, NULL, 10);
	len = (size_t)(end - begin) - 1;
	len = len < sizeof(owner->process) - 1 ? len : sizeof(owner->process) - 1;
	memcpy(owner->process, begin + 1, len);
	owner->process[len] = '\0';
	return 0;
}
