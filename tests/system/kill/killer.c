// SPDX-License-Identifier: GPL-2.0-or-later
// killer.c - kills a program, or another, in front of its Nth system call with an effect

/* killer attach PID VICTIM N: what runs already; VICTIM 0: the program itself.
 * killer follow PID VICTIM N: the same in front of any call but a wait for events.
 * killer exec N COMMAND…: from its start on.
 *
 * N 0 counts only. Prints "ready" once it follows, "CALL DETAIL" for each, "killed" in front of the
 * Nth. On SIGTERM it lets go of what it attached to and ends what it started. The kernel skips a
 * call in front of which its process is killed. */

#include "ipc/msg.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct killer {
	pid_t pid, victim;
	unsigned long n, wanted;
	bool any; /* calls without an effect count, too */
};

enum effect {
	EFFECT_ALWAYS = 1,
	EFFECT_SOCKET,	/* on a socket: messages, and a close, which frees a port or a table */
	EFFECT_MESSAGE, /* a message, unless it only asks the kernel */
	EFFECT_FILE,	/* on a file or a socket that is not the log */
	EFFECT_CREATE,	/* an open that may make a file */
};

struct call {
	const char *name;
	enum effect effect;
};

#define CALL(name, effect) [SYS_##name] = { #name, effect }

static const struct call calls[512] = {
	CALL(sendmsg, EFFECT_MESSAGE),	CALL(sendto, EFFECT_SOCKET),
	CALL(write, EFFECT_FILE),	CALL(writev, EFFECT_FILE),
	CALL(pwrite64, EFFECT_FILE),	CALL(ftruncate, EFFECT_ALWAYS),
	CALL(fallocate, EFFECT_ALWAYS), CALL(fsync, EFFECT_ALWAYS),
	CALL(fdatasync, EFFECT_ALWAYS), CALL(openat, EFFECT_CREATE),
	CALL(renameat, EFFECT_ALWAYS),	CALL(renameat2, EFFECT_ALWAYS),
	CALL(unlinkat, EFFECT_ALWAYS),	CALL(mkdirat, EFFECT_ALWAYS),
	CALL(fchmod, EFFECT_ALWAYS),	CALL(fchmodat, EFFECT_ALWAYS),
	CALL(fchownat, EFFECT_ALWAYS),	CALL(mount, EFFECT_ALWAYS),
	CALL(umount2, EFFECT_ALWAYS),	CALL(unshare, EFFECT_ALWAYS),
	CALL(bind, EFFECT_ALWAYS),	CALL(listen, EFFECT_ALWAYS),
	CALL(shutdown, EFFECT_ALWAYS),	CALL(close, EFFECT_SOCKET),
	CALL(kill, EFFECT_ALWAYS),	CALL(clone, EFFECT_ALWAYS),
	CALL(clone3, EFFECT_ALWAYS),
#ifdef SYS_open
	CALL(rename, EFFECT_ALWAYS),	CALL(unlink, EFFECT_ALWAYS),
	CALL(mkdir, EFFECT_ALWAYS),	CALL(rmdir, EFFECT_ALWAYS),
	CALL(chmod, EFFECT_ALWAYS),	CALL(chown, EFFECT_ALWAYS),
	CALL(fork, EFFECT_ALWAYS),	CALL(vfork, EFFECT_ALWAYS),
#endif
};

static void fd_target(pid_t pid, uint64_t fd, char *ret_target, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, (int)fd);
	n = readlink(path, ret_target, size - 1);
	ret_target[n > 0 ? n : 0] = '\0';
}

