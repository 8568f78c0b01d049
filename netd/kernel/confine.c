// SPDX-License-Identifier: GPL-2.0-or-later
// confine.c - what the plumber's short-lived children give up before they begin
#include "kernel/confine.h"

#include "base/cleanup.h"
#include "base/program.h"
#include "kernel/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. The plumber's children read what the kernel dumps, and some of that is
 * under the influence of containers. So each gives up its rights first: capabilities but for
 * CAP_NET_ADMIN, and the walker all system calls but those on its list. A filter takes libseccomp
 * a tenth of a second, and some memory that may be missing at a bad moment; so it is made once in
 * advance, as a program of BPF, and loaded by each child (base/program.h). */

/* CAP_NET_ADMIN is for what netlink tells of the network, CAP_DAC_READ_SEARCH for files that belong
 * to somebody else. */
int confine_reader(void)
{
	return caps_keep(CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_DAC_READ_SEARCH));
}

/* The socket, malloc, the log, and what the C library does at any time. */
static const int walk[] = { SCMP_SYS(bind),	     SCMP_SYS(getsockname),
			    SCMP_SYS(getsockopt),    SCMP_SYS(setsockopt),
			    SCMP_SYS(send),	     SCMP_SYS(sendto),
			    SCMP_SYS(sendmsg),	     SCMP_SYS(recv),
			    SCMP_SYS(recvfrom),	     SCMP_SYS(recvmsg),
			    SCMP_SYS(poll),	     SCMP_SYS(ppoll),
			    SCMP_SYS(close),	     SCMP_SYS(write),
			    SCMP_SYS(writev),	     SCMP_SYS(brk),
			    SCMP_SYS(munmap),	     SCMP_SYS(mremap),
			    SCMP_SYS(madvise),	     SCMP_SYS(futex),
			    SCMP_SYS(getpid),	     SCMP_SYS(gettid),
			    SCMP_SYS(sched_yield),   SCMP_SYS(getrandom),
			    SCMP_SYS(nanosleep),     SCMP_SYS(clock_nanosleep),
			    SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigprocmask),
			    SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigreturn),
			    SCMP_SYS(tgkill),	     SCMP_SYS(restart_syscall),
			    SCMP_SYS(sigaltstack), /* asked for its own by the sanitizer */
			    SCMP_SYS(exit),	     SCMP_SYS(exit_group) };

/* Allows a call when one argument, masked, has that value. The mask says how many bits of the
 * argument the kernel looks at. */
static int allow_value(scmp_filter_ctx filter, int call, unsigned int argument, uint64_t mask,
		       uint64_t value)
{
	const struct scmp_arg_cmp compare = {
		.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
	};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &compare);
}

/* Whether an address is the host's own is asked with a datagram socket (conntrack.c). */
static int fill_walk(scmp_filter_ctx filter)
{
	static const uint64_t families[] = { AF_NETLINK, AF_INET, AF_INET6 };
	int err = 0;

	/* Netlink for the dump, and one socket to ask for local addresses. No unix sockets, no
	 * packets. */
	for (size_t i = 0; i < ARRAY_SIZE(families) && err == 0; i++)
		err = allow_value(filter, SCMP_SYS(socket), 0, UINT32_MAX, families[i]);
	if (err == 0)
		/* Memory may be mapped, but never memory that can run: a filter that lets code in
		 * is none. mmap2 is the same call on machines of 32 bits. */
		err = allow_value(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
	if (err == 0)
		err = allow_value(filter, SCMP_SYS(mmap2), 2, PROT_EXEC, 0);
	for (size_t i = 0; i < ARRAY_SIZE(walk) && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, walk[i], 0);
	return err;
}

/* --- netd-trace ------------------------------------------------------------------------------- */

/* Pipes, kallsyms from its beginning, malloc, and what the C library does at any time. */
static const int trace[] = { SCMP_SYS(read),	      SCMP_SYS(write),
			     SCMP_SYS(lseek),	      SCMP_SYS(_llseek),
			     SCMP_SYS(poll),	      SCMP_SYS(ppoll),
			     SCMP_SYS(close),	      SCMP_SYS(brk),
			     SCMP_SYS(munmap),	      SCMP_SYS(mremap),
			     SCMP_SYS(madvise),	      SCMP_SYS(futex),
			     SCMP_SYS(getpid),	      SCMP_SYS(gettid),
			     SCMP_SYS(sched_yield),   SCMP_SYS(getrandom),
			     SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigprocmask),
			     SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigreturn),
			     SCMP_SYS(tgkill),	      SCMP_SYS(restart_syscall),
			     SCMP_SYS(sigaltstack),   SCMP_SYS(exit),
			     SCMP_SYS(exit_group) };

