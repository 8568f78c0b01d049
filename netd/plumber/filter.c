// SPDX-License-Identifier: GPL-2.0-or-later
// filter.c - the system calls that are left to the plumber and to whatever it starts
#include "plumber/filter.h"

#include "base/cleanup.h"
#include "base/program.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>

/* Theory of operation. The plumber is root of the host's network, and remains it. What it can do
 * without is the rest of the kernel: modules, other kernels, other processes' memory, BPF, keys,
 * io_uring, clocks, devices, mounts of its choosing. So the list says what there is, by what it is
 * for, and is generous there: the C library of another year takes another call for the same
 * purpose, and nft(8) and the resolver, which the plumber starts, live under this filter, too.
 *
 * What is not on it fails with ENOSYS and does not end the process: a call too few must cost one
 * request, not the host's networks, and for ENOSYS libraries have another way (clone3, openat2).
 * Each refusal is logged by the kernel (audit, type 1326).
 *
 * Where a call is fine for some of its arguments only, the rule says for which. Pointers cannot be
 * looked into: hence no clone3, whose flags are behind one. */

/* What is read, written and watched: records, containers' files, /proc and /sys, pipes. */
static const char files[] =
	"read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek "
	"_llseek sendfile sendfile64 splice tee pipe pipe2 open openat openat2 creat "
	"close close_range dup dup2 dup3 fcntl fcntl64 flock ioctl fsync fdatasync "
	"syncfs sync_file_range sync_file_range2 truncate truncate64 ftruncate "
	"ftruncate64 fallocate fadvise64 fadvise64_64 arm_fadvise64_64 copy_file_range "
	"access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 fstatat64 "
	"newfstatat statx statfs statfs64 fstatfs fstatfs64 readlink readlinkat "
	"getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat "
	"rename renameat renameat2 link linkat symlink symlinkat chmod fchmod fchmodat "
	"chown chown32 fchown fchown32 lchown lchown32 fchownat utimensat "
	"utimensat_time64 umask inotify_init inotify_init1 inotify_add_watch "
	"inotify_rm_watch memfd_create";

/* socket(2) itself is not here: allow_families says which families it may have. */
static const char sockets[] =
	"bind listen accept accept4 connect shutdown getsockname getpeername getsockopt "
	"setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg "
	"recvmmsg_time64 socketpair";

/* Waiting for something, and the clocks. Nothing sets a clock. */
static const char waits[] =
	"poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 "
	"epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 "
	"eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime "
	"timerfd_settime64 timerfd_gettime timerfd_gettime64 timer_create timer_settime "
	"timer_settime64 timer_delete alarm setitimer getitimer pause nanosleep "
	"clock_nanosleep clock_nanosleep_time64 clock_gettime clock_gettime64 "
	"clock_getres clock_getres_time64 gettimeofday time times futex futex_time64 "
	"futex_waitv sched_yield restart_syscall";

/* mmap and mprotect are not here: allow_mappings looks at their protection. */
static const char memory[] =
	"brk munmap mremap madvise msync mlock munlock mincore membarrier getrandom "
	"get_mempolicy";

/* Itself, what it starts, and whom it ends. clone is not here: allow_namespaces looks at its flags.
 * ptrace and the calls that read other processes' memory are not here either. */
static const char processes[] =
	"fork vfork execve execveat exit exit_group wait4 waitpid waitid kill tkill "
	"tgkill pidfd_open pidfd_send_signal rt_sigaction rt_sigprocmask rt_sigpending "
	"rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 sigaction "
	"sigprocmask sigreturn sigaltstack getpid getppid gettid getpgid getpgrp getsid "
	"setpgid setsid getuid getuid32 geteuid geteuid32 getgid getgid32 getegid "
	"getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 "
	"getrlimit ugetrlimit setrlimit prlimit64 getrusage sysinfo uname getcpu "
	"getpriority sched_getaffinity sched_getparam sched_getscheduler prctl "
	"arch_prctl set_thread_area get_thread_area set_tls set_tid_address "
	"set_robust_list get_robust_list rseq cacheflush riscv_flush_icache "
	"riscv_hwprobe";

/* With these the resolver makes itself small (role/sandbox.c), and the plumber's
 * children do.
 */
static const char giving_up[] =
	"capget capset seccomp setuid setuid32 setgid setgid32 setresuid setresuid32 "
	"setresgid setresgid32 setgroups setgroups32 pivot_root";

/* A procfs that is mounted nowhere (kernel/sysctl.c): a file system without a device and without an
 * option, and no move_mount to put it anywhere. */
static const char own_proc[] = "fsopen fsmount";
#define FSCONFIG_CREATE 6 /* FSCONFIG_CMD_CREATE, in <sys/mount.h> or <linux/mount.h> */

#if defined(__SANITIZE_ADDRESS__)
/* Builds for tests only (make asan): at the end LeakSanitizer stops the process from a thread of
 * its own. */
static const char sanitizers[] = "ptrace personality sched_setaffinity process_vm_readv";
#else
static const char sanitizers[] = "";
#endif

/* Names, for the library may be older than a call, or newer: one that it does not know is none that
 * could be made. */
static int allow(scmp_filter_ctx filter, const char *names)
{
	char name[48];
	int n = 0, err = 0;

	for (; err == 0 && sscanf(names, " %47s%n", name, &n) == 1; names += n) {
		int call = seccomp_syscall_resolve_name(name);

		/* A name that the library does not know is passed over, so the list may be longer
		 * than one architecture or library has. */
		if (call != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	return err;
}

/* Allows a call when one argument, as far as the mask goes, is one of the values. */
static int allow_values(scmp_filter_ctx filter, int call, unsigned int argument, uint64_t mask,
			/* Several rules for one call mean "any of them" to libseccomp. */
			const uint64_t *values, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		const struct scmp_arg_cmp compare = {
			.arg = argument,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = mask,
			.datum_b = values[i],
		};

		err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &compare);
	}
	return err;
}

