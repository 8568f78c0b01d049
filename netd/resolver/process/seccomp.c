// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp.c - the resolver's system calls: all it needs, each with the reason

#include "resolver/process/seccomp.h"

#include "base/cleanup.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* What is not here ends the process: no open, no exec, no fork, no bind, no listen, no kill, no
 * ptrace, no new namespace. */
static const int allowed[] = {
	/* The loop: wait for descriptors, watch and forget them; an epoll set for each container,
	 * and another when libev finds the kernel's out of step. */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(close),

	/* Questions and answers over UDP, TCP and the channel; c-ares and TCP use the plain ones.
	 */
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(read),
	SCMP_SYS(write), /* and the log */
	SCMP_SYS(writev),

	/* Sockets: clients that connect, upstreams and relay targets we connect to (socket() itself
	 * is allowed by family and type below). */
	SCMP_SYS(accept4),
	SCMP_SYS(connect),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(fcntl), /* O_NONBLOCK on what arrives */
	SCMP_SYS(dup3),	 /* a container's socket in the place of one that c-ares made */

	/* The relay: bytes from socket to socket without a copy. */
	SCMP_SYS(pipe2),
	SCMP_SYS(splice),

	/* The plumber's page of shared memory: its size, and unmapping it (mmap() is
	 * below: never executable). */
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), /* what glibc makes of fstat */
	SCMP_SYS(munmap),

	/* malloc. */
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),

	/* Ids of questions, keys of hash tables. */
	SCMP_SYS(getrandom),

	/* Clocks, where the vDSO cannot read them. */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),

	/* Locks inside glibc; who we are, for HELLO; the end. */
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* Asked for by libraries out of habit, and nothing is lost when they are told that it is not there:
 * c-ares looks for its files and for the host's name. */
static const struct {
	int number, err;
} refused[] = {
	{ SCMP_SYS(open), ENOENT },	{ SCMP_SYS(openat), ENOENT },
	{ SCMP_SYS(access), ENOENT },	{ SCMP_SYS(faccessat), ENOENT },
	{ SCMP_SYS(readlink), ENOENT }, { SCMP_SYS(stat), ENOENT },
	{ SCMP_SYS(uname), EPERM },	{ SCMP_SYS(sched_yield), ENOSYS },
};

/* Only the internet, only datagrams and streams; SOCK_CLOEXEC and SOCK_NONBLOCK are beside the
 * type. */
static int allow_sockets(scmp_filter_ctx filter)
{
	static const unsigned families[] = { AF_INET, AF_INET6 },
			      types[] = { SOCK_DGRAM, SOCK_STREAM };
	const unsigned type_mask = 0xf;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (size_t j = 0; j < ARRAY_SIZE(types); j++) {
			int err =
				seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
						 SCMP_A0(SCMP_CMP_EQ, families[i], 0),
						 SCMP_A1(SCMP_CMP_MASKED_EQ, type_mask, types[j]));

			if (err < 0)
				return err;
		}
	return 0;
}

/* How much a pipe of the relay holds; glibc asks whether a stream is a terminal. */
static int allow_ioctl(scmp_filter_ctx filter)
{
	const unsigned mask = ~0U;
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				   SCMP_A1(SCMP_CMP_MASKED_EQ, mask, FIONREAD));

	if (err == 0)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_NE, FIONREAD, 0));
	return err;
}

/* No new code: nothing executable is mapped, and mprotect is not on the list. */
static int allow_mmap(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int fill(scmp_filter_ctx filter)
{
	int err = allow_sockets(filter);

	if (err == 0)
		err = allow_mmap(filter);
	if (err == 0)
		err = allow_ioctl(filter);

	for (size_t i = 0; i < ARRAY_SIZE(allowed) && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(refused) && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].err),
				       refused[i].number, 0);
	/* Sorted by hash, not tried one after the other: a filter is run for every system call. */
	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return err;
}

int seccomp_seal(struct error *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err;

	if (filter == NULL)
		return error_set(error, ERROR_INTERNAL, "out of memory for the system call filter");
	err = fill(filter);
	if (err == 0)
		err = seccomp_load(filter);
	seccomp_release(filter);
	if (err < 0)
		return error_system(error, err, "cannot load the system call filter");
	return 0;
}