static bool peek(pid_t pid, uint64_t address, void *ret, size_t len)
{
	struct iovec local = { ret, len }, remote = { (void *)(uintptr_t)address, len };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

/* A netlink message of one part that reads: RTM_GET…, and those of nf_tables and conntrack with a
 * dump's flags. Or the question that netd asks its resolver five times a second. */
static bool only_asks(pid_t pid, uint64_t address)
{
	struct msghdr message;
	struct nlmsghdr header;
	struct iovec part;
	uint8_t type;

	if (!peek(pid, address, &message, sizeof(message)) || message.msg_iovlen != 1 ||
	    !peek(pid, (uint64_t)(uintptr_t)message.msg_iov, &part, sizeof(part)))
		return false;
	if (part.iov_len == sizeof(type))
		return peek(pid, (uint64_t)(uintptr_t)part.iov_base, &type, sizeof(type)) &&
		       type == IPC_STATS;
	if (part.iov_len < sizeof(header) ||
	    !peek(pid, (uint64_t)(uintptr_t)part.iov_base, &header, sizeof(header)))
		return false;
	if (header.nlmsg_len != part.iov_len || !(header.nlmsg_flags & NLM_F_REQUEST))
		return false;
	return (header.nlmsg_type < 256 && header.nlmsg_type % 4 == 2) ||
	       (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

static bool has_effect(pid_t pid, enum effect effect, const uint64_t *args, char *ret_target,
		       size_t size)
{
	bool socket;

	ret_target[0] = '\0';
	switch (effect) {
	case EFFECT_ALWAYS:
		return true;
	case EFFECT_CREATE:
		return args[2] & O_CREAT;
	case EFFECT_SOCKET:
	case EFFECT_MESSAGE:
	case EFFECT_FILE:
		break;
	}
	fd_target(pid, args[0], ret_target, size);
	socket = strncmp(ret_target, "socket:", 7) == 0;
	if (effect == EFFECT_SOCKET)
		return socket;
	if (effect == EFFECT_MESSAGE)
		return !only_asks(pid, args[1]);
	return args[0] != STDERR_FILENO && (socket || ret_target[0] == '/');
}

static void finish(const char *text)
{
	(void)printf("%s\n", text);
	exit(0);
}

/* Of one that was killed. Who looks for it next finds neither it nor what it had, such as netd's
 * lock. */
static void wait_for_end(const struct killer *killer)
{
	while (waitpid(killer->pid, NULL, __WALL) == killer->pid)
		;
}

static void on_entry(struct killer *killer, const struct __ptrace_syscall_info *info)
{
	uint64_t nr = info->entry.nr;
	const struct call *call = nr < sizeof(calls) / sizeof(calls[0]) ? &calls[nr] : &calls[0];
	char target[256] = "";

	if (killer->any && nr != SYS_epoll_pwait
#ifdef SYS_epoll_wait
	    && nr != SYS_epoll_wait
#endif
	)
		(void)printf("%s %d\n", call->name ? call->name : "call", (int)nr);
	else if (killer->any)
		return;
	else if (!call->effect ||
		 !has_effect(killer->pid, call->effect, info->entry.args, target, sizeof(target)))
		return;
	else
		(void)printf("%s %s\n", call->name, target);
	if (++killer->n != killer->wanted)
		return;
	(void)kill(killer->victim, SIGKILL);
	if (killer->victim == killer->pid) {
		wait_for_end(killer);
		finish("killed");
	}
	(void)printf("killed\n");
}

static void on_stop(struct killer *killer, int status)
{
	struct __ptrace_syscall_info info;
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		signal = 0;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, killer->pid, sizeof(info), &info) > 0 &&
		    info.op == PTRACE_SYSCALL_INFO_ENTRY)
			on_entry(killer, &info);
	} else if (status >> 16 || signal == SIGTRAP) {
		signal = 0;
	}
	(void)ptrace(PTRACE_SYSCALL, killer->pid, 0, signal);
}

static int run_traced(char **command)
{
	(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
	(void)raise(SIGSTOP);
	(void)execvp(command[0], command);
	return 127;
}

int main(int argc, char **argv)
{
	bool any = argc == 5 && strcmp(argv[1], "follow") == 0;
	bool attaches = any || (argc == 5 && strcmp(argv[1], "attach") == 0);
	struct killer killer = { .any = any };
	sigset_t signals;
	int status;

	if (!attaches && (argc < 4 || strcmp(argv[1], "exec") != 0))
		return 2;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGTERM);
	if (attaches) {
		killer.pid = atoi(argv[2]);
		killer.victim = atoi(argv[3]) > 0 ? atoi(argv[3]) : killer.pid;
		killer.wanted = strtoul(argv[4], NULL, 10);
		(void)sigprocmask(SIG_BLOCK, &signals, NULL);
		if (ptrace(PTRACE_SEIZE, killer.pid, 0, PTRACE_O_TRACESYSGOOD) < 0 ||
		    ptrace(PTRACE_INTERRUPT, killer.pid, 0, 0) < 0)
			return 1;
	} else {
		killer.wanted = strtoul(argv[2], NULL, 10);
		killer.pid = killer.victim = fork();
		if (killer.pid == 0)
			return run_traced(argv + 3);
		(void)sigprocmask(SIG_BLOCK, &signals, NULL);
		if (waitpid(killer.pid, &status, 0) < 0 ||
		    ptrace(PTRACE_SETOPTIONS, killer.pid, 0,
			   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
			return 1;
		(void)ptrace(PTRACE_SYSCALL, killer.pid, 0, 0);
	}
	if (attaches && waitpid(killer.pid, &status, __WALL) == killer.pid)
		(void)ptrace(PTRACE_SYSCALL, killer.pid, 0, 0);
	(void)printf("ready\n");
	for (;;) {
		int signal = sigwaitinfo(&signals, NULL);
		pid_t pid;

		if (signal == SIGTERM) {
			/* PTRACE_O_EXITKILL would end it some time after this. */
			if (!attaches && kill(killer.pid, SIGKILL) == 0)
				wait_for_end(&killer);
			finish("let go");
		}
		while ((pid = waitpid(killer.pid, &status, WNOHANG | __WALL)) == killer.pid) {
			if (!WIFSTOPPED(status))
				finish("ended");
			on_stop(&killer, status);
		}
	}
}
