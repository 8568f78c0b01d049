// SPDX-License-Identifier: GPL-2.0-or-later
// narrow.c - what a process that looks and judges may take and do: memory, time, system calls
#include "kernel/narrow.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Theory of operation. netd-explain parses rulesets, files and saved facts of strangers, a process
 * for each question, in a few milliseconds. libseccomp would take it a tenth of a second to make a
 * filter. So the filter here is as simple as one can be, a comparison for each call that is
 * allowed, and is put together at once; of a call that it allows whatever its arguments are the
 * kernel remembers that (since 5.11), and does not run it again.
 *
 * The layout of a filter, as BPF instructions over struct seccomp_data:
 * the architecture is compared: another one ends the process
 * the number of the call is loaded
 * for each call that is allowed: compare, return "allow"
 * for each call with a rule: compare, load the argument, mask it, compare, return
 * return "EPERM"
 * A call that is refused fails. It does not end the process, so a program that lacks something can
 * say so. */

/* Bounds of this process alone. A question that takes more than they give was about something that
 * is not normal, and ends here rather than at the host's cost. */
void narrow_limits(bool is_short)
{
	/* When memory is short, this process is to be ended before others: it holds nothing that
	 * anybody needs. */
	static const char first_to_go[] = "500\n";
	const struct rlimit memory = { EXPLAIN_MEMORY_MAX, EXPLAIN_MEMORY_MAX };
	const struct rlimit time = { EXPLAIN_S, EXPLAIN_S + 1 }, core = { 0, 0 };
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* What is not set is no reason to say nothing about a network that is broken. The result is
	 * not looked at: the file may be missing, and the limits may be lower already. */
	if (fd >= 0)
		(void)!write(fd, first_to_go, sizeof(first_to_go) - 1);
#if !defined(__SANITIZE_ADDRESS__) /* its shadow takes 20 TiB */
	(void)setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory;
#endif
	/* Not for a look that goes on until somebody ends it. */
	if (is_short)
		(void)setrlimit(RLIMIT_CPU, &time);
	/* A core would hold what was read with root's rights. */
	(void)setrlimit(RLIMIT_CORE, &core);
}

/* ---- calls ---- */

/* Of machines with calls of 64 bits; others have some of them under other names. ARCH 0 means that
 * there is no filter: the process runs with its limits alone. */
#if defined(__SANITIZE_ADDRESS__)
#define ARCH 0 /* at the end it stops the process from a thread of its own */
#elif defined(__x86_64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER == __LITTLE_ENDIAN
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#else
#define ARCH 0
#endif

/* Files and descriptors, malloc, clocks, and what the C library does at any time. What any judging
 * needs: it reads files and writes its answer. No sockets, no processes. */
static const int to_judge[] = {
	SYS_read,	    SYS_pread64,      SYS_readv,  SYS_write,
	SYS_writev,	    SYS_close,	      SYS_lseek,  SYS_fstat,
	SYS_newfstatat,	    SYS_statx,	      SYS_fcntl,  SYS_getdents64,
	SYS_readlinkat,	    SYS_faccessat,    SYS_brk,	  SYS_munmap,
	SYS_mremap,	    SYS_madvise,      SYS_futex,  SYS_getrandom,
	SYS_clock_gettime,  SYS_gettimeofday, SYS_getpid, SYS_gettid,
	SYS_getuid,	    SYS_geteuid,      SYS_uname,  SYS_rt_sigaction,
	SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_tgkill, SYS_restart_syscall,
	SYS_exit,	    SYS_exit_group,   SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
#ifdef SYS_access /* old ones, which glibc prefers where they are */
	SYS_access,
#endif
#ifdef SYS_readlink
	SYS_readlink,
#endif
#ifdef SYS_stat
	SYS_stat,	    SYS_lstat,
#endif
#ifdef SYS_time
	SYS_time,
#endif
};

/* Files below a container's root, read by a child, whose a socket is, the connection that is tried,
 * and the tracer, which was started before. fsopen and fsmount: a procfs of a namespace, mounted
 * nowhere (kernel/sysctl.c). What looking needs beyond that. */
