// SPDX-License-Identifier: GPL-2.0-or-later
// spare.c - a descriptor kept back, for the one connection that must be taken when there are none
#include "base/spare.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

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

bool spare_is_for(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS || errnum == ENOMEM;
}

/* syscalls: accept4 */
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