/* Which programs hang on a link is asked by netd-explain (kernel/look_link.c), which netd starts.
 */
static int allow_bpf_query(scmp_filter_ctx filter)
{
	static const uint64_t query[] = { BPF_PROG_QUERY };

	return allow_values(filter, SCMP_SYS(bpf), 0, UINT32_MAX, query, ARRAY_SIZE(query));
}

/* Unix for the API, D-Bus and the resolver; packet sockets announce addresses. */
static int allow_families(scmp_filter_ctx filter)
{
	static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET };

	return allow_values(filter, SCMP_SYS(socket), 0, UINT32_MAX, families,
			    ARRAY_SIZE(families));
}

/* No memory that can be written and run, and none that becomes runnable. Code that was injected as
 * data cannot run then. mmap2 is the name of mmap on 32-bit architectures. */
static int allow_mappings(scmp_filter_ctx filter)
{
	/* mprotect may take rights away or give write, and never exec. The loader maps its
	 * libraries with mmap, which may. */
	static const uint64_t either[] = { 0, PROT_WRITE, PROT_EXEC }, never[] = { 0 };
	int err = allow_values(filter, SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC, either,
			       ARRAY_SIZE(either));

	if (err == 0)
		err = allow_values(filter, SCMP_SYS(mmap2), 2, PROT_WRITE | PROT_EXEC, either,
				   ARRAY_SIZE(either));
	if (err == 0)
		err = allow_values(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, never, 1);
	return err;
}

/* Containers' network namespaces are entered, nft(8) gets one of its own, and the resolver a mount
 * namespace; no process is born into a namespace. */
static int allow_namespaces(scmp_filter_ctx filter)
{
	static const uint64_t enter[] = { CLONE_NEWNET }, leave[] = { CLONE_NEWNET, CLONE_NEWNS },
			      none[] = { 0 };
	/* clone(2) is allowed when none of these is among its flags: fork and threads, and nothing
	 * else. */
	const uint64_t any = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
			     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	int err = allow_values(filter, SCMP_SYS(setns), 1, UINT32_MAX, enter, ARRAY_SIZE(enter));

	if (err == 0)
		err = allow_values(filter, SCMP_SYS(unshare), 0, UINT32_MAX, leave,
				   ARRAY_SIZE(leave));
/* There the first two arguments of clone(2) are the other way round. */
#if defined(__s390__)
	const unsigned int flags = 1;
#else
	const unsigned int flags = 0;
#endif
	return err < 0 ? err : allow_values(filter, SCMP_SYS(clone), flags, any, none, 1);
}

/* Exactly the mounts of role/sandbox.c: an empty root, and nothing that runs or is a
 * device. */
static int allow_mounts(scmp_filter_ctx filter)
{
	/* The flags of the empty root. The three values are those that role/sandbox.c uses,
	 * compared as a whole, so that no other flag can be added. */
	const uint64_t empty = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const uint64_t mounts[] = { MS_REC | MS_PRIVATE, empty,
				    empty | MS_REMOUNT | MS_BIND | MS_RDONLY };
	/* Only a lazy unmount, which is how the sandbox leaves the old root. */
	static const uint64_t unmounts[] = { MNT_DETACH }, create[] = { FSCONFIG_CREATE };
	int err = allow_values(filter, SCMP_SYS(mount), 3, UINT64_MAX, mounts, ARRAY_SIZE(mounts));

	if (err == 0)
		err = allow_values(filter, SCMP_SYS(umount2), 1, UINT32_MAX, unmounts, 1);
	if (err == 0)
		err = allow(filter, own_proc);
	if (err == 0)
		err = allow_values(filter, SCMP_SYS(fsconfig), 1, UINT32_MAX, create, 1);
	return err;
}

/* Everything that is allowed. The order has no meaning to the kernel: the library sorts. */
static int fill(scmp_filter_ctx filter)
{
	static const char *const lists[] = { files,	sockets,   waits,     memory,
					     processes, giving_up, sanitizers };
	int err = allow_families(filter);

	if (err == 0)
		err = allow_mappings(filter);
	if (err == 0)
		err = allow_namespaces(filter);
	if (err == 0)
		err = allow_mounts(filter);
	if (err == 0)
		err = allow_bpf_query(filter);
	for (size_t i = 0; i < ARRAY_SIZE(lists) && err == 0; i++)
		err = allow(filter, lists[i]);
	/* A tree instead of a list: a filter is run for every system call. */
	if (err == 0)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return err;
}

/* Runs in a child of program_begin, twice: libseccomp leaves out a rule without a word when an
 * allocation fails, and two equal results show that none did. What it writes is the program of
 * classic BPF. */
static int write_filter(int out, const void *data)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int err = filter ? fill(filter) : -ENOMEM;

	(void)data;
	if (err == 0)
		err = seccomp_export_bpf(filter, out);
	seccomp_release(filter);
	return err;
}

int filter_load(struct error *error)
{
	/* Static for its size alone; it is used once. */
	static struct program program;
	struct program_maker maker;
	int err = program_begin(write_filter, NULL, &maker, error);

	if (err == 0)
		err = program_finish(&maker, &program, error);
	/* SECCOMP_FILTER_FLAG_LOG has the kernel log what is refused, which names the call that is
	 * missing. */
	return err < 0 ? err : program_load(&program, SECCOMP_FILTER_FLAG_LOG, error);
}
