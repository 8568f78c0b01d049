// SPDX-License-Identifier: GPL-2.0-or-later
// spare.c - a descriptor kept back, for the one connection that must be taken when there are none
#include "base/spare.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A server that has no descriptor left cannot accept a connection, and cannot
 * refuse it either: it stays in the queue, and the loop is woken for it again and again. So one
 * descriptor is kept back. It is closed for a moment, the connection is taken in its place and
 * answered or closed, and the spare is opened again. */

/* A socket of its own and no copy of some descriptor: it stands in for an open file of the machine
 * (ENFILE) as well as for one of the process (EMFILE). syscalls: socket */
void spare_keep(struct spare *spare)
{
	int fd;

	/* 0 stands for none, so that a zeroed struct is right; a socket that got descriptor 0 is
	 * not used. */
	if (spare->fd > 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	spare->fd = fd > 0 ? fd : 0;
}

/* syscalls: close */
void spare_drop(struct spare *spare)
{
	if (spare->fd > 0)
		(void)close(spare->fd);
	spare->fd = 0;
}

/* Errors of accept4(2) that a spare helps against. */
bool spare_is_for(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM;
}

/* The descriptor is the caller's, who closes it and calls spare_keep() then. syscalls: accept4 */
int spare_accept(struct spare *spare, int listening)
{
	int fd;

	if (spare->fd <= 0)
		return -EMFILE;
	/* Closed immediately before accept4(2), so that its place is the one that is found free. */
	spare_drop(spare);
	fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		return fd;
	/* The caller who waited has gone, or somebody else took the place. The spare is to be there
	 * for the next. */
	fd = -errno;
	spare_keep(spare);
	return fd;
}