static const int to_look[] = {
	SYS_socketpair,
	SYS_close_range,
	SYS_getppid,
	SYS_set_robust_list,
	SYS_openat2,
	SYS_statfs,
	SYS_fstatfs,
	SYS_ioctl,
	SYS_connect,
	SYS_bind,
	SYS_sendto,
	SYS_recvfrom,
	SYS_sendmsg,
	SYS_recvmsg,
	SYS_setsockopt,
	SYS_getsockopt,
	SYS_getsockname,
	SYS_getpeername,
	SYS_shutdown,
	SYS_pidfd_open,
	SYS_pidfd_getfd,
	SYS_pidfd_send_signal,
	SYS_fsopen,
	SYS_fsmount,
	SYS_wait4,
	SYS_waitid,
	SYS_kill,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_prctl,
	SYS_sched_getaffinity,
};

/* What is left to who copies packets from what is open to what is open. */
static const int to_copy[] = {
	SYS_read,	   SYS_write,	 SYS_close,    SYS_fcntl,	 SYS_brk,
	SYS_munmap,	   SYS_mremap,	 SYS_madvise,  SYS_futex,	 SYS_getrandom,
	SYS_clock_gettime, SYS_getpid,	 SYS_gettid,   SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn,  SYS_tgkill,	 SYS_exit,     SYS_exit_group,	 SYS_restart_syscall,
	SYS_ppoll,	   SYS_sendto,	 SYS_recvfrom, SYS_recvmsg,	 SYS_getsockopt,
	SYS_getsockname,   SYS_shutdown,
#ifdef SYS_poll
	SYS_poll,
#endif
};

/* The most values that one rule below has. */
#define RULE_VALUES 4

/* A call that is allowed as long as this part of one of its arguments is one of these. */
struct rule {
	int call;
	unsigned int argument;
	uint32_t mask, values[RULE_VALUES];
	size_t n;
};

/* A file may be opened for reading and in no other way. */
#define WRITES (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND)
/* A child may be started, but never with a namespace of its own. */
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)
/* The kernel's clone(2) has its arguments in another order there. */
#if defined(__s390x__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif
#define FSCONFIG_CREATE 6 /* FSCONFIG_CMD_CREATE, in <sys/mount.h> or <linux/mount.h> */

/* Memory is never made executable. */
static const struct rule to_judge_rules[] = {
	{ SYS_openat, 2, WRITES, { O_RDONLY }, 1 },
#ifdef SYS_open
	{ SYS_open, 1, WRITES, { O_RDONLY }, 1 },
#endif
	{ SYS_mmap, 2, PROT_EXEC, { 0 }, 1 },
	{ SYS_mprotect, 2, PROT_EXEC, { 0 }, 1 },
};

static const struct rule to_copy_rules[] = {
	{ SYS_mmap, 2, PROT_EXEC, { 0 }, 1 },
};

/* Sockets of the families that are needed and no others; of bpf(2) only the question which programs
 * are there; of namespaces only those of networks may be entered. */
static const struct rule to_look_rules[] = {
	{ SYS_socket, 0, UINT32_MAX, { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK }, 4 },
	{ SYS_setns, 1, UINT32_MAX, { CLONE_NEWNET }, 1 },
	{ SYS_clone, CLONE_FLAGS, NAMESPACES, { 0 }, 1 },
	{ SYS_bpf, 0, UINT32_MAX, { BPF_PROG_QUERY }, 1 },
	{ SYS_fsconfig, 1, UINT32_MAX, { FSCONFIG_CREATE }, 1 },
};

/* Put together on the stack, loaded and forgotten. */
struct filter {
	struct sock_filter code[512];
	unsigned short n;
};

static void put(struct filter *filter, struct sock_filter insn)
{
	/* All lists together are known when this is compiled (below). */
	filter->code[filter->n++] = insn;
}

