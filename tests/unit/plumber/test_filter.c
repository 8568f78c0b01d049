// SPDX-License-Identifier: GPL-2.0-or-later
// test_filter.c - the plumber's filter, broken on purpose: each call is made with and without it
#include "base/cleanup.h"
#include "plumber/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOADED_BADLY 250
#define DONE 0

/* Arguments with which the kernel refuses each call for another reason or does no harm. */
static const struct attempt {
	const char *what;
	long number;
	uintptr_t arguments[6];
} attempts[] = {
	{ "ptrace", SYS_ptrace, { 16, 0 } }, /* attach to nobody */
	{ "process_vm_readv", SYS_process_vm_readv, { 0 } },
	{ "process_vm_writev", SYS_process_vm_writev, { 0 } },
	{ "pidfd_getfd", SYS_pidfd_getfd, { -1 } },
	{ "init_module", SYS_init_module, { 0 } },
	{ "finit_module", SYS_finit_module, { -1 } },
	{ "delete_module", SYS_delete_module, { 0 } },
	{ "kexec_load", SYS_kexec_load, { 0, 0, 0, -1 } },
	{ "reboot", SYS_reboot, { 0 } },
	{ "bpf", SYS_bpf, { -1 } },
	{ "bpf that loads a program", SYS_bpf, { BPF_PROG_LOAD } },
	{ "bpf that attaches one", SYS_bpf, { BPF_PROG_ATTACH } },
	{ "perf_event_open", SYS_perf_event_open, { 0 } },
	{ "keyctl", SYS_keyctl, { -1 } },
	{ "add_key", SYS_add_key, { 0 } },
	{ "io_uring_setup", SYS_io_uring_setup, { 0 } },
	{ "userfaultfd", SYS_userfaultfd, { -1 } },
	{ "open_by_handle_at", SYS_open_by_handle_at, { -1 } },
	{ "name_to_handle_at", SYS_name_to_handle_at, { -1 } },
	{ "mknodat", SYS_mknodat, { -1, 0 } },
	{ "chroot", SYS_chroot, { 0 } },
	{ "swapon", SYS_swapon, { 0 } },
	{ "swapoff", SYS_swapoff, { 0 } },
	{ "acct", SYS_acct, { 1 } },
	{ "quotactl", SYS_quotactl, { -1 } },
	{ "clock_settime", SYS_clock_settime, { -1 } },
	{ "settimeofday", SYS_settimeofday, { 1 } },
	{ "adjtimex", SYS_adjtimex, { 0 } },
	{ "sethostname", SYS_sethostname, { 0, -1 } },
	{ "syslog", SYS_syslog, { -1 } },
	{ "personality", SYS_personality, { 0xffffffff } },
	{ "mount of a directory elsewhere", SYS_mount, { 1, 1, 0, MS_BIND } },
	{ "mount with devices", SYS_mount, { 1, 1, 1, 0 } },
	{ "umount", SYS_umount2, { 1, MNT_FORCE } },
	{ "move_mount", SYS_move_mount, { -1, 0, -1 } },
	{ "open_tree", SYS_open_tree, { -1, 0 } },
	{ "fsconfig with a source", SYS_fsconfig, { -1, 1 } },
	{ "setns into a mount namespace", SYS_setns, { -1, CLONE_NEWNS } },
	{ "setns into whatever it is", SYS_setns, { -1, 0 } },
	{ "unshare of processes", SYS_unshare, { CLONE_NEWPID | CLONE_NEWUTS } },
	{ "clone into a namespace", SYS_clone, { CLONE_NEWUTS | CLONE_NEWNET | CLONE_FS } },
	{ "clone3", SYS_clone3, { 0 } },
	{ "socket of the crypto API", SYS_socket, { AF_ALG, SOCK_SEQPACKET, 0 } },
	{ "socket of the hypervisor", SYS_socket, { AF_VSOCK, SOCK_DGRAM, 0 } },
	{ "memory to write and run",
	  SYS_mmap,
	  { 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
	{ "memory that becomes runnable", SYS_mprotect, { 1, 4096, PROT_READ | PROT_EXEC } },
};

static int status_of(pid_t pid)
{
	int status = 0;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void load_or_exit(void)
{
	struct error error = { 0 };

	if (filter_load(&error) < 0)
		_exit(LOADED_BADLY);
}

/* The errno of one attempt, in a process of its own. */
static int outcome(const struct attempt *attempt, bool filtered)
{
	const uintptr_t *a = attempt->arguments;
	pid_t pid = fork();

	if (pid == 0) {
		if (filtered)
			load_or_exit();
		long result = syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]);

		_exit(result < 0 ? errno : DONE);
	}
	return status_of(pid);
}

/* A build for tests with AddressSanitizer is allowed these (filter.c). */
static bool is_for_sanitizers(const struct attempt *attempt)
{
#if defined(__SANITIZE_ADDRESS__)
	return attempt->number == SYS_ptrace || attempt->number == SYS_personality ||
	       attempt->number == SYS_process_vm_readv;
#else
	(void)attempt;
	return false;
#endif
}

static void what_is_not_on_the_list_is_refused(void **state)
{
	size_t n_known = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		if (is_for_sanitizers(&attempts[i]))
			continue;
		int without = outcome(&attempts[i], false), with = outcome(&attempts[i], true);

		n_known += without != ENOSYS;
		if (with != ENOSYS)
			fail_msg("%s: %d with the filter, %d without", attempts[i].what, with,
				 without);
	}
	/* A kernel may be built without some of them, but not without most. */
	assert_true(n_known > ARRAY_SIZE(attempts) * 2 / 3);
}

static void word_of_status(const char *key, char ret_value[static 64])
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	size_t len = strlen(key);

	ret_value[0] = '\0';
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			(void)sscanf(line + len + 1, "%63s", ret_value);
	if (file)
		(void)fclose(file);
}

/* Opens files, starts a program and waits for it, and sees in /proc what it is. */
static int live(void)
{
	char *const argv[] = { (char[]) { "true" }, NULL }, *const envp[] = { NULL };
	char seccomp[64], privileges[64];
	pid_t pid;
	int status;

	load_or_exit();
	word_of_status("Seccomp", seccomp);
	word_of_status("NoNewPrivs", privileges);
	if (strcmp(seccomp, "2") != 0 || strcmp(privileges, "1") != 0)
		return 1;
	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) != 0)
		return 2;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return 3;
	pid = fork();
	if (pid == 0)
		_exit(7);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
		return 4;
	/* Which programs there are may be asked, where there is a bpf(2). */
	if (syscall(SYS_bpf, BPF_PROG_QUERY, NULL, 0) == 0 ||
	    (errno == ENOSYS && access("/proc/sys/kernel/unprivileged_bpf_disabled", F_OK) == 0))
		return 5;
	return 0;
}

static void what_netd_does_goes_on(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(live());
	assert_int_equal(status_of(pid), 0);
}

/* The programs that netd starts cannot leave it. */
static void it_stays_over_exec(void **state)
{
	char *const argv[] = { (char[]) { "sh" }, (char[]) { "-c" },
			       (char[]) { "grep -q '^Seccomp:[[:space:]]*2' /proc/self/status" },
			       NULL };
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		load_or_exit();
		(void)execv("/bin/sh", argv);
		_exit(LOADED_BADLY);
	}
	assert_int_equal(status_of(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_on_the_list_is_refused),
		cmocka_unit_test(what_netd_does_goes_on),
		cmocka_unit_test(it_stays_over_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
