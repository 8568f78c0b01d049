// SPDX-License-Identifier: GPL-2.0-or-later
// test_seccomp.c - the resolver's system call filter, tried call by call
#include "resolver/process/seccomp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*try_fn)(void);

static struct program calls;

static int make(void **state)
{
	struct program_maker maker;
	struct error error = { 0 };

	(void)state;
	if (seal_begin(&seccomp_seal, &maker, &error) < 0)
		return -1;
	return program_finish(&maker, &calls, &error);
}

/* The wait status of a child that seals itself, makes one call and exits with 0. */
static int status_of(try_fn call)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0 };
		struct error error = { 0 };

		setrlimit(RLIMIT_CORE, &none);
		if (program_load(&calls, 0, &error) < 0)
			syscall(SYS_exit_group, 99);
		call();
		syscall(SYS_exit_group, 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void try_exec(void)
{
	execl("/bin/true", "true", NULL);
}

static void try_fork(void)
{
	(void)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void try_kill(void)
{
	kill(getpid(), 0);
}

static void try_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void try_bind(void)
{
	bind(0, NULL, 0);
}

static void try_listen(void)
{
	listen(0, 1);
}

static void try_unix_socket(void)
{
	(void)socket(AF_UNIX, SOCK_STREAM, 0);
}

static void try_netlink_socket(void)
{
	(void)socket(AF_NETLINK, SOCK_RAW, 0);
}

static void try_raw_socket(void)
{
	(void)socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static void try_packet_socket(void)
{
	(void)socket(AF_PACKET, SOCK_DGRAM, 0);
}

static void try_setns(void)
{
	setns(0, 0);
}

static void try_unshare(void)
{
	unshare(CLONE_NEWUSER);
}

static void try_mount(void)
{
	mount("none", "/", "tmpfs", 0, NULL);
}

static void try_setuid(void)
{
	(void)syscall(SYS_setuid, 0);
}

static void try_executable_memory(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_mprotect(void)
{
	(void)syscall(SYS_mprotect, 0, 0, PROT_EXEC);
}

static void try_bpf(void)
{
	(void)syscall(SYS_bpf, 0, 0, 0);
}

static void try_io_uring(void)
{
	(void)syscall(SYS_io_uring_setup, 1, NULL);
}

static void what_is_not_needed_ends_the_process(void **state)
{
	static const struct {
		const char *what;
		try_fn call;
	} cases[] = {
		{ "execve", try_exec },
		{ "fork", try_fork },
		{ "kill", try_kill },
		{ "ptrace", try_ptrace },
		{ "bind", try_bind },
		{ "listen", try_listen },
		{ "a unix socket", try_unix_socket },
		{ "a netlink socket", try_netlink_socket },
		{ "a raw socket", try_raw_socket },
		{ "a packet socket", try_packet_socket },
		{ "setns", try_setns },
		{ "unshare", try_unshare },
		{ "mount", try_mount },
		{ "setuid", try_setuid },
		{ "executable memory", try_executable_memory },
		{ "mprotect", try_mprotect },
		{ "bpf", try_bpf },
		{ "io_uring", try_io_uring },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = status_of(cases[i].call);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s was allowed (status 0x%x)", cases[i].what, status);
	}
}

static void leave(bool good)
{
	syscall(SYS_exit_group, good ? 0 : 1);
}

static void use_sockets(void)
{
	leave(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) >= 0 &&
	      socket(AF_INET, SOCK_STREAM, 0) >= 0 && socket(AF_INET6, SOCK_DGRAM, 0) >= 0 &&
	      socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0) >= 0);
}

static void open_a_file(void)
{
	leave(open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
}

static void use_memory(void)
{
	char *memory = malloc(10000000), *more;

	if (memory == NULL)
		leave(false);
	memset(memory, 1, 10000000);
	more = realloc(memory, 30000000);
	leave(more != NULL && more[9999999] == 1);
}

static void what_is_needed_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(status_of(use_sockets), 0);
	assert_int_equal(status_of(use_memory), 0);
}

static void files_are_not_there(void **state)
{
	(void)state;
	assert_int_equal(status_of(open_a_file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_needed_ends_the_process),
		cmocka_unit_test(what_is_needed_is_allowed),
		cmocka_unit_test(files_are_not_there),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