static void put_return(struct filter *filter, uint32_t what)
{
	put(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

/* Allowed if what was loaded is this. Two instructions: if the accumulator is not this value, the
 * return is skipped. */
static void put_allowed(struct filter *filter, uint32_t value)
{
	put(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	put_return(filter, SECCOMP_RET_ALLOW);
}

/* Loads a word of struct seccomp_data into the accumulator. */
static void put_load(struct filter *filter, size_t offset)
{
	put(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* The lower half: the upper one is not the kernel's business in any of them. */
static size_t offset_of(unsigned int argument)
{
	return offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t) +
	       (__BYTE_ORDER == __BIG_ENDIAN ? sizeof(uint32_t) : 0);
}

/* Without a match the jump leads behind the rule, with the call's number still loaded. A rule that
 * matches always returns, so that what it has loaded is seen by nobody behind it. */
static void put_rule(struct filter *filter, const struct rule *rule)
{
	/* Over the load, the mask, a pair for each value, and the refusal. */
	uint8_t over = (uint8_t)(2 + 2 * rule->n + 1);

	put(filter,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->call, 0, over));
	put_load(filter, offset_of(rule->argument));
	put(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rule->mask));
	for (size_t i = 0; i < rule->n; i++)
		put_allowed(filter, rule->values[i]);
	put_return(filter, SECCOMP_RET_ERRNO | EPERM);
}

/* Rules come behind the plain calls: they are rarer. */
static void put_list(struct filter *filter, const int *calls, size_t n_calls,
		     const struct rule *rules, size_t n_rules)
{
	for (size_t i = 0; i < n_calls; i++)
		put_allowed(filter, (uint32_t)calls[i]);
	for (size_t i = 0; i < n_rules; i++)
		put_rule(filter, &rules[i]);
}

/* What every one of these begins with. */
static void begin(struct filter *filter)
{
	/* A call by the numbers of another machine (32 bits) is none. The kernel's own number of
	 * the architecture is part of what a filter sees. */
	put_load(filter, offsetof(struct seccomp_data, arch));
	put(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	put_return(filter, SECCOMP_RET_KILL_PROCESS);
	put_load(filter, offsetof(struct seccomp_data, nr));
}

/* The bound is checked when this is compiled: 2 instructions a call, 4 and 2 for each value a rule,
 * and 5 at both ends. */
static void fill(struct filter *filter, bool looks)
{
	_Static_assert(2 * (ARRAY_SIZE(to_judge) + ARRAY_SIZE(to_look)) +
				       (4 + 2 * RULE_VALUES) * (ARRAY_SIZE(to_judge_rules) +
								ARRAY_SIZE(to_look_rules)) +
				       5 <=
			       ARRAY_SIZE(filter->code),
		       "room for all");

	begin(filter);
	put_list(filter, to_judge, ARRAY_SIZE(to_judge), to_judge_rules,
		 ARRAY_SIZE(to_judge_rules));
	if (looks)
		put_list(filter, to_look, ARRAY_SIZE(to_look), to_look_rules,
			 ARRAY_SIZE(to_look_rules));
	/* The end of every list. */
	put_return(filter, SECCOMP_RET_ERRNO | EPERM);
}

/* no_new_privs is what lets a process without CAP_SYS_ADMIN load a filter. */
static int load(struct filter *filter)
{
	const struct sock_fprog program = { .len = filter->n, .filter = filter->code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return -errno;
	return 0;
}

/* looks: the process still asks the kernel. Without it, it only judges what it has. A filter that
 * is loaded later is added to those before: a call must be allowed by all of them. */
int narrow_calls(bool looks)
{
	struct filter filter = { .n = 0 };

	if (ARCH == 0)
		return 0;
	fill(&filter, looks);
	return load(&filter);
}

/* Fewer than the others, so there is room. */
int narrow_to_copy(void)
{
	struct filter filter = { .n = 0 };

	if (ARCH == 0)
		return 0;
	begin(&filter);
	put_list(&filter, to_copy, ARRAY_SIZE(to_copy), to_copy_rules, ARRAY_SIZE(to_copy_rules));
	put_return(&filter, SECCOMP_RET_ERRNO | EPERM);
	return load(&filter);
}
