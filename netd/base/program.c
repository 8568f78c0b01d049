// SPDX-License-Identifier: GPL-2.0-or-later
// program.c - system call filters, made where libseccomp can do no harm
#include "base/program.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. program_begin() starts the child and returns, so that the parent can do
 * something else while it works; program_finish() reads the filter, twice, and compares;
 * program_load() loads it, in this process or later in a child of it. A filter that did not come
 * out equal twice is not used. */

/* libseccomp takes thousands of pieces of memory for a filter. When one is refused it may write
 * to NULL, free twice, go round in a circle, or make another filter without a word. So it works in
 * a child, which has nothing to lose. The child gets the memory before it begins, and makes the
 * filter twice, which must come to the same. It sends the filter, or a sentence. */
#define PROGRAM_MEMORY (1024 * 1024) /* more than twice what it takes */

/* Both thresholds keep free(3) from giving the room back to the kernel, so malloc(3) finds it
 * again. */
static bool reserve_memory(void)
{
	char *room;
	bool is_there;

	(void)mallopt(M_MMAP_THRESHOLD, 2 * PROGRAM_MEMORY);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * PROGRAM_MEMORY);
	room = malloc(PROGRAM_MEMORY);
	is_there = room != NULL;
	if (is_there)
		explicit_bzero(room, PROGRAM_MEMORY); /* it is there, not only promised */
	free(room);
	return is_there;
}

/* Runs in the child and does not return. */
static _Noreturn void write_twice(int out, program_write_fn *write, const void *data)
{
	/* Should its parent be killed, what that held must not live on in here. */
	(void)alarm(FILTER_TIME_MAX_S);
	(void)close_range(STDERR_FILENO + 1, (unsigned int)out - 1, 0);
	(void)close_range((unsigned int)out + 1, ~0U, 0);
	/* _exit(2) and not exit(3): handlers and buffered output are the parent's, and would run
	 * twice. */
	if (!reserve_memory() || write(out, data) < 0 || write(out, data) < 0)
		_exit(EXIT_FAILURE);
	_exit(0);
}

/* len is that of both halves together. */
static bool is_sound(const struct program *program)
{
	size_t half = program->len / 2;
	const char *bytes = (const char *)program->code;

	/* Two halves that are equal: a filter that libseccomp spoilt for want of memory would have
	 * to be spoilt twice in the same way. */
	return half > 0 && program->len % (2 * sizeof(program->code[0][0])) == 0 &&
	       half <= sizeof(program->code[0]) && memcmp(bytes, bytes + half, half) == 0;
}

/* *ret_maker must be given to program_finish(), or the child stays a zombie. */
int program_begin(program_write_fn *write, const void *data, struct program_maker *ret_maker,
		  struct error *error)
{
	int ends[2], err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system(error, -errno, "cannot make the system call filter");
	pid = fork();
	if (pid == 0)
		write_twice(ends[1], write, data);
	/* Of fork(2): the close below may change it. */
	err = -errno;
	/* Ours, or the end of the pipe would never be seen. */
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return error_system(error, err, "cannot make the system call filter");
	}
	*ret_maker = (struct program_maker) { .pid = pid, .from = ends[0] };
	return 0;
}

/* Waits until a deadline. The words do not say which of the library's ways of failing it was. */
int program_finish(const struct program_maker *maker, struct program *ret_program,
		   struct error *error)
{
	int64_t deadline_ms = deadline_after(FILTER_TIME_MAX_S * 1000);
	int status, err, end_err;

	err = helper_hear(maker->from, deadline_ms, ret_program->code, sizeof(ret_program->code),
			  &ret_program->len);
	end_err = helper_end(maker->pid, deadline_ms, &status);
	(void)close(maker->from); /* only read */
	if (err == 0)
		err = end_err;
	if (err < 0)
		return error_system(error, err, "cannot make the system call filter");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !is_sound(ret_program))
		return error_set(error, ERROR_INTERNAL,
				 "cannot make the system call filter: libseccomp failed, as it "
				 "does when memory is short");
	return 0;
}

/* no_new_privs lets a process without rights load a filter. len is in instructions. */
int program_load(const struct program *program, unsigned int flags, struct error *error)
{
	/* The kernel reads it only. */
	const struct sock_fprog code = {
		.len = (unsigned short)(program->len / 2 / sizeof(program->code[0][0])),
		.filter = (struct sock_filter *)program->code[0],
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &code) < 0)
		return error_system(error, -errno, "cannot load the system call filter");
	return 0;
}
