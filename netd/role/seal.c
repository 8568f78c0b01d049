// SPDX-License-Identifier: GPL-2.0-or-later
// seal.c - the system calls of a role, when all that is needed at start exists

#include "role/seal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

/* What a process of one loop that talks over a channel cannot do without. What is not here, and not
 * on the role's own list, ends the process: no open, no exec, no fork, no bind, no listen, no kill,
 * no ptrace, no new namespace. */
static const int everybody[] = {
	/* The loop: wait for descriptors, watch and forget them; another epoll set when libev finds
	 * the kernel's out of step. */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(close),

	/* The channel: the plumber connects, and both sides say something; the log. */
	SCMP_SYS(accept4),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(getsockopt),

	/* malloc (mmap() is below: never executable). */
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),

	/* Keys of hash tables. */
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

/* No new code: nothing executable is mapped, and mprotect is on nobody's list. */
static int allow_mmap(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

static int fill(scmp_filter_ctx filter, const struct seal *seal)
{
	int err = seal->add_rules == NULL ? 0 : seal->add_rules(filter);

	if (err == 0)
		err = allow_mmap(filter);
	if (err == 0)
		err = allow(filter, everybody, ARRAY_SIZE(everybody));
	if (err == 0)
		err = allow(filter, seal->allowed, seal->n_allowed);
	/* An error and not the end: libraries make these calls out of habit. */
	for (size_t i = 0; i < seal->n_refused && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)seal->refused[i].err),
				       seal->refused[i].number, 0);
	/* Sorted by hash, not tried one after the other: a filter is run for every system call. */
	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return err;
}

static int write_seal(int out, const void *data)
{
	/* The process and not the thread: a role without its loop would be neither alive nor dead.
	 * The plumber sees it end, and starts another. */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = filter == NULL ? -ENOMEM : fill(filter, data);

	if (err == 0)
		err = seccomp_export_bpf(filter, out);
	seccomp_release(filter);
	return err;
}

int seal_begin(const struct seal *seal, struct program_maker *ret_maker, struct error *error)
{
	return program_begin(write_seal, seal, ret_maker, error);
}
