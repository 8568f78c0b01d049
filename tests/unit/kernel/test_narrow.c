// SPDX-License-Identifier: GPL-2.0-or-later
// test_narrow.c - what a process that looks and judges has left: its limits, and calls tried inside
#include "kernel/narrow.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs in a child: the number of the first attempt that went otherwise than it should; 0: none. */
static int in_child(int (*attempts)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(attempts());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int limits(void)
{
	struct rlimit limit;
	char text[16] = "";
	int fd;

	narrow_limits(true);
	fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	if (read(fd, text, sizeof(text) - 1) <= 0 || atoi(text) != 500)
		return 1;
	if (getrlimit(RLIMIT_CPU, &limit) < 0 || limit.rlim_cur != EXPLAIN_S)
		return 2;
	if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 0)
		return 3;
#if !defined(__SANITIZE_ADDRESS__)
	if (mmap(NULL, EXPLAIN_MEMORY_MAX, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	    MAP_FAILED)
		return 4;
	if (mmap(NULL, EXPLAIN_MEMORY_MAX / 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED)
		return 5;
#endif
	return 0;
}

static void memory_time_and_who_goes_first_are_set(void **state)
{
	(void)state;
	assert_int_equal(in_child(limits), 0);
}

#if !defined(__SANITIZE_ADDRESS__) /* a build with it has no filter (narrow.h) */
/* What nobody may who parses what strangers wrote. */
static int refused(void)
{
	char *argv[] = { (char *)"true", NULL };
	union bpf_attr attr = { 0 };

	if (open("/dev/null", O_WRONLY | O_CLOEXEC) >= 0 || errno != EPERM)
		return 11;
	if (open("/tmp/never", O_RDONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 || errno != EPERM)
		return 12;
	if (execv("/bin/true", argv) == 0 || errno != EPERM)
		return 14;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		    MAP_FAILED ||
	    errno != EPERM)
		return 15;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM)
		return 16;
	if (unshare(CLONE_NEWNET) == 0 || errno != EPERM)
		return 17;
	if (setns(0, CLONE_NEWNS) == 0 || errno != EPERM)
		return 18;
	if (syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) >= 0 || errno != EPERM)
		return 19;
	if (mount("none", "/", "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 20;
	return unlink("/tmp/never") == 0 || errno != EPERM ? 21 : 0;
}

static int judging(void)
{
	char *memory;
	int fd;

	if (narrow_calls(false) < 0)
		return 1;
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &fd, 1) != 1)
		return 2;
	memory = malloc(8 << 20);
	if (!memory)
		return 3;
	memset(memory, 1, 8 << 20);
	free(memory);
	if (socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0 || errno != EPERM)
		return 4;
	if (setns(0, CLONE_NEWNET) == 0 || errno != EPERM)
		return 5;
	if (fork() >= 0 || errno != EPERM)
		return 6;
	return refused();
}

/* A child, which may no more, and none in a namespace of its own. */
static bool has_children(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(refused());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return false;
	return syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL, NULL) < 0 &&
	       errno == EPERM;
}

static int looking(void)
{
	union bpf_attr attr = { 0 };

	if (narrow_calls(true) < 0)
		return 1;
	if (socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) < 0 ||
	    socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0 ||
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
		return 2;
	/* These are let through, to where they are refused for another reason. */
	if (setns(-1, CLONE_NEWNET) == 0 || errno != EBADF)
		return 3;
	attr.query.target_fd = INT32_MAX;
	attr.query.attach_type = BPF_CGROUP_INET_INGRESS;
	if (geteuid() == 0 && syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0 &&
	    errno == EPERM)
		return 4;
	if (!has_children())
		return 5;
	return refused();
}

static void who_judges_reads_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(in_child(judging), 0);
}

static void who_looks_enters_namespaces_and_asks_besides(void **state)
{
	(void)state;
	assert_int_equal(in_child(looking), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_time_and_who_goes_first_are_set),
#if !defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test(who_judges_reads_and_no_more),
		cmocka_unit_test(who_looks_enters_namespaces_and_asks_besides),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
