// SPDX-License-Identifier: GPL-2.0-or-later
// fdkind.c - what a descriptor is that somebody else has handed us, and memory to hand out
#include "kernel/fdkind.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* linux/memfd.h, since 6.3 */
#endif

/* Theory of operation. The resolver is not trusted, and descriptors come from it. Only the
 * kernel's own answers about a descriptor are used, never the sender's words. Whatever cannot be
 * asked counts as a mismatch. */

/* An option of a socket as a number; -1 where it cannot be asked. No option that is asked for here
 * can be -1. */
static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -1 : value;
}

/* 0: it has none. SIOCGSKNS opens the network namespace of the socket. It takes CAP_NET_ADMIN in
 * that namespace. */
static uint64_t netns_of(int fd)
{
	_cleanup_close_ int netns = ioctl(fd, SIOCGSKNS);
	struct stat status;

	/* No descriptor means no answer, and 0 is no namespace's number. */
	return netns < 0 || fstat(netns, &status) < 0 ? 0 : status.st_ino;
}

/* The kernel's word on where the socket is bound. */
static bool is_bound_to(int fd, const struct addr *addr, uint16_t port)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t len = sizeof(bound);
	struct addr its_addr;
	uint16_t its_port;

	return getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
	       addr_from_sockaddr((const struct sockaddr *)&bound, &its_addr, &its_port) &&
	       addr_equal(&its_addr, addr) && its_port == port;
}

/* The domain comes first: others (unix, netlink) know some of the options, too. A socket is taken
 * only if everything fits: its family, its type, that it listens or not, its namespace and its
 * place. */
bool fdkind_is_socket(int fd, const struct fdkind_socket *want)
{
	int domain = option_of(fd, SO_DOMAIN);

	return (domain == AF_INET || domain == AF_INET6) && option_of(fd, SO_TYPE) == want->type &&
	       option_of(fd, SO_ACCEPTCONN) == (want->listening ? 1 : 0) &&
	       netns_of(fd) == want->netns_inode &&
	       (!want->addr || is_bound_to(fd, want->addr, want->port));
}

/* A named pipe counts as well: both behave alike. */
bool fdkind_is_pipe(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* Memory that the sender shrinks later would end the reader with SIGBUS. The seals forbid that. */
bool fdkind_is_memory(int fd, size_t size)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;

	return seals >= 0 && (seals & wanted) == wanted && fstat(fd, &status) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size == (off_t)size;
	/* A size that can still change is not the size that was checked. */
}

/* Memory without a place in a filesystem. It may be sealed, and where the kernel can say so,
 * nothing in it can ever be run. */
int fdkind_new_memory(const char *name)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* Linux before 6.3 */
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : fd;
}

/* Whether a descriptor's number shows that few are left. The kernel gives the lowest free number,
 * so one close to the limit means that nearly all below are taken. */
bool fdkind_is_scarce(int fd)
{
	struct rlimit limit;

	/* Small numbers are never scarce: the limit itself may be small, in tests for example. */
	return fd > PORTS_FDS_LEFT && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       (rlim_t)fd + PORTS_FDS_LEFT >= limit.rlim_cur;
}