/* The programs stay as they were loaded. */
static int fill_trace(scmp_filter_ctx filter)
{
	/* Maps are read and written, for the addresses and ports that are followed come in while it
	 * runs. Nothing more is loaded or attached. */
	static const uint64_t commands[] = { BPF_MAP_UPDATE_ELEM, BPF_MAP_LOOKUP_ELEM,
					     BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands) && err == 0; i++)
		err = allow_value(filter, SCMP_SYS(bpf), 0, UINT32_MAX, commands[i]);
	if (err == 0)
		err = allow_value(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
	if (err == 0)
		err = allow_value(filter, SCMP_SYS(mmap2), 2, PROT_EXEC, 0);
	for (size_t i = 0; i < ARRAY_SIZE(trace) && err == 0; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, trace[i], 0);
	return err;
}

/* Runs in a child of base/program.h, for libseccomp may end a process that has no memory left. The
 * filter is written as instructions of BPF, which the parent keeps. */
static int write_filter(int out, int (*fill)(scmp_filter_ctx filter))
{
	/* Everything else fails with EPERM instead of killing: the child tells then why it could
	 * not do its work. */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = filter ? fill(filter) : -ENOMEM;

	if (err == 0)
		err = seccomp_export_bpf(filter, out);
	seccomp_release(filter);
	return err;
}

static int write_trace(int out, const void *data)
{
	(void)data;
	return write_filter(out, fill_trace);
}

/* Between begin and finish a child makes the filter while the parent does something else. */
static struct program_maker tracer_maker;

int confine_tracer_begin(struct error *error)
{
	return program_begin(write_trace, NULL, &tracer_maker, error);
}

/* It is made once and loaded as often as somebody asks. */
static struct program tracer; /* len 0: it is not made yet */

int confine_tracer_finish(struct error *error)
{
	int err = tracer.len > 0 ? 0 : program_finish(&tracer_maker, &tracer, error);

	/* Half a filter would be another filter. */
	if (err < 0)
		tracer.len = 0;
	return err;
}

/* The filter is loaded into the calling process and cannot be taken off again. */
int confine_tracer(struct error *error)
{
	int err = confine_tracer_finish(error);

	return err < 0 ? err : program_load(&tracer, 0, error);
}

/* --- the walker ------------------------------------------------------------------------------- */

static int write_walk(int out, const void *data)
{
	(void)data;
	return write_filter(out, fill_walk);
}

static struct program walker; /* len 0: it is not made yet */

/* Makes the walker's filter and waits for it. The plumber does so at its start, when there is time
 * and memory for it. */
int confine_prepare(struct error *error)
{
	struct program_maker maker;
	int err = program_begin(write_walk, NULL, &maker, error);

	if (err == 0)
		err = program_finish(&maker, &walker, error);
	/* Half a filter would be another filter. */
	if (err < 0)
		walker.len = 0;
	return err;
}

/* Gives up what a child that walks the table of flows does not need. The error's words are not
 * read: the caller tells of a number. */
int confine_walker(void)
{
	struct error error;
	/* Capabilities before the filter: capset(2) is not on its list. */
	int err = caps_keep(CAPS_BIT(CAP_NET_ADMIN));

	/* It is made now where nobody did so before. That takes memory, which may be why it
	 * fails. */
	if (err == 0 && walker.len == 0)
		err = confine_prepare(&error);
	if (err == 0)
		err = program_load(&walker, 0, &error);
	return err == -EIO ? -ENOMEM : err; /* libseccomp failed, as it does for want of memory */
}

/* Each child has it with the right to write: one that is subverted would choose the filter of those
 * behind it. Writes the walker's filter into memory that children inherit. */
int confine_hand_over(int fd)
{
	/* Sealed against everything, also against taking the seals off. */
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct error error;
	int err = walker.len == 0 ? confine_prepare(&error) : 0;

	if (err < 0)
		return err;
	/* Written before it is sealed; from then on nobody can change it. */
	if (pwrite(fd, walker.code, walker.len, 0) != (ssize_t)walker.len)
		return -EIO;
	return fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

/* Half of one would be another filter. Reads the filter that somebody else has made, in the place
 * of making one. */
int confine_take_over(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	/* A length that no filter can have: whoever handed it over was not netd. */
	if (status.st_size <= 0 || status.st_size > (off_t)sizeof(walker.code) ||
	    status.st_size % (off_t)(2 * sizeof(walker.code[0][0])) != 0)
		return -EBADMSG;
	if (pread(fd, walker.code, (size_t)status.st_size, 0) != (ssize_t)status.st_size)
		return -EIO;
	walker.len = (size_t)status.st_size;
	return 0;
}
